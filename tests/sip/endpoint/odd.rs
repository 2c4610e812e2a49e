//! Every header × odd values × methods, in the manner of the PROTOS suite (hardening test T2).

use super::harness::Ask;

/// What is put in the place of a header's value.
pub(crate) const VALUES: [(&str, Odd); 24] = [
    ("empty", Odd::Text("")),
    ("one byte", Odd::Text("a")),
    ("64 bytes", Odd::Long(64)),
    ("1 KiB", Odd::Long(1 << 10)),
    ("8 KiB", Odd::Long(8 << 10)),
    ("64 KiB", Odd::Long(64 << 10)),
    ("no text", Odd::Bytes(b"\xFF\xFE\x81\x00\xC0")),
    ("half a GB18030 character", Odd::Bytes(b"\"\x84\x31\xA4\" <sip:a@b>")),
    ("format string", Odd::Text("%n%n%s%x")),
    ("NUL", Odd::Bytes(b"a\0b")),
    ("bare CR", Odd::Bytes(b"a\rb")),
    ("bare LF", Odd::Bytes(b"a\nb")),
    ("a header inside", Odd::Text("a\r\nX-Smuggled: yes")),
    ("nested quotes", Odd::Text("\"\\\"\"\\\"\"\\\\\"\"")),
    ("an open quote", Odd::Text("\"never closed <sip:a@b>")),
    ("nested brackets", Odd::Repeated("<", 2_000)),
    ("500 elements", Odd::Repeated("a,", 500)),
    ("500 parameters", Odd::Repeated("a;b=c;", 500)),
    ("negative", Odd::Text("-1")),
    ("2^31", Odd::Text("2147483648")),
    ("2^32", Odd::Text("4294967296")),
    ("2^64", Odd::Text("18446744073709551616")),
    ("a long number", Odd::Repeated("9", 400)),
    ("a wrong address", Odd::Text("<sip:[::1:::2]@:99999;;;?>;tag=;;=")),
];

/// How a value is made.
#[derive(Clone, Copy)]
pub(crate) enum Odd {
    Text(&'static str),
    Bytes(&'static [u8]),
    Long(usize),
    Repeated(&'static str, usize),
}

impl Odd {
    fn bytes(self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.as_bytes().to_vec(),
            Self::Bytes(bytes) => bytes.to_vec(),
            Self::Long(length) => vec![b'a'; length],
            Self::Repeated(text, times) => text.repeat(times).into_bytes(),
        }
    }
}

/// `URI` and `Version` stand for parts of the start line.
const PLACES: [&str; 36] = [
    "URI",
    "Version",
    "Via",
    "v",
    "From",
    "f",
    "To",
    "t",
    "Call-ID",
    "i",
    "CSeq",
    "Max-Forwards",
    "Content-Length",
    "l",
    "Content-Type",
    "Content-Encoding",
    "Content-Disposition",
    "Contact",
    "Route",
    "Record-Route",
    "Require",
    "Supported",
    "Allow",
    "Accept",
    "Session-Expires",
    "Min-SE",
    "Expires",
    "RAck",
    "RSeq",
    "Refer-To",
    "Replaces",
    "Event",
    "Info-Package",
    "P-Asserted-Identity",
    "Authorization",
    "X-Unheard-Of",
];

pub(crate) const METHODS: [&str; 13] = [
    "INVITE",
    "ACK",
    "BYE",
    "CANCEL",
    "OPTIONS",
    "REGISTER",
    "INFO",
    "REFER",
    "NOTIFY",
    "MESSAGE",
    "UPDATE",
    "PRACK",
    "FROBNICATE",
];

/// Whether the odd value takes the place of the good one or stands beside it.
const WAYS: usize = 2;

/// How many messages there are.
pub(crate) const COUNT: usize = PLACES.len() * VALUES.len() * METHODS.len() * WAYS;

/// The message of that number, and what it is.
pub(crate) fn message(number: usize) -> (Vec<u8>, String) {
    let (method, rest) = (METHODS[number % METHODS.len()], number / METHODS.len());
    let ((what, odd), rest) = (VALUES[rest % VALUES.len()], rest / VALUES.len());
    let (place, way) = (PLACES[rest % PLACES.len()], rest / PLACES.len());
    let call = format!("odd{number}");
    let mut ask = Ask::new(method, &call, 1).field("Contact: <sip:peer@127.0.0.2:5070>");
    if ["INVITE", "UPDATE", "PRACK", "ACK"].contains(&method) {
        ask = ask.sdp();
    }
    let text = String::from_utf8(ask.bytes(mayorline::proto::Transport::Udp)).unwrap();
    let (first, rest) = text.split_once("\r\n").unwrap();
    let (headers, body) = rest.split_once("\r\n\r\n").unwrap();
    let value = odd.bytes();
    let mut bytes = Vec::with_capacity(text.len() + value.len());
    let words: Vec<&str> = first.split(' ').collect();
    match place {
        "URI" => bytes.extend([words[0].as_bytes(), b" ", &value, b" SIP/2.0"].concat()),
        "Version" => bytes.extend([words[0], " ", words[1], " SIP/"].concat().into_bytes()),
        _ => bytes.extend_from_slice(first.as_bytes()),
    }
    if place == "Version" {
        bytes.extend_from_slice(&value);
    }
    for line in headers.split("\r\n") {
        let good = line.split(':').next() == Some(place);
        if !(good && way == 0) {
            bytes.extend([b"\r\n", line.as_bytes()].concat());
        }
    }
    if !["URI", "Version"].contains(&place) {
        bytes.extend([b"\r\n", place.as_bytes(), b": ", &value].concat());
    }
    bytes.extend([b"\r\n\r\n", body.as_bytes()].concat());
    (bytes, format!("{method} with {place} {what}, way {way}"))
}
