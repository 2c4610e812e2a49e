//! The line: one task that owns all signalling. Sockets, media threads, store and timers reach it by
//! bounded channels; it feeds the switch and carries out what the switch wants.

use super::clock::Clock;
use super::media::{Disk, DiskConfig, LegReport, MediaConfig, MediaPool, recording_playlist};
use super::sip::{TcpConfig, TcpInput, TcpListeners, TlsPort, UdpPort};
use super::switch::{Asker, Output, Switch};
use crate::domain::call::StoreReply;
use crate::media::player::Playlist;
use crate::proto::Transport;
use crate::store::{CallStarted, RequestContext, StoreHandle};
use crate::units::LegId;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::Instant;

/// Datagrams taken from the socket before timers and media have their turn.
const DATAGRAMS_PER_TURN_MAX: usize = 32;
/// A far-away instant for "no timer".
const NEVER: Duration = Duration::from_secs(3600);

/// How long calls that were hung up at the end may take to close: a BYE that is lost twice is sent
/// again within it. The next start finds the account of those that took longer.
const HANG_UP_MAX: Duration = Duration::from_secs(2);

/// How far the end of the line has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// It is not asked for.
    NotYet,
    /// No new calls; live ones may finish until then.
    Draining(Instant),
    /// Every call was hung up and may close until then.
    HungUp(Instant),
}

impl Ending {
    fn limit(self) -> Option<Instant> {
        match self {
            Self::NotYet => None,
            Self::Draining(limit) | Self::HungUp(limit) => Some(limit),
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
}

/// The bound line, ready to run.
pub struct Line {
    clock: Clock,
    switch: Switch,
    store: StoreHandle,
    folder: PathBuf,
    drain_max: Duration,
    udp: UdpPort,
    tcp: TcpListeners,
    tcp_inputs: Receiver<TcpInput>,
    media: MediaPool,
    disk: Disk,
    reports: Receiver<LegReport>,
    answers: Receiver<(Asker, StoreReply)>,
    answer: Sender<(Asker, StoreReply)>,
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
    ) -> io::Result<Self> {
        let udp = UdpPort::bind(config.udp)?;
        let (tcp, tcp_inputs) =
            TcpListeners::bind(config.tcp, config.tls, config.tcp_limits, config.inputs_max)
                .await?;
        let (report, reports) = channel(config.inputs_max);
        let folder = config.disk.folder.clone();
        let disk = Disk::start(config.disk, report.clone())?;
        let media = MediaPool::start(&config.media, clock, &report, &disk)?;
        let (answer, answers) = channel(config.inputs_max);
        let (load, loaded) = channel(config.inputs_max);
        Ok(Self {
            clock,
            switch,
            store,
            folder,
            drain_max: config.drain_max,
            udp,
            tcp,
            tcp_inputs,
            media,
            disk,
            reports,
            answers,
            answer,
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
        let mut ending = Ending::NotYet;
        let timer = tokio::time::sleep(Duration::ZERO);
        tokio::pin!(timer);
        while !self.is_over(&mut ending) {
            let wake = self.switch.poll_timeout().map(Instant::from_std);
            let wake = wake.into_iter().chain(ending.limit()).min();
            timer.as_mut().reset(wake.unwrap_or_else(|| self.now_plus(NEVER)));
            tokio::select! {
                biased;
                () = &mut stop, if ending == Ending::NotYet => {
                    ending = Ending::Draining(self.now_plus(self.drain_max));
                    let (calls, held) = (self.switch.calls(), self.switch.endpoint().counts());
                    tracing::info!(calls, ?held, "stopping");
                    self.switch.drain(self.clock.now());
                }
                () = &mut abort, if !matches!(ending, Ending::HungUp(_)) => {
                    ending = Ending::Draining(self.now_plus(Duration::ZERO));
                    self.switch.drain(self.clock.now());
                }
                Some((leg, report)) = self.reports.recv() => {
                    self.switch.media_report(self.clock.now(), leg, report);
                }
                Some((asker, reply)) = self.answers.recv() => {
                    self.switch.stored(self.clock.now(), asker, reply);
                }
                () = &mut timer => self.switch.handle_timeout(self.clock.now()),
                Ok(()) = self.udp.readable() => self.receive(),
                Some(input) = self.tcp_inputs.recv() => self.receive_tcp(input),
                Some((leg, play, list)) = self.loaded.recv() => {
                    self.switch.recording_loaded(self.clock.now(), leg, play, list);
                }
            }
            self.carry_out();
        }
        self.media.finish();
        self.disk.finish();
    }

    /// Whether the line has ended; hangs up what is left when the limit for draining is over.
    fn is_over(&mut self, ending: &mut Ending) -> bool {
        let Some(limit) = ending.limit() else { return false };
        if self.switch.calls() == 0 {
            return true;
        }
        if (self.clock.monotonic)() < limit.into_std() {
            return false;
        }
        if matches!(ending, Ending::HungUp(_)) {
            tracing::warn!(calls = self.switch.calls(), "calls did not end and are left");
            return true;
        }
        self.switch.hang_up_all(self.clock.now());
        self.carry_out();
        *ending = Ending::HungUp(self.now_plus(HANG_UP_MAX));
        self.switch.calls() == 0
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

    fn carry_out(&mut self) {
        while let Some(output) = self.switch.poll_output() {
            match output {
                Output::Transmit(transmit) => match transmit.flow.transport {
                    Transport::Udp => self.udp.send(&transmit),
                    Transport::Tcp | Transport::Tls => self.tcp.send(transmit),
                },
                Output::OpenMedia(leg, ip) => {
                    let opened = self.media.open(leg, ip, leg.0);
                    if let Err(error) = &opened {
                        tracing::warn!(%error, "a call is refused: no media");
                    }
                    self.switch.media_opened(self.clock.now(), leg, opened.ok());
                }
                Output::Media(leg, command) => {
                    if !self.media.command(leg, command) {
                        self.switch.media_failed(self.clock.now(), leg);
                    }
                }
                Output::CloseMedia(leg) => self.media.close(leg),
                Output::LoadRecording(leg, play, file) => self.load_recording(leg, play, &file),
                Output::Store { asker, request, call, caller, at } => {
                    let context = RequestContext { call, caller: caller.number };
                    let answer = self.answer.clone();
                    let reply = Box::new(move |reply| {
                        // The writer must not wait for the line; a call that misses its answer says
                        // so after its own limit, and what is committed stays committed.
                        if answer.try_send((asker, reply)).is_err() {
                            tracing::error!("the line is behind: an answer of the store is lost");
                        }
                    });
                    if !self.store.submit(at, request, context, reply) {
                        self.switch.stored(self.clock.now(), asker, StoreReply::Unavailable);
                    }
                }
                Output::Started(started) => {
                    let started = CallStarted {
                        call: started.call,
                        caller: started.caller,
                        called: started.called,
                        at: started.at,
                        peer: started.peer.to_string(),
                    };
                    if !self.store.call_started(started) {
                        tracing::error!("the ledger did not take a call");
                    }
                }
                Output::Finished(record, at, leg) => {
                    let call = record.call.clone();
                    if !self.store.call_finished(at, *record, vec![leg]) {
                        tracing::error!(%call, "the ledger did not take the end of a call");
                    }
                }
            }
        }
        self.media.flush();
    }

    /// Reads a recording for the citizen to hear, beside the line.
    fn load_recording(&self, leg: LegId, play: u32, file: &str) {
        let path = self.folder.join(file);
        let load = self.load.clone();
        tokio::task::spawn_blocking(move || {
            let list = recording_playlist(&path)
                .map_err(|error| tracing::error!(%error, "a recording cannot be played back"));
            let _ = load.blocking_send((leg, play, list.ok().map(Arc::new)));
        });
    }
}
