//! Our spool adapter with a real smsd on the emulated modem, and the real store behind it.

use super::city::{City, Door};
use super::smsd::{NAME, Smsd};
use crate::support::modem::{Modem, Order, Submitted};
use crate::support::wait_for;
use jiff::Timestamp;
use mayorline::channels::sms::Settled;
use mayorline::channels::sms::spool::{Spool, SpoolConfig};
use mayorline::wire::sms::{CmsError, Deliver, Incoming, decode};
use mayorline::wire::spool::{Content, Received};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);

/// smsd and the adapter on one spool.
struct Line {
    modem: Modem,
    smsd: Smsd,
    city: City,
    spool: Spool<Door>,
}

impl Line {
    fn new(modem: Modem) -> Self {
        let smsd = Smsd::start(&modem);
        Self::with(modem, smsd)
    }

    fn with(modem: Modem, smsd: Smsd) -> Self {
        let city = City::open();
        let config = SpoolConfig { folder: smsd.spool(), modem: NAME.to_owned() };
        let spool = Spool::new(config, city.door()).unwrap();
        Self { modem, smsd, city, spool }
    }

    /// Looks until the condition holds.
    fn look_until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let held = wait_for(LIMIT, || {
            self.spool.look(Timestamp::now()).unwrap();
            holds(self).then_some(())
        });
        assert!(held.is_some(), "not {what}\n{}\n{}", self.modem.log(), self.smsd.log());
    }

    /// The same, and what comes is read at once.
    fn read_until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        self.look_until(what, |line| {
            line.city.read();
            holds(line)
        });
    }

    /// What nobody has read yet, by the PDUs of the files.
    fn parts(&self) -> Vec<Deliver> {
        let parts = self.city.waiting().into_iter().flat_map(|row| {
            match Received::parse(&row.raw.unwrap()).unwrap().content() {
                Content::Parts(parts) => parts,
                Content::Words(words) => panic!("no PDU: {words:?}"),
            }
        });
        let text = |part| match part {
            Incoming::Deliver(text) => text,
            Incoming::StatusReport(_) => panic!("a report among the texts"),
        };
        parts.map(text).collect()
    }

    fn sent_to(&self, number: &str) -> Vec<Submitted> {
        let mut sent = self.modem.submitted();
        sent.retain(|sent| sent.text.origin.dialled() == number);
        sent
    }
}

fn joined(mut parts: Vec<Deliver>) -> String {
    parts.sort_by_key(|part| part.data.part.map(|part| part.number));
    decode(parts.iter().map(|part| &part.data)).text
}

const LONG: &str = "城东新区解放路与人民路交叉口的路灯已经坏了三天，晚上出行很不安全，请尽快派人维修。\
    另外路口的下水井盖也松动了😀，电动车经过时很危险，希望一并处理，谢谢。联系人王先生。";

#[test]
fn a_long_text_becomes_a_case_and_its_receipt_is_delivered_in_parts() {
    let mut line = Line::new(Modem::start());
    line.modem.receive_text("+8619900000001", LONG, 1, Order::Reversed);
    line.read_until("a case", |line| line.city.cases().len() == 1);
    let case = line.city.cases().remove(0);
    assert_eq!(case.text.as_deref(), Some(LONG));
    let receipt = line.city.outbox()[0].id;
    line.read_until("delivered", |line| line.city.state(receipt) == "delivered");
    let sent = line.sent_to("+8619900000001");
    // Each part has the reference by which its report names it.
    let mut references: Vec<_> = line.city.settled(receipt);
    references.sort_by_key(|settled| format!("{settled:?}"));
    let expected = sent.iter().map(|sent| Settled::Submitted { reference: Some(sent.reference) });
    assert_eq!(references, expected.collect::<Vec<_>>());
    let words = joined(sent.into_iter().map(|sent| sent.text).collect());
    assert!(words.contains(&case.row.number.unwrap()), "{words}");
    line.look_until("empty", |line| {
        let folders = ["incoming", "outgoing", "checked", "sent", "failed", "report"];
        let left = folders.map(|name| super::smsd::files(&line.smsd.folder(name)).len());
        left.iter().sum::<usize>() == 0 && line.modem.held() == 0
    });
}

#[test]
fn reports_that_come_twice_are_kept_once() {
    let mut line = Line::new(Modem::start());
    line.modem.fault(|faults| faults.reports_doubled = true);
    let receipt = line.city.receipt_for("+8619900000001", "路灯坏了");
    line.look_until("sent and reported twice", |line| {
        let sent = line.modem.submitted().len();
        sent > 0 && line.city.told().copies == sent && line.city.waiting().len() == sent
    });
    line.read_until("delivered", |line| line.city.state(receipt) == "delivered");
}

/// messaging.md 3, 18: gammu#522, #19, #442. 255 parts are tried with our own driver, which is faster.
#[test]
fn sixty_parts_backwards_and_one_missing_are_all_kept() {
    let mut line = Line::new(Modem::with_places(30));
    let text: String = ('一'..).take(67 * 60).collect();
    line.modem.fault(|faults| faults.without_notice = true);
    line.modem.receive_text("+8619900000001", &text, 200, Order::Without(17));
    line.look_until("taken in", |line| line.city.waiting().len() == 59);
    let mut numbers: Vec<u8> =
        line.parts().iter().map(|part| part.data.part.unwrap().number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=60).filter(|number| *number != 17).collect::<Vec<u8>>());
    line.city.read();
    assert!(line.city.cases().is_empty(), "the rest of it is waited for");
}

/// messaging.md 3, 19 and 29: gammu#389, #95 and smsd's own decoding.
#[test]
fn characters_on_the_edge_of_a_part_stay_whole_by_the_pdu() {
    let mut line = Line::new(Modem::start());
    let text = format!("{}😀{}", "灯".repeat(66), "路".repeat(20));
    let parts = line.modem.receive_text("+8619900000001", &text, 5, Order::Reversed);
    line.look_until("taken in", |line| line.parts().len() == parts.len());
    assert_eq!(joined(line.parts()), text);
    line.city.read();
    assert_eq!(line.city.cases()[0].text.as_deref(), Some(text.as_str()));
}

/// messaging.md 3, 20: gammu#537.
#[test]
fn a_number_that_is_refused_parks_alone() {
    let mut line = Line::new(Modem::start());
    line.modem.fault(|faults| {
        faults.refused.insert("+8619900000038".to_owned(), 38);
        faults.refused.insert("+8619900000030".to_owned(), 30);
    });
    let again = line.city.receipt_for("+8619900000038", "停水了");
    let never = line.city.receipt_for("+8619900000030", "停电了");
    let good = line.city.receipt_for("+8619900000001", "路灯坏了");
    line.read_until("delivered", |line| line.city.state(good) == "delivered");
    assert_eq!(line.city.settled(again)[0], Settled::Retry(Some(CmsError(38))));
    assert_eq!(line.city.state(again), "queued");
    assert_eq!(line.city.settled(never)[0], Settled::Rejected(CmsError(30)));
    assert_eq!(line.city.state(never), "failed");
    let sent = line.sent_to("+8619900000001").len();
    assert!(sent > 0 && line.modem.submitted().len() == sent);
}

/// messaging.md 3, 21: chan-dongle#47.
#[test]
fn fifty_texts_that_waited_come_in_without_a_notice() {
    let modem = Modem::with_places(10);
    modem.fault(|faults| faults.without_notice = true);
    for reference in 0..50 {
        modem.receive_text("+8619900000001", &format!("第{reference}条"), reference, Order::Right);
    }
    assert_eq!(modem.used(), 10);
    let mut line = Line::new(modem);
    line.look_until("taken in", |line| line.parts().len() == 50 && line.modem.held() == 0);
}

/// A card that does not delete: the same text in many files.
#[test]
fn a_text_that_is_not_deleted_is_kept_once() {
    let mut line = Line::new(Modem::start());
    line.modem.fault(|faults| faults.deletions_without_effect = 2);
    line.modem.receive_text("+8619900000001", "路灯坏了", 9, Order::Right);
    line.look_until("deleted", |line| line.modem.held() == 0 && !line.parts().is_empty());
    line.look_until("quiet", |line| super::smsd::files(&line.smsd.folder("incoming")).is_empty());
    assert_eq!((line.city.waiting().len(), line.city.told().copies), (1, 2));
}

/// messaging.md 3, 30: the modem's OK is lost.
#[test]
fn a_lost_answer_is_uncertain_until_the_report_and_nothing_is_sent_again() {
    let modem = Modem::start();
    // smsd waits twelve times as long for the end of a text: a minute unless told otherwise.
    let smsd = Smsd::start_with(&modem, "read_timeout = 1\n");
    let mut line = Line::with(modem, smsd);
    let receipt = line.city.receipt_for("+8619900000001", "路灯坏了");
    line.modem.fault(|faults| faults.answers_lost = 1);
    line.look_until("uncertain", |line| line.city.state(receipt) == "uncertain");
    let told = line.city.settled(receipt);
    assert!(told.contains(&Settled::Uncertain), "{told:?}");
    let parts = line.city.told().submitting.len();
    line.look_until("all of it sent", |line| line.city.settled(receipt).len() == parts);
    assert_eq!(line.modem.submitted().len(), parts, "smsd does not try a second time");
    assert_eq!(line.city.state(receipt), "uncertain");
}

/// The same, and smsd is stopped before it gave up: the next one finds the file and sends it once more. That
/// is smsd's doing; here it is one attempt, and nobody is told that it failed.
#[test]
fn smsd_started_again_in_the_middle_of_a_text_settles_one_attempt() {
    let mut line = Line::new(Modem::start());
    line.modem.fault(|faults| faults.answers_lost = 1);
    let receipt = line.city.receipt_for("+8619900000001", "路灯坏了");
    line.look_until("submitted", |line| !line.modem.submitted().is_empty());
    line.smsd.stop();
    line.smsd.go_on();
    let parts = line.city.told().submitting.len();
    line.look_until("settled", |line| line.city.settled(receipt).len() == parts);
    let told = line.city.settled(receipt);
    let is_honest =
        |settled: &Settled| matches!(settled, Settled::Uncertain | Settled::Submitted { .. });
    assert!(told.iter().all(is_honest), "{told:?}\n{}", line.smsd.log());
    assert_eq!(line.city.told().submitting.len(), parts);
}

#[test]
fn a_silent_modem_is_told_after_three_periods_and_when_it_answers_again() {
    let mut line = Line::new(Modem::start());
    line.look_until("well", |line| line.smsd.folder("stats").join("status").exists());
    // Five seconds on the adapter's clock for each of its looks; smsd writes every second of the real one.
    let mut now = Timestamp::now();
    let mut look = |line: &mut Line, is_silent: bool| {
        let seen = wait_for(LIMIT, || {
            now += jiff::SignedDuration::from_secs(5);
            line.spool.look(now).unwrap();
            (line.spool.health().is_silent == is_silent).then_some(())
        });
        assert!(seen.is_some(), "{:?}", line.spool.health());
        let told = line.city.told().faults.last().copied();
        assert_eq!(told, Some(is_silent.then_some("silent")));
    };
    line.modem.fault(|faults| faults.silent = true);
    look(&mut line, true);
    line.modem.fault(|faults| faults.silent = false);
    look(&mut line, false);
}
