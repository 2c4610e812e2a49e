//! What the call says over a talk comes before what the room says to the citizen: a consultation
//! begun in its first seconds must not cut off that the call is recorded (G02).

use super::Switch;
use super::conversation::ConversationId;
use crate::domain::call::PlayId;
use crate::domain::room::CITIZEN;
use crate::gateway::media::MediaCommand;
use crate::units::PartyId;

/// The notice that is being said, and what waits for its end.
#[derive(Debug, Default)]
pub(super) struct Notice {
    saying: Option<PlayId>,
    /// The newest sentence of the room; an older one is superseded, as on the leg itself.
    waiting: Option<MediaCommand>,
}

impl Notice {
    /// The call says something over the talk.
    pub(super) fn begins(&mut self, play: PlayId) {
        self.saying = Some(play);
    }

    /// A play is over; gives what has waited for it.
    pub(super) fn ends(&mut self, play: PlayId) -> Option<MediaCommand> {
        if self.saying != Some(play) {
            return None;
        }
        self.saying = None;
        self.waiting.take()
    }

    /// The call has silenced the line, or plays what nobody talks over.
    pub(super) fn silenced(&mut self) {
        *self = Self::default();
    }

    /// A command of the room for the citizen: given back when it may be carried out now.
    fn admit(&mut self, command: MediaCommand) -> Option<MediaCommand> {
        if self.saying.is_none() {
            return Some(command);
        }
        self.waiting = match command {
            MediaCommand::StopPlay => None,
            play => Some(play),
        };
        None
    }
}

impl Switch {
    /// The room wants something said to a party, or no longer.
    pub(super) fn say_to(&mut self, id: ConversationId, party: PartyId, command: MediaCommand) {
        let Some(leg) = self.leg_of(id, party) else { return };
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        let admitted = match party {
            CITIZEN => conversation.notice.admit(command),
            _ => Some(command),
        };
        if let Some(command) = admitted {
            self.media(leg, command);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_sentence_of_the_room_waits_for_the_end_of_the_notice() {
        let record = |n| MediaCommand::StopRecord(crate::domain::call::RecordId(n));
        let mut notice = Notice::default();
        assert!(notice.admit(record(1)).is_some());
        notice.begins(PlayId(7));
        assert!(notice.admit(record(2)).is_none());
        assert!(notice.admit(record(3)).is_none());
        assert!(notice.ends(PlayId(6)).is_none());
        assert!(matches!(notice.ends(PlayId(7)), Some(MediaCommand::StopRecord(r)) if r.0 == 3));
        assert!(notice.admit(record(4)).is_some());
    }

    #[test]
    fn a_stop_takes_back_what_waits_and_leaves_the_notice() {
        let mut notice = Notice::default();
        notice.begins(PlayId(7));
        assert!(notice.admit(MediaCommand::StopRecord(crate::domain::call::RecordId(1))).is_none());
        assert!(notice.admit(MediaCommand::StopPlay).is_none());
        assert!(notice.ends(PlayId(7)).is_none());
    }
}
