//! Blind transfer by the key of a seat's telephone (REFER without Replaces, RFC 5589 §6) on the
//! virtual clock: to a seat, to a number that presses 1, to one that is busy.

use super::desk::{SEAT_PORTS, SEATS, TRUNK_PORT};
use super::line::{Line, field, sdp};
use mayorline::wire::sip::Request;

const NUMBER: &str = "19900000033";

impl Line {
    /// The transfer key of the telephone that talks; `to` is the value of Refer-To.
    pub(super) fn refer(&mut self, to: &str) {
        let first = self.invite.clone().unwrap();
        let port = self.port;
        let refer = format!(
            "REFER sip:x@127.0.0.1:5060 SIP/2.0\r\n\
             Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKrefer\r\nMax-Forwards: 70\r\n\
             From: {};tag=p{port}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: 7 REFER\r\n\
             Contact: <sip:p@127.0.0.1:{port}>\r\nRefer-To: {to}\r\nContent-Length: 0\r\n\r\n",
            field(&first.headers, "To"),
            field(&first.headers, "From"),
            field(&first.headers, "Call-ID"),
        );
        self.hear(port, &refer);
        self.pass(50);
        let call = field(&first.headers, "Call-ID");
        assert_eq!(self.answer_in(&call, "REFER").unwrap().status, 202);
    }

    /// How the transfer goes, as the telephone was told.
    pub(super) fn notified(&self) -> Vec<String> {
        let told = self.requests(self.port, "NOTIFY");
        told.iter().map(|notify| String::from_utf8_lossy(&notify.body).into_owned()).collect()
    }

    /// The telephone was told of the success within its call, and released.
    fn is_released(&self) {
        assert_eq!(self.notified(), ["SIP/2.0 100 Trying\r\n", "SIP/2.0 200 OK\r\n"]);
        let asked = self.methods(self.port);
        let last = asked.iter().rposition(|method| method == "NOTIFY");
        let over = asked.iter().position(|method| method == "BYE");
        assert!(over.is_some() && last < over, "first the news, then the end: {asked:?}");
    }

    /// The call that a telephone is rung for, besides those that are `known`.
    fn rung(&self, port: u16, known: &[Request]) -> Request {
        let call = |invite: &Request| field(&invite.headers, "Call-ID");
        let known: Vec<String> = known.iter().map(call).collect();
        let mut invites = self.requests(port, "INVITE").into_iter();
        invites.find(|invite| !known.contains(&call(invite))).expect("it rings")
    }
}

#[test]
fn the_transfer_key_gives_the_citizen_to_another_seat() {
    let mut line = Line::talk();
    let mut ports = SEAT_PORTS..SEAT_PORTS + u16::try_from(SEATS).unwrap();
    let other = ports.find(|port| *port != line.port).unwrap();
    let known = line.requests(other, "INVITE");
    line.refer(&format!("<sip:{}@127.0.0.1>", 800 + other - SEAT_PORTS + 1));
    assert_eq!(line.notified(), ["SIP/2.0 100 Trying\r\n"]);
    let invite = line.rung(other, &known);
    assert!(line.heard_by(0).is_empty(), "nobody is heard while it rings");
    line.reply(other, &invite, 200, &sdp(30_200));
    line.pass(100);
    line.is_released();
    assert_eq!(line.began.len(), 3, "citizen, seat, the other seat");
    assert_eq!((line.heard_by(0), line.heard_by(2)), (vec![2], vec![0]), "they talk on");
    assert!(line.requests(other, "BYE").is_empty());
}

#[test]
fn the_transfer_key_gives_the_citizen_to_a_number_once_somebody_presses_one() {
    let mut line = Line::talk();
    line.refer(&format!("<sip:{NUMBER}@127.0.0.1;user=phone>"));
    let invite = line.rung(TRUNK_PORT, &[]);
    assert!(invite.uri.to_string().contains(NUMBER), "{}", invite.uri);
    line.reply(TRUNK_PORT, &invite, 200, &sdp(30_200));
    line.pass(100);
    assert_eq!(
        line.notified(),
        ["SIP/2.0 100 Trying\r\n"],
        "a mailbox has answered, for all we know"
    );
    assert!(line.heard_by(0).is_empty() && line.heard_by(2).is_empty());
    assert!(line.requests(line.port, "BYE").is_empty());
    line.press(2, '1');
    line.pass(50);
    line.is_released();
    assert_eq!((line.heard_by(0), line.heard_by(2)), (vec![2], vec![0]), "they talk on");
}

#[test]
fn a_transfer_to_somebody_who_is_busy_gives_the_citizen_back() {
    let mut line = Line::talk();
    line.refer(&format!("<tel:{NUMBER}>"));
    let invite = line.rung(TRUNK_PORT, &[]);
    line.reply(TRUNK_PORT, &invite, 486, "");
    line.pass(50);
    let told = line.notified();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[1].starts_with("SIP/2.0 480 "), "{told:?}");
    assert!(line.requests(line.port, "BYE").is_empty(), "the seat goes on");
    assert_eq!((line.heard_by(0), line.heard_by(1)), (vec![1], vec![0]));
}
