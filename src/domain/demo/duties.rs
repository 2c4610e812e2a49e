//! The catalogue of duties of the invented city: 276 quantified items of 86 units that save 2,834
//! working days, 2,674 fixed penalties, 254 strengthened items, 292 first offences that go free.

use super::tables::UNITS;
use super::topics::words_of;
use std::fmt::Write;

const QUANTIFIED: u64 = 276;
const STRENGTHENED: u64 = 254;
const PENALTIES: u64 = 2_674;
const FIRST_OFFENCES: u64 = 292;
const SAVED_DAYS: u64 = 2_834;
/// The limit that holds, in working days.
const LIMIT: u64 = 5;

const KINDS: [&str; 6] = ["审批", "许可", "登记", "核准", "备案", "服务"];
const HEADER: &str = "事项编码,单位,事项名称,事项类型,办理时限,法定依据,原时限,量化,简化,固化,强化,首违不罚,\
                      处罚幅度,关键词,领域,公开\n";

/// The code of a unit's first item, where it has one.
pub(super) fn first_item(unit: &str) -> Option<String> {
    let number = unit.strip_prefix("unit.")?;
    audited().any(|(id, _)| id == unit).then(|| format!("{number}-001"))
}

/// Units whose duties were audited, with their names.
fn audited() -> impl Iterator<Item = (&'static str, &'static str)> {
    let rows = UNITS.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    rows.filter_map(|cells| match cells.as_slice() {
        [id, name, _, "是", ..] => Some((*id, *name)),
        _ => None,
    })
}

/// The n-th part of a whole that is shared as evenly as it goes.
fn share(whole: u64, parts: u64, n: u64) -> u64 {
    whole / parts + u64::from(n < whole % parts)
}

/// The table.
pub(super) fn csv() -> String {
    let mut csv = HEADER.to_owned();
    let units: Vec<_> = audited().collect();
    let count = u64::try_from(units.len()).unwrap_or(1).max(1);
    let (mut quantified, mut penalties) = (0, 0);
    for (n, (id, name)) in (0..).zip(units) {
        let number = id.trim_start_matches("unit.");
        for item in 0..share(QUANTIFIED, count, n) {
            quantity(&mut csv, (id, name), &format!("{number}-{:03}", item + 1), quantified);
            quantified += 1;
        }
        for item in 0..share(PENALTIES, count, n) {
            penalty(&mut csv, (id, name), &format!("{number}-C{:02}", item + 1), penalties);
            penalties += 1;
        }
    }
    csv
}

fn quantity(csv: &mut String, (id, name): (&str, &str), code: &str, n: u64) {
    let old = LIMIT + share(SAVED_DAYS, QUANTIFIED, n);
    let kind = usize::try_from(n % 6).ok().and_then(|at| KINDS.get(at)).copied().unwrap_or("服务");
    let strengthened = if n < STRENGTHENED { "是" } else { "否" };
    // The first item of a unit carries what citizens say of its matters.
    let (words, domain) = if code.ends_with("-001") { words_of(id) } else { Default::default() };
    // Writing to a String cannot fail.
    let _ = writeln!(
        csv,
        "{code},{id},{name}{kind}事项{code}（演示）,{kind},{LIMIT}个工作日内,演示依据,{old}个工作日内,\
         是,是,否,{strengthened},否,,{words},{domain},是"
    );
}

fn penalty(csv: &mut String, (id, name): (&str, &str), code: &str, n: u64) {
    let free = (n + 1) * FIRST_OFFENCES / PENALTIES > n * FIRST_OFFENCES / PENALTIES;
    let free = if free { "是" } else { "否" };
    let _ = writeln!(
        csv,
        "{code},{id},{name}处罚事项{code}（演示）,处罚,30日内,演示依据,,否,否,是,否,{free},\
         轻微：200元以下；一般：200元至1000元；严重：1000元至5000元,,,是"
    );
}
