//! Reports about the sound (RTCP) over real sockets: what the line says of what it sent and heard, and
//! what it makes of a citizen's. Read and written here by RFC 3550 §6 alone.

use crate::line::{House, LINE, account};
use crate::support::citizen::{Call, Dial};
use crate::support::rtp::{Capture, Impairment};
use crate::support::wait_for;
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// RFC 3550 §6.2, §6.3.1: every 5 s, each time between a half and one and a half of that.
const PAUSE_MIN: Duration = Duration::from_millis(2_500);
const PAUSE_MAX: Duration = Duration::from_millis(7_500);
/// What a busy machine adds.
const SLACK: Duration = Duration::from_secs(1);
/// Share of our packets that the line loses, and what the citizen reports of the service's, of 256.
const LOSS: f64 = 0.1;
const LOSS_REPORTED: u8 = 64;
/// Losses before the first packet, after the last one, or while a report was on its way.
const LOST_AT_EDGES_MAX: u32 = 8;
const SECONDS_1900_TO_1970: u64 = 2_208_988_800;
const CNAME: &[u8] = b"citizen@127.0.0.1";

#[derive(Debug, Clone, Copy)]
struct Sender {
    ntp: u64,
    rtp: u32,
    packets: u32,
    octets: u32,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    ssrc: u32,
    fraction_lost: u8,
    lost: u32,
    sequence: u32,
    jitter: u32,
    last_report: u32,
    since_last_report: u32,
}

/// A compound packet, as it came.
#[derive(Debug)]
struct Report {
    at: Instant,
    wall: u64,
    ssrc: u32,
    sender: Option<Sender>,
    block: Option<Block>,
    cname: String,
    bye: bool,
}

pub(crate) fn reports_tell_what_was_sent_and_heard_and_a_goodbye_by_report_ends_no_call() {
    let house = House::open();
    let loss = Impairment { seed: 7, loss: LOSS, ..Impairment::default() };
    let dial = Dial::new(house.service.udp(), LINE).from("19900000045").impair(loss);
    let call = dial.with_reports().call().expect("the line answers");
    let first = next(&call, PAUSE_MIN + SLACK);
    first.tells_of(&call);
    // What the citizen reports comes back in the next one.
    let told = ntp();
    let stream = call.stream();
    let (ssrc, heard) = (stream.ssrc, block_about(&first));
    let ours = Sender { ntp: told, rtp: 0, packets: stream.sent, octets: stream.sent * 160 };
    say(&call, &[sender_report(ssrc, ours, heard), description(ssrc)]);
    let told_at = Instant::now();
    let second = next(&call, PAUSE_MAX + SLACK);
    second.tells_of(&call);
    second.follows(&first);
    let block = second.block.expect("the citizen was heard");
    assert_eq!(block.last_report, middle(told), "{second:?}");
    let since = Duration::from_micros((u64::from(block.since_last_report) * 1_000_000) >> 16);
    assert!(since.abs_diff(second.at - told_at) < SLACK / 2, "{since:?} of {second:?}");
    // A citizen whose report says that his sound ends has not hung up.
    say(&call, &[receiver_report(ssrc, block_about(&second)), description(ssrc), goodbye(ssrc)]);
    let third = next(&call, PAUSE_MAX + SLACK);
    third.tells_of(&call);
    third.follows(&second);
    assert!(!call.ended(), "the call goes on");
    assert_eq!(call.request("BYE", "", ""), Some(200));
    let mut after = std::iter::repeat_with(|| next(&call, PAUSE_MAX));
    let last = after.find(|report| report.bye).unwrap();
    let lost = call.stream().lost;
    let capture = call.vanish();
    for report in [&first, &second, &third] {
        report.counts(&capture);
    }
    assert_eq!((last.ssrc, last.cname), (third.ssrc, third.cname));
    let account = account(&house.service, "19900000045");
    let counted = u32::try_from(account["legs"][0]["lost"].as_u64().unwrap()).unwrap();
    assert!(counted.abs_diff(lost) <= LOST_AT_EDGES_MAX, "{counted} of {lost} are in the account");
    // And what he reported last of ours; eight samples are a millisecond.
    let reported = serde_json::json!({"by": "citizen", "lost": 100, "percent": 25, "jitter_ms": 1});
    assert_eq!(account["legs"][0]["reported"], reported);
    let logged = wait_for(Duration::from_secs(5), || {
        let told = house.service.stderr();
        let line = told.lines().find(|line| line.contains("lost packets of ours"))?.to_owned();
        Some(line)
    });
    let logged = logged.expect("what the citizen reported is in the log");
    assert!(logged.contains("percent=25") && logged.contains("round_trip_ms=Some("), "{logged}");
}

impl Report {
    /// Its source, its clock, and the citizen's sound as he sent it.
    fn tells_of(&self, call: &Call) {
        let heard = call.heard();
        let packets = &heard.packets;
        assert!(packets.iter().all(|packet| packet.ssrc == self.ssrc), "{self:?}: one source");
        assert!(!self.bye, "{self:?}");
        assert!(!self.cname.is_empty() && !self.cname.contains("1990000"), "{self:?}");
        let sender = self.sender.unwrap_or_else(|| panic!("{self:?} is of a sender"));
        assert!(seconds(self.wall.wrapping_sub(sender.ntp)) < 1.0, "{self:?}: NTP time");
        let (stream, block) = (call.stream(), self.block.expect("the citizen was heard"));
        assert_eq!(block.ssrc, stream.ssrc, "{self:?}");
        assert!(
            stream.lost.abs_diff(block.lost) <= LOST_AT_EDGES_MAX,
            "{} of {self:?}",
            stream.lost
        );
        // A tenth of 256, as far as it spreads over the packets of the shortest interval.
        assert!((1..=64).contains(&block.fraction_lost), "{self:?}");
        assert!(block.jitter < 160, "{self:?}: of a line without jitter");
    }

    /// It came after another in time, and both clocks of the sender say so.
    fn follows(&self, before: &Self) {
        assert_eq!((self.ssrc, &self.cname), (before.ssrc, &before.cname));
        let pause = self.at - before.at;
        assert!(pause > PAUSE_MIN - SLACK / 4, "{pause:?} after the last");
        let (then, now) = (before.sender.unwrap(), self.sender.unwrap());
        let by_wall = seconds(now.ntp - then.ntp);
        let by_samples = f64::from(now.rtp.wrapping_sub(then.rtp)) / 8_000.0;
        // A frame, and what is skipped after a stall.
        assert!((by_wall - by_samples).abs() < 0.3, "{by_wall} s are {by_samples} s of samples");
        assert!((by_wall - pause.as_secs_f64()).abs() < 0.5, "{by_wall} s in {pause:?}");
    }

    /// Every packet before the instant of the report was counted, and no other.
    fn counts(&self, capture: &Capture) {
        let sender = self.sender.unwrap();
        let first = capture.packets.first().expect("something was heard").timestamp;
        let passed = sender.rtp.wrapping_sub(first);
        let before = |timestamp: u32| timestamp.wrapping_sub(first) < passed;
        let packets = capture.packets.iter().filter(|packet| before(packet.timestamp)).count();
        assert_eq!(sender.packets as usize, packets, "{self:?}");
        assert_eq!(sender.octets, sender.packets * 160, "{self:?}");
    }
}

/// The next report; it comes from the port after that of the audio.
fn next(call: &Call, limit: Duration) -> Report {
    let mut bytes = [0; 1_500];
    call.reports().set_read_timeout(Some(limit)).unwrap();
    let (len, from) = call.reports().recv_from(&mut bytes).expect("a report in time");
    assert_eq!(from, place(call));
    parse(&bytes[..len])
}

fn place(call: &Call) -> SocketAddr {
    let audio = call.remote_media();
    SocketAddr::new(audio.ip(), audio.port() + 1)
}

fn parse(bytes: &[u8]) -> Report {
    let (at, wall) = (Instant::now(), ntp());
    let (ssrc, cname) = (word(bytes, 1), String::new());
    let mut report = Report { at, wall, ssrc, sender: None, block: None, cname, bye: false };
    let mut rest = bytes;
    while !rest.is_empty() {
        let words = usize::from(u16::from_be_bytes([rest[2], rest[3]])) + 1;
        let (packet, after) = rest.split_at(4 * words);
        assert_eq!((packet[0] >> 6, word(packet, 1)), (2, ssrc), "version and source of {bytes:?}");
        let blocks = packet[0] & 0x1F;
        match packet[1] {
            200 => {
                let ntp = u64::from(word(packet, 2)) << 32 | u64::from(word(packet, 3));
                let (rtp, packets, octets) = (word(packet, 4), word(packet, 5), word(packet, 6));
                report.sender = Some(Sender { ntp, rtp, packets, octets });
                report.block = (blocks == 1).then(|| block(&packet[28..]));
            }
            201 => report.block = (blocks == 1).then(|| block(&packet[8..])),
            202 => {
                let len = usize::from(packet[9]);
                assert_eq!(packet[8], 1, "CNAME");
                report.cname = String::from_utf8(packet[10..10 + len].to_vec()).unwrap();
            }
            203 => report.bye = true,
            kind => panic!("a packet of type {kind} in {bytes:?}"),
        }
        rest = after;
    }
    report
}

fn block(bytes: &[u8]) -> Block {
    assert_eq!(bytes.len(), 24, "one block");
    let losses = word(bytes, 1);
    Block {
        ssrc: word(bytes, 0),
        fraction_lost: bytes[4],
        lost: losses & 0xFF_FFFF,
        sequence: word(bytes, 2),
        jitter: word(bytes, 3),
        last_report: word(bytes, 4),
        since_last_report: word(bytes, 5),
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(*bytes[4 * at..].first_chunk().expect("a whole word"))
}

/// What the citizen says of the service's sound: a quarter is lost.
fn block_about(report: &Report) -> Block {
    let delay = u32::try_from((report.at.elapsed().as_micros() << 16) / 1_000_000).unwrap();
    Block {
        ssrc: report.ssrc,
        fraction_lost: LOSS_REPORTED,
        lost: 100,
        sequence: 70_000,
        jitter: 8,
        last_report: middle(report.sender.unwrap().ntp),
        since_last_report: delay,
    }
}

fn say(call: &Call, packets: &[Vec<u8>]) {
    call.reports().send_to(&packets.concat(), place(call)).unwrap();
}

fn sender_report(ssrc: u32, sender: Sender, block: Block) -> Vec<u8> {
    let mut bytes = sender.ntp.to_be_bytes().to_vec();
    for word in [sender.rtp, sender.packets, sender.octets] {
        bytes.extend(word.to_be_bytes());
    }
    bytes.extend(written(block));
    packet(1, 200, ssrc, &bytes)
}

fn receiver_report(ssrc: u32, block: Block) -> Vec<u8> {
    packet(1, 201, ssrc, &written(block))
}

fn description(ssrc: u32) -> Vec<u8> {
    let mut bytes = vec![1, u8::try_from(CNAME.len()).unwrap()];
    bytes.extend(CNAME);
    // The list of items ends with one to four zero bytes up to the next word.
    bytes.resize((bytes.len() / 4 + 1) * 4, 0);
    packet(1, 202, ssrc, &bytes)
}

fn goodbye(ssrc: u32) -> Vec<u8> {
    packet(1, 203, ssrc, &[])
}

fn written(block: Block) -> Vec<u8> {
    let losses = u32::from(block.fraction_lost) << 24 | block.lost;
    let words = [block.ssrc, losses, block.sequence, block.jitter];
    let times = [block.last_report, block.since_last_report];
    words.into_iter().chain(times).flat_map(u32::to_be_bytes).collect()
}

fn packet(count: u8, kind: u8, ssrc: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x80 | count, kind];
    bytes.extend(u16::try_from(body.len() / 4 + 1).unwrap().to_be_bytes());
    bytes.extend(ssrc.to_be_bytes());
    bytes.extend(body);
    bytes
}

/// The wall's time as NTP has it, 32.32 bits.
fn ntp() -> u64 {
    let passed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let fraction = (u64::from(passed.subsec_nanos()) << 32) / 1_000_000_000;
    (passed.as_secs() + SECONDS_1900_TO_1970) << 32 | fraction
}

fn middle(ntp: u64) -> u32 {
    u32::try_from((ntp >> 16) & 0xFFFF_FFFF).unwrap()
}

/// A span of NTP time.
fn seconds(ntp: u64) -> f64 {
    ntp as f64 / f64::from(u32::MAX)
}
