//! `mayorline figures opening`, `indicator`, `improvement`, `totals`: what people type in for the
//! reports, each with who and when.

use super::clock;
use super::common::{Common, say};
use super::exit::{Exit, Failure};
use super::figures_cases::{CasesAsked, of_totals};
use super::output::{Output, refused, report_store, untaken};
use crate::domain::report::{Cluster, Outcome, OutcomePeriod, OutcomeUnit, hundredths};
use crate::store::{Administration, NewImprovement, StoreError, Totals};
use clap::{Args, Subcommand};
use jiff::civil::Date;
use serde::Serialize;

/// Who types it in, and where.
#[derive(Debug, Args)]
pub(super) struct By {
    /// The person who types it in.
    #[arg(long = "by", value_name = "PERSON")]
    by: String,
    #[command(flatten)]
    common: Common,
}

/// `mayorline figures opening …`
#[derive(Debug, Subcommand)]
pub(super) enum OpeningVerb {
    /// Set it; a later one counts from then on.
    Set {
        /// phone, email, leader_sms, public_sms, radio, voicemail, walk_in, upload, unstated …
        channel: String,
        /// Matters.
        count: u32,
        #[command(flatten)]
        by: By,
    },
}

/// `mayorline figures indicator …`
#[derive(Debug, Subcommand)]
pub(super) enum IndicatorVerb {
    /// Set the value of a period; a later one counts from then on.
    Set {
        /// What is measured.
        name: String,
        /// The value, with two decimals at most.
        #[arg(allow_hyphen_values = true)]
        value: String,
        /// Of which period: YYYY or YYYY-MM.
        #[arg(long)]
        period: String,
        /// percent (changes by percentage points) or count (changes by percent).
        #[arg(long)]
        unit: String,
        /// Where it comes from.
        #[arg(long)]
        source: String,
        #[command(flatten)]
        by: By,
    },
}

/// `mayorline figures improvement …`
#[derive(Debug, Subcommand)]
pub(super) enum ImprovementVerb {
    /// Open an item; such cases of the 28 days before are counted now.
    Open {
        /// What is to be improved.
        title: String,
        /// Which matters: domain:0801+town:北宿镇+unit:unit.07, any of them.
        #[arg(long)]
        cluster: String,
        /// Who answers for it.
        #[arg(long)]
        owner: String,
        /// What is done.
        #[arg(long)]
        measure: String,
        /// Until when, YYYY-MM-DD.
        #[arg(long)]
        due: Date,
        #[command(flatten)]
        by: By,
    },
    /// Close an item.
    Close {
        /// Its number.
        id: i64,
        #[command(flatten)]
        by: By,
    },
    /// The items that are open.
    List(Output),
}

/// An item as it is listed.
#[derive(Serialize)]
struct ItemRow {
    id: i64,
    title: String,
    cluster: String,
    owner: String,
    measure: String,
    due_on: Date,
    opened_on: Date,
    before: u32,
}

fn usage(what: &str) -> Exit {
    Exit::new(Failure::Usage, what)
}

/// Opens the store for a person.
fn open(common: &Common) -> Result<Administration, Exit> {
    report_store(common, &common.load()?)
}

/// Says that it is stored.
fn stored(outcome: Result<(), StoreError>) -> Result<(), Exit> {
    outcome.map_err(|error| untaken(&error))?;
    say("已登记\n")
}

/// Opening balances.
pub(super) fn opening(verb: OpeningVerb) -> Result<(), Exit> {
    let OpeningVerb::Set { channel, count, by: By { by, common } } = verb;
    let mut store = open(&common)?;
    stored(store.set_opening((clock::system().wall)(), &channel, count, &by))
}

/// Outcome indicators.
pub(super) fn indicator(verb: IndicatorVerb) -> Result<(), Exit> {
    let IndicatorVerb::Set { name, value, period, unit, source, by: By { by, common } } = verb;
    let value = hundredths(&value).ok_or_else(|| usage("a value has two decimals at most"))?;
    let period =
        OutcomePeriod::parse(&period).ok_or_else(|| usage("a period is YYYY or YYYY-MM"))?;
    let unit = OutcomeUnit::parse(&unit).ok_or_else(|| usage("a unit is percent or count"))?;
    let mut store = open(&common)?;
    let outcome = Outcome { name, period, value, unit, source };
    stored(store.set_outcome((clock::system().wall)(), &outcome, &by))
}

/// Improvement items.
pub(super) fn improvement(verb: ImprovementVerb) -> Result<(), Exit> {
    let now = (clock::system().wall)();
    match verb {
        ImprovementVerb::Open { title, cluster, owner, measure, due: due_on, by } => {
            let By { by, common } = by;
            let cluster = Cluster::parse(&cluster);
            let cluster = cluster.ok_or_else(|| usage("a cluster is domain:, town:, unit:"))?;
            let new = NewImprovement { cluster, title, owner, measure, due_on };
            let id = open(&common)?.open_improvement(now, &new, &by).map_err(|e| untaken(&e))?;
            say(&format!("已登记，序号 {id}\n"))
        }
        ImprovementVerb::Close { id, by: By { by, common } } => {
            stored(open(&common)?.close_improvement(now, id, &by))
        }
        ImprovementVerb::List(output) => {
            let items = output.reader()?.improvements(now).map_err(|error| refused(&error))?;
            let rows = items.into_iter().map(|item| ItemRow {
                id: item.id,
                title: item.title,
                cluster: item.cluster.to_string(),
                owner: item.owner,
                measure: item.measure,
                due_on: item.due_on,
                opened_on: item.opened_on,
                before: item.before,
            });
            output.print(&rows.collect::<Vec<_>>())
        }
    }
}

/// The totals of the line.
pub(super) fn totals(asked: &CasesAsked, output: &Output) -> Result<(), Exit> {
    let (reader, now) = (output.reader()?, (clock::system().wall)());
    let totals = reader.totals(now).map_err(|error| refused(&error))?;
    if asked.is_wanted() {
        let ever = reader.cases_by_channel(now).map_err(|error| refused(&error))?;
        return asked.tell(of_totals(&totals, &ever), output);
    }
    if output.is_json() {
        return output.print(&totals);
    }
    let Totals { total, channels } = totals;
    let lines = channels.iter().map(|row| {
        format!("{} {}（期初 {}，事项 {}）\n", row.title, row.total, row.opening, row.count)
    });
    say(&format!("{}合计 {total}\n", lines.collect::<String>()))
}
