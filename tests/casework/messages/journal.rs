//! What a carrier gave is on the disk before it is told so, and once.

use super::*;
use mayorline::channels::mail::MAIL_FORM;
use mayorline::channels::{Normaliser, NormaliserConfig};
use mayorline::store::{RAW_BYTES_MAX, READ_TRIES_MAX};

#[test]
fn what_a_carrier_gives_again_is_kept_once_and_waits_over_a_restart() {
    let house = House::open();
    let first = house.put(MODEM, 1, noonish());
    assert!(!first.is_copy());
    let again = house.put(MODEM, 1, minutes(1));
    assert!(again.is_copy() && again.id() == first.id());
    assert!(!house.put("other", 1, noonish()).is_copy(), "another account's own count");
    let house = house.reopened();
    assert!(house.put(MODEM, 1, minutes(2)).is_copy());
    let waiting = house.reader().inbound_waiting(0).unwrap();
    assert_eq!(waiting.len(), 2);
    assert_eq!(waiting[0].raw.as_deref(), Some(b"canaryraw1".as_slice()));
    assert_eq!(house.count("SELECT copies FROM inbound WHERE id = 1"), 2);
    assert!(!format!("{waiting:?}").contains("canary"), "{waiting:?}");
}

#[test]
fn an_array_is_journalled_whole_or_not_at_all() {
    let house = House::open();
    let mut raws: Vec<_> = (1..4).map(|key| raw(MODEM, key, noonish())).collect();
    raws[2].account = String::new();
    let refused = answered(|answer| house.handle().inbound_put(raws.clone(), answer));
    assert!(refused.is_err());
    assert_eq!(house.count("SELECT count(*) FROM inbound"), 0);
    raws[2].account = MODEM.to_owned();
    let taken = answered(|answer| house.handle().inbound_put(raws, answer)).unwrap();
    assert_eq!(taken.len(), 3);
}

#[test]
fn what_is_longer_than_any_message_is_refused() {
    let house = House::open();
    let long = RawInbound { raw: vec![0; RAW_BYTES_MAX + 1], ..raw(MODEM, 1, noonish()) };
    let refused = answered(|answer| house.handle().inbound_put(vec![long], answer));
    assert!(matches!(refused, Err(StoreError::Malformed(_))), "{refused:?}");
}

/// Failure 1: what cannot be read waits for a person with its bytes, and what comes behind it is a case.
#[test]
fn what_cannot_be_read_keeps_no_other() {
    let house = House::open();
    let bad = house.put(MODEM, 1, noonish()).id();
    let good = house.put(MODEM, 2, noonish()).id();
    let unreadable = || {
        answered(|answer| house.handle().inbound_unreadable(noonish(), bad, "pdu", answer)).unwrap()
    };
    for _ in 1..READ_TRIES_MAX {
        assert_eq!(unreadable(), SettledInbound::Again);
    }
    assert_eq!(unreadable(), SettledInbound::Poison);
    assert_eq!(unreadable(), SettledInbound::Gone);
    assert_eq!(house.settle(good, noonish(), whole(CITIZEN, "路灯不亮")), SettledInbound::Done);
    assert_eq!(house.cases().len(), 1);
    let kept = "SELECT count(*) FROM inbound WHERE state = 'poison' AND raw IS NOT NULL";
    assert_eq!(house.count(kept), 1);
}

/// Failures 3 and 5: whatever is done again after a crash, there is one case.
#[test]
fn settling_again_changes_nothing() {
    let house = House::open();
    let id = house.put(MODEM, 1, noonish()).id();
    assert_eq!(house.settle(id, noonish(), whole(CITIZEN, "路灯不亮")), SettledInbound::Done);
    let house = house.reopened();
    assert_eq!(house.settle(id, minutes(1), whole(CITIZEN, "路灯不亮")), SettledInbound::Gone);
    assert!(house.put(MODEM, 1, minutes(2)).is_copy());
    assert!(house.reader().inbound_waiting(0).unwrap().is_empty());
    assert_eq!(house.cases().len(), 1);
    assert_eq!(house.outbox().len(), 1);
    house.verified();
}

/// Neither what came nor what goes out stands anywhere in clear, nor the number of the citizen.
#[test]
fn nothing_of_a_message_stands_in_clear_on_the_disk() {
    let house = House::open();
    house.text(1, "沟里有死猪，臭得很");
    let House { folder, store } = house;
    store.close();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let Ok(bytes) = std::fs::read(&path) else { continue };
        for canary in ["死猪", "canaryraw", "19900000017", "查询码"] {
            let found = bytes.windows(canary.len()).any(|w| w == canary.as_bytes());
            assert!(!found, "{canary} in {}", path.display());
        }
    }
}

/// Failure 1 once more, behind the reading: what cannot be settled keeps no other.
#[test]
fn what_cannot_be_settled_keeps_no_other() {
    let house = House::open();
    house.text_at(1, noonish(), CITIZEN, "路灯不亮");
    house.db().execute("UPDATE case_key SET wrapped = x'01'", []).unwrap();
    let bad = house.put(MODEM, 2, minutes(1)).id();
    house.put(MODEM, 3, minutes(1));
    let config = NormaliserConfig {
        folder: house.folder.path().into(),
        store: house.handle(),
        readers: vec![|waiting, raw| {
            let from = if raw.ends_with(b"2") { CITIZEN } else { "19900000018" };
            Some(Ok(whole(from, &format!("第{}条", waiting.id))))
        }],
        mail_servers: std::collections::BTreeMap::new(),
        wall: || minutes(2),
    };
    let normaliser = Normaliser::start(config).unwrap();
    let left = || house.count("SELECT count(*) FROM inbound WHERE state = 'new'");
    let looks = PATIENCE.as_millis() / 20;
    for look in 0..=looks {
        assert!(look < looks, "a message keeps the others");
        if left() == 0 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    normaliser.finish();
    let state = format!("SELECT state = 'poison' FROM inbound WHERE id = {bad}");
    assert_eq!((house.count(&state), house.cases().len()), (1, 2));
}

/// Failure 1 of a mail: nothing in one makes our reader give up, but its bytes may have gone bad on the disk.
#[test]
fn a_mail_that_cannot_be_read_keeps_no_other() {
    let house = House::open();
    let mail = |key: u8, words: &str| RawInbound {
        medium: Medium::Mail,
        form: MAIL_FORM,
        raw: mails::plain(mails::ZHANG, &key.to_string(), "路灯", words),
        ..raw(mails::BOX, key, minutes(1))
    };
    let both = vec![mail(1, "第一盏不亮"), mail(2, "第二盏不亮")];
    let both = answered(|answer| house.handle().inbound_put(both, answer)).unwrap();
    let (bad, good) = (both[0].id(), both[1].id());
    let damage = "UPDATE inbound_raw SET raw = zeroblob(64) WHERE inbound = ?1";
    house.db().execute(damage, [bad]).unwrap();
    let config = NormaliserConfig {
        folder: house.folder.path().into(),
        store: house.handle(),
        readers: vec![],
        mail_servers: std::collections::BTreeMap::new(),
        wall: || minutes(2),
    };
    let normaliser = Normaliser::start(config).unwrap();
    let looks = PATIENCE.as_millis() / 20;
    for look in 0..=looks {
        assert!(look < looks, "a mail keeps the others");
        if house.count("SELECT count(*) FROM inbound WHERE state = 'new'") == 0 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    normaliser.finish();
    assert_eq!(
        (house.why(bad), house.why(good)),
        ("poison damaged".to_owned(), "done case".to_owned())
    );
    let held = house.reader().held(10).unwrap();
    assert_eq!((held.len(), held[0].id, held[0].state.as_str()), (1, bad, "poison"));
    assert_eq!(house.cases().len(), 1);
}

/// T15: the bytes of a message are written once, however many steps it takes from there to its case.
#[test]
fn the_bytes_of_a_long_message_are_written_once() {
    const LONG: usize = 8 << 20;
    let house = House::open();
    let log = house.folder.path().join("mayorline.db-wal");
    let written = || usize::try_from(std::fs::metadata(&log).unwrap().len()).unwrap();
    let long = RawInbound { raw: vec![b'x'; LONG], ..raw(MODEM, 1, noonish()) };
    let id = answered(|answer| house.handle().inbound_put(vec![long], answer)).unwrap()[0].id();
    let before = written();
    assert!(before > LONG, "the log holds it: {before}");
    assert_eq!(house.settle(id, noonish(), whole(CITIZEN, "路灯不亮")), SettledInbound::Done);
    let more = written() - before;
    assert!(more < LONG / 8, "{more} bytes more for a case and an answer");
    house.verified();
}
