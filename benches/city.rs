//! A city that has worked for years: look-ups, search, lists, commands and a monthly report among
//! `MAYORLINE_BENCH_CASES` cases (1,000,000), as one table against the bars.
//!
//! The cases are those of the demo's generator, some thousand at a time with a seed each, stored by
//! the real store with the first commands of each (`DEEDS_MAX`). `cargo bench --bench city` takes the figures;
//! without `--bench` it runs small, to show that it works. `MAYORLINE_BENCH_FOLDER` names a folder on
//! the disk to be measured; it needs some 6 KiB a case, and the city stays in it for further runs.

#[path = "common/measure.rs"]
mod measure;

use anyhow::{Context, bail, ensure};
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};
use mayorline::app::demo::Filler;
use mayorline::domain::calendar::Calendar;
use mayorline::domain::call::{Lookup, StoreReply, StoreRequest};
use mayorline::domain::case::{Actor, DeadlineRules, Order, Role, State, Task, city_zone};
use mayorline::domain::demo::{City, Deed, Ground, Step, Wish};
use mayorline::domain::report::Period;
use mayorline::domain::search::Question;
use mayorline::store::{
    CaseName, DataFolder, DemoMark, Filling, PageFilter, PersonOrder, Reader, SearchFilter, Store,
    StoreConfig, StoreHandle,
};
use mayorline::units::{CaseNumber, QueryCode};
use measure::{ask, bare_syncs, now, quantile};
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

const CASES_VARIABLE: &str = "MAYORLINE_BENCH_CASES";
const FOLDER_VARIABLE: &str = "MAYORLINE_BENCH_FOLDER";
/// Cases unless told otherwise, and without `--bench`.
const CASES: usize = 1_000_000;
const CASES_SMALL: usize = 300;
/// Contacts that are made up at once.
const TOGETHER: usize = 2_000;
/// The contacts come over ten years, two months at a time, from the first of January of 2020 on: as long
/// as cases are kept.
const FIRST: Date = date(2020, 1, 1);
const WINDOWS: u64 = 60;
/// The month that is reported.
const MONTH: &str = "month-2020-02";
/// Contacts and commands of one case that are stored.
const DEEDS_MAX: usize = 5;
/// Steps of one commit.
const COMMIT_STEPS: usize = 2_000;
/// Cases that are looked up and commanded.
const ASKED: usize = 2_000;
/// One in so many of them is asked for hints, which read thousands of cases each.
const HINTED_OF: usize = 20;
/// Words that are searched for: frequent ones, rare ones, two at once.
const WORDS: [&str; 8] =
    ["路灯", "停水", "补贴", "北宿镇", "再次反映", "城前镇 机井", "工资 老板", "电梯坏了半个月"];

/// The last day of a window.
fn until(window: u64) -> anyhow::Result<Date> {
    let months = i64::try_from(window)? * 2 + 2;
    Ok(FIRST.checked_add(months.months())?.yesterday()?)
}

/// What is measured.
struct Row {
    what: String,
    figure: String,
    bar: &'static str,
    holds: bool,
}

/// Times against a bar for their 99th percentile.
fn timed(what: &str, mut times: Vec<Duration>, bar_ms: f64, bar: &'static str) -> Row {
    times.sort_unstable();
    let (p50, p99, most) = (quantile(&times, 0.5), quantile(&times, 0.99), quantile(&times, 1.0));
    let figure = format!("p50 {p50:.2}, p99 {p99:.2}, max {most:.2} ms");
    Row { what: what.to_owned(), figure, bar, holds: p99 <= bar_ms }
}

fn main() -> anyhow::Result<()> {
    let full = std::env::args().any(|argument| argument == "--bench");
    let given = std::env::var(CASES_VARIABLE).ok().and_then(|text| text.parse().ok());
    let cases = given.unwrap_or(if full { CASES } else { CASES_SMALL });
    let rows;
    let stored;
    if let Some(root) = std::env::var_os(FOLDER_VARIABLE) {
        let folder = PathBuf::from(root).join(format!("city-{cases}"));
        let numbers = kept(&folder, cases)?;
        stored = numbers.len();
        rows = measured(&folder, &numbers)?;
    } else {
        // Below the build where a run that is killed leaves nothing in anybody's way.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let numbers = filled(folder.path(), cases)?;
        stored = numbers.len();
        rows = measured(folder.path(), &numbers)?;
    }
    let head = format!("among {stored} cases");
    println!("| {head:<34} | {:<48} | {:<12} | holds |", "this run", "bar");
    println!("| {} | {} | {} | ----- |", "-".repeat(34), "-".repeat(48), "-".repeat(12));
    for Row { what, figure, bar, holds } in rows {
        println!(
            "| {what:<34} | {figure:<48} | {bar:<12} | {:<5} |",
            if holds { "yes" } else { "NO" }
        );
    }
    Ok(())
}

/// The city of a folder that was named: filled once, its numbers beside it, and measured again and again.
fn kept(folder: &Path, cases: usize) -> anyhow::Result<Vec<CaseNumber>> {
    let list = folder.with_extension("numbers");
    if let Ok(numbers) = std::fs::read_to_string(&list) {
        println!("a city that was filled before\n");
        let parsed = numbers.lines().map(|line| CaseNumber::parse(line).context("a case number"));
        return parsed.collect();
    }
    std::fs::create_dir_all(folder)?;
    let numbers = filled(folder, cases)?;
    let lines: String = numbers.iter().map(|number| format!("{number}\n")).collect();
    std::fs::write(&list, lines)?;
    Ok(numbers)
}

/// Fills a folder and says how long that took.
fn filled(folder: &Path, cases: usize) -> anyhow::Result<Vec<CaseNumber>> {
    let begun = now();
    let numbers = fill(folder, cases)?;
    let (seconds, stored) = (begun.elapsed().as_secs_f64(), numbers.len());
    let each = seconds * 1e6 / stored as f64;
    println!("{stored} cases filled in {seconds:.0} s, {each:.0} us each\n");
    Ok(numbers)
}

/// Stores so many numbered cases; gives their numbers.
fn fill(data: &Path, cases: usize) -> anyhow::Result<Vec<CaseNumber>> {
    let (calendar, rules) = (Calendar::built_in(), DeadlineRules::default());
    let ground = Ground { calendar: calendar.clone(), rules: rules.clone() };
    let folder = DataFolder::from(data);
    let mark = DemoMark { seed: 0, until: until(0)?, complete: false };
    let begins = FIRST.to_zoned(city_zone())?.timestamp();
    let desk = (calendar, rules, [7; 32]);
    let mut filling = Filling::begin(folder.clone(), begins, mark, desk)?;
    let mut numbers = Vec::with_capacity(cases);
    for seed in 0_u64.. {
        let until = until(seed % WINDOWS)?;
        let generated = (cases - numbers.len()).clamp(200, TOGETHER);
        let city = City::new(&Wish { seed, until, generated }, &ground);
        if seed == 0 {
            import(&mut filling, &city, begins)?;
        }
        let mut filler = Filler::new(&city, &folder);
        for steps in first_deeds(&city, seed).chunks(COMMIT_STEPS) {
            filling.together(|store| {
                steps.iter().try_for_each(|(script, step)| filler.apply(store, *script, step))
            })?;
        }
        numbers.extend(filler.cases().iter().flatten().filter_map(|case| case.number));
        if numbers.len() >= cases {
            break;
        }
    }
    filling.finish()?;
    Ok(numbers)
}

fn import(filling: &mut Filling, city: &City, at: Timestamp) -> anyhow::Result<()> {
    for table in &city.tables {
        if let Err(fault) = filling.import(at, table)? {
            bail!("{}: {fault}", table.name);
        }
    }
    Ok(())
}

/// The first deeds of each generated contact, in the order of time; calls, and what touches the cases of
/// others, are left out. The examples have the same keys in every city.
fn first_deeds(city: &City, seed: u64) -> Vec<(usize, &Step)> {
    let own = format!("demo/{seed}/");
    let mut steps = vec![];
    for (at, script) in city.scripts.iter().enumerate() {
        let spoken = script.steps.iter().any(|step| matches!(step.deed, Deed::LeavesMessage(..)));
        if spoken || !script.key.starts_with(&own) {
            continue;
        }
        let kept = |step: &&Step| {
            matches!(
                step.deed,
                Deed::Open(..) | Deed::TakesDown(..) | Deed::Acts(_) | Deed::WrapsUp(..)
            )
        };
        let first = script.steps.iter().filter(kept).take(DEEDS_MAX);
        steps.extend(first.map(|step| (at, step)));
    }
    steps.sort_by_key(|(at, step)| (step.at, *at));
    steps
}

fn measured(data: &Path, numbers: &[CaseNumber]) -> anyhow::Result<Vec<Row>> {
    let reader = Reader::open(data)?;
    let asked = spread(numbers);
    let pairs = with_codes(&reader, &asked)?;
    ensure!(!pairs.is_empty(), "no case may be looked up");
    let mut rows = vec![read(&reader, &asked)?, found(&reader)?];
    rows.extend(pages(&reader)?);
    rows.push(hinted(&reader, &asked)?);
    // After everything that happened.
    let last = until(WINDOWS - 1)?.to_zoned(city_zone())?.timestamp();
    let later = last.saturating_add(48.hours())?;
    let config = StoreConfig { demo: true, ..StoreConfig::new(data, later) };
    let store = Store::open(config, Calendar::built_in(), [1; 32])?;
    rows.insert(0, looked_up(&store.handle(), later, &pairs)?);
    let bare = bare_syncs(ASKED.min(numbers.len()))?;
    rows.extend(commanded(&store.handle(), later, &reader, &asked, bare)?);
    store.close();
    rows.push(reported(data, later)?);
    Ok(rows)
}

/// Some of them, far apart.
fn spread(numbers: &[CaseNumber]) -> Vec<CaseNumber> {
    let step = (numbers.len() / ASKED).max(1);
    numbers.iter().copied().step_by(step).take(ASKED).collect()
}

/// Those that are not under seal, with their query codes.
fn with_codes(
    reader: &Reader,
    numbers: &[CaseNumber],
) -> anyhow::Result<Vec<(CaseNumber, QueryCode)>> {
    let codes = numbers.iter().map(|number| (*number, reader.code(*number)));
    Ok(codes.filter_map(|(number, code)| code.ok().map(|code| (number, code))).collect())
}

/// By number and code, as a caller does.
fn looked_up(
    store: &StoreHandle,
    at: Timestamp,
    pairs: &[(CaseNumber, QueryCode)],
) -> anyhow::Result<Row> {
    let mut times = vec![];
    for (number, code) in pairs {
        let (number, code) = (*number, *code);
        let begun = now();
        let answer = ask(store, at, StoreRequest::LookUp { number, code });
        times.push(begun.elapsed());
        let found = matches!(answer, Some(StoreReply::LookedUp(Lookup::Found(_))));
        ensure!(found, "{number}: {answer:?}");
    }
    Ok(timed("look-up by number and code", times, 5.0, "p99 <= 5 ms"))
}

/// By number, with its events, as a person with an account does.
fn read(reader: &Reader, numbers: &[CaseNumber]) -> anyhow::Result<Row> {
    let mut times = vec![];
    for number in numbers {
        let begun = now();
        reader.file(CaseName::Number(*number), true)?;
        times.push(begun.elapsed());
    }
    Ok(timed("a case by number, with its events", times, 5.0, "p99 <= 5 ms"))
}

fn found(reader: &Reader) -> anyhow::Result<Row> {
    let mut times = vec![];
    for words in WORDS.iter().cycle().take(WORDS.len() * 20) {
        let question = Question::parse(words).context("words")?;
        let begun = now();
        reader.search(&question, &SearchFilter::default(), 50)?;
        times.push(begun.elapsed());
    }
    Ok(timed("search, 8 questions", times, 30.0, "p99 <= 30 ms"))
}

/// The first page, deep ones, and those of a state.
fn pages(reader: &Reader) -> anyhow::Result<Vec<Row>> {
    let newest = reader.page(&PageFilter::default(), None)?.ids.first().copied().unwrap_or(0);
    let (mut plain, mut filtered) = (vec![], vec![]);
    for n in 0..200_i64 {
        let before = (n > 0).then(|| newest * (200 - n) / 200 + 1);
        let begun = now();
        reader.page(&PageFilter::default(), before)?;
        plain.push(begun.elapsed());
        let state = Some(if n % 2 == 0 { State::Assigned } else { State::Sealed });
        let begun = now();
        reader.page(&PageFilter { state, ..PageFilter::default() }, before)?;
        filtered.push(begun.elapsed());
    }
    Ok(vec![
        timed("a page of the list, anywhere", plain, 50.0, "p99 <= 50 ms"),
        timed("a page of one state, anywhere", filtered, 50.0, "p99 <= 50 ms"),
    ])
}

/// Hints on a contact, as at its entry: its words among those of the newest cases of 400 days.
fn hinted(reader: &Reader, numbers: &[CaseNumber]) -> anyhow::Result<Row> {
    let mut times = vec![];
    for number in numbers.iter().step_by(HINTED_OF) {
        // What is under seal has none.
        let Ok(asked) = reader.text_of_case(*number) else { continue };
        let begun = now();
        reader.hints(&asked, asked.received_at)?;
        times.push(begun.elapsed());
    }
    ensure!(!times.is_empty(), "no case has hints");
    Ok(timed("hints on a contact", times, 1_000.0, "p99 <= 1 s"))
}

/// A command that is decided and on the disk when it is answered, beside the disk alone.
fn commanded(
    store: &StoreHandle,
    at: Timestamp,
    reader: &Reader,
    numbers: &[CaseNumber],
    mut bare: Vec<Duration>,
) -> anyhow::Result<Vec<Row>> {
    let mut times = vec![];
    for number in numbers {
        let file = reader.file(CaseName::Number(*number), true)?;
        if !file.case.told_state().is_some_and(|state| state.is_open()) {
            continue;
        }
        let task = Task::SetSecrecy(!file.case.work.secrecy);
        let order = Order { actor: Actor::new("bench", Role::Clerk, None), task };
        let wish = PersonOrder { case: CaseName::Number(*number), seen: None, order };
        let (send, receive) = sync_channel(1);
        let begun = now();
        let answer = Box::new(move |done| drop(send.send(done)));
        ensure!(store.act(at, wish, answer), "the store is full");
        receive.recv()??;
        times.push(begun.elapsed());
    }
    ensure!(!times.is_empty(), "no case is open");
    times.sort_unstable();
    bare.sort_unstable();
    let (own, disk) = (quantile(&times, 0.99), quantile(&bare, 0.99));
    let ratio = format!("p99 {disk:.2} ms, the command takes {:.2} times that", own / disk);
    let what = "  bare 4 KiB write + fdatasync".to_owned();
    Ok(vec![
        timed("one command, decided and on disk", times, 5.0, "p99 <= 5 ms"),
        Row { what, figure: ratio, bar: "-", holds: true },
    ])
}

fn reported(data: &Path, at: Timestamp) -> anyhow::Result<Row> {
    let period = Period::parse_id(MONTH).context("a month")?;
    let mut store = mayorline::store::Administration::open(data, at)?;
    let begun = now();
    store.make_report(at, &Calendar::built_in(), period)?.context("an issue")?;
    let took = begun.elapsed();
    let of = Reader::open(data)?.report(&period, None)?.content.accepted;
    let (what, bar) = (format!("monthly report of {of} cases"), "<= 5 s");
    let figure = format!("{:.2} s", took.as_secs_f64());
    Ok(Row { what, figure, bar, holds: took <= Duration::from_secs(5) })
}
