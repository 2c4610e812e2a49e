//! `mayorline report`: makes, lists, shows and compares reports. The running service issues them by
//! itself; here a person makes one that is ready, or the next version of one that was corrected.

use super::common::{Common, midnight, say};
use super::config::Config;
use super::exit::{Exit, Failure};
use super::export::Format;
use super::output::{ListArguments, Output, refused, report_store, untaken};
use super::{clock, serve};
use crate::domain::access::{EXPORT_ALONE_MAX, needs_second_person};
use crate::domain::case::{Role, local_day};
use crate::domain::report::{
    Behind, Change, Document, Issue, Names, Period, ReportKind, Rights, SheetRow, difference,
    document,
};
use crate::store::{NewExport, Reader, StoredReport};
use clap::{Args, Subcommand};
use std::io::Write;
use std::path::{Path, PathBuf};

/// `mayorline report …`
#[derive(Debug, Subcommand)]
pub(super) enum ReportVerb {
    /// Make a report that is ready and missing, or the next version where an event has corrected it.
    Make {
        /// day, week or month.
        kind: String,
        /// 2026-11-22, 2026-W47 or 2026-11; the last that has ended unless told otherwise.
        #[arg(long)]
        period: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// The reports that were issued, newest last.
    List(ListArguments),
    /// One report in a format, for a recipient of a role. More than 50 persons need `approve` first.
    Show(ShowArguments),
    /// What differs between a version and the one before it, without citizens and their words.
    Diff {
        /// day-2026-11-22, week-2026-W47 or month-2026-11.
        id: String,
        /// The later version; the newest unless told otherwise.
        #[arg(long)]
        version: Option<u32>,
        #[command(flatten)]
        output: Output,
    },
    /// The cases and calls behind every number of a report, or of one table, row or column.
    Cases(CasesArguments),
    /// Write the narrative (综述) of a report, which may not have been made yet; it stands in the next
    /// version. A later one takes its place.
    Narrate {
        /// day-2026-11-22, week-2026-W47 or month-2026-11.
        id: String,
        /// The sentences; nothing in them may say who a citizen is.
        #[arg(long)]
        text: String,
        /// The person who writes it.
        #[arg(long = "by", value_name = "PERSON")]
        by: String,
        #[command(flatten)]
        common: Common,
    },
    /// Exports that were asked for, newest last.
    Requests(ListArguments),
    /// Allow an export of more than 50 persons that another person asked for.
    Approve {
        /// Its number.
        request: i64,
        /// The person who allows it.
        #[arg(long = "by", value_name = "PERSON")]
        by: String,
        #[command(flatten)]
        common: Common,
    },
}

/// Which numbers.
#[derive(Debug, Args)]
pub(super) struct CasesArguments {
    /// day-2026-11-22, week-2026-W47 or month-2026-11.
    id: String,
    /// Which version; the newest unless told otherwise.
    #[arg(long)]
    version: Option<u32>,
    /// Only of this table, as the report titles it.
    #[arg(long)]
    table: Option<String>,
    /// Only of this row.
    #[arg(long)]
    row: Option<String>,
    /// Only of this column.
    #[arg(long)]
    column: Option<String>,
    #[command(flatten)]
    output: Output,
}

/// What is shown to whom.
#[derive(Debug, Args)]
pub(super) struct ShowArguments {
    /// day-2026-11-22, week-2026-W47 or month-2026-11.
    id: String,
    /// Which version; the newest unless told otherwise.
    #[arg(long)]
    version: Option<u32>,
    /// In which format.
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
    /// The role it is made for; decides which rows are there and what is masked.
    #[arg(long = "as", value_name = "ROLE", value_parser = role, default_value = "city_leader")]
    role: Role,
    /// The unit of that role, by its id of units.toml.
    #[arg(long, value_name = "UNIT")]
    of_unit: Option<String>,
    /// The person who exports it; needed where it tells of cases.
    #[arg(long = "by", value_name = "PERSON")]
    by: Option<String>,
    /// Why.
    #[arg(long, default_value = "例行报送")]
    reason: String,
    /// The number of the request that was approved.
    #[arg(long)]
    request: Option<i64>,
    /// Where to write it; standard output unless told otherwise.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

fn role(name: &str) -> Result<Role, String> {
    Role::parse(name).ok_or_else(|| format!("{name} is no role"))
}

/// Reports.
pub(super) fn report(verb: ReportVerb) -> Result<(), Exit> {
    match verb {
        ReportVerb::Make { kind, period, common } => make(&kind, period.as_deref(), &common),
        ReportVerb::List(list) => {
            let rows = list.output.reader()?.reports(list.limit).map_err(|e| refused(&e))?;
            list.output.print(&rows)
        }
        ReportVerb::Show(arguments) => show(&arguments),
        ReportVerb::Diff { id, version, output } => diff(&id, version, &output),
        ReportVerb::Cases(arguments) => cases(&arguments),
        ReportVerb::Narrate { id, text, by, common } => narrate(&id, &text, &by, &common),
        ReportVerb::Requests(list) => {
            let rows =
                list.output.reader()?.export_requests(list.limit).map_err(|e| refused(&e))?;
            list.output.print(&rows)
        }
        ReportVerb::Approve { request, by, common } => {
            let mut store = report_store(&common, &common.load()?)?;
            let now = (clock::system().wall)();
            store.approve_export(now, request, &by).map_err(|error| untaken(&error))?;
            say(&format!("申请 {request} 已批准\n"))
        }
    }
}

fn period_of(id: &str) -> Result<Period, Exit> {
    let wrong = || {
        Exit::new(
            Failure::Usage,
            format!("{id}: write day-2026-11-22, week-2026-W47 or month-2026-11"),
        )
    };
    Period::parse_id(id).ok_or_else(wrong)
}

fn make(kind: &str, period: Option<&str>, common: &Common) -> Result<(), Exit> {
    let config = common.load()?;
    let usage = |why: String| Exit::new(Failure::Usage, why);
    let kind = ReportKind::parse(kind);
    let kind = kind.ok_or_else(|| usage("a report is of a day, week or month".to_owned()))?;
    let now = (clock::system().wall)();
    let last = || Period::containing(kind, local_day(now)).before();
    let period = match period {
        Some(name) => Period::parse(kind, name)
            .ok_or_else(|| usage(format!("{name} is no {}", kind.as_str())))?,
        None => last(),
    };
    // A day that the calendar of the machine cannot have is refused here.
    midnight(period.first())?;
    let calendar = serve::calendar(&config)?;
    let made = report_store(common, &config)?.make_report(now, &calendar, period);
    match made.map_err(|error| untaken(&error))? {
        Some(version) => say(&format!("{} 第 {version} 版已生成\n", period.id())),
        None => say(&format!("{} 没有变动，未生成新版\n", period.id())),
    }
}

fn narrate(id: &str, text: &str, by: &str, common: &Common) -> Result<(), Exit> {
    let (config, period) = (common.load()?, period_of(id)?);
    let now = (clock::system().wall)();
    let stored = report_store(common, &config)?.narrate(now, &period, text, by);
    stored.map_err(|error| untaken(&error))?;
    say("已登记，列入下一版\n")
}

fn names(config: &Config) -> Result<Names, Exit> {
    let units = config.directory.units().map_err(|error| Exit::new(Failure::Config, error))?;
    Ok(Names::new(units.into_iter().map(|unit| (unit.id, unit.name)).collect()))
}

/// An issue as a recipient gets it.
struct Shown {
    stored: StoredReport,
    sheet: Vec<SheetRow>,
    document: Document,
}

fn shown(
    reader: &Reader,
    period: &Period,
    version: Option<u32>,
    names: &Names,
    rights: &Rights,
) -> Result<Shown, Exit> {
    let stored = reader.report(period, version).map_err(|error| refused(&error))?;
    let sheet = reader.sheet(period, stored.as_of, names, rights).map_err(|e| refused(&e))?;
    let StoredReport { row, content, recounted, .. } = &stored;
    let (version, recounted, demo) = (row.version, *recounted, stored.demo);
    let issue = Issue { content, version, recounted, demo, rights, sheet: &sheet };
    let document = document(issue, names);
    Ok(Shown { stored, sheet, document })
}

fn show(arguments: &ShowArguments) -> Result<(), Exit> {
    let ShowArguments { id, version, format, role, of_unit, by, out, common, .. } = arguments;
    let (config, period) = (common.load()?, period_of(id)?);
    let names = names(&config)?;
    let person = by.as_deref().unwrap_or_default().trim();
    let rights = Rights::of(*role, person, of_unit.as_deref()).ok_or_else(|| {
        Exit::new(Failure::Usage, format!("{}无权查看报告，或未指明单位", role.title()))
    })?;
    if format.is_binary() && out.is_none() {
        return Err(Exit::new(Failure::Usage, "this format needs --out"));
    }
    let reader = Reader::open(common.folder(&config)).map_err(|error| refused(&error))?;
    let shown = shown(&reader, &period, *version, &names, &rights)?;
    // Who is recused from a case is known by his name alone.
    if person.is_empty() && !shown.sheet.is_empty() {
        return Err(Exit::new(Failure::Usage, "it tells of cases: --by is needed"));
    }
    let bytes = format.write(&shown.document, &config.report)?;
    let persons = shown.sheet.iter().filter(|row| row.has_person).count();
    if persons > 0 {
        allow(arguments, &config, &shown, persons)?;
    }
    put(out.as_deref(), &bytes)
}

/// Notes the export in the audit; of more than 50 persons only with an approved request.
fn allow(
    arguments: &ShowArguments,
    config: &Config,
    shown: &Shown,
    persons: usize,
) -> Result<(), Exit> {
    let by = arguments.by.clone().unwrap_or_default();
    let row = &shown.stored.row;
    let new = NewExport {
        report: shown.stored.id,
        name: format!("{} 第{}版", row.report, row.version),
        format: arguments.format.name().to_owned(),
        role: arguments.role.as_str().to_owned(),
        unit: arguments.of_unit.clone(),
        persons,
        by,
        reason: arguments.reason.clone(),
    };
    let (now, mut store) = ((clock::system().wall)(), report_store(&arguments.common, config)?);
    if needs_second_person(persons) && arguments.request.is_none() {
        let id = store.ask_export(now, &new).map_err(|error| untaken(&error))?;
        let sentence = format!(
            "含 {persons} 人信息，超过 {EXPORT_ALONE_MAX} 人，已登记导出申请 {id}，须由另一人批准：\
             mayorline report approve {id} --by 批准人，批准后加 --request {id} 导出"
        );
        return Err(Exit::new(Failure::Data, sentence));
    }
    store.note_export(now, &new, arguments.request).map_err(|error| untaken(&error))
}

fn put(out: Option<&Path>, bytes: &[u8]) -> Result<(), Exit> {
    match out {
        Some(path) => std::fs::write(path, bytes)
            .map_err(|error| Exit::new(Failure::Io, format!("{}: {error}", path.display()))),
        None => std::io::stdout()
            .lock()
            .write_all(bytes)
            .map_err(|error| Exit::new(Failure::Io, format!("standard output: {error}"))),
    }
}

fn diff(id: &str, version: Option<u32>, output: &Output) -> Result<(), Exit> {
    let (config, period) = (output.common.load()?, period_of(id)?);
    let (reader, names) = (output.reader()?, names(&config)?);
    let rights = Rights::of(Role::Auditor, "", None);
    let rights = rights.ok_or_else(|| Exit::new(Failure::Software, "no rights"))?;
    let after = shown(&reader, &period, version, &names, &rights)?;
    let before = after.stored.row.version.checked_sub(1).filter(|version| *version > 0);
    let Some(before) = before else {
        return Err(Exit::new(Failure::NoInput, "第 1 版之前没有版本"));
    };
    let before = shown(&reader, &period, Some(before), &names, &rights)?;
    let changes = difference(&before.document, &after.document);
    match output.is_json() {
        true => output.print(&changes),
        false => say(&changes.iter().map(line).collect::<String>()),
    }
}

fn cases(arguments: &CasesArguments) -> Result<(), Exit> {
    let CasesArguments { id, version, table, row, column, output } = arguments;
    let (config, period) = (output.common.load()?, period_of(id)?);
    let names = names(&config)?;
    let found = output.reader()?.report_behind(&period, *version, &names);
    let mut found = found.map_err(|error| refused(&error))?;
    let is = |asked: &Option<String>, told: &str| asked.as_ref().is_none_or(|asked| asked == told);
    found.retain(|one| is(table, &one.table) && is(row, &one.row) && is(column, &one.column));
    match output.is_json() {
        true => output.print(&found),
        false => say(&found.iter().map(numbers).collect::<String>()),
    }
}

fn numbers(behind: &Behind) -> String {
    let Behind { table, row, column, count, cases, calls } = behind;
    let cases = cases.iter().map(ToString::to_string);
    let all: Vec<String> = cases.chain(calls.iter().map(|one| one.call.to_string())).collect();
    let place: Vec<&str> = [table, row, column].into_iter().map(String::as_str).collect();
    format!("{} {count}：{}\n", place.join(" ").trim(), all.join(" "))
}

fn line(change: &Change) -> String {
    let Change { table, row, column, before, after } = change;
    let column = if column.is_empty() { String::new() } else { format!(" {column}") };
    let of = |text: &str| if text.is_empty() { "（无）".to_owned() } else { text.to_owned() };
    format!("{table} {row}{column}：{} → {}\n", of(before), of(after))
}
