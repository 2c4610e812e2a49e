//! The units (承办单位) as they stand in `config/units.toml`.

use crate::units::PhoneNumber;
use serde::Deserialize;
use std::collections::BTreeSet;

/// Most units a city can have: their ids have two digits.
const UNITS_MAX: usize = 99;

/// One unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// `unit.01` and so on; never changes, never used again.
    pub id: String,
    /// Its name as it is written and spoken.
    pub name: String,
    /// The group it belongs to (党群, 政府部门 …).
    pub group: String,
    /// Its management duties were audited.
    pub duty_audited: bool,
    /// It takes part in the two-way pledges.
    pub pledged: bool,
    /// Its published telephone.
    pub phone: Option<PhoneNumber>,
}

/// A list of units that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitsError {
    /// Not the TOML that is asked for; the text names line and column.
    #[error("units: {0}")]
    Syntax(String),
    /// An id that is not `unit.NN` or stands twice.
    #[error("units: id {0} is malformed or stands twice")]
    Id(String),
    /// A telephone number that is none.
    #[error("units: {0} has a telephone number that cannot be read")]
    Phone(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    unit: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    name: String,
    group: String,
    duty_audited: bool,
    pledged: bool,
    phone: Option<String>,
}

/// Reads the list; refuses ids that are malformed or stand twice.
///
/// ```
/// let units = mayorline::domain::case::parse_units(include_str!("../../../config/units.toml"))?;
/// assert_eq!((units.len(), units[0].name.as_str()), (87, "市委办公室"));
/// # Ok::<(), mayorline::domain::case::UnitsError>(())
/// ```
pub fn parse_units(text: &str) -> Result<Vec<Unit>, UnitsError> {
    let file: File = toml::from_str(text).map_err(|e| UnitsError::Syntax(e.to_string()))?;
    let mut seen = BTreeSet::new();
    file.unit
        .into_iter()
        .map(|entry| {
            if !is_unit_id(&entry.id) || !seen.insert(entry.id.clone()) || seen.len() > UNITS_MAX {
                return Err(UnitsError::Id(entry.id));
            }
            read(entry)
        })
        .collect()
}

/// `unit.NN`.
#[must_use]
pub fn is_unit_id(id: &str) -> bool {
    id.strip_prefix("unit.").is_some_and(|d| d.len() == 2 && d.bytes().all(|b| b.is_ascii_digit()))
}

fn read(entry: Entry) -> Result<Unit, UnitsError> {
    let Entry { id, name, group, duty_audited, pledged, phone } = entry;
    let phone = phone.as_deref().map(PhoneNumber::parse).transpose();
    let phone = phone.map_err(|_| UnitsError::Phone(id.clone()))?;
    Ok(Unit { id, name, group, duty_audited, pledged, phone })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_list_has_87_units_of_which_86_were_audited() {
        let units = parse_units(include_str!("../../../config/units.toml")).unwrap();
        let count = |test: fn(&Unit) -> bool| units.iter().filter(|unit| test(unit)).count();
        assert_eq!((units.len(), count(|u| u.duty_audited), count(|u| u.pledged)), (87, 86, 87));
        let sizes = ["党群", "政府部门", "直属事业", "垂直管理", "公用企业"]
            .map(|group| units.iter().filter(|unit| unit.group == group).count());
        assert_eq!(sizes, [14, 30, 18, 12, 13]);
        for (at, unit) in units.iter().enumerate() {
            assert_eq!(unit.id, format!("unit.{:02}", at + 1));
        }
    }

    #[test]
    fn a_list_with_a_doubtful_id_is_refused() {
        let unit = |id: &str| {
            format!("[[unit]]\nid='{id}'\nname='x'\ngroup='x'\nduty_audited=true\npledged=true\n")
        };
        assert!(parse_units(&unit("unit.01")).is_ok());
        for bad in ["unit.1", "unit.001", "u.01", "unit.0x"] {
            assert_eq!(parse_units(&unit(bad)), Err(UnitsError::Id(bad.to_owned())), "{bad}");
        }
        let twice = unit("unit.01").repeat(2);
        assert_eq!(parse_units(&twice), Err(UnitsError::Id("unit.01".to_owned())));
    }
}
