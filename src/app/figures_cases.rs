//! The cases behind the numbers of `figures hot` and `figures totals`, one number a line, as `report
//! cases` tells them. What a person typed in has none, and says so.

use super::common::say;
use super::exit::{Exit, Failure};
use super::output::Output;
use crate::domain::figures::{Burst, BurstRules, Facts, Sighting};
use crate::domain::report::ChannelRow;
use crate::store::Totals;
use crate::units::CaseNumber;
use clap::Args;
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeMap;

/// What stands in place of the cases of an opening balance.
const TYPED_IN: &str = "期初数由人工登记，没有逐件事项";

/// Whether the cases are told, and of which row.
#[derive(Debug, Args)]
pub(super) struct CasesAsked {
    /// The cases behind every number instead of the numbers alone.
    #[arg(long)]
    cases: bool,
    /// Only of this row, as it is told.
    #[arg(long, requires = "cases")]
    row: Option<String>,
}

/// What stands behind one number.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Numbered {
    row: String,
    column: String,
    count: u64,
    cases: Vec<CaseNumber>,
    /// Why there are fewer cases than the number says.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl Numbered {
    /// A number that is nothing but these cases.
    fn of(row: &str, column: &str, cases: Vec<CaseNumber>) -> Self {
        let (row, column) = (row.to_owned(), column.to_owned());
        let count = u64::try_from(cases.len()).unwrap_or(u64::MAX);
        Self { row, column, count, cases, note: None }
    }

    fn line(&self) -> String {
        let Self { row, column, count, cases, note } = self;
        let cases = cases.iter().map(ToString::to_string);
        let all: Vec<String> = cases.chain(note.clone()).collect();
        format!("{row} {column} {count}：{}\n", all.join(" "))
    }
}

impl CasesAsked {
    /// They are asked for.
    pub(super) fn is_wanted(&self) -> bool {
        self.cases
    }

    /// Tells them, of one row or of all.
    pub(super) fn tell(&self, mut found: Vec<Numbered>, output: &Output) -> Result<(), Exit> {
        if let Some(row) = &self.row {
            found.retain(|one| one.row == *row);
            if found.is_empty() {
                return Err(Exit::new(Failure::NoInput, format!("没有“{row}”这一行")));
            }
        }
        match output.is_json() {
            true => output.print(&found),
            false => say(&found.iter().map(Numbered::line).collect::<String>()),
        }
    }
}

/// The cases of each burst: of its days, and of the periods before.
pub(super) fn of_bursts(
    bursts: &[Burst],
    facts: &[Facts],
    (on, rules): (Date, &BurstRules),
    sightings: impl Fn(&Facts) -> Vec<Sighting>,
) -> Vec<Numbered> {
    let seen: Vec<(CaseNumber, Sighting)> = facts
        .iter()
        .flat_map(|case| sightings(case).into_iter().map(|sighting| (case.number, sighting)))
        .collect();
    let (first, begin) = (rules.first_day(on), rules.begin(on));
    let rows = bursts.iter().flat_map(|Burst { key, periods, .. }| {
        let those = |is_in: &dyn Fn(Date) -> bool| -> Vec<CaseNumber> {
            let alike = seen.iter().filter(|(_, one)| one.key == *key && is_in(one.on));
            alike.map(|(number, _)| *number).collect()
        };
        [
            Numbered::of(
                key,
                &format!("近{}日", rules.days),
                those(&|day| (begin..=on).contains(&day)),
            ),
            Numbered::of(
                key,
                &format!("此前{periods}期"),
                those(&|day| (first..begin).contains(&day)),
            ),
        ]
    });
    rows.collect()
}

/// The cases of each channel, its opening balance apart, and the sum.
pub(super) fn of_totals(
    totals: &Totals,
    ever: &BTreeMap<String, Vec<CaseNumber>>,
) -> Vec<Numbered> {
    let mut found = vec![];
    for ChannelRow { channel, title, opening, .. } in &totals.channels {
        let cases = ever.get(channel).cloned().unwrap_or_default();
        found.extend(with_opening(title, *opening, cases));
    }
    let opening = totals.channels.iter().map(|row| row.opening).sum();
    let cases = totals.channels.iter().filter_map(|row| ever.get(&row.channel));
    found.extend(with_opening("合计", opening, cases.flatten().copied().collect()));
    found
}

fn with_opening(row: &str, opening: u64, cases: Vec<CaseNumber>) -> [Numbered; 3] {
    let (mut balance, mut sum) =
        (Numbered::of(row, "期初", vec![]), Numbered::of(row, "合计", cases.clone()));
    if opening > 0 {
        balance.note = Some(TYPED_IN.to_owned());
        sum.note = Some(format!("另有期初 {opening} 件，{TYPED_IN}"));
    }
    balance.count = opening;
    sum.count = sum.count.saturating_add(opening);
    [balance, Numbered::of(row, "事项", cases), sum]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opening_balance_says_that_no_cases_stand_behind_it() {
        let case = CaseNumber::parse("26112200012").unwrap();
        let channel = |name: &str, title: &str, count, opening| ChannelRow {
            channel: name.to_owned(),
            title: title.to_owned(),
            count,
            opening,
            total: count + opening,
        };
        let channels =
            vec![channel("phone", "公开电话", 0, 2667), channel("text", "文字消息", 1, 0)];
        let totals = Totals { total: 2668, channels };
        let ever = [("text".to_owned(), vec![case])].into();
        let lines: Vec<String> = of_totals(&totals, &ever).iter().map(Numbered::line).collect();
        assert_eq!(
            lines,
            [
                "公开电话 期初 2667：期初数由人工登记，没有逐件事项\n",
                "公开电话 事项 0：\n",
                "公开电话 合计 2667：另有期初 2667 件，期初数由人工登记，没有逐件事项\n",
                "文字消息 期初 0：\n",
                "文字消息 事项 1：26112200012\n",
                "文字消息 合计 1：26112200012\n",
                "合计 期初 2667：期初数由人工登记，没有逐件事项\n",
                "合计 事项 1：26112200012\n",
                "合计 合计 2668：26112200012 另有期初 2667 件，期初数由人工登记，没有逐件事项\n",
            ]
        );
    }
}
