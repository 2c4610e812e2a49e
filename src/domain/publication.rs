//! What everybody may read of a case whose notice was approved (办理公示, domain.md B7): never the words
//! of a citizen or of a unit, only the text that a director approved, and facts beside it.
//!
//! A case is listed while its answer stands: in 待回访, 办结 and 归档. One that is sealed or proposed for
//! it, kept (留存), withdrawn, erased, or whose citizen asks for secrecy, is not. Whether a minor is
//! concerned is asked of [`raises_minor`], because only the store knows which flags are false.

use super::anonymise::anonymise;
use super::case::{Case, Erasure, Grade, Nature, State, local_day};
use super::suggest::{RiskGroup, risks};
use crate::units::CaseNumber;
use jiff::Timestamp;
use jiff::civil::Date;

/// Digits of a domain's code by which notices are grouped: its field (`05` of `050100`).
pub const KIND_DIGITS: usize = 2;

/// A notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicNotice {
    /// The case.
    pub number: CaseNumber,
    /// When the matter came.
    pub received_at: Timestamp,
    /// When it got its number.
    pub accepted_at: Timestamp,
    /// When the notice was approved; that of the number where nobody noted it.
    pub published_at: Timestamp,
    /// Where it stands: [`State::Callback`], [`State::Closed`] or [`State::Archived`].
    pub state: State,
    /// What kind of matter (咨询, 求助 …).
    pub nature: Option<Nature>,
    /// Six-digit code of its domain.
    pub domain: Option<String>,
    /// The town it is about; nothing nearer to a door is told.
    pub town: Option<&'static str>,
    /// The lead unit, by its id.
    pub unit: Option<String>,
    /// The approved text.
    pub text: String,
    /// How it ended.
    pub result: PublicResult,
    /// Calendar days from its number to the answer, the first not counted; `None`: not known.
    pub days_used: Option<u32>,
    /// The citizen's last grade.
    pub grade: Option<Grade>,
    /// The citizen's date.
    pub due_on: Option<Date>,
    /// The day it was closed on.
    pub closed_on: Option<Date>,
}

/// How a matter ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublicResult {
    /// Answered at once, or in a three-way call.
    Direct,
    /// A unit handled it and answered.
    Handled,
    /// What was asked for was found to be without reason, and this was explained.
    Explained,
}

impl PublicResult {
    /// Its name in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Handled => "handled",
            Self::Explained => "explained",
        }
    }

    /// As it is published.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Direct => "已直接答复",
            Self::Handled => "已办理并答复",
            Self::Explained => "已答复并作出解释",
        }
    }
}

impl PublicNotice {
    /// The notice of a case; `None` where it has none that may be read now.
    #[must_use]
    pub fn of(case: &Case) -> Option<Self> {
        let work = &case.work;
        let text = work.notice.as_deref().filter(|_| is_listed(case))?;
        let text = anonymise(text).0;
        if text.trim().is_empty() {
            return None;
        }
        Some(Self {
            number: case.number?,
            received_at: case.received_at?,
            accepted_at: case.accepted_at?,
            published_at: work.noticed_at.or(case.accepted_at)?,
            state: case.state?,
            nature: case.nature,
            domain: case.domain.clone(),
            town: work.town(),
            unit: case.unit.clone(),
            text,
            result: result(case),
            days_used: days_used(case),
            grade: work.grades.last().map(|(_, grade)| *grade),
            due_on: case.due.as_ref().map(|due| due.on),
            closed_on: case.closed_on,
        })
    }

    /// One sentence on where it stands.
    #[must_use]
    pub fn sentence(&self) -> &'static str {
        match self.state {
            State::Callback => "已答复，正在回访",
            State::Archived => "已办结并归档",
            _ => "已办结",
        }
    }

    /// Open in the sense of Open311 (domain.md 2.4): every state before 办结.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state.is_open()
    }

    /// Its field, the first two digits of the domain; empty where it has none.
    #[must_use]
    pub fn kind(&self) -> &str {
        kind_of(self.domain.as_deref())
    }
}

/// A notice of the case stands and nothing forbids it, as far as its events tell.
#[must_use]
pub fn is_listed(case: &Case) -> bool {
    let work = &case.work;
    let answered = case.told_state().is_some_and(State::is_answered);
    let erased = work.erased == Some(Erasure::Everything);
    work.publish == Some(true) && answered && !work.secrecy && !erased && case.number.is_some()
}

/// The field of a domain's code; empty where there is none.
#[must_use]
pub fn kind_of(domain: Option<&str>) -> &str {
    domain.and_then(|code| code.get(..KIND_DIGITS)).unwrap_or_default()
}

/// What was said, in the case or in its notice, raises the flag of a minor (C6, 未成年人).
#[must_use]
pub fn raises_minor(case: &Case) -> bool {
    let said = [&case.summary, &case.private.text, &case.work.notice];
    let said = said.into_iter().flatten();
    said.flat_map(|text| risks(text)).any(|flag| flag.group == RiskGroup::Minor)
}

fn result(case: &Case) -> PublicResult {
    match (case.work.reasonable, case.answered_directly) {
        (Some(false), _) => PublicResult::Explained,
        (_, true) => PublicResult::Direct,
        _ => PublicResult::Handled,
    }
}

fn days_used(case: &Case) -> Option<u32> {
    let answered = case.work.answered_at.map(local_day).or(case.closed_on)?;
    let accepted = local_day(case.accepted_at?);
    u32::try_from(accepted.until(answered).ok()?.get_days()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::case::DueDate;

    /// Answered by a unit on the third day, rated, closed and approved.
    fn closed() -> Case {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let mut case = Case {
            state: Some(State::Closed),
            number: CaseNumber::parse("26112000019").ok(),
            received_at: Some(at("2026-11-20T09:10:00+08:00")),
            accepted_at: Some(at("2026-11-20T09:12:00+08:00")),
            nature: Some(Nature::Help),
            domain: Some("050100".to_owned()),
            unit: Some("unit.27".to_owned()),
            round: 1,
            closed_on: Some(jiff::civil::date(2026, 11, 24)),
            summary: Some("北宿镇路灯不亮".to_owned()),
            ..Case::default()
        };
        case.work.towns.push(Some("北宿镇"));
        case.work.answered_at = Some(at("2026-11-23T00:30:00+08:00"));
        case.work.grades.push((1, Grade::Satisfied));
        case.work.publish = Some(true);
        case.work.notice = Some("北宿镇路灯不亮。已更换灯具。".to_owned());
        case
    }

    #[test]
    fn a_notice_tells_the_facts_and_the_approved_text() {
        let notice = PublicNotice::of(&closed()).unwrap();
        assert_eq!(notice.text, "北宿镇路灯不亮。已更换灯具。");
        assert_eq!((notice.kind(), notice.town, notice.days_used), ("05", Some("北宿镇"), Some(3)));
        assert_eq!((notice.result.title(), notice.sentence()), ("已办理并答复", "已办结"));
        assert_eq!((notice.grade, notice.is_open()), (Some(Grade::Satisfied), false));
        let mut asked = closed();
        (asked.state, asked.closed_on) = (Some(State::Callback), None);
        let notice = PublicNotice::of(&asked).unwrap();
        assert_eq!((notice.is_open(), notice.sentence()), (true, "已答复，正在回访"));
        let mut direct = closed();
        direct.answered_directly = true;
        direct.work.answered_at = None;
        let notice = PublicNotice::of(&direct).unwrap();
        assert_eq!((notice.result, notice.days_used), (PublicResult::Direct, Some(4)));
        direct.work.reasonable = Some(false);
        assert_eq!(PublicNotice::of(&direct).unwrap().result, PublicResult::Explained);
    }

    #[test]
    fn what_may_not_be_read_has_no_notice() {
        let changes: [fn(&mut Case); 9] = [
            |case| case.work.publish = None,
            |case| case.work.publish = Some(false),
            |case| case.work.secrecy = true,
            |case| case.work.erased = Some(Erasure::Everything),
            |case| case.work.seal_proposed = Some(("802".to_owned(), Timestamp::UNIX_EPOCH)),
            |case| case.state = Some(State::Sealed),
            |case| case.state = Some(State::Kept),
            |case| case.state = Some(State::Withdrawn),
            |case| case.work.notice = Some(" ".to_owned()),
        ];
        for (at, change) in changes.into_iter().enumerate() {
            let mut case = closed();
            assert!(PublicNotice::of(&case).is_some());
            change(&mut case);
            assert!(PublicNotice::of(&case).is_none(), "{at}");
        }
        for (state, _) in State::NAMES {
            let mut case = closed();
            case.state = Some(state);
            let shown = matches!(state, State::Callback | State::Closed | State::Archived);
            assert_eq!(PublicNotice::of(&case).is_some(), shown, "{state:?}");
        }
    }

    #[test]
    fn a_text_that_names_people_after_all_is_told_without_them() {
        let mut case = closed();
        case.work.notice = Some("已告知19900000017，路灯已修复".to_owned());
        assert_eq!(PublicNotice::of(&case).unwrap().text, "已告知***，路灯已修复");
    }

    #[test]
    fn a_minor_is_found_in_the_words_and_in_the_notice() {
        assert!(!raises_minor(&closed()));
        let mut said = closed();
        said.private.text = Some("孩子放学要走黑路".to_owned());
        assert!(raises_minor(&said));
        let mut written = closed();
        written.work.notice = Some("小学门口路灯已修复".to_owned());
        assert!(raises_minor(&written));
    }

    #[test]
    fn the_date_of_the_citizen_is_told() {
        let mut case = closed();
        let at = case.accepted_at.unwrap();
        let on = jiff::civil::date(2026, 11, 25);
        case.due = Some(DueDate { at, on, provisional: false, explained: vec![] });
        assert_eq!(PublicNotice::of(&case).unwrap().due_on, Some(on));
    }
}
