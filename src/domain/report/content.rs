//! What a report says. Composed of the facts of its period and of what people typed in, as of one
//! instant; the same material gives the same content.

use super::anchor::Anchors;
use super::channel::{ChannelRow, channel_rows};
use super::hot::{self, Hot, Seen};
use super::improvement::{Improvement, ImprovementRow};
use super::outcome::{Outcome, OutcomeRow, outcome_rows};
use super::period::Period;
use crate::domain::case::{Nature, city_zone, local_day};
use crate::domain::figures::{
    CallExcluded, CallFacts, CallKpi, Excluded, Facts, KeyFigure, measure, measure_calls,
};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Closed cases with missing elements that a report names; more are only counted.
pub const DEFECTS_MAX: usize = 1000;

/// A count against the period before and the year before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// What is counted.
    pub title: String,
    /// Cases of the period.
    pub count: usize,
    /// Cases of the period before.
    pub previous: usize,
    /// Cases of the same period a year earlier.
    pub last_year: usize,
}

/// A key figure beside its goal (D6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// As it is published.
    pub title: String,
    /// How many count.
    pub numerator: usize,
    /// How many could.
    pub denominator: usize,
    /// In tenths of a percent; `None` where nothing could count.
    pub permille: Option<u32>,
    /// The goal in percent.
    pub goal_percent: Option<u8>,
    /// How many are left out, by reason.
    pub excluded: BTreeMap<String, usize>,
}

/// A closed case that lacks elements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Defect {
    /// Its number.
    pub number: String,
    /// What it lacks.
    pub missing: Vec<String>,
}

/// What a person wrote for the report (综述); it names no citizen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Narrative {
    /// The sentences.
    pub text: String,
    /// Who wrote them.
    pub by: String,
    /// When, `2026-11-22 09:00` in the city.
    pub at: String,
}

/// A report without its case sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// `day-2026-11-22`.
    pub id: String,
    /// `2026年11月22日`.
    pub headline: String,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// What happened later is not in it; RFC 3339 with the city's offset.
    pub as_of: String,
    /// Where the chains stood then.
    pub anchors: Anchors,
    /// 受理量.
    pub accepted: usize,
    /// Those of them under seal.
    pub sealed: usize,
    /// The cases under seal among all that were looked at, those of other periods too. Never printed:
    /// a seal that is not among them makes the counts untrue.
    pub hidden: BTreeSet<String>,
    /// In a person's own words.
    pub narrative: Option<Narrative>,
    /// By channel, with opening balances.
    pub channels: Vec<ChannelRow>,
    /// By nature, 合计 first.
    pub natures: Vec<Compared>,
    /// The key figures.
    pub figures: Vec<Figure>,
    /// Hot issues.
    pub hot: Vec<Hot>,
    /// Open improvement items.
    pub improvements: Vec<ImprovementRow>,
    /// Outcome indicators, of a monthly report.
    pub outcomes: Vec<OutcomeRow>,
    /// How many closed cases lack elements.
    pub defect_count: usize,
    /// The first of them.
    pub defects: Vec<Defect>,
    /// The cases of the sheet, in the order of their intake.
    pub cases: Vec<String>,
}

/// What a report is composed of.
#[derive(Debug)]
pub struct Material {
    /// The period.
    pub period: Period,
    /// As of when.
    pub as_of: Timestamp,
    /// The cases received from the period before, or from the first day that a burst is measured by,
    /// to the end of the period.
    pub facts: Vec<Facts>,
    /// The cases of the same period a year earlier.
    pub last_year: Vec<Facts>,
    /// The calls of the period.
    pub calls: Vec<CallFacts>,
    /// All cases up to the end of the period, by channel.
    pub ever: BTreeMap<String, u64>,
    /// Opening balances by channel.
    pub openings: BTreeMap<String, u64>,
    /// Items that are open.
    pub improvements: Vec<Improvement>,
    /// Values in the order they were typed in.
    pub outcomes: Vec<Outcome>,
    /// What was written for it last.
    pub narrative: Option<Narrative>,
    /// Where the chains stand.
    pub anchors: Anchors,
}

impl Material {
    /// The figures of the telephone, of the period as far as it had come.
    pub(super) fn call_figures(&self) -> Vec<CallKpi> {
        let whole = (Timestamp::MIN, Timestamp::MAX);
        let (from, to) = self.period.range().unwrap_or(whole);
        measure_calls(&self.calls, (from, to.min(self.as_of)))
    }
}

/// Composes a report.
#[must_use]
pub fn compose(material: &Material) -> Content {
    let Material { period, as_of, facts, last_year, .. } = material;
    let of = |period: &Period| -> Vec<Facts> {
        let in_it = |case: &&Facts| case.received_at.is_some_and(|at| period.has(local_day(at)));
        facts.iter().filter(in_it).cloned().collect()
    };
    let (now, previous) = (of(period), of(&period.before()));
    let seen = Seen {
        now: now.iter().collect(),
        previous: previous.iter().collect(),
        last_year,
        recent: facts,
        last: period.last(),
    };
    let defects = defects(&now);
    let improvements = material.improvements.iter();
    Content {
        id: period.id(),
        headline: period.headline(),
        from: period.first(),
        to: period.last(),
        as_of: as_of.to_zoned(city_zone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        anchors: material.anchors.clone(),
        accepted: now.len(),
        sealed: now.iter().filter(|case| case.sealed).count(),
        hidden: hidden(facts.iter().chain(last_year)),
        narrative: material.narrative.clone(),
        channels: channel_rows(&by_channel(&now), &material.ever, &material.openings),
        natures: natures(&now, &previous, last_year),
        figures: figures(&now, &material.call_figures(), *as_of),
        hot: hot::hot(&seen),
        improvements: improvements.map(|item| item.row(facts, period.last())).collect(),
        outcomes: outcome_rows(&material.outcomes, period),
        defect_count: defects.len(),
        defects: defects.into_iter().take(DEFECTS_MAX).collect(),
        cases: now.iter().map(|case| case.number.to_string()).collect(),
    }
}

fn hidden<'a>(cases: impl Iterator<Item = &'a Facts>) -> BTreeSet<String> {
    cases.filter(|case| case.sealed).map(|case| case.number.to_string()).collect()
}

fn by_channel(cases: &[Facts]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for channel in cases.iter().filter_map(|case| case.channel) {
        *counts.entry(channel.as_str().to_owned()).or_insert(0) += 1;
    }
    counts
}

/// 合计, then each nature, then what has none yet. A sealed case is in the total alone.
fn natures(now: &[Facts], previous: &[Facts], last_year: &[Facts]) -> Vec<Compared> {
    let compared = |title: &str, counts: &dyn Fn(&Facts) -> bool| {
        let of = |cases: &[Facts]| cases.iter().filter(|case| counts(case)).count();
        let title = title.to_owned();
        Compared { title, count: of(now), previous: of(previous), last_year: of(last_year) }
    };
    let mut rows = vec![compared("合计", &|_| true)];
    for nature in Nature::ALL {
        rows.push(compared(nature.name(), &|case| !case.sealed && case.nature == Some(nature)));
    }
    rows.push(compared("未分类", &|case| !case.sealed && case.nature.is_none()));
    rows.push(compared(super::sheet::SEALED, &|case| case.sealed));
    rows
}

/// Those of the cases, then those of the telephone.
fn figures(cases: &[Facts], of_calls: &[CallKpi], as_of: Timestamp) -> Vec<Figure> {
    let of_cases = measure(cases, as_of);
    let of_cases = of_cases.kpis.iter().map(|kpi| figure(kpi, Excluded::title));
    of_cases.chain(of_calls.iter().map(|kpi| figure(kpi, CallExcluded::title))).collect()
}

fn figure<Name, Behind, Why: Copy>(
    kpi: &KeyFigure<Name, Behind, Why>,
    title: impl Fn(Why) -> &'static str,
) -> Figure {
    let excluded = kpi.excluded.iter();
    Figure {
        title: kpi.title.to_owned(),
        numerator: kpi.numerator,
        denominator: kpi.denominator,
        permille: kpi.permille,
        goal_percent: kpi.goal_percent,
        excluded: excluded.map(|(why, those)| (title(*why).to_owned(), those.len())).collect(),
    }
}

fn defects(cases: &[Facts]) -> Vec<Defect> {
    let lacking = cases.iter().filter(|case| !case.sealed && !case.missing.is_empty());
    let defect = |case: &Facts| Defect {
        number: case.number.to_string(),
        missing: case.missing.names().map(str::to_owned).collect(),
    };
    lacking.map(defect).collect()
}
