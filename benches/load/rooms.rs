//! Rooms of three, more and more at once: a citizen, an operator and whom he has brought in, all
//! talking all the time, every track recorded. A burst of the citizen shows what the mixer adds.

use crate::ENDPOINT_IP;
use crate::clock;
use crate::endpoint::{Endpoint, FIRST_PORT, PORT_STEP};
use crate::people::{PASSWORD, house};
use crate::setup::{Caller, Latencies};
use crate::staircase::{Step, judged};
use crate::subject::{Prompts, Subject};
use crate::support::desk::Desk;
use crate::support::{free_udp_port, wait_for};
use crate::switchboard::Switchboard;
use jiff::{Timestamp, ToSpan};
use mayorline::domain::calendar::Calendar;
use mayorline::store::{BindingRecord, Store, StoreConfig};
use mayorline::units::SeatNumber;
use serde_json::json;
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::path::Path;
use std::time::Duration;

/// The first operator, and the first of those who are brought in.
const OPERATORS: usize = 8_000;
const SECONDS: usize = 9_000;
/// A house has 500 seats, and a room takes two of them.
pub(crate) const ROOMS_MAX: usize = 250;
/// In so many rooms the citizen's bursts are looked for.
const PROBED_MAX: usize = 30;
const SETTLE: Duration = Duration::from_secs(2);
const SOON: Duration = Duration::from_secs(10);

/// What so many rooms were like.
pub(crate) struct Rooms {
    /// Streams, processor time, memory of each room.
    pub(crate) step: Step,
    /// From the citizen's first packet of a burst to the packet that brings it to another, in ms.
    pub(crate) delay: Latencies,
}

impl Rooms {
    /// Whether so many are carried without a fault.
    pub(crate) fn sustained(&self) -> bool {
        self.step.faultless() && self.step.verdict.streams >= 3 * self.step.calls
    }
}

/// The steps one after the other, each with a fresh service.
pub(crate) fn climb(heard: &Endpoint, steps: &[usize]) -> Vec<Rooms> {
    let measured = steps.iter().map(|rooms| {
        let seen = measure(heard, *rooms);
        println!("note: {rooms} rooms: {}; delay {}", seen.step.words(), seen.delay.words());
        seen
    });
    measured.collect()
}

fn measure(heard: &Endpoint, rooms: usize) -> Rooms {
    let quiet = wait_for(Duration::from_secs(5), || (heard.hearing() == 0).then_some(()));
    assert!(quiet.is_some(), "the endpoint still hears a former service");
    let telephones = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    let port = free_udp_port();
    let folder = house((0..rooms).flat_map(|at| [OPERATORS + at, SECONDS + at]));
    register(folder.path(), rooms, port, v4(&telephones));
    let members: Vec<String> = (0..rooms).map(|at| format!("\"{}\"", OPERATORS + at)).collect();
    let members = members.join(",");
    let group = format!("queue.group=[{{ name = \"operators\", members = [{members}] }}]");
    let udp = format!("sip.udp=127.0.0.1:{port}");
    let subject = Subject::over(folder, Prompts::City, &[&udp, &group]);
    // A service that has just begun reads its seats and their telephones while it answers already.
    std::thread::sleep(SETTLE);
    let idle_kib = clock::private_dirty_kib(subject.pid);
    let switchboard = Switchboard::start(telephones, addresses(rooms));
    let caller = Caller::new(subject.udp);
    let open = |at| open(&subject, &switchboard, &caller, at);
    let streams: Vec<[usize; 3]> = (0..rooms).map(open).collect();
    heard.probe(streams.into_iter().take(PROBED_MAX).collect());
    std::thread::sleep(SETTLE);
    heard.delays();
    let kib = || (clock::private_dirty_kib(subject.pid) - idle_kib) / rooms as f64;
    let mut step = judged(3 * rooms, subject.pid, heard, kib);
    step.calls = rooms;
    Rooms { step, delay: Latencies::new(heard.delays(), 0) }
}

fn v4(socket: &UdpSocket) -> SocketAddrV4 {
    match socket.local_addr() {
        Ok(std::net::SocketAddr::V4(address)) => address,
        other => unreachable!("bound to IPv4, not {other:?}"),
    }
}

/// The stream of the citizen who called as number `at`.
fn citizen(at: usize) -> usize {
    3 * at
}

/// The stream of the operator with this place among them.
fn operator(place: usize) -> usize {
    3 * place + 1
}

/// The stream of whom that operator brings in.
fn second(place: usize) -> usize {
    3 * place + 2
}

fn audio(stream: usize) -> SocketAddrV4 {
    let port = FIRST_PORT + PORT_STEP * u16::try_from(stream).expect("few streams");
    SocketAddrV4::new(ENDPOINT_IP, port)
}

fn addresses(rooms: usize) -> HashMap<usize, SocketAddrV4> {
    let of_room = |at| [(OPERATORS + at, audio(operator(at))), (SECONDS + at, audio(second(at)))];
    (0..rooms).flat_map(of_room).collect()
}

/// Leaves the telephones as a service leaves them that is started again, which spares the
/// challenges of a minute.
fn register(folder: &Path, rooms: usize, port: u16, remote: SocketAddrV4) {
    let config = StoreConfig::new(folder, Timestamp::now());
    let store = Store::open(config, Calendar::built_in(), [1; 32]).expect("the store opens");
    let expires_at = Timestamp::now().saturating_add(1.hour()).expect("an hour on");
    for seat in (0..rooms).flat_map(|at| [OPERATORS + at, SECONDS + at]) {
        let seat_number = SeatNumber::parse(&seat.to_string()).expect("a seat's number");
        let binding = BindingRecord {
            seat: seat_number.clone(),
            contact: format!("sip:{seat}@{remote}"),
            transport: "udp".to_owned(),
            local: format!("127.0.0.1:{port}"),
            remote: remote.to_string(),
            connection: 0,
            call_id: format!("{seat}@load"),
            cseq: 1,
            expires_at,
            user_agent: None,
        };
        while !store.handle().save_bindings(seat_number.clone(), vec![binding.clone()]) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    store.close();
}

/// A citizen calls, the operator whom the queue finds brings a second in: the streams of the three.
fn open(subject: &Subject, switchboard: &Switchboard, caller: &Caller, at: usize) -> [usize; 3] {
    let serial = u32::try_from(at).expect("few rooms");
    let answered = caller.invite(serial, audio(citizen(at)));
    assert!(answered.is_some(), "call {at} is not answered");
    let seat = switchboard.answered(SOON).unwrap_or_else(|| panic!("call {at} rings nowhere"));
    let place = seat - OPERATORS;
    let desk = Desk::open(subject.pages(), &seat.to_string(), PASSWORD);
    let target = json!({"kind": "seat", "seat": (SECONDS + place).to_string()});
    desk.done(json!({"do": "consult", "target": target}));
    assert!(switchboard.answered(SOON).is_some(), "the second of operator {place} is not rung");
    let party = desk.party("seat", "consulting");
    desk.done(json!({"do": "join", "party": party}));
    [citizen(at), operator(place), second(place)]
}
