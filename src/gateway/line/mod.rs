//! The line: one task that owns all signalling. Sockets, media threads, store, pages and timers
//! reach it by bounded channels; it feeds the switch and carries out what the switch wants.

mod callbacks;
mod carry;
mod outage;
mod phones;
mod texts;
mod voices;

use super::clock::Clock;
use super::media::{Disk, DiskConfig, LegReport, MediaConfig, MediaPool};
use super::sip::{TcpConfig, TcpInput, TcpListeners, TlsPort, UdpPort};
use super::switch::{Asker, BegunAttempt, ConversationId, Switch, WrapUpAttempt};
use crate::domain::call::StoreReply;
use crate::domain::desk::{CallbacksView, OpenCaseView, Refusal};
use crate::domain::desk_link::{FromDesk, ToDesk};
use crate::domain::room::NotStored;
use crate::media::player::Playlist;
use crate::proto::TextId;
use crate::store::{SeatsNow, SoundKeys, StoreHandle, VoiceDue};
use crate::units::{LegId, OfferId, SeatNumber};
use callbacks::Callbacks;
use jiff::Timestamp;
use outage::Outage;
use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::Instant;
use voices::Voices;

/// Datagrams taken from the socket before timers and media have their turn.
const DATAGRAMS_PER_TURN_MAX: usize = 32;
/// A far-away instant for "no timer".
const NEVER: Duration = Duration::from_secs(3600);

/// How long calls that were hung up at the end may take to close: a BYE that is lost twice is sent
/// again within it. The next start finds the account of those that took longer.
const HANG_UP_MAX: Duration = Duration::from_secs(2);

/// How long trunks may take to answer that we are gone: a REGISTER that is lost twice is sent again within
/// it. A trunk that is silent forgets us when our registration is over.
const UNREGISTER_MAX: Duration = Duration::from_secs(2);

/// How far the end of the line has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// It is not asked for.
    NotYet,
    /// No new calls; live ones may finish until then.
    Draining(Instant),
    /// Every call was hung up and may close until then.
    HungUp(Instant),
    /// No call is left; trunks are told that we are gone, and may answer until then.
    Unregistering(Instant),
}

impl Ending {
    fn limit(self) -> Option<Instant> {
        match self {
            Self::NotYet => None,
            Self::Draining(limit) | Self::HungUp(limit) | Self::Unregistering(limit) => Some(limit),
        }
    }
}

/// Everything the line needs to open its sockets.
pub struct LineConfig {
    /// SIP over UDP; port 0 takes a free one.
    pub udp: SocketAddr,
    /// SIP over TCP; port 0 takes a free one.
    pub tcp: SocketAddr,
    /// SIP over TLS, where a certificate is given.
    pub tls: Option<TlsPort>,
    /// Limits of TCP and TLS.
    pub tcp_limits: TcpConfig,
    /// Media threads and ports.
    pub media: MediaConfig,
    /// Recordings.
    pub disk: DiskConfig,
    /// Reports, store answers and TCP messages that may wait for the line, each.
    pub inputs_max: usize,
    /// How long live calls may finish after the service was asked to stop.
    pub drain_max: Duration,
    /// What holds for all seats.
    pub seats: SeatKeys,
}

/// What holds for all seats.
#[derive(Debug, Clone)]
pub struct SeatKeys {
    /// The realm that their passwords were set for.
    pub realm: String,
    /// A phone that registers does not make its seat ready: the person signs in.
    pub sign_in: bool,
}

/// What the store has to say to the line.
enum News {
    /// The answer to a request of a call.
    Answer(Asker, StoreReply),
    /// Whether a text is in the journal.
    Text(TextId, bool),
    /// The seats are others now.
    Seats(Box<SeatsNow>),
    /// The open cases of a caller who is offered.
    OpenCases(OfferId, Vec<OpenCaseView>),
    /// An attempt to call back is stored, or is not.
    Attempt(ConversationId, Result<BegunAttempt, Refusal>),
    /// The callback tasks that are open.
    Callbacks(CallbacksView),
    /// Units that are to be told by telephone.
    Voices(Vec<VoiceDue>),
    /// What became of a wrap-up.
    WrapUp(WrapUpAttempt, Result<(), NotStored>),
}

/// The two ends of the way to the pages of the seats.
pub struct DeskEnds {
    /// From the pages.
    pub from: Receiver<FromDesk>,
    /// To the pages.
    pub to: Sender<ToDesk>,
}

/// The bound line, ready to run.
pub struct Line {
    clock: Clock,
    switch: Switch,
    store: StoreHandle,
    folder: PathBuf,
    /// For recordings that the citizen hears again.
    keys: SoundKeys,
    drain_max: Duration,
    seats: SeatKeys,
    udp: UdpPort,
    tcp: TcpListeners,
    tcp_inputs: Receiver<TcpInput>,
    media: MediaPool,
    disk: Disk,
    reports: Receiver<LegReport>,
    news: Receiver<News>,
    tell: Sender<News>,
    desk: DeskEnds,
    callbacks: Callbacks,
    voices: Voices,
    /// Whether wrap-ups are stored.
    outage: Outage,
    /// Since when the account of each seat is as it is.
    accounts: BTreeMap<SeatNumber, Timestamp>,
    loaded: Receiver<(LegId, u32, Option<Arc<Playlist>>)>,
    load: Sender<(LegId, u32, Option<Arc<Playlist>>)>,
}

impl Line {
    /// Binds every socket and starts the media threads.
    pub async fn bind(
        config: LineConfig,
        clock: Clock,
        switch: Switch,
        store: StoreHandle,
        desk: DeskEnds,
    ) -> io::Result<Self> {
        let udp = UdpPort::bind(config.udp)?;
        let (tcp, tcp_inputs) =
            TcpListeners::bind(config.tcp, config.tls, config.tcp_limits, config.inputs_max)
                .await?;
        let (report, reports) = channel(config.inputs_max);
        let folder = config.disk.folder.path.clone();
        let keys = SoundKeys::new(&config.disk.folder);
        let disk = Disk::start(config.disk, report.clone())?;
        let media = MediaPool::start(&config.media, clock, &report, &disk)?;
        let (tell, news) = channel(config.inputs_max);
        let (load, loaded) = channel(config.inputs_max);
        Ok(Self {
            clock,
            switch,
            store,
            folder,
            keys,
            drain_max: config.drain_max,
            seats: config.seats,
            udp,
            tcp,
            tcp_inputs,
            media,
            disk,
            reports,
            news,
            tell,
            desk,
            callbacks: Callbacks::default(),
            voices: Voices::default(),
            outage: Outage::default(),
            accounts: BTreeMap::new(),
            loaded,
            load,
        })
    }

    /// The bound addresses: UDP, TCP.
    #[must_use]
    pub fn addresses(&self) -> (SocketAddr, SocketAddr) {
        (self.udp.local(), self.tcp.local())
    }

    /// The bound address of TLS.
    #[must_use]
    pub fn address_tls(&self) -> Option<SocketAddr> {
        self.tcp.local_tls()
    }

    /// Serves calls until `stop` is ready and every call has ended or the limit for that is over;
    /// then, or when `abort` is ready, the calls that are left are hung up.
    pub async fn run(mut self, stop: impl Future<Output = ()>, abort: impl Future<Output = ()>) {
        tokio::pin!(stop, abort);
        self.watch_seats();
        self.ask_callbacks();
        self.ask_voices();
        self.switch.open_trunks(self.clock.now(), self.udp.local());
        self.carry_out();
        let mut ending = Ending::NotYet;
        let timer = tokio::time::sleep(Duration::ZERO);
        tokio::pin!(timer);
        while !self.end(&mut ending) {
            let wake = self.switch.poll_timeout().map(Instant::from_std);
            let again = self.callbacks.poll_timeout();
            let wake = wake.into_iter().chain(ending.limit()).chain(again).min();
            timer.as_mut().reset(wake.unwrap_or_else(|| self.now_plus(NEVER)));
            tokio::select! {
                biased;
                () = &mut stop, if ending == Ending::NotYet => {
                    ending = Ending::Draining(self.now_plus(self.drain_max));
                    let (calls, held) = (self.switch.calls(), self.switch.endpoint().counts());
                    tracing::info!(calls, ?held, "stopping");
                    self.switch.drain(self.clock.now());
                }
                () = &mut abort, if matches!(ending, Ending::NotYet | Ending::Draining(_)) => {
                    ending = Ending::Draining(self.now_plus(Duration::ZERO));
                    self.switch.drain(self.clock.now());
                }
                Some((leg, report)) = self.reports.recv() => {
                    self.switch.media_report(self.clock.now(), leg, report);
                }
                Some(news) = self.news.recv() => self.hear(news),
                () = &mut timer => {
                    self.switch.handle_timeout(self.clock.now());
                    self.ask_callbacks();
                    self.ask_voices();
                }
                Ok(()) = self.udp.readable() => self.receive(),
                Some(input) = self.tcp_inputs.recv() => self.receive_tcp(input),
                Some(news) = self.desk.from.recv() => self.switch.desk(self.clock.now(), news),
                Some((leg, play, list)) = self.loaded.recv() => {
                    self.switch.recording_loaded(self.clock.now(), leg, play, list);
                }
            }
            self.carry_out();
        }
        self.media.finish();
        self.disk.finish();
    }

    /// Takes the steps of the end that are due: whoever talks past the limit is hung up, and when nobody does
    /// any more, our registrations are taken away. `true`: the line has ended.
    fn end(&mut self, ending: &mut Ending) -> bool {
        if matches!(*ending, Ending::Draining(limit) if self.is_past(limit)) {
            *ending = self.hang_up();
        }
        let closed = match *ending {
            Ending::NotYet => return false,
            Ending::HungUp(limit) => self.switch.calls() == 0 || self.is_past(limit),
            Ending::Draining(_) => self.switch.calls() == 0,
            Ending::Unregistering(_) => false,
        };
        if closed {
            *ending = self.unregister();
        }
        let answered = !self.switch.endpoint().is_unregistering();
        matches!(*ending, Ending::Unregistering(limit) if answered || self.is_past(limit))
    }

    fn hang_up(&mut self) -> Ending {
        self.switch.hang_up_all(self.clock.now());
        self.carry_out();
        Ending::HungUp(self.now_plus(HANG_UP_MAX))
    }

    fn unregister(&mut self) -> Ending {
        let calls = self.switch.calls();
        if calls > 0 {
            tracing::warn!(calls, "calls did not end and are left");
        }
        self.switch.close_trunks(self.clock.now());
        self.carry_out();
        Ending::Unregistering(self.now_plus(UNREGISTER_MAX))
    }

    fn is_past(&self, limit: Instant) -> bool {
        (self.clock.monotonic)() >= limit.into_std()
    }

    fn now_plus(&self, duration: Duration) -> Instant {
        Instant::from_std((self.clock.monotonic)() + duration)
    }

    fn receive(&mut self) {
        // A call is told at its answer whether anything can be stored.
        self.switch.set_store_up(self.store.is_up());
        for _ in 0..DATAGRAMS_PER_TURN_MAX {
            let Some((flow, bytes)) = self.udp.receive() else { break };
            self.switch.receive(self.clock.now(), flow, bytes);
        }
    }

    fn receive_tcp(&mut self, input: TcpInput) {
        self.switch.set_store_up(self.store.is_up());
        match input {
            TcpInput::Opened(connection, writer) => self.tcp.opened(connection, writer),
            TcpInput::Message(flow, message) => {
                self.switch.receive_parsed(self.clock.now(), flow, *message);
            }
            TcpInput::Closed(connection) => {
                self.tcp.closed(connection);
                self.switch.connection_closed(self.clock.now(), connection);
            }
        }
    }
}
