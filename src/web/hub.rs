//! What every seat was told, in order, so that a page whose connection broke is told the rest or,
//! when too much happened, the present state. A plain value: time is passed in, text comes out.
//!
//! Events that describe a state (a seat, an offer, a conversation, a group) replace the earlier one
//! of the same thing, in the log as on the page.

use super::protocol::{self, Answer, Fault, Hello};
use crate::domain::desk::{DeskEvent, DeskMessage, PauseReason, SeatRole, SeatState};
use crate::domain::desk_link::{Audience, ConnectionId, SeatIdentity, ToDesk};
use crate::units::SeatNumber;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Sender;

/// Messages that are kept of one seat for pages that come back.
pub const LOG_MAX: usize = 512;
/// Things whose state is kept of one seat, or for all.
pub const STATES_MAX: usize = 4_096;
/// Open pages of one seat.
pub const PAGES_MAX: usize = 4;
/// Commands of one page that wait for their answer.
pub const PENDING_MAX: usize = 32;
/// Seats that are kept account of.
pub const SEATS_MAX: usize = 2_048;
/// Names of pages remembered of one seat, for their commands' numbers.
const NAMES_MAX: usize = 16;
/// A command that the line has not answered fails after so long: longer than a dial may take, both
/// contacts of a unit included (130 s).
pub(super) const ANSWER_WAIT: Duration = Duration::from_secs(150);

/// A thing whose state is kept. Their order is the order of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    Queue(String),
    Seat(SeatNumber),
    Offer(u64),
    Conversation(String),
    WrapUp,
    Callbacks,
}

fn thing(event: &DeskEvent) -> Option<Thing> {
    Some(match event {
        DeskEvent::Queue(view) => Thing::Queue(view.group.clone()),
        DeskEvent::Seat(view) => Thing::Seat(view.seat.clone()),
        DeskEvent::Offer(view) => Thing::Offer(view.offer.0),
        DeskEvent::Conversation(view) => Thing::Conversation(view.call.clone()),
        DeskEvent::WrapUp { .. } => Thing::WrapUp,
        DeskEvent::Callbacks(_) => Thing::Callbacks,
        DeskEvent::OfferEnded { .. } | DeskEvent::Left { .. } => return None,
    })
}

/// Who is shown every seat.
fn sees_all(role: SeatRole) -> bool {
    matches!(role, SeatRole::Supervisor | SeatRole::Assistant)
}

/// Who takes calls, and calls back.
fn takes_calls(role: SeatRole) -> bool {
    matches!(role, SeatRole::Operator | SeatRole::Supervisor)
}

/// The work after a call is over when its seat goes on to something else. One that has used up the
/// time for it (案头工作) may still say what becomes of the matter.
fn ends_wrap_up(event: &DeskEvent, own: &SeatNumber) -> bool {
    let DeskEvent::Seat(view) = event else { return false };
    let owes = match view.state {
        SeatState::WrapUp | SeatState::Talking => true,
        SeatState::Paused => view.reason == Some(PauseReason::Paperwork),
        SeatState::SignedOut | SeatState::Ready | SeatState::Offered => false,
    };
    view.seat == *own && !owes
}

/// The last state of every thing.
#[derive(Debug, Default)]
struct Board(BTreeMap<Thing, Map<String, Value>>);

impl Board {
    fn apply(&mut self, event: &DeskEvent, fields: &Map<String, Value>, own: Option<&SeatNumber>) {
        match event {
            DeskEvent::OfferEnded { offer, .. } => drop(self.0.remove(&Thing::Offer(offer.0))),
            DeskEvent::Left { call } => {
                self.0.remove(&Thing::Conversation(call.clone()));
                if self.0.get(&Thing::WrapUp).is_some_and(|owed| owed["call"] == *call) {
                    self.0.remove(&Thing::WrapUp);
                }
            }
            _ if own.is_some_and(|own| ends_wrap_up(event, own)) => {
                self.0.remove(&Thing::WrapUp);
            }
            _ => {}
        }
        if let Some(thing) = thing(event)
            && (self.0.len() < STATES_MAX || self.0.contains_key(&thing))
        {
            self.0.insert(thing, fields.clone());
        }
    }
}

#[derive(Debug)]
struct Entry {
    seq: u64,
    thing: Option<Thing>,
    /// The page it is for; `None`: all of the seat.
    page: Option<String>,
    text: Arc<str>,
}

/// One seat's account.
#[derive(Debug, Default)]
struct Seat {
    role: Option<SeatRole>,
    board: Board,
    log: VecDeque<Entry>,
    /// The last number given, and the last that has left the log.
    seq: u64,
    forgotten: u64,
    /// The highest number of a command that came from a page of this name; the oldest first.
    names: VecDeque<(String, u64)>,
}

impl Seat {
    fn push(
        &mut self,
        page: Option<&str>,
        thing: Option<Thing>,
        text: impl Fn(u64) -> String,
    ) -> Arc<str> {
        self.seq += 1;
        let text: Arc<str> = text(self.seq).into();
        if thing.is_some() {
            self.log.retain(|entry| entry.thing != thing);
        }
        if self.log.len() >= LOG_MAX
            && let Some(oldest) = self.log.pop_front()
        {
            self.forgotten = oldest.seq;
        }
        let page = page.map(str::to_owned);
        self.log.push_back(Entry { seq: self.seq, thing, page, text: Arc::clone(&text) });
        text
    }

    fn received(&self, page: &str) -> u64 {
        self.names.iter().find(|(name, _)| name == page).map_or(0, |(_, id)| *id)
    }

    fn note(&mut self, page: &str, id: u64) {
        self.names.retain(|(name, _)| name != page);
        if self.names.len() >= NAMES_MAX {
            self.names.pop_front();
        }
        self.names.push_back((page.to_owned(), id));
    }
}

#[derive(Debug)]
struct Page {
    seat: SeatNumber,
    name: String,
    outbox: Sender<Arc<str>>,
}

#[derive(Debug)]
struct Pending {
    seat: SeatNumber,
    page: String,
    id: u64,
    since: Instant,
}

/// What a page is told when it has joined.
#[derive(Debug)]
pub(super) struct Joined {
    /// Its number.
    pub(super) connection: ConnectionId,
    /// The connection that it takes the place of.
    pub(super) replaced: Option<ConnectionId>,
    /// What to send first.
    pub(super) first: Vec<Arc<str>>,
}

/// All seats and pages.
#[derive(Debug, Default)]
pub(super) struct Hub {
    /// Names this run of the service; sequence numbers begin anew with it.
    run: String,
    seats: HashMap<SeatNumber, Seat>,
    pages: BTreeMap<ConnectionId, Page>,
    pending: HashMap<u64, Pending>,
    everybody: Board,
    supervisors: Board,
    operators: Board,
    last_connection: u64,
    last_id: u64,
}

impl Hub {
    pub(super) fn new(run: String) -> Self {
        Self { run, ..Self::default() }
    }

    fn seat(&mut self, seat: &SeatNumber) -> Option<&mut Seat> {
        let room = self.seats.len() < SEATS_MAX || self.seats.contains_key(seat);
        room.then(|| self.seats.entry(seat.clone()).or_default())
    }

    /// A page says hello; a connection of the same page gives way. `None` when the seat has as many
    /// pages as it may.
    pub(super) fn join(
        &mut self,
        who: &SeatIdentity,
        hello: &Hello,
        outbox: Sender<Arc<str>>,
    ) -> Option<Joined> {
        let same = |page: &Page| page.seat == who.seat && page.name == hello.page;
        let replaced = self.pages.iter().find(|(_, page)| same(page)).map(|(id, _)| *id);
        self.pages.retain(|_, page| !same(page));
        if self.pages.values().filter(|page| page.seat == who.seat).count() >= PAGES_MAX {
            return None;
        }
        let same_run = hello.run.as_ref() == Some(&self.run);
        let run = self.run.clone();
        let seat = self.seat(&who.seat)?;
        seat.role = Some(who.role);
        let (seq, received) = (seat.seq, seat.received(&hello.page));
        let resume =
            hello.resume.filter(|&last| same_run && (seat.forgotten..=seq).contains(&last));
        let mut first: Vec<Arc<str>> =
            vec![protocol::welcome(who, &run, resume.is_some(), received).into()];
        if let Some(last) = resume {
            let missed = seat.log.iter().filter(|entry| {
                let mine = entry.page.as_ref().is_none_or(|page| *page == hello.page);
                entry.seq > last && mine
            });
            first.extend(missed.map(|entry| Arc::clone(&entry.text)));
        } else {
            first.push(protocol::snapshot(seq, self.state(who)).into());
        }
        self.last_connection += 1;
        let connection = ConnectionId(self.last_connection);
        let page = Page { seat: who.seat.clone(), name: hello.page.clone(), outbox };
        self.pages.insert(connection, page);
        Some(Joined { connection, replaced, first })
    }

    /// Everything that a page of this seat shows.
    fn state(&self, who: &SeatIdentity) -> Vec<Map<String, Value>> {
        let mut all: BTreeMap<&Thing, &Map<String, Value>> = self.everybody.0.iter().collect();
        if sees_all(who.role) {
            all.extend(&self.supervisors.0);
        }
        if takes_calls(who.role) {
            all.extend(&self.operators.0);
        }
        if let Some(seat) = self.seats.get(&who.seat) {
            all.extend(&seat.board.0);
        }
        all.into_values().cloned().collect()
    }

    /// A connection is over; `false` when the page has another already.
    pub(super) fn leave(&mut self, connection: ConnectionId) -> bool {
        self.pages.remove(&connection).is_some()
    }

    /// Ends the pages of a seat, after it signed out.
    pub(super) fn close_pages(&mut self, seat: &SeatNumber) {
        self.pages.retain(|_, page| page.seat != *seat);
    }

    /// A page has sent something that the line must answer: the id that goes with it to the line.
    /// Refused, the page has been told.
    pub(super) fn request(
        &mut self,
        connection: ConnectionId,
        id: u64,
        refused: Option<Fault>,
        now: Instant,
    ) -> Option<u64> {
        let page = self.pages.get(&connection)?;
        let (seat, name) = (page.seat.clone(), page.name.clone());
        let waiting = self.pending.values().filter(|p| p.seat == seat && p.page == name).count();
        let account = self.seats.get_mut(&seat)?;
        let fresh = id > account.received(&name);
        let fault = match (refused, fresh, waiting >= PENDING_MAX) {
            (Some(fault), ..) => Some(fault),
            (None, false, _) => Some(Fault::Malformed),
            (None, true, true) => Some(Fault::TooFast),
            (None, true, false) => None,
        };
        if fresh {
            account.note(&name, id);
        }
        if let Some(fault) = fault {
            self.answer(&seat, &name, id, &Answer::Fault(fault));
            return None;
        }
        self.last_id += 1;
        self.pending.insert(self.last_id, Pending { seat, page: name, id, since: now });
        Some(self.last_id)
    }

    /// Whose page it is.
    pub(super) fn seat_of(&self, connection: ConnectionId) -> Option<SeatNumber> {
        self.pages.get(&connection).map(|page| page.seat.clone())
    }

    /// The line had no room for a request.
    pub(super) fn undelivered(&mut self, id: u64) {
        self.settle(id, &Answer::Fault(Fault::LineBusy));
    }

    /// Fails what the line has not answered.
    pub(super) fn sweep(&mut self, now: Instant) {
        let old = |pending: &Pending| now.duration_since(pending.since) >= ANSWER_WAIT;
        let late: Vec<u64> =
            self.pending.iter().filter(|(_, pending)| old(pending)).map(|(id, _)| *id).collect();
        for id in late {
            tracing::warn!(id, "the line has not answered a command of a page");
            self.undelivered(id);
        }
    }

    /// Something came from the line.
    pub(super) fn deliver(&mut self, message: ToDesk) {
        match message {
            ToDesk::Message(_, DeskMessage::Reply(id, reply)) => {
                self.settle(id, &Answer::Reply(reply));
            }
            ToDesk::Message(seat, DeskMessage::Event(event)) => {
                self.tell(&Audience::Seat(seat), &event);
            }
            ToDesk::Event(audience, event) => self.tell(&audience, &event),
            ToDesk::AudioAnswer { id, sdp } => self.settle(id, &Answer::Audio(sdp)),
            ToDesk::AudioRefused { id, why } => self.settle(id, &Answer::NoAudio(why)),
            // A matter of the sessions.
            ToDesk::SeatChanged { .. } => {}
        }
    }

    fn settle(&mut self, id: u64, answer: &Answer) {
        if let Some(pending) = self.pending.remove(&id) {
            self.answer(&pending.seat, &pending.page, pending.id, answer);
        }
    }

    fn answer(&mut self, seat: &SeatNumber, page: &str, id: u64, answer: &Answer) {
        let Some(account) = self.seats.get_mut(seat) else { return };
        let text = account.push(Some(page), None, |seq| protocol::answer(seq, id, answer));
        self.send(seat, Some(page), &text);
    }

    fn tell(&mut self, audience: &Audience, event: &DeskEvent) {
        let fields = protocol::fields(event);
        let hears: Vec<SeatNumber> = match audience {
            Audience::Seat(seat) => {
                let Some(account) = self.seat(seat) else { return };
                account.board.apply(event, &fields, Some(seat));
                vec![seat.clone()]
            }
            Audience::Supervisors => {
                self.supervisors.apply(event, &fields, None);
                self.of_role(sees_all)
            }
            Audience::Operators => {
                self.operators.apply(event, &fields, None);
                self.of_role(takes_calls)
            }
            Audience::Everybody => {
                self.everybody.apply(event, &fields, None);
                self.seats.keys().cloned().collect()
            }
        };
        for seat in hears {
            let Some(account) = self.seats.get_mut(&seat) else { continue };
            // What takes something else away must not be dropped for what came after it.
            let thing = thing(event).filter(|_| !ends_wrap_up(event, &seat));
            let text = account.push(None, thing, |seq| protocol::event(seq, &fields));
            self.send(&seat, None, &text);
        }
    }

    /// The seats whose role is such.
    fn of_role(&self, is: fn(SeatRole) -> bool) -> Vec<SeatNumber> {
        let all = self.seats.iter().filter(|(_, seat)| seat.role.is_some_and(is));
        all.map(|(seat, _)| seat.clone()).collect()
    }

    /// Hands a text to the pages of a seat, or to one of them. A page that does not keep up is let
    /// go; it comes back and is told the rest.
    fn send(&mut self, seat: &SeatNumber, page: Option<&str>, text: &Arc<str>) {
        self.pages.retain(|connection, open| {
            let addressed = open.seat == *seat && page.is_none_or(|page| page == open.name);
            let kept = !addressed || open.outbox.try_send(Arc::clone(text)).is_ok();
            if !kept {
                tracing::info!(seat = %open.seat, connection = connection.0, "a page is too slow");
            }
            kept
        });
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // The beginning of a virtual time.
mod tests;
