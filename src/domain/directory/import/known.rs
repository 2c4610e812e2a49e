//! What rows may refer to: units, towns and villages that are in the directory.

use crate::domain::directory::record::Directory;
use std::collections::{BTreeMap, BTreeSet};

/// The names that rows may use.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Id, name and alias of a unit or town, to its id.
    units: BTreeMap<String, String>,
    towns: BTreeMap<String, String>,
    villages: BTreeSet<String>,
}

impl Known {
    /// The names of a directory. An alias that two units share names neither.
    #[must_use]
    pub fn of(directory: &Directory) -> Self {
        let mut aliases: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for unit in &directory.units {
            for alias in &unit.aliases {
                aliases.entry(alias).or_default().insert(&unit.id);
            }
        }
        let mut known = Self::default();
        for (alias, ids) in aliases {
            if let (1, Some(id)) = (ids.len(), ids.first()) {
                known.units.insert(alias.to_owned(), (*id).to_owned());
            }
        }
        for town in &directory.towns {
            for name in [town.id(), town.government(), town.name.clone()] {
                known.units.insert(name, town.id());
            }
            known.towns.insert(town.name.clone(), town.code.clone());
            known.towns.insert(town.code.clone(), town.code.clone());
        }
        for unit in &directory.units {
            known.units.insert(unit.name.clone(), unit.id.clone());
            known.units.insert(unit.id.clone(), unit.id.clone());
        }
        known.villages = directory.villages.iter().map(|village| village.code.clone()).collect();
        known
    }

    /// The id of a unit or town that is named by id, name or alias; a leading 市 makes no difference.
    pub(super) fn unit(&self, name: &str) -> Option<&str> {
        let found = self.units.get(name).or_else(|| self.units.get(name.strip_prefix('市')?));
        found.or_else(|| self.units.get(&format!("市{name}"))).map(String::as_str)
    }

    /// The code of a town.
    pub(super) fn town(&self, name: &str) -> Option<&str> {
        self.towns.get(name).map(String::as_str)
    }

    /// Whether there is a village.
    pub(super) fn has_village(&self, code: &str) -> bool {
        self.villages.contains(code)
    }
}
