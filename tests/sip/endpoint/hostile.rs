//! Odd values everywhere, SDP and multipart bombs, and smuggling (hardening tests T2, T3, T5).

use super::harness::{Ask, Line, udp};
use super::odd;
use super::replies::{final_status, open_line, serve};
use mayorline::proto::{EndpointConfig, Transport};
use mayorline::wire::sdp::{SDP_BYTES_MAX, Session};
use mayorline::wire::sip::{Frame, Framer};
use std::time::{Duration, Instant};

/// T2: processor time of one message at the 99.9th percentile, what it causes to be sent included.
const HANDLED_MAX: Duration = Duration::from_millis(5);
/// T3: one bomb.
const BOMB_MAX: Duration = Duration::from_millis(10);

/// What this thread has used: other work of the machine does not count.
fn processor_time() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let nanos = u32::try_from(now.tv_nsec).unwrap();
    Duration::new(u64::try_from(now.tv_sec).unwrap(), nanos)
}

#[test]
fn odd_values_in_every_header_of_every_method_neither_stop_nor_fill_the_endpoint() {
    let trusted_peers = vec!["127.0.0.2".parse().unwrap()];
    let quick = EndpointConfig { calls_per_second_max: 100_000, ..EndpointConfig::default() };
    let mut line = Line::with(EndpointConfig { trusted_peers, ..quick });
    let mut took = Vec::with_capacity(odd::COUNT);
    let mut answered = 0;
    for number in 0..odd::COUNT {
        let (bytes, what) = odd::message(number);
        line.flow = udp("127.0.0.2:5070");
        if number % 2 == 1 {
            line = line.over_tcp(1 + number as u64 % 5);
        }
        let start = processor_time();
        line.endpoint.receive(line.now, line.flow, &bytes);
        took.push((processor_time() - start, number));
        line.drain();
        let replies = line.sent.len() + line.unreadable.len();
        assert!(replies <= 2, "{what}: {replies} messages out for one in");
        answered += usize::from(replies > 0);
        serve(&mut line);
        line.pass(5);
        line.sent.clear();
        line.unreadable.clear();
        if number % 100 == 0 {
            let probe = Ask::new("OPTIONS", &format!("probe{number}"), 1);
            line.flow = udp("127.0.0.2:5070");
            assert_eq!(line.statuses(&probe), [200], "after {what}");
        }
    }
    took.sort_unstable();
    let (slowest, number) = took[took.len() * 999 / 1000];
    println!("{} messages, {answered} answered at once, p99.9 {slowest:?}", odd::COUNT);
    println!("such as {}; worst {:?}", odd::message(number).1, took[took.len() - 1].0);
    assert!(odd::COUNT >= 20_000 && answered > odd::COUNT / 2);
    assert!(slowest <= HANDLED_MAX, "{slowest:?}");
    for connection in 1..=5 {
        line.endpoint.connection_closed(line.now, connection);
    }
    // A call whose 200 nobody acknowledges ends after 64*T1, and so does its BYE.
    line.pass(40_000);
    line.assert_quiet();
}

/// A description of about that many bytes made of one repeated piece.
fn bomb(head: &str, piece: &str, bytes: usize) -> String {
    let start =
        format!("v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\n{head}");
    let times = bytes.saturating_sub(start.len()) / piece.len();
    start + &piece.repeat(times)
}

const AUDIO: &str = "m=audio 4000 RTP/AVP 8\r\n";

#[test]
#[allow(clippy::disallowed_methods)] // the bound on time is what is tested
fn bombs_in_descriptions_are_refused_in_linear_time() {
    for (what, head, piece) in [
        ("media lines", "", AUDIO),
        ("attributes", AUDIO, "a=x\r\n"),
        ("formats", "m=audio 4000 RTP/AVP 8", " 8"),
        ("one long attribute", "m=audio 4000 RTP/AVP 8\r\na=fmtp:8 ", "x;"),
        ("rtpmaps", AUDIO, "a=rtpmap:8 PCMA/8000\r\n"),
        ("colons", AUDIO, "a=:::::\r\n"),
        ("empty lines", AUDIO, "\r\n"),
        ("connections", AUDIO, "c=IN IP4 127.0.0.2\r\n"),
    ] {
        let fastest = |bytes: usize| {
            let text = bomb(head, piece, bytes);
            let run = || {
                let start = Instant::now();
                let _ = Session::parse(text.as_bytes());
                start.elapsed()
            };
            (0..7).map(|_| run()).min().unwrap()
        };
        let (small, large) = (fastest(SDP_BYTES_MAX / 4), fastest(SDP_BYTES_MAX));
        let past = fastest(60_000);
        assert!(large <= BOMB_MAX && past <= BOMB_MAX, "{what}: {large:?} {past:?}");
        // Four times the bytes: linear is 4, quadratic 16. A floor keeps clock grains out.
        let floor = Duration::from_micros(20);
        assert!(large <= 9 * small.max(floor), "{what}: {small:?} becomes {large:?}");
        for bytes in [SDP_BYTES_MAX / 4, SDP_BYTES_MAX, 60_000] {
            let mut line = open_line();
            let invite = Ask::invite("bomb").without("Content-Type");
            line.ask(&invite.body("application/sdp", bomb(head, piece, bytes)));
            serve(&mut line);
            let status = final_status(&line).unwrap();
            assert!([200, 400, 413, 488, 513].contains(&status), "{what}: {status}");
            assert!(status != 200 || bytes <= SDP_BYTES_MAX, "{what}: {bytes} bytes are taken");
        }
    }
}

#[test]
fn numbers_at_their_edges_in_a_description_are_refused_or_taken_by_rule() {
    for (lines, status) in [
        ("m=audio 0 RTP/AVP 8\r\n", 488),
        ("m=audio 65536 RTP/AVP 8\r\n", 488),
        ("m=audio 65535 RTP/AVP 8\r\n", 200),
        ("m=audio -1 RTP/AVP 8\r\n", 488),
        ("m=audio 4000 RTP/AVP 8\r\na=ptime:0\r\n", 200),
        ("m=audio 4000 RTP/AVP 8\r\na=ptime:1\r\n", 200),
        ("m=audio 4000 RTP/AVP 8\r\na=ptime:60000\r\n", 200),
        ("m=audio 4000 RTP/AVP 8\r\na=ptime:20\r\na=maxptime:10\r\n", 200),
        (
            "m=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 99999999999999999999\r\n",
            200,
        ),
    ] {
        let mut line = open_line();
        let invite = Ask::invite("edge").without("Content-Type");
        line.ask(&invite.body("application/sdp", bomb(lines, "x", 0)));
        serve(&mut line);
        assert_eq!(final_status(&line), Some(status), "{lines}");
    }
}

#[test]
fn multipart_bombs_get_415() {
    let nested: String = (0..64)
        .map(|n| format!("--b{n}\r\nContent-Type: multipart/mixed;boundary=b{}\r\n\r\n", n + 1))
        .collect();
    let boundary = "b".repeat(8_000);
    for (kind, body) in [
        ("multipart/mixed;boundary=b0".to_owned(), nested),
        (format!("multipart/mixed;boundary={boundary}"), format!("--{boundary}\r\n\r\n")),
        ("multipart/mixed".to_owned(), "--\r\n".repeat(10_000)),
    ] {
        let invite = Ask::invite("multi").without("Content-Type").body(&kind, body);
        let mut line = open_line();
        assert_eq!(line.statuses(&invite), [415]);
        assert_eq!(line.endpoint.counts(), mayorline::proto::Counts::default());
    }
}

fn altered(from: &str, to: &str) -> Vec<u8> {
    let ask = Ask::new("OPTIONS", "smuggled", 1).field("Subject: plain");
    let text = String::from_utf8(ask.bytes(Transport::Tcp)).unwrap();
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1).into_bytes()
}

#[test]
fn what_two_readers_could_understand_differently_is_refused_or_read_by_one_rule() {
    let from = "From: <sip:19900000017@127.0.0.2>;tag=peer\r\n";
    let to = "To: <sip:12345@127.0.0.1>\r\n";
    let twice = |line: &str, again: &str| format!("{line}{again}");
    for (what, old, new, status) in [
        // RFC 3261 §7.3.1: blanks before the colon and folding are part of the grammar.
        ("space before colon", "Subject:", "Subject :".to_owned(), 200),
        ("tab before colon", "Subject:", "Subject\t:".to_owned(), 200),
        ("folded", "plain", "plain\r\n folded".to_owned(), 200),
        ("folded by a tab", "plain", "plain\r\n\tfolded".to_owned(), 200),
        ("a folded second length", "plain", "plain\r\n Content-Length: 99".to_owned(), 200),
        ("tab before the number", "Content-Length: 0", "Content-Length:\t0".to_owned(), 200),
        ("space before the length's colon", "Content-Length:", "Content-Length :".to_owned(), 200),
        ("length twice", "Content-Length: 0", "Content-Length: 0\r\nContent-Length: 5".into(), 400),
        (
            "the same length twice",
            "Content-Length: 0",
            "Content-Length: 0\r\nContent-Length: 0".into(),
            400,
        ),
        (
            "long and compact length",
            "Content-Length: 0",
            "l: 0\r\nContent-Length: 5".to_owned(),
            400,
        ),
        ("a list of lengths", "Content-Length: 0", "Content-Length: 0, 0".to_owned(), 400),
        ("a signed length", "Content-Length: 0", "Content-Length: +0".to_owned(), 400),
        ("a length in hex", "Content-Length: 0", "Content-Length: 0x0".to_owned(), 400),
        ("From twice", from, twice(from, from), 400),
        ("From and f", from, twice(from, "f: <sip:other@b>;tag=2\r\n"), 400),
        ("To and t", to, twice(to, "t: <sip:other@b>\r\n"), 400),
        ("Call-ID and i", "Call-ID: smuggled", "i: other\r\nCall-ID: smuggled".to_owned(), 400),
        ("CSeq twice", "CSeq: 1 OPTIONS", "CSeq: 1 OPTIONS\r\nCSeq: 2 BYE".to_owned(), 400),
        (
            "Max-Forwards twice",
            "Max-Forwards: 70",
            "Max-Forwards: 70\r\nMax-Forwards: 0".into(),
            400,
        ),
        ("no colon", "Subject: plain", "Subject plain".to_owned(), 400),
        ("an empty name", "Subject:", ":".to_owned(), 400),
    ] {
        let bytes = altered(old, &new);
        let mut line = open_line();
        line.raw(&bytes);
        assert_eq!(final_status(&line), Some(status), "{what} in a datagram");
        let mut framer = Framer::default();
        let good = Ask::new("OPTIONS", "behind", 1).bytes(Transport::Tcp);
        let _ = framer.push(&[bytes, good].concat());
        let mut read = Vec::new();
        while let Ok(Some(frame)) = framer.poll_frame() {
            if let Frame::Message(parsed) = frame {
                read.push(*parsed);
            }
        }
        // Where the end of the first is beyond doubt the second is read; else the stream ends.
        let doubtful = status == 400 && what.contains("length");
        assert!(read.len() == 2 || doubtful, "{what}: {} messages on a stream", read.len());
        assert_eq!(read[0].is_ok(), status == 200, "{what} on a stream");
        assert!(read.iter().flatten().count() <= 1 + usize::from(status == 200), "{what}");
    }
}
