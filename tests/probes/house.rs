//! The service under probe, and peers with an address of their own.

use crate::harness::Ask;
use crate::support::service::{Service, Start};
use crate::support::sip::Message;
use mayorline::proto::Transport;
use std::cell::RefCell;
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// How long an answer may take on a machine that has other things to do.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3);
/// What a good request takes at most after a bad one.
pub(crate) const PROMPT: Duration = Duration::from_millis(100);

/// The running binary with a data folder of its own.
pub(crate) struct House {
    pub(crate) service: Service,
    _folder: tempfile::TempDir,
}

impl House {
    pub(crate) fn open(settings: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let start = Start::new(folder.path());
        let service = settings.iter().fold(start, |start, setting| start.set(setting)).run();
        Self { service, _folder: folder }
    }

    pub(crate) fn peer(&self) -> Peer {
        Peer::new(self.service.udp(), own_address())
    }

    pub(crate) fn connect(&self) -> Stream {
        Stream::new(TcpStream::connect(self.service.address("tcp")).unwrap())
    }

    /// How many calls the ledger has; a call's row is written beside it, so the first is waited for.
    pub(crate) fn calls(&self) -> usize {
        let count = || self.service.json(&["call", "list"]).as_array().map_or(0, Vec::len);
        crate::support::wait_for(PATIENCE, || (count() > 0).then_some(()));
        // Time for a second one, which must not be.
        std::thread::sleep(Duration::from_millis(100));
        count()
    }

    /// Resident memory in kB.
    pub(crate) fn resident_kb(&self) -> u64 {
        let status = format!("/proc/{}/status", self.service.pid());
        let text = std::fs::read_to_string(status).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Open descriptors, once the threads that start beside the line have opened theirs: as many again
    /// and again.
    pub(crate) fn descriptors_at_rest(&self) -> usize {
        const LOOKS: usize = 50;
        let (mut last, mut same) = (0, 0);
        let rest = crate::support::wait_for(PATIENCE, || {
            let now = self.descriptors();
            same = if now == last { same + 1 } else { 0 };
            last = now;
            (same >= LOOKS).then_some(now)
        });
        rest.expect("the service comes to rest")
    }

    /// Open descriptors.
    pub(crate) fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.service.pid())).unwrap().count()
    }
}

/// A loopback address that no other test of this machine uses now.
pub(crate) fn own_address() -> IpAddr {
    static SERIAL: AtomicU16 = AtomicU16::new(0);
    let serial = SERIAL.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    let process = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, 64 + process[3] % 128, 1 + (process[2] ^ serial[0]) % 250, serial[1]).into()
}

/// A peer on UDP.
pub(crate) struct Peer {
    pub(crate) server: SocketAddr,
    pub(crate) socket: UdpSocket,
    /// Everything that arrived, with its time.
    pub(crate) heard: RefCell<Vec<(Instant, Message)>>,
}

impl Peer {
    pub(crate) fn new(server: SocketAddr, ip: IpAddr) -> Self {
        let socket = UdpSocket::bind((ip, 0)).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
        Self { server, socket, heard: RefCell::default() }
    }

    pub(crate) fn ip(&self) -> IpAddr {
        self.socket.local_addr().unwrap().ip()
    }

    pub(crate) fn send(&self, bytes: &[u8]) {
        self.socket.send_to(bytes, self.server).unwrap();
    }

    pub(crate) fn say(&self, ask: &Ask) {
        self.send(&ask.bytes(Transport::Udp));
    }

    /// The first message within the limit that fits; the others are remembered.
    pub(crate) fn wait(&self, limit: Duration, fits: impl Fn(&Message) -> bool) -> Option<Message> {
        let until = Instant::now() + limit;
        let mut buffer = [0; 65_536];
        while Instant::now() < until {
            let Ok((length, _)) = self.socket.recv_from(&mut buffer) else { continue };
            let Some(message) = Message::parse(&buffer[..length]) else { continue };
            self.heard.borrow_mut().push((Instant::now(), message.clone()));
            if fits(&message) {
                return Some(message);
            }
        }
        None
    }

    /// Says it and waits for its final answer.
    pub(crate) fn ask(&self, ask: &Ask) -> Message {
        self.say(ask);
        let answer = self.wait(PATIENCE, |message| is_final(message, ask));
        answer.unwrap_or_else(|| panic!("no answer to {} {}", ask.method, ask.call))
    }

    pub(crate) fn status(&self, ask: &Ask) -> u16 {
        self.ask(ask).status().unwrap()
    }

    /// Whether nothing at all comes for that long.
    pub(crate) fn silent_for(&self, limit: Duration) -> bool {
        self.wait(limit, |_| true).is_none()
    }

    /// When answers with this status to this method came, counted from the first of them.
    pub(crate) fn times_of(&self, status: u16, method: &str) -> Vec<Duration> {
        let heard = self.heard.borrow();
        let fits = |m: &Message| {
            m.status() == Some(status) && m.cseq().is_some_and(|(_, of)| of == method)
        };
        let times: Vec<Instant> =
            heard.iter().filter(|(_, message)| fits(message)).map(|(at, _)| *at).collect();
        times.iter().map(|at| *at - times[0]).collect()
    }

    /// INVITE, 200, ACK; gives the 200 and our tag of the service.
    pub(crate) fn talk(&self, invite: &Ask) -> (Message, String) {
        let answer = self.ask(invite);
        assert_eq!(answer.status(), Some(200), "{}", answer.first);
        let tag = tag_of(&answer);
        self.say(&Ask::within("ACK", &invite.call, invite.cseq, &tag));
        (answer, tag)
    }

    /// A whole good call: how long its 200 took.
    pub(crate) fn good_call(&self, name: &str) -> Option<Duration> {
        let invite = Ask::invite(name);
        let start = Instant::now();
        self.say(&invite);
        let answer = self.wait(PATIENCE, |message| is_final(message, &invite))?;
        let took = start.elapsed();
        if answer.status() != Some(200) {
            return None;
        }
        let tag = tag_of(&answer);
        self.say(&Ask::within("ACK", name, 1, &tag));
        let bye = Ask::within("BYE", name, 2, &tag);
        self.say(&bye);
        self.wait(PATIENCE, |message| is_final(message, &bye)).map(|_| took)
    }
}

fn is_final(message: &Message, ask: &Ask) -> bool {
    message.status().is_some_and(|status| status >= 200)
        && message.header("call-id") == Some(ask.call.as_str())
        && message.cseq() == Some((ask.cseq, ask.method))
}

/// The tag in To.
pub(crate) fn tag_of(message: &Message) -> String {
    let to = message.header("to").unwrap();
    to.rsplit_once(";tag=").unwrap_or_else(|| panic!("no tag in {to}")).1.to_owned()
}

/// A peer on TCP.
pub(crate) struct Stream {
    pub(crate) socket: TcpStream,
    buffer: Vec<u8>,
}

impl Stream {
    pub(crate) fn new(socket: TcpStream) -> Self {
        socket.set_nodelay(true).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
        Self { socket, buffer: Vec::new() }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        // The other side may have closed after what came before.
        let _ = self.socket.write_all(bytes);
    }

    pub(crate) fn say(&mut self, ask: &Ask) {
        self.send(&ask.bytes(Transport::Tcp));
    }

    /// Reads once; `false` when the connection is closed.
    fn read(&mut self) -> bool {
        let mut bytes = [0; 8192];
        match self.socket.read(&mut bytes) {
            Ok(0) => false,
            Ok(length) => {
                self.buffer.extend_from_slice(&bytes[..length]);
                true
            }
            Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }

    /// The next message within the limit.
    pub(crate) fn next(&mut self, limit: Duration) -> Option<Message> {
        let until = Instant::now() + limit;
        loop {
            if let Some(message) = self.take() {
                return Some(message);
            }
            if !self.read() || Instant::now() >= until {
                return self.take();
            }
        }
    }

    /// Cuts a whole message off the buffer.
    fn take(&mut self) -> Option<Message> {
        let end = self.buffer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
        let head = Message::parse(&self.buffer[..end])?;
        let body: usize = head.header("content-length").map_or(0, |length| length.parse().unwrap());
        if self.buffer.len() < end + body {
            return None;
        }
        let bytes: Vec<u8> = self.buffer.drain(..end + body).collect();
        Message::parse(&bytes)
    }

    /// The next final answer within the limit.
    pub(crate) fn final_answer(&mut self, limit: Duration) -> Option<Message> {
        let until = Instant::now() + limit;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let message = self.next(left)?;
            if message.status().is_some_and(|status| status >= 200) {
                return Some(message);
            }
        }
    }

    pub(crate) fn status(&mut self, limit: Duration) -> Option<u16> {
        self.final_answer(limit).and_then(|message| message.status())
    }

    /// Bytes that are no whole message yet, after waiting for some.
    pub(crate) fn bytes(&mut self, limit: Duration) -> Vec<u8> {
        let until = Instant::now() + limit;
        while self.buffer.is_empty() && self.read() && Instant::now() < until {}
        std::mem::take(&mut self.buffer)
    }

    /// Whether the other side closes within the limit.
    pub(crate) fn closes(&mut self, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        while Instant::now() < until {
            if !self.read() {
                return true;
            }
        }
        false
    }
}
