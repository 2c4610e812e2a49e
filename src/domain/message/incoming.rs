//! What becomes of a short text: a command, a word on an answer, more about an open matter, or a new
//! matter (domain.md 4.3). What is not plainly something else is a matter, so that none is lost.

use super::command::{Command, Named, Remark, command};
use super::sender::Sender;
use crate::domain::case::Grade;
use crate::units::CaseNumber;
use jiff::{SignedDuration, Timestamp};

/// A text belongs to the open matter of its sender when that was last written about so lately.
pub const THREAD_OPEN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The same words of the same sender within this are the same text, whatever id the carrier gave it.
pub const SAME_WITHIN: SignedDuration = SignedDuration::from_secs(60);

/// Texts that are added to one case; the next one is a matter of its own, so that no case grows without
/// end.
pub const SUPPLEMENTS_MAX: u32 = 50;

/// An open matter of the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thread {
    /// Its number.
    pub number: CaseNumber,
    /// When it was written about last, by him or by us.
    pub last_at: Timestamp,
    /// Texts that were added to it.
    pub supplements: u32,
}

/// What the store knows around a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Situation {
    /// When it came.
    pub now: Timestamp,
    /// When the same words came from the same sender last.
    pub same_at: Option<Timestamp>,
    /// The open matter of the sender that was written about last.
    pub thread: Option<Thread>,
    /// The case whose answer he was asked about, while his word is waited for.
    pub asked: Option<CaseNumber>,
}

/// What becomes of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It was taken already.
    Copy,
    /// A person must look at it: it is of a machine, or reads like one.
    Hold(&'static str),
    /// It says nothing.
    Empty,
    /// A new matter.
    Open,
    /// More about this one.
    Supplement(CaseNumber),
    /// How a case stands.
    Query(Named),
    /// The citizen's word on the answer to this case.
    Rate(CaseNumber, Grade, Remark),
    /// No more notices.
    StopNotices,
    /// What can be asked for.
    Help,
    /// A matter is to be withdrawn.
    Withdraw(Named),
}

/// What becomes of a text.
#[must_use]
pub fn judge(sender: &Sender, text: &str, around: &Situation) -> Verdict {
    if around.same_at.is_some_and(|at| around.now.duration_since(at).abs() <= SAME_WITHIN) {
        return Verdict::Copy;
    }
    if !text.chars().any(says_something) {
        return Verdict::Empty;
    }
    if sender.phone().is_none() {
        return Verdict::Hold("machine");
    }
    match (command(text), around.asked) {
        (Some(Command::Query(named)), _) => Verdict::Query(named),
        (Some(Command::Withdraw(named)), _) => Verdict::Withdraw(named),
        (Some(Command::StopNotices), _) => Verdict::StopNotices,
        (Some(Command::Help), _) => Verdict::Help,
        (Some(Command::Rate { grade, remark }), Some(number)) => {
            Verdict::Rate(number, grade, remark)
        }
        // A word on nothing that was asked about may still be meant as one on his open matter.
        (Some(Command::Rate { .. }) | None, _) => matter(text, around),
    }
}

/// A letter, a digit, or a picture that people send in place of words; marks and blanks say nothing.
fn says_something(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '\u{2190}'..='\u{2BFF}' | '\u{1F000}'..='\u{1FAFF}')
}

/// The signature that carriers ask of whoever sends to many.
const SIGNATURE_CHARS_MAX: usize = 20;
/// What such a text wants its reader to do.
const ADVERT_WORDS: [&str; 7] = ["点击", "链接", "戳", "http", "领取", "回T退订", "拒收请回"];

/// An advert, as platforms that hide behind a telephone number send it: it begins with a signature in
/// brackets and asks to be followed. A citizen may also show what he was sent, so that a person looks at it.
fn is_advert(text: &str) -> bool {
    let signed = text.trim_start().strip_prefix('【').and_then(|rest| rest.split_once('】'));
    signed.is_some_and(|(name, rest)| {
        name.chars().count() <= SIGNATURE_CHARS_MAX
            && ADVERT_WORDS.iter().any(|word| rest.contains(word))
    })
}

fn matter(text: &str, around: &Situation) -> Verdict {
    let is_open = |thread: &Thread| {
        let fresh = around.now.duration_since(thread.last_at) <= THREAD_OPEN;
        fresh && thread.supplements < SUPPLEMENTS_MAX
    };
    match around.thread.filter(is_open) {
        Some(thread) => Verdict::Supplement(thread.number),
        None if is_advert(text) => Verdict::Hold("advert"),
        None => Verdict::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn around() -> Situation {
        let now = at("2026-11-22T10:00:00+08:00");
        Situation { now, same_at: None, thread: None, asked: None }
    }

    fn number() -> CaseNumber {
        CaseNumber::parse("26112200131").unwrap()
    }

    fn of_citizen(text: &str, around: &Situation) -> Verdict {
        judge(&Sender::parse("19900000017"), text, around)
    }

    fn threaded(last_at: &str, supplements: u32) -> Situation {
        let thread = Thread { number: number(), last_at: at(last_at), supplements };
        Situation { thread: Some(thread), ..around() }
    }

    #[test]
    fn a_text_is_a_new_matter_unless_one_of_the_sender_was_written_about_this_week() {
        let text = "路灯还是不亮";
        assert_eq!(of_citizen(text, &around()), Verdict::Open);
        let lately = threaded("2026-11-15T10:00:00+08:00", 0);
        assert_eq!(of_citizen(text, &lately), Verdict::Supplement(number()));
        let before = threaded("2026-11-15T09:59:59+08:00", 0);
        assert_eq!(of_citizen(text, &before), Verdict::Open);
        let grown = threaded("2026-11-22T09:00:00+08:00", SUPPLEMENTS_MAX);
        assert_eq!(of_citizen(text, &grown), Verdict::Open);
    }

    #[test]
    fn a_grade_is_one_only_where_it_was_asked_for() {
        let asked = Situation { asked: Some(number()), ..around() };
        let rated = Verdict::Rate(number(), Grade::Dissatisfied, Remark::new("还是没修"));
        assert_eq!(of_citizen("4，还是没修", &asked), rated);
        assert_eq!(of_citizen("不满意", &around()), Verdict::Open);
        let open = threaded("2026-11-21T10:00:00+08:00", 0);
        assert_eq!(of_citizen("不满意", &open), Verdict::Supplement(number()));
    }

    #[test]
    fn an_advert_waits_for_a_person_unless_its_sender_has_an_open_matter() {
        let advert = "【某贷款】额度30万，点击链接领取";
        assert_eq!(of_citizen(advert, &around()), Verdict::Hold("advert"));
        let open = threaded("2026-11-21T10:00:00+08:00", 0);
        assert_eq!(of_citizen(advert, &open), Verdict::Supplement(number()));
        for matter in [
            "【求助】我家停水两天了",
            "收到短信【某贷款】点击链接领取，是不是骗子",
            "物业让点击链接交费",
        ] {
            assert_eq!(of_citizen(matter, &around()), Verdict::Open, "{matter}");
        }
    }

    #[test]
    fn the_same_words_are_taken_once_a_minute() {
        let again = |seconds: i64| {
            let now = around().now;
            let same_at = Some(now - SignedDuration::from_secs(seconds));
            of_citizen("路灯不亮", &Situation { same_at, ..around() })
        };
        assert_eq!(again(60), Verdict::Copy);
        assert_eq!(again(61), Verdict::Open);
        assert_eq!(again(-3_600), Verdict::Open, "it was settled before what had come earlier");
    }

    #[test]
    fn a_machine_is_looked_at_by_a_person_and_what_says_nothing_is_nothing() {
        let machine = Sender::parse("10086");
        let ad = judge(&machine, "您的话费余额不足", &around());
        assert_eq!(ad, Verdict::Hold("machine"));
        assert_eq!(of_citizen("　。\n", &around()), Verdict::Empty);
        assert_eq!(of_citizen("👍", &around()), Verdict::Open, "a person looks at it");
        assert_eq!(of_citizen("TD", &around()), Verdict::StopNotices);
        assert_eq!(of_citizen("帮助", &around()), Verdict::Help);
    }
}
