//! What was dialled, as a start counts it again from the ledger.

use crate::desk::*;
use mayorline::store::{
    CallAccount, DialledCall, LegRecord, LegRole, PartyEntry, PartyEntryKind, Reader,
};
use mayorline::units::{LegId, PartyId};
use std::time::Duration;

fn leg(leg: u32, role: LegRole, label: &str, answered: Option<u64>) -> LegRecord {
    LegRecord {
        // The citizen has leg 1.
        leg: LegId(u64::from(leg) + 1),
        party: PartyId(leg),
        role,
        label: label.to_owned(),
        answered: answered.map(Duration::from_secs),
        to: Duration::from_secs(40),
        ..LegRecord::default()
    }
}

fn dialled(at: u64, party: u32) -> PartyEntry {
    let (at, party) = (Duration::from_secs(at), Some(PartyId(party)));
    PartyEntry { at, party, kind: PartyEntryKind::Dialled, value: String::new() }
}

#[test]
fn numbers_count_for_the_seat_that_came_last_and_seats_that_were_rung_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let call = call_id(1);
    assert!(store.handle().call_started(call_started(&call)));
    let legs = vec![
        citizen_leg(),
        leg(1, LegRole::Seat, "801", Some(2)),
        leg(2, LegRole::Unit, "城市管理局", None),
        leg(3, LegRole::Seat, "802", Some(20)),
        leg(4, LegRole::Outside, "199****0017", Some(30)),
    ];
    // The unit's second contact is a call of its own.
    let parties = vec![dialled(5, 2), dialled(8, 2), dialled(15, 3), dialled(25, 4)];
    let record = call_record(&call, vec![]);
    let account = CallAccount { record, legs, parties, tracks: vec![] };
    assert!(store.handle().call_accounted(noonish(), account));
    store.close();
    let reader = Reader::open(folder.path()).unwrap();
    let began = call_started(&call).at;
    let of = |number: &str, seconds: i64| DialledCall {
        seat: Some(seat(number)),
        at: began + jiff::SignedDuration::from_secs(seconds),
    };
    let all = reader.dialled(began).unwrap();
    assert_eq!(all, [of("801", 5), of("801", 8), of("802", 25)]);
    let late = reader.dialled(began + jiff::SignedDuration::from_secs(10)).unwrap();
    assert_eq!(late, [of("802", 25)]);
}

/// A start looks for no seat in what the house dialled itself, and counts it all the same.
#[test]
fn a_call_that_told_a_unit_counts_for_the_house_and_a_citizens_call_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for (serial, called) in [(1, "unit.07"), (2, "12345")] {
        let call = call_id(serial);
        let started =
            mayorline::store::CallStarted { called: called.to_owned(), ..call_started(&call) };
        assert!(store.handle().call_started(started));
        let account = CallAccount {
            record: call_record(&call, vec![]),
            legs: vec![LegRecord {
                leg: LegId(u64::from(serial) + 10),
                ..leg(1, LegRole::Unit, "unit.07", None)
            }],
            parties: vec![dialled(3, 1)],
            tracks: vec![],
        };
        assert!(store.handle().call_accounted(noonish(), account));
    }
    store.close();
    let began = call_started(&call_id(1)).at;
    let at = began + jiff::SignedDuration::from_secs(3);
    let all = Reader::open(folder.path()).unwrap().dialled(began).unwrap();
    assert_eq!(all, [DialledCall { seat: None, at }]);
}
