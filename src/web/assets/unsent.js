// Wrap-ups that the store has not taken yet: what was written is kept here and sent again until it is
// stored or the person discards it.

import { $, make } from "./view.js";
import { t } from "./words.js";

const AGAIN_MS = 15_000;
const unsent = []; // { fields, why, sending, tries }
let send = null;
let turn = false;

/** `act(fields)` sends a wrap-up and gives its answer. */
export function begin(act) {
  send = act;
  setInterval(sendAll, AGAIN_MS);
  addEventListener("beforeunload", (event) => { if (unsent.length > 0) event.preventDefault(); });
}

/** Whether the same words may be stored later: nothing was wrong with them. */
export const mayPass = (why) => ["store_down", "no_number", "line_busy", "too_fast", undefined].includes(why);

/** Keeps a wrap-up. */
export function keep(fields, why) {
  unsent.push({ fields, why, sending: false, tries: 0 });
  draw();
}

/** One after the other, so that the person's own commands have room, up to the first that fails: the
 * store is down then. The one that was tried least goes first, so none is for ever behind another. */
async function sendAll() {
  if (turn) return;
  turn = true;
  const all = unsent.filter((one) => mayPass(one.why)).sort((a, b) => a.tries - b.tries);
  for (const one of all) {
    if (unsent.includes(one) && !one.sending && !await again(one)) break;
  }
  turn = false;
}

/** Sends one; whether it is done. */
async function again(one) {
  if (one.sending) return false;
  one.sending = true;
  one.tries += 1;
  const answer = await send(one.fields);
  one.sending = false;
  one.why = answer.why;
  const done = answer.result === "done";
  if (done) drop(one); else draw();
  return done;
}

function drop(one) {
  const at = unsent.indexOf(one);
  if (at >= 0) unsent.splice(at, 1);
  draw();
}

/** Draws the list anew. */
export function draw() {
  $("unsent-card").hidden = unsent.length === 0;
  $("unsent").replaceChildren(...unsent.map((one) => make("li", { "data-call": one.fields.call },
    make("span", { class: "badge", text: t(`disposition_${one.fields.disposition}`) }),
    make("span", { text: one.fields.summary || t("nothing") }),
    make("span", { class: "quiet", text: one.why ? t(`why_${one.why}`) : t("result_unknown") }),
    make("span", { class: "buttons" },
      make("button", { type: "button", class: "small", "data-do": "send_again", text: t("do_send_again"), on: () => again(one) }),
      make("button", { type: "button", class: "small", "data-do": "discard", text: t("do_discard"), on: () => drop(one) })))));
}
