//! The table of the torture messages over real sockets; after each message a good request is
//! answered promptly.

use crate::corpus::message;
use crate::harness::Ask;
use crate::house::{House, PATIENCE, PROMPT, Peer, Stream, own_address};
use crate::support::sip::Message;
use crate::verdicts::{Parse, VERDICTS, Verdict};
use mayorline::proto::Transport;
use std::collections::HashSet;
use std::net::{IpAddr, UdpSocket};
use std::time::{Duration, Instant};

/// Where answers go that did not ask for rport: 5060, and the ports that Vias of the corpus name.
const SENT_BY_PORTS: [u16; 4] = [5060, 5050, 6050, 19_823];
/// A busy machine may be late for this share of the good requests, in percent.
const LATE_PERCENT_MAX: usize = 3;

/// Rows that may meet one service one after the other: messages of one Call-ID would be taken for
/// copies of each other.
fn rounds() -> Vec<Vec<Verdict>> {
    let mut rounds: Vec<(HashSet<String>, Vec<Verdict>)> = Vec::new();
    for verdict in VERDICTS {
        let bytes = message(verdict.name);
        let id = call_id(&bytes).unwrap_or_else(|| verdict.name.to_owned());
        match rounds.iter_mut().find(|(seen, _)| !seen.contains(&id)) {
            Some((seen, rows)) => {
                seen.insert(id);
                rows.push(verdict);
            }
            None => rounds.push((HashSet::from([id]), vec![verdict])),
        }
    }
    rounds.into_iter().map(|(_, rows)| rows).collect()
}

/// What a table run found.
#[derive(Default)]
struct Findings {
    rows: usize,
    wrong: Vec<String>,
    took: Vec<Duration>,
}

impl Findings {
    fn row(&mut self, verdict: &Verdict, want: Option<u16>, got: Option<u16>) {
        self.rows += 1;
        if want != got {
            let Verdict { name, section, .. } = verdict;
            self.wrong.push(format!("{name} ({section}): {got:?}, not {want:?}"));
        }
    }

    fn conclude(mut self, what: &str) {
        self.took.sort_unstable();
        let late = self.took.iter().filter(|took| **took > PROMPT).count();
        let (count, slowest) = (self.took.len(), self.took.last().unwrap());
        println!("{what}: {} rows, {count} good requests, slowest {slowest:?}", self.rows);
        assert_eq!(self.rows, VERDICTS.len());
        assert!(self.wrong.is_empty(), "{what}:\n{}", self.wrong.join("\n"));
        assert!(late * 100 <= LATE_PERCENT_MAX * count, "{late} of {count} later than {PROMPT:?}");
    }
}

fn open(ip: IpAddr) -> House {
    House::open(&[&format!("sip.trusted_peers=[\"{ip}\", \"127.0.0.1\"]")])
}

/// A good OPTIONS over UDP; how long its answer took.
fn good(peer: &Peer, name: &str) -> Duration {
    let start = Instant::now();
    assert_eq!(peer.status(&Ask::new("OPTIONS", &format!("good-{name}"), 1)), 200, "after {name}");
    start.elapsed()
}

fn ports(ip: IpAddr) -> Vec<UdpSocket> {
    let bind = |port: &u16| {
        let socket = UdpSocket::bind((ip, *port)).unwrap();
        socket.set_nonblocking(true).unwrap();
        socket
    };
    SENT_BY_PORTS.iter().map(bind).collect()
}

/// The Call-ID in lower case; calls of earlier rows still send their 200 again.
fn call_id(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        ["call-id", "i"].contains(&name.trim()).then(|| value.trim().to_owned())
    })
}

fn final_status(bytes: &[u8]) -> Option<u16> {
    // Refusals of unreadable messages may copy what is no text.
    let text = String::from_utf8_lossy(bytes);
    text.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok().filter(|status| *status >= 200)
}

/// The first final answer to a message at any of the sockets.
fn arrived(sockets: &[UdpSocket], asked: &[u8], limit: Duration) -> Option<u16> {
    let until = Instant::now() + limit;
    let mut buffer = [0; 65_536];
    loop {
        for socket in sockets {
            while let Ok((length, _)) = socket.recv_from(&mut buffer) {
                let told = &buffer[..length];
                if call_id(told) == call_id(asked) && final_status(told).is_some() {
                    return final_status(told);
                }
            }
        }
        if Instant::now() >= until {
            return None;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn every_torture_datagram_gets_the_answer_of_the_table() {
    let mut findings = Findings::default();
    for rows in rounds() {
        let ip = own_address();
        let house = open(ip);
        let sockets = ports(ip);
        let peer = Peer::new(house.service.udp(), ip);
        // Answers with rport come back to where the message was sent from.
        for verdict in rows {
            let bytes = message(verdict.name);
            let from = UdpSocket::bind((ip, 0)).unwrap();
            from.set_nonblocking(true).unwrap();
            from.send_to(&bytes, house.service.udp()).unwrap();
            findings.took.push(good(&peer, verdict.name));
            let want = verdict.status(&bytes);
            let limit = if want.is_some() { PATIENCE } else { Duration::from_millis(20) };
            let mut all: Vec<UdpSocket> = sockets.iter().map(|s| s.try_clone().unwrap()).collect();
            all.push(from);
            findings.row(&verdict, want, arrived(&all, &bytes, limit));
        }
    }
    findings.conclude("UDP");
}

fn on_stream(what: &str, send: impl Fn(&mut Stream, &[u8])) {
    let mut findings = Findings::default();
    for rows in rounds() {
        let ip = own_address();
        let house = open(ip);
        let peer = Peer::new(house.service.udp(), ip);
        for verdict in rows {
            let bytes = message(verdict.name);
            let mut stream = house.connect();
            send(&mut stream, &bytes);
            findings.took.push(good(&peer, verdict.name));
            let want = verdict.status_on_stream(&bytes);
            let limit = if want.is_some() { PATIENCE } else { Duration::from_millis(20) };
            findings.row(&verdict, want, stream.status(limit));
        }
    }
    findings.conclude(what);
}

#[test]
fn every_torture_message_on_a_stream_gets_the_answer_of_the_table() {
    on_stream("TCP", Stream::send);
}

#[test]
fn every_torture_message_byte_by_byte_gets_the_answer_of_the_table() {
    on_stream("TCP byte by byte", |stream, bytes| {
        bytes.iter().for_each(|byte| stream.send(&[*byte]));
    });
}

#[test]
fn a_request_pipelined_behind_a_torture_message_is_answered_on_its_connection() {
    let mut wrong = Vec::new();
    for rows in rounds() {
        let house = open("127.0.0.1".parse().unwrap());
        // A second message follows in dblreq; what is not understood may end the connection.
        for verdict in rows.iter().filter(|v| v.stream == Parse::Message && v.name != "dblreq") {
            let good = Ask::new("OPTIONS", &format!("behind-{}", verdict.name), 1);
            let mut stream = house.connect();
            stream.send(&[message(verdict.name), good.bytes(Transport::Tcp)].concat());
            let answered = |message: Message| message.header("call-id") == Some(&good.call);
            let until = Instant::now() + PATIENCE;
            let found = std::iter::from_fn(|| stream.next(until - Instant::now()))
                .any(|message| message.status() == Some(200) && answered(message));
            if !found {
                wrong.push(verdict.name);
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}
