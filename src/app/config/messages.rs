//! `[messages]`: by what the city is reached by text, and how it speaks.

use crate::domain::case::is_person;
use crate::domain::message::templates::Signature;
use crate::domain::message::{DigestTime, MessageRules, VoiceRules};
use crate::store::ACCOUNT_BYTES_MAX;
use jiff::SignedDuration;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Most tries to tell a unit by telephone, and the longest pause between two.
const VOICE_TRIES_MAX: u32 = 5;
const VOICE_PAUSE_MINUTES_MAX: u32 = 240;

/// Most modems.
const MODEMS_MAX: usize = 16;

/// `[messages]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // Each key is explained in config/mayorline.toml.
pub struct MessageKeys {
    pub signature: String,
    pub notices_by: String,
    pub units_by: String,
    pub units_mail_by: String,
    pub digest_at: String,
    pub voice_tries: u32,
    pub voice_pause_minutes: u32,
    pub clerks: BTreeMap<String, String>,
    pub smsd: Vec<SmsdKeys>,
}

/// `[[messages.smsd]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct SmsdKeys {
    pub account: String,
    pub folder: PathBuf,
    pub modem: String,
    #[serde(default)]
    pub leader: String,
}

impl MessageKeys {
    /// As the store is told.
    ///
    /// # Errors
    /// What is wrong, by the name of the key.
    pub fn rules(&self) -> Result<MessageRules, String> {
        let signature = Signature::parse(&self.signature)
            .map_err(|_| format!("messages.signature: {}: 2 to 12 characters", self.signature))?;
        self.check_smsd()?;
        if let Some((leader, _)) = self.clerks.iter().find(|(_, clerk)| !is_person(clerk)) {
            return Err(format!("messages.clerks: {leader}: the account of a person"));
        }
        let named = |account: &String| Some(account.clone()).filter(|name| !name.is_empty());
        let sms_account = named(&self.notices_by);
        let digest_at = self.digest_at.parse().map(DigestTime);
        let digest_at = digest_at
            .map_err(|_| format!("messages.digest_at: {}: a time such as 08:10", self.digest_at))?;
        if digest_at < DigestTime::EARLIEST {
            return Err(format!(
                "messages.digest_at: {}: not before 08:00, when the report of the day is ready",
                self.digest_at
            ));
        }
        let leaders = self.smsd.iter().filter(|modem| !modem.leader.is_empty());
        let leaders: BTreeMap<String, String> =
            leaders.map(|modem| (modem.account.clone(), modem.leader.clone())).collect();
        let units_sms_account = named(&self.units_by);
        let units_mail_account = named(&self.units_mail_by);
        Ok(MessageRules {
            signature,
            sms_account,
            units_sms_account,
            units_mail_account,
            digest_at,
            voice: self.voice()?,
            leaders,
            clerks: self.clerks.clone(),
        })
    }

    fn voice(&self) -> Result<VoiceRules, String> {
        let (tries, minutes) = (self.voice_tries, self.voice_pause_minutes);
        if tries > VOICE_TRIES_MAX {
            return Err(format!("messages.voice_tries must be at most {VOICE_TRIES_MAX}"));
        }
        if !(1..=VOICE_PAUSE_MINUTES_MAX).contains(&minutes) {
            return Err(format!(
                "messages.voice_pause_minutes must be 1 to {VOICE_PAUSE_MINUTES_MAX}"
            ));
        }
        Ok(VoiceRules { tries, pause: SignedDuration::from_mins(minutes.into()) })
    }

    /// What ties its keys together.
    pub(super) fn check_together(&self) -> Result<(), String> {
        for (key, account) in [("notices_by", &self.notices_by), ("units_by", &self.units_by)] {
            let known = self.smsd.iter().any(|modem| modem.account == *account);
            if !account.is_empty() && !known {
                return Err(format!("messages.{key}: {account}: no account of that name"));
            }
        }
        let account = &self.units_mail_by;
        if !account.is_empty() && !is_account_name(account) {
            return Err(format!("messages.units_mail_by: {account}: letters, digits, - and _"));
        }
        Ok(())
    }

    fn check_smsd(&self) -> Result<(), String> {
        if self.smsd.len() > MODEMS_MAX {
            return Err(format!("messages.smsd must be at most {MODEMS_MAX}"));
        }
        let (mut accounts, mut folders) = (BTreeSet::new(), BTreeSet::new());
        for SmsdKeys { account, folder, modem, .. } in &self.smsd {
            if !is_account_name(account) || !accounts.insert(account) {
                return Err(format!(
                    "messages.smsd.account: {account}: letters, digits, - and _, and once"
                ));
            }
            if !is_account_name(modem) {
                return Err(format!("messages.smsd.modem: {modem}: as it stands in smsd.conf"));
            }
            if !folder.is_absolute() {
                return Err(format!(
                    "messages.smsd.folder: {}: an absolute path",
                    folder.display()
                ));
            }
            // What is to be sent stands in one folder for all modems of an smsd: it would leave by any of
            // them, and its report come by another account. One modem named twice would double each text.
            if !folders.insert(folder.as_path()) {
                return Err(format!(
                    "messages.smsd.folder: {}: of one modem only; another has an smsd of its own",
                    folder.display()
                ));
            }
        }
        Ok(())
    }
}

fn is_account_name(name: &str) -> bool {
    let known = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=ACCOUNT_BYTES_MAX).contains(&name.len()) && name.chars().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(modems: &[(&str, &str)]) -> MessageKeys {
        let modem = |&(account, folder): &(&str, &str)| SmsdKeys {
            account: account.to_owned(),
            folder: folder.into(),
            modem: "GSM1".to_owned(),
            leader: String::new(),
        };
        MessageKeys {
            signature: "邹城社情民意".to_owned(),
            notices_by: String::new(),
            units_by: String::new(),
            units_mail_by: String::new(),
            digest_at: "08:10".to_owned(),
            voice_tries: 0,
            voice_pause_minutes: 15,
            clerks: BTreeMap::new(),
            smsd: modems.iter().map(modem).collect(),
        }
    }

    #[test]
    fn units_are_told_by_accounts_that_are_there_and_leaders_after_the_report() {
        let city = || keys(&[("city", "/var/spool/sms")]);
        let known = MessageKeys { units_by: "city".to_owned(), ..city() };
        assert_eq!(known.check_together(), Ok(()));
        let rules = known.rules().unwrap();
        assert_eq!(
            (rules.units_sms_account.as_deref(), rules.units_mail_account),
            (Some("city"), None)
        );
        let unknown = MessageKeys { units_by: "town".to_owned(), ..city() };
        assert!(unknown.check_together().unwrap_err().contains("messages.units_by: town"));
        let odd = MessageKeys { units_mail_by: "a b".to_owned(), ..city() };
        assert!(odd.check_together().unwrap_err().contains("messages.units_mail_by"));
        for early in ["07:59", "24:00", "morning", ""] {
            let refused =
                MessageKeys { digest_at: early.to_owned(), ..city() }.rules().unwrap_err();
            assert!(refused.contains("messages.digest_at"), "{early}: {refused}");
        }
    }

    #[test]
    fn modems_are_told_apart_and_each_has_its_folder() {
        let two = [("city", "/var/spool/sms"), ("leader", "/var/spool/leader")];
        assert!(keys(&two).rules().is_ok());
        for (second, named) in [
            (("city", "/var/spool/leader"), "smsd.account"),
            (("leader", "/var/spool/sms"), "smsd.folder"),
            (("leader", "/var/spool//sms/"), "smsd.folder"),
            (("leader", "sms"), "smsd.folder"),
        ] {
            let refused = keys(&[two[0], second]).rules().unwrap_err();
            assert!(refused.contains(named), "{second:?}: {refused}");
        }
    }
}
