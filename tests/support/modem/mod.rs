//! A GSM modem that speaks AT in PDU mode on a port of 127.0.0.1, with a memory of limited size and the
//! network behind it; smsd and gammu-smsd both take it for a real one.
//!
//! * [`network`]: the service centre: what was submitted becomes what a telephone gets.
//! * [`memory`]: the places of the card and what waits for one.
//! * [`command`]: the answers to AT commands.
//! * [`port`]: lines, echo and prompt on one connection.
//!
//! Programs that want a terminal reach it through socat (see [`Terminal`]).

mod command;
mod memory;
mod network;
mod port;

#[allow(unused_imports, reason = "each test crate uses its part")]
pub use network::deliver;
#[allow(unused_imports, reason = "each test crate uses its part")]
pub use port::Direct;

use mayorline::wire::sms::{Deliver, Incoming};
use memory::Memory;
use std::collections::{BTreeMap, VecDeque};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Places of the card unless the test says otherwise.
const PLACES: usize = 20;
/// How often the threads look whether they should end.
const BEAT: Duration = Duration::from_millis(10);
/// Programs that hold the port at once; a real one has one, but one may start while another ends.
const CONNECTIONS_MAX: usize = 4;
/// Commands kept for the output of a failed test.
const LOG_LINES_MAX: usize = 2_000;

/// Its subscriber, as `AT+CIMI` tells.
pub const IMSI: &str = "460001990000001";
/// Its device, as `AT+CGSN` tells.
pub const IMEI: &str = "490154203237518";

/// What goes wrong, as the test asks for it.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// Whatever comes is not told by `+CMTI`, as by modems whose memory is full.
    pub without_notice: bool,
    /// So many `AT+CMGD` are answered by OK and delete nothing.
    pub deletions_without_effect: usize,
    /// So many texts go to the network and their answers to nobody.
    pub answers_lost: usize,
    /// Numbers, as dialled, that the network refuses with this `+CMS ERROR`.
    pub refused: BTreeMap<String, u16>,
    /// Reports come twice.
    pub reports_doubled: bool,
    /// No answer to anything.
    pub silent: bool,
}

/// When reports of submitted texts come that ask for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reports {
    /// At once, and good ones.
    #[default]
    AtOnce,
    /// Only when the test says so.
    Held,
}

/// A text that the network has taken.
#[derive(Debug, Clone)]
pub struct Submitted {
    /// The reference that the modem gave it.
    pub reference: u8,
    /// The transfer PDU as it came from the program.
    pub pdu: Vec<u8>,
    /// Read by our codec as the telephone of the recipient would: `origin` is the recipient.
    pub text: Deliver,
    /// Whether it asked for a report.
    pub wants_report: bool,
}

/// What modem, network and test share.
#[derive(Debug, Default)]
struct State {
    memory: Memory,
    faults: Faults,
    reports: Reports,
    submitted: Vec<Submitted>,
    /// Where `AT+CNMI` sends texts and reports: 0 nowhere, 1 to the memory with a notice.
    notices: (u8, u8),
    unsolicited: VecDeque<String>,
    /// Pairs of a command and what it was answered.
    log: VecDeque<String>,
    reference: u8,
    connections: usize,
}

/// A running modem; ends with the value.
pub struct Modem {
    state: Arc<Mutex<State>>,
    ending: Arc<AtomicBool>,
    listener: Option<JoinHandle<()>>,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Modem {
    /// One with the usual memory.
    pub fn start() -> Self {
        Self::with_places(PLACES)
    }

    /// One with so many places in its memory.
    pub fn with_places(places: usize) -> Self {
        Self::at(SocketAddr::from(([127, 0, 0, 1], 0)), places)
    }

    /// The same where another was before.
    pub fn again_at(address: SocketAddr) -> Self {
        Self::at(address, PLACES)
    }

    fn at(address: SocketAddr, places: usize) -> Self {
        let listener = TcpListener::bind(address).expect("the port is free");
        listener.set_nonblocking(true).expect("a socket can be non-blocking");
        let address = listener.local_addr().expect("a bound socket has an address");
        let state = State { memory: Memory::with_places(places), ..State::default() };
        let state = Arc::new(Mutex::new(state));
        let ending = Arc::new(AtomicBool::new(false));
        let (shared, end) = (Arc::clone(&state), Arc::clone(&ending));
        let listener = std::thread::spawn(move || accept(&listener, &shared, &end));
        Self { state, ending, listener: Some(listener), address }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Changes what goes wrong from now on.
    pub fn fault(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.state().faults);
    }

    /// Holds the reports back from now on.
    pub fn hold_reports(&self) {
        self.state().reports = Reports::Held;
    }

    /// A PDU with its service centre comes from the network: into the memory, or waits for a place.
    pub fn receive(&self, pdu: Vec<u8>) {
        self.state().receive(pdu);
    }

    /// A text of any length comes from this number, its parts in this order (1 is the first).
    ///
    /// Returns the PDUs in the order in which they came.
    pub fn receive_text(
        &self,
        from: &str,
        text: &str,
        reference: u16,
        order: Order,
    ) -> Vec<Vec<u8>> {
        let mut parts = deliver(from, text, reference);
        match order {
            Order::Right => {}
            Order::Reversed => parts.reverse(),
            Order::Without(part) => drop(parts.remove(part - 1)),
        }
        parts.iter().for_each(|part| self.receive(part.clone()));
        parts
    }

    /// A report on a text comes, with this status octet.
    pub fn report(&self, on: &Submitted, status: u8) {
        self.receive(network::report(&on.pdu, on.reference, status));
    }

    /// What the network has taken so far.
    pub fn submitted(&self) -> Vec<Submitted> {
        self.state().submitted.clone()
    }

    /// PDUs in the memory and waiting for it.
    pub fn held(&self) -> usize {
        let state = self.state();
        state.memory.used() + state.memory.waiting()
    }

    /// Whether this PDU is on the card or waits for a place.
    pub fn holds(&self, pdu: &[u8]) -> bool {
        self.state().memory.holds(pdu)
    }

    /// Places taken.
    pub fn used(&self) -> usize {
        self.state().memory.used()
    }

    /// How many programs hold the port.
    pub fn connections(&self) -> usize {
        self.state().connections
    }

    /// The last commands with their answers, for the output of a failed test and to count.
    pub fn log(&self) -> String {
        let state = self.state();
        state.log.iter().fold(String::new(), |all, line| all + line + "\n")
    }
}

/// The order in which the parts of a text come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The first first.
    Right,
    /// The last first.
    Reversed,
    /// Without this part.
    Without(usize),
}

impl Drop for Modem {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::Relaxed);
        if let Some(listener) = self.listener.take() {
            let ended = listener.join();
            assert!(std::thread::panicking() || ended.is_ok(), "the modem broke down");
        }
    }
}

impl State {
    /// Into the memory with a notice, or to what waits for a place.
    fn receive(&mut self, pdu: Vec<u8>) {
        let is_report = matches!(Incoming::parse(&pdu), Ok(Incoming::StatusReport(_)));
        if let Some(place) = self.memory.receive(pdu) {
            self.tell(place, is_report);
        }
    }

    fn tell(&mut self, place: usize, is_report: bool) {
        let (texts, reports) = self.notices;
        let (name, mode, told) =
            if is_report { ("+CDSI", reports, 2) } else { ("+CMTI", texts, 1) };
        if mode == told && !self.faults.without_notice {
            self.unsolicited.push_back(format!("\r\n{name}: \"SM\",{place}\r\n"));
        }
    }

    fn note(&mut self, line: String) {
        if self.log.len() == LOG_LINES_MAX {
            self.log.pop_front();
        }
        self.log.push_back(line);
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn accept(listener: &TcpListener, state: &Arc<Mutex<State>>, ending: &Arc<AtomicBool>) {
    let mut ports: Vec<JoinHandle<()>> = Vec::new();
    while !ending.load(Ordering::Relaxed) {
        ports.retain(|port| !port.is_finished());
        match listener.accept() {
            Ok((stream, _)) if ports.len() < CONNECTIONS_MAX => {
                let (state, ending) = (Arc::clone(state), Arc::clone(ending));
                ports.push(std::thread::spawn(move || port::serve(stream, &state, &ending)));
            }
            Ok((stream, _)) => drop(stream),
            Err(_) => std::thread::sleep(BEAT),
        }
    }
    for port in ports {
        let _ = port.join();
    }
}

/// The modem as a terminal, for programs that know nothing else: socat between the two.
pub struct Terminal {
    program: super::clients::Program,
    _folder: tempfile::TempDir,
    /// The device.
    pub path: PathBuf,
}

impl Terminal {
    /// Past this socat ends by itself, whatever became of the test.
    const LIFE_SECONDS_MAX: &str = "240";
    const LIMIT: Duration = Duration::from_secs(10);

    /// One to this modem.
    pub fn start(modem: &Modem) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("modem");
        let mut command = Command::new("timeout");
        command.args(["-k", "3", Self::LIFE_SECONDS_MAX, "socat"]);
        command.arg(format!("pty,raw,echo=0,link={}", path.display()));
        command.arg(format!("tcp:{}", modem.address));
        let program = super::clients::Program::start(&mut command);
        let made = super::wait_for(Self::LIMIT, || path.exists().then_some(()));
        assert!(
            made.is_some(),
            "socat makes no terminal: run tests/install.sh\n{}",
            program.output()
        );
        Self { program, _folder: folder, path }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.program.terminate(Self::LIMIT);
    }
}
