//! What the public may see of the directory: entries that are marked public, without private
//! telephones. A field that is not named here is never shown.

use super::record::Directory;
use crate::units::PhoneNumber;
use serde::Serialize;

/// A unit or town on the public page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublicUnit {
    /// Its name.
    pub name: String,
    /// Its published telephone.
    pub phone: Option<String>,
}

/// A person on the public page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublicPerson {
    /// Where he works: a unit, a village, or 市级领导.
    pub place: String,
    /// His post.
    pub title: String,
    /// The person.
    pub name: String,
    /// His published telephone.
    pub phone: Option<String>,
}

/// A duty item on the public page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublicDuty {
    /// Its code with its version.
    pub reference: String,
    /// The unit.
    pub unit: String,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: &'static str,
    /// The law it rests on.
    pub basis: String,
    /// Its limit in fixed form.
    pub limit: String,
    /// The bands of a penalty.
    pub band: String,
}

/// The public page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PublicView {
    /// Units.
    pub units: Vec<PublicUnit>,
    /// Towns and street offices.
    pub towns: Vec<PublicUnit>,
    /// Leaders, cadres and village officers.
    pub people: Vec<PublicPerson>,
    /// Duty items.
    pub duties: Vec<PublicDuty>,
}

impl PublicView {
    /// What is marked public of what holds.
    #[must_use]
    pub fn of(directory: &Directory) -> Self {
        let units = directory
            .units
            .iter()
            .filter(|unit| unit.public)
            .map(|unit| PublicUnit { name: unit.name.clone(), phone: shown(unit.phone.as_ref()) });
        let towns = directory
            .towns
            .iter()
            .filter(|town| town.public)
            .map(|town| PublicUnit { name: town.name.clone(), phone: shown(town.phone.as_ref()) });
        Self {
            units: units.collect(),
            towns: towns.collect(),
            people: people(directory),
            duties: duties(directory),
        }
    }
}

fn shown(phone: Option<&PhoneNumber>) -> Option<String> {
    phone.map(|phone| phone.as_str().to_owned())
}

fn people(directory: &Directory) -> Vec<PublicPerson> {
    let leaders = directory.leaders.iter().filter(|one| one.public).map(|one| PublicPerson {
        place: "市级领导".to_owned(),
        title: one.title.clone(),
        name: one.name.clone(),
        phone: shown(one.phone.as_ref()),
    });
    let posts = directory.posts.iter().filter(|one| one.public).map(|one| PublicPerson {
        place: directory.unit_name(&one.unit).unwrap_or_default(),
        title: one.title.clone(),
        name: one.name.clone(),
        phone: shown(one.phone.as_ref()),
    });
    let village = |code: &str| {
        let village = directory.villages.iter().find(|village| village.code == code)?;
        let town = directory.towns.iter().find(|town| town.code == village.town());
        Some(town.map_or("", |town| town.name.as_str()).to_owned() + &village.name)
    };
    let officers = directory.officers.iter().filter(|one| one.public).map(|one| PublicPerson {
        place: village(&one.village).unwrap_or_default(),
        title: one.role.title().to_owned(),
        name: one.name.clone(),
        phone: shown(one.phone.as_ref()),
    });
    leaders.chain(posts).chain(officers).collect()
}

/// An item without a limit is not shown, whatever it is marked.
fn duties(directory: &Directory) -> Vec<PublicDuty> {
    let public = directory.duties.iter().filter(|item| item.record.public);
    let told = public.filter_map(|item| {
        let record = &item.record;
        Some(PublicDuty {
            reference: record.reference(item.version),
            unit: directory.unit_name(&record.unit).unwrap_or_default(),
            name: record.name.clone(),
            kind: record.kind.title(),
            basis: record.basis.clone(),
            limit: record.limit?.to_string(),
            band: record.band.clone(),
        })
    });
    told.collect()
}
