// Words of risk: the open cases of whoever is on the line with their flags, each to be marked as false by
// whoever says why, and the flags of what is typed into the wrap-up. A flag decides nothing.

import { $, caseRow, flagText, make, result } from "./view.js";
import { t } from "./words.js";

const TYPED_MS = 400;
let known = null; // The call that was offered last, and the cases of its caller.
let wanted = null; // The flag that a reason is asked for.
let typed = []; // The flags of what stands in the summary.
let lines = []; // The calls that are drawn for.
let timer = 0;

/** A call is offered with the open cases of its caller. */
export function offered({ call, cases }) {
  known = { call, cases };
}

/** Draws the cases of the caller where one of these calls is his, and the flags of the summary. */
export function drawRisks(calls = lines) {
  lines = calls;
  const cases = calls.includes(known?.call) ? known.cases : [];
  $("known-card").hidden = cases.length === 0;
  $("known").replaceChildren(...cases.map((one) => caseRow(one, (flag) => choose(one.number, flag.group))));
  if (!cases.some((one) => one.number === wanted?.number)) wanted = null;
  $("false-alarm").hidden = !wanted;
  $("typed-risks").replaceChildren(...typed.map((flag) => make("p", { class: "error", "data-risk": flag.group, text: `${flagText(flag)}，${t("risk_confirm")}` })));
}

function choose(number, group) {
  wanted = { number, group };
  $("false-alarm").hidden = false;
  $("false-alarm").elements.reason.focus();
}

$("false-alarm").addEventListener("submit", async (event) => {
  event.preventDefault();
  const flag = wanted;
  if (!flag) return;
  let told = { why: "store_down" };
  try {
    const body = new URLSearchParams({ case: flag.number, risk: flag.group, reason: event.target.elements.reason.value });
    const answer = await fetch("/false-alarm", { method: "POST", body });
    told = await answer.json();
  } catch { /* Not answered: it may be marked all the same, and the next try says so. */ }
  const why = told.why === "reason_missing" ? "false_alarm_reason" : told.why;
  result("false_alarm", told.marked ? { result: "done" } : { result: "refused", why });
  if (!told.marked) return;
  const cases = known.cases.map((one) => one.number === flag.number ? { ...one, risks: one.risks.filter((risk) => risk.group !== flag.group) } : one);
  known = { ...known, cases };
  wanted = null;
  event.target.reset();
  drawRisks();
});

const { summary } = $("wrap-up-form").elements;
summary.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(look, TYPED_MS);
});
$("wrap-up-form").addEventListener("reset", () => {
  clearTimeout(timer);
  typed = [];
  $("typed-risks").replaceChildren();
});

/** Asks which flags the summary raises; without an answer none is shown. */
async function look() {
  const text = summary.value;
  let flags = [];
  try {
    const answer = await fetch("/risks", { method: "POST", body: text });
    if (answer.ok) flags = await answer.json();
  } catch { /* The way to the service is broken. */ }
  if (summary.value !== text) return; // Typed on: asked again.
  typed = flags;
  drawRisks();
}
