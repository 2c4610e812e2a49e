//! A model caller: what it sends when, seeded. It speaks SIP by plain text of its own, so that the
//! service is not tested against itself.

use rand::rngs::StdRng;
use rand::{Rng, RngExt};
use std::time::Duration;

/// What a caller is up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Habit {
    /// Talks to the line and hangs up some time.
    Ordinary,
    /// Gives up while it rings.
    Cancels,
    /// Is never heard of again after its INVITE.
    Vanishes,
    /// Puts the line on hold and comes back.
    Holds,
    /// Sends a text.
    Texts,
    /// Scans the line with nonsense.
    Scans,
}

/// Retransmissions of one request, as RFC 3261 has them for UDP.
pub(super) const RESENDS_MAX: u32 = 10;

/// One caller with its dialog.
pub(super) struct Citizen {
    pub(super) index: usize,
    pub(super) habit: Habit,
    pub(super) call_id: String,
    pub(super) to_tag: Option<String>,
    pub(super) answered: bool,
    pub(super) over: bool,
    pub(super) cseq: u32,
    /// Method and final status of what it waits for.
    pub(super) waiting: Option<(String, u32)>,
    pub(super) text_accepted: bool,
}

impl Citizen {
    pub(super) fn new(index: usize, seed: u64, rng: &mut StdRng) -> Self {
        let habit = match rng.random_range(0..100) {
            0..60 => Habit::Ordinary,
            60..68 => Habit::Cancels,
            68..76 => Habit::Vanishes,
            76..86 => Habit::Holds,
            86..94 => Habit::Texts,
            _ => Habit::Scans,
        };
        Self {
            index,
            habit,
            call_id: format!("{seed:x}-{index}-{:x}", rng.next_u32()),
            to_tag: None,
            answered: false,
            over: false,
            cseq: 1,
            waiting: None,
            text_accepted: false,
        }
    }

    /// The port it calls from.
    pub(super) fn port(&self) -> u16 {
        6000 + u16::try_from(self.index % 50_000).unwrap()
    }

    fn number(&self) -> String {
        format!("1990000{:04}", self.index % 10_000)
    }

    fn request(
        &self,
        method: &str,
        cseq: u32,
        branch: &str,
        body: Option<(&str, &str)>,
    ) -> Vec<u8> {
        let tag = self.to_tag.as_ref().map(|tag| format!(";tag={tag}")).unwrap_or_default();
        let (content, body) = body.map_or((String::new(), ""), |(kind, body)| {
            (format!("Content-Type: {kind}\r\n"), body)
        });
        let (port, number) = (self.port(), self.number());
        format!(
            "{method} sip:mayor@127.0.0.1:5060 SIP/2.0\r\n\
             Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{branch}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:{number}@127.0.0.1>;tag=c{}\r\n\
             To: <sip:mayor@127.0.0.1>{tag}\r\nCall-ID: {}\r\nCSeq: {cseq} {method}\r\n\
             Contact: <sip:{number}@127.0.0.1:{port}>\r\n{content}Content-Length: {}\r\n\r\n{body}",
            self.index,
            self.call_id,
            body.len()
        )
        .into_bytes()
    }

    fn branch(&self, cseq: u32, method: &str) -> String {
        format!("{}x{cseq}{method}", self.call_id)
    }

    pub(super) fn invite(&self, delayed_offer: bool) -> Vec<u8> {
        let sdp = self.sdp("sendrecv");
        let body = (!delayed_offer).then_some(("application/sdp", sdp.as_str()));
        self.request("INVITE", 1, &self.branch(1, "INVITE"), body)
    }

    pub(super) fn reinvite(&self, cseq: u32, direction: &str) -> Vec<u8> {
        let sdp = self.sdp(direction);
        let body = Some(("application/sdp", sdp.as_str()));
        self.request("INVITE", cseq, &self.branch(cseq, "INVITE"), body)
    }

    pub(super) fn ack(&self, cseq: u32, accepted: bool, delayed_offer: bool) -> Vec<u8> {
        let sdp = self.sdp("sendrecv");
        let body =
            (accepted && delayed_offer && cseq == 1).then_some(("application/sdp", sdp.as_str()));
        // The ACK of a refusal belongs to the INVITE's transaction, that of a 200 does not.
        let branch = self.branch(cseq, if accepted { "ACK" } else { "INVITE" });
        self.request("ACK", cseq, &branch, body)
    }

    pub(super) fn cancel(&self) -> Vec<u8> {
        self.request("CANCEL", 1, &self.branch(1, "INVITE"), None)
    }

    pub(super) fn bye(&self, cseq: u32) -> Vec<u8> {
        self.request("BYE", cseq, &self.branch(cseq, "BYE"), None)
    }

    pub(super) fn text(&self) -> Vec<u8> {
        let body = Some(("text/plain;charset=utf-8", "村里的路灯不亮，请派人看看。"));
        self.request("MESSAGE", 1, &self.branch(1, "MESSAGE"), body)
    }

    pub(super) fn nonsense(&self, rng: &mut StdRng) -> Vec<u8> {
        match rng.random_range(0..4) {
            0 => self.request("REGISTER", 1, &self.branch(1, "REGISTER"), None),
            1 => self.request("FOO", 1, &self.branch(1, "FOO"), None),
            2 => self.request("BYE", 9, &self.branch(9, "BYE"), None),
            _ => {
                let mut bytes = self.invite(false);
                for _ in 0..rng.random_range(1..6) {
                    let at = rng.random_range(0..bytes.len());
                    bytes[at] = rng.random();
                }
                bytes
            }
        }
    }

    fn sdp(&self, direction: &str) -> String {
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
             m=audio {} RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na={direction}\r\n",
            30_000 + (self.index % 10_000) * 2
        )
    }
}

/// When a request is sent again for the n-th time.
pub(super) fn resend_after(n: u32) -> Duration {
    Duration::from_millis((500_u64 << n.min(3)).min(4000))
}
