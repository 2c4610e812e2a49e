// The seat page: what the desk tells is kept here and drawn by view.js; every button is a command.

import { Link } from "./link.js";
import { hush } from "./archive.js";
import { drawRisks, offered } from "./risks.js";
import { Sound } from "./sound.js";
import { $, choices, drawCallbacks, drawConversations, drawOffer, drawQueues, drawSeats, isIn, make, result, span } from "./view.js";
import { begin, draw as drawUnsent, keep, mayPass } from "./unsent.js";
import { languageButton, t } from "./words.js";

const state = { me: null, own: null, offer: null, conversations: new Map(), seats: new Map(), queues: new Map(), wrapUp: null, left: [], owed: false, proposed: null, callbacks: null, callsBack: false };
const values = (prefix, names) => names.map((name) => [name, `${prefix}_${name}`]);

const link = new Link({
  up(welcome) {
    state.me = welcome;
    $("who").textContent = `${welcome.seat} ${welcome.name} · ${t(`role_${welcome.role}`)}`;
    draw();
    sound.check();
  },
  down: draw,
  reset() {
    Object.assign(state, { own: null, offer: null, wrapUp: null, owed: false, proposed: null, callbacks: null });
    for (const map of [state.conversations, state.seats, state.queues]) map.clear();
    queueMicrotask(() => { // After the snapshot: the sound of a call that is over is wanted no more.
      if (!state.offer && !talks()) sound.stop();
      draw();
    });
  },
  event: hear,
  signedOut: () => location.assign("/sign-in"),
  fault: (why) => result("audio", { result: "refused", why }),
});

const meters = { mic: { element: $("mic") }, ear: { element: $("ear") } };
const sound = new Sound(link, $("remote"), meters, (now) => {
  $("sound").textContent = t(`sound_${now}`);
  $("sound").dataset.sound = now;
});
const usesBrowser = () => $("device").value === "browser";

/** Whether this seat is in a call at this moment. */
const talks = () => [...state.conversations.values()].some((one) => isIn(one, state.me?.seat));

/** A command and its answer in the list. */
async function act(name, fields = {}) {
  const joins = name === "return" || (name === "supervise" && fields.mode !== "stop");
  if (joins && usesBrowser()) {
    const heard = await sound.start({ call: fields.call });
    if (heard.result === "refused") { result(name, heard, fields.mode); return heard; }
  }
  if (name === "call_back") state.callsBack = true;
  const answer = await link.command(name, fields);
  if (name === "call_back") state.callsBack = false;
  result(name, answer, fields.mode);
  const stays = joins ? answer.result === "done" : name !== "supervise";
  if (!stays && !talks()) sound.stop();
  return answer;
}

function hear(event) {
  switch (event.event) {
    case "seat":
      if (event.seat === state.me?.seat) {
        state.own = event;
        const owes = event.state === "wrap_up" || event.state === "talking" || event.reason === "paperwork";
        if (!owes) Object.assign(state, { wrapUp: null, owed: false, proposed: null });
      }
      state.seats.set(event.seat, event);
      break;
    case "offer":
      state.offer = event;
      offered(event);
      hush();
      if (usesBrowser()) ring(event);
      break;
    case "offer_ended":
      if (state.offer?.offer !== event.offer) break;
      if (event.how !== "answered" && sound.wanted?.offer === event.offer) sound.stop();
      state.offer = null;
      break;
    case "conversation": talk(event); break;
    case "left":
      state.conversations.delete(event.call);
      if (state.wrapUp?.call === event.call) Object.assign(state, { wrapUp: null, owed: false, proposed: null });
      if (sound.wanted?.call === event.call) sound.stop();
      break;
    case "wrap_up": {
      state.wrapUp = event;
      if (sound.wanted?.call === event.call) sound.stop();
      const { disposition } = $("wrap-up-form").elements;
      if (state.proposed && !disposition.value) {
        disposition.value = state.proposed;
        disposition.dispatchEvent(new Event("change"));
      }
      break;
    }
    case "callbacks":
      state.callbacks = event;
      break;
    case "queue": // Often: the buttons of all else must not be made anew under a finger.
      state.queues.set(event.group, event);
      drawQueues(state.queues);
      return;
    default: return;
  }
  draw();
}

/** Asks for the sound of a call that is offered. Who has clicked to call back is in it at once. */
async function ring({ offer, group }) {
  const heard = await sound.start({ offer });
  if (state.callsBack && group === "" && heard.result === "done" && state.offer?.offer === offer) act("answer", { offer });
}

function talk(conversation) {
  const { call } = conversation;
  const before = state.conversations.get(call);
  state.conversations.set(call, conversation);
  state.owed = conversation.outcome_missing;
  state.proposed = conversation.proposed;
  if (!isIn(conversation, state.me?.seat)) {
    if (sound.wanted?.call === call) sound.stop(); // The others go on without this seat.
    return;
  }
  state.left = state.left.filter((one) => one !== call);
  if (!usesBrowser() || (before && isIn(before, state.me?.seat))) return;
  if (sound.wanted?.offer !== undefined || sound.wanted?.call === call) sound.becomes(call);
  else sound.start({ call }); // The page was loaded anew during the call.
}

function draw() {
  $("link").dataset.up = String(link.isUp);
  $("link").textContent = t(link.isUp ? "link_up" : "link_down");
  const own = state.own;
  $("state").textContent = own ? t(`state_${own.state}`) + (own.reason ? ` · ${t(`reason_${own.reason}`)}` : "") : "…";
  $("state").dataset.state = own?.state ?? "";
  drawOffer(state.offer);
  drawConversations(state.conversations, state.me?.seat, act);
  $("outcome").hidden = !state.owed; // It may still be owed when the call is over.
  drawQueues(state.queues);
  const free = !state.offer && !state.wrapUp && !talks();
  drawCallbacks(state.callbacks, state.me?.seat, free, act);
  $("callback").hidden = !task();
  $("past-card").hidden = !state.me || state.me.role === "leader" || state.me.role === "assistant";
  const supervises = state.me?.role === "supervisor" || state.me?.role === "assistant";
  $("seats-card").hidden = !supervises;
  if (supervises) drawSeats(state.seats, state.me.seat, act);
  $("wrap-up").hidden = !state.wrapUp;
  const mine = [...state.conversations.values()].filter((one) => isIn(one, state.me?.seat)).map((one) => one.call);
  drawRisks(state.wrapUp ? [...mine, state.wrapUp.call] : mine);
  $("wrap-up-case").textContent = state.wrapUp?.case ? `${t("case_number")} ${state.wrapUp.case}` : "";
  $("returns").replaceChildren(...state.left.map((call) => make("button", { type: "button", text: `${t("do_return")} ${call}`, on: () => act("return", { call }) })));
}

/** The task that this seat calls back for. */
const task = () => state.callbacks?.tasks.find((one) => one.calling === state.me?.seat);

function words() {
  choices($("reason"), values("reason", ["break", "meal", "training", "paperwork"]));
  choices($("target").elements.kind, values("target", ["unit", "outside", "seat", "group", "emergency"]));
  hint();
  const wrapUp = $("wrap-up-form").elements;
  choices(wrapUp.disposition, values("disposition", ["answered", "three_way", "kept", "circulated", "assigned", "leader_review", "discipline", "no_matter"]), "choose");
  choices(wrapUp.nature, values("nature", ["consult", "help", "complaint", "report", "suggest", "praise", "other"]), "nothing");
  choices($("outcome").elements.result, values("outcome", ["solved", "promised", "refused", "nobody_reached"]), "choose");
  choices($("callback").elements.outcome, values("callback", ["reached", "no_answer", "busy", "wrong_person", "refused"]));
  if (state.me) $("who").textContent = `${state.me.seat} ${state.me.name} · ${t(`role_${state.me.role}`)}`;
  $("sound").textContent = t(`sound_${$("sound").dataset.sound ?? "off"}`);
  drawUnsent();
  draw();
}

const on = (id, listener) => $(id).addEventListener("click", listener);
on("ready", () => act("ready"));
on("sign-out", () => act("sign_out"));
on("pause", () => act("pause", { reason: $("reason").value }));
on("answer", () => state.offer && act("answer", { offer: state.offer.offer }));
on("decline", () => state.offer && act("decline", { offer: state.offer.offer }));
on("hang-up", () => act("hang_up"));
on("leave", async () => {
  const calls = [...state.conversations.values()].filter((one) => isIn(one, state.me?.seat)).map((one) => one.call);
  const answer = await act("leave");
  if (answer.result === "done") { state.left = [...calls, ...state.left].slice(0, 3); draw(); }
});
on("secret", () => act("secret", { on: [...state.conversations.values()].every((one) => one.recorded) }));
on("no-private", () => act("private", { with: [] }));

function target(kind, value) {
  const named = { unit: { unit: value }, outside: { number: value }, seat: { seat: value }, group: { group: value }, emergency: { number: value } };
  return { kind, ...named[kind] };
}
const hint = () => { $("target").elements.value.placeholder = t(`hint_${$("target").elements.kind.value}`); };
$("target").elements.kind.addEventListener("change", hint);
$("target").addEventListener("submit", (event) => {
  event.preventDefault();
  const { kind, value } = event.target.elements;
  const verb = event.submitter?.value ?? "consult";
  const given = value.value.trim();
  act(verb, verb === "hand_over" ? { seat: given } : { target: target(kind.value, given) });
});
$("brief").addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await act("brief", { text: event.target.elements.text.value.trim() });
  if (answer.result === "done") event.target.reset();
});
$("outcome").elements.result.addEventListener("change", ({ target: { value } }) => {
  const { by } = $("outcome").elements;
  by.hidden = value !== "promised";
  by.required = value === "promised";
});
$("outcome").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { result: outcome, by } = event.target.elements;
  const answer = await act("outcome", { outcome: outcome.value === "promised" ? { result: "promised", by: by.value } : { result: outcome.value } });
  if (answer.result === "done") { state.owed = false; event.target.reset(); draw(); }
});
$("wrap-up-form").elements.disposition.addEventListener("change", ({ target: { value } }) => {
  $("wrap-up-form").elements.unit.required = value === "assigned" || value === "circulated";
});
$("wrap-up-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { disposition, nature, summary, unit } = event.target.elements;
  const fields = {
    call: state.wrapUp?.call ?? null,
    disposition: disposition.value, nature: nature.value || null, summary: summary.value, unit: unit.value.trim() || null,
  };
  $("do-wrap-up").disabled = true; // It is answered after the commit.
  const answer = await act("wrap_up", fields);
  $("do-wrap-up").disabled = false;
  if (answer.result === "done") event.target.reset();
  else if (answer.why === "outcome_missing") { state.owed = true; draw(); }
  else if (mayPass(answer.why)) {
    keep(fields, answer.why);
    event.target.reset();
  }
});
$("callback").addEventListener("submit", (event) => {
  event.preventDefault();
  const { outcome } = event.target.elements;
  if (task()) act("call_back_outcome", { task: task().task, outcome: outcome.value });
});
for (const digit of "123456789*0#") {
  $("keypad").append(make("button", { type: "button", text: digit, on: () => {
    if ($("keys-party").value) act("keys", { party: Number($("keys-party").value), digits: digit });
    else result("keys", { result: "refused", why: "no_such_party" });
  } }));
}
addEventListener("keydown", (event) => {
  if (event.repeat) return;
  if (event.key === "F2" && state.offer) { event.preventDefault(); $("answer").click(); }
  if (event.key === "F4" && talks()) { event.preventDefault(); $("hang-up").click(); }
});
try { $("device").value = localStorage.getItem("device") ?? "browser"; } catch { /* The headset, then. */ }
$("device").addEventListener("change", () => {
  try { localStorage.setItem("device", $("device").value); } catch { /* Not remembered. */ }
  if (usesBrowser()) sound.prepare(); else sound.release();
});
begin((fields) => act("wrap_up", fields));
setInterval(() => {
  if (state.offer) sound.ring();
}, 2000);
setInterval(() => { $("since").textContent = state.own ? span(Date.now() - Date.parse(state.own.since)) : ""; }, 1000);
languageButton($("language"), words);
if (usesBrowser()) sound.prepare();
