//! The cases behind every number of a report (domain.md B8): its row and column named as the report
//! prints them. What people typed in has none; what the telephone counts has calls.

use super::channel::channel_title;
use super::content::Material;
use super::document::hot_name;
use super::hot::{self, Axis, Hot, Seen};
use super::period::Period;
use super::sheet::SEALED;
use super::words::Names;
use crate::domain::case::{Nature, local_day};
use crate::domain::figures::{BurstRules, CountedCall, Facts, measure};
use crate::units::CaseNumber;
use jiff::ToSpan;
use serde::Serialize;
use std::collections::BTreeMap;

/// What stands behind one number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Behind {
    /// The table; empty for the lines at the head.
    pub table: String,
    /// The row.
    pub row: String,
    /// The column; of what a figure leaves out with the reason.
    pub column: String,
    /// How many.
    pub count: usize,
    /// The cases.
    pub cases: Vec<CaseNumber>,
    /// The calls, of a figure of the telephone.
    pub calls: Vec<CountedCall>,
}

/// Cases that a report counts and does not look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Older {
    /// All up to the end of the period, by channel.
    pub ever: BTreeMap<String, Vec<CaseNumber>>,
    /// Those that were counted before an improvement item began, by its number.
    pub before: BTreeMap<i64, Vec<CaseNumber>>,
}

/// The numbers of one table as they are gathered.
struct Table<'a> {
    title: &'a str,
    found: &'a mut Vec<Behind>,
}

impl Table<'_> {
    fn cases(&mut self, row: &str, column: &str, cases: Vec<CaseNumber>) {
        self.put((row, column), cases.len(), cases, vec![]);
    }

    fn calls(&mut self, row: &str, column: &str, calls: Vec<CountedCall>) {
        self.put((row, column), calls.len(), vec![], calls);
    }

    fn put(
        &mut self,
        (row, column): (&str, &str),
        count: usize,
        cases: Vec<CaseNumber>,
        calls: Vec<CountedCall>,
    ) {
        let [table, row, column] = [self.title, row, column].map(str::to_owned);
        self.found.push(Behind { table, row, column, count, cases, calls });
    }
}

/// The three spans that a report compares.
struct Spans<'a> {
    now: Vec<&'a Facts>,
    previous: Vec<&'a Facts>,
    last_year: Vec<&'a Facts>,
}

impl<'a> Spans<'a> {
    fn columns(&self) -> [(&'static str, &[&'a Facts]); 3] {
        [
            ("本期", self.now.as_slice()),
            ("上期", self.previous.as_slice()),
            ("去年同期", self.last_year.as_slice()),
        ]
    }
}

/// Every number of a report with what stands behind it, in the order of the report.
#[must_use]
pub fn behind(material: &Material, older: &Older, names: &Names) -> Vec<Behind> {
    let spans = Spans {
        now: within(&material.facts, &material.period),
        previous: within(&material.facts, &material.period.before()),
        last_year: material.last_year.iter().collect(),
    };
    let mut found = vec![];
    let mut table = |title, fill: &dyn Fn(&mut Table<'_>)| {
        fill(&mut Table { title, found: &mut found });
    };
    table("", &|table| head(table, &spans.now));
    table("一、受理概况", &|table| channels(table, &spans.now, older));
    table("二、诉求分类", &|table| natures(table, &spans));
    table("三、办理指标", &|table| figures(table, material, &spans.now));
    table("四、热点问题", &|table| hot(table, material, &spans, names));
    table("五、改进事项", &|table| improvements(table, material, older));
    found
}

fn within<'a>(facts: &'a [Facts], period: &Period) -> Vec<&'a Facts> {
    let in_it = |case: &&Facts| case.received_at.is_some_and(|at| period.has(local_day(at)));
    facts.iter().filter(in_it).collect()
}

fn numbers(cases: &[&Facts], counts: impl Fn(&Facts) -> bool) -> Vec<CaseNumber> {
    cases.iter().filter(|case| counts(case)).map(|case| case.number).collect()
}

fn head(table: &mut Table<'_>, now: &[&Facts]) {
    table.cases("本期受理", "", numbers(now, |_| true));
    table.cases(SEALED, "", numbers(now, |case| case.sealed));
    table.cases("要素缺失", "", numbers(now, |case| !case.sealed && !case.missing.is_empty()));
}

fn channels(table: &mut Table<'_>, now: &[&Facts], older: &Older) {
    for (name, ever) in &older.ever {
        let of_channel = |case: &Facts| case.channel.is_some_and(|one| one.as_str() == name);
        table.cases(channel_title(name), "本期", numbers(now, of_channel));
        table.cases(channel_title(name), "累计", ever.clone());
    }
    table.cases("合计", "本期", numbers(now, |case| case.channel.is_some()));
    table.cases("合计", "累计", older.ever.values().flatten().copied().collect());
}

fn natures(table: &mut Table<'_>, spans: &Spans<'_>) {
    let mut row = |title: &str, counts: &dyn Fn(&Facts) -> bool| {
        for (column, cases) in spans.columns() {
            table.cases(title, column, numbers(cases, counts));
        }
    };
    row("合计", &|_| true);
    for nature in Nature::ALL {
        row(nature.name(), &|case| !case.sealed && case.nature == Some(nature));
    }
    row("未分类", &|case| !case.sealed && case.nature.is_none());
    row(SEALED, &|case| case.sealed);
}

fn figures(table: &mut Table<'_>, material: &Material, now: &[&Facts]) {
    let now: Vec<Facts> = now.iter().copied().cloned().collect();
    for kpi in measure(&now, material.as_of).kpis {
        let all = [kpi.counted.as_slice(), &kpi.missed].concat();
        table.cases(kpi.title, "分子", kpi.counted);
        table.cases(kpi.title, "分母", all);
        for (why, cases) in kpi.excluded {
            table.cases(kpi.title, why.title(), cases);
        }
    }
    for kpi in material.call_figures() {
        let all = [kpi.counted.as_slice(), &kpi.missed].concat();
        table.calls(kpi.title, "分子", kpi.counted);
        table.calls(kpi.title, "分母", all);
        for (why, calls) in kpi.excluded {
            table.calls(kpi.title, why.title(), calls);
        }
    }
}

fn hot(table: &mut Table<'_>, material: &Material, spans: &Spans<'_>, names: &Names) {
    let last = material.period.last();
    let issues = hot::hot(&Seen {
        now: spans.now.clone(),
        previous: spans.previous.clone(),
        last_year: &material.last_year,
        recent: &material.facts,
        last,
    });
    let recent: Vec<&Facts> = material.facts.iter().collect();
    let first = last.saturating_sub((i64::from(BurstRules::default().days) - 1).days());
    for issue in &issues {
        let Hot { axis, key, burst, .. } = issue;
        let axis: Axis = *axis;
        let row = format!("{} {}", axis.title(), hot_name(issue, names));
        let alike = |case: &Facts| axis.key(case).as_ref() == Some(key);
        for (column, cases) in spans.columns() {
            table.cases(&row, column, numbers(cases, alike));
        }
        if burst.is_some() {
            let lately = |case: &Facts| {
                let on = case.received_at.map(local_day);
                alike(case) && on.is_some_and(|on| (first..=last).contains(&on))
            };
            table.cases(&row, "研判", numbers(&recent, lately));
        }
    }
}

fn improvements(table: &mut Table<'_>, material: &Material, older: &Older) {
    for item in &material.improvements {
        let row = item.id.to_string();
        let before = older.before.get(&item.id).cloned().unwrap_or_default();
        table.cases(&row, "此前28日件数", before);
        let (_, after) = item.after(&material.facts, material.period.last());
        table.cases(&row, "整改后件数", numbers(&after, |_| true));
    }
}
