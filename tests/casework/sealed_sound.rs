//! Recordings at rest and under seal (domain.md B9): a pattern that was recorded stands in no file,
//! is heard before the seal, not after it, and by the liaison.

use crate::desk::*;
use crate::vault::{liaison, seal};
use mayorline::domain::call::{Entry, EntryKind, IntakeKind, RecordingKind, RecordingSummary};
use mayorline::gateway::media::Mixdown;
use mayorline::store::{
    Administration, DataFolder, LiaisonKey, NewAttempt, Reader, SoundKeys, Store, StoreError,
    TakenOut, digest, recording_file, verify,
};
use mayorline::units::CaseNumber;
use mayorline::wire::wav::{self, Channels};
use std::path::Path;
use std::time::Duration;

/// Samples that stand nowhere else.
const CANARY: [i16; 8] = [0x5A17, -0x2B3C, 0x1D4E, -0x6F01, 0x7213, -0x3445, 0x0666, -0x7788];
const FRAMES: usize = 20_000;

fn name(kind: RecordingKind) -> String {
    recording_file(jiff::civil::date(2026, 11, 22), &call_id(1), kind, 1)
}

fn pattern(channels: Channels) -> Vec<u8> {
    let samples = CANARY.iter().cycle().take(FRAMES * usize::from(channels.count()));
    samples.flat_map(|sample| sample.to_le_bytes()).collect()
}

fn summary(data: &Path, file: String) -> RecordingSummary {
    let sha256 = digest(&data.join(&file)).unwrap();
    let duration = Duration::from_micros(125 * FRAMES as u64);
    RecordingSummary { file, duration, speech: duration, sha256 }
}

/// A recording as the service writes it.
fn record(data: &Path, kind: RecordingKind, channels: Channels) -> RecordingSummary {
    let file = name(kind);
    let path = data.join(&file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut sound = SoundKeys::new(&DataFolder::from(data)).create(&path, channels).unwrap();
    sound.append(&[pattern(channels)]).unwrap();
    sound.finish().unwrap();
    summary(data, file)
}

/// A recording as older programs wrote it.
fn record_plain(data: &Path, kind: RecordingKind, channels: Channels) -> RecordingSummary {
    let (file, sound) = (name(kind), pattern(channels));
    let path = data.join(&file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let header = wav::header(channels, u32::try_from(sound.len()).unwrap());
    std::fs::write(&path, [&header[..], &sound].concat()).unwrap();
    summary(data, file)
}

type Record = fn(&Path, RecordingKind, Channels) -> RecordingSummary;

/// A case of a call with a message, and the whole call on two tracks.
fn recorded_case(store: &Store, data: &Path, record: Record) -> CaseNumber {
    let (handle, call) = (store.handle(), call_id(1));
    assert!(handle.call_started(call_started(&call)));
    let mut message = intake("canary", IntakeKind::Voicemail);
    message.call = Some(call.clone());
    message.recording = Some(record(data, RecordingKind::Message, Channels::Mono));
    let number = store_intake(&handle, message).0.unwrap();
    finish(store, data, record);
    number
}

/// The call ends, and with it its recording.
fn finish(store: &Store, data: &Path, record: Record) {
    let kind = RecordingKind::WholeCall;
    let whole = EntryKind::Recording(kind, record(data, kind, Channels::Stereo));
    let entries = vec![Entry { at: Duration::ZERO, kind: whole }];
    let record = call_record(&call_id(1), entries);
    assert!(store.handle().call_finished(noonish(), record, vec![citizen_leg()]));
    // Whoever asks next is answered after this was stored.
    new_case(&store.handle(), "behind");
}

/// Fails when the pattern stands in a file of the folder, from any of its samples on.
fn nowhere(data: &Path) {
    let mut found = vec![];
    crate::vault::files(data, &mut found);
    assert!(found.len() > 3);
    for file in found {
        let bytes = std::fs::read(&file).unwrap();
        for from in 0..4 {
            let canary: Vec<u8> =
                CANARY[from..from + 4].iter().flat_map(|s| s.to_le_bytes()).collect();
            let there = bytes.windows(canary.len()).any(|window| window == canary);
            assert!(!there, "{} holds it", file.display());
        }
    }
}

fn play(data: &Path, kind: RecordingKind) -> std::io::Result<Vec<i16>> {
    let sound = Mixdown::open(&data.join(name(kind)), &SoundKeys::new(&DataFolder::from(data)))?;
    let mut bytes = vec![0; usize::try_from(sound.bytes()).unwrap()];
    let mut read = 0;
    while read < bytes.len() {
        read += sound.read_at(read as u64, &mut bytes[read..])?;
    }
    Ok(wav::parse(&bytes).unwrap().samples().collect())
}

fn message() -> Vec<i16> {
    CANARY.iter().copied().cycle().take(FRAMES).collect()
}

const KINDS: [RecordingKind; 2] = [RecordingKind::Message, RecordingKind::WholeCall];

/// What the liaison gets, or why not.
fn taken_out(
    data: &Path,
    number: CaseNumber,
    key: &LiaisonKey,
    out: &str,
) -> Result<TakenOut, StoreError> {
    let mut beside = Administration::open(data, noonish()).unwrap();
    beside.play_sealed(noonish(), number, key, ("zhou", "初核"), &data.with_file_name(out))
}

fn only_the_liaison_hears(data: &Path, number: CaseNumber, key: &LiaisonKey) {
    nowhere(data);
    for kind in KINDS {
        let refused = play(data, kind).unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::PermissionDenied, "{refused}");
    }
    let report = verify(data).unwrap();
    assert!(report.is_sound() && report.recordings == 2 && !report.unscrubbed, "{report:?}");
    assert!(taken_out(data, number, &LiaisonKey::random().unwrap(), "other").is_err());
    let TakenOut { written, withheld, failed } = taken_out(data, number, key, "out").unwrap();
    assert_eq!((written.len(), withheld, failed), (2, 0, vec![]));
    for path in written {
        let bytes = std::fs::read(&path).unwrap();
        let wav = wav::parse(&bytes).unwrap();
        assert_eq!(wav.data, pattern(wav.channels), "{}", path.display());
        assert_eq!(wav.frames(), FRAMES);
    }
    let later = noonish() + jiff::SignedDuration::from_secs(1);
    let audited = Reader::open(data).unwrap().audit(noonish(), later, 9).unwrap();
    assert_eq!(audited.last().map(|row| row.kind.as_str()), Some("seal_read"));
}

#[test]
fn a_recorded_canary_is_nowhere_in_clear_and_after_the_seal_only_the_liaison_hears_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = &folder.path().join("data");
    let store = open(data);
    let number = recorded_case(&store, data, record);
    store.close();
    nowhere(data);
    let key = liaison(data);
    assert_eq!(play(data, RecordingKind::Message).unwrap(), message());
    assert_eq!(play(data, RecordingKind::WholeCall).unwrap().len(), FRAMES);
    assert!(matches!(taken_out(data, number, &key, "early"), Err(StoreError::NotFound)));
    assert!(verify(data).unwrap().is_sound());
    seal(data, number);
    only_the_liaison_hears(data, number, &key);
}

#[test]
fn a_recording_that_ends_after_its_case_was_sealed_is_handed_over_too() {
    let folder = tempfile::tempdir().unwrap();
    let data = &folder.path().join("data");
    let store = open(data);
    let key = liaison(data);
    let (handle, call) = (store.handle(), call_id(1));
    assert!(handle.call_started(call_started(&call)));
    let mut contact = intake("canary", IntakeKind::Voicemail);
    contact.call = Some(call);
    contact.recording = Some(record(data, RecordingKind::Message, Channels::Mono));
    let number = store_intake(&handle, contact).0.unwrap();
    seal(data, number);
    assert!(play(data, RecordingKind::Message).is_err());
    finish(&store, data, record);
    store.close();
    only_the_liaison_hears(data, number, &key);
}

#[test]
fn a_seal_without_a_key_waits_with_its_recordings() {
    let folder = tempfile::tempdir().unwrap();
    let data = &folder.path().join("data");
    let store = open(data);
    let number = recorded_case(&store, data, record);
    store.close();
    seal(data, number);
    let (row, hears) = (1, mayorline::domain::playback::Hears::All);
    let told = Reader::open(data).unwrap().hearable(row, &hears).unwrap();
    assert_eq!(told, mayorline::store::Hearable::NotAllowed);
    let key = liaison(data);
    only_the_liaison_hears(data, number, &key);
}

#[test]
fn a_recording_in_clear_is_sealed_before_its_key_is_handed_over() {
    let folder = tempfile::tempdir().unwrap();
    let data = &folder.path().join("data");
    let store = open(data);
    let number = recorded_case(&store, data, record_plain);
    store.close();
    assert_eq!(play(data, RecordingKind::Message).unwrap(), message(), "today's files play");
    let report = verify(data).unwrap();
    assert_eq!((report.in_clear_count, report.in_clear), (2, KINDS.map(name).to_vec()));
    let key = liaison(data);
    seal(data, number);
    only_the_liaison_hears(data, number, &key);
}

#[test]
fn what_older_programs_recorded_in_clear_is_sealed_by_the_running_service() {
    let folder = tempfile::tempdir().unwrap();
    let data = &folder.path().join("data");
    let store = open(data);
    recorded_case(&store, data, record_plain);
    store.close();
    let mark = "INSERT OR REPLACE INTO meta VALUES ('sound_plain', '0')";
    let db = rusqlite::Connection::open(data.join("mayorline.db")).unwrap();
    db.execute(mark, []).unwrap();
    drop(db);
    // Interrupted once before the row knew the copy.
    let half = data.join(name(RecordingKind::Message) + ".sealing");
    std::fs::write(&half, [1; 99]).unwrap();
    let store = open(data);
    let mut looks = 0;
    let clear = |kind| std::fs::read(data.join(name(kind))).unwrap().starts_with(b"RIFF");
    while KINDS.into_iter().any(clear) || half.exists() {
        looks += 1;
        assert!(looks < 1_000, "they stay in clear");
        std::thread::sleep(Duration::from_millis(20));
    }
    store.close();
    nowhere(data);
    assert_eq!(play(data, RecordingKind::Message).unwrap(), message());
    let report = verify(data).unwrap();
    assert!(report.is_sound() && report.recordings == 2, "{report:?}");
    assert_eq!(report.in_clear, Vec::<String>::new());
}

/// Restored from a copy of before the seal, or moved away while it came into force.
#[test]
fn a_key_that_comes_back_with_its_file_is_told_and_taken_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = &folder.path().join("data");
    let store = open(data);
    let number = recorded_case(&store, data, record);
    store.close();
    let path = data.join(name(RecordingKind::Message));
    let before = std::fs::read(&path).unwrap();
    let key = liaison(data);
    seal(data, number);
    std::fs::write(&path, before).unwrap();
    let report = verify(data).unwrap();
    assert!(report.is_sound() && report.unscrubbed, "{report:?}");
    open(data).close();
    only_the_liaison_hears(data, number, &key);
}

#[test]
fn a_recording_that_only_another_key_opens_is_withheld_from_the_liaison_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let data = &folder.path().join("data");
    let store = open(data);
    let number = recorded_case(&store, data, record);
    store.close();
    let key = liaison(data);
    seal(data, number);
    let db = rusqlite::Connection::open(data.join("mayorline.db")).unwrap();
    let one =
        "DELETE FROM recording_key WHERE recording = (SELECT min(recording) FROM recording_key)";
    assert_eq!(db.execute(one, []).unwrap(), 1);
    drop(db);
    let TakenOut { written, withheld, .. } = taken_out(data, number, &key, "out").unwrap();
    assert_eq!((written.len(), withheld), (1, 1));
}

/// The call in which the citizen was called back belongs to the case as much as the one it came by.
#[test]
fn a_call_back_about_a_case_is_sealed_with_it_though_it_ends_after_the_seal() {
    let folder = tempfile::tempdir().unwrap();
    let data = &folder.path().join("data");
    let store = open(data);
    let key = liaison(data);
    let (handle, back) = (store.handle(), call_id(9));
    let mut contact = intake("canary", IntakeKind::Text);
    contact.callback = true;
    let number = store_intake(&handle, contact).0.unwrap();
    let task = Reader::open(data).unwrap().callbacks(noonish(), 9).unwrap().tasks[0].task;
    let attempt = NewAttempt { task, seat: seat("801"), call: back.clone() };
    answered(|answer| handle.begin_attempt(noonish(), attempt, answer)).unwrap();
    seal(data, number);
    // Only now does its row come, with who is called, and its recording.
    assert!(handle.call_started(call_started(&back)));
    let kind = RecordingKind::WholeCall;
    let file = recording_file(jiff::civil::date(2026, 11, 22), &back, kind, 1);
    let path = data.join(&file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let keys = SoundKeys::new(&DataFolder::from(data.as_path()));
    let mut sound = keys.create(&path, Channels::Mono).unwrap();
    sound.append(&[pattern(Channels::Mono)]).unwrap();
    sound.finish().unwrap();
    let whole = EntryKind::Recording(kind, summary(data, file));
    let record = call_record(&back, vec![Entry { at: Duration::ZERO, kind: whole }]);
    assert!(handle.call_finished(noonish(), record, vec![citizen_leg()]));
    new_case(&handle, "behind");
    store.close();
    // The next start takes what came late.
    open(data).close();
    let hears = mayorline::domain::playback::Hears::All;
    let reader = Reader::open(data).unwrap();
    assert_eq!(reader.past_calls(&hears).unwrap(), []);
    assert_eq!(reader.hearable(1, &hears).unwrap(), mayorline::store::Hearable::NotAllowed);
    let told = format!("{:?} {:?}", reader.call(&back).unwrap(), reader.calls(9).unwrap());
    for hidden in ["0017", ".wav", "127.0.0.1"] {
        assert!(!told.contains(hidden), "{hidden} is told: {told}");
    }
    let refused = keys.open(&path).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::PermissionDenied, "{refused}");
    let db = rusqlite::Connection::open(data.join("mayorline.db")).unwrap();
    let known = "SELECT count(*) FROM call_private WHERE holder IS NULL";
    assert_eq!(db.query_row(known, [], |row| row.get::<_, i64>(0)).unwrap(), 0, "the caller");
    let report = verify(data).unwrap();
    assert!(report.is_sound() && !report.unscrubbed, "{report:?}");
    let TakenOut { written, withheld, failed } = taken_out(data, number, &key, "out").unwrap();
    assert_eq!((written.len(), withheld, failed), (1, 0, vec![]));
}

#[test]
fn a_damaged_recording_is_named_to_the_liaison_and_keeps_no_other_from_him() {
    let folder = tempfile::tempdir().unwrap();
    let data = &folder.path().join("data");
    let store = open(data);
    let number = recorded_case(&store, data, record);
    store.close();
    let key = liaison(data);
    seal(data, number);
    let [damaged, cut] = KINDS.map(|kind| data.join(name(kind)));
    let whole = std::fs::read(&damaged).unwrap();
    let mut bytes = whole.clone();
    bytes[500] ^= 1;
    std::fs::write(&damaged, bytes).unwrap();
    let end = std::fs::metadata(&cut).unwrap().len() - 1;
    std::fs::File::options().write(true).open(&cut).unwrap().set_len(end).unwrap();
    let TakenOut { written, withheld, failed } = taken_out(data, number, &key, "out").unwrap();
    let told: Vec<_> = failed.iter().map(|failed| failed.why.as_str()).collect();
    let expected = ["录音文件已损坏或者被改动", "结尾缺失或者被改动，只写出了前面的部分"];
    assert_eq!((written.len(), withheld, told), (1, 0, expected.to_vec()));
    let left = std::fs::read_dir(data.with_file_name("out")).unwrap().count();
    assert_eq!(left, 1, "nothing is left of the damaged one");
    std::fs::write(&damaged, whole).unwrap();
    std::fs::remove_file(&cut).unwrap();
    let TakenOut { written, failed, .. } = taken_out(data, number, &key, "out").unwrap();
    assert_eq!((written.len(), failed.len()), (1, 1));
    assert_eq!(failed[0].why, "录音文件已丢失");
}
