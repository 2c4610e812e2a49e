//! `mayorline directory …` and `mayorline duty …`: the directory and the catalogue of duties, beside a
//! running service or on a stopped one. What is wrong with a file is said in Chinese (exit 65).

use super::clock;
use super::common::{Common, say};
use super::exit::{Exit, Failure};
use super::output::{Output, refused, unwritten};
use crate::domain::case::local_day;
use crate::domain::directory::{
    Counters, Defects, Directory, Kind, PublicView, Record, Version, find_duties,
};
use crate::domain::search::Question;
use crate::store::{Administration, ImportFile, Imported};
use crate::units::PhoneNumber;
use clap::{Args, Subcommand};
use jiff::civil::Date;
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};

/// `mayorline directory …`
#[derive(Debug, Subcommand)]
pub(super) enum DirectoryVerb {
    /// Import a table from CSV (UTF-8 or GB18030) or XLSX, whole or not at all: every wrong row is
    /// told. A row that changed is a new version; the same file again changes nothing.
    Import(ImportArguments),
    /// What holds today of one table; private telephones are masked.
    List {
        /// units, towns, villages, posts, leaders, officers, duties.
        #[arg(value_parser = kind)]
        kind: Kind,
        /// Every version there ever was, not what holds today.
        #[arg(long)]
        versions: bool,
        #[command(flatten)]
        at: AsOf,
    },
    /// What the public may see: entries that are marked public, no private telephone.
    Public(AsOf),
    /// What is missing: officers of villages, persons of duty items, telephones of units.
    Defects(AsOf),
    /// The figures of the duty standards, from sums of the catalogue.
    Counters(AsOf),
}

/// `mayorline duty …`
#[derive(Debug, Subcommand)]
pub(super) enum DutyVerb {
    /// Duty items that have all these words in name, unit, law, penalty band or words.
    Search {
        /// Words that must all be there, in any order.
        #[arg(required = true)]
        words: Vec<String>,
        #[command(flatten)]
        at: AsOf,
    },
}

/// A file to import.
#[derive(Debug, Args)]
pub(super) struct ImportArguments {
    /// units, towns, villages, posts, leaders, officers, duties.
    #[arg(value_parser = kind)]
    kind: Kind,
    /// The file: CSV or XLSX, its first sheet.
    file: PathBuf,
    /// Only say what would happen.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    common: Common,
}

/// Which day is looked at.
#[derive(Debug, Args)]
pub(super) struct AsOf {
    /// As it holds on this day, YYYY-MM-DD; today unless told otherwise.
    #[arg(long)]
    on: Option<Date>,
    #[command(flatten)]
    output: Output,
}

impl AsOf {
    fn directory(&self) -> Result<Directory, Exit> {
        let reader = self.output.reader()?;
        reader.directory(self.day()).map_err(|e| refused(&e))
    }

    fn day(&self) -> Date {
        self.on.unwrap_or_else(|| local_day((clock::system().wall)()))
    }
}

fn kind(name: &str) -> Result<Kind, String> {
    Kind::parse(name).ok_or_else(|| {
        let known: Vec<_> = Kind::NAMES.iter().map(|(_, name, _)| *name).collect();
        format!("one of {}", known.join(", "))
    })
}

/// The directory.
pub(super) fn directory(verb: DirectoryVerb) -> Result<(), Exit> {
    match verb {
        DirectoryVerb::Import(arguments) => import(&arguments),
        DirectoryVerb::List { kind, versions, at } => list(kind, versions, &at),
        DirectoryVerb::Public(at) => at.output.print(&PublicView::of(&at.directory()?)),
        DirectoryVerb::Defects(at) => {
            let defects = Defects::of(&at.directory()?);
            if at.output.is_json() {
                return at.output.print(&defects);
            }
            let lines = defects.defects.iter().map(|defect| defect.sentence.clone() + "\n");
            say(&lines.collect::<String>())
        }
        DirectoryVerb::Counters(at) => at.output.print(&Counters::of(&at.directory()?)),
    }
}

/// The catalogue of duties.
pub(super) fn duty(verb: &DutyVerb) -> Result<(), Exit> {
    let DutyVerb::Search { words, at } = verb;
    let none = || Exit::new(Failure::Usage, "there is no letter, digit or ideograph");
    let question = Question::parse(&words.join(" ")).ok_or_else(none)?;
    at.output.print(&find_duties(&at.directory()?, &question))
}

fn import(arguments: &ImportArguments) -> Result<(), Exit> {
    let ImportArguments { kind, file, dry_run, common } = arguments;
    let folder = common.folder(&common.load()?);
    let bytes = read_file(file)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let file = ImportFile { kind: *kind, name: &name, bytes: &bytes, dry_run: *dry_run };
    let now = (clock::system().wall)();
    // A dry run leaves nothing behind, not even an empty database.
    let open = if *dry_run { Administration::open } else { Administration::open_or_make };
    let mut administration = open(folder, now).map_err(|e| unwritten(&e))?;
    let outcome = administration.import_directory(now, &file).map_err(|e| unwritten(&e))?;
    let Imported { added, changed, unchanged } = outcome
        .map_err(|fault| Exit::new(Failure::Data, fault.to_string().trim_end().to_owned()))?;
    let (title, done) =
        (kind.title(), if *dry_run { "可以导入（试运行，未写入）" } else { "已导入" });
    say(&format!("{title}{done}：新增{added}条，变更{changed}条，未变{unchanged}条。\n"))
}

/// At most one byte more than a table may have: it says itself that it is too large.
fn read_file(path: &Path) -> Result<Vec<u8>, Exit> {
    let cannot = |failure: Failure| {
        move |error: std::io::Error| Exit::new(failure, format!("{}: {error}", path.display()))
    };
    let file = std::fs::File::open(path).map_err(cannot(Failure::NoInput))?;
    let most = u64::try_from(crate::wire::table::TABLE_BYTES_MAX).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(cannot(Failure::Io))?;
    Ok(bytes)
}

fn list(kind: Kind, all: bool, at: &AsOf) -> Result<(), Exit> {
    let reader = at.output.reader()?;
    let mut versions = reader.directory_versions(kind).map_err(|e| refused(&e))?;
    if !all {
        let day = at.day();
        versions.retain(|one| one.holds(day));
    }
    let rows = versions.iter().map(row).collect::<Result<Vec<Value>, Exit>>()?;
    at.output.print(&rows)
}

/// A version as it is listed: telephones that are not published are masked.
fn row(version: &Version<Record>) -> Result<Value, Exit> {
    let mut value =
        serde_json::to_value(version).map_err(|error| Exit::new(Failure::Software, error))?;
    let Some(fields) = value.as_object_mut() else { return Ok(value) };
    let public = fields.get("public").and_then(Value::as_bool).unwrap_or(false);
    for (name, shown) in [("phone", public), ("duty_phone", false), ("notice_phone", false)] {
        if let Some(Value::String(phone)) = fields.get_mut(name)
            && !shown
        {
            *phone = PhoneNumber::parse(phone).map_or_else(|_| "***".to_owned(), |p| p.masked());
        }
    }
    if let Some(Value::String(mail)) = fields.get_mut("notice_mail") {
        *mail = crate::wire::mime::masked(mail);
    }
    Ok(value)
}
