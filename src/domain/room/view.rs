//! What the seats of a conversation are shown.

use super::machine::Room;
use super::party::{Line, Party};
use crate::domain::desk::{ConversationView, PartyState, PartyView};

impl Room {
    pub(super) fn view(&self) -> ConversationView {
        ConversationView {
            call: self.call.to_string(),
            parties: self.parties.iter().map(shown).collect(),
            recorded: self.secret_until.is_none(),
            outcome_missing: self.account.lacks_outcome(),
            proposed: self.account.proposes(),
        }
    }
}

fn shown(party: &Party) -> PartyView {
    PartyView {
        party: party.id,
        kind: party.kind,
        label: party.label(),
        state: state(party),
        muted: party.muted,
        deaf: party.deaf,
    }
}

fn state(party: &Party) -> PartyState {
    match party.line {
        Line::Ringing => PartyState::Calling,
        Line::Asked => PartyState::Asked,
        Line::Leaving | Line::Elsewhere | Line::Gone => PartyState::Gone,
        Line::Up if party.held || (party.hears.music && !party.deaf) => PartyState::Held,
        Line::Up if party.is_consulted() => PartyState::Consulting,
        Line::Up => PartyState::Talking,
    }
}
