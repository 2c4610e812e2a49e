//! The call tree, the queue ledger and the figures made of it; what `verify` finds in them.

use crate::desk::*;
use jiff::Timestamp;
use mayorline::domain::call::{Entry, EntryKind, RecordingKind};
use mayorline::store::{
    AuditEntry, AuditKind, CallAccount, LegEnd, LegRecord, LegRole, PartyEntry, PartyEntryKind,
    QueueEntry, QueueKind, Reader, StoreHandle, TrackRecord, VerifyReport, recording_file, verify,
};
use mayorline::units::{CallId, LegId, PartyId};
use std::path::Path;
use std::time::Duration;

fn row(kind: QueueKind, call: &CallId) -> QueueEntry {
    QueueEntry {
        call: Some(call.clone()),
        queue: Some("总台".to_owned()),
        original_position: Some(3),
        ..QueueEntry::new(kind)
    }
}

fn log(store: &StoreHandle, at: Timestamp, serial: u32, kinds: &[QueueKind]) {
    for kind in kinds {
        assert!(store.queue_log(at, row(*kind, &call_id(serial))));
    }
}

fn legs() -> Vec<LegRecord> {
    let seconds = Duration::from_secs;
    let leg = |leg, party, role, label: &str, from| LegRecord {
        leg: LegId(leg),
        party: PartyId(party),
        role,
        label: label.to_owned(),
        from: seconds(from),
        answered: Some(seconds(from + 1)),
        to: seconds(40),
        ..LegRecord::default()
    };
    let second = LegRecord { held: seconds(4), ..leg(2, 1, LegRole::Seat, "801", 5) };
    let third = LegRecord {
        answered: None,
        ended_by: LegEnd::Party,
        cause: Some(486),
        ..leg(3, 2, LegRole::Unit, "unit.07", 20)
    };
    vec![leg(1, 0, LegRole::Citizen, "", 0), second, third]
}

fn party(at: u64, party: u32, kind: PartyEntryKind, value: &str) -> PartyEntry {
    let (at, party) = (Duration::from_secs(at), Some(PartyId(party)));
    PartyEntry { at, party, kind, value: value.to_owned() }
}

/// A three-way call with a recording of `channels` tracks, and `named` of them told.
fn three_way(data: &Path, handle: &StoreHandle, channels: u16, named: &[&str]) -> CallId {
    let call = call_id(1);
    assert!(handle.call_started(call_started(&call)));
    let day = jiff::civil::date(2026, 11, 22);
    let file = recording_file(day, &call, RecordingKind::WholeCall, 1);
    let summary = write_tracks(data, &file, channels);
    let kinds = [
        (1, EntryKind::Prompt("G01".to_owned())),
        (30, EntryKind::Recording(RecordingKind::WholeCall, summary)),
    ];
    let entries = kinds.map(|(at, kind)| Entry { at: Duration::from_secs(at), kind }).to_vec();
    let parties = vec![
        party(6, 1, PartyEntryKind::Joined, "801"),
        party(10, 0, PartyEntryKind::Held, ""),
        party(14, 0, PartyEntryKind::Resumed, ""),
        party(21, 2, PartyEntryKind::Left, "busy"),
    ];
    let tracks = (1..).zip(named).map(|(leg, label)| TrackRecord {
        leg: (*label != "prompts").then_some(LegId(leg)),
        label: (*label).to_owned(),
    });
    let tracks = tracks.collect();
    let record = call_record(&call, entries);
    let account = CallAccount { record, legs: legs(), parties, tracks };
    assert!(handle.call_accounted(noonish(), account));
    call
}

#[test]
fn a_call_shows_every_party_what_they_did_and_what_each_track_holds() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let handle = store.handle();
    let call = three_way(folder.path(), &handle, 3, &["citizen", "prompts", "801"]);
    log(&handle, noonish(), 1, &[QueueKind::Enter, QueueKind::Offer, QueueKind::Connect]);
    log(&handle, noonish(), 1, &[QueueKind::Complete, QueueKind::WrapUp]);
    store.close();
    let shown = Reader::open(folder.path()).unwrap().call(&call).unwrap();
    let legs: Vec<_> = shown.legs.iter().map(|leg| (leg.role.as_str(), leg.cause)).collect();
    assert_eq!(legs, [("citizen", None), ("seat", None), ("unit", Some(486))]);
    assert_eq!((shown.legs[1].held_ms, shown.legs[1].answered_ms), (4000, Some(6000)));
    assert_eq!((shown.legs[2].answered_ms, shown.legs[2].label.as_str()), (None, "unit.07"));
    let entries: Vec<_> =
        shown.entries.iter().map(|entry| (entry.at_ms / 1000, entry.kind.as_str())).collect();
    let in_order = [
        (1, "prompt"),
        (6, "joined"),
        (10, "held"),
        (14, "resumed"),
        (21, "left"),
        (30, "recording"),
    ];
    assert_eq!(entries, in_order);
    let tracks: Vec<_> = shown.recordings[0]
        .tracks
        .iter()
        .map(|track| (track.track, track.label.as_str()))
        .collect();
    assert_eq!(tracks, [(1, "citizen"), (2, "prompts"), (3, "801")]);
    let queue: Vec<_> = shown.queue.iter().map(|row| row.kind.as_str()).collect();
    assert_eq!(queue, ["enter", "offer", "connect", "complete", "wrap_up"]);
    assert_eq!(shown.queue[2].original_position, Some(3));
    let report = verify(folder.path()).unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.queue_rows, 5);
}

fn found(report: &VerifyReport, area: &str, problem: &str) {
    let hit =
        |fault: &&mayorline::store::Fault| fault.area == area && fault.problem.contains(problem);
    assert!(report.faults.iter().any(|fault| hit(&fault)), "{area} {problem}: {report:?}");
}

/// The report on a folder that was stored in and then changed behind the store's back.
fn tampered(store_in: impl FnOnce(&Path, &StoreHandle), sql: &str) -> VerifyReport {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store_in(folder.path(), &store.handle());
    store.close();
    if !sql.is_empty() {
        let db = rusqlite::Connection::open(folder.path().join("mayorline.db")).unwrap();
        let triggers = "SELECT group_concat('DROP TRIGGER ' || name, ';') FROM sqlite_schema
                        WHERE type = 'trigger'";
        let drop: String = db.query_row(triggers, [], |row| row.get(0)).unwrap();
        db.execute_batch(&drop).unwrap();
        assert_eq!(db.execute(sql, []).unwrap(), 1, "{sql}");
    }
    verify(folder.path()).unwrap()
}

#[test]
fn tracks_that_are_not_in_the_file_are_found() {
    let report = tampered(
        |data, handle| {
            three_way(data, handle, 2, &["citizen", "prompts", "801"]);
        },
        "",
    );
    found(&report, "recording", "3 tracks told, 2 in the file");
    let report = tampered(
        |data, handle| {
            three_way(data, handle, 3, &["citizen", "prompts", "801"]);
        },
        "DELETE FROM recording_track WHERE track = 2",
    );
    found(&report, "recording", "3 tracks told, 2 named");
}

#[test]
fn a_gap_a_step_that_cannot_follow_and_a_caller_who_never_left_are_found() {
    use QueueKind as K;
    let whole = |_: &Path, handle: &StoreHandle| {
        log(handle, noonish(), 1, &[K::Enter, K::Offer, K::OfferOver, K::Offer, K::Connect]);
        log(handle, noonish(), 1, &[K::Complete, K::Enter, K::Abandon, K::OfferOver]);
        log(handle, noonish(), 2, &[K::Enter, K::CallbackKept, K::Offer, K::Connect]);
        log(handle, noonish(), 2, &[K::Complete]);
    };
    assert!(tampered(whole, "").is_sound());
    found(&tampered(whole, "DELETE FROM queue_log WHERE seq = 4"), "queue", "1 rows before it");
    let report = tampered(whole, "UPDATE queue_log SET kind = 'offer' WHERE seq = 1");
    found(&report, "queue", "offer cannot follow");
    let unended = |_: &Path, handle: &StoreHandle| {
        assert!(handle.call_started(call_started(&call_id(1))));
        log(handle, noonish(), 1, &[K::Enter]);
        assert!(handle.call_finished(noonish(), call_record(&call_id(1), vec![]), vec![]));
    };
    found(&tampered(unended, ""), "queue", "never left the queue");
}

#[test]
fn an_attempt_that_the_case_does_not_tell_of_is_found() {
    let made = |data: &Path, handle: &StoreHandle| {
        use mayorline::domain::call::IntakeKind;
        use mayorline::domain::case::AttemptOutcome;
        store_intake(handle, intake("a", IntakeKind::Abandoned));
        let task = Reader::open(data).unwrap().callbacks(noonish(), 1).unwrap().tasks[0].task;
        let attempt = crate::people::begin(handle, noonish(), task, 1).unwrap();
        let end = |answer| handle.end_attempt(noonish(), attempt.id, AttemptOutcome::Busy, answer);
        answered(end).unwrap();
    };
    assert!(tampered(made, "").is_sound());
    let report = tampered(made, "UPDATE callback_attempt SET outcome = 'failed'");
    found(&report, "callback", "0 attempts have an outcome, the events tell of 1");
    let report = tampered(made, "UPDATE callback_task SET done_at = 1");
    found(&report, "callback", "is not what the events say");
}

#[test]
fn what_was_audited_cannot_be_changed_unseen() {
    let made = |_: &Path, handle: &StoreHandle| {
        for kind in [AuditKind::Listen, AuditKind::Playback, AuditKind::StopListening] {
            let entry = AuditEntry {
                actor: "809".to_owned(),
                kind,
                subject: call_id(1).to_string(),
                reason: "质检".to_owned(),
            };
            answered(|answer| handle.audit(noonish(), entry, answer)).unwrap();
        }
    };
    let report = tampered(made, "");
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.audited, 3);
    let report = tampered(made, "UPDATE audit SET actor = '801' WHERE seq = 2");
    found(&report, "audit", "was changed");
    let report = tampered(made, "DELETE FROM audit WHERE seq = 2");
    found(&report, "audit", "an entry before it is missing");
}
