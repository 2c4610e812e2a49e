//! Who may turn what in a conversation (S16), and secrets, which always end (S15).

use super::desk::{SEATS, seat};
use mayorline::domain::desk::{DeskCommand, DeskReply, DeskRequest, Supervision};
use mayorline::domain::room::RoomRules;
use mayorline::store::{PartyEntry, PartyEntryKind};
use mayorline::units::LegId;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

/// Commands that are counted when they are done, by name.
#[derive(Default)]
pub(super) struct Rights {
    /// Commands without an answer that must be refused.
    forbidden: HashSet<u64>,
    /// Those without an answer that are counted.
    asked: HashMap<u64, &'static str>,
    /// Legs whose recordings hold silence, and since when.
    secrets: HashMap<LegId, Duration>,
    pub(super) done: BTreeMap<&'static str, usize>,
}

impl Rights {
    /// A command; `talks`: its seat is shown a conversation.
    pub(super) fn wished(&mut self, request: &DeskRequest, talks: bool) {
        let supervises = matches!(request.command, DeskCommand::Supervise { .. });
        let forbidden = match supervises {
            true => request.seat != seat(SEATS - 1),
            false => conducts(&request.command) && !talks,
        };
        if forbidden {
            self.forbidden.insert(request.id);
        }
        if let Some(name) = name(&request.command) {
            self.asked.insert(request.id, name);
        }
    }

    pub(super) fn answered(&mut self, id: u64, reply: DeskReply) {
        let refused = matches!(reply, DeskReply::Refused { .. });
        assert!(!self.forbidden.remove(&id) || refused, "S16: command {id} has {reply:?}");
        if let Some(name) = self.asked.remove(&id).filter(|_| reply == DeskReply::Done) {
            *self.done.entry(name).or_default() += 1;
        }
    }

    /// The recordings of a leg hold silence from now on, or sound.
    pub(super) fn secret(&mut self, leg: LegId, on: bool, now: Duration) {
        if on {
            self.secrets.entry(leg).or_insert(now);
        } else {
            self.closed(leg, now);
        }
    }

    /// Its secret is over, if there is one; its media may have been closed.
    pub(super) fn closed(&mut self, leg: LegId, now: Duration) {
        if let Some(since) = self.secrets.remove(&leg) {
            within(now.saturating_sub(since));
        }
    }

    /// The ledger of a call: each secret that began has ended, in time.
    pub(super) fn accounted(parties: &[PartyEntry]) {
        let mut since = None;
        for entry in parties {
            match entry.kind {
                PartyEntryKind::SecretOn => {
                    let before = since.replace(entry.at);
                    assert_eq!(before, None, "S15: a secret in a secret");
                }
                PartyEntryKind::SecretOff => {
                    let began = since.take().expect("S15: the end of no secret");
                    within(entry.at.saturating_sub(began));
                }
                _ => {}
            }
        }
        assert_eq!(since, None, "S15: a secret without an end");
    }

    /// What was counted stays.
    pub(super) fn crashed(&mut self) {
        self.forbidden.clear();
        self.asked.clear();
        self.secrets.clear();
    }

    pub(super) fn check_end(&self) {
        assert!(self.secrets.is_empty(), "S15: secrets without an end: {:?}", self.secrets);
    }
}

fn within(lasted: Duration) {
    let longest = RoomRules::default().secret_max;
    assert!(lasted <= longest, "S15: a secret of {lasted:?}");
}

/// Whether the command is for whoever conducts a conversation.
fn conducts(command: &DeskCommand) -> bool {
    matches!(
        command,
        DeskCommand::Hold { .. }
            | DeskCommand::Mute { .. }
            | DeskCommand::Deafen { .. }
            | DeskCommand::Drop { .. }
            | DeskCommand::Private { .. }
            | DeskCommand::Consult { .. }
            | DeskCommand::Join { .. }
            | DeskCommand::Leave
            | DeskCommand::HandOver { .. }
            | DeskCommand::Transfer { .. }
            | DeskCommand::Complete { .. }
            | DeskCommand::Keys { .. }
            | DeskCommand::Secret { .. }
    )
}

fn name(command: &DeskCommand) -> Option<&'static str> {
    Some(match command {
        DeskCommand::Deafen { .. } => "deafen",
        DeskCommand::Keys { .. } => "keys",
        DeskCommand::Secret { .. } => "secret",
        DeskCommand::CallBackOutcome { .. } => "call_back_outcome",
        DeskCommand::Supervise { mode: Supervision::Whisper, .. } => "whisper",
        DeskCommand::Supervise { mode: Supervision::Stop, .. } => "stop",
        _ => return None,
    })
}
