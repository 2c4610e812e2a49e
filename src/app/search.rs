//! `mayorline case search` and `case reindex`.

use super::clock;
use super::common::{Common, midnight, say};
use super::exit::{Exit, Failure};
use super::output::{ListArguments, refused};
use crate::domain::case::State;
use crate::domain::search::Question;
use crate::store::{Administration, SearchFilter};
use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;

/// What is looked for.
#[derive(Debug, Args)]
pub(super) struct SearchArguments {
    /// Words that must all be there, in any order; digits too.
    #[arg(required = true)]
    words: Vec<String>,
    /// Only cases in this state (`accepted`, `assigned` …).
    #[arg(long)]
    state: Option<String>,
    /// Only cases of this unit, by its id.
    #[arg(long)]
    unit: Option<String>,
    /// Only cases received on this day or later, YYYY-MM-DD.
    #[arg(long)]
    from: Option<Date>,
    /// Only cases received on this day or earlier, YYYY-MM-DD.
    #[arg(long)]
    to: Option<Date>,
    #[command(flatten)]
    list: ListArguments,
}

/// The newest cases that have all words.
pub(super) fn found(search: &SearchArguments) -> Result<(), Exit> {
    let usage = |error: &str| Exit::new(Failure::Usage, error);
    let question = Question::parse(&search.words.join(" "));
    let question = question.ok_or_else(|| usage("there is no letter, digit or ideograph"))?;
    let state = search.state.as_deref().map(|name| State::parse(name).ok_or(name));
    let state = state.transpose().map_err(|name| usage(&format!("`{name}` is no state")))?;
    let begin = |day: Date| midnight(day).map(Timestamp::as_millisecond);
    let after = |day: Date| begin(day.tomorrow().unwrap_or(day));
    let filter = SearchFilter {
        state,
        unit: search.unit.clone(),
        from_ms: search.from.map(begin).transpose()?,
        to_ms: search.to.map(after).transpose()?,
    };
    let reader = search.list.output.reader()?;
    let found = reader.search(&question, &filter, search.list.limit).map_err(|e| refused(&e))?;
    if search.list.output.is_json() {
        return search.list.output.print(&found);
    }
    search.list.output.print(&found.cases)?;
    say(&format!("{}{} found\n", found.count, if found.more { "+" } else { "" }))
}

/// The index anew.
pub(super) fn reindex(common: &Common) -> Result<(), Exit> {
    let folder = common.folder(&common.load()?);
    let mut store =
        Administration::open(folder, (clock::system().wall)()).map_err(|e| refused(&e))?;
    let count = store.rebuild_search().map_err(|e| refused(&e))?;
    say(&format!("{count} cases can be found by words\n"))
}
