//! Toll fraud from outside (`hardening.md` T13): nothing that somebody without a seat says makes a
//! call leave, neither by a trunk nor to an address that he names.

use crate::harness::Ask;
use crate::house::{House, PATIENCE, Peer};
use std::net::UdpSocket;
use std::time::Duration;

/// Abroad, and dear.
const DEAR: &str = "0085299990000";
/// What is wrongly dialled would leave within this, its first INVITE at once.
const A_LITTLE: Duration = Duration::from_millis(700);

/// A socket that must hear nothing: it is the trunk, or what the messages name.
struct Trap(UdpSocket);

impl Trap {
    fn open() -> Self {
        Self(UdpSocket::bind("127.0.0.1:0").unwrap())
    }

    fn address(&self) -> String {
        self.0.local_addr().unwrap().to_string()
    }

    fn is_silent(&self) {
        self.0.set_read_timeout(Some(A_LITTLE)).unwrap();
        let mut buffer = [0; 2_048];
        if let Ok((length, _)) = self.0.recv_from(&mut buffer) {
            panic!("a call leaves: {}", String::from_utf8_lossy(&buffer[..length]));
        }
    }
}

fn house(trunk: &Trap) -> House {
    let trunk =
        format!("outgoing.trunk=[{{ address = \"{}\", options_seconds = 0 }}]", trunk.address());
    House::open(&["outgoing.number=053712345000", &trunk])
}

/// Keys by SIP INFO; each is taken.
fn keys(peer: &Peer, call: &str, tag: &str, from: u32, keys: &str) {
    for (cseq, key) in (from..).zip(keys.chars()) {
        let body = format!("Signal={key}\r\nDuration=160\r\n");
        let info = Ask::within("INFO", call, cseq, tag).body("application/dtmf-relay", body);
        assert_eq!(peer.status(&info), 200, "key {key}");
    }
}

#[test]
fn an_invite_that_names_a_number_abroad_reaches_the_hotline_and_nobody_else() {
    let (trunk, named) = (Trap::open(), Trap::open());
    let house = house(&trunk);
    let peer = house.peer();
    let elsewhere = named.address();
    let mut dialled = Ask::invite("dialled");
    dialled.uri = format!("sip:{DEAR}@127.0.0.1");
    dialled.to_user = Some(DEAR.to_owned());
    peer.talk(&dialled);
    for (call, field) in [
        ("diversion", format!("Diversion: <sip:{DEAR}@{elsewhere}>;reason=unconditional")),
        ("history", format!("History-Info: <sip:{DEAR}@{elsewhere}>;index=1")),
        ("asserted", format!("P-Asserted-Identity: <sip:{DEAR}@{elsewhere}>")),
        ("preferred", "P-Preferred-Identity: <tel:+85299990000>".to_owned()),
        ("referred", format!("Referred-By: <sip:801@{elsewhere}>")),
        ("refer-to", format!("Refer-To: <sip:{DEAR}@{elsewhere}>")),
        ("reply-to", format!("Reply-To: <sip:{DEAR}@{elsewhere}>")),
    ] {
        peer.talk(&Ask::invite(call).field(&field));
    }
    let replaces = "Replaces: dialled;to-tag=x;from-tag=peer";
    assert_eq!(peer.status(&Ask::invite("replaces").field(replaces)), 403);
    trunk.is_silent();
    named.is_silent();
}

#[test]
fn what_a_citizen_asks_for_within_his_call_makes_no_other_call() {
    let (trunk, named) = (Trap::open(), Trap::open());
    let house = house(&trunk);
    let peer = house.peer();
    let (_, tag) = peer.talk(&Ask::invite("talk"));
    let (_, other) = peer.talk(&Ask::invite("other"));
    let elsewhere = named.address();
    for (cseq, to) in (2..).zip([
        format!("<sip:{DEAR}@{elsewhere}>"),
        format!("<sip:{DEAR}@127.0.0.1>"),
        "<tel:+85299990000>".to_owned(),
        "<sip:801@127.0.0.1>".to_owned(),
        format!("<sip:12345@127.0.0.1?Replaces=other%3Bto-tag%3D{other}%3Bfrom-tag%3Dpeer>"),
    ]) {
        let refer = Ask::within("REFER", "talk", cseq, &tag).field(&format!("Refer-To: {to}"));
        assert_eq!(peer.status(&refer), 403, "{to}");
    }
    assert!(
        peer.wait(PATIENCE / 10, |message| message.method() == Some("NOTIFY")).is_none(),
        "nothing is told of a transfer that is none"
    );
    // The menus, with what a dial-through of other houses would take.
    keys(&peer, "talk", &tag, 20, "9");
    keys(&peer, "talk", &tag, 30, &format!("{DEAR}#"));
    keys(&peer, "talk", &tag, 50, "*72");
    keys(&peer, "talk", &tag, 60, "31");
    assert_eq!(peer.status(&Ask::within("BYE", "talk", 90, &tag)), 200);
    trunk.is_silent();
    named.is_silent();
}
