//! Every message of the protocol against `docs/desk-protocol.schema.json`, in both directions.

use super::house::seat;
use jsonschema::Validator;
use mayorline::domain::desk::{
    CallbackView, CallbacksView, ConversationView, DeskCommand, DeskEvent, DeskReply, Disposition,
    Failure, OfferView, OpenCaseView, PartyKind, PartyState, PartyView, PauseReason, QueueView,
    Refusal, SeatRole, SeatState, SeatView,
};
use mayorline::domain::suggest::{RiskFlag, RiskGroup, risks};
use mayorline::units::{OfferId, PartyId};
use serde_json::{Value, json};
use std::sync::LazyLock;

const SCHEMA: &str = include_str!("../../docs/desk-protocol.schema.json");

fn validator(definition: &str) -> Validator {
    let mut schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let fields = schema.as_object_mut().unwrap();
    fields.remove("oneOf");
    fields.insert("$ref".to_owned(), format!("#/$defs/{definition}").into());
    jsonschema::validator_for(&schema).unwrap()
}

static TO_PAGE: LazyLock<Validator> = LazyLock::new(|| validator("to_page"));
static FROM_PAGE: LazyLock<Validator> = LazyLock::new(|| validator("from_page"));

fn check(validator: &Validator, message: &Value) {
    let faults: Vec<_> = validator.iter_errors(message).map(|e| e.to_string()).collect();
    assert!(faults.is_empty(), "{message}\n{faults:?}");
}

/// What a page is sent.
pub(crate) fn check_to_page(message: &Value) {
    check(&TO_PAGE, message);
}

/// What a page may send.
pub(crate) fn check_from_page(message: &Value) {
    check(&FROM_PAGE, message);
}

/// One of every command, as a page writes it.
fn commands() -> Vec<Value> {
    let mut all = vec![
        json!({"do": "ready"}),
        json!({"do": "sign_out"}),
        json!({"do": "answer", "offer": 1}),
        json!({"do": "decline", "offer": 1}),
        json!({"do": "hang_up"}),
        json!({"do": "hold", "party": 1, "on": true}),
        json!({"do": "mute", "party": 1, "on": false}),
        json!({"do": "deafen", "party": 1, "on": true}),
        json!({"do": "drop", "party": 1}),
        json!({"do": "private", "with": [1, 2]}),
        json!({"do": "private", "with": []}),
        json!({"do": "join", "party": 2}),
        json!({"do": "leave"}),
        json!({"do": "return", "call": "a1-0190-0001"}),
        json!({"do": "hand_over", "seat": "802"}),
        json!({"do": "brief", "text": "张先生，钢山街道，供暖"}),
        json!({"do": "complete", "party": 2}),
        json!({"do": "keys", "party": 1, "digits": "12#"}),
        json!({"do": "secret", "on": true}),
        json!({"do": "call_back", "task": 12}),
    ];
    for reason in ["break", "meal", "training", "paperwork"] {
        all.push(json!({"do": "pause", "reason": reason}));
    }
    for target in [
        json!({"kind": "seat", "seat": "802"}),
        json!({"kind": "group", "group": "main"}),
        json!({"kind": "unit", "unit": "water"}),
        json!({"kind": "outside", "number": "19900000017"}),
        json!({"kind": "emergency", "number": "110"}),
    ] {
        all.push(json!({"do": "consult", "target": target}));
        all.push(json!({"do": "transfer", "target": target}));
    }
    for mode in ["listen", "whisper", "barge", "stop"] {
        all.push(json!({"do": "supervise", "call": "a1-0190-0001", "mode": mode}));
    }
    for outcome in [
        json!({"result": "solved"}),
        json!({"result": "promised", "by": "2026-11-30"}),
        json!({"result": "refused"}),
        json!({"result": "nobody_reached"}),
    ] {
        all.push(json!({"do": "outcome", "outcome": outcome}));
    }
    for disposition in [
        "answered",
        "three_way",
        "kept",
        "circulated",
        "assigned",
        "leader_review",
        "discipline",
        "no_matter",
    ] {
        all.push(json!({"do": "wrap_up", "disposition": disposition, "nature": "help",
            "summary": "路灯不亮", "unit": null}));
    }
    all.push(json!({"do": "wrap_up", "disposition": "kept", "nature": null, "unit": "water"}));
    all.push(json!({"do": "wrap_up", "call": "a1-0190-0001", "disposition": "kept"}));
    all.push(json!({"do": "wrap_up", "call": null, "disposition": "kept"}));
    for outcome in ["reached", "no_answer", "busy", "wrong_person", "refused"] {
        all.push(json!({"do": "call_back_outcome", "task": 12, "outcome": outcome}));
    }
    all
}

fn framed(mut command: Value) -> Value {
    let fields = command.as_object_mut().unwrap();
    fields.insert("v".to_owned(), 1.into());
    fields.insert("id".to_owned(), 7.into());
    command
}

#[test]
fn the_schema_and_the_desk_take_the_same_commands() {
    for command in commands() {
        let read: Result<DeskCommand, _> = serde_json::from_value(command.clone());
        assert!(read.is_ok(), "{command}: {read:?}");
        check_from_page(&framed(command));
    }
}

#[test]
fn the_schema_and_the_desk_refuse_the_same_commands() {
    for command in commands() {
        let fields = command.as_object().unwrap();
        let wraps_up = command["do"] == "wrap_up";
        let optional: &[&str] = if wraps_up { &["call", "summary", "nature", "unit"] } else { &[] };
        for field in fields.keys().filter(|field| !optional.contains(&field.as_str())) {
            let mut less = command.clone();
            less.as_object_mut().unwrap().remove(field);
            let read: Result<DeskCommand, _> = serde_json::from_value(less.clone());
            assert!(read.is_err(), "{less}");
            assert!(!FROM_PAGE.is_valid(&framed(less.clone())), "{less}");
        }
        let mut more = command.clone();
        more.as_object_mut().unwrap().insert("more".to_owned(), 1.into());
        // What takes nothing is held to it by the connection, not by serde.
        let takes_nothing = fields.len() == 1;
        let read = serde_json::from_value::<DeskCommand>(more.clone());
        assert!(read.is_err() || takes_nothing, "{more}");
        assert!(!FROM_PAGE.is_valid(&framed(more)));
    }
    for command in [
        json!({"do": "fly"}),
        json!({"do": "hand_over", "seat": "12"}),
        json!({"do": "answer", "offer": "1"}),
        json!({"do": "pause", "reason": "tired"}),
        json!({"do": "consult", "target": {"kind": "seat", "seat": "802", "more": 1}}),
    ] {
        assert!(serde_json::from_value::<DeskCommand>(command.clone()).is_err(), "{command}");
        assert!(!FROM_PAGE.is_valid(&framed(command)));
    }
}

/// A seat.
pub(crate) fn seat_view(number: &str, state: SeatState, call: Option<&str>) -> DeskEvent {
    DeskEvent::Seat(SeatView {
        seat: seat(number),
        name: "王明".to_owned(),
        role: SeatRole::Operator,
        state,
        reason: (state == SeatState::Paused).then_some(PauseReason::Break),
        since: "2026-11-26T01:02:03Z".parse().unwrap(),
        call: call.map(str::to_owned),
    })
}

/// An offer.
pub(crate) fn offer(
    number: u64,
    caller: Option<&str>,
    display: Option<&str>,
    summary: &str,
) -> DeskEvent {
    let case = OpenCaseView {
        number: "26112200131".to_owned(),
        state: "handling".to_owned(),
        received_at: "2026-11-22T01:02:03Z".parse().unwrap(),
        summary: summary.to_owned(),
        due_on: Some(jiff::civil::date(2026, 11, 27)),
        risks: risks("再不管就喝农药"),
    };
    DeskEvent::Offer(OfferView {
        offer: OfferId(number),
        call: "a1-0190-0001".to_owned(),
        group: "main".to_owned(),
        caller: caller.map(str::to_owned),
        display: display.map(str::to_owned),
        waited_ms: 7_300,
        cases: vec![case],
        briefing: display.map(str::to_owned),
    })
}

/// An offer of a case with a flag of every concern.
fn flagged() -> DeskEvent {
    let DeskEvent::Offer(mut view) = offer(3, None, None, "") else { panic!() };
    let every = RiskGroup::NAMES.into_iter();
    view.cases[0].risks = every
        .map(|(group, _, title)| RiskFlag { group, title, words: vec!["词".to_owned()] })
        .collect();
    DeskEvent::Offer(view)
}

/// A party.
pub(crate) fn party(number: u32, kind: PartyKind, label: &str, state: PartyState) -> PartyView {
    let (party, label) = (PartyId(number), label.to_owned());
    PartyView { party, kind, label, state, muted: false, deaf: false }
}

/// A conversation.
pub(crate) fn conversation(parties: Vec<PartyView>, outcome_missing: bool) -> DeskEvent {
    let call = "a1-0190-0001".to_owned();
    let proposed = outcome_missing.then_some(Disposition::Assigned);
    let view = ConversationView { call, parties, recorded: true, outcome_missing, proposed };
    DeskEvent::Conversation(view)
}

/// Three callback tasks; the seat of `calling` calls back for the second one.
pub(crate) fn callbacks(calling: Option<&str>) -> DeskEvent {
    let task = |task, contact: Option<&str>, reason: &str| CallbackView {
        task,
        contact: contact.map(str::to_owned),
        reason: reason.to_owned(),
        due_at: "2026-11-26T01:32:03Z".parse().unwrap(),
        attempts: 0,
        calling: None,
    };
    let mut second = task(12, Some("199****0018"), "asked");
    (second.attempts, second.calling) = (1, calling.map(seat));
    DeskEvent::Callbacks(CallbacksView {
        open: 3,
        overdue: 1,
        tasks: vec![task(11, Some("199****0017"), "missed"), second, task(13, None, "missed")],
    })
}

/// The figures of a group.
pub(crate) fn queue() -> DeskEvent {
    DeskEvent::Queue(QueueView {
        group: "main".to_owned(),
        waiting: 3,
        longest_ms: 21_000,
        seats: [1, 0, 2, 1, 0],
        today: [40, 36, 4, 33],
        callbacks_open: 2,
    })
}

fn events() -> Vec<DeskEvent> {
    use PartyKind as Kind;
    use PartyState as At;
    let states = [
        SeatState::SignedOut,
        SeatState::Ready,
        SeatState::Offered,
        SeatState::Talking,
        SeatState::WrapUp,
        SeatState::Paused,
    ];
    let kinds =
        [Kind::Citizen, Kind::Seat, Kind::Unit, Kind::Leader, Kind::Outside, Kind::Supervisor];
    let at = [At::Calling, At::Asked, At::Consulting, At::Talking, At::Held, At::Gone];
    let parties = (1..).zip(kinds).zip(at).map(|((n, kind), at)| party(n, kind, "x", at)).collect();
    let mut all: Vec<_> = states.into_iter().map(|state| seat_view("801", state, None)).collect();
    all.push(seat_view("802", SeatState::Talking, Some("a1-0190-0001")));
    all.push(offer(1, Some("19900000017"), Some("张三"), "路灯"));
    all.push(offer(2, None, None, ""));
    all.push(flagged());
    for how in ["answered", "declined", "no_answer", "withdrawn", "caller_gone"] {
        all.push(DeskEvent::OfferEnded { offer: OfferId(1), how });
    }
    all.push(conversation(parties, true));
    all.push(DeskEvent::Left { call: "a1-0190-0001".to_owned() });
    all.push(DeskEvent::WrapUp { call: "a1-0190-0001".to_owned(), case: None });
    let case = Some("26112200131".to_owned());
    all.push(DeskEvent::WrapUp { call: "a1-0190-0001".to_owned(), case });
    all.push(queue());
    all.extend([callbacks(None), callbacks(Some("801"))]);
    all
}

#[test]
fn every_event_and_every_reply_is_in_the_schema() {
    for event in events() {
        let mut message = serde_json::to_value(&event).unwrap();
        message
            .as_object_mut()
            .unwrap()
            .extend([("v".to_owned(), 1.into()), ("seq".to_owned(), 3.into())]);
        check_to_page(&message);
        assert!(!FROM_PAGE.is_valid(&message));
    }
    let refusals = [
        Refusal::NotAllowed,
        Refusal::WrongState,
        Refusal::NoSuchOffer,
        Refusal::NoSuchCall,
        Refusal::NoSuchParty,
        Refusal::NoSuchTarget,
        Refusal::SeatBusy,
        Refusal::NumberNotAllowed,
        Refusal::TooManyCalls,
        Refusal::TooManyParties,
        Refusal::Accused,
        Refusal::OutcomeMissing,
        Refusal::DispositionMissing,
        Refusal::CaseRefuses,
        Refusal::NoNumber,
        Refusal::Malformed,
        Refusal::Draining,
    ];
    let failures = [
        Failure::NoAnswer,
        Failure::Busy,
        Failure::Declined,
        Failure::Unreachable,
        Failure::CallerGone,
        Failure::StoreDown,
        Failure::Cancelled,
    ];
    let replies = [DeskReply::Done]
        .into_iter()
        .chain(refusals.map(|why| DeskReply::Refused { why }))
        .chain(failures.map(|why| DeskReply::Failed { why }));
    for reply in replies {
        let mut message = serde_json::to_value(reply).unwrap();
        let frame = json!({"v": 1, "seq": 3, "reply": 7});
        message.as_object_mut().unwrap().extend(frame.as_object().unwrap().clone());
        check_to_page(&message);
    }
}
