//! The key figures of the telephone (domain.md 6.4): of the calls that wanted a person, how many got one, in
//! the whole span and in the worst 24 hours of it. Calls are counted round the clock, those after hours too.
//!
//! Whoever only looked a case up or left a message was served and asked for nobody: he is left out and
//! shown apart, and so is whoever hung up before anybody could have answered.

use super::kpi::KeyFigure;
use super::worst_day::worst_day;
use crate::units::{CallId, CaseNumber};
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use std::time::Duration;

/// GB/T 33358-2016: a call is answered within 15 s.
pub const ANSWERED_IN_TIME: Duration = Duration::from_secs(15);

/// Whoever has hung up by then is shown apart.
pub const HUNG_UP_EARLY: Duration = Duration::from_secs(5);

/// GB/T 33358-2016: so many of a hundred calls are to be answered.
const GOAL_PERCENT: u8 = 95;

/// What a caller wanted last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// A person: he asked for one, asked to be called back, or pressed nothing.
    Person,
    /// What becomes of his case (语音查询).
    LookUp,
    /// A message or another choice of the menu.
    Other,
}

/// One call of a citizen that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallFacts {
    /// Which.
    pub call: CallId,
    /// The case that came of it; `None`: none, or one under seal.
    pub case: Option<CaseNumber>,
    /// When it came.
    pub started_at: Timestamp,
    /// How long he had waited when a person answered; `None`: nobody did in this call.
    pub answered_after: Option<Duration>,
    /// What he wanted last.
    pub wish: Wish,
    /// How long the call lasted.
    pub lasted: Duration,
    /// The citizen ended it.
    pub hung_up: bool,
}

/// Which figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CallKpiName {
    /// 15秒接通率: a person answered within [`ANSWERED_IN_TIME`].
    AnsweredInTime,
    /// 接通率: a person answered.
    Answered,
    /// 连续24小时最低接通率: the same in the worst 24 hours that lie in the span.
    AnsweredWorstDay,
}

impl CallKpiName {
    /// All of them, in the order of the reports.
    pub const ALL: [Self; 3] = [Self::AnsweredInTime, Self::Answered, Self::AnsweredWorstDay];

    /// As it is published.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::AnsweredInTime => "15秒接通率",
            Self::Answered => "接通率",
            Self::AnsweredWorstDay => "连续24小时最低接通率",
        }
    }
}

/// Why a call is in no denominator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CallExcluded {
    /// Served by the look-up.
    LookedUp,
    /// A message or another choice.
    OtherChoice,
    /// Hung up within [`HUNG_UP_EARLY`].
    HungUpEarly,
}

impl CallExcluded {
    /// As it is published.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::LookedUp => "语音查询",
            Self::OtherChoice => "语音留言等",
            Self::HungUpEarly => "5秒内挂机",
        }
    }
}

/// A call behind a figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CountedCall {
    /// Its id.
    #[serde(serialize_with = "as_text")]
    pub call: CallId,
    /// The case that came of it; `None`: none, or one under seal.
    pub case: Option<CaseNumber>,
}

fn as_text<S: Serializer>(call: &CallId, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(call.as_str())
}

/// One figure with its calls.
pub type CallKpi = KeyFigure<CallKpiName, CountedCall, CallExcluded>;

/// Measures the calls of a span, from its first instant to before its last. One that is shorter than 24
/// hours has no worst of them.
#[must_use]
pub fn measure_calls(calls: &[CallFacts], span: (Timestamp, Timestamp)) -> Vec<CallKpi> {
    let measured = CallKpiName::ALL.into_iter().map(|name| match name {
        CallKpiName::AnsweredInTime | CallKpiName::Answered => one(name, calls.iter()),
        CallKpiName::AnsweredWorstDay => {
            let worst = worst_day(calls, span, |call| place(name, call).ok());
            let (since, those) = worst.unzip();
            CallKpi { since, ..one(name, those.unwrap_or_default().into_iter()) }
        }
    });
    measured.collect()
}

fn one<'a>(name: CallKpiName, calls: impl Iterator<Item = &'a CallFacts>) -> CallKpi {
    let looked_at = calls.map(|facts| {
        (CountedCall { call: facts.call.clone(), case: facts.case }, place(name, facts))
    });
    KeyFigure::of(name, (name.title(), Some(GOAL_PERCENT)), looked_at)
}

/// Whether a call counts in a figure, or why it is not in it at all. The denominators of all figures of the
/// same calls are the same.
fn place(name: CallKpiName, call: &CallFacts) -> Result<bool, CallExcluded> {
    if let Some(after) = call.answered_after {
        return Ok(name != CallKpiName::AnsweredInTime || after <= ANSWERED_IN_TIME);
    }
    match call.wish {
        Wish::LookUp => Err(CallExcluded::LookedUp),
        Wish::Other => Err(CallExcluded::OtherChoice),
        Wish::Person if call.hung_up && call.lasted <= HUNG_UP_EARLY => {
            Err(CallExcluded::HungUpEarly)
        }
        Wish::Person => Ok(false),
    }
}
