//! Our own driver of a GSM modem: the dialogue of [`crate::proto::modem`] on a serial port or, for modems
//! in the network, on TCP. One thread a modem; one text at a time.
//!
//! A text is deleted from the card with the store's token only. Whether a text of ours went out is told to
//! the store whatever happens to the port; what nobody can tell is uncertain and never sent again here.

mod link;
mod run;

pub use link::{Line, OPEN_SECONDS_MAX};
pub use run::{Times, run};

use super::dedup_key;
use super::health::Health;
use super::port::{Part, PartId, Ports, Settled};
use super::reading::FORM_PDU;
use crate::proto::modem::{Action, Input, Look, Modem, ModemConfig, POLL, Place, Sent, Submission};
use crate::store::Journalled;
use jiff::Timestamp;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Between two questions for something to be sent, and between two tries to tell the store something.
const ASK: Duration = Duration::from_secs(1);
/// Before a port is opened again.
const REOPEN: Duration = Duration::from_secs(5);
/// PDUs without a place on the card that wait for the store; the oldest is given up past it.
pub const UNPLACED_MAX: usize = 64;

/// A modem of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriverConfig {
    /// The account of the configuration.
    pub account: String,
    /// Where the modem is.
    pub line: Line,
    /// What it is told at its start.
    pub modem: ModemConfig,
}

/// The driver without its port: what is to be written comes out of [`Driver::written`].
pub struct Driver<P> {
    ports: P,
    account: String,
    modem: Modem,
    health: Health,
    /// Parts of the message that is being sent.
    queue: VecDeque<Part>,
    /// The part that the modem has or had last.
    sending: Option<(u64, PartId)>,
    key: u64,
    /// What the store does not know yet.
    unsettled: VecDeque<(PartId, Settled)>,
    /// What came and is on no card.
    unplaced: VecDeque<String>,
    ask_at: Instant,
    /// When the store was last told how the modem is.
    told: Option<Timestamp>,
    look: Look,
    has_alarm: Alarms,
    wants_reopen: bool,
    is_ending: bool,
    written: Vec<u8>,
}

/// Alarms that were raised and hold.
#[derive(Debug, Clone, Copy, Default)]
struct Alarms {
    pin: bool,
    memory: bool,
    network: bool,
}

impl<P: Ports> Driver<P> {
    /// One whose port is closed.
    pub fn new(config: DriverConfig, ports: P, now: Instant) -> Self {
        Self {
            ports,
            account: config.account,
            modem: Modem::new(config.modem),
            health: Health::default(),
            queue: VecDeque::new(),
            sending: None,
            key: 0,
            unsettled: VecDeque::new(),
            unplaced: VecDeque::new(),
            ask_at: now,
            told: None,
            look: Look::default(),
            has_alarm: Alarms::default(),
            wants_reopen: false,
            is_ending: false,
            written: Vec::new(),
        }
    }

    /// Nothing more is sent: it ends.
    pub fn take_no_more(&mut self) {
        self.is_ending = true;
        self.queue.clear();
    }

    /// What is known of the modem.
    #[must_use]
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// What was found at its last look.
    #[must_use]
    pub fn last_look(&self) -> Look {
        self.look
    }

    /// What is to be written to the port.
    pub fn written(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.written)
    }

    /// Whether the port should be closed and opened again.
    pub fn wants_reopen(&mut self) -> bool {
        std::mem::take(&mut self.wants_reopen)
    }

    /// Whether a text is at the modem or the store does not know what became of one: no moment to end.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let is_sending = !self.modem.is_free() && self.sending.is_some();
        is_sending || !self.unsettled.is_empty() || !self.unplaced.is_empty()
    }

    /// Something happened at the port.
    pub fn handle(&mut self, now: Instant, wall: Timestamp, input: Input<'_>) {
        self.modem.handle(now, input);
        self.carry_out(now, wall);
    }

    /// Time has passed: [`Self::poll_timeout`], or a while.
    pub fn handle_timeout(&mut self, now: Instant, wall: Timestamp) {
        if self.modem.poll_timeout().is_some_and(|at| at <= now) {
            self.modem.handle_timeout(now);
        }
        self.carry_out(now, wall);
        if self.ask_at <= now {
            self.ask_at = now + ASK;
            self.tell(wall);
            self.send(now, wall);
        }
        self.check_health(wall);
    }

    /// When something is to be done without anything happening.
    #[must_use]
    pub fn poll_timeout(&self) -> Instant {
        self.modem.poll_timeout().map_or(self.ask_at, |at| at.min(self.ask_at))
    }

    fn carry_out(&mut self, now: Instant, wall: Timestamp) {
        while let Some(action) = self.modem.poll_action() {
            match action {
                Action::Write(bytes) => self.written.extend(bytes),
                Action::Journal { place: Some(place), pdu } => self.keep(now, wall, place, pdu),
                Action::Journal { place: None, pdu } => {
                    if self.unplaced.len() == UNPLACED_MAX {
                        tracing::error!(
                            account = self.account,
                            "ALARM a text that the modem does \
                            not keep is lost: the store is away"
                        );
                        self.unplaced.pop_front();
                    }
                    self.unplaced.push_back(pdu);
                    self.ask_at = now;
                }
                Action::Settled { key, sent } => self.settled(now, key, sent),
                Action::Looked(look) => self.looked(wall, look),
                Action::NeedsPin => self.needs_pin(),
                Action::Reopen => self.wants_reopen = true,
            }
        }
    }

    /// Into the store, and only then off the card.
    fn keep(&mut self, now: Instant, wall: Timestamp, place: Place, pdu: String) {
        let dedup_key = dedup_key(self.modem.imsi(), [pdu.as_str()]);
        match self.ports.put(wall, FORM_PDU, dedup_key, pdu.into_bytes()) {
            Ok(token) => self.acknowledge(now, place, token),
            Err(_) => self.modem.handle(now, Input::Unavailable(place)),
        }
    }

    /// Lets the modem delete it; the token says that the store has it.
    fn acknowledge(&mut self, now: Instant, place: Place, _committed: Journalled) {
        self.modem.handle(now, Input::Committed(place));
    }

    fn settled(&mut self, now: Instant, key: u64, sent: Sent) {
        let Some((_, id)) = self.sending.filter(|(sending, _)| *sending == key) else { return };
        let settled = match sent {
            Sent::Submitted(reference) => Settled::Submitted { reference: Some(reference) },
            Sent::NotSent => Settled::Retry(None),
            Sent::Refused(error) => Settled::of_error(error),
            Sent::Uncertain => Settled::Uncertain,
        };
        self.unsettled.push_back((id, settled));
        self.ask_at = now;
    }

    /// Tells the store what it does not know yet, in order.
    fn tell(&mut self, wall: Timestamp) {
        while let Some(pdu) = self.unplaced.front() {
            let dedup_key = dedup_key(self.modem.imsi(), [pdu.as_str()]);
            let raw = pdu.clone().into_bytes();
            if self.ports.put(wall, FORM_PDU, dedup_key, raw).is_err() {
                return;
            }
            self.unplaced.pop_front();
        }
        while let Some((id, settled)) = self.unsettled.front() {
            if self.ports.settle(wall, *id, *settled).is_err() {
                return;
            }
            self.unsettled.pop_front();
        }
    }

    /// The next part, when the modem is free and the store knows what became of the last one.
    fn send(&mut self, now: Instant, wall: Timestamp) {
        if self.is_ending || !self.modem.is_free() || !self.unsettled.is_empty() {
            return;
        }
        if self.queue.is_empty() {
            self.queue.extend(self.ports.lease(wall).unwrap_or_default());
        }
        while let Some(part) = self.queue.pop_front() {
            match self.ports.submitting(wall, part.id) {
                Ok(true) => {
                    self.key += 1;
                    self.sending = Some((self.key, part.id));
                    let (octets, line) = part.submit.line();
                    self.modem.handle(now, Input::Send(Submission { key: self.key, octets, line }));
                    return self.carry_out(now, wall);
                }
                // It is another's by now, or must not go: with it go the others of its message.
                Ok(false) | Err(_) => self.queue.clear(),
            }
        }
    }

    fn looked(&mut self, wall: Timestamp, look: Look) {
        self.look = look;
        self.health.success(wall);
        self.has_alarm.pin = false;
        let Look { used, places, .. } = look;
        let account = &self.account;
        if look.is_filling() && !self.has_alarm.memory {
            tracing::error!(account, used, places, "ALARM the memory of a modem is nearly full");
        }
        if !look.is_registered && !self.has_alarm.network {
            tracing::error!(account, "ALARM a modem is in no network: nothing is sent");
        }
        self.has_alarm.memory = look.is_filling();
        self.has_alarm.network = !look.is_registered;
    }

    fn needs_pin(&mut self) {
        if !self.has_alarm.pin {
            let account = &self.account;
            tracing::error!(
                account,
                "ALARM the card of a modem wants a PIN, or not the one we have"
            );
        }
        self.has_alarm.pin = true;
    }

    fn check_health(&mut self, wall: Timestamp) {
        let period = i64::try_from(POLL.as_secs()).unwrap_or(i64::MAX);
        let changes = self.health.look(wall, period);
        changes.iter().for_each(|change| change.tell(&self.account));
        let is_due = self.told.is_none_or(|told| wall.duration_since(told).as_secs() >= period);
        if is_due || !changes.is_empty() {
            self.told = Some(wall);
            let fault = self.fault();
            self.ports.seen(wall, fault);
        }
    }

    /// In a word that is listed.
    fn fault(&self) -> Option<&'static str> {
        let Alarms { pin, memory, network } = self.has_alarm;
        match () {
            () if pin => Some("pin"),
            () if self.health.is_silent => Some("silent"),
            () if network => Some("unregistered"),
            () if memory => Some("memory"),
            () => None,
        }
    }
}
