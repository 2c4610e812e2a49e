//! What a conversation writes down for its account: what the parties did, and what each track of
//! its recording holds.

use super::conversation::Conversation;
use crate::domain::call::{
    CallRecord, EndedBy, Entry as CallEntry, EntryKind, RecordingKind, RecordingSummary,
};
use crate::domain::desk::{Failure, Outcome, PartyKind, Supervision};
use crate::domain::room::{CITIZEN, Entry, Leaving};
use crate::gateway::clock::Now;
use crate::store::{
    AuditKind, LegRecord, LegRole, PartyEntry, PartyEntryKind, TRACKS_MAX, TrackRecord,
};
use crate::units::{LegId, PartyId, SeatNumber};
use std::collections::BTreeSet;
use std::time::Duration;

/// Entries of the parties in one conversation; further ones are not kept.
pub const PARTY_ENTRIES_MAX: usize = 512;

/// The parties' side of an account.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) entries: Vec<PartyEntry>,
    pub(super) tracks: Vec<TrackRecord>,
    /// The recording of a callback, which has no call that keeps it.
    recording: Option<RecordingSummary>,
    /// The seat that is first-responsible (首问负责).
    pub(super) first_responsible: Option<SeatNumber>,
    /// How the citizen left, as the room tells it.
    ended_by: Option<EndedBy>,
    /// Seats that were in it.
    seats: BTreeSet<PartyId>,
    /// The last one who left or came is a seat that hung up.
    seat_ended: bool,
}

impl Notes {
    /// The recording has the citizen on its first track and what he is played on the second.
    pub(super) fn tracks_begin(&mut self, citizen: LegId) {
        self.tracks = vec![
            TrackRecord { leg: Some(citizen), label: "citizen".to_owned() },
            TrackRecord { leg: None, label: "prompts".to_owned() },
        ];
    }

    /// One more track; false when the leg has one, or there are too many.
    pub(super) fn track(&mut self, leg: LegId, label: String) -> bool {
        let known = self.tracks.iter().any(|track| track.leg == Some(leg));
        let fits = !known && (1..TRACKS_MAX).contains(&self.tracks.len());
        if fits {
            self.tracks.push(TrackRecord { leg: Some(leg), label });
        }
        fits
    }

    pub(super) fn recorded(&mut self, summary: RecordingSummary) {
        self.recording = Some(summary);
    }

    /// What a room wrote.
    pub(super) fn note(&mut self, at: Duration, entry: &Entry) {
        self.remember_end(entry);
        let Some((party, kind, value)) = words(entry) else { return };
        if self.entries.len() < PARTY_ENTRIES_MAX {
            self.entries.push(PartyEntry { at, party, kind, value });
        }
    }

    fn remember_end(&mut self, entry: &Entry) {
        match entry {
            Entry::Joined { party, kind, .. } => {
                self.seat_ended = false;
                if matches!(kind, PartyKind::Seat | PartyKind::Leader) {
                    self.seats.insert(*party);
                }
            }
            Entry::Left { party: CITIZEN, how } => {
                self.ended_by = Some(match how {
                    Leaving::HungUp => EndedBy::Citizen,
                    Leaving::Lost => EndedBy::Network,
                    _ => self.ended_by(EndedBy::Service),
                });
            }
            // Whom we put out because of that ends nothing himself.
            Entry::Left { party, how: how @ (Leaving::HungUp | Leaving::Lost) } => {
                self.seat_ended = *how == Leaving::HungUp && self.seats.contains(party);
            }
            _ => {}
        }
    }

    /// Who ended a call that its own rules say was ended by `known`: our goodbye after a seat has
    /// hung up is that seat's end.
    pub(super) fn ended_by(&self, known: EndedBy) -> EndedBy {
        match known {
            EndedBy::Service if self.seat_ended => EndedBy::Seat,
            known => known,
        }
    }

    /// How long each party was held, from the entries.
    pub(super) fn fill_holds(&self, legs: &mut [LegRecord]) {
        for leg in legs {
            let (mut since, mut held) = (None, Duration::ZERO);
            for entry in self.entries.iter().filter(|entry| entry.party == Some(leg.party)) {
                match entry.kind {
                    PartyEntryKind::Held => since = since.or(Some(entry.at)),
                    PartyEntryKind::Resumed => {
                        held += since.take().map_or(Duration::ZERO, |since| entry.at - since);
                    }
                    _ => {}
                }
            }
            let rest = since.map_or(Duration::ZERO, |since| leg.to.saturating_sub(since));
            leg.held = (held + rest).min(leg.to.saturating_sub(leg.from));
        }
    }

    /// The account of a conversation that had no call of its own: a callback.
    pub(super) fn record(&self, conversation: &Conversation, now: Now) -> Box<CallRecord> {
        let lasted = now.monotonic.saturating_duration_since(conversation.began);
        let recording = self.recording.iter().map(|summary| CallEntry {
            at: lasted,
            kind: EntryKind::Recording(RecordingKind::WholeCall, summary.clone()),
        });
        Box::new(CallRecord {
            call: conversation.call_id.clone(),
            lasted,
            ended_by: self.ended_by.unwrap_or(EndedBy::Service),
            entries: recording.collect(),
        })
    }
}

/// An entry of a room as the store keeps it.
fn words(entry: &Entry) -> Option<(Option<PartyId>, PartyEntryKind, String)> {
    use PartyEntryKind as Kind;
    let on_off = |on: &bool, begin, end| if *on { begin } else { end };
    Some(match entry {
        Entry::Rung { party, label, .. } => (Some(*party), Kind::Dialled, label.clone()),
        Entry::Unreached { party, why } => (Some(*party), Kind::Left, failure_word(*why).into()),
        Entry::Consulted(party) => (Some(*party), Kind::Consulted, String::new()),
        Entry::Joined { party, label, .. } => (Some(*party), Kind::Joined, label.clone()),
        Entry::Left { party, how } => (Some(*party), Kind::Left, leaving_word(*how).into()),
        Entry::Held(party, on) => {
            (Some(*party), on_off(on, Kind::Held, Kind::Resumed), String::new())
        }
        Entry::Muted(party, on) => {
            (Some(*party), on_off(on, Kind::Muted, Kind::Unmuted), String::new())
        }
        Entry::Deafened(party, on) => {
            (Some(*party), on_off(on, Kind::Deafened, Kind::Undeafened), String::new())
        }
        Entry::Private(party, with) if with.is_empty() => {
            (Some(*party), Kind::PrivateEnded, String::new())
        }
        Entry::Private(party, with) => (Some(*party), Kind::Private, numbers(with)),
        Entry::Transferred { from, to } => {
            let to = to.map_or_else(|| "queue".to_owned(), |to| to.0.to_string());
            (Some(*from), Kind::Transferred, to)
        }
        Entry::Supervised { seat, mode } => {
            (None, Kind::Supervised, format!("{seat} {}", supervision_word(*mode)))
        }
        Entry::Outcome { outcome, .. } => (None, Kind::Outcome, outcome_word(outcome)),
        Entry::Secret(on) => (None, on_off(on, Kind::SecretOn, Kind::SecretOff), String::new()),
    })
}

fn numbers(parties: &[PartyId]) -> String {
    parties.iter().map(|party| party.0.to_string()).collect::<Vec<_>>().join(" ")
}

fn failure_word(why: Failure) -> &'static str {
    match why {
        Failure::NoAnswer => "no_answer",
        Failure::Busy => "busy",
        Failure::Declined => "declined",
        Failure::Unreachable => "unreachable",
        Failure::CallerGone => "caller_gone",
        Failure::StoreDown => "store_down",
        Failure::Cancelled => "cancelled",
    }
}

fn leaving_word(how: Leaving) -> &'static str {
    match how {
        Leaving::HungUp => "hung_up",
        Leaving::Lost => "lost",
        Leaving::Dropped => "dropped",
        Leaving::HandedOver => "handed_over",
        Leaving::SteppedOut => "stepped_out",
        Leaving::Alone => "alone",
        Leaving::Accused => "accused",
        Leaving::TooLong => "too_long",
    }
}

fn supervision_word(mode: Supervision) -> &'static str {
    match mode {
        Supervision::Listen => "listen",
        Supervision::Whisper => "whisper",
        Supervision::Barge => "barge",
        Supervision::Stop => "stop",
    }
}

fn outcome_word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Solved => "solved".to_owned(),
        Outcome::Promised { by } => format!("promised {by}"),
        Outcome::Refused => "refused".to_owned(),
        Outcome::NobodyReached => "nobody_reached".to_owned(),
    }
}

/// What a supervisor did, for the audit.
pub(super) fn audit_kind(mode: Supervision) -> AuditKind {
    match mode {
        Supervision::Listen => AuditKind::Listen,
        Supervision::Whisper => AuditKind::Whisper,
        Supervision::Barge => AuditKind::Barge,
        Supervision::Stop => AuditKind::StopListening,
    }
}

/// Whose leg a party's is.
pub(super) fn role_of(kind: PartyKind) -> LegRole {
    match kind {
        PartyKind::Citizen => LegRole::Citizen,
        PartyKind::Seat => LegRole::Seat,
        PartyKind::Unit => LegRole::Unit,
        PartyKind::Leader => LegRole::Leader,
        PartyKind::Outside => LegRole::Outside,
        PartyKind::Supervisor => LegRole::Supervisor,
    }
}
