//! Model telephones: those of the seats and, behind the trunk, of the units. They speak SIP by plain
//! text of their own.

use mayorline::wire::sip::Request;
use rand::RngExt;
use rand::rngs::StdRng;
use std::time::Duration;

/// What a telephone does, some time later.
#[derive(Debug, Clone)]
pub(super) enum Does {
    /// Says this to the service.
    Says(Vec<u8>),
    /// Lifts the handset.
    Lifts,
    /// Puts it down.
    PutsDown,
}

/// A call at a telephone.
struct Call {
    /// The INVITE's fields that every answer repeats.
    head: String,
    call_id: String,
    cseq: u32,
    from: String,
    to: String,
    contact: String,
    answered: bool,
    over: bool,
}

/// One telephone.
pub(super) struct Phone {
    pub(super) port: u16,
    call: Option<Call>,
    cseq: u32,
}

impl Phone {
    pub(super) fn new(port: u16) -> Self {
        Self { port, call: None, cseq: 100 }
    }

    /// A request of the service: what is done about it, and when.
    pub(super) fn hear(&mut self, request: &Request, rng: &mut StdRng) -> Vec<(Duration, Does)> {
        let now = Duration::from_millis(2);
        match request.method.as_str() {
            "INVITE" => self.invited(request, rng),
            "ACK" => match self.call_of(request) {
                Some(call) if call.answered => {
                    let talks = Duration::from_millis(rng.random_range(500..90_000));
                    vec![(talks, Does::PutsDown)]
                }
                _ => Vec::new(),
            },
            "CANCEL" => {
                let mut says = vec![(now, Does::Says(answer(request, 200, "", "")))];
                if let Some(call) = self.call_of(request).filter(|call| !call.answered) {
                    call.over = true;
                    says.push((now, Does::Says(call.response(487, ""))));
                }
                says
            }
            _ => {
                if request.method.as_str() == "BYE"
                    && let Some(call) = self.call_of(request)
                {
                    call.over = true;
                }
                vec![(now, Does::Says(answer(request, 200, "", "")))]
            }
        }
    }

    /// Lifts the handset of the call that rings.
    pub(super) fn lift(&mut self) -> Option<Vec<u8>> {
        let sdp = sdp(self.port);
        let call = self.call.as_mut().filter(|call| !call.answered && !call.over)?;
        call.answered = true;
        Some(call.response(200, &sdp))
    }

    /// Puts it down.
    pub(super) fn put_down(&mut self) -> Option<Vec<u8>> {
        self.cseq += 1;
        let (port, cseq) = (self.port, self.cseq);
        let call = self.call.as_mut().filter(|call| call.answered && !call.over)?;
        call.over = true;
        Some(
            format!(
                "BYE {} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKp{port}x{cseq}\r\n\
                 Max-Forwards: 70\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {cseq} BYE\r\n\
                 Content-Length: 0\r\n\r\n",
                call.contact, call.to, call.from, call.call_id
            )
            .into_bytes(),
        )
    }

    fn call_of(&mut self, request: &Request) -> Option<&mut Call> {
        let id = request.headers.call_id().unwrap_or_default();
        self.call.as_mut().filter(|call| call.call_id == id)
    }

    fn invited(&mut self, request: &Request, rng: &mut StdRng) -> Vec<(Duration, Does)> {
        let soon = Duration::from_millis(2);
        let cseq = request.headers.cseq().unwrap().number;
        let sdp = sdp(self.port);
        if let Some(call) = self.call_of(request) {
            // Sent again, or a new description within the call.
            let answered = call.answered;
            if cseq > call.cseq {
                let with = format!("Contact: <sip:p@127.0.0.1:{}>\r\n", self.port);
                return vec![(soon, Does::Says(answer(request, 200, &with, &sdp)))];
            }
            let again = if answered { call.response(200, &sdp) } else { call.response(180, "") };
            return vec![(soon, Does::Says(again))];
        }
        let busy = self.call.as_ref().is_some_and(|call| !call.over);
        let call = Call::new(request, self.port);
        let refused = |status| call.response(status, "");
        let ringing = match rng.random_range(0..3) {
            0 => call.response(183, &sdp), // with early media
            _ => call.response(180, ""),
        };
        let does = match rng.random_range(0..100) {
            _ if busy => vec![(soon, Does::Says(refused(486)))],
            0..8 => vec![(soon, Does::Says(refused(486)))],
            8..12 => vec![(soon, Does::Says(ringing)), (3 * soon, Does::Says(refused(603)))],
            12..16 => vec![(soon, Does::Says(refused(503)))],
            16..22 => Vec::new(),                        // says nothing at all
            22..34 => vec![(soon, Does::Says(ringing))], // rings for ever
            _ => {
                let after = Duration::from_millis(rng.random_range(20..14_000));
                vec![(soon, Does::Says(ringing)), (after, Does::Lifts)]
            }
        };
        if !busy {
            self.call = Some(call);
        }
        does
    }
}

impl Call {
    fn new(request: &Request, port: u16) -> Self {
        let field = |name: &str| request.headers.get(name).unwrap_or_default().to_owned();
        let (from, call_id) = (field("From"), field("Call-ID"));
        let to = format!("{};tag=p{port}", field("To"));
        let vias: String =
            request.headers.values("Via").map(|via| format!("Via: {via}\r\n")).collect();
        let cseq = field("CSeq");
        let head = format!(
            "{vias}From: {from}\r\nTo: {to}\r\nCall-ID: {call_id}\r\nCSeq: {cseq}\r\n\
             Contact: <sip:p@127.0.0.1:{port}>\r\n"
        );
        let contact = field("Contact");
        let contact = contact.trim_start_matches('<').split('>').next().unwrap_or("").to_owned();
        let cseq = request.headers.cseq().unwrap().number;
        Self { head, call_id, cseq, from, to, contact, answered: false, over: false }
    }

    fn response(&self, status: u16, body: &str) -> Vec<u8> {
        with_body(format!("SIP/2.0 {status} X\r\n{}", self.head), body)
    }
}

/// An answer to any request of a call that exists.
fn answer(request: &Request, status: u16, extra: &str, body: &str) -> Vec<u8> {
    let mut text = format!("SIP/2.0 {status} X\r\n{extra}");
    for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
        for value in request.headers.values(name) {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    with_body(text, body)
}

fn with_body(mut text: String, body: &str) -> Vec<u8> {
    if !body.is_empty() {
        text.push_str("Content-Type: application/sdp\r\n");
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    text.into_bytes()
}

fn sdp(port: u16) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
         m=audio {} RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n",
        40_000 + (port % 1_000) * 2
    )
}
