//! `mayorline privacy …`: requests of citizens about their personal information (个人信息保护法 第四十四条
//! 至第五十条): taken down, decided by another person, answered, on record.

use super::clock;
use super::common::{Common, say};
use super::config::Config;
use super::exit::{Exit, Failure};
use super::messages::words_of;
use super::output::{ListArguments, refused, unwritten};
use super::retention::seed;
use super::serve;
use crate::domain::case::{Correction, Identification, PrivacyGround, PrivacyKind};
use crate::domain::directory::is_mail_address;
use crate::store::{Administration, HeldMessage, NewPrivacyRequest, PrivacyDecision, StoreError};
use crate::units::{CaseNumber, PhoneNumber};
use clap::Subcommand;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// `mayorline privacy …`
#[derive(Debug, Subcommand)]
pub(super) enum PrivacyVerb {
    /// Take a request down: what is asked for, by whom, how he was identified, about which cases.
    /// Prints its number and the last day of the answer.
    Ask {
        /// access, correction, deletion.
        kind: PrivacyKind,
        /// query_code, calling_number, identity_document, representative.
        #[arg(long)]
        identified: Identification,
        /// Who asks.
        #[arg(long)]
        name: String,
        /// His telephone number: all cases and calls of it are meant.
        #[arg(long)]
        phone: Option<String>,
        /// His mail address: all cases and mails of it are meant.
        #[arg(long, value_name = "ADDRESS")]
        mail: Option<String>,
        /// A case that is meant, eleven digits; may be repeated.
        #[arg(long = "case", value_name = "NUMBER")]
        cases: Vec<String>,
        /// What he wants, in his words.
        #[arg(long, default_value = "")]
        words: String,
        /// Who takes it down.
        #[arg(long = "as", value_name = "PERSON")]
        person: String,
        #[command(flatten)]
        common: Common,
    },
    /// The requests, newest last: due days, outcomes, nothing of who asks.
    List(ListArguments),
    /// Grant a request as far as the law allows, and do it: a deletion leaves what must be kept and
    /// says on which ground. By another person than the one who took it down.
    Grant {
        /// Its number.
        id: i64,
        /// The right telephone number, for a correction.
        #[arg(long)]
        phone: Option<String>,
        /// The right name, for a correction.
        #[arg(long)]
        citizen: Option<String>,
        /// Who decides.
        #[arg(long = "as", value_name = "PERSON")]
        person: String,
        #[command(flatten)]
        common: Common,
    },
    /// Refuse a request, and say on which ground.
    Refuse {
        /// Its number.
        id: i64,
        /// period, held, unidentified, third_party, nothing.
        #[arg(long)]
        ground: PrivacyGround,
        /// Who decides.
        #[arg(long = "as", value_name = "PERSON")]
        person: String,
        #[command(flatten)]
        common: Common,
    },
    /// Write what is held of the person into a file as JSON, once access was granted. The file is
    /// readable by its owner alone and is not written over.
    Export {
        /// Its number.
        id: i64,
        /// Where it goes.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Who gives it out.
        #[arg(long = "as", value_name = "PERSON")]
        person: String,
        #[command(flatten)]
        common: Common,
    },
}

/// Carries the verb out.
pub(super) fn privacy(verb: PrivacyVerb) -> Result<(), Exit> {
    match verb {
        PrivacyVerb::Ask { kind, identified, name, phone, mail, cases, words, person, common } => {
            let phone = phone.as_deref().map(phone_number).transpose()?;
            let numbers = cases.iter().map(|number| CaseNumber::parse(number));
            let cases: Vec<CaseNumber> = numbers
                .collect::<Result<_, _>>()
                .map_err(|error| Exit::new(Failure::Usage, error))?;
            if mail.as_deref().is_some_and(|mail| !is_mail_address(mail)) {
                return Err(Exit::new(Failure::Usage, "--mail: no mail address"));
            }
            if phone.is_none() && mail.is_none() && cases.is_empty() {
                return Err(Exit::new(Failure::Usage, "请写明电话号码、邮箱地址或者事项编号"));
            }
            let config = common.load()?;
            let reply_days = config.retention.reply_days;
            let by = person;
            let new = NewPrivacyRequest {
                kind,
                identified,
                cases,
                phone,
                mail,
                name,
                words,
                by,
                reply_days,
            };
            let now = (clock::system().wall)();
            let mut store = open(&common, &config)?;
            let id = store.ask_privacy(now, &new).map_err(|error| untaken(&error))?;
            say(&format!("请求 {id} 已登记：{}，{reply_days} 日内答复\n", kind.title()))
        }
        PrivacyVerb::List(list) => {
            let now = (clock::system().wall)();
            let rows = list.output.reader()?.privacy_requests(now, list.limit);
            list.output.print(&rows.map_err(|error| refused(&error))?)
        }
        PrivacyVerb::Grant { id, phone, citizen, person, common } => {
            let contact = phone.as_deref().map(phone_number).transpose()?;
            let decision = PrivacyDecision::Grant(Correction { contact, display: citizen });
            decide(id, &decision, &person, &common)
        }
        PrivacyVerb::Refuse { id, ground, person, common } => {
            decide(id, &PrivacyDecision::Refuse(ground), &person, &common)
        }
        PrivacyVerb::Export { id, out, person, common } => export(id, &out, &person, &common),
    }
}

fn decide(id: i64, decision: &PrivacyDecision, person: &str, common: &Common) -> Result<(), Exit> {
    let config = common.load()?;
    let desk = (serve::calendar(&config)?, serve::deadline_rules(&config), seed()?);
    let now = (clock::system().wall)();
    let rules = config.retention.rules();
    let done = open(common, &config)?.decide_privacy(now, desk, &rules, id, decision, person);
    let (outcome, ground) = done.map_err(|error| untaken(&error))?;
    let why = ground.map_or_else(String::new, |ground| format!("：{}", ground.title()));
    say(&format!("请求 {id} {}{why}\n", outcome.title()))
}

/// The file first, empty: what was told to the audit can then be written.
fn export(id: i64, out: &Path, person: &str, common: &Common) -> Result<(), Exit> {
    let fault =
        |error: std::io::Error| Exit::new(Failure::Io, format!("{}: {error}", out.display()));
    let now = (clock::system().wall)();
    let mut store = open(common, &common.load()?)?;
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(out).map_err(fault)?;
    let held = store.privacy_data(now, id, person).inspect_err(|_| {
        // It is empty, and nobody waits for it.
        let _ = std::fs::remove_file(out);
    });
    let mut held = held.map_err(|error| untaken(&error))?;
    held.messages.iter_mut().for_each(read_words);
    let json = serde_json::to_string_pretty(&held).map_err(|e| Exit::new(Failure::Software, e))?;
    file.write_all(json.as_bytes()).and_then(|()| file.sync_all()).map_err(fault)?;
    say(&format!(
        "{} 件事项，{} 次来电，{} 条消息，已写入 {}\n",
        held.cases.len(),
        held.calls.len(),
        held.messages.len(),
        out.display()
    ))
}

/// What came, in words; what is not read here stands as its carrier gave it.
fn read_words(message: &mut HeldMessage) {
    let Some(came) = message.came.take() else { return };
    let raw = came.raw.as_deref().unwrap_or_default();
    match words_of(&came) {
        Some((from, words)) => (message.party, message.text) = (Some(from), Some(words)),
        None => message.text = Some(String::from_utf8_lossy(raw).into_owned()),
    }
}

fn open(common: &Common, config: &Config) -> Result<Administration, Exit> {
    let now = (clock::system().wall)();
    Administration::open(common.folder(config), now).map_err(|error| unwritten(&error))
}

/// A number as it is typed; it is not repeated where it is none.
fn phone_number(text: &str) -> Result<PhoneNumber, Exit> {
    PhoneNumber::parse(text).map_err(|_| Exit::new(Failure::Usage, "--phone: no telephone number"))
}

fn untaken(error: &StoreError) -> Exit {
    match error {
        StoreError::Malformed(_) => Exit::new(Failure::Usage, error),
        StoreError::Refused(refusal) => {
            let (sentence, rule) = (refusal.sentence(), refusal.rule());
            Exit::new(Failure::Data, format!("{sentence}（规则 {rule}）"))
        }
        other => unwritten(other),
    }
}
