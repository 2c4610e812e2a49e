//! Units told by telephone (N01 to N03): a conversation without citizen, seat or room. It stands in the
//! ledger from the moment its telephone rings, whatever comes of it.

use super::conversation::{Conversation, ConversationId};
use super::reach::Errand;
use super::{Output, Switch};
use crate::domain::call::Caller;
use crate::domain::desk::PartyKind;
use crate::domain::dial_rules::is_emergency;
use crate::domain::room::{Entry, Input, Leaving, Parting};
use crate::domain::voice_call::{
    VoiceAction, VoiceCall, VoiceInput, VoiceOutcome, VoiceTimes, words,
};
use crate::gateway::clock::Now;
use crate::gateway::media::MediaCommand;
use crate::store::VoiceDue;
use crate::units::{PartyId, PhoneNumber};
use std::sync::Arc;
use std::time::Duration;

/// The unit in such a conversation.
const UNIT: PartyId = PartyId(1);

/// Two sentences and three case numbers take no longer.
const PLAY_MAX: Duration = Duration::from_secs(120);

/// A notice that is being told.
#[derive(Debug)]
pub(super) struct Voice {
    call: VoiceCall,
    /// The row of the notice.
    notice: i64,
}

impl Voice {
    pub(super) fn poll_timeout(&self) -> Option<std::time::Instant> {
        self.call.poll_timeout()
    }
}

impl Switch {
    /// Rings the duty telephones of these units.
    pub fn voice_due(&mut self, now: Now, due: Vec<VoiceDue>) {
        for notice in due {
            self.begin_voice(now, &notice);
        }
        self.settle(now);
    }

    fn begin_voice(&mut self, now: Now, due: &VoiceDue) {
        let id = self.next_conversation();
        let call_id = self.call_id(now, id);
        let Some(number) = self.duty_phone(now, due).filter(|_| !self.draining) else {
            let outcome = VoiceOutcome::Failed;
            self.outputs.push_back(Output::VoiceEnded(now.wall, due.id, outcome, call_id));
            return;
        };
        let rules = &self.config.room;
        let times = VoiceTimes { ring: rules.ring, key_wait: rules.key_wait, play_max: PLAY_MAX };
        let said = words(due.kind, due.count, &due.cases);
        let call = VoiceCall::new(said, times, now.monotonic);
        // What is called is the unit: the start after a crash looks for no citizen in such a call.
        let called = due.unit.clone();
        let mut conversation = Conversation::new(call_id, Caller::default(), called, now);
        conversation.voice = Some(Voice { call, notice: due.id });
        self.conversations.insert(id, conversation);
        let remote = self.config.outgoing.trunks.first().map(|trunk| trunk.config.flow.remote);
        if let Some(remote) = remote {
            self.tell_started(id, remote);
        }
        let label = due.unit.clone();
        let rung = Entry::Rung { party: UNIT, kind: PartyKind::Unit, label, contact: due.attempt };
        self.note_voice(now, id, &rung);
        let whom = (PartyKind::Unit, due.unit.clone(), times.ring);
        let today = self.today(now);
        self.book.count_house(now.monotonic, today);
        if !self.ring_number(now, id, Errand::Party(UNIT), &number, whom) {
            let nobody = crate::domain::desk::Failure::Unreachable;
            self.tell_voice(now, id, &Input::Unreached(UNIT, nobody));
        }
        self.set_timer(id);
    }

    /// The telephone of this try: one contact of the unit after the other. What the rules on numbers
    /// refuse a seat, they refuse the house.
    fn duty_phone(&self, now: Now, due: &VoiceDue) -> Option<PhoneNumber> {
        let unit = self.config.units.iter().find(|unit| unit.id == due.unit)?;
        let nth = usize::try_from(due.attempt.saturating_sub(1)).unwrap_or(0);
        let number = unit.contacts.get(nth % unit.contacts.len().max(1))?.clone();
        let today = self.today(now);
        let may = !is_emergency(&number) && self.book.may_house(&number, today).is_ok();
        if !may {
            tracing::error!(
                unit = due.unit,
                "ALARM the duty telephone of a unit is not dialled by the rules, or too many calls were made"
            );
        }
        may.then_some(number)
    }

    /// What happens to such a call comes as it comes to a room; `false`: it is none.
    pub(super) fn tell_voice(&mut self, now: Now, id: ConversationId, input: &Input) -> bool {
        let Some(conversation) = self.conversations.get_mut(&id) else { return false };
        let Some(voice) = conversation.voice.as_mut() else { return false };
        let heard = match input {
            Input::Answered(_) => Some(VoiceInput::Answered),
            Input::Unreached(_, why) => Some(VoiceInput::Unreached(*why)),
            Input::Key(_, key) => Some(VoiceInput::Key(*key)),
            Input::PlayDone(play) => Some(VoiceInput::PlayDone(*play)),
            Input::Gone(..) => Some(VoiceInput::Gone),
            Input::Drain => Some(VoiceInput::Drain),
            Input::Timeout => Some(VoiceInput::Timeout),
            _ => None,
        };
        if let Some(heard) = heard {
            voice.call.handle(now.monotonic, heard);
        }
        let entry = match input {
            Input::Answered(party) => {
                let (kind, label) = (PartyKind::Unit, String::new());
                Some(Entry::Joined { party: *party, kind, label })
            }
            Input::Unreached(party, why) => Some(Entry::Unreached { party: *party, why: *why }),
            Input::Gone(party, parting) => {
                let how = match parting {
                    Parting::HungUp => Leaving::HungUp,
                    Parting::Lost => Leaving::Lost,
                };
                Some(Entry::Left { party: *party, how })
            }
            _ => None,
        };
        if let Some(entry) = entry {
            self.note_voice(now, id, &entry);
        }
        self.carry_out_voice(now, id);
        true
    }

    fn note_voice(&mut self, now: Now, id: ConversationId, entry: &Entry) {
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        let at = now.monotonic.saturating_duration_since(conversation.began);
        conversation.notes.note(at, entry);
    }

    fn carry_out_voice(&mut self, now: Now, id: ConversationId) {
        let next = |switch: &mut Self| {
            switch.conversations.get_mut(&id)?.voice.as_mut()?.call.poll_action()
        };
        while let Some(action) = next(self) {
            match action {
                VoiceAction::Play(play, plan) => {
                    let list = Arc::new(self.config.prompts.resolve(&plan, false));
                    if let Some(leg) = self.leg_of(id, UNIT) {
                        let play = play.0;
                        self.media(leg, MediaCommand::Play { play, list, over: false });
                    }
                }
                VoiceAction::HangUp => self.hang_up_party(now, id, UNIT),
                VoiceAction::Ended(outcome) => {
                    let Some(conversation) = self.conversations.get_mut(&id) else { return };
                    let Some(voice) = conversation.voice.take() else { return };
                    let call = conversation.call_id.clone();
                    let ended = Output::VoiceEnded(now.wall, voice.notice, outcome, call);
                    self.outputs.push_back(ended);
                }
            }
        }
        self.set_timer(id);
        self.tell_account(now, id);
    }
}
