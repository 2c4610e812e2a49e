//! Our spool adapter with a real smsd on the emulated modem.

use super::ports::Memory;
use super::smsd::{NAME, Smsd};
use crate::support::modem::{Modem, Order};
use crate::support::wait_for;
use jiff::Timestamp;
use mayorline::channels::sms::spool::{Spool, SpoolConfig};
use mayorline::channels::sms::{Form, PartId, Settled};
use mayorline::wire::sms::{CmsError, Deliver, Incoming, decode};
use mayorline::wire::spool::{Content, Received};
use std::collections::BTreeSet;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);

/// smsd and the adapter on one spool.
struct Line {
    modem: Modem,
    smsd: Smsd,
    memory: Memory,
    spool: Spool<Memory>,
}

impl Line {
    fn new(modem: Modem) -> Self {
        let smsd = Smsd::start(&modem);
        Self::with(modem, smsd)
    }

    fn with(modem: Modem, smsd: Smsd) -> Self {
        let memory = Memory::default();
        let config = SpoolConfig { folder: smsd.spool(), modem: NAME.to_owned() };
        let spool = Spool::new(config, memory.clone()).unwrap();
        Self { modem, smsd, memory, spool }
    }

    /// Looks until the condition holds.
    fn look_until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let held = wait_for(LIMIT, || {
            self.spool.look(Timestamp::now()).unwrap();
            holds(self).then_some(())
        });
        assert!(held.is_some(), "not {what}\n{}\n{}", self.modem.log(), self.smsd.log());
    }

    /// The parts that the store has, by the PDUs of their files.
    fn parts(&self) -> Vec<Deliver> {
        let kept = self.memory.kept(Form::Text);
        let parts =
            kept.iter().flat_map(|kept| match Received::parse(&kept.raw).unwrap().content() {
                Content::Parts(parts) => parts,
                Content::Words(words) => panic!("no PDU: {words:?}"),
            });
        let text = |part| match part {
            Incoming::Deliver(text) => text,
            Incoming::StatusReport(_) => panic!("a report among the texts"),
        };
        parts.map(text).collect()
    }

    /// References of the reports that the store has.
    fn reports(&self) -> Vec<u8> {
        let kept = self.memory.kept(Form::Report);
        let reference = |raw: &[u8]| match Received::parse(raw).unwrap().content() {
            Content::Parts(parts) => match parts.as_slice() {
                [Incoming::StatusReport(report)] => report.reference,
                other => panic!("{other:?}"),
            },
            Content::Words(words) => panic!("no PDU: {words:?}"),
        };
        kept.iter().map(|kept| reference(&kept.raw)).collect()
    }

    fn is_settled(&self, ids: &[PartId]) -> bool {
        ids.iter().all(|id| !self.memory.settled(*id).is_empty())
    }
}

fn joined(mut parts: Vec<Deliver>) -> String {
    parts.sort_by_key(|part| part.data.part.map(|part| part.number));
    decode(parts.iter().map(|part| &part.data)).text
}

#[test]
fn a_text_comes_in_and_its_answer_goes_out_in_parts_with_reports() {
    let mut line = Line::new(Modem::start());
    line.modem.receive_text("+8619900000001", "路灯坏了三天", 1, Order::Right);
    line.look_until("taken in", |line| line.parts().len() == 1 && line.modem.held() == 0);
    assert_eq!(joined(line.parts()), "路灯坏了三天");

    let answer = "您反映的路灯问题已受理，编号26112200131，".repeat(7);
    let ids = line.memory.send(40, "+8619900000001", &answer);
    assert_eq!(ids.len(), 3);
    line.look_until("reported", |line| line.reports().len() == ids.len() && line.is_settled(&ids));
    let submitted = line.modem.submitted();
    assert_eq!(joined(submitted.iter().map(|sent| sent.text.clone()).collect()), answer);
    // Each part has the reference by which its report names it.
    let references = ids.iter().map(|id| match line.memory.settled(*id).as_slice() {
        [Settled::Submitted { reference: Some(reference) }] => *reference,
        other => panic!("{other:?}"),
    });
    let references: BTreeSet<u8> = references.collect();
    assert_eq!(references, line.reports().into_iter().collect());
    let folders = ["incoming", "outgoing", "checked", "sent", "failed", "report"];
    let left: usize =
        folders.map(|name| super::smsd::files(&line.smsd.folder(name)).len()).iter().sum();
    assert_eq!(left, 0);
}

#[test]
fn reports_that_come_twice_are_kept_once() {
    let mut line = Line::new(Modem::start());
    line.modem.fault(|faults| faults.reports_doubled = true);
    let ids = line.memory.send(41, "+8619900000001", "已受理");
    line.look_until("reported twice", |line| {
        line.memory.kept(Form::Report).iter().any(|kept| kept.times == 2)
    });
    assert!(line.is_settled(&ids));
    assert_eq!(line.reports().len(), 1);
}

/// messaging.md 3, 18: gammu#522, #19, #442. 255 parts are tried with our own driver, which is faster.
#[test]
fn sixty_parts_backwards_and_one_missing_are_all_kept() {
    let mut line = Line::new(Modem::with_places(30));
    let text: String = ('一'..).take(67 * 60).collect();
    line.modem.fault(|faults| faults.without_notice = true);
    line.modem.receive_text("+8619900000001", &text, 200, Order::Without(17));
    line.look_until("taken in", |line| line.memory.kept(Form::Text).len() == 59);
    let mut numbers: Vec<u8> =
        line.parts().iter().map(|part| part.data.part.unwrap().number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=60).filter(|number| *number != 17).collect::<Vec<u8>>());
}

/// messaging.md 3, 19 and 29: gammu#389, #95 and smsd's own decoding.
#[test]
fn characters_on_the_edge_of_a_part_stay_whole_by_the_pdu() {
    let mut line = Line::new(Modem::start());
    let text = format!("{}😀{}", "灯".repeat(66), "路".repeat(20));
    let parts = line.modem.receive_text("+8619900000001", &text, 5, Order::Reversed);
    line.look_until("taken in", |line| line.parts().len() == parts.len());
    assert_eq!(joined(line.parts()), text);
    let kept = line.memory.kept(Form::Text);
    assert!(kept.iter().all(|kept| kept.raw.windows(5).any(|at| at == b"PDU: ")));
}

/// messaging.md 3, 20: gammu#537.
#[test]
fn a_number_that_is_refused_parks_alone() {
    let mut line = Line::new(Modem::start());
    line.modem.fault(|faults| {
        faults.refused.insert("+8619900000038".to_owned(), 38);
        faults.refused.insert("+8619900000030".to_owned(), 30);
    });
    let refused = [
        line.memory.send(1, "+8619900000038", "停机"),
        line.memory.send(2, "+8619900000030", "空号"),
        line.memory.send(3, "+8619900000038", "停机"),
        line.memory.send(4, "+8619900000038", "停机"),
    ];
    let good: Vec<_> =
        (5..8).flat_map(|first| line.memory.send(first, "+8619900000001", "已受理")).collect();
    line.look_until("sent", |line| line.is_settled(&good));
    assert_eq!(line.memory.settled(refused[0][0]), [Settled::Retry(Some(CmsError(38)))]);
    assert_eq!(line.memory.settled(refused[1][0]), [Settled::Rejected(CmsError(30))]);
    assert_eq!(line.modem.submitted().len(), good.len());
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
    let kept = line.memory.kept(Form::Text);
    assert_eq!((kept.len(), kept[0].times), (1, 3));
}

/// messaging.md 3, 30: the modem's OK is lost.
#[test]
fn a_lost_answer_is_uncertain_and_nothing_is_sent_again_by_us() {
    let modem = Modem::start();
    // smsd waits twelve times as long for the end of a text: a minute unless told otherwise.
    let smsd = Smsd::start_with(&modem, "read_timeout = 1\n");
    let mut line = Line::with(modem, smsd);
    line.modem.fault(|faults| faults.answers_lost = 1);
    let ids = line.memory.send(60, "+8619900000001", "已受理");
    line.look_until("submitted", |line| line.modem.submitted().len() == 1);
    line.look_until("settled", |line| line.is_settled(&ids));
    assert_eq!(line.memory.settled(ids[0]), [Settled::Uncertain]);
    assert_eq!(line.modem.submitted().len(), 1, "smsd does not try a second time");
    // The report tells in the end what became of it.
    line.look_until("reported", |line| line.reports() == [1]);
}

/// The same, and smsd is stopped before it gave up: the next one finds the file and sends it once more. That
/// is smsd's doing; here it is one attempt, and nobody is told that it failed.
#[test]
fn smsd_started_again_in_the_middle_of_a_text_settles_one_attempt() {
    let mut line = Line::new(Modem::start());
    line.modem.fault(|faults| faults.answers_lost = 1);
    let ids = line.memory.send(61, "+8619900000001", "已受理");
    line.look_until("submitted", |line| line.modem.submitted().len() == 1);
    line.smsd.stop();
    line.smsd.go_on();
    line.look_until("settled", |line| line.is_settled(&ids));
    let told = line.memory.settled(ids[0]);
    assert!(
        matches!(told.as_slice(), [Settled::Uncertain | Settled::Submitted { .. }]),
        "{told:?}\n{}",
        line.smsd.log()
    );
    assert_eq!(line.memory.content().submitting, ids);
}

#[test]
fn a_silent_modem_is_told_after_three_periods_and_when_it_answers_again() {
    let mut line = Line::new(Modem::start());
    line.look_until("well", |line| line.smsd.folder("stats").join("status").exists());
    // Five seconds on the adapter's clock for each of its looks; smsd writes every second of the real one.
    let mut now = Timestamp::now();
    let mut look = |line: &mut Line, is_silent| {
        let seen = wait_for(LIMIT, || {
            now += jiff::SignedDuration::from_secs(5);
            line.spool.look(now).unwrap();
            (line.spool.health().is_silent == is_silent).then_some(())
        });
        assert!(seen.is_some(), "{:?}", line.spool.health());
    };
    line.modem.fault(|faults| faults.silent = true);
    look(&mut line, true);
    line.modem.fault(|faults| faults.silent = false);
    look(&mut line, false);
}
