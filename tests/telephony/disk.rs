//! The disk is full or the folder cannot be used: calls are answered, nothing untrue is said, and
//! when the disk is well again so is the line, without a restart.

use crate::line::{
    House, PROMPTS, SENTENCE_LIMIT, ask_for_callback, case_numbers, dial, short_speech,
    speak_at_once,
};
use crate::support::citizen::{Call, text};
use crate::support::service::{Service, Start, cli};
use crate::support::wait_for;
use std::time::Duration;

/// What nobody may hear while nothing can be stored.
const PROMISES: [&str; 5] = ["M05", "M06", "M14", "Q08", "ST"];

fn nothing_is_promised(call: &Call, who: &str) -> Vec<String> {
    let ids = PROMPTS.ids(call);
    let promised = ids.iter().any(|id| PROMISES.iter().any(|head| id.starts_with(head)));
    assert!(!promised, "{who} heard {ids:?}");
    ids
}

/// Waits for the goodbye and the service's BYE; what was said, as prompts.
fn sent_away(call: &Call, who: &str, sentence: &str) {
    assert!(call.wait_ended(2 * SENTENCE_LIMIT), "{who} heard {:?}", PROMPTS.ids(call));
    let ids = nothing_is_promised(call, who);
    assert!(ids.iter().any(|id| id == sentence), "{who} heard {ids:?}");
    assert_eq!(ids.last().map(String::as_str), Some("X08"), "{who}");
}

pub(crate) fn on_a_full_disk_calls_are_answered_and_the_line_recovers_by_itself() {
    let house = House::with(Start::fillable);
    assert_eq!(text(house.service.udp(), "19900000050", "有水", 1), [Some(200)]);
    let (speaks, asks) = (house.dial("19900000051"), house.dial("19900000052"));
    house.service.leave_room(Some(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            speak_at_once(&speaks, &short_speech());
            sent_away(&speaks, "who left a message", "M10");
        });
        scope.spawn(|| {
            asks.press("31");
            sent_away(&asks, "who asked for a callback", "X04N");
        });
    });
    assert_eq!(text(house.service.udp(), "19900000053", "没有水", 1), [Some(503)]);
    let late = house.dial("19900000054");
    sent_away(&late, "who called during the outage", "X04N");
    house.service.leave_room(None);
    calls_work_again(&house.service);
    // What was promised before is there, and the calls of the outage are in the ledger.
    let cases = house.service.json(&["case", "list"]);
    assert_eq!(case_numbers(&cases).len(), 3, "before, and two after: {cases}");
    let calls = house.service.json(&["call", "list"]);
    for tail in ["0051", "0052", "0054", "0055"] {
        let callers = calls.as_array().unwrap().iter().filter_map(|row| row["caller"].as_str());
        assert_eq!(callers.filter(|caller| caller.ends_with(tail)).count(), 1, "{tail}: {calls}");
    }
    the_books_are_right(house.service);
}

pub(crate) fn without_a_usable_folder_calls_are_answered_until_there_is_one() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    std::fs::write(&data, "a file where the folder should be").unwrap();
    let service = Start::new(&data).run();
    let call = dial(&service, "19900000060");
    sent_away(&call, "who called before there was a folder", "X04N");
    assert_eq!(text(service.udp(), "19900000061", "没有水", 1), [Some(503)]);
    std::fs::remove_file(&data).unwrap();
    calls_work_again(&service);
    the_books_are_right(service);
}

fn calls_work_again(service: &Service) {
    let limit = Duration::from_secs(10);
    let stored = wait_for(limit, || {
        let stored = text(service.udp(), "19900000057", "水来了", 1);
        (stored == [Some(200)]).then_some(())
    });
    assert!(
        stored.is_some(),
        "nothing is stored {limit:?} after the disk is well\n{}",
        service.stderr()
    );
    let receipt = ask_for_callback(&dial(service, "19900000055"));
    service.json(&["case", "show", &receipt.number]);
}

fn the_books_are_right(service: Service) {
    let data = service.data().to_owned();
    assert!(service.stop().success());
    let verified = cli(&data, &["verify"]);
    let told = String::from_utf8_lossy(&verified.stdout);
    assert!(verified.status.success(), "verify says {told}");
}
