//! A store in a temporary folder and short words for what tests ask of it.
#![allow(dead_code)] // each test crate uses its part

use jiff::Timestamp;
use mayorline::domain::calendar::Calendar;
use mayorline::domain::call::{
    CallRecord, Caller, EndedBy, Entry, IntakeKind, Lookup, NewIntake, RecordingSummary,
    StoreReply, StoreRequest,
};
use mayorline::domain::case::CaseEvent;
use mayorline::store::{
    Administration, Answer, CallAccount, CallStarted, LegRecord, LossReport, RequestContext, Store,
    StoreConfig, StoreError, StoreHandle,
};
use mayorline::units::{CallId, CaseNumber, LegId, PhoneNumber, QueryCode, SeatNumber};
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

/// Longest wait for any answer before a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Sunday 22 November 2026, 10:00 in the city.
pub(crate) fn noonish() -> Timestamp {
    at("2026-11-22T10:00:00+08:00")
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn phone(tail: u32) -> PhoneNumber {
    PhoneNumber::parse(&format!("1990000{tail:04}")).unwrap()
}

pub(crate) fn seat(number: &str) -> SeatNumber {
    SeatNumber::parse(number).unwrap()
}

/// Asks with an answer that is waited for; fails when the store did not take it.
pub(crate) fn answered<T: Send + 'static>(
    ask: impl FnOnce(Answer<T>) -> bool,
) -> Result<T, StoreError> {
    let (send, receive) = sync_channel(1);
    assert!(ask(Box::new(move |outcome| send.send(outcome).unwrap())), "not taken");
    receive.recv_timeout(PATIENCE).unwrap()
}

pub(crate) fn open(path: &Path) -> Store {
    Store::open(StoreConfig::new(path, noonish()), Calendar::built_in(), [7; 32]).unwrap()
}

/// With a connection of its own beside the service, as the command line adds a seat.
pub(crate) fn beside(data: &Path) -> Administration {
    Administration::open(data, noonish()).unwrap()
}

pub(crate) fn intake(key: &str, kind: IntakeKind) -> NewIntake {
    NewIntake {
        key: key.to_owned(),
        kind,
        call: None,
        contact: None,
        mail: None,
        caller: Caller { number: Some(phone(17)), display: None },
        received_at: noonish(),
        recording: None,
        text: Some("北宿镇路灯不亮".to_owned()),
        callback: false,
    }
}

/// Sends and waits for the answer; `None` when the store did not take it.
pub(crate) fn ask(
    store: &StoreHandle,
    at: Timestamp,
    request: StoreRequest,
    tail: Option<u32>,
) -> Option<StoreReply> {
    let (send, receive) = sync_channel(1);
    let context = RequestContext { caller: tail.map(phone), ..RequestContext::default() };
    let reply = Box::new(move |reply| send.send(reply).unwrap());
    store.submit(at, request, context, reply).then(|| receive.recv_timeout(PATIENCE).unwrap())
}

pub(crate) fn store_intake(
    store: &StoreHandle,
    intake: NewIntake,
) -> (Option<CaseNumber>, Option<QueryCode>) {
    match ask(store, noonish(), StoreRequest::Open(intake), None) {
        Some(StoreReply::Opened { number, code }) => (number, code),
        other => panic!("not stored: {other:?}"),
    }
}

/// A numbered case from a text.
pub(crate) fn new_case(store: &StoreHandle, key: &str) -> (CaseNumber, QueryCode) {
    let (number, code) = store_intake(store, intake(key, IntakeKind::Text));
    (number.unwrap(), code.unwrap())
}

pub(crate) fn look_up(
    store: &StoreHandle,
    at: Timestamp,
    number: CaseNumber,
    code: QueryCode,
    tail: Option<u32>,
) -> Lookup {
    match ask(store, at, StoreRequest::LookUp { number, code }, tail) {
        Some(StoreReply::LookedUp(lookup)) => lookup,
        other => panic!("no answer: {other:?}"),
    }
}

/// Another code than the right one.
pub(crate) fn wrong(code: QueryCode) -> QueryCode {
    let value: u16 = code.reveal().parse().unwrap();
    QueryCode::new((value + 1) % 10_000).unwrap()
}

pub(crate) fn record(
    store: &StoreHandle,
    number: CaseNumber,
    events: Vec<CaseEvent>,
) -> Result<(), StoreError> {
    let (send, receive) = sync_channel(1);
    let reply = Box::new(move |reply| send.send(reply).unwrap());
    assert!(store.record(noonish(), number, events, "test", reply));
    receive.recv_timeout(PATIENCE).unwrap()
}

pub(crate) fn call_id(serial: u32) -> CallId {
    CallId::new("g1", 1_795_000_000_000, serial)
}

pub(crate) fn call_started(call: &CallId) -> CallStarted {
    CallStarted {
        call: call.clone(),
        caller: Caller { number: Some(phone(17)), display: None },
        called: "12345".to_owned(),
        at: noonish(),
        peer: "127.0.0.1:5060".to_owned(),
    }
}

pub(crate) fn call_record(call: &CallId, entries: Vec<Entry>) -> CallRecord {
    let lasted = Duration::from_secs(42);
    CallRecord { call: call.clone(), lasted, ended_by: EndedBy::Citizen, entries }
}

/// A playable second of silence, whose header claims `claimed` bytes of audio.
pub(crate) fn write_wav(data: &Path, file: &str, claimed: u32) -> RecordingSummary {
    write_audio(data, file, 1, claimed)
}

/// A playable second of silence on `channels` tracks.
pub(crate) fn write_tracks(data: &Path, file: &str, channels: u16) -> RecordingSummary {
    write_audio(data, file, channels, 16_000 * u32::from(channels))
}

fn write_audio(data: &Path, file: &str, channels: u16, claimed: u32) -> RecordingSummary {
    let path = data.join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let spec = hound::WavSpec {
        channels,
        sample_rate: 8000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(&path, spec).unwrap();
    (0..8000 * u32::from(channels)).for_each(|_| wav.write_sample(0_i16).unwrap());
    wav.finalize().unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[40..44].copy_from_slice(&claimed.to_le_bytes());
    std::fs::write(&path, &bytes).unwrap();
    RecordingSummary {
        file: file.to_owned(),
        duration: Duration::from_secs(1),
        speech: Duration::from_millis(500),
        sha256: sha2::Digest::finalize(sha2::Digest::chain_update(
            <sha2::Sha256 as sha2::Digest>::new(),
            &bytes,
        ))
        .into(),
    }
}

/// The citizen's leg of a call of 42 s.
/// The account of a call of one party.
pub(crate) trait Finish {
    fn call_finished(&self, at: Timestamp, record: CallRecord, legs: Vec<LegRecord>) -> bool;
}

impl Finish for StoreHandle {
    fn call_finished(&self, at: Timestamp, record: CallRecord, legs: Vec<LegRecord>) -> bool {
        self.call_accounted(at, CallAccount { record, legs, parties: vec![], tracks: vec![] })
    }
}

pub(crate) fn citizen_leg() -> LegRecord {
    LegRecord {
        leg: LegId(1),
        peer: "127.0.0.1:4000".to_owned(),
        codec: Some("PCMA".to_owned()),
        from: Duration::ZERO,
        to: Duration::from_secs(42),
        received: 2100,
        sent: 2099,
        lost: 1,
        reported: Some(LossReport { lost: 9, share: 32, jitter_ms: 4 }),
        ..LegRecord::default()
    }
}
