//! `mayorline retention …`: how long what is kept, what is over, and erasing it. The running service does
//! the same every hour.

use super::clock;
use super::common::Common;
use super::exit::{Exit, Failure};
use super::output::{Output, unwritten};
use super::serve;
use crate::domain::case::{RetentionClass, RetentionRules};
use crate::store::{Administration, Over, Retained};
use clap::Subcommand;
use serde::Serialize;
use std::collections::BTreeMap;

/// `mayorline retention …`
#[derive(Debug, Subcommand)]
pub(super) enum RetentionVerb {
    /// The classes with their periods, as the configuration has them.
    Show(Output),
    /// What is over today and not held, all of it: class, case or call, how much of it.
    Due(Output),
    /// Erase what is over: keys, private parts, index, recordings, old copies. Prints how much by
    /// class, and how many cases are held by why.
    Run {
        /// Erase nothing: print how much would be, by class, and how much is held by why; files, old
        /// copies and requests are not counted.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        output: Output,
    },
}

/// A class with its period.
#[derive(Debug, Serialize)]
struct ClassRow {
    class: RetentionClass,
    title: &'static str,
    period: String,
    begins: &'static str,
}

/// Carries the verb out.
pub(super) fn retention(verb: RetentionVerb) -> Result<(), Exit> {
    match verb {
        RetentionVerb::Show(output) => {
            let rules = output.common.load()?.retention.rules();
            let rows = RetentionClass::NAMES.map(|(class, ..)| class_row(class, &rules));
            output.print(&rows)
        }
        RetentionVerb::Due(output) => {
            let (store, rules) = opened(&output.common)?;
            let over = store.retention_over((clock::system().wall)(), &rules);
            output.print(&over.map_err(|error| unwritten(&error))?.rows)
        }
        RetentionVerb::Run { dry_run: true, output } => {
            let (store, rules) = opened(&output.common)?;
            let over = store.retention_over((clock::system().wall)(), &rules);
            let Over { rows, held } = over.map_err(|error| unwritten(&error))?;
            let mut erased = BTreeMap::<RetentionClass, usize>::new();
            for row in rows {
                *erased.entry(row.class).or_default() += 1;
            }
            output.print(&Retained { erased, held, ..Retained::default() })
        }
        RetentionVerb::Run { dry_run: false, output } => {
            let config = output.common.load()?;
            let desk = (serve::calendar(&config)?, serve::deadline_rules(&config), seed()?);
            let folder = output.common.folder(&config);
            let now = (clock::system().wall)();
            let rules = config.retention.rules();
            let mut store = Administration::open(folder, now).map_err(|e| unwritten(&e))?;
            let mut told = |step| tracing::debug!(?step, "erasing");
            let done = store.retain(now, desk, &rules, &mut told).map_err(|e| unwritten(&e))?;
            output.print(&done)
        }
    }
}

/// The store, and how long the city keeps what.
fn opened(common: &Common) -> Result<(Administration, RetentionRules), Exit> {
    let config = common.load()?;
    let now = (clock::system().wall)();
    let store = Administration::open(common.folder(&config), now).map_err(|e| unwritten(&e))?;
    Ok((store, config.retention.rules()))
}

/// Thirty-two bytes from the operating system.
pub(super) fn seed() -> Result<[u8; 32], Exit> {
    clock::seed().map_err(|error| Exit::new(Failure::Unavailable, error))
}

fn class_row(class: RetentionClass, rules: &RetentionRules) -> ClassRow {
    let days = |days: u32| format!("{days} 日");
    let (period, begins) = match class {
        RetentionClass::Spam => (days(rules.spam_days), "作无效留存之日"),
        RetentionClass::Unlinked => (days(rules.unlinked_days), "来电结束或者作无效留存之日"),
        RetentionClass::Recording => (days(rules.recording_days), "办结之日"),
        RetentionClass::Case => (format!("{} 年", rules.case_years), "办结之日"),
    };
    ClassRow { class, title: class.title(), period, begins }
}
