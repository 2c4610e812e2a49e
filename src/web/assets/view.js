// Draws what the desk told. Whatever came from outside becomes text, never markup.

import { t, known, language } from "./words.js";

export const $ = (id) => document.getElementById(id);

/** The word for a value of the protocol; one that is not known yet shows itself. */
const word = (prefix, value) => (known(`${prefix}_${value}`) ? t(`${prefix}_${value}`) : value);

/** An element with text, attributes and children. */
export function make(tag, { text, on, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === undefined || value === null) continue;
    element.setAttribute(name, value === true ? "" : value);
  }
  if (text !== undefined) element.textContent = text;
  if (on) element.addEventListener("click", on);
  element.append(...children);
  return element;
}

/** A choice of words: `[value, key]` pairs, with a first empty one when `empty` is given. */
export function choices(select, pairs, empty) {
  const before = select.value;
  const options = pairs.map(([value, key]) => make("option", { value, text: t(key) }));
  if (empty) options.unshift(make("option", { value: "", text: t(empty) }));
  select.replaceChildren(...options);
  if ([...select.options].some((option) => option.value === before)) select.value = before;
}

/** Hours where there are any, minutes and seconds. */
export function span(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

const day = (date) => new Date(date).toLocaleDateString(language());

/** A flag of risk words with what was found. */
export const flagText = (flag) => `${t("risk")}：${word("risk", flag.group)}（${flag.words.join("、")}）`;

/** An open case with its flags; `mark`: what the button of a flag does that says it is false. */
export function caseRow(one, mark) {
  const flags = one.risks.map((flag) => make("div", { "data-risk": flag.group },
    make("span", { class: "badge warn", text: flagText(flag) }),
    ...(mark ? [make("button", { type: "button", class: "small", "data-do": "false_alarm", text: t("do_false_alarm"), on: () => mark(flag) })] : [])));
  return make("div", { class: "case", "data-case": one.number },
    make("b", { text: one.number }),
    make("span", { class: "quiet", text: `${word("case", one.state)} · ${day(one.received_at)}${one.due_on ? ` · ${t("due")} ${one.due_on}` : ""}` }),
    make("div", { text: one.summary || t("nothing") }), ...flags);
}

export function drawOffer(offer) {
  $("offer").hidden = !offer;
  document.title = offer ? `☎ ${t("incoming")}` : `${t("line")}`;
  if (!offer) return;
  const caller = offer.caller ?? t("withheld");
  $("caller").textContent = offer.display ? `${caller} · ${offer.display}` : caller;
  $("offer-facts").textContent = `${t("group")} ${offer.group} · ${t("waited")} ${span(offer.waited_ms)}`;
  $("briefing").hidden = !offer.briefing;
  $("briefing").textContent = offer.briefing ?? "";
  $("cases").replaceChildren(...offer.cases.map((one) => caseRow(one)));
}

function partyButtons(party, act, isOwn) {
  const small = (key, fields, pressed) => make("button", {
    type: "button", class: pressed ? "small on" : "small", "aria-pressed": pressed === undefined ? undefined : String(pressed),
    text: pressed ? `${t("off")}${t(`do_${key}`)}` : t(`do_${key}`), on: () => act(key, { party: party.party, ...fields }),
  });
  if (party.state === "gone") return [];
  if (isOwn) return [small("mute", { on: !party.muted }, party.muted)];
  const held = party.state === "held";
  const buttons = [];
  if (party.state === "consulting" || party.state === "asked") buttons.push(small("join"), small("complete"));
  if (party.state === "talking" || held) buttons.push(small("hold", { on: !held }, held));
  buttons.push(small("mute", { on: !party.muted }, party.muted), small("deafen", { on: !party.deaf }, party.deaf));
  if (party.state !== "calling") buttons.push(make("button", { type: "button", class: "small", text: t("do_private"), on: () => act("private", { with: [party.party] }) }));
  buttons.push(small("drop"));
  return buttons;
}

/** Whether the party is the seat itself. */
const isMe = (party, own) => ["seat", "leader", "supervisor"].includes(party.kind) && party.label === own;

/** Whether the seat is in the conversation, or on its way into it. Who has left sees it until his wrap-up. */
export const isIn = (conversation, own) => conversation.parties.some((party) => isMe(party, own) && party.state !== "gone");

export function drawConversations(conversations, own, act) {
  const all = [...conversations.values()];
  $("idle").hidden = all.some((one) => one.parties.some((party) => party.state !== "gone"));
  $("call-buttons").hidden = !all.some((one) => isIn(one, own));
  const recorded = all.every((one) => one.recorded);
  $("secret").className = recorded ? "" : "on";
  $("secret").setAttribute("aria-pressed", String(!recorded));
  const rows = all.flatMap((one) => [
    ...(one.recorded ? [] : [make("p", { class: "error", text: t("not_recorded") })]),
    ...one.parties.filter((party) => party.state !== "gone").map((party) => {
      const isOwn = isMe(party, own);
      return make("div", { class: "party", "data-party": party.party, "data-kind": isOwn ? "me" : party.kind, "data-state": party.state },
        make("div", {},
          make("span", { class: "name", text: party.label }),
          make("span", { class: "badge", text: isOwn ? t("me") : t(`kind_${party.kind}`) }),
          make("span", { class: party.state === "talking" ? "badge" : "badge warn", text: t(`party_${party.state}`) }),
          ...(party.muted ? [make("span", { class: "badge warn", text: t("muted") })] : []),
          ...(party.deaf ? [make("span", { class: "badge warn", text: t("deaf") })] : [])),
        make("div", { class: "buttons" }, ...(isIn(one, own) ? partyButtons(party, act, isOwn) : [])));
    }),
  ]);
  $("conversations").replaceChildren(...rows);
  const others = all.flatMap((one) => one.parties).filter((party) => party.state !== "gone" && !isMe(party, own));
  const select = $("keys-party");
  const before = select.value;
  select.replaceChildren(...others.map((party) => make("option", { value: party.party, text: party.label })));
  if (others.some((party) => String(party.party) === before)) select.value = before;
  select.disabled = others.length === 0;
}

export function drawSeats(seats, own, act) {
  const rows = [...seats.values()].sort((a, b) => a.seat.localeCompare(b.seat)).map((seat) => make("tr", { "data-seat": seat.seat },
    make("td", { text: `${seat.seat} ${seat.name}` }),
    make("td", { text: t(`state_${seat.state}`) + (seat.reason ? ` (${t(`reason_${seat.reason}`)})` : "") }),
    make("td", { text: seat.call ?? t("nothing") }),
    make("td", {}, ...(seat.call && seat.seat !== own ? ["listen", "whisper", "barge", "stop"] : []).map((mode) =>
      make("button", { type: "button", class: "small", "data-mode": mode, text: t(`mode_${mode}`), on: () => act("supervise", { call: seat.call, mode }) })))));
  $("seats").replaceChildren(...rows);
}

export function drawQueues(queues) {
  if (queues.size === 0) return;
  const figure = (key, text, lead) => [make("dt", { text: t(key) }), make("dd", { class: lead ? "lead" : undefined, text })];
  $("queues").replaceChildren(...[...queues.values()].map((queue) => {
    const [offered, answered, abandoned, quick] = queue.today;
    const level = offered > 0 ? `${Math.round((100 * quick) / offered)} %` : t("nothing");
    return make("div", {}, make("h3", { text: queue.group }), make("dl", { class: "figures" },
      ...figure("waiting", String(queue.waiting), true), ...figure("longest", span(queue.longest_ms)),
      ...figure("seats_ready", String(queue.seats[0])), ...figure("answered", `${answered} / ${offered}`),
      ...figure("abandoned", String(abandoned)), ...figure("level", level),
      ...figure("callbacks_open", String(queue.callbacks_open))));
  }));
}

const clock = (at) => new Date(at).toLocaleTimeString(language(), { hour: "2-digit", minute: "2-digit", hour12: false });

/** Who is to be called back; `own` is the seat, `free` that it may call now. */
export function drawCallbacks(callbacks, own, free, act) {
  $("callback-card").hidden = !callbacks;
  if (!callbacks) return;
  const { open, overdue, tasks } = callbacks;
  $("callbacks-open").textContent = String(open);
  $("callbacks-overdue").hidden = overdue === 0;
  $("callbacks-overdue").textContent = `${t("overdue")} ${overdue}`;
  const rows = tasks.map((task) => make("li", { "data-task": task.task, "data-late": String(Date.parse(task.due_at) < Date.now()) },
    make("span", { text: task.contact ?? t("withheld") }),
    make("span", { class: "badge", text: word("task", task.reason) }),
    make("span", { class: "quiet", text: `${clock(task.due_at)}${t("until")}${task.attempts > 0 ? ` · ${t("attempts")} ${task.attempts} ${t("times")}` : ""}` }),
    task.calling
      ? make("span", { class: "badge warn", text: `${task.calling === own ? t("me") : task.calling} ${t("calling_now")}` })
      : make("button", { type: "button", class: "small", disabled: !free || !task.contact, text: t("do_call_back"), on: () => act("call_back", { task: task.task }) })));
  $("callbacks").replaceChildren(...(rows.length > 0 ? rows : [make("li", { class: "quiet", text: t("none_open") })]));
}

/** Says what came of a button; nothing ever "does nothing". `mode`: which of the supervisor's. */
export function result(name, answer, mode) {
  const why = answer.why ? `：${word("why", answer.why)}` : "";
  const time = new Date().toLocaleTimeString(language());
  $("results").prepend(make("li", { "data-do": name, "data-result": answer.result, text: `${time} ${t(mode ? `mode_${mode}` : `do_${name}`)} ${t(`result_${answer.result}`)}${why}` }));
  while ($("results").children.length > 30) $("results").lastChild.remove();
}
