//! What is missing in the directory: three officers in every village (V1), four current persons for
//! every duty item (E4), a way to reach every unit.

use super::notice::NoticeTo;
use super::people::{Level, OfficerRole};
use super::record::Directory;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What kind of thing is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DefectKind {
    /// A village lacks one of its three officers.
    VillageOfficer,
    /// A duty item in force lacks a current person of one of the four levels.
    DutyPerson,
    /// A unit has neither a published nor a duty telephone.
    UnitContact,
    /// A unit cannot be told of its orders, where others can.
    UnitNotice,
}

/// One thing that is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Defect {
    /// Its kind.
    pub kind: DefectKind,
    /// The village, duty item or unit, by its code or id.
    pub subject: String,
    /// What is missing, for officials.
    pub sentence: String,
}

/// How many villages have an officer of a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// The role, for officials.
    pub role: &'static str,
    /// Villages that have one.
    pub covered: usize,
    /// All villages.
    pub villages: usize,
    /// Different persons who do it.
    pub persons: usize,
}

/// Everything that is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Defects {
    /// Of each of the three officers.
    pub coverage: Vec<Coverage>,
    /// What is missing, by kind and then in the order of the directory.
    pub defects: Vec<Defect>,
}

impl Defects {
    /// Looks through what holds.
    #[must_use]
    pub fn of(directory: &Directory) -> Self {
        let covered = covered(directory);
        let mut defects = village_defects(directory, &covered);
        defects.extend(duty_defects(directory));
        defects.extend(unit_defects(directory));
        defects.extend(notice_defects(directory));
        let coverage = OfficerRole::THREE.map(|role| coverage(directory, &covered, role));
        Self { coverage: coverage.into(), defects }
    }
}

/// Which villages have an officer of which role.
type Covered<'a> = BTreeSet<(&'a str, OfficerRole)>;

fn covered(directory: &Directory) -> Covered<'_> {
    directory.officers.iter().map(|one| (one.village.as_str(), one.role)).collect()
}

fn coverage(directory: &Directory, covered: &Covered<'_>, role: OfficerRole) -> Coverage {
    let has = |code: &str| covered.contains(&(code, role));
    let of_role = directory.officers.iter().filter(|one| one.role == role);
    // Two villages of one officer make one person; telephones tell namesakes apart.
    let persons: BTreeSet<_> = of_role.map(|one| (&one.name, &one.phone)).collect();
    Coverage {
        role: role.title(),
        covered: directory.villages.iter().filter(|village| has(&village.code)).count(),
        villages: directory.villages.len(),
        persons: persons.len(),
    }
}

fn village_defects(directory: &Directory, covered: &Covered<'_>) -> Vec<Defect> {
    let towns: BTreeMap<_, _> =
        directory.towns.iter().map(|town| (town.code.as_str(), town.name.as_str())).collect();
    let lacking = directory.villages.iter().flat_map(move |village| {
        let lacks = move |role: &OfficerRole| !covered.contains(&(village.code.as_str(), *role));
        OfficerRole::THREE.into_iter().filter(lacks).map(move |role| (village, role))
    });
    let told = lacking.map(|(village, role)| Defect {
        kind: DefectKind::VillageOfficer,
        subject: village.code.clone(),
        sentence: format!(
            "{}{}没有{}",
            towns.get(village.town()).copied().unwrap_or_default(),
            village.name,
            role.title()
        ),
    });
    told.collect()
}

fn duty_defects(directory: &Directory) -> Vec<Defect> {
    let mut people: BTreeMap<(&str, Level), BTreeSet<&str>> = BTreeMap::new();
    for post in &directory.posts {
        people.entry((post.unit.as_str(), post.level)).or_default().insert(&post.name);
    }
    let (people, none) = (&people, &BTreeSet::new());
    let missing = directory.duties.iter().flat_map(move |item| {
        let item = &item.record;
        Level::FOUR.into_iter().filter_map(move |level| {
            let current = people.get(&(item.unit.as_str(), level)).unwrap_or(none);
            let why = lacking(item.person(level), level, current)?;
            let sentence = format!("“{}”{why}", item.name);
            let (kind, subject) = (DefectKind::DutyPerson, item.code.clone());
            Some(Defect { kind, subject, sentence })
        })
    });
    missing.collect()
}

/// Why a duty item has no current person of a level, if so.
fn lacking(named: &str, level: Level, current: &BTreeSet<&str>) -> Option<String> {
    let title = level.title();
    match (named, current.len()) {
        ("", 1) => None,
        ("", 0) => Some(format!("没有{title}")),
        ("", _) => Some(format!("没有指定{title}，本单位现有{}人", current.len())),
        (named, _) if current.contains(named) => None,
        (named, _) => Some(format!("的{title}{named}已不在岗")),
    }
}

fn unit_defects(directory: &Directory) -> Vec<Defect> {
    let reachable: BTreeSet<&str> = directory
        .posts
        .iter()
        .filter(|post| post.phone.is_some() || post.duty_phone.is_some())
        .map(|post| post.unit.as_str())
        .collect();
    let alone = |id: &str| !reachable.contains(id);
    let units = directory.units.iter().filter(|unit| unit.phone.is_none() && alone(&unit.id));
    let units = units.map(|unit| (unit.id.clone(), unit.name.clone()));
    let towns = directory.towns.iter().filter(|town| town.phone.is_none() && alone(&town.id()));
    let towns = towns.map(|town| (town.id(), town.name.clone()));
    let told = units.chain(towns).map(|(subject, name)| Defect {
        kind: DefectKind::UnitContact,
        subject,
        sentence: format!("{name}没有公开电话，也没有值班电话"),
    });
    told.collect()
}

/// Units without telephone or address for notices, once a city tells any of them.
fn notice_defects(directory: &Directory) -> Vec<Defect> {
    let units = directory.units.iter().map(|unit| (unit.id.clone(), &unit.name, &unit.notice));
    let all: Vec<_> = units.collect();
    let none = NoticeTo::default();
    if all.iter().all(|(.., notice)| **notice == none) {
        return vec![];
    }
    let untold = all.into_iter().filter(|(.., notice)| **notice == none);
    let told = untold.map(|(subject, name, _)| Defect {
        kind: DefectKind::UnitNotice,
        subject,
        sentence: format!("{name}没有通知手机，也没有通知邮箱"),
    });
    told.collect()
}
