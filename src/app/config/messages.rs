//! `[messages]`: by what the city is reached by text and mail, and how it speaks.

mod carrier;
mod modem;
mod provider;

pub use carrier::{CmppKeys, CmppVersion, SmppKeys};
pub use modem::{ModemKeys, ModemMemory};
pub use provider::{BodyForm, HttpKeys, HttpMethod, ProviderKind};

use super::mail::{self, MailKeys, is_account};
use crate::channels::sms::modem::Line;
use crate::domain::case::is_person;
use crate::domain::message::templates::Signature;
use crate::domain::message::{
    DigestTime, MessageRules, SIP_ACCOUNT, SIP_UNVOUCHED_ACCOUNT, VoiceRules,
};
use jiff::SignedDuration;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// Most tries to tell a unit by telephone, and the longest pause between two.
const VOICE_TRIES_MAX: u32 = 5;
const VOICE_PAUSE_MINUTES_MAX: u32 = 240;

/// Most accounts of a kind.
const ACCOUNTS_MAX: usize = 16;

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
    pub leader_accounts: BTreeMap<String, String>,
    pub clerks: BTreeMap<String, String>,
    pub smsd: Vec<SmsdKeys>,
    pub modem: Vec<ModemKeys>,
    pub cmpp: Vec<CmppKeys>,
    pub smpp: Vec<SmppKeys>,
    pub http: Vec<HttpKeys>,
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
        self.check_others()?;
        for (key, people) in [("clerks", &self.clerks), ("leader_accounts", &self.leader_accounts)]
        {
            if let Some((leader, _)) = people.iter().find(|(_, person)| !is_person(person)) {
                return Err(format!("messages.{key}: {leader}: the account of a person"));
            }
        }
        let named = |account: &String| Some(account.clone()).filter(|name| !name.is_empty());
        let leaders = self.accounts().filter(|(_, _, leader)| !leader.is_empty());
        let leaders: BTreeMap<String, String> =
            leaders.map(|(_, account, leader)| (account.to_owned(), leader.to_owned())).collect();
        mail::check(&self.mail)?;
        let of_texts =
            |mailbox: &&MailKeys| self.accounts().any(|(_, name, _)| name == mailbox.account);
        if let Some(MailKeys { account, .. }) = self.mail.iter().find(of_texts) {
            return Err(format!("messages.mail.account: {account}: an account of texts has it"));
        }
        let sites = self.mail.iter().map(|mailbox| (mailbox.account.clone(), mailbox.site()));
        Ok(MessageRules {
            signature,
            sms_account: named(&self.notices_by),
            units_sms_account: named(&self.units_by),
            units_mail_account: named(&self.units_mail_by),
            digest_at: self.digest()?,
            voice: self.voice()?,
            leaders,
            leader_accounts: self.leader_accounts.clone(),
            clerks: self.clerks.clone(),
            mail: sites.collect(),
            mail_account: named(&self.mail_notices_by),
        })
    }

    fn digest(&self) -> Result<DigestTime, String> {
        let told = &self.digest_at;
        let at = told.parse().map(DigestTime);
        let at = at.map_err(|_| format!("messages.digest_at: {told}: a time such as 08:10"))?;
        if at < DigestTime::EARLIEST {
            return Err(format!(
                "messages.digest_at: {told}: not before 08:00, when the report of the day is ready"
            ));
        }
        Ok(at)
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
        let by_mail =
            [("mail_notices_by", &self.mail_notices_by), ("units_mail_by", &self.units_mail_by)];
        for (key, mailbox) in by_mail {
            if !mailbox.is_empty() && !self.mail.iter().any(|one| one.account == *mailbox) {
                return Err(format!("messages.{key}: {mailbox}: no mailbox of that name"));
            }
        }
        for (key, account) in [("notices_by", &self.notices_by), ("units_by", &self.units_by)] {
            let known = self.accounts().any(|(_, name, _)| name == account);
            if !account.is_empty() && !known {
                return Err(format!("messages.{key}: {account}: no account of that name"));
            }
        }
        Ok(())
    }

    /// All accounts of texts: kind, name, and the leader whose telephone it is.
    fn accounts(&self) -> impl Iterator<Item = (&'static str, &str, &str)> {
        let smsd = self.smsd.iter().map(|keys| ("smsd", &keys.account, &keys.leader));
        let modem = self.modem.iter().map(|keys| ("modem", &keys.account, &keys.leader));
        let cmpp = self.cmpp.iter().map(|keys| ("cmpp", &keys.account, &keys.leader));
        let smpp = self.smpp.iter().map(|keys| ("smpp", &keys.account, &keys.leader));
        let http = self.http.iter().map(|keys| ("http", &keys.account, &keys.leader));
        let all = smsd.chain(modem).chain(cmpp).chain(smpp).chain(http);
        all.map(|(kind, account, leader)| (kind, account.as_str(), leader.as_str()))
    }

    /// The first account that a real modem or a machine outside of this one stands behind.
    #[must_use]
    pub fn outside(&self) -> Option<String> {
        let is_real = |modem: &&ModemKeys| match modem.line() {
            Ok(Line::Tcp(address)) => !address.ip().is_loopback(),
            _ => true,
        };
        let smsd = self.smsd.iter().map(|keys| ("smsd", &keys.account));
        let modem = self.modem.iter().filter(is_real).map(|keys| ("modem", &keys.account));
        let cmpp = self.cmpp.iter().filter(|keys| !keys.is_loopback());
        let smpp = self.smpp.iter().filter(|keys| !keys.is_loopback());
        let http = self.http.iter().filter(|keys| !keys.is_loopback());
        let mut all = smsd
            .chain(modem)
            .chain(cmpp.map(|keys| ("cmpp", &keys.account)))
            .chain(smpp.map(|keys| ("smpp", &keys.account)))
            .chain(http.map(|keys| ("http", &keys.account)));
        all.next().map(|(kind, account)| format!("messages.{kind} {account}"))
    }

    /// Each by itself, and what must not be another's.
    fn check_others(&self) -> Result<(), String> {
        let counts = [
            ("modem", self.modem.len()),
            ("cmpp", self.cmpp.len()),
            ("smpp", self.smpp.len()),
            ("http", self.http.len()),
        ];
        if let Some((kind, _)) = counts.iter().find(|(_, count)| *count > ACCOUNTS_MAX) {
            return Err(format!("messages.{kind} must be at most {ACCOUNTS_MAX}"));
        }
        self.modem.iter().try_for_each(ModemKeys::check)?;
        self.cmpp.iter().try_for_each(CmppKeys::check)?;
        self.smpp.iter().try_for_each(SmppKeys::check)?;
        self.http.iter().try_for_each(HttpKeys::check)?;
        let mut known = BTreeSet::new();
        for (kind, account, _) in self.accounts() {
            let is_ours = [SIP_ACCOUNT, SIP_UNVOUCHED_ACCOUNT].contains(&account);
            if is_ours || !known.insert(account) {
                return Err(format!(
                    "messages.{kind}.account: {account}: the name of another account"
                ));
            }
        }
        let mut ports = BTreeSet::new();
        for modem in &self.modem {
            let place = match modem.line()? {
                Line::Tcp(address) => address.to_string(),
                Line::Serial(device, _) => device.display().to_string(),
            };
            if !ports.insert(place.clone()) {
                return Err(format!("messages.modem: {place}: of one account only"));
            }
        }
        let mut listening = BTreeSet::new();
        for listen in self.http.iter().filter_map(|keys| keys.listen) {
            if !listening.insert(listen) {
                return Err(format!("messages.http.listen: {listen}: of one account only"));
            }
        }
        Ok(())
    }

    fn check_smsd(&self) -> Result<(), String> {
        if self.smsd.len() > ACCOUNTS_MAX {
            return Err(format!("messages.smsd must be at most {ACCOUNTS_MAX}"));
        }
        let mut folders = BTreeSet::new();
        for SmsdKeys { account, folder, modem, .. } in &self.smsd {
            named("messages.smsd.account", account)?;
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

/// Letters, digits, `-` and `_`.
fn named(key: &str, name: &str) -> Result<(), String> {
    if is_account(name) {
        return Ok(());
    }
    Err(format!("{key}: {name}: letters, digits, - and _"))
}

/// Visible ASCII of so many characters.
fn fits(key: &str, value: &str, length: RangeInclusive<usize>) -> Result<(), String> {
    if length.contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let (least, most) = (length.start(), length.end());
    Err(format!("{key}: {value}: {least} to {most} visible ASCII characters"))
}

/// Written as an address of this machine: a name may lead anywhere.
fn is_loopback(host: &str) -> bool {
    host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Result<MessageRules, String> {
        read(text)?.rules()
    }

    fn read(text: &str) -> Result<MessageKeys, String> {
        const BASE: [&str; 6] = ["smsd", "modem", "cmpp", "smpp", "http", "mail"];
        let mut table: toml::Table = text.parse().unwrap();
        table.insert("signature".to_owned(), "邹城社情民意".into());
        for key in ["notices_by", "units_by", "units_mail_by", "mail_notices_by"] {
            table.entry(key).or_insert_with(|| "".into());
        }
        table.entry("digest_at").or_insert_with(|| "08:10".into());
        table.entry("voice_tries").or_insert(toml::Value::Integer(0));
        table.entry("voice_pause_minutes").or_insert(toml::Value::Integer(15));
        for key in ["clerks", "leader_accounts"] {
            table.entry(key).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        }
        for kind in BASE {
            table.entry(kind).or_insert_with(|| toml::Value::Array(vec![]));
        }
        table.try_into().map_err(|error: toml::de::Error| error.message().to_owned())
    }

    /// One account of a kind, its keys changed so.
    fn one(kind: &str, base: &str, change: &str) -> Result<MessageRules, String> {
        let (key, _) = change.split_once('=').unwrap_or((change, ""));
        let kept = base.lines().map(str::trim).filter(|line| !line.starts_with(&format!("{key}=")));
        let kept: Vec<&str> = kept.collect();
        keys(&format!("[[{kind}]]\n{}\n{change}", kept.join("\n")))
    }

    fn refused(kind: &str, base: &str, faults: &[(&str, &str)]) {
        one(kind, base, "").unwrap();
        for (change, named) in faults {
            let why = one(kind, base, change).unwrap_err();
            assert!(why.contains(named), "{change}: {why}");
        }
    }

    const CMPP: &str = "account='c'\nhost='10.0.0.7'\nsource_id='901234'\nsecret_file='/s'
        service='HOTLINE'\nnumber='10651234501'";
    const SMPP: &str = "account='s'\nhost='smpp.example.org'\nsystem_id='city'\npassword_file='/p'";
    const ALIYUN: &str = "account='a'\nprovider='aliyun'\nurl='https://sms.example.org/'
        secret_file='/k'\nkey_id='ID'\nsignature='邹城'\ntemplates={S01='SMS_1'}";
    const KANNEL: &str =
        "account='k'\nprovider='kannel'\nurl='http://127.0.0.1:13013/cgi-bin/sendsms'
        secret_file='/k'\nusername='u'\nnumber='10690001'\npublic_url='http://127.0.0.1:8090'
        listen='127.0.0.1:8090'\npath_secret_file='/p'";

    #[test]
    fn modems_are_told_apart_and_each_has_its_folder() {
        let two = |account: &str, folder: &str| {
            keys(&format!(
                "[[smsd]]\naccount='city'\nfolder='/var/spool/sms'\nmodem='GSM1'\n\
                 [[smsd]]\naccount='{account}'\nfolder='{folder}'\nmodem='GSM1'"
            ))
        };
        assert!(two("leader", "/var/spool/leader").is_ok());
        for (account, folder, named) in [
            ("city", "/var/spool/leader", "messages.smsd.account: city"),
            ("leader", "/var/spool/sms", "smsd.folder"),
            ("leader", "/var/spool//sms/", "smsd.folder"),
            ("leader", "sms", "smsd.folder"),
        ] {
            let refused = two(account, folder).unwrap_err();
            assert!(refused.contains(named), "{account} {folder}: {refused}");
        }
    }

    #[test]
    fn units_are_told_by_accounts_that_are_there_and_leaders_after_the_report() {
        const CITY: &str = "[[smsd]]\naccount='city'\nfolder='/var/spool/sms'\nmodem='GSM1'";
        let with = |line: &str| read(&format!("{line}\n{CITY}")).unwrap();
        let known = with("units_by='city'");
        assert_eq!(known.check_together(), Ok(()));
        let rules = known.rules().unwrap();
        assert_eq!(
            (rules.units_sms_account.as_deref(), rules.units_mail_account),
            (Some("city"), None)
        );
        let unknown = with("units_by='town'").check_together().unwrap_err();
        assert!(unknown.contains("messages.units_by: town"), "{unknown}");
        let odd = with("units_mail_by='city'").check_together().unwrap_err();
        assert!(odd.contains("messages.units_mail_by: city"), "{odd}");
        let named = with("leader_accounts={'市长'='wangyi'}").rules().unwrap();
        assert_eq!(named.leader_accounts.get("市长").map(String::as_str), Some("wangyi"));
        let nobody = with("leader_accounts={'市长'=''}").rules().unwrap_err();
        assert!(nobody.contains("messages.leader_accounts: 市长"), "{nobody}");
        for early in ["07:59", "24:00", "morning", ""] {
            let refused = with(&format!("digest_at='{early}'")).rules().unwrap_err();
            assert!(refused.contains("messages.digest_at"), "{early}: {refused}");
        }
    }

    #[test]
    fn a_name_is_one_account_s_whatever_its_kind() {
        let modem = "[[modem]]\naccount='c'\ndevice='/dev/ttyUSB0'\nleader='副市长'";
        let both = keys(&format!("{modem}\n[[cmpp]]\n{CMPP}")).unwrap_err();
        assert!(both.contains("messages.cmpp.account: c"), "{both}");
        let own = keys("[[modem]]\naccount='sip'\ndevice='/dev/ttyUSB0'").unwrap_err();
        assert!(own.contains("messages.modem.account: sip"), "{own}");
        let own = keys("[[modem]]\naccount='sip-unvouched'\ndevice='/dev/ttyUSB0'").unwrap_err();
        assert!(own.contains("messages.modem.account: sip-unvouched"), "{own}");
        let rules = keys(modem).unwrap();
        assert_eq!(rules.leaders.get("c").map(String::as_str), Some("副市长"));
    }

    #[test]
    fn a_modem_has_one_place() {
        let base = "account='m'\ndevice='/dev/ttyUSB0'";
        refused(
            "modem",
            base,
            &[
                ("device='ttyUSB0'", "modem.device"),
                ("device=''", "either device or address"),
                ("address='10.0.0.5:4001'", "either device or address"),
                ("speed=1200", "modem.speed"),
                ("account='m m'", "modem.account"),
                ("memory='cloud'", "unknown variant"),
                ("pin='1234'", "unknown field"),
            ],
        );
        let twice = format!("[[modem]]\n{base}\n[[modem]]\n{}", base.replace("'m'", "'n'"));
        assert!(keys(&twice).unwrap_err().contains("/dev/ttyUSB0: of one account only"));
    }

    #[test]
    fn what_does_not_fit_into_a_protocol_is_refused_before_a_carrier_is_called() {
        let faults = [
            ("host=''", "cmpp.host"),
            ("port=0", "cmpp.port"),
            ("version='1.2'", "unknown variant"),
            ("source_id='90123'", "cmpp.source_id"),
            ("service='HOTLINE-CITY'", "cmpp.service"),
            ("number='+8610651'", "cmpp.number"),
            ("secret='x'", "unknown field"),
            ("secret_file=''", "cmpp.secret_file"),
        ];
        refused("cmpp", CMPP, &faults);
        let faults = [
            ("host='a b'", "smpp.host"),
            ("system_id='sixteen-letters-'", "smpp.system_id"),
            ("password_file=''", "smpp.password_file"),
            ("number='x'", "smpp.number"),
            ("ca_file='/ca.pem'", "smpp.ca_file"),
        ];
        refused("smpp", SMPP, &faults);
    }

    #[test]
    fn a_provider_has_what_it_needs_and_nothing_of_another() {
        let faults = [
            ("url=''", "http.url: provider = \"aliyun\" needs it"),
            ("url='http://sms.example.org/'", "http.url"),
            ("region='ap-guangzhou'", "http.region: not of"),
            ("method='GET'", "http.method: not of provider = \"aliyun\""),
            ("body_is='form'", "http.body_is: not of"),
            ("url='https://sms.example.org/send'", "http.url: /send"),
            ("templates={}", "http.templates"),
            ("templates={X1='SMS_1'}", "http.templates: X1"),
            ("listen='127.0.0.1:8090'", "belong together"),
            ("key='k'", "unknown field"),
        ];
        refused("http", ALIYUN, &faults);
        let faults = [
            ("listen='8.8.8.8:80'", "http.listen"),
            ("listen='0.0.0.0:80'", "http.listen"),
            ("public_url='http://127.0.0.1:8090/'", "http.public_url"),
            ("path_secret_file=''", "belong together"),
            ("method='POST'", "http.method: not of provider = \"kannel\""),
        ];
        refused("http", KANNEL, &faults);
        let template = "account='t'\nprovider='template'\nurl='https://sms.example.org/send'
            query='to=${to}'\nbody='${text}'\nbody_is='form'";
        let faults = [
            ("method='GET'", "http.body"),
            ("method='PUT'", "unknown variant"),
            ("body=''", "http.body_is: there is no body"),
            ("headers={Host='x'}", "http.headers"),
            ("reference='id'", "http.reference"),
            ("query='to=${to} x'", "http.query"),
        ];
        refused("http", template, &faults);
    }
}
