//! What becomes of every torture message: one row each, with the section that describes it.
//!
//! `parse` is what `Message::parse` makes of it in a datagram, `stream` what a TCP connection makes
//! of it, `reply` what an endpoint that knows nothing of the call shall answer.

use Reply::{Nothing, Status};

/// What reading comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parse {
    /// A message for the endpoint.
    Message,
    /// Refused with that status.
    Answer(u16),
    /// Refused without an answer.
    Drop,
    /// More bytes are waited for.
    Incomplete,
}

/// What an endpoint answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reply {
    /// Whatever an ordinary request of its method gets.
    Ordinary,
    /// That status.
    Status(u16),
    /// Nothing: it is a response that fits no transaction.
    Nothing,
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Verdict {
    /// File name in `tests/sip/torture` without its ending.
    pub(crate) name: &'static str,
    /// RFC and section.
    pub(crate) section: &'static str,
    /// In a datagram.
    pub(crate) parse: Parse,
    /// On a stream: the first frame.
    pub(crate) stream: Parse,
    /// From the endpoint.
    pub(crate) reply: Reply,
}

impl Verdict {
    /// The final status that the endpoint owes for this message.
    pub(crate) fn status(&self, bytes: &[u8]) -> Option<u16> {
        match self.reply {
            Reply::Ordinary => Some(usual(bytes)),
            Status(status) => Some(status),
            Nothing => None,
        }
    }

    /// The same on a stream: its first frame decides.
    pub(crate) fn status_on_stream(&self, bytes: &[u8]) -> Option<u16> {
        match self.stream {
            Parse::Message => self.status(bytes),
            Parse::Answer(status) => Some(status),
            Parse::Drop | Parse::Incomplete => None,
        }
    }
}

/// What a request outside of any dialog gets when nothing is wrong with it.
fn usual(bytes: &[u8]) -> u16 {
    match bytes.trim_ascii_start().split(|&byte| byte == b' ').next() {
        Some(b"INVITE" | b"OPTIONS" | b"MESSAGE") => 200,
        // Where nobody has a seat, nobody registers.
        Some(b"REGISTER") => 405,
        other => panic!("no usual answer to {other:?}"),
    }
}

const fn ordinary(name: &'static str, section: &'static str) -> Verdict {
    understood(name, section, Reply::Ordinary)
}

const fn refused(name: &'static str, section: &'static str, status: u16) -> Verdict {
    let (parse, reply) = (Parse::Answer(status), Status(status));
    Verdict { name, section, parse, stream: parse, reply }
}

const fn understood(name: &'static str, section: &'static str, reply: Reply) -> Verdict {
    Verdict { name, section, parse: Parse::Message, stream: Parse::Message, reply }
}

const fn dropped(name: &'static str, section: &'static str) -> Verdict {
    let (parse, reply) = (Parse::Drop, Nothing);
    Verdict { name, section, parse, stream: parse, reply }
}

const fn on_stream(verdict: Verdict, stream: Parse) -> Verdict {
    Verdict { stream, ..verdict }
}

/// RFC 4475 §3 and RFC 5118 §4, in their order.
pub(crate) const VERDICTS: [Verdict; 61] = [
    // It has a To tag, so it belongs to a dialog that nobody knows.
    understood("wsinv", "RFC 4475 3.1.1.1", Status(481)),
    understood("intmeth", "RFC 4475 3.1.1.2", Status(501)),
    ordinary("esc01", "RFC 4475 3.1.1.3"),
    ordinary("escnull", "RFC 4475 3.1.1.4"),
    understood("esc02", "RFC 4475 3.1.1.5", Status(501)),
    ordinary("lwsdisp", "RFC 4475 3.1.1.6"),
    ordinary("longreq", "RFC 4475 3.1.1.7"),
    ordinary("dblreq", "RFC 4475 3.1.1.8"),
    ordinary("semiuri", "RFC 4475 3.1.1.9"),
    ordinary("transports", "RFC 4475 3.1.1.10"),
    // Well-formed, but a text is text/plain here; 415 says so in Accept.
    understood("mpart01", "RFC 4475 3.1.1.11", Status(415)),
    understood("unreason", "RFC 4475 3.1.1.12", Nothing),
    understood("noreason", "RFC 4475 3.1.1.13", Nothing),
    refused("badinv01", "RFC 4475 3.1.2.1", 400),
    on_stream(refused("clerr", "RFC 4475 3.1.2.2", 400), Parse::Incomplete),
    refused("ncl", "RFC 4475 3.1.2.3", 400),
    refused("scalar02", "RFC 4475 3.1.2.4", 400),
    dropped("scalarlg", "RFC 4475 3.1.2.5"),
    refused("quotbal", "RFC 4475 3.1.2.6", 400),
    refused("ltgtruri", "RFC 4475 3.1.2.7", 400),
    refused("lwsruri", "RFC 4475 3.1.2.8", 400),
    refused("lwsstart", "RFC 4475 3.1.2.9", 400),
    refused("trws", "RFC 4475 3.1.2.10", 400),
    refused("escruri", "RFC 4475 3.1.2.11", 400),
    // Nothing here reads Date, so it is passed over like an unknown header.
    ordinary("baddate", "RFC 4475 3.1.2.12"),
    refused("regbadct", "RFC 4475 3.1.2.13", 400),
    refused("badaspec", "RFC 4475 3.1.2.14", 400),
    refused("baddn", "RFC 4475 3.1.2.15", 400),
    refused("badvers", "RFC 4475 3.1.2.16", 505),
    refused("mismatch01", "RFC 4475 3.1.2.17", 400),
    refused("mismatch02", "RFC 4475 3.1.2.18", 400),
    dropped("bigcode", "RFC 4475 3.1.2.19"),
    refused("badbranch", "RFC 4475 3.2.1", 400),
    refused("insuf", "RFC 4475 3.3.1", 400),
    refused("unkscm", "RFC 4475 3.3.2", 416),
    refused("novelsc", "RFC 4475 3.3.3", 416),
    ordinary("unksm2", "RFC 4475 3.3.4"),
    understood("bext01", "RFC 4475 3.3.5", Status(420)),
    understood("invut", "RFC 4475 3.3.6", Status(415)),
    ordinary("regaut01", "RFC 4475 3.3.7"),
    refused("multi01", "RFC 4475 3.3.8", 400),
    refused("mcl01", "RFC 4475 3.3.9", 400),
    understood("bcast", "RFC 4475 3.3.10", Nothing),
    // Only a proxy answers 483; an endpoint is the end of the way.
    ordinary("zeromf", "RFC 4475 3.3.11"),
    ordinary("cparam01", "RFC 4475 3.3.12"),
    ordinary("cparam02", "RFC 4475 3.3.13"),
    ordinary("regescrt", "RFC 4475 3.3.14"),
    understood("sdp01", "RFC 4475 3.3.15", Status(406)),
    // RFC 2543 made Contact optional; without it no dialog can be kept (RFC 3261 §12.1.1).
    on_stream(understood("inv2543", "RFC 4475 3.4.1", Status(400)), Parse::Answer(400)),
    ordinary("ipv6-good", "RFC 5118 4.1"),
    refused("ipv6-bad", "RFC 5118 4.2", 400),
    ordinary("port-ambiguous", "RFC 5118 4.3"),
    ordinary("port-unambiguous", "RFC 5118 4.4"),
    understood("via-received-param-with-delim", "RFC 5118 4.5", Status(481)),
    ordinary("via-received-param-no-delim", "RFC 5118 4.5"),
    // G.726 only, in both messages with that body.
    understood("ipv6-in-sdp", "RFC 5118 4.6", Status(488)),
    understood("mult-ip-in-header", "RFC 5118 4.7", Status(481)),
    ordinary("mult-ip-in-sdp", "RFC 5118 4.8"),
    understood("ipv4-mapped-ipv6", "RFC 5118 4.9", Status(488)),
    ordinary("ipv6-correct-abnf-2-colons", "RFC 5118 4.10"),
    ordinary("ipv6-bug-abnf-3-colons", "RFC 5118 4.10"),
];
