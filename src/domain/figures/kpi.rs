//! The key figures of domain.md 6.4, each as numerator, denominator and what is left out (D6).

use super::facts::Facts;
use crate::domain::case::{Grade, State, city_zone};
use crate::domain::desk::Disposition;
use crate::units::CaseNumber;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// Which figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KpiName {
    /// 办复率: answered, of those that are owed an answer and have one or are past their date.
    Replied,
    /// 按时办复率: answered by the due date in force, of the same.
    RepliedInTime,
    /// 回访率: the callback is over, of the answered.
    CalledBack,
    /// 回访成功率: graded, of the answered.
    Rated,
    /// 群众满意率: the last grade is 1 to 3, of the graded.
    Satisfied,
    /// 首次满意率: the first grade is 1 to 3, of the graded.
    SatisfiedAtFirst,
    /// 合理诉求满意率: the last grade is 1 to 3, of the graded that are not judged unreasonable.
    SatisfiedReasonable,
    /// 直办率: answered at once or in a three-way call, of those not merged.
    AnsweredDirectly,
    /// 重办率: handled more than once, of the answered.
    Redone,
}

impl KpiName {
    /// All of them, in the order of the reports.
    pub const ALL: [Self; 9] = [
        Self::Replied,
        Self::RepliedInTime,
        Self::CalledBack,
        Self::Rated,
        Self::Satisfied,
        Self::SatisfiedAtFirst,
        Self::SatisfiedReasonable,
        Self::AnsweredDirectly,
        Self::Redone,
    ];

    /// As it is published.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Replied => "办复率",
            Self::RepliedInTime => "按时办复率",
            Self::CalledBack => "回访率",
            Self::Rated => "回访成功率",
            Self::Satisfied => "群众满意率",
            Self::SatisfiedAtFirst => "首次满意率",
            Self::SatisfiedReasonable => "合理诉求满意率",
            Self::AnsweredDirectly => "直办率",
            Self::Redone => "重办率",
        }
    }

    /// The goal that the city has set itself (三个100%); others are shown without one.
    #[must_use]
    pub fn goal_percent(self) -> Option<u8> {
        matches!(self, Self::Replied | Self::CalledBack | Self::SatisfiedReasonable).then_some(100)
    }
}

/// Why a case is in no denominator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Excluded {
    /// 密件.
    Sealed,
    /// 并案.
    Merged,
    /// 留存.
    Kept,
    /// 转阅.
    Circulated,
    /// 不予受理.
    Declined,
    /// 撤回.
    Withdrawn,
    /// Not answered and not due yet.
    NotDue,
    /// No answer has reached the citizen.
    NotReplied,
    /// The citizen gave no grade.
    NotRated,
    /// What was asked for is not reasonable.
    Unreasonable,
}

impl Excluded {
    /// As it is published.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Sealed => "密件",
            Self::Merged => "并案",
            Self::Kept => "留存",
            Self::Circulated => "转阅",
            Self::Declined => "不予受理",
            Self::Withdrawn => "撤回",
            Self::NotDue => "未到期",
            Self::NotReplied => "尚未办复",
            Self::NotRated => "未评价",
            Self::Unreasonable => "诉求不合理",
        }
    }
}

/// One figure with what is behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyFigure<Name, Behind, Why> {
    /// Which.
    pub name: Name,
    /// As it is published.
    pub title: &'static str,
    /// How many count.
    pub numerator: usize,
    /// How many could.
    pub denominator: usize,
    /// In tenths of a percent, rounded half up; `None` where nothing could count.
    pub permille: Option<u32>,
    /// The goal in percent, where the city has one.
    pub goal_percent: Option<u8>,
    /// Those that count.
    pub counted: Vec<Behind>,
    /// Those that could and do not.
    pub missed: Vec<Behind>,
    /// Those that are left out, by reason.
    pub excluded: BTreeMap<Why, Vec<Behind>>,
    /// Of the worst of something: since when that was.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_city_time")]
    pub since: Option<Timestamp>,
}

fn as_city_time<S: Serializer>(at: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
    let told = at.map(|at| at.to_zoned(city_zone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string());
    told.serialize(to)
}

/// One figure with its cases.
pub type Kpi = KeyFigure<KpiName, CaseNumber, Excluded>;

impl<Name, Behind, Why: Ord> KeyFigure<Name, Behind, Why> {
    /// Of all that are looked at: each counts, could and does not, or is left out.
    pub(super) fn of(
        name: Name,
        (title, goal_percent): (&'static str, Option<u8>),
        looked_at: impl Iterator<Item = (Behind, Result<bool, Why>)>,
    ) -> Self {
        let (mut counted, mut missed, mut excluded) = (vec![], vec![], BTreeMap::new());
        for (one, place) in looked_at {
            match place {
                Ok(true) => counted.push(one),
                Ok(false) => missed.push(one),
                Err(why) => excluded.entry(why).or_insert_with(Vec::new).push(one),
            }
        }
        let (numerator, denominator) = (counted.len(), counted.len() + missed.len());
        let permille = permille(numerator, denominator);
        Self {
            name,
            title,
            numerator,
            denominator,
            permille,
            goal_percent,
            counted,
            missed,
            excluded,
            since: None,
        }
    }
}

/// All figures of a set of cases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Measured {
    /// 受理量: all numbered cases.
    pub accepted: usize,
    /// The figures, in the order of the reports.
    pub kpis: Vec<Kpi>,
}

/// Measures a set of cases as they stand at `now`.
#[must_use]
pub fn measure(cases: &[Facts], now: Timestamp) -> Measured {
    let kpis = KpiName::ALL.into_iter().map(|name| one(name, cases, now)).collect();
    Measured { accepted: cases.len(), kpis }
}

fn one(name: KpiName, cases: &[Facts], now: Timestamp) -> Kpi {
    let looked_at = cases.iter().map(|case| (case.number, place(name, case, now)));
    KeyFigure::of(name, (name.title(), name.goal_percent()), looked_at)
}

/// Tenths of a percent, rounded half up; `None` of nothing.
fn permille(numerator: usize, denominator: usize) -> Option<u32> {
    let rounded = (numerator * 2_000 + denominator).checked_div(denominator * 2)?;
    u32::try_from(rounded).ok()
}

/// Whether a case counts in a figure, or why it is not in it at all.
fn place(name: KpiName, case: &Facts, now: Timestamp) -> Result<bool, Excluded> {
    match name {
        KpiName::Replied => owed(case, now).map(|()| case.reply.is_some()),
        KpiName::RepliedInTime => {
            owed(case, now).map(|()| case.reply.is_some_and(|reply| reply.in_time()))
        }
        KpiName::CalledBack => {
            replied(case).map(|()| case.final_grade.is_some() || case.asked_in_vain)
        }
        KpiName::Rated => replied(case).map(|()| case.final_grade.is_some()),
        KpiName::Satisfied => rated(case, case.final_grade),
        KpiName::SatisfiedAtFirst => rated(case, case.first_grade),
        KpiName::SatisfiedReasonable => {
            let content = rated(case, case.final_grade)?;
            if case.unreasonable { Err(Excluded::Unreasonable) } else { Ok(content) }
        }
        KpiName::AnsweredDirectly => direct(case),
        KpiName::Redone => replied(case).map(|()| case.round >= 2),
    }
}

/// The ends that owe nobody an answer.
fn without_duty(case: &Facts) -> Option<Excluded> {
    if case.sealed {
        return Some(Excluded::Sealed);
    }
    match case.state {
        State::Merged => Some(Excluded::Merged),
        State::Kept => Some(Excluded::Kept),
        State::Circulated => Some(Excluded::Circulated),
        State::Declined => Some(Excluded::Declined),
        State::Withdrawn => Some(Excluded::Withdrawn),
        _ => None,
    }
}

/// An answer is owed and given, or past its date.
fn owed(case: &Facts, now: Timestamp) -> Result<(), Excluded> {
    if let Some(reason) = without_duty(case) {
        return Err(reason);
    }
    let overdue = case.due_at.is_some_and(|due| due < now);
    if case.reply.is_some() || overdue { Ok(()) } else { Err(Excluded::NotDue) }
}

fn replied(case: &Facts) -> Result<(), Excluded> {
    match (without_duty(case), case.reply) {
        (Some(reason), _) => Err(reason),
        (None, None) => Err(Excluded::NotReplied),
        (None, Some(_)) => Ok(()),
    }
}

fn rated(case: &Facts, grade: Option<Grade>) -> Result<bool, Excluded> {
    replied(case)?;
    grade.map(|grade| grade != Grade::Dissatisfied).ok_or(Excluded::NotRated)
}

/// A merged case is counted where it was merged into (invariant 9).
fn direct(case: &Facts) -> Result<bool, Excluded> {
    if case.state == State::Merged {
        return Err(Excluded::Merged);
    }
    let at_once = matches!(case.disposition, Some(Disposition::Answered | Disposition::ThreeWay));
    Ok(case.answered_directly && at_once && !case.sealed)
}
