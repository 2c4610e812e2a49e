//! An entry of the queue's account as the store keeps it.

use crate::domain::queue::{
    CallbackEnd, GroupId, KeyExit, LedgerEntry, QueueEvent as Event, QueueRules,
};
use crate::store::{QueueEntry, QueueKind as Kind};
use serde::Serialize;
use std::time::Duration;

/// The row of an entry.
pub(super) fn row(entry: &LedgerEntry, rules: &QueueRules) -> QueueEntry {
    let name = |id: GroupId| rules.groups.get(usize::from(id.0)).map(|group| group.name.clone());
    QueueEntry {
        call: entry.call.clone(),
        queue: entry.group.and_then(name),
        seat: entry.seat.clone(),
        ..tell(&entry.event, &name)
    }
}

fn tell(event: &Event, name: &impl Fn(GroupId) -> Option<String>) -> QueueEntry {
    match event {
        Event::Enter { origin, resumed } => {
            let value = if *resumed { "resumed" } else { "" };
            waiting(Kind::Enter, (Some(*origin), *origin, 0), value)
        }
        Event::Refused { why } => seat(Kind::Refused, *why),
        Event::Offer { .. } => seat(Kind::Offer, ""),
        Event::OfferOver { how, rang_ms, .. } => lasted(seat(Kind::OfferOver, word(how)), *rang_ms),
        Event::Connect { origin, wait_ms, .. } => {
            waiting(Kind::Connect, (None, *origin, *wait_ms), "")
        }
        Event::ConnectOver { why, .. } => seat(Kind::ConnectOver, word(why)),
        Event::Abandon { position, origin, wait_ms } => {
            waiting(Kind::Abandon, (Some(*position), *origin, *wait_ms), "")
        }
        Event::ExitWithKey { exit, position, origin, wait_ms } => {
            waiting(Kind::ExitWithKey, (Some(*position), *origin, *wait_ms), key(*exit))
        }
        Event::ExitEmpty { why, position, origin, wait_ms } => {
            waiting(Kind::ExitEmpty, (Some(*position), *origin, *wait_ms), word(why))
        }
        Event::Moved { position, origin, wait_ms } => {
            waiting(Kind::Moved, (Some(*position), *origin, *wait_ms), "")
        }
        Event::CallbackKept { position, origin, wait_ms } => {
            waiting(Kind::CallbackKept, (Some(*position), *origin, *wait_ms), "")
        }
        Event::CallbackOver { why, origin, wait_ms } => {
            waiting(Kind::CallbackOver, (None, *origin, *wait_ms), given_up(*why))
        }
        Event::Overflow { to, wait_ms } => {
            let to = name(*to).unwrap_or_default();
            QueueEntry { waited: Some(ms(*wait_ms)), ..seat(Kind::Overflow, to) }
        }
        Event::Complete { by, origin, wait_ms, talk_ms } => {
            lasted(waiting(Kind::Complete, (None, *origin, *wait_ms), word(by)), *talk_ms)
        }
        Event::OwnTalk { by, talk_ms } => lasted(seat(Kind::OwnTalk, word(by)), *talk_ms),
        Event::SignIn => seat(Kind::SignIn, ""),
        Event::SignOut => seat(Kind::SignOut, ""),
        Event::Pause { reason } => seat(Kind::Pause, word(reason)),
        Event::Unpause => seat(Kind::Unpause, ""),
        Event::WrapUp { lasted_ms, given } => {
            lasted(seat(Kind::WrapUp, if *given { "given" } else { "ran_out" }), *lasted_ms)
        }
        Event::Gate { gate } => seat(Kind::Gate, word(gate)),
    }
}

/// Without a place in the queue.
fn seat(kind: Kind, value: impl Into<String>) -> QueueEntry {
    QueueEntry { value: value.into(), ..QueueEntry::new(kind) }
}

/// With the place now, the place at the first arrival, and the wait since then.
fn waiting(
    kind: Kind,
    (position, origin, wait_ms): (Option<u32>, u32, u64),
    value: impl Into<String>,
) -> QueueEntry {
    let (original_position, waited) = (Some(origin), Some(ms(wait_ms)));
    QueueEntry { position, original_position, waited, ..seat(kind, value) }
}

fn lasted(entry: QueueEntry, length: u64) -> QueueEntry {
    QueueEntry { lasted: Some(ms(length)), ..entry }
}

fn ms(length: u64) -> Duration {
    Duration::from_millis(length)
}

/// The name of a plain variant, as its JSON has it.
fn word(value: impl Serialize) -> String {
    let value = serde_json::to_value(value);
    value.ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn key(exit: KeyExit) -> &'static str {
    match exit {
        KeyExit::Message => "message",
        KeyExit::Menu => "menu",
    }
}

fn given_up(why: CallbackEnd) -> String {
    match why {
        CallbackEnd::NoOne(why) => word(why),
        other => word(other),
    }
}
