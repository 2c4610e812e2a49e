//! Requests to the store and their replies.

use super::{Ear, Line};
use crate::domain::call::contract::{
    Action, EntryKind, IntakeKind, Lookup, NewIntake, RecordingSummary, StoreReply, StoreRequest,
    Ticket,
};
use crate::domain::call::timers::Timer;
use crate::units::{CaseNumber, PhoneNumber};

impl Line {
    /// What the citizen left, as a contact to be stored.
    pub(in crate::domain::call) fn intake(
        &mut self,
        kind: IntakeKind,
        contact: Option<PhoneNumber>,
        recording: Option<RecordingSummary>,
    ) -> NewIntake {
        self.intakes += 1;
        NewIntake {
            key: format!("{}/{}", self.incoming.call, self.intakes),
            kind,
            call: Some(self.incoming.call.clone()),
            contact,
            mail: None,
            caller: self.incoming.caller.clone(),
            received_at: self.wall(),
            recording,
            text: None,
            callback: !matches!(kind, IntakeKind::Voicemail | IntakeKind::Attended),
        }
    }

    /// True while this call may open another case.
    pub(in crate::domain::call) fn may_open(&self) -> bool {
        self.intakes < self.rules.intakes_max
    }

    /// Hands in what the citizen left and waits for the reply. Until its number was told it is
    /// handed in once more at the end of the call, then with a callback.
    pub(in crate::domain::call) fn submit(&mut self, intake: NewIntake) {
        self.talk_made_good();
        // What could not be stored before, or not be told, must not give way to this.
        if let Some(intake) = self.untold.take() {
            self.hand_in(intake);
        }
        self.untold = Some(intake.clone());
        self.request(StoreRequest::Open(intake));
        self.timers.set(Timer::Step, self.now + self.rules.wait_notice);
    }

    /// Asks the store and waits for its reply.
    pub(in crate::domain::call) fn request(&mut self, request: StoreRequest) {
        self.ear = Ear::Shut;
        self.timers.clear(Timer::Silence);
        self.awaited = Some(self.send(request));
        self.timers.set(Timer::Store, self.now + self.rules.store_wait);
    }

    /// Asks the store; the call goes on.
    pub(in crate::domain::call) fn send(&mut self, request: StoreRequest) -> Ticket {
        let ticket = Ticket(self.next_serial());
        self.outstanding.push(ticket);
        self.actions.push_back(Action::Store(ticket, request));
        ticket
    }

    /// Takes a reply into the account. True when a stage waits for it.
    pub(in crate::domain::call) fn replied(&mut self, ticket: Ticket, reply: &StoreReply) -> bool {
        let Some(at) = self.outstanding.iter().position(|&t| t == ticket) else {
            return false;
        };
        self.outstanding.swap_remove(at);
        if matches!(reply, StoreReply::Opened { .. }) {
            self.talk_opened(ticket);
        }
        match reply {
            StoreReply::Opened { number: Some(number), .. } => self.case_opened(*number),
            StoreReply::Opened { number: None, .. } => {
                // What was left is kept, without a number where the day has none more.
                self.fruitful |= self.awaited == Some(ticket);
                self.note(EntryKind::Stub);
            }
            StoreReply::LookedUp(lookup) => {
                self.note(EntryKind::Lookup(matches!(lookup, Lookup::Found(_))));
            }
            StoreReply::Unavailable => {}
        }
        let awaited = self.awaited == Some(ticket);
        if awaited {
            self.awaited = None;
            self.timers.clear(Timer::Store);
        }
        awaited
    }

    fn case_opened(&mut self, number: CaseNumber) {
        self.fruitful = true;
        if !self.committed.contains(&number) {
            self.committed.push(number);
            self.note(EntryKind::Case(number));
        }
    }

    /// Gives the reply on, or keeps it until what is being said has ended.
    pub(in crate::domain::call) fn hold_while_speaking(
        &mut self,
        reply: StoreReply,
    ) -> Option<StoreReply> {
        if self.speaks() {
            self.held = Some(reply);
            return None;
        }
        Some(reply)
    }

    /// The reply that waited for the end of a sentence.
    pub(in crate::domain::call) fn take_held(&mut self) -> Option<StoreReply> {
        self.held.take()
    }

    /// Nobody waits for the reply any more: a late one is only noted.
    pub(in crate::domain::call) fn give_up_waiting(&mut self) {
        self.awaited = None;
        self.held = None;
        self.timers.clear(Timer::Store);
    }
}
