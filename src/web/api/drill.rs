//! The cases and calls behind every number of an issued report (domain.md B8): the numbers that whoever asks
//! gets in the report itself, and of their cases those that he may know of. How many others there are is
//! told by the number anyway.

use super::people::Person;
use super::problem::{Problem, ProblemBody};
use super::reports::Counted;
use super::views::json as answer;
use super::{On, waiting};
use crate::domain::access::may_know_of_seals;
use crate::domain::case::{Actor, State as CaseState, local_day};
use crate::domain::figures::CountedCall;
use crate::domain::report::{Behind, Names, Period, Rights, Rows, SEALED};
use crate::store::{CaseName, Reader, StoreError, StoredReport};
use crate::units::CaseNumber;
use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Form, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::{IntoParams, ToSchema};

/// Cases that one answer looks up, and calls that it lists of one number; the next goes on behind them.
pub const DRILL_CASES_MAX: usize = 2_000;

/// Which numbers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// Which version; the newest unless told otherwise.
    version: Option<u32>,
    /// Only of this table, as the report titles it; empty: of the lines at the head.
    table: Option<String>,
    /// Only of this row.
    row: Option<String>,
    /// Only of this column.
    column: Option<String>,
    /// So many cases, or calls, of each number are passed over.
    #[serde(default)]
    skip: usize,
}

/// What stands behind the numbers of an issue.
#[derive(Serialize, ToSchema)]
pub(super) struct Drilled {
    /// Which report.
    #[schema(example = "day-2026-11-22")]
    report: String,
    /// Which version.
    version: u32,
    /// What happened later is not in it; RFC 3339 with the city's offset.
    as_of: String,
    /// The numbers, in the order of the report.
    numbers: Vec<Number>,
}

/// One number.
#[derive(Serialize, ToSchema)]
pub(super) struct Number {
    /// The table; empty for the lines at the head.
    table: String,
    /// The row.
    row: String,
    /// The column; of what a figure leaves out with the reason.
    column: String,
    /// How many. An opening balance is in no number here: no cases stand behind it.
    count: usize,
    /// The cases that he who asks may know of.
    cases: Vec<String>,
    /// The calls, of a figure of the telephone.
    calls: Vec<Counted>,
    /// Cases that are not for him: under seal, recused, or of a reader of counts alone.
    withheld: usize,
    /// Cases and calls that this answer has no room for: ask for this number alone, and `skip` what was
    /// listed and withheld before.
    left_off: usize,
}

/// Show the cases and calls behind the numbers of a report.
#[utoipa::path(get, path = "/api/v1/reports/{report}/cases", tag = "reports",
    params(
        ("report" = String, Path, description = "`day-2026-11-22`, `week-2026-W47` or `month-2026-11`"),
        Asked,
    ),
    responses(
        (status = 200, description = "The numbers with their cases", body = Drilled),
        (status = 400, description = "Not understood", body = ProblemBody),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
        (status = 403, description = "No role reads this report", body = ProblemBody),
        (status = 404, description = "No such issue", body = ProblemBody),
        (status = 429, description = "Too many requests", body = ProblemBody),
        (status = 503, description = "The store cannot be used", body = ProblemBody),
    )
)]
pub(super) async fn cases(
    State(house): On,
    Extension(person): Extension<Person>,
    Path(report): Path<String>,
    asked: Result<Form<Asked>, FormRejection>,
) -> Result<Response, Problem> {
    let rights = rights_of(&person.actor);
    if rights.is_empty() {
        return Err(Problem::forbidden());
    }
    let Form(asked) = asked.map_err(|rejection| Problem::malformed(rejection.body_text()))?;
    let period = Period::parse_id(&report).ok_or_else(unissued)?;
    let api = house.api.clone();
    let drilled = waiting(move || {
        let (reader, now) = (api.reader()?, api.now());
        let looker = Looker {
            reader: &reader,
            actor: &person.actor,
            rights: &rights,
            known: BTreeMap::new(),
        };
        drill(looker, &period, &asked, &names(&reader, now)?)
    })
    .await?;
    Ok(answer(&drilled))
}

/// There is no such issue.
fn unissued() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "C3", "没有这期报告。", "there is no such report")
}

/// What each of his roles gets of a report.
fn rights_of(actor: &Actor) -> Vec<Rights> {
    let of = |role| Rights::of(role, &actor.person, actor.unit.as_deref());
    actor.roles.iter().filter_map(|role| of(*role)).collect()
}

/// The units as the directory names them today.
fn names(reader: &Reader, now: Timestamp) -> Result<Names, Problem> {
    let units = reader.directory(local_day(now))?.units;
    Ok(Names::new(units.into_iter().map(|unit| (unit.id, unit.name)).collect()))
}

fn drill(
    mut looker: Looker<'_>,
    period: &Period,
    asked: &Asked,
    names: &Names,
) -> Result<Drilled, Problem> {
    let issue = looker.reader.report(period, asked.version).map_err(|error| match error {
        StoreError::NotFound => unissued(),
        other => other.into(),
    })?;
    let mut found = looker.numbers(period, &issue, names)?;
    let is = |asked: &Option<String>, told: &str| asked.as_ref().is_none_or(|asked| asked == told);
    found.retain(|one| {
        is(&asked.table, &one.table) && is(&asked.row, &one.row) && is(&asked.column, &one.column)
    });
    let numbers = found.into_iter().map(|one| looker.number(one, asked.skip));
    let numbers = numbers.collect::<Result<_, _>>()?;
    let row = issue.row;
    Ok(Drilled { report: row.report, version: row.version, as_of: row.as_of, numbers })
}

/// A number of the head of a report.
fn head(row: &str, count: usize, cases: Vec<CaseNumber>) -> Behind {
    let (table, row, column) = (String::new(), row.to_owned(), String::new());
    Behind { table, row, column, count, cases, calls: vec![] }
}

/// Looks cases up for one person, each once.
struct Looker<'a> {
    reader: &'a Reader,
    actor: &'a Actor,
    rights: &'a [Rights],
    known: BTreeMap<CaseNumber, bool>,
}

impl Looker<'_> {
    /// The numbers that he gets in the report: all; of his own cases; or how many there are.
    fn numbers(
        &self,
        period: &Period,
        issue: &StoredReport,
        names: &Names,
    ) -> Result<Vec<Behind>, Problem> {
        if self.rights.iter().any(|one| one.rows == Rows::All) {
            return Ok(self.reader.report_behind(period, Some(issue.row.version), names)?);
        }
        let own: Vec<&Rights> = self.rights.iter().filter(|one| one.rows != Rows::None).collect();
        if own.is_empty() {
            let content = &issue.content;
            let counts = [("本期受理", content.accepted), (SEALED, content.sealed)];
            return Ok(counts.map(|(row, count)| head(row, count, vec![])).into());
        }
        let mut cases = BTreeSet::new();
        for rights in own {
            let sheet = self.reader.sheet(period, issue.as_of, names, rights)?;
            cases.extend(sheet.iter().filter_map(|row| CaseNumber::parse(&row.number).ok()));
        }
        Ok(vec![head("本期事项", cases.len(), cases.into_iter().collect())])
    }

    /// A number with those of its cases that he may know of.
    fn number(&mut self, behind: Behind, skip: usize) -> Result<Number, Problem> {
        let Behind { table, row, column, count, cases, calls } = behind;
        // A reader of counts alone is given no case at all.
        let counts_alone = cases.is_empty() && calls.is_empty();
        let mut withheld = if counts_alone { count } else { 0 };
        let (mut listed, mut told) = (vec![], vec![]);
        let mut rest = cases.into_iter().skip(skip).peekable();
        while let Some(number) = rest.peek().copied() {
            let Some(is_his) = self.lists(number)? else { break };
            rest.next();
            if is_his { listed.push(number.to_string()) } else { withheld += 1 }
        }
        let mut more = calls.into_iter().skip(skip);
        for CountedCall { call, case } in more.by_ref().take(DRILL_CASES_MAX) {
            let is_his = case.map(|number| self.lists(number)).transpose()?.flatten();
            let case = case.filter(|_| is_his == Some(true));
            told.push(CountedCall { call, case }.into());
        }
        let left_off = rest.count() + more.count();
        Ok(Number { table, row, column, count, cases: listed, calls: told, withheld, left_off })
    }

    /// Whether a case is for him; `None`: this answer looks no more up.
    fn lists(&mut self, number: CaseNumber) -> Result<Option<bool>, Problem> {
        if let Some(known) = self.known.get(&number) {
            return Ok(Some(*known));
        }
        if self.known.len() >= DRILL_CASES_MAX {
            return Ok(None);
        }
        let name = CaseName::Number(number);
        let is_his = match self.reader.file(name, may_know_of_seals(self.actor)) {
            Ok(file) => {
                let sealed = file.case.told_state() == Some(CaseState::Sealed);
                self.rights.iter().any(|one| one.lists(&file.case, sealed))
            }
            Err(StoreError::NotFound) => false,
            Err(error) => return Err(error.into()),
        };
        self.known.insert(number, is_his);
        Ok(Some(is_his))
    }
}
