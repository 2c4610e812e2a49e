//! Callers who dial a case number and its code by RFC 4733: from the last digit to the first packet
//! of the answer, with the real look-up among many cases.
//!
//! A key counts from the first packet of its event that arrives, so the time starts there, and not
//! at its end as with the peers: theirs would be 80 ms more by this clock, and ours negative by
//! theirs.

use crate::cases;
use crate::clock;
use crate::endpoint::receive_stamped;
use crate::setup::{Caller, Latencies};
use crate::subject::{Prompts, Subject, folder};
use nix::sys::socket::{setsockopt, sockopt::ReceiveTimestampns};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::time::Duration;

const CASES: usize = 10_000;
const CALLS: u32 = 150;
/// Ten calls a second.
const APART: Duration = Duration::from_millis(100);
/// After the answer: the greeting, and 1.5 s of the menu.
const LISTENS: Duration = Duration::from_millis(1_900);
const PACKET_TIME: Duration = Duration::from_millis(20);
const DIGIT_PAUSE: Duration = Duration::from_millis(100);
const EVENTS: u16 = 5;
const EVENT_ENDS: u16 = 3;
/// The answer is waited for so long.
const PATIENCE: Duration = Duration::from_secs(3);
/// A refused look-up is answered after 800 ms at least, so anything faster was found.
const FOUND_MS_MAX: f64 = 790.0;
const PRIORITY: u8 = 18;
/// A-law idle, either sign: no prompt speaks.
const IDLE: [u8; 2] = [0xD5, 0x55];

/// The times of all calls; those without a found answer count as unanswered.
pub(crate) fn measure() -> Latencies {
    let folder = folder();
    let told = cases::fill(folder.path(), CASES);
    assert_eq!(told.len(), CASES, "every case is told");
    let subject = Subject::over(folder, Prompts::ShortGreeting, &[]);
    let callers: Vec<_> = (0..CALLS)
        .map(|serial| {
            std::thread::sleep(APART);
            let (number, code) = &told[serial as usize * 7_919 % told.len()];
            let keys = format!("1{number}{}", code.reveal());
            let server = subject.udp;
            std::thread::spawn(move || Dialler::new(server, serial).call(&keys))
        })
        .collect();
    let seen: Vec<_> = callers.into_iter().map(|c| c.join().expect("a caller ends")).collect();
    let found: Vec<f64> = seen.into_iter().flatten().filter(|ms| *ms < FOUND_MS_MAX).collect();
    let missing = CALLS - u32::try_from(found.len()).unwrap_or(0);
    Latencies::new(found, missing)
}

struct Dialler {
    signalling: Caller,
    audio: UdpSocket,
    serial: u32,
    sequence: u16,
    timestamp: u32,
}

impl Dialler {
    fn new(server: SocketAddr, serial: u32) -> Self {
        let audio = UdpSocket::bind("127.0.0.1:0").expect("loopback has a free port");
        setsockopt(&audio, ReceiveTimestampns, &true).expect("the kernel stamps packets");
        Self { signalling: Caller::new(server), audio, serial, sequence: 0, timestamp: 0 }
    }

    /// Dials `keys`; the time of the answer in ms.
    fn call(mut self, keys: &str) -> Option<f64> {
        clock::realtime(PRIORITY, true);
        let audio = SocketAddrV4::new(Ipv4Addr::LOCALHOST, self.audio.local_addr().ok()?.port());
        let (to, answer) = self.signalling.invite(self.serial, audio)?;
        let peer = answer.lines().find_map(|l| l.strip_prefix("m=audio "))?;
        let peer: u16 = peer.split(' ').next()?.parse().ok()?;
        self.audio.connect(("127.0.0.1", peer)).ok()?;
        let phase = StdRng::seed_from_u64(self.serial.into()).random_range(0..20_000);
        std::thread::sleep(LISTENS + Duration::from_micros(phase));
        let mut pressed_ns = 0;
        for key in keys.chars() {
            self.pass_over();
            pressed_ns = self.press(key)?;
        }
        let answered = self.answered_after(pressed_ns);
        self.signalling.bye(self.serial, &to);
        Some(answered?.saturating_sub(pressed_ns) as f64 / 1e6)
    }

    /// One key; when its first packet was sent. The last packets of the last key find the answer
    /// already waiting in the socket, with its kernel time.
    fn press(&mut self, key: char) -> Option<u64> {
        let code = u8::try_from(key.to_digit(10)?).ok()?;
        let pressed_ns = clock::unix_ns();
        for n in 1..=EVENTS + EVENT_ENDS {
            let end = n > EVENTS;
            let marker = if n == 1 { 0x80 } else { 0 };
            let mut packet = [0_u8; 16];
            packet[..2].copy_from_slice(&[0x80, marker | 101]);
            packet[2..4].copy_from_slice(&self.sequence.to_be_bytes());
            packet[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
            packet[8..12].copy_from_slice(&(self.serial + 1).to_be_bytes());
            packet[12..14].copy_from_slice(&[code, if end { 0x8A } else { 0x0A }]);
            packet[14..].copy_from_slice(&(160 * n.min(EVENTS)).to_be_bytes());
            self.audio.send(&packet).ok()?;
            self.sequence = self.sequence.wrapping_add(1);
            std::thread::sleep(PACKET_TIME);
        }
        std::thread::sleep(DIGIT_PAUSE);
        self.timestamp = self.timestamp.wrapping_add(2_080);
        Some(pressed_ns)
    }

    /// Reads what has come, so that the socket has room for the answer.
    fn pass_over(&self) {
        let _ = self.audio.set_nonblocking(true);
        while receive_stamped(&self.audio, &mut [0; 512]).is_some() {}
        let _ = self.audio.set_nonblocking(false);
    }

    /// The kernel's time of the first packet with speech that came after `pressed_ns`.
    fn answered_after(&self, pressed_ns: u64) -> Option<u64> {
        self.audio.set_read_timeout(Some(PATIENCE)).ok()?;
        let until_ns = pressed_ns + u64::try_from(PATIENCE.as_nanos()).ok()?;
        let mut packet = [0; 512];
        loop {
            let (len, at_ns, _) = receive_stamped(&self.audio, &mut packet)?;
            let speaks = packet[..len].iter().skip(12).any(|code| !IDLE.contains(code));
            let begins = packet[1] & 0x80 != 0;
            if at_ns > pressed_ns && len > 12 && (speaks || begins) {
                return Some(at_ns);
            }
            if at_ns > until_ns {
                return None;
            }
        }
    }
}
