// The last calls and their recordings (调听): a reason first, then the sound.

import { $, make, result, span } from "./view.js";
import { language, t } from "./words.js";

let wanted = null; // The recording that a reason is asked for.

const time = (at) => new Date(at).toLocaleString(language(), { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });

function row(call) {
  const recordings = call.recordings.map((one) => make("button", {
    type: "button", class: "small", "data-recording": one.recording,
    text: `${t(`recording_${one.kind}`)} ${span(one.duration_ms)}`, on: ({ target }) => choose(one.recording, target),
  }));
  return make("li", { "data-call": call.call },
    make("span", { class: "quiet", text: time(call.started_at) }),
    make("span", { text: call.caller ?? t("withheld") }),
    make("span", { class: "quiet", text: call.seats.join("、") }),
    make("span", { class: "buttons" }, ...recordings));
}

/** Draws the list anew. */
export async function refresh() {
  let list = [];
  let why = "store_down";
  try {
    const answer = await fetch("/calls", { cache: "no-store" });
    const told = await answer.json();
    if (answer.ok) [list, why] = [told, "nothing_recorded"];
    else why = told.why;
  } catch { /* The way to the service is broken. */ }
  const empty = make("li", { class: "quiet", text: t(why === "nothing_recorded" ? why : `why_${why}`) });
  $("past").replaceChildren(...(list.length > 0 ? list.map(row) : [empty]));
}

function choose(recording, button) {
  wanted = recording;
  for (const other of $("past").querySelectorAll("button")) other.classList.toggle("on", other === button);
  $("playback").hidden = false;
  $("playback").elements.reason.focus();
}

/** Whoever talks hears nothing else. */
export function hush() {
  $("player").pause();
}

$("past-card").addEventListener("toggle", () => { if ($("past-card").open) refresh(); });
$("past-refresh").addEventListener("click", refresh);
$("playback").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { reason } = event.target.elements;
  let told = { why: "store_down" };
  try {
    const body = new URLSearchParams({ recording: wanted, reason: reason.value });
    const answer = await fetch("/playback", { method: "POST", body });
    told = await answer.json();
  } catch { /* Not answered: nothing is heard. */ }
  result("playback", told.play ? { result: "done" } : { result: "refused", why: told.why });
  if (!told.play) return;
  event.target.reset();
  event.target.hidden = true;
  $("player").hidden = false;
  $("player").src = `/playback/${told.play}`;
  $("player").play().catch(() => {}); // The person presses play otherwise.
});
