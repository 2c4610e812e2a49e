//! A small desk for the browser: one seat, one call, its sound on a socket. It plays a tone of 1 kHz
//! to the page and listens to what the page's microphone gives.

use mayorline::gateway::browser::{BrowserEvent, BrowserLeg};
use mayorline::wire::g711::Codec;
use mayorline::wire::rtp::{self, HEADER_LEN, Header};
use std::f64::consts::TAU;
use std::net::{SocketAddr, UdpSocket};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Samples of one packet.
const FRAME: usize = 160;
/// What is played, in hertz.
pub(crate) const TONE_HERTZ: f64 = 1_000.0;

/// What was heard of the page.
#[derive(Debug, Default, Clone)]
pub(crate) struct Heard {
    /// When sound could flow, by the number of the offer.
    pub(crate) connected: Vec<Instant>,
    /// Packets in order, and sequence numbers that were left out.
    pub(crate) packets: u64,
    pub(crate) gaps: u64,
    /// Packets that were louder than -40 dBov.
    pub(crate) loud: u64,
    /// Their mean power, full scale 1.
    pub(crate) power: f64,
    /// When something was heard last.
    pub(crate) last: Option<Instant>,
}

/// The call's media: one socket, one thread.
pub(crate) struct Sound {
    orders: SyncSender<Order>,
    pub(crate) heard: Arc<Mutex<Heard>>,
    pub(crate) address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

enum Order {
    Transport(Box<BrowserLeg>),
    Deaf(bool),
    End,
}

impl Sound {
    pub(crate) fn open() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
        let address = socket.local_addr().unwrap();
        let (orders, taken) = sync_channel(16);
        let heard = Arc::new(Mutex::new(Heard::default()));
        let shared = Arc::clone(&heard);
        let thread = Some(std::thread::spawn(move || serve(&socket, &taken, &shared)));
        Self { orders, heard, address, thread }
    }

    /// Takes a page's offer; it replaces what was there.
    pub(crate) fn accept(&self, offer: &str) -> String {
        let (answer, leg) = BrowserLeg::accept(offer, self.address, Instant::now()).unwrap();
        self.orders.send(Order::Transport(Box::new(leg))).unwrap();
        answer
    }

    /// As if the network swallowed every packet.
    pub(crate) fn deaf(&self, deaf: bool) {
        self.orders.send(Order::Deaf(deaf)).unwrap();
    }

    pub(crate) fn heard(&self) -> Heard {
        self.heard.lock().unwrap().clone()
    }

    /// Counts from here on.
    pub(crate) fn forget(&self) {
        let mut heard = self.heard.lock().unwrap();
        let connected = std::mem::take(&mut heard.connected);
        *heard = Heard { connected, ..Heard::default() };
    }
}

impl Drop for Sound {
    fn drop(&mut self) {
        let _ = self.orders.send(Order::End);
        let _ = self.thread.take().unwrap().join();
    }
}

fn serve(socket: &UdpSocket, orders: &Receiver<Order>, heard: &Mutex<Heard>) {
    let (mut leg, mut deaf): (Option<Box<BrowserLeg>>, bool) = (None, false);
    let (begin, mut frames, mut last_sequence) = (Instant::now(), 0_u32, None);
    let mut datagram = [0; 2048];
    loop {
        match orders.try_recv() {
            Ok(Order::Transport(new)) => {
                leg = Some(new);
                last_sequence = None;
            }
            Ok(Order::Deaf(on)) => deaf = on,
            Ok(Order::End) => return,
            Err(_) => {}
        }
        let received = socket.recv_from(&mut datagram);
        let now = Instant::now();
        let Some(leg) = leg.as_mut() else { continue };
        if let Ok((n, from)) = received
            && !deaf
        {
            leg.receive(now, from, &datagram[..n]);
        }
        if leg.poll_timeout().is_some_and(|at| at <= now) {
            leg.handle_timeout(now);
        }
        while begin.elapsed() >= Duration::from_millis(20) * frames {
            leg.send_rtp(now, &tone(frames));
            frames += 1;
        }
        while let Some(out) = leg.poll_transmit() {
            if !deaf {
                let _ = socket.send_to(&out.bytes, out.to);
            }
        }
        let mut heard = heard.lock().unwrap();
        while let Some(event) = leg.poll_event() {
            if event == BrowserEvent::Connected {
                heard.connected.push(now);
            }
        }
        while let Some(packet) = leg.poll_rtp() {
            note(&mut heard, &packet, &mut last_sequence, now);
        }
    }
}

/// Counts one packet.
pub(crate) fn note(heard: &mut Heard, packet: &[u8], last: &mut Option<u16>, now: Instant) {
    let packet = rtp::parse(packet).unwrap();
    assert_eq!(packet.header.payload_type, Codec::Pcma.payload_type());
    let expected = last.map(|last| last.wrapping_add(1));
    heard.gaps += u64::from(expected.is_some_and(|next| next != packet.header.sequence));
    *last = Some(packet.header.sequence);
    let samples = packet.payload.iter().map(|&byte| f64::from(Codec::Pcma.decode(byte)) / 32_768.0);
    let power = samples.map(|x| x * x).sum::<f64>() / packet.payload.len().max(1) as f64;
    heard.packets += 1;
    heard.last = Some(now);
    if power > 1e-4 {
        heard.loud += 1;
        heard.power += (power - heard.power) / heard.loud as f64;
    }
}

/// A frame of the tone at -13 dBov.
pub(crate) fn tone(frame: u32) -> Vec<u8> {
    let header = Header {
        marker: frame == 0,
        payload_type: Codec::Pcma.payload_type(),
        sequence: (frame % 65_536) as u16,
        timestamp: frame * FRAME as u32,
        ssrc: 1,
    };
    let mut packet = [0; HEADER_LEN].to_vec();
    header.write((&mut packet[..]).try_into().unwrap());
    packet.extend((0..FRAME).map(|n| {
        let at = f64::from(frame) * FRAME as f64 + n as f64;
        Codec::Pcma.encode(((TAU * TONE_HERTZ * at / 8_000.0).sin() * 10_000.0) as i16)
    }));
    packet
}
