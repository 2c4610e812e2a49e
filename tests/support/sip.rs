//! Just enough SIP text for a test caller. It reads only well-formed messages with long header
//! names and shares nothing with the product, so that it is a second opinion on what we send.

use std::net::{IpAddr, SocketAddr};

/// A message as lines.
#[derive(Debug, Clone)]
pub struct Message {
    /// Request or status line.
    pub first: String,
    /// Names in lower case, values trimmed, in order.
    pub headers: Vec<(String, String)>,
    /// What follows the empty line.
    pub body: String,
}

impl Message {
    /// Reads a datagram; `None` for keep-alives and what is no SIP.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.split("\r\n");
        let first = lines.next()?.to_owned();
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_lowercase(), value.trim().to_owned()))
            .collect();
        Some(Self { first, headers, body: body.to_owned() })
    }

    /// The status of a response.
    pub fn status(&self) -> Option<u16> {
        self.first.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()
    }

    /// The method of a request.
    pub fn method(&self) -> Option<&str> {
        let (method, rest) = self.first.split_once(' ')?;
        rest.ends_with(" SIP/2.0").then_some(method)
    }

    /// The first header of this lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Every header of this lower-case name, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Number and method of CSeq.
    pub fn cseq(&self) -> Option<(u32, &str)> {
        let (number, method) = self.header("cseq")?.split_once(' ')?;
        Some((number.parse().ok()?, method.trim()))
    }

    /// The answer to this request with the headers RFC 3261 section 8.2.6.2 asks for.
    pub fn response(&self, status: &str, contact: &str, body: &str) -> String {
        let mut text = format!("SIP/2.0 {status}\r\n");
        for name in ["via", "from", "to", "call-id", "cseq", "record-route"] {
            self.all(name).for_each(|value| text += &format!("{name}: {value}\r\n"));
        }
        text += &format!("Contact: <{contact}>\r\n");
        finish(text, body)
    }
}

/// Closes a message with its body; the only body a caller sends is SDP or what `head` declares.
pub fn finish(mut head: String, body: &str) -> String {
    if !body.is_empty() && !head.to_lowercase().contains("content-type:") {
        head += "Content-Type: application/sdp\r\n";
    }
    head + &format!("Content-Length: {}\r\n\r\n{body}", body.len())
}

/// The URI between `<` and `>`, or the whole value without parameters.
pub fn uri_of(value: &str) -> &str {
    match value.split_once('<') {
        Some((_, rest)) => rest.split('>').next().unwrap_or(rest),
        None => value.split(';').next().unwrap_or(value),
    }
}

/// What our descriptions say.
#[derive(Debug, Clone, Copy)]
pub struct Description {
    /// Where we take audio.
    pub rtp: SocketAddr,
    /// 0 or 8.
    pub codec: u8,
    /// Milliseconds in a packet.
    pub ptime: u32,
}

/// Our offer or answer: one audio line with the codec and telephone-event 101.
pub fn sdp(description: Description, direction: &str, version: u32) -> String {
    let Description { rtp, codec, ptime } = description;
    let (ip, port) = (rtp.ip(), rtp.port());
    let name = if codec == 0 { "PCMU" } else { "PCMA" };
    format!(
        "v=0\r\no=citizen 1 {version} IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP {codec} 101\r\na=rtpmap:{codec} {name}/8000\r\n\
         a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:{ptime}\r\na={direction}\r\n"
    )
}

/// Where the peer's SDP wants audio, and whether it takes payload type `codec`.
pub fn media_of(sdp: &str, codec: u8) -> Option<(SocketAddr, bool)> {
    let ip: IpAddr = sdp.lines().find_map(|l| l.strip_prefix("c=IN IP4 "))?.trim().parse().ok()?;
    let mut words = sdp.lines().find_map(|l| l.strip_prefix("m=audio "))?.split_whitespace();
    let port = words.next()?.parse().ok()?;
    let takes = words.skip(1).any(|word| word == codec.to_string());
    Some((SocketAddr::new(ip, port), takes))
}
