//! From contacts to cases, and what the command line sees of them.

use crate::desk::*;
use mayorline::domain::call::{
    Entry, EntryKind, IntakeKind, RecordingKind, StoreReply, StoreRequest,
};
use mayorline::store::{Reader, RequestContext, StoreError, recording_file};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

#[test]
fn jobs_that_wait_together_share_a_commit_and_are_answered_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let handle = store.handle();
    let (send, receive) = sync_channel(600);
    for n in 0..600 {
        let send = send.clone();
        let data = folder.path().to_owned();
        let reply = Box::new(move |reply| {
            let StoreReply::Opened { number, .. } = reply else { panic!("{reply:?}") };
            // Every hundredth answer looks whether its case can be read by somebody else.
            let number = number.unwrap();
            if n % 100 == 0 {
                assert_eq!(
                    Reader::open(&data).unwrap().case(number).unwrap().row.state,
                    "accepted"
                );
            }
            send.send(number).unwrap();
        });
        let request = StoreRequest::Open(intake(&format!("k{n}"), IntakeKind::Text));
        assert!(handle.submit(noonish(), request, RequestContext::default(), reply));
    }
    let mut numbers: Vec<_> =
        (0..600).map(|_| receive.recv_timeout(PATIENCE).unwrap().sequence()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=600).collect::<Vec<_>>());
    let counters = handle.counters();
    assert_eq!(counters.jobs, 600);
    assert!(counters.commits < 300, "{counters:?}");
}

#[test]
fn the_same_key_gives_the_same_case_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let first = store_intake(&store.handle(), intake("call:1", IntakeKind::Text));
    assert_eq!(store_intake(&store.handle(), intake("call:1", IntakeKind::Text)), first);
    store.close();
    let store = open(folder.path());
    assert_eq!(store_intake(&store.handle(), intake("call:1", IntakeKind::Text)), first);
    let other = store_intake(&store.handle(), intake("call:2", IntakeKind::Text));
    assert_eq!(other.0.unwrap().sequence(), first.0.unwrap().sequence() + 1);
    let cases = Reader::open(folder.path()).unwrap().cases(99).unwrap();
    assert_eq!(cases.len(), 2);
}

#[test]
fn a_job_that_fails_takes_back_only_itself_and_no_number_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let handle = store.handle();
    let (send, receive) = sync_channel(30);
    for n in 0..30 {
        let send = send.clone();
        // Every third has nothing to store; another names a file outside the data folder, which
        // is found only after its number was taken.
        let mut intake = intake(&format!("k{n}"), IntakeKind::Text);
        match n % 3 {
            1 => intake.text = None,
            2 => intake.recording = Some(write_wav(folder.path(), "recordings/x.wav", 16000)),
            _ => {}
        }
        if let Some(recording) = &mut intake.recording {
            recording.file = "../outside.wav".to_owned();
        }
        let reply = Box::new(move |reply| send.send(reply).unwrap());
        let request = StoreRequest::Open(intake);
        assert!(handle.submit(noonish(), request, RequestContext::default(), reply));
    }
    let replies: Vec<_> = (0..30).map(|_| receive.recv_timeout(PATIENCE).unwrap()).collect();
    let stored = replies.iter().filter(|reply| matches!(reply, StoreReply::Opened { .. })).count();
    assert_eq!(stored, 10);
    let last = new_case(&handle, "last").0;
    assert_eq!(last.sequence(), 11);
    std::fs::remove_file(folder.path().join("recordings/x.wav")).unwrap();
    store.close();
    let report = mayorline::store::verify(folder.path()).unwrap();
    assert!(report.is_sound(), "{report:?}");
}

#[test]
fn an_abandoned_call_is_a_draft_to_be_called_back_with_or_without_a_number() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let known = intake("a", IntakeKind::Abandoned);
    let mut withheld = intake("b", IntakeKind::Abandoned);
    withheld.caller.number = None;
    assert_eq!(store_intake(&store.handle(), known), (None, None));
    assert_eq!(store_intake(&store.handle(), withheld), (None, None));
    let reader = Reader::open(folder.path()).unwrap();
    let drafts = reader.cases(9).unwrap();
    assert!(drafts.iter().all(|row| row.state == "draft"), "{drafts:?}");
    let contacts: Vec<_> = drafts.iter().map(|row| row.contact.as_deref()).collect();
    assert_eq!(contacts, [None, Some("199****0017")]);
    for row in &drafts {
        assert_eq!(row.callback_due_at.as_deref(), Some("2026-11-22T10:30:00.000+08:00"));
        assert_eq!(row.callback_reason.as_deref(), Some("missed"));
    }
    let shown = reader.case_by_id(drafts[1].id).unwrap();
    assert_eq!(shown.row.contact.as_deref(), Some("19900000017"));
}

#[test]
fn a_message_by_telephone_is_seen_from_the_case_and_from_the_call() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (handle, call) = (store.handle(), call_id(1));
    assert!(handle.call_started(call_started(&call)));
    let day = jiff::civil::date(2026, 11, 22);
    let file = recording_file(day, &call, RecordingKind::Message, 1);
    let summary = write_wav(folder.path(), &file, 16000);
    let mut message = intake("m", IntakeKind::Voicemail);
    message.call = Some(call.clone());
    message.recording = Some(summary.clone());
    let number = store_intake(&handle, message).0.unwrap();
    let entries = [
        EntryKind::Prompt("G01".to_owned()),
        EntryKind::Digit('2'),
        EntryKind::Recording(RecordingKind::Message, summary),
        EntryKind::Case(number),
        EntryKind::Digit('*'),
    ];
    let entries = entries.map(|kind| Entry { at: Duration::from_secs(1), kind }).to_vec();
    assert!(handle.call_finished(noonish(), call_record(&call, entries), vec![citizen_leg()]));
    store.close();
    let reader = Reader::open(folder.path()).unwrap();
    let seen = reader.call(&call).unwrap();
    assert_eq!((seen.digits.as_str(), seen.prompts.len(), seen.entries.len()), ("2*", 1, 5));
    assert_eq!(seen.row.cases, [number.to_string()]);
    assert_eq!((seen.row.ended_by.as_deref(), seen.row.lasted_ms), (Some("citizen"), Some(42_000)));
    assert_eq!((seen.legs[0].received, seen.legs[0].lost), (2100, 1));
    assert_eq!(seen.row.caller.as_deref(), Some("19900000017"));
    assert_eq!(reader.calls(5).unwrap()[0].caller.as_deref(), Some("199****0017"));
    let case = reader.case(number).unwrap();
    assert_eq!(case.row.summary.as_deref(), Some("语音留言，待听写"));
    assert_eq!(case.row.due_on.as_deref(), Some("2026-11-27"));
    assert_eq!((case.recordings.len(), case.recordings[0].speech_ms), (1, 500));
    assert_eq!(case.recordings[0].file, file);
    assert!(mayorline::store::verify(folder.path()).unwrap().is_sound());
}

#[test]
fn what_the_command_line_prints_never_has_the_code_and_lists_never_have_a_number_in_clear() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (number, code) = new_case(&store.handle(), "k");
    let reader = Reader::open(folder.path()).unwrap();
    let list = serde_json::to_string(&reader.cases(9).unwrap()).unwrap();
    let shown = serde_json::to_value(reader.case(number).unwrap()).unwrap();
    assert!(!list.contains("19900000017"), "{list}");
    assert_eq!(shown["contact"], "19900000017");
    assert_eq!(shown["events"].as_array().unwrap().len(), 2);
    let text = shown["events"].to_string();
    for secret in [format!("\"{}\"", code.reveal()), "19900000017".to_owned(), "路灯".to_owned()]
    {
        assert!(!text.contains(&secret), "{text}");
    }
    assert!(shown.get("code").is_none());
    assert_eq!(reader.code(number).unwrap(), code);
}

#[test]
fn a_full_queue_refuses_at_once_and_a_closed_store_takes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let handle = store.handle();
    let (block, blocked) = sync_channel::<()>(0);
    let stall = Box::new(move |_| {
        let _ = blocked.recv();
    });
    let first = StoreRequest::Open(intake("stall", IntakeKind::Text));
    assert!(handle.submit(noonish(), first, RequestContext::default(), stall));
    let took = |n: usize| {
        let request = StoreRequest::Open(intake(&format!("k{n}"), IntakeKind::Text));
        handle.submit(noonish(), request, RequestContext::default(), Box::new(|_| ()))
    };
    let taken = (0..5000).take_while(|n| took(*n)).count();
    // The queue itself, less the stalling job while it waits, and at most one group that the
    // writer had taken out before it stalled.
    assert!((1023..=1024 + 256).contains(&taken), "{taken}");
    drop(block);
    store.close();
    assert!(!took(9999));
    assert!(!handle.is_up());
}

#[test]
fn a_repeat_that_asks_for_a_callback_opens_one_and_only_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (number, code) = new_case(&store.handle(), "k");
    let reader = Reader::open(folder.path()).unwrap();
    assert_eq!(reader.case(number).unwrap().row.callback_reason, None);
    for _ in 0..2 {
        let mut repeat = intake("k", IntakeKind::Text);
        repeat.callback = true;
        assert_eq!(store_intake(&store.handle(), repeat), (Some(number), Some(code)));
        let case = reader.case(number).unwrap();
        assert_eq!(case.row.callback_reason.as_deref(), Some("number_untold"));
        let due = case.row.callback_due_at.as_deref();
        assert_eq!(due, Some("2026-11-22T10:30:00.000+08:00"));
        assert_eq!(case.events.len(), 3);
    }
    store.close();
    assert!(mayorline::store::verify(folder.path()).unwrap().is_sound());
}

#[test]
fn two_processes_never_write_the_same_folder() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let again = mayorline::store::Store::open(
        mayorline::store::StoreConfig::new(folder.path(), noonish()),
        mayorline::domain::calendar::Calendar::built_in(),
        [1; 32],
    );
    assert!(matches!(again, Err(StoreError::InUse(_))));
    store.close();
    open(folder.path()).close();
}

#[test]
fn a_reader_says_when_there_is_no_database() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Reader::open(folder.path()), Err(StoreError::Missing(_))));
}

#[test]
fn numbers_start_again_each_local_day_and_end_loudly_at_9999() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let open_at = |key: &str, when: &str| {
        let request = StoreRequest::Open(intake(key, IntakeKind::Text));
        match ask(&store.handle(), at(when), request, None) {
            Some(StoreReply::Opened { number, .. }) => number.map(|number| number.to_string()),
            _ => None,
        }
    };
    let late = open_at("a", "2026-11-22T23:59:59.999+08:00").unwrap();
    let next = open_at("b", "2026-11-23T00:00:00+08:00").unwrap();
    let back = open_at("c", "2026-11-22T23:00:00+08:00").unwrap();
    assert_eq!((&late[..10], &next[..10]), ("2611220001", "2611230001"));
    assert_eq!(&back[..10], "2611220002");
    let (send, receive) = sync_channel(10_100);
    let mut refused = 0;
    for n in 0..10_000 {
        let send = send.clone();
        let request = StoreRequest::Open(intake(&format!("d{n}"), IntakeKind::Text));
        let reply = Box::new(move |reply| send.send(reply).unwrap());
        let when = at("2026-11-24T10:00:00+08:00");
        while !store.handle().submit(
            when,
            request.clone(),
            RequestContext::default(),
            reply.clone(),
        ) {
            std::thread::sleep(Duration::from_millis(1));
        }
        refused += usize::from(n >= 9999);
    }
    drop(send);
    let replies: Vec<_> = (0..10_000).map(|_| receive.recv_timeout(PATIENCE).unwrap()).collect();
    let none = replies.iter().filter(|reply| **reply == StoreReply::Unavailable).count();
    assert_eq!((none, refused), (1, 1));
    assert!(store.handle().is_up());
}

#[test]
fn a_reply_that_panics_takes_the_store_down_visibly() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let request = StoreRequest::Open(intake("k", IntakeKind::Text));
    let panic = Box::new(|_| panic!("the reply of a test panics on purpose"));
    assert!(store.handle().submit(noonish(), request, RequestContext::default(), panic));
    let down = (0..600).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        !store.handle().is_up()
    });
    assert!(down);
    store.close();
    let store = open(folder.path());
    assert_eq!(new_case(&store.handle(), "k").0.sequence(), 1);
}
