//! `[messages]`: by what the city is reached by text and mail, and how it speaks.

use super::mail::{self, MailKeys, is_account};
use crate::domain::message::MessageRules;
use crate::domain::message::templates::Signature;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Most modems.
const MODEMS_MAX: usize = 16;

/// `[messages]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // Each key is explained in config/mayorline.toml.
pub struct MessageKeys {
    pub signature: String,
    pub notices_by: String,
    pub smsd: Vec<SmsdKeys>,
    pub mail_notices_by: String,
    pub mail: Vec<MailKeys>,
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
        let sms_account = Some(self.notices_by.clone()).filter(|account| !account.is_empty());
        let leaders = self.smsd.iter().filter(|modem| !modem.leader.is_empty());
        let leaders: BTreeMap<String, String> =
            leaders.map(|modem| (modem.account.clone(), modem.leader.clone())).collect();
        mail::check(&self.mail)?;
        let of_texts =
            |mailbox: &&MailKeys| self.smsd.iter().any(|one| one.account == mailbox.account);
        if let Some(MailKeys { account, .. }) = self.mail.iter().find(of_texts) {
            return Err(format!("messages.mail.account: {account}: an account of texts has it"));
        }
        let sites = self.mail.iter().map(|mailbox| (mailbox.account.clone(), mailbox.site()));
        let mail_account = Some(self.mail_notices_by.clone()).filter(|name| !name.is_empty());
        let mail = sites.collect();
        Ok(MessageRules { signature, sms_account, leaders, mail, mail_account })
    }

    /// What ties its keys together.
    pub(super) fn check_together(&self) -> Result<(), String> {
        let mailbox = &self.mail_notices_by;
        if !mailbox.is_empty() && !self.mail.iter().any(|one| one.account == *mailbox) {
            return Err(format!("messages.mail_notices_by: {mailbox}: no mailbox of that name"));
        }
        let known = self.smsd.iter().any(|modem| modem.account == self.notices_by);
        if self.notices_by.is_empty() || known {
            return Ok(());
        }
        Err(format!("messages.notices_by: {}: no account of that name", self.notices_by))
    }

    fn check_smsd(&self) -> Result<(), String> {
        if self.smsd.len() > MODEMS_MAX {
            return Err(format!("messages.smsd must be at most {MODEMS_MAX}"));
        }
        let (mut accounts, mut folders) = (BTreeSet::new(), BTreeSet::new());
        for SmsdKeys { account, folder, modem, .. } in &self.smsd {
            if !is_account(account) || !accounts.insert(account) {
                return Err(format!(
                    "messages.smsd.account: {account}: letters, digits, - and _, and once"
                ));
            }
            if !is_account(modem) {
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
            smsd: modems.iter().map(modem).collect(),
            mail_notices_by: String::new(),
            mail: vec![],
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
