//! `[outgoing]` and `[directory]`: the trunks, which numbers may be dialled, and who is behind them.

use crate::domain::case::parse_units;
use crate::domain::dial_rules::{DialRules, NumberRule};
use crate::gateway::switch::DutyUnit;
use crate::units::PhoneNumber;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The list of units that is compiled in.
const UNITS: &str = include_str!("../../../config/units.toml");
/// Most trunks.
const TRUNKS_MAX: usize = 16;

/// `[outgoing]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // Each key is explained in config/mayorline.toml.
pub struct OutgoingKeys {
    pub number: String,
    pub display: String,
    pub trunk: Vec<TrunkKeys>,
    pub allowed: Vec<String>,
    pub forbidden: Vec<String>,
    pub seat_hour_max: usize,
    pub seat_day_max: u32,
    pub house_day_max: u32,
}

/// `[[outgoing.trunk]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct TrunkKeys {
    pub address: SocketAddr,
    #[serde(default)]
    pub domain: String,
    #[serde(default)]
    pub register: bool,
    #[serde(default)]
    pub user: String,
    #[serde(default)]
    pub realm: String,
    #[serde(default)]
    pub password_file: PathBuf,
    #[serde(default = "options_seconds")]
    pub options_seconds: u64,
    #[serde(default)]
    pub asserts: bool,
}

fn options_seconds() -> u64 {
    30
}

/// `[directory]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct DirectoryKeys {
    pub contact: Vec<ContactKeys>,
}

/// `[[directory.contact]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct ContactKeys {
    pub unit: String,
    pub numbers: Vec<String>,
}

impl OutgoingKeys {
    /// What is wrong with the keys, if anything.
    pub fn check(&self) -> Result<(), String> {
        if self.trunk.len() > TRUNKS_MAX {
            return Err(format!("outgoing.trunk: at most {TRUNKS_MAX} trunks"));
        }
        for trunk in &self.trunk {
            let missing = trunk.user.is_empty()
                || trunk.realm.is_empty()
                || trunk.password_file.as_os_str().is_empty();
            if trunk.register && missing {
                let keys = "user, realm and password_file";
                return Err(format!("outgoing.trunk: one that registers needs {keys}"));
            }
        }
        self.rules().map(|_| ())
    }

    /// A trunk shows the hotline's number to those it calls.
    pub fn check_together(&self) -> Result<(), String> {
        if !self.trunk.is_empty() && PhoneNumber::parse(&self.number).is_err() {
            return Err(
                "outgoing.number must be the hotline's number where there is a trunk".into()
            );
        }
        Ok(())
    }

    /// Which numbers may be dialled, and how often.
    pub fn rules(&self) -> Result<DialRules, String> {
        let read = |rules: &[String]| -> Result<Vec<NumberRule>, String> {
            rules.iter().map(|rule| read_rule(rule)).collect()
        };
        Ok(DialRules {
            allowed: read(&self.allowed)?,
            forbidden: read(&self.forbidden)?,
            seat_hour_max: self.seat_hour_max,
            seat_day_max: self.seat_day_max,
            house_day_max: self.house_day_max,
        })
    }
}

/// `13:11` is eleven digits that begin with 13, `05:10-12` ten to twelve.
fn read_rule(text: &str) -> Result<NumberRule, String> {
    let wrong = || format!("outgoing: number rule {text:?}: write 13:11 or 05:10-12");
    let (prefix, digits) = text.split_once(':').ok_or_else(wrong)?;
    let (least, most) = digits.split_once('-').unwrap_or((digits, digits));
    let count = |text: &str| text.parse::<usize>().ok().filter(|n| (1..=20).contains(n));
    let (Some(digits_min), Some(digits_max)) = (count(least), count(most)) else {
        return Err(wrong());
    };
    let plain = prefix.bytes().all(|byte| byte.is_ascii_digit());
    if !plain || digits_min > digits_max {
        return Err(wrong());
    }
    Ok(NumberRule { prefix: prefix.to_owned(), digits_min, digits_max })
}

impl DirectoryKeys {
    /// The units with their duty telephones.
    pub fn units(&self) -> Result<Vec<DutyUnit>, String> {
        let known = parse_units(UNITS).map_err(|error| error.to_string())?;
        let mut units: Vec<DutyUnit> = known
            .into_iter()
            .map(|unit| {
                let (id, name, phone) = (unit.id, unit.name, unit.phone);
                DutyUnit { id, name, phone, contacts: Vec::new() }
            })
            .collect();
        for contact in &self.contact {
            let named = |unit: &&mut DutyUnit| unit.id == contact.unit;
            let unit = units
                .iter_mut()
                .find(named)
                .ok_or_else(|| format!("directory.contact: there is no unit {:?}", contact.unit))?;
            unit.contacts = read_numbers(contact)?;
        }
        Ok(units)
    }
}

fn read_numbers(contact: &ContactKeys) -> Result<Vec<PhoneNumber>, String> {
    let read = |number: &String| {
        PhoneNumber::parse(number).map_err(|_| {
            let unit = &contact.unit;
            format!("directory.contact: a number of {unit} cannot be read")
        })
    };
    contact.numbers.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_rules_are_read_and_what_is_none_is_named() {
        let rule = read_rule("05:10-12").unwrap();
        assert_eq!((rule.prefix.as_str(), rule.digits_min, rule.digits_max), ("05", 10, 12));
        assert_eq!(read_rule("13:11"), Ok(NumberRule::exact("13", 11)));
        for wrong in ["13", "13:", "1x:11", "13:0", "13:12-11", "13:11-21"] {
            assert!(read_rule(wrong).unwrap_err().contains(wrong), "{wrong}");
        }
    }

    #[test]
    fn contacts_belong_to_units_that_exist() {
        let contact = |unit: &str, number: &str| DirectoryKeys {
            contact: vec![ContactKeys { unit: unit.into(), numbers: vec![number.into()] }],
        };
        let units = contact("unit.13", "19900000021").units().unwrap();
        let of = |id: &str| units.iter().find(|unit| unit.id == id).unwrap().contacts.len();
        assert_eq!((of("unit.13"), of("unit.14")), (1, 0));
        assert!(contact("unit.99", "19900000021").units().unwrap_err().contains("unit.99"));
        assert!(contact("unit.13", "none").units().unwrap_err().contains("unit.13"));
    }
}
