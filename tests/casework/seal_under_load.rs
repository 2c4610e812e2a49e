//! Cases are sealed while others come in and are worked: nothing that was acknowledged is lost, what is
//! sealed is found nowhere, everything else is.

use crate::acting::supervise;
use crate::desk::*;
use crate::vault::{CANARY, CANARY_LATIN, CANARY_PHONE, found_in, liaison, seal, search};
use mayorline::domain::call::{Caller, IntakeKind};
use mayorline::domain::case::{Nature, Role, Task, WrapUp};
use mayorline::domain::desk::Disposition;
use mayorline::store::{Reader, StoreError, StoreHandle, WrapUpOrder, verify};
use mayorline::units::{CaseNumber, PhoneNumber};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Cases that are sealed, one after the other.
const SEALED: u32 = 8;
/// Who stores contacts at the same time.
const WRITERS: u32 = 3;
/// What each does between two seals at most, so that a search can count all of it.
const STEPS: usize = 30;

/// The seals that are in force. Dropped, also by an assertion that fails, it says that all are: nobody
/// waits for seals that never come.
struct Seals<'a>(&'a AtomicUsize);

impl Seals<'_> {
    fn one_more(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

impl Drop for Seals<'_> {
    fn drop(&mut self) {
        self.0.store(SEALED as usize, Ordering::Release);
    }
}

/// Whether another step is taken after `done`: until the last seal is in force, in step with the seals.
fn goes_on(done: usize, sealed: &AtomicUsize) -> bool {
    loop {
        let seals = sealed.load(Ordering::Acquire);
        if seals >= SEALED as usize || done < STEPS * (seals + 1) {
            return seals < SEALED as usize;
        }
        std::thread::yield_now();
    }
}

/// A contact by a call, wrapped up in these words, every step acknowledged.
fn taken_down(store: &StoreHandle, serial: u32, caller: Caller, words: &str) -> CaseNumber {
    let call = call_id(serial);
    let mut started = call_started(&call);
    started.caller = caller.clone();
    assert!(store.call_started(started));
    let mut contact = intake(&format!("contact {serial}"), IntakeKind::Text);
    (contact.call, contact.caller) = (Some(call.clone()), caller);
    contact.text = Some(words.to_owned());
    let (number, _) = store_intake(store, contact);
    assert!(store.call_finished(noonish(), call_record(&call, vec![]), vec![citizen_leg()]));
    let wrap_up = WrapUp {
        seat: seat("801"),
        call,
        disposition: Disposition::LeaderReview,
        nature: Some(Nature::Report),
        summary: words.to_owned(),
        unit: None,
        outcome: None,
    };
    let order = WrapUpOrder { case: None, wrap_up };
    answered(|answer| store.wrap_up(noonish(), order, answer)).unwrap();
    number.unwrap()
}

/// Stores contacts until all seals are in force.
fn writes(store: &StoreHandle, writer: u32, sealed: &AtomicUsize) -> Vec<CaseNumber> {
    let mut acknowledged = vec![];
    while goes_on(acknowledged.len(), sealed) {
        let serial = 1_000 * (writer + 1) + u32::try_from(acknowledged.len()).unwrap();
        let caller = Caller { number: Some(phone(17)), display: None };
        acknowledged.push(taken_down(store, serial, caller, "北宿镇路灯不亮"));
    }
    acknowledged
}

/// Commands on a case that is not sealed, as the command line gives them, until all seals are in force.
fn works(data: &Path, number: CaseNumber, sealed: &AtomicUsize) -> usize {
    let mut done = 0;
    while goes_on(done, sealed) {
        let wanted = done % 2 == 0;
        crate::acting::act(data, number, Role::Clerk, Task::SetSecrecy(wanted)).unwrap();
        done += 1;
    }
    done
}

#[test]
fn cases_are_sealed_while_intakes_and_commands_come_in() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let handle = store.handle();
    liaison(data);
    let canary = || Caller {
        number: PhoneNumber::parse(CANARY_PHONE).ok(),
        display: Some(CANARY_LATIN.to_owned()),
    };
    let secret = format!("{CANARY} {CANARY_LATIN}");
    let hidden: Vec<CaseNumber> =
        (1..=SEALED).map(|serial| taken_down(&handle, serial, canary(), &secret)).collect();
    let worked = taken_down(&handle, 900, canary(), "北宿镇路灯不亮");
    let sealed = AtomicUsize::new(0);
    let (acknowledged, commands) = std::thread::scope(|scope| {
        let (handle, sealed) = (&handle, &sealed);
        let seals = Seals(sealed);
        let writers: Vec<_> =
            (0..WRITERS).map(|one| scope.spawn(move || writes(handle, one, sealed))).collect();
        let worker = scope.spawn(move || works(data, worked, sealed));
        for number in &hidden {
            seal(data, *number);
            seals.one_more();
        }
        let acknowledged: Vec<_> =
            writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect();
        (acknowledged, worker.join().unwrap())
    });
    assert!(acknowledged.len() >= SEALED as usize && commands > 0, "nothing happened between");
    let reader = Reader::open(data).unwrap();
    for number in &acknowledged {
        let shown = reader.case(*number).unwrap();
        assert_eq!(shown.row.summary.as_deref(), Some("北宿镇路灯不亮"), "{number}");
        assert_eq!(shown.text.as_deref(), Some("北宿镇路灯不亮"), "{number}");
    }
    let secrecies = reader.case(worked).unwrap().events;
    let secrecies = secrecies.iter().filter(|event| event.body["event"] == "secrecy_asked").count();
    assert_eq!(secrecies, commands, "every command that was done is there");
    assert_eq!(search(&reader, "路灯"), acknowledged.len() + 1, "the others are found");
    for words in [CANARY, CANARY_LATIN] {
        assert_eq!(search(&reader, words), 0, "{words}");
    }
    for number in &hidden {
        assert!(matches!(reader.case(*number), Err(StoreError::NotFound)), "{number}");
    }
    drop(reader);
    store.close();
    // One that closes may leave the rest of a purge to the next start, which does it before it is asked.
    let store = open(data);
    supervise(&store.handle(), noonish());
    store.close();
    let report = verify(data).unwrap();
    assert!(report.is_sound() && report.sealed > 0 && report.unclaimed == 0, "{report:?}");
    assert!(!report.unscrubbed, "the purge was finished");
    assert!(found_in(data) > 3);
}
