//! The calls of an invented city in the ledger of calls and that of the queue: times and parties,
//! no recordings.

use crate::domain::call::{CallRecord, Caller, EndedBy, Entry, EntryKind};
use crate::domain::demo::{QUEUE, Talk, TalkKind};
use crate::store::{
    CallAccount, CallStarted, LegRecord, LegRole, QueueEntry, QueueKind, StoreError, Together,
};
use crate::units::{CaseNumber, LegId, PartyId, SeatNumber};
use jiff::Timestamp;
use std::time::Duration;

/// Where calls of the demo come from: nowhere but this machine.
const PEER: &str = "127.0.0.1:5060";
/// The number that is called.
const LINE: &str = "12345";
/// Packets a second.
const PACKETS: u32 = 50;

fn at(talk: &Talk, after: Duration) -> Timestamp {
    talk.at.saturating_add(after).unwrap_or(talk.at)
}

fn entry(talk: &Talk, kind: QueueKind) -> QueueEntry {
    QueueEntry {
        call: Some(talk.call.clone()),
        queue: Some(QUEUE.to_owned()),
        position: Some(1),
        original_position: Some(1),
        ..QueueEntry::new(kind)
    }
}

/// The call arrives; where it is answered by a person, up to that.
pub(super) fn begins(store: &mut Together<'_>, talk: &Talk) -> Result<(), StoreError> {
    store.call_started(&CallStarted {
        call: talk.call.clone(),
        caller: Caller { number: talk.caller.clone(), display: None },
        called: LINE.to_owned(),
        at: talk.at,
        peer: PEER.to_owned(),
    })?;
    match &talk.kind {
        TalkKind::Attended { seat, waited, .. } => {
            store.queue_log(talk.at, &entry(talk, QueueKind::Enter))?;
            let at_seat = |kind| QueueEntry { seat: Some(seat.clone()), ..entry(talk, kind) };
            store.queue_log(talk.at, &at_seat(QueueKind::Offer))?;
            let connected = QueueEntry { waited: Some(*waited), ..at_seat(QueueKind::Connect) };
            store.queue_log(at(talk, *waited), &connected)
        }
        TalkKind::Abandoned => store.queue_log(talk.at, &entry(talk, QueueKind::Enter)),
        TalkKind::Outgoing { .. } | TalkKind::Message => Ok(()),
    }
}

/// The call is over.
pub(super) fn ends(
    store: &mut Together<'_>,
    talk: &Talk,
    number: Option<CaseNumber>,
) -> Result<(), StoreError> {
    let over = at(talk, talk.lasts);
    match &talk.kind {
        TalkKind::Attended { seat, waited, .. } => {
            let (seat, lasted) = (Some(seat.clone()), talk.lasts.checked_sub(*waited));
            let complete = entry(talk, QueueKind::Complete);
            store.queue_log(over, &QueueEntry { seat, lasted, ..complete })?;
        }
        TalkKind::Abandoned => {
            let waited = Some(talk.lasts);
            let left = entry(talk, QueueKind::Abandon);
            store.queue_log(over, &QueueEntry { waited, ..left })?;
        }
        TalkKind::Outgoing { .. } | TalkKind::Message => {}
    }
    let record = CallRecord {
        call: talk.call.clone(),
        lasted: talk.lasts,
        ended_by: EndedBy::Citizen,
        entries: entries(talk, number),
    };
    let account = CallAccount { record, legs: legs(talk), parties: vec![], tracks: vec![] };
    store.call_ended(over, &account)
}

fn entries(talk: &Talk, number: Option<CaseNumber>) -> Vec<Entry> {
    let mut entries = vec![];
    let mut push = |at: Duration, kind: EntryKind| entries.push(Entry { at, kind });
    match &talk.kind {
        TalkKind::Attended { seat, waited, .. } => {
            push(Duration::ZERO, EntryKind::Prompt("G01".to_owned()));
            push(*waited, EntryKind::Attended(Some(seat.clone())));
        }
        TalkKind::Abandoned => push(Duration::ZERO, EntryKind::Prompt("G01".to_owned())),
        TalkKind::Message => {
            push(Duration::ZERO, EntryKind::Prompt("G01".to_owned()));
            push(Duration::from_secs(8), EntryKind::Digit('2'));
        }
        TalkKind::Outgoing { .. } => {}
    }
    if let Some(number) = number {
        push(talk.lasts, EntryKind::Case(number));
    }
    if let Some(grade) = talk.grade {
        push(talk.lasts, EntryKind::Grade(grade));
    }
    entries
}

/// The citizen, and whoever talks with him.
fn legs(talk: &Talk) -> Vec<LegRecord> {
    let citizen = leg(0, LegRole::Citizen, String::new(), (Duration::ZERO, talk.lasts));
    let mut legs = vec![citizen];
    let mut join = |role, label: String, from: Duration| {
        let number = u64::try_from(legs.len()).unwrap_or(0);
        legs.push(leg(number, role, label, (from, talk.lasts)));
    };
    let label = |seat: &SeatNumber| seat.as_str().to_owned();
    match &talk.kind {
        TalkKind::Attended { seat, waited, leader, unit } => {
            join(LegRole::Seat, label(seat), *waited);
            let half = *waited + talk.lasts.saturating_sub(*waited) / 2;
            if let Some(leader) = leader {
                join(LegRole::Leader, label(leader), half);
            }
            if let Some((unit, _)) = unit {
                join(LegRole::Unit, (*unit).to_owned(), half);
            }
        }
        TalkKind::Outgoing { seat, rang, reached } => {
            let from = if *reached { *rang } else { Duration::ZERO };
            join(LegRole::Seat, label(seat), from);
        }
        TalkKind::Abandoned | TalkKind::Message => {}
    }
    legs
}

fn leg(number: u64, role: LegRole, label: String, (from, to): (Duration, Duration)) -> LegRecord {
    let seconds = to.saturating_sub(from).as_secs();
    let packets = seconds * u64::from(PACKETS);
    LegRecord {
        leg: LegId(number),
        party: PartyId(u32::try_from(number).unwrap_or(0)),
        role,
        label,
        peer: PEER.to_owned(),
        codec: Some("PCMA".to_owned()),
        from,
        answered: Some(from),
        to,
        received: packets,
        sent: packets,
        ..LegRecord::default()
    }
}
