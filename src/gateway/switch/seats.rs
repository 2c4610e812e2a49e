//! The seats as the switch knows them: their accounts, phones and pages, who talks where, and the
//! directory of those who can be reached.

use super::conversation::ConversationId;
use super::{Output, Seat, Step, Switch};
use crate::domain::desk::{PartyKind, Refusal, SeatRole, SeatState, SeatView};
use crate::domain::desk_link::{ConnectionId, SeatIdentity};
use crate::domain::dial_rules::DialBook;
use crate::domain::listening_day::title_word;
use crate::domain::queue::{GroupId, Input as QueueInput, QueueRules, SeatSetup};
use crate::domain::room::{Directory, SeatCard};
use crate::gateway::clock::Now;
use crate::proto::Binding;
use crate::units::{LegId, PhoneNumber, SeatNumber};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// A page that is gone may come back within this time before its seat counts as gone.
pub(super) const PAGE_GRACE: Duration = Duration::from_secs(3);
/// Ids of wishes that came by the keys of a phone; pages count from 1.
const PHONE_WISHES: u64 = 1 << 63;

#[derive(Debug)]
struct Known {
    setup: Seat,
    /// The recorded word of a leader's title.
    title: Option<&'static str>,
    phones: usize,
    pages: BTreeSet<ConnectionId>,
    /// Since when it has had no page, while it may come back.
    page_gone: Option<Instant>,
    state: SeatState,
    /// The conversation it is in, or owes a wrap-up for.
    call: Option<ConversationId>,
    /// It is in it at this moment.
    talks: bool,
}

/// All seats.
#[derive(Debug, Default)]
pub(super) struct Seats {
    known: BTreeMap<SeatNumber, Known>,
    /// Pages of seats that are not known yet: a page may be faster than the news of its seat.
    early: BTreeMap<SeatNumber, BTreeSet<ConnectionId>>,
    wishes: u64,
    phone_wishes: BTreeMap<u64, Option<LegId>>,
}

impl Seats {
    /// Whether a page of the seat is open.
    pub(super) fn has_page(&self, seat: &SeatNumber) -> bool {
        self.known.get(seat).is_some_and(|known| !known.pages.is_empty())
    }

    /// Whether this page of the seat is open.
    pub(super) fn is_open(&self, seat: &SeatNumber, page: ConnectionId) -> bool {
        self.known.get(seat).is_some_and(|known| known.pages.contains(&page))
    }

    /// The seat as a room must know it.
    pub(super) fn card(&self, seat: &SeatNumber) -> Option<SeatCard> {
        let known = self.known.get(seat)?;
        let leads = known.setup.role == SeatRole::Leader;
        let title = leads.then(|| known.title.map_or("title.other", |title| title).to_owned());
        Some(SeatCard { seat: seat.clone(), role: known.setup.role, title })
    }

    /// What the seat may do.
    pub(super) fn role(&self, seat: &SeatNumber) -> Option<SeatRole> {
        self.known.get(seat).map(|known| known.setup.role)
    }

    /// Who speaks there.
    pub(super) fn kind(&self, seat: &SeatNumber) -> PartyKind {
        match self.role(seat) {
            Some(SeatRole::Leader) => PartyKind::Leader,
            _ => PartyKind::Seat,
        }
    }

    /// How it stands.
    pub(super) fn state(&self, seat: &SeatNumber) -> Option<SeatState> {
        self.known.get(seat).map(|known| known.state)
    }

    /// Whether it talks at this moment, and in which conversation.
    pub(super) fn talk_of(&self, seat: &SeatNumber) -> Option<ConversationId> {
        self.known.get(seat).filter(|known| known.talks)?.call
    }

    /// The queue has said how the seat stands.
    pub(super) fn seen(&mut self, view: &SeatView) {
        if let Some(known) = self.known.get_mut(&view.seat) {
            known.state = view.state;
        }
    }

    /// The seat is in that conversation.
    pub(super) fn talks(&mut self, seat: &SeatNumber, id: ConversationId) {
        if let Some(known) = self.known.get_mut(seat) {
            (known.call, known.talks) = (Some(id), true);
        }
    }

    /// It is out of it for good.
    pub(super) fn leaves(&mut self, seat: &SeatNumber, id: ConversationId) {
        if let Some(known) = self.known.get_mut(seat)
            && known.call == Some(id)
        {
            (known.call, known.talks) = (None, false);
        }
    }

    /// The conversation is no more.
    pub(super) fn forget(&mut self, id: ConversationId) {
        for known in self.known.values_mut().filter(|known| known.call == Some(id)) {
            (known.call, known.talks) = (None, false);
        }
    }

    /// The conversation that a seat is in or owes a wrap-up for.
    pub(super) fn call_of(&self, seat: &SeatNumber) -> Option<ConversationId> {
        self.known.get(seat)?.call
    }

    /// A number for a wish that came by the keys of a phone; `leg` waits for its outcome.
    pub(super) fn number_wish(&mut self, leg: Option<LegId>) -> u64 {
        self.wishes += 1;
        let id = PHONE_WISHES | self.wishes;
        self.phone_wishes.insert(id, leg);
        id
    }

    /// The leg that waits for the outcome of a phone's wish; `None`: it came from a page.
    pub(super) fn phone_wish(&mut self, id: u64) -> Option<Option<LegId>> {
        self.phone_wishes.remove(&id)
    }

    /// When the first page that is gone counts as gone.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.known.values().filter_map(|known| known.page_gone).map(|at| at + PAGE_GRACE).min()
    }

    fn reachable(&self, seat: &SeatNumber) -> bool {
        self.known.get(seat).is_some_and(|known| {
            known.phones > 0 || !known.pages.is_empty() || known.page_gone.is_some()
        })
    }
}

impl Switch {
    /// The seats that there are now, in place of those before.
    pub fn set_seats(&mut self, now: Now, seats: Vec<Seat>) {
        let numbers: BTreeSet<SeatNumber> =
            seats.iter().map(|seat| seat.account.seat.clone()).collect();
        self.endpoint.set_accounts(seats.iter().map(|seat| seat.account.clone()).collect());
        let gone: Vec<SeatNumber> =
            self.seats.known.keys().filter(|seat| !numbers.contains(*seat)).cloned().collect();
        for seat in gone {
            self.seats.known.remove(&seat);
            self.steps.push_back(Step::Queue(QueueInput::SeatRemoved(seat)));
        }
        for seat in seats {
            let setup = self.setup(&seat);
            let title = self.config.listening.roster.title_at(&setup.seat).map(title_word);
            let early = self.seats.early.remove(&setup.seat);
            let known = self.seats.known.entry(setup.seat.clone()).or_insert_with(|| Known {
                setup: seat.clone(),
                title,
                phones: 0,
                pages: BTreeSet::new(),
                page_gone: None,
                state: SeatState::SignedOut,
                call: None,
                talks: false,
            });
            known.setup = seat;
            known.title = title;
            let number = setup.seat.clone();
            self.steps.push_back(Step::Queue(QueueInput::Seat(setup)));
            if let Some(pages) = early {
                known.pages.extend(pages);
                self.tell_reachable(number);
            }
        }
        self.settle(now);
    }

    /// Phones that had registered before a restart.
    pub fn restore_bindings(&mut self, now: Now, seat: SeatNumber, bindings: Vec<Binding>) {
        self.endpoint.restore_bindings(now.monotonic, seat, bindings);
        self.settle(now);
    }

    /// The phones of a seat are others now.
    pub(super) fn registered(&mut self, seat: SeatNumber, bindings: Vec<Binding>) {
        let Some(known) = self.seats.known.get_mut(&seat) else { return };
        known.phones = bindings.len();
        self.outputs.push_back(Output::Bindings(seat.clone(), bindings));
        self.tell_reachable(seat);
    }

    /// A page of a seat is open.
    pub(super) fn page_opened(&mut self, who: &SeatIdentity, connection: ConnectionId) {
        let Some(known) = self.seats.known.get_mut(&who.seat) else {
            self.seats.early.entry(who.seat.clone()).or_default().insert(connection);
            return;
        };
        known.pages.insert(connection);
        known.page_gone = None;
        self.tell_reachable(who.seat.clone());
    }

    /// A page of a seat is gone; it may come back.
    pub(super) fn page_closed(&mut self, now: Now, seat: &SeatNumber, connection: ConnectionId) {
        if let Some(pages) = self.seats.early.get_mut(seat) {
            pages.remove(&connection);
            if pages.is_empty() {
                self.seats.early.remove(seat);
            }
        }
        let Some(known) = self.seats.known.get_mut(seat) else { return };
        // One that gave way to the same page was reported when it did.
        if known.pages.remove(&connection) && known.pages.is_empty() {
            known.page_gone = Some(now.monotonic);
        }
    }

    /// Pages that have not come back.
    pub(super) fn pages_due(&mut self, now: Now) {
        let due =
            |known: &Known| known.page_gone.is_some_and(|at| at + PAGE_GRACE <= now.monotonic);
        let gone: Vec<SeatNumber> = self
            .seats
            .known
            .iter_mut()
            .filter(|(_, known)| due(known))
            .map(|(seat, known)| {
                known.page_gone = None;
                seat.clone()
            })
            .collect();
        for seat in gone {
            self.lose_sounds(now, &seat);
            self.tell_reachable(seat);
        }
    }

    fn tell_reachable(&mut self, seat: SeatNumber) {
        let news = match self.seats.reachable(&seat) {
            true => QueueInput::Reachable(seat),
            false => QueueInput::Gone(seat),
        };
        self.steps.push_back(Step::Queue(news));
    }

    fn setup(&self, seat: &Seat) -> SeatSetup {
        let number = seat.account.seat.clone();
        // Outside the window a leader's seat gets no calls, whatever groups it is in.
        let groups = match seat.role {
            SeatRole::Leader => self.leaders_group(&number),
            _ => groups(seat, &self.config.queue),
        };
        SeatSetup {
            seat: number,
            name: seat.name.clone(),
            role: seat.role,
            groups,
            ready_when_reachable: seat.ready_when_reachable,
        }
    }

    /// How the queue knows the seat.
    pub(super) fn setup_of(&self, seat: &SeatNumber) -> Option<SeatSetup> {
        self.seats.known.get(seat).map(|known| self.setup(&known.setup))
    }

    /// The city's day.
    pub(super) fn today(&self, now: Now) -> Date {
        now.wall.to_zoned(self.config.time_zone.clone()).date()
    }

    /// The unit whose number this is.
    pub(super) fn unit_of(&self, number: &PhoneNumber) -> Option<String> {
        let owns = |unit: &&super::DutyUnit| {
            unit.phone.as_ref() == Some(number) || unit.contacts.contains(number)
        };
        self.config.units.iter().find(owns).map(|unit| unit.id.clone())
    }

    /// Those who can be reached, as they stand now.
    pub(super) fn directory(&self, now: Now) -> House<'_> {
        House { switch: self, now, today: self.today(now) }
    }

    /// The book of the numbers that were dialled.
    pub(super) fn book(&self) -> &DialBook {
        &self.book
    }
}

/// The directory at one instant.
pub(super) struct House<'a> {
    switch: &'a Switch,
    now: Now,
    today: Date,
}

impl Directory for House<'_> {
    fn seat(&self, seat: &SeatNumber, by: &SeatNumber) -> Result<SeatCard, Refusal> {
        let known = self.switch.seats.known.get(seat).ok_or(Refusal::NoSuchTarget)?;
        let card = self.switch.seats.card(seat).ok_or(Refusal::NoSuchTarget)?;
        if seat == by {
            return Ok(card);
        }
        if !self.switch.seats.reachable(seat) || known.state == SeatState::SignedOut {
            return Err(Refusal::NoSuchTarget);
        }
        match known.state {
            SeatState::Ready | SeatState::Paused if !known.talks => Ok(card),
            _ => Err(Refusal::SeatBusy),
        }
    }

    fn unit(&self, unit: &str) -> Option<(String, Vec<PhoneNumber>)> {
        let found = self.switch.config.units.iter().find(|known| known.id == unit)?;
        let contacts = match found.contacts.is_empty() {
            true => found.phone.iter().cloned().collect(),
            false => found.contacts.clone(),
        };
        Some((found.name.clone(), contacts))
    }

    fn unit_of(&self, number: &PhoneNumber) -> Option<String> {
        self.switch.unit_of(number)
    }

    fn has_group(&self, group: &str) -> bool {
        self.switch.config.queue.group(group).is_some()
    }

    fn may_dial(&self, by: &SeatNumber, number: &PhoneNumber) -> Result<(), Refusal> {
        self.switch.book().may(by, number, self.now.monotonic, self.today)
    }
}

/// The groups of a seat, with those that are its own besides.
fn groups(seat: &Seat, rules: &QueueRules) -> Vec<(GroupId, u8)> {
    let mut groups = rules.memberships(&seat.account.seat, seat.role);
    let listed = seat.groups.iter().filter_map(|name| rules.group(name)).map(|group| (group, 1));
    for (group, tier) in listed {
        if !groups.iter().any(|(known, _)| *known == group) {
            groups.push((group, tier));
        }
    }
    groups
}
