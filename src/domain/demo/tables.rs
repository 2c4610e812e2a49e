//! The directory of the invented city as tables (domain.md 5.1): real names of units and towns,
//! invented villages, people and telephones.

use super::people::{fixed_line, leader, mobile, name, of_office};
use super::{TableFile, duties};
use crate::domain::directory::Kind;
use crate::domain::town::TOWNS;
use crate::units::PhoneNumber;
use std::fmt::Write;

/// The units as they are shipped, without telephones.
pub(super) const UNITS: &str = include_str!("../../../config/directory/units.csv");
const TOWNS_TABLE: &str = include_str!("../../../config/directory/towns.csv");

/// Villages of each town, in the order of [`TOWNS`]: 887 together.
const VILLAGES: [u64; 16] = [22, 23, 18, 45, 52, 30, 72, 52, 78, 61, 50, 76, 62, 70, 88, 88];
/// A village's name: where it lies, by what, and what it is.
const SIDES: [&str; 10] = ["东", "西", "南", "北", "前", "后", "大", "小", "上", "下"];
const MARKS: [&str; 10] = ["柳", "槐", "石", "泉", "岗", "桥", "井", "沟", "岭", "湾"];
const ENDS: [&str; 4] = ["村", "庄", "屯", "铺"];

/// Officers of the villages: police cover one or two villages each; every sixth village has a member
/// of a team beside its first secretary, 141 together.
const VILLAGE_COUNT: u64 = 887;
const POLICE_COUNT: u64 = 600;
const MEMBER_COUNT: u64 = 141;

/// Units and towns.
const UNIT_COUNT: u64 = 87;
const OFFICE_COUNT: u64 = 103;
/// Cadres whose contacts are published.
const CADRE_COUNT: u64 = 826;
/// Cadres of every unit and town; what is over goes to the first ones.
const CADRES_EACH: u64 = 8;

/// Where the fixed lines begin in 0537-0000xxx: of units and towns, of leaders, of cadres.
const OFFICE_LINES: u64 = 1;
const LEADER_LINES: u64 = 110;
const CADRE_LINES: u64 = 120;
/// Where the telephones of each kind of people begin in 1990000xxxx.
const SECRETARY_PHONES: u64 = 1_000;
const AGENT_PHONES: u64 = 2_000;
const POLICE_PHONES: u64 = 3_000;
const MEMBER_PHONES: u64 = 3_600;
/// Telephones of citizens begin here.
pub(super) const CITIZEN_PHONES: u64 = 4_000;

/// Every table, in the order they can be imported in.
pub(super) fn all(seed: u64) -> Vec<TableFile> {
    let table = |kind, name, csv| TableFile { kind, name, csv };
    let villages = each_village(seed);
    let towns_from = OFFICE_LINES + UNIT_COUNT;
    vec![
        table(Kind::Units, "演示单位.csv", with_phones(UNITS, 6, OFFICE_LINES)),
        table(Kind::Towns, "演示镇街.csv", with_phones(TOWNS_TABLE, 2, towns_from)),
        table(Kind::Villages, "演示村居.csv", villages_csv(&villages)),
        table(Kind::Posts, "演示干部.csv", posts()),
        table(Kind::Leaders, "演示市领导.csv", leaders()),
        table(Kind::Officers, "演示三大员.csv", officers(&villages)),
        table(Kind::Duties, "演示职责.csv", duties::csv()),
    ]
}

/// A shipped table with an invented telephone in a column of each row.
fn with_phones(table: &str, column: usize, first: u64) -> String {
    let mut lines = table.trim_start_matches('\u{feff}').lines();
    let mut csv = format!("{}\n", lines.next().unwrap_or_default());
    for (n, line) in (first..).zip(lines) {
        let mut cells: Vec<&str> = line.split(',').collect();
        let phone = fixed_line(n);
        if let Some(cell) = cells.get_mut(column) {
            *cell = &phone;
        }
        push(&mut csv, &cells);
    }
    csv
}

fn push(csv: &mut String, cells: &[&str]) {
    // Writing to a String cannot fail; no cell of ours has a comma.
    let _ = writeln!(csv, "{}", cells.join(","));
}

/// A village: its code, name and town.
pub(super) type Village = (String, String, &'static str);

/// Every village.
pub(super) fn each_village(seed: u64) -> Vec<Village> {
    let mut all = Vec::new();
    for ((town, name), count) in (1_u64..).zip(TOWNS).zip(VILLAGES) {
        for n in 0..count {
            all.push((format!("{town:02}{:02}", n + 1), village_name(seed, town, n), name));
        }
    }
    all
}

/// A step that shares no factor with the 400 names gives each once in a town.
fn village_name(seed: u64, town: u64, n: u64) -> String {
    let at = (seed % 400 + town * 37 + n * 149) % 400;
    let of = |table: &[&'static str], at: u64| {
        usize::try_from(at).ok().and_then(|at| table.get(at)).copied().unwrap_or_default()
    };
    format!("{}{}{}", of(&SIDES, at % 10), of(&MARKS, at / 10 % 10), of(&ENDS, at / 100))
}

fn villages_csv(villages: &[Village]) -> String {
    let mut csv = "村居编号,村居名称,所属镇街\n".to_owned();
    for (code, name, town) in villages {
        push(&mut csv, &[code, name, town]);
    }
    csv
}

fn phone(n: u64) -> String {
    mobile(n).as_ref().map_or("", PhoneNumber::as_str).to_owned()
}

/// Four of each unit and town answer for its duties; the others are other cadres.
fn posts() -> String {
    const TITLES: [(&str, &str); 4] = [
        ("主要负责人", "主要责任人"),
        ("分管副职", "分管负责人"),
        ("综合科科长", "科室负责人"),
        ("承办科员", "承办人员"),
    ];
    let mut csv = "单位,姓名,职务,责任层级,公开电话,值班电话,公开\n".to_owned();
    let mut lines = (CADRE_LINES..).map(fixed_line);
    for office in 1..=OFFICE_COUNT {
        let id = match office.checked_sub(UNIT_COUNT) {
            Some(town) if town > 0 => format!("town.{town:02}"),
            _ => format!("unit.{office:02}"),
        };
        let more = u64::from(office <= CADRE_COUNT - OFFICE_COUNT * CADRES_EACH);
        for post in 0..CADRES_EACH + more {
            let at = usize::try_from(post).unwrap_or(usize::MAX);
            let (title, level) = TITLES.get(at).copied().unwrap_or(("科级干部", "其他"));
            let title = if post < 4 { title.to_owned() } else { format!("{title}{}", post - 3) };
            let line = lines.next().unwrap_or_default();
            let duty = phone(office * 9 + post);
            push(&mut csv, &[&id, &of_office(office, post), &title, level, &line, &duty, "是"]);
        }
    }
    csv
}

fn leaders() -> String {
    const LEADERS: [(&str, &str); 8] = [
        ("市委书记", "全面工作"),
        ("市长", "政府全面工作"),
        ("常务副市长", "发展改革、财政"),
        ("副市长", "城乡建设、交通"),
        ("副市长（农业）", "农业农村、水利"),
        ("副市长（社会）", "教育、卫生、民政"),
        ("副市长（工业）", "工业、安全生产"),
        ("副市长（公安）", "公安、信访"),
    ];
    let mut csv = "姓名,职务,分管领域,公开电话,公开\n".to_owned();
    for (n, (title, portfolio)) in (0..).zip(LEADERS) {
        push(&mut csv, &[&leader(n), title, portfolio, &fixed_line(LEADER_LINES + n), "是"]);
    }
    csv
}

fn officers(villages: &[Village]) -> String {
    let mut csv = "村居编号,职务,姓名,联系电话,公开\n".to_owned();
    let mut members = 0;
    for (n, (code, ..)) in (0..).zip(villages) {
        let officer = n * POLICE_COUNT / VILLAGE_COUNT;
        let three = [
            ("第一书记", n, SECRETARY_PHONES + n),
            ("联村民警", officer + 300, POLICE_PHONES + officer),
            ("民生代办员", n + 700, AGENT_PHONES + n),
        ];
        let has_member = n % 6 == 0 && members < MEMBER_COUNT;
        let member = has_member.then_some(("驻村队员", members + 1_100, MEMBER_PHONES + members));
        members += u64::from(has_member);
        for (role, person, number) in three.into_iter().chain(member) {
            push(&mut csv, &[code, role, &name(person), &phone(number), "否"]);
        }
    }
    csv
}
