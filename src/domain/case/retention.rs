//! How long a case is kept, what keeps it longer, and when it is erased (domain.md 3.7; PIPL articles
//! 19 and 47).
//!
//! A period begins on the local day of the end of a case and its first day is not counted, so that
//! nothing is erased before the day after the last one. A hold keeps a case however old it is.
//! What is erased is who the citizen is and every word; number, dates, units, grades and hashes stay.

use super::admonition::Admonition;
use super::deadline::local_day;
use super::event::{CaseEvent, Channel};
use super::fold::Case;
use super::reasons::{DiscardReason, ErasureGround, HoldReason};
use super::record::Record;
use super::refusal::{Guard, Refusal};
use super::status::State;
use super::workflow::Context;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Who erases when no person does.
const SYSTEM: &str = "system";

/// How long each class is kept; proposals of domain.md 3.7, which a city sets (`retention.*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionRules {
    /// Advertising that came in (domain.md 5.3, row 24), in days.
    pub spam_days: u32,
    /// Calls and contacts that no case came of, in days.
    pub unlinked_days: u32,
    /// Recordings of a case, in days after its end.
    pub recording_days: u32,
    /// Cases, in years after their end.
    pub case_years: u16,
    /// Who asked about his personal information, in years after the answer.
    pub request_years: u16,
    /// Copies of the database that an upgrade made, in days.
    pub copy_days: u32,
}

impl Default for RetentionRules {
    fn default() -> Self {
        Self {
            spam_days: 30,
            unlinked_days: 90,
            recording_days: 365,
            case_years: 10,
            request_years: 3,
            copy_days: 30,
        }
    }
}

/// What is kept for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RetentionClass {
    /// 垃圾信息: a contact that was no matter but advertising.
    Spam,
    /// 未立案来电来件: no case came of it.
    Unlinked,
    /// 办件录音: what was recorded for a case.
    Recording,
    /// 办件档案: a numbered case.
    Case,
}

impl RetentionClass {
    /// Every class with its name in JSON, and as officials read it.
    pub const NAMES: [(Self, &'static str, &'static str); 4] = [
        (Self::Spam, "spam", "垃圾信息"),
        (Self::Unlinked, "unlinked", "未立案来电来件"),
        (Self::Recording, "recording", "办件录音"),
        (Self::Case, "case", "办件档案"),
    ];

    /// Its name in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(class, ..)| *class == self).map_or("", |(_, name, _)| name)
    }

    /// As officials read it.
    #[must_use]
    pub fn title(self) -> &'static str {
        Self::NAMES.iter().find(|(class, ..)| *class == self).map_or("", |(.., title)| title)
    }

    /// The last day on which something of this class is kept that ended on `end`.
    #[must_use]
    pub fn last_day(self, end: Date, rules: &RetentionRules) -> Date {
        let span = match self {
            Self::Spam => i64::from(rules.spam_days).days(),
            Self::Unlinked => i64::from(rules.unlinked_days).days(),
            Self::Recording => i64::from(rules.recording_days).days(),
            Self::Case => i64::from(rules.case_years).years(),
        };
        end.saturating_add(span)
    }
}

/// How much of a case is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Erasure {
    /// Its recordings.
    Recordings,
    /// Its recordings, its words and who the citizen is.
    Everything,
}

/// Why a case is kept whatever its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// It is not at its end.
    Open,
    /// It goes to the discipline commission, which alone decides.
    UnderSeal,
    /// 挂号督办.
    Docketed,
    /// 约谈 under way, or something waits for a second person.
    Contested,
    /// Somebody is still to be called back.
    Callback,
    /// An official ordered it.
    Ordered,
    /// The case that it was merged into is kept.
    Joined,
    /// Its recordings are those of another case too, which is kept.
    Shared,
}

impl Hold {
    /// Every hold with its name in JSON, and as officials read it.
    pub const NAMES: [(Self, &'static str, &'static str); 8] = [
        (Self::Open, "open", "尚未办结"),
        (Self::UnderSeal, "under_seal", "已转纪委"),
        (Self::Docketed, "docketed", "挂号督办"),
        (Self::Contested, "contested", "有待决事项"),
        (Self::Callback, "callback", "尚待回拨"),
        (Self::Ordered, "ordered", "已登记暂缓销毁"),
        (Self::Joined, "joined", "并入的事项仍在保存"),
        (Self::Shared, "shared", "录音同属仍在保存的事项"),
    ];

    /// Its name in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(hold, ..)| *hold == self).map_or("", |(_, name, _)| name)
    }

    /// As officials read it.
    #[must_use]
    pub fn title(self) -> &'static str {
        Self::NAMES.iter().find(|(hold, ..)| *hold == self).map_or("", |(.., title)| title)
    }
}

/// What is to be erased of a case, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EraseOrder {
    /// How much.
    pub erasure: Erasure,
    /// Why.
    pub ground: ErasureGround,
    /// The local day on which the case came into the state it is in.
    pub since: Date,
    /// The case that it was merged into is kept.
    pub joined: bool,
    /// Recordings or callers came to it after it was erased: the mark does not keep them.
    pub again: bool,
    /// How long each class is kept.
    pub rules: RetentionRules,
}

/// The stub of a call that ended before anybody heard what it was about: there is nothing to accept, and
/// to deal with it is to call back. A stub with a message is a contact like any other.
fn is_stub(case: &Case) -> bool {
    let stub = case.state == Some(State::Draft) && case.channel == Some(Channel::Abandoned);
    stub && case.recording.is_none() && case.private.text.is_none()
}

/// The class of a case as a whole; `None`: nobody has dealt with the contact yet.
#[must_use]
pub fn class_of(case: &Case) -> Option<RetentionClass> {
    match (case.number, case.state?) {
        (Some(_), _) => Some(RetentionClass::Case),
        (None, State::Draft) if is_stub(case) => Some(RetentionClass::Unlinked),
        (None, State::Kept) => Some(match case.work.discarded {
            Some(DiscardReason::Advertising) => RetentionClass::Spam,
            _ => RetentionClass::Unlinked,
        }),
        (None, _) => None,
    }
}

/// The class that what is erased belongs to.
#[must_use]
pub fn class_for(case: &Case, erasure: Erasure) -> Option<RetentionClass> {
    let class = class_of(case)?;
    Some(match (class, erasure) {
        (RetentionClass::Case, Erasure::Recordings) => RetentionClass::Recording,
        _ => class,
    })
}

/// The day a case ended on; `since` is the local day it came into its state.
#[must_use]
pub fn ended_on(case: &Case, since: Date) -> Option<Date> {
    match case.state? {
        State::Closed | State::Archived => Some(case.closed_on.unwrap_or(since)),
        State::Declined | State::Merged | State::Withdrawn | State::Kept => Some(since),
        // Whoever is to be called back was, or could not be reached.
        State::Draft if is_stub(case) => match &case.callback {
            None => Some(since),
            Some(task) => Some(local_day(task.done_at?).max(since)),
        },
        // Whoever is to read it has.
        State::Circulated if case.work.readers.values().all(Option::is_some) => {
            let read = case.work.readers.values().flatten().max();
            Some(read.map_or(since, |at| local_day(*at)).max(since))
        }
        _ => None,
    }
}

/// What keeps a case, but for the case that it was merged into.
#[must_use]
pub fn holds(case: &Case) -> Vec<Hold> {
    let work = &case.work;
    let sealed = case.told_state() == Some(State::Sealed);
    let admonition = matches!(work.admonition, Some(Admonition::Proposed | Admonition::Signed));
    let called = case.callback.as_ref().is_some_and(|task| task.done_at.is_none());
    // A sealed case is at no end either, but that is not why it is kept.
    let open = !sealed && ended_on(case, Date::MIN).is_none();
    [
        (open, Hold::Open),
        (sealed, Hold::UnderSeal),
        (work.is_docketed(), Hold::Docketed),
        (admonition || work.waiting.is_some(), Hold::Contested),
        (called && class_of(case) != Some(RetentionClass::Spam), Hold::Callback),
        (work.hold.is_some(), Hold::Ordered),
    ]
    .into_iter()
    .filter_map(|(holds, hold)| holds.then_some(hold))
    .collect()
}

/// The last day on which this much of a case is kept; `None`: it has no end yet.
#[must_use]
pub fn last_day(
    case: &Case,
    erasure: Erasure,
    since: Date,
    rules: &RetentionRules,
) -> Option<Date> {
    Some(class_for(case, erasure)?.last_day(ended_on(case, since)?, rules))
}

/// The event of an erasure. On request recordings, and contacts that no case came of, go before their
/// day: their periods are the city's own. The file of a case stays for its period (PIPL article 47:
/// deletion waits while a law or regulation demands keeping).
pub(super) fn erase(
    case: &Case,
    order: &EraseOrder,
    context: &Context<'_>,
) -> Result<Vec<CaseEvent>, Refusal> {
    if !order.again && case.work.erased.is_some_and(|erased| erased >= order.erasure) {
        return Err(Guard::Erased.into());
    }
    if order.joined || !holds(case).is_empty() {
        return Err(Guard::Held.into());
    }
    let class = class_for(case, order.erasure).ok_or(Guard::Held)?;
    let last = last_day(case, order.erasure, order.since, &order.rules).ok_or(Guard::Held)?;
    let early = order.ground == ErasureGround::Request && class != RetentionClass::Case;
    if !early && local_day(context.now) <= last {
        return Err(Guard::KeptUntil.into());
    }
    let everything = order.erasure == Erasure::Everything;
    let towns = case.work.towns.iter().map(|town| town.map(str::to_owned));
    Ok(vec![
        Record::Erased {
            erasure: order.erasure,
            ground: order.ground,
            by: SYSTEM.to_owned(),
            towns: if everything { towns.collect() } else { vec![] },
            contact: everything && case.private.can_be_answered(),
        }
        .into(),
    ])
}

/// An order that keeps a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldOrder {
    /// Why.
    pub reason: HoldReason,
    /// Who gave it.
    pub by: String,
}
