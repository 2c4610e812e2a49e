//! The shell around the session machine.

use super::super::international;
use super::desk::{Desk, Piece};
use super::line::{Line, connect};
use super::reading::dedup_key;
use super::recent::Recent;
use super::{CarrierConfig, Protocol};
use crate::domain::case::city_zone;
use crate::proto::carrier::{
    ARRIVED_MAX, Dialect, Event, Fault, Input, Output, PartId, Session, Ticket,
};
use crate::store::{Journalled, PartOutcome, StoreError};
use crate::wire::smpp;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::future::{Future, pending};
use std::io;
use std::pin::Pin;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

/// Octets that are read from a line at once.
pub const LINE_READ_BYTES_MAX: usize = 16 * 1_024;
/// Longest write; a gateway that reads nothing is gone.
pub const WRITE_WAIT: Duration = Duration::from_secs(10);

/// Between two looks at the outbox.
const LOOK: Duration = Duration::from_millis(500);
/// Messages that are taken from the outbox at once.
const LEASED_AT_ONCE: usize = 4;
/// Answers of the store that wait to be read: those of some lost connections may come beside those of the one
/// that is up.
const ANSWERS: usize = ARRIVED_MAX * 8;

type Connecting = Pin<Box<dyn Future<Output = io::Result<Line>> + Send>>;

/// What the store said of a text to us.
type Kept = (Ticket, Option<Journalled>);

/// A running line.
pub(super) struct Running<D> {
    config: CarrierConfig,
    desk: Desk,
    session: Session<D>,
    connecting: Option<Connecting>,
    line: Option<Line>,
    queue: VecDeque<Piece>,
    /// What the store could not take yet.
    unsettled: VecDeque<(PartId, PartOutcome)>,
    recent: Recent,
    /// The contents of texts that wait to be kept.
    contents: HashMap<Ticket, [u8; 32]>,
    tell: mpsc::Sender<Kept>,
    told: mpsc::Receiver<Kept>,
}

/// What happened next.
enum Turn {
    Connected(io::Result<Line>),
    Read(io::Result<usize>),
    Kept(Kept),
    Time,
    Look,
    Stop,
}

impl<D: Dialect> Running<D> {
    pub(super) fn new(config: CarrierConfig, session: Session<D>) -> Self {
        let (tell, told) = mpsc::channel(ANSWERS);
        let desk = Desk {
            store: config.store.clone(),
            account: config.account.clone(),
            wall: config.wall,
        };
        Self {
            config,
            desk,
            session,
            connecting: None,
            line: None,
            queue: VecDeque::new(),
            unsettled: VecDeque::new(),
            recent: Recent::default(),
            contents: HashMap::new(),
            tell,
            told,
        }
    }

    /// Until `stop` is ready and goodbye is said.
    pub(super) async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stop = Box::pin(stop);
        let mut is_stopping = false;
        let mut octets = vec![0; LINE_READ_BYTES_MAX];
        self.handle(Input::Timeout).await;
        while !self.session.is_stopped() {
            let rest = self.session.poll_timeout();
            let rest = rest.map(|at| at.saturating_duration_since((self.config.clock)()));
            let turn = tokio::select! {
                () = &mut stop, if !is_stopping => Turn::Stop,
                connected = connected(&mut self.connecting) => Turn::Connected(connected),
                read = read(&mut self.line, &mut octets) => Turn::Read(read),
                Some(kept) = self.told.recv() => Turn::Kept(kept),
                () = wait(rest) => Turn::Time,
                _ = look.tick() => Turn::Look,
            };
            match turn {
                Turn::Connected(Ok(line)) => {
                    (self.connecting, self.line) = (None, Some(line));
                    self.handle(Input::Connected(stamp((self.config.wall)()))).await;
                }
                Turn::Connected(Err(_)) => {
                    self.connecting = None;
                    self.handle(Input::Lost).await;
                }
                Turn::Read(Ok(length)) if length > 0 => {
                    let read = octets.get(..length).unwrap_or_default().to_vec();
                    self.handle(Input::Heard(&read)).await;
                }
                Turn::Read(_) => {
                    self.line = None;
                    self.handle(Input::Lost).await;
                }
                Turn::Kept(kept) => self.kept(kept).await,
                Turn::Time => self.handle(Input::Timeout).await,
                Turn::Look => self.look().await,
                Turn::Stop => {
                    is_stopping = true;
                    self.handle(Input::Stop).await;
                }
            }
            if !is_stopping {
                self.send().await;
            }
        }
        self.look().await;
    }

    /// Hands an input to the machine and carries out what comes of it.
    async fn handle(&mut self, input: Input<'_>) {
        self.session.handle((self.config.clock)(), input);
        loop {
            if let Some(output) = self.session.poll_output() {
                if self.carry_out(output).await.is_err() {
                    self.line = None;
                    self.session.handle((self.config.clock)(), Input::Lost);
                }
            } else if let Some(event) = self.session.poll_event() {
                self.told(event).await;
            } else {
                return;
            }
        }
    }

    async fn carry_out(&mut self, output: Output) -> io::Result<()> {
        match output {
            Output::Connect => {
                let gateway = (self.config.host.clone(), self.config.port);
                self.connecting = Some(Box::pin(connect(gateway, self.config.tls.clone())));
            }
            Output::Close => (self.connecting, self.line) = (None, None),
            Output::Send(octets) => {
                // Without a line it was lost meanwhile, and the machine knows.
                let Some(line) = &mut self.line else { return Ok(()) };
                let written = async {
                    line.write_all(&octets).await?;
                    line.flush().await
                };
                let written = timeout(WRITE_WAIT, written).await;
                written.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
            }
        }
        Ok(())
    }

    async fn told(&mut self, event: Event) {
        let account = &self.config.account;
        let (part, outcome) = match event {
            Event::Up => {
                tracing::info!(account, "the carrier believes us");
                self.desk.seen(None);
                return;
            }
            Event::Down(fault) => {
                self.recent.lost((self.config.wall)());
                self.contents.clear();
                self.desk.seen(Some(down(account, &fault)));
                return;
            }
            Event::Arrived(ticket, raw) => return self.arrived(ticket, raw),
            Event::Taken(part, reference) => (part, PartOutcome::Submitted(reference)),
            Event::Throttled(part, until) => (part, PartOutcome::Throttled(self.wall_of(until))),
            Event::Later(part, _) => (part, PartOutcome::Retry("carrier", None)),
            Event::Never(part, code) => (part, PartOutcome::Rejected(code)),
            Event::Uncertain(part) => (part, PartOutcome::Uncertain("no answer")),
            Event::Unsent(part) => (part, PartOutcome::Retry("unsent", None)),
        };
        self.unsettled.push_back((part, outcome));
        self.settle().await;
    }

    /// What is on the machine's clock, on the wall's.
    fn wall_of(&self, at: Instant) -> Timestamp {
        let wait = at.saturating_duration_since((self.config.clock)());
        (self.config.wall)().saturating_add(wait).unwrap_or(Timestamp::MAX)
    }

    fn arrived(&mut self, ticket: Ticket, raw: Vec<u8>) {
        let form = self.config.protocol.form();
        let key = dedup_key(form, &raw, (self.config.wall)(), &mut self.recent);
        let body = raw.get(smpp::Header::OCTETS..).unwrap_or_default();
        self.contents.insert(ticket, Sha256::digest(body).into());
        let tell = self.tell.clone();
        let told = move |kept| {
            // Where there is no room the gateway is not answered, and brings it again on the next line.
            let _ = tell.try_send((ticket, kept));
        };
        if !self.desk.put(form, key, raw, told) {
            let _ = self.tell.try_send((ticket, None));
        }
    }

    /// The store has answered. That a text is kept is said by who has its token.
    async fn kept(&mut self, (ticket, token): Kept) {
        let content = self.contents.remove(&ticket);
        let is_kept = match token {
            Some(token) => vouch(token),
            None => false,
        };
        self.handle(Input::Kept(ticket, is_kept)).await;
        if let (true, Some(content)) = (is_kept && self.line.is_some(), content) {
            self.recent.acknowledged(content, (self.config.wall)());
        }
    }

    async fn look(&mut self) {
        self.settle().await;
        self.handle(Input::Timeout).await;
    }

    /// Tells the store what became of parts, in order; what it cannot take now is told again.
    async fn settle(&mut self) {
        while let Some((part, outcome)) = self.unsettled.pop_front() {
            let account = &self.config.account;
            match self.desk.settle(part, outcome.clone()).await {
                Ok(_) => {}
                Err(error @ StoreError::Unavailable) => {
                    tracing::warn!(account, %error, "what became of a text is told again");
                    self.unsettled.push_front((part, outcome));
                    return;
                }
                // Of this one text, such as one whose case is damaged: it must not stop the rest.
                Err(error) => {
                    let message = part.message;
                    tracing::error!(account, message, %error, "ALARM what became of a text cannot be kept");
                }
            }
        }
    }

    /// Sends what may leave, of each person the first part only.
    async fn send(&mut self) {
        // What became of others comes first: it may hold these back.
        if !self.unsettled.is_empty() {
            return;
        }
        let room = self.session.room((self.config.clock)());
        if self.queue.is_empty() && room > 0 {
            let protocol = &self.config.protocol;
            let number = |number: &str| number_for(protocol, number);
            match self.desk.lease(room.min(LEASED_AT_ONCE), number).await {
                Ok(pieces) => self.queue.extend(pieces),
                Err(error) => tracing::debug!(%error, "the outbox cannot be read"),
            }
        }
        let mut blocked = BTreeSet::new();
        for piece in std::mem::take(&mut self.queue) {
            let recipient = piece.submission.recipient.clone();
            let is_free = self.session.is_free((self.config.clock)(), &recipient);
            if blocked.contains(&recipient) || !is_free {
                blocked.insert(recipient);
                self.queue.push_back(piece);
                continue;
            }
            match self.desk.submitting(piece.part, piece.total).await {
                Ok(true) => self.handle(Input::Submit(piece.part, &piece.submission)).await,
                // Its lease is over, or it is not to be sent any more.
                Ok(false) => tracing::debug!("a text is not to be sent"),
                Err(error) => {
                    tracing::debug!(%error, "a text waits for the store");
                    blocked.insert(recipient);
                    self.queue.push_back(piece);
                }
            }
        }
    }
}

/// Whoever holds the token may say that its text is kept.
fn vouch(_: Journalled) -> bool {
    true
}

async fn connected(connecting: &mut Option<Connecting>) -> io::Result<Line> {
    match connecting {
        Some(connecting) => connecting.await,
        None => pending().await,
    }
}

async fn read(line: &mut Option<Line>, octets: &mut [u8]) -> io::Result<usize> {
    match line {
        Some(line) => line.read(octets).await,
        None => pending().await,
    }
}

async fn wait(rest: Option<Duration>) {
    match rest {
        Some(rest) => sleep(rest).await,
        None => pending().await,
    }
}

/// Month to second of the city as one number.
fn stamp(now: Timestamp) -> u32 {
    let now = now.to_zoned(city_zone()).datetime();
    let parts = [now.month(), now.day(), now.hour(), now.minute(), now.second()];
    parts.iter().fold(0, |stamp, part| stamp * 100 + u32::from(part.unsigned_abs()))
}

/// A number as the carrier wants it: CMPP the digits as they are dialled, SMPP with the country's code.
fn number_for(protocol: &Protocol, number: &str) -> String {
    match protocol {
        Protocol::Cmpp(_) => number.to_owned(),
        Protocol::Smpp(_) => international(number),
    }
}

/// Says that a line is down; the fault in a word that is listed.
fn down(account: &str, fault: &Fault) -> &'static str {
    match fault {
        Fault::Refused(code) => {
            tracing::error!(
                account,
                code,
                "ALARM the carrier does not believe us: no text comes or leaves"
            );
            return "refused";
        }
        fault => tracing::warn!(account, ?fault, "the line to the carrier is down"),
    }
    match fault {
        Fault::Connection => "connection",
        Fault::Refused(_) => "refused",
        Fault::Busy(_) => "busy",
        Fault::Silent => "silent",
        Fault::Stream => "stream",
        Fault::Goodbye => "goodbye",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::carrier::SmppConfig;
    use crate::wire::smpp::Password;

    #[test]
    fn the_time_of_the_city_is_one_number() {
        assert_eq!(stamp("2026-11-22T12:13:51Z".parse().unwrap()), 1_122_201_351);
        assert_eq!(stamp("2026-02-02T19:05:06Z".parse().unwrap()), 203_030_506);
    }

    #[test]
    fn numbers_are_written_as_the_carrier_wants_them() {
        let smpp = Protocol::Smpp(SmppConfig {
            system_id: String::new(),
            password: Password(String::new()),
            system_type: String::new(),
            number: String::new(),
        });
        assert_eq!(number_for(&smpp, "19900000017"), "+8619900000017");
        assert_eq!(number_for(&smpp, "0085299990000"), "+85299990000");
        assert_eq!(number_for(&smpp, "053700000000"), "053700000000");
    }
}
