//! The last number of a day is taken (domain.md 6.3): what comes by text and mail waits for those of the next
//! day, uncounted and unseen by whoever reads the journal, and what wants none is not behind it.

use super::*;
use crate::numbers::{leave, sound_but_for_numbers};
use mayorline::channels::{Normaliser, NormaliserConfig};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, Ordering};

const OTHER: &str = "+8619900000018";
const LATE: &str = "2026-11-22T23:30:00+08:00";
const LATER: &str = "2026-11-22T23:59:59+08:00";
const NEXT: &str = "2026-11-23T00:00:05+08:00";

impl House {
    fn tidied(&self, at: Timestamp) -> usize {
        answered(|answer| self.handle().inbound_tidy(at, answer)).unwrap()
    }
}

#[test]
fn a_text_past_the_last_number_waits_for_the_next_day_over_a_restart() {
    let house = House::open();
    leave(house.folder.path(), 1);
    assert_eq!(house.text_at(1, at(LATE), CITIZEN, "路灯不亮"), SettledInbound::Done);
    let last = house.cases()[0];
    assert_eq!(last.sequence(), u64::from(CaseNumber::SEQUENCE_MAX));
    let late = house.put(MODEM, 2, at(LATE)).id();
    // Oftener than what cannot be read is tried.
    for _ in 0..5 {
        let settled = house.settle(late, at(LATE), whole(OTHER, "停水了"));
        assert_eq!(settled, SettledInbound::NoNumber);
    }
    assert_eq!((house.why(late), house.outbox().len()), ("new no_number".to_owned(), 1));
    assert!(house.reader().inbound_waiting(0).unwrap().is_empty(), "it is not looked at in vain");
    let asked = house.text_at(3, at(LATE), CITIZEN, &format!("CX{last}"));
    assert_eq!((asked, house.outbox().len()), (SettledInbound::Done, 2), "it wants no number");
    assert_eq!(house.tidied(at(LATER)), 0);
    let house = house.reopened();
    assert!(house.reader().inbound_waiting(0).unwrap().is_empty());
    assert_eq!(house.tidied(at(NEXT)), 1);
    let waiting = house.reader().inbound_waiting(0).unwrap();
    let [one] = &waiting[..] else { panic!("{waiting:?}") };
    assert_eq!((one.id, one.attempts), (late, 0));
    assert_eq!(house.settle(late, at(NEXT), whole(OTHER, "停水了")), SettledInbound::Done);
    let number = house.cases()[1];
    assert_eq!(number.to_string().get(..10), Some("2611230001"));
    let received = house.count("SELECT max(received_at) FROM case_file");
    assert_eq!(received, at(LATE).as_millisecond(), "it came when it came");
    let told = house.sent(at("2026-11-23T09:00:00+08:00"));
    assert_eq!(told.iter().filter(|text| text.contains(&number.to_string())).count(), 1);
    sound_but_for_numbers(house.folder.path());
}

/// All parts wait together, and are told whole; those of a text that is not whole wait as well.
#[test]
fn a_long_text_past_the_last_number_waits_whole() {
    let house = House::open();
    leave(house.folder.path(), 0);
    let words = "鲍店村东头路口的路灯坏了很久，晚上看不见路。".repeat(6);
    let parts = parts_of(&words, 7);
    let total = parts.len();
    assert!(total > 1);
    let mut settled = vec![];
    for (key, data) in (1_u8..).zip(parts) {
        let id = house.put(MODEM, key, at(LATE)).id();
        settled.push(house.settle(id, at(LATE), part(data)));
    }
    assert_eq!(settled.pop(), Some(SettledInbound::NoNumber));
    assert_eq!(settled, vec![SettledInbound::Parts; total - 1]);
    let lone = parts_of(&words, 8).remove(0);
    let id = house.put(MODEM, 100, at(LATE)).id();
    let words_of = Words::Data(lone);
    let lone = InboundText { from: OTHER.to_owned(), to: None, sent_at: None, words: words_of };
    let settled = house.settle(id, at(LATE), Parsed::Text(Box::new(lone)));
    assert_eq!(settled, SettledInbound::Parts);
    assert_eq!(house.tidied(at(LATER)), 0, "the rest is given up, and there is no number");
    sound_but_for_numbers(house.folder.path());
    let house = house.reopened();
    assert_eq!((house.tidied(at(NEXT)), house.cases().len()), (2, 2));
    let texts: Vec<_> =
        house.cases().into_iter().map(|one| house.case(one).text.unwrap()).collect();
    assert!(texts.contains(&words), "{texts:?}");
    let open = "SELECT count(*) FROM inbound WHERE state IN ('new', 'parts', 'poison')";
    assert_eq!(house.count(open), 0);
    sound_but_for_numbers(house.folder.path());
}

#[test]
fn a_mail_past_the_last_number_waits_and_its_receipt_names_the_new_one() {
    let house = House::open();
    leave(house.folder.path(), 0);
    let mail = mails::plain(mails::ZHANG, "late", "路灯", "北宿镇路口的路灯不亮。");
    assert_eq!(house.mail(1, at(LATE), &mail), SettledInbound::NoNumber);
    assert!(house.outbox().is_empty() && house.cases().is_empty());
    assert_eq!(house.tidied(at(NEXT)), 1);
    // Its server gives it once more, which makes no second one.
    assert_eq!(house.mail(1, at(NEXT), &mail), SettledInbound::Done);
    let number = house.cases()[0];
    assert_eq!(number.to_string().get(..10), Some("2611230001"));
    let [receipt] = &house.mailed(at("2026-11-23T09:00:00+08:00"))[..] else { panic!("one mail") };
    assert!(receipt.text.contains(&number.to_string()), "{}", receipt.text);
    sound_but_for_numbers(house.folder.path());
}

/// The clock of the normaliser below.
static CLOCK: AtomicI64 = AtomicI64::new(0);

fn set_clock(to: &str) {
    CLOCK.store(at(to).as_millisecond(), Ordering::Relaxed);
}

fn wait_for(house: &House, sql: &str, wanted: i64) {
    let looks = PATIENCE.as_millis() / 20;
    for look in 0..=looks {
        if house.count(sql) == wanted {
            return;
        }
        assert!(look < looks, "never {wanted}: {sql}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// More of them than are taken out of the journal at once, so that what comes behind would never be read.
#[test]
fn the_normaliser_takes_up_after_midnight_what_it_has_put_off() {
    const TEXTS: u8 = 40;
    let house = House::open();
    leave(house.folder.path(), 0);
    set_clock(LATE);
    for key in 1..=TEXTS + 1 {
        house.put(MODEM, key, at(LATE));
    }
    let config = NormaliserConfig {
        folder: house.folder.path().into(),
        store: house.handle(),
        readers: vec![|waiting, _| {
            let words = if waiting.id > i64::from(TEXTS) { "帮助" } else { "停水了" };
            Some(Ok(whole(&format!("1990000{:04}", 100 + waiting.id), words)))
        }],
        mail_servers: BTreeMap::new(),
        wall: || Timestamp::from_millisecond(CLOCK.load(Ordering::Relaxed)).unwrap(),
    };
    let normaliser = Normaliser::start(config).unwrap();
    let done = "SELECT count(*) FROM inbound WHERE state = 'done'";
    wait_for(&house, done, 1);
    wait_for(&house, "SELECT count(*) FROM inbound WHERE why = 'no_number'", i64::from(TEXTS));
    assert!(house.cases().is_empty());
    set_clock(NEXT);
    wait_for(&house, done, i64::from(TEXTS) + 1);
    normaliser.finish();
    let numbers: BTreeSet<_> = house.cases().into_iter().map(|number| number.sequence()).collect();
    let all: BTreeSet<u64> = (1..=u64::from(TEXTS)).collect();
    assert_eq!(numbers, all);
    assert_eq!(house.count("SELECT max(attempts) FROM inbound"), 0);
    sound_but_for_numbers(house.folder.path());
}
