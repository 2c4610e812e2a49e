//! Attended transfer from a seat's telephone (RFC 5589 §7) on the virtual clock: its second call
//! consults, REFER with Replaces hands over, BYE gives the citizen back.

use super::desk::{SEAT_PORTS, TRUNK_PORT};
use super::line::{Line, field, sdp, tag};
use mayorline::domain::desk::{DeskCommand, Target};
use mayorline::units::PhoneNumber;
use mayorline::wire::sip::Request;
use sha2::{Digest as _, Sha256};

const NUMBER: &str = "13900000033";

fn sha(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Line {
    fn second(&self, method: &str, cseq: u32, to: &str, more: &str, body: &str) -> String {
        let (port, seat) = (self.port, 800 + self.port - SEAT_PORTS + 1);
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        format!(
            "{method} sip:{NUMBER}@127.0.0.1:5060 SIP/2.0\r\n\
             Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKs{method}{cseq}\r\nMax-Forwards: 70\r\n\
             From: <sip:{seat}@127.0.0.1>;tag=second\r\nTo: <sip:{NUMBER}@127.0.0.1>{to}\r\n\
             Call-ID: second\r\nCSeq: {cseq} {method}\r\nContact: <sip:{seat}@127.0.0.1:{port}>\r\n\
             {more}{kind}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    /// The telephone calls somebody else; it is challenged and proves its seat.
    fn begin_second(&mut self) {
        self.hear(self.port, &self.second("INVITE", 1, "", "", &sdp(30_200)));
        let challenge = self.answer_in("second", "INVITE").unwrap();
        assert_eq!(challenge.status, 401);
        let asked = field(&challenge.headers, "WWW-Authenticate");
        let nonce = asked.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap();
        let seat = 800 + self.port - SEAT_PORTS + 1;
        let uri = format!("sip:{NUMBER}@127.0.0.1:5060");
        let (a1, a2) = (sha(&format!("{seat}:mayorline:x")), sha(&format!("INVITE:{uri}")));
        let proof = sha(&format!("{a1}:{nonce}:00000001:cn:auth:{a2}"));
        let field = format!(
            "Authorization: Digest username=\"{seat}\",realm=\"mayorline\",nonce=\"{nonce}\",\
             uri=\"{uri}\",response=\"{proof}\",algorithm=SHA-256,cnonce=\"cn\",nc=00000001,qop=auth\r\n"
        );
        self.hear(self.port, &self.second("ACK", 1, "", "", ""));
        self.hear(self.port, &self.second("INVITE", 2, "", &field, &sdp(30_200)));
    }

    /// It does so, and the other one is rung.
    fn call_second(&mut self) -> Request {
        self.begin_second();
        self.pass(50);
        self.requests(TRUNK_PORT, "INVITE").pop().expect("he is rung")
    }

    /// He answers, and so is the second call; our tag of it.
    fn consult(&mut self) -> String {
        let rung = self.call_second();
        assert_eq!(self.answer_in("second", "INVITE").unwrap().status, 180);
        self.reply(TRUNK_PORT, &rung, 200, &sdp(30_300));
        self.pass(100);
        let answer = self.answer_in("second", "INVITE").unwrap();
        assert_eq!(answer.status, 200);
        let ours = tag(&field(&answer.headers, "To"));
        self.hear(self.port, &self.second("ACK", 2, &format!(";tag={ours}"), "", ""));
        self.pass(50);
        assert_eq!(self.began.len(), 4, "citizen, seat, he, and the seat's second leg");
        assert_eq!(
            (self.heard_by(3), self.heard_by(2)),
            (vec![2], vec![3]),
            "the second leg talks"
        );
        assert!(self.heard_by(0).is_empty() && self.heard_by(1).is_empty(), "the first waits");
        ours
    }
}

#[test]
fn a_second_call_consults_and_refer_with_replaces_hands_the_citizen_over() {
    let mut line = Line::talk();
    let ours = line.consult();
    let port = line.port;
    let replaces = format!("Replaces=second%3Bto-tag%3D{ours}%3Bfrom-tag%3Dsecond");
    line.refer(&format!("<sip:{NUMBER}@127.0.0.1?{replaces}>"));
    let told = line.notified();
    assert_eq!(told.first().map(String::as_str), Some("SIP/2.0 100 Trying\r\n"));
    assert_eq!(told.last().map(String::as_str), Some("SIP/2.0 200 OK\r\n"), "{told:?}");
    let mut ended: Vec<String> =
        line.requests(port, "BYE").iter().map(|bye| field(&bye.headers, "Call-ID")).collect();
    ended.sort_unstable();
    ended.dedup();
    assert_eq!(ended.len(), 2, "both calls of the telephone are released: {ended:?}");
    assert_eq!((line.heard_by(0), line.heard_by(2)), (vec![2], vec![0]), "they talk on");
}

#[test]
fn the_end_of_the_second_call_gives_the_citizen_back() {
    let mut line = Line::talk();
    let ours = line.consult();
    line.hear(line.port, &line.second("BYE", 3, &format!(";tag={ours}"), "", ""));
    line.pass(50);
    assert!(!line.requests(TRUNK_PORT, "BYE").is_empty(), "who was consulted is let go");
    assert_eq!((line.heard_by(0), line.heard_by(1)), (vec![1], vec![0]), "as before");
    assert!(line.requests(line.port, "BYE").is_empty(), "and the first call stays");
}

#[test]
fn who_is_busy_or_not_to_be_dialled_ends_the_second_call_and_leaves_the_first() {
    let mut line = Line::talk();
    let rung = line.call_second();
    line.reply(TRUNK_PORT, &rung, 486, "");
    line.pass(50);
    assert_eq!(line.answer_in("second", "INVITE").unwrap().status, 486);
    assert_eq!((line.heard_by(0), line.heard_by(1)), (vec![1], vec![0]));
    assert!(line.requests(line.port, "BYE").is_empty());
}

#[test]
fn a_second_call_that_is_given_up_while_it_rings_calls_the_other_one_off() {
    let mut line = Line::talk();
    let rung = line.call_second();
    line.reply(TRUNK_PORT, &rung, 180, "");
    line.hear(line.port, &line.second("CANCEL", 2, "", "", "").replace("sCANCEL2", "sINVITE2"));
    line.pass(50);
    assert_eq!(line.answer_in("second", "INVITE").unwrap().status, 487);
    assert!(!line.requests(TRUNK_PORT, "CANCEL").is_empty(), "nobody rings any more");
    assert_eq!((line.heard_by(0), line.heard_by(1)), (vec![1], vec![0]));
}

#[test]
fn a_second_call_that_has_rung_nobody_yet_ends_without_whom_the_page_consults() {
    let mut line = Line::talk();
    let number = PhoneNumber::parse(NUMBER).unwrap();
    let own = line.own();
    line.ask(&own, DeskCommand::Consult { target: Target::Outside { number } });
    line.pass(50);
    let rung = line.requests(TRUNK_PORT, "INVITE").pop().expect("the page has him rung");
    line.reply(TRUNK_PORT, &rung, 180, "");
    line.binds = false;
    line.begin_second();
    line.hear(line.port, &line.second("CANCEL", 2, "", "", "").replace("sCANCEL2", "sINVITE2"));
    line.pass(50);
    assert_eq!(line.answer_in("second", "INVITE").unwrap().status, 487);
    assert!(line.requests(TRUNK_PORT, "CANCEL").is_empty(), "he rings on");
}
