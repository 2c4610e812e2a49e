//! Framing and connections over TCP.

use crate::harness::Ask;
use crate::house::{House, PATIENCE, PROMPT, Stream, tag_of};
use mayorline::proto::Transport;
use std::time::{Duration, Instant};

fn options(call: &str) -> Vec<u8> {
    Ask::new("OPTIONS", call, 1).bytes(Transport::Tcp)
}

fn answers(stream: &mut Stream, count: usize) {
    for n in 0..count {
        assert_eq!(stream.status(PATIENCE), Some(200), "answer {n} of {count}");
    }
}

#[test]
fn messages_are_found_however_the_segments_are_cut() {
    let house = House::open(&[]);
    let mut stream = house.connect();
    stream.send(&[options("two"), options("one-segment")].concat());
    answers(&mut stream, 2);
    for byte in options("byte-by-byte") {
        stream.send(&[byte]);
    }
    answers(&mut stream, 1);
    let (head, tail) = (options("fragments"), options("behind"));
    stream.send(&head[..50]);
    std::thread::sleep(Duration::from_millis(50));
    stream.send(&[&head[50..], &tail[..10]].concat());
    answers(&mut stream, 1);
    stream.send(&tail[10..]);
    answers(&mut stream, 1);
}

#[test]
fn a_double_crlf_is_answered_by_a_single_one() {
    let house = House::open(&[]);
    let mut stream = house.connect();
    stream.send(b"\r\n\r\n");
    assert_eq!(stream.bytes(PATIENCE), b"\r\n");
    stream.send(&options("behind"));
    answers(&mut stream, 1);
}

#[test]
fn what_cannot_be_framed_ends_its_connection_and_no_other() {
    let house = House::open(&[]);
    let mut bystander = house.connect();
    let text = |length: &str| {
        let text = String::from_utf8(options("x")).unwrap();
        text.replace("Content-Length: 0", &format!("Content-Length: {length}")).into_bytes()
    };
    for (what, bytes) in [
        ("Content-Length 4e9", text("4000000000")),
        ("negative", text("-1")),
        ("20 digits", text("99999999999999999999")),
        ("140 kB of junk", b"junk without an end ".repeat(7_000)),
        (
            "140 kB of one field",
            [b"OPTIONS sip:a SIP/2.0\r\nX: ".as_slice(), &[b'y'; 140_000]].concat(),
        ),
    ] {
        let mut stream = house.connect();
        stream.send(&bytes);
        assert!(stream.closes(PATIENCE), "{what} is closed");
        let start = Instant::now();
        bystander.send(&options(what.split(' ').next().unwrap()));
        assert_eq!(bystander.status(PATIENCE), Some(200), "{what}");
        assert!(start.elapsed() < 3 * PROMPT, "{what}: {:?}", start.elapsed());
    }
    let mut stream = house.connect();
    let missing = String::from_utf8(options("x")).unwrap().replace("Content-Length: 0\r\n", "");
    stream.send(missing.as_bytes());
    assert_eq!(stream.status(PATIENCE), Some(400), "RFC 3261 §18.3: mandatory on a stream");
}

#[test]
fn a_call_over_tcp_ends_with_its_connection() {
    let house = House::open(&["sip.calls_max=1"]);
    let mut stream = house.connect();
    stream.say(&Ask::invite("stream"));
    let answer = stream.final_answer(PATIENCE).unwrap();
    assert_eq!(answer.status(), Some(200));
    stream.say(&Ask::within("ACK", "stream", 1, &tag_of(&answer)));
    let peer = house.peer();
    assert_eq!(peer.status(&Ask::invite("full")), 503);
    drop(stream);
    let free = crate::support::wait_for(PATIENCE, || {
        static TRIES: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let n = TRIES.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        (peer.status(&Ask::invite(&format!("free{n}"))) == 200).then_some(())
    });
    assert!(free.is_some(), "the place is free again");
}

#[test]
fn connections_past_the_limit_are_closed_and_half_open_ones_hold_nothing() {
    const MAX: usize = 40;
    let house = House::open(&["sip.tcp_connections_max=40"]);
    let before = house.descriptors_at_rest();
    let mut open: Vec<Stream> = (0..3 * MAX).map(|_| house.connect()).collect();
    for stream in &mut open {
        stream.send(b"INVITE sip:half@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TC");
    }
    let closed = open.iter_mut().map(|stream| stream.closes(Duration::from_millis(60)));
    let closed = closed.filter(|closed| *closed).count();
    assert_eq!(closed, 2 * MAX, "of {} connections", open.len());
    assert!(house.descriptors() <= before + MAX, "{} and {before}", house.descriptors());
    assert!(house.peer().good_call("beside").is_some(), "UDP is not touched");
    drop(open);
    let back = crate::support::wait_for(PATIENCE, || (house.descriptors() <= before).then_some(()));
    assert!(back.is_some(), "{} descriptors, {before} before", house.descriptors());
    let mut stream = house.connect();
    stream.send(&options("after"));
    answers(&mut stream, 1);
}

#[test]
fn calls_cut_at_any_point_over_tcp_leave_nothing() {
    let house = House::open(&["sip.calls_max=5", "sip.calls_per_second_max=1000"]);
    let before = house.descriptors_at_rest();
    for n in 0..120 {
        let mut stream = house.connect();
        let call = format!("cut{n}");
        stream.say(&Ask::invite(&call));
        match n % 3 {
            0 => {}
            1 => drop(stream.next(PATIENCE)),
            _ => drop(stream.final_answer(PATIENCE)),
        }
    }
    let back = crate::support::wait_for(PATIENCE, || (house.descriptors() <= before).then_some(()));
    assert!(back.is_some(), "{} descriptors, {before} before", house.descriptors());
    // All places for calls are free again: five calls at once are taken.
    let peer = house.peer();
    for n in 0..5 {
        assert_eq!(peer.status(&Ask::invite(&format!("place{n}"))), 200);
    }
    assert_eq!(peer.status(&Ask::invite("none")), 503);
    assert_eq!(house.peer().status(&Ask::new("OPTIONS", "end", 1)), 200);
}
