//! The configuration: one TOML file, overridden by `--set key=value`. `config/mayorline.toml` is its
//! documentation and the built-in default.

mod backup;
mod casework;
mod listening_day;
mod mail;
mod messages;
mod open311;
mod outgoing;
mod queue;
mod report;
mod retention;
mod room;
mod speech;
mod webhook;

pub use backup::BackupKeys;
pub use casework::{CaseworkKeys, LocalDisposition};
pub use listening_day::{LeaderKeys, ListeningKeys};
pub(in crate::app) use mail::is_this_machine;
pub use mail::{ImapKeys, MailKeys, Pop3Keys, SecretFile, SmtpKeys, SmtpTlsKey};
pub use messages::{
    BodyForm, CmppKeys, CmppVersion, HttpKeys, HttpMethod, MessageKeys, ModemKeys, ModemMemory,
    ProviderKind, SmppKeys, SmsdKeys,
};
pub use open311::{Open311Keys, PartnerKeys};
pub use outgoing::{ContactKeys, DirectoryKeys, OutgoingKeys, TrunkKeys};
pub use queue::{GroupKeys, OverflowKeys, QueueKeys, WarnedKeys};
pub use report::ReportKeys;
pub use retention::RetentionKeys;
pub use room::{RoomKeys, SurveyKeys};
pub use speech::{SpeechEngine, SpeechKeys};
pub use webhook::WebhookKeys;

use super::exit::{Exit, Failure};
use crate::proto::digest::Algorithm;
use crate::web::web_fault;
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// Digits of a sign-in code behind its star.
const SIGN_IN_DIGITS_MAX: usize = 8;

/// The documented defaults.
pub const DEFAULTS: &str = include_str!("../../config/mayorline.toml");

/// Largest configuration file that is read, in bytes.
pub const FILE_BYTES_MAX: u64 = 1 << 20;

/// The whole configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // Each key is explained in config/mayorline.toml.
pub struct Config {
    pub service: Service,
    pub sip: Sip,
    pub seats: Seats,
    pub outgoing: OutgoingKeys,
    pub directory: DirectoryKeys,
    pub media: Media,
    pub call: CallKeys,
    pub survey: SurveyKeys,
    pub room: RoomKeys,
    pub deadline: Deadline,
    pub casework: CaseworkKeys,
    pub report: ReportKeys,
    pub retention: RetentionKeys,
    pub queue: QueueKeys,
    pub listening_day: ListeningKeys,
    pub prompts: Prompts,
    pub speech: SpeechKeys,
    pub store: StoreKeys,
    pub backup: BackupKeys,
    pub web: WebKeys,
    pub open311: Open311Keys,
    pub webhook: WebhookKeys,
    pub messages: MessageKeys,
    pub log: Log,
}

/// `[service]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Service {
    pub gateway: String,
    pub time_zone: String,
    pub drain_seconds: u64,
}

/// `[sip]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Sip {
    pub udp: SocketAddr,
    pub tcp: SocketAddr,
    pub tls: SocketAddr,
    pub tls_certificate: PathBuf,
    pub tls_key: PathBuf,
    pub advertised: Option<IpAddr>,
    pub trusted_peers: Vec<IpAddr>,
    pub session_expires_seconds: u32,
    pub calls_max: usize,
    pub calls_per_second_max: u32,
    pub calls_per_source_max: usize,
    pub refusals_per_source_minute_max: u32,
    pub tcp_connections_max: usize,
    pub tcp_idle_seconds: u64,
}

/// `[seats]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Seats {
    pub realm: String,
    pub digest: Vec<String>,
    pub sign_in: bool,
    pub sign_in_code: String,
}

impl Seats {
    /// What a telephone dials to sign its seat in and out; `None` where none is asked for.
    pub(super) fn sign_in_code(&self) -> Result<Option<String>, String> {
        let code = self.sign_in_code.as_str();
        if code.is_empty() {
            return Ok(None);
        }
        // With a star first it is nobody's number.
        let digits = code
            .strip_prefix('*')
            .filter(|digits| (1..=SIGN_IN_DIGITS_MAX).contains(&digits.len()));
        match digits {
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => Ok(Some(code.to_owned())),
            _ => Err(format!(
                "seats.sign_in_code must be a star and 1 to {SIGN_IN_DIGITS_MAX} digits, like \"*11\""
            )),
        }
    }

    /// How phones may prove their password, the best way first.
    pub(super) fn algorithms(&self) -> Result<Vec<Algorithm>, String> {
        let known: Option<Vec<Algorithm>> =
            self.digest.iter().map(|name| Algorithm::of_name(name)).collect();
        let known =
            known.filter(|known| matches!(known[..], [_] | [Algorithm::Sha256, Algorithm::Md5]));
        known.ok_or_else(|| {
            "seats.digest must be [\"SHA-256\", \"MD5\"] or one of the two".to_owned()
        })
    }
}

/// `[media]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Media {
    pub threads: usize,
    pub ports: [u16; 2],
    pub realtime_priority: u8,
    pub record_calls: bool,
}

/// `[call]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct CallKeys {
    pub menu_silence_seconds: u64,
    pub menu_silence_slow_seconds: u64,
    pub message_minutes_max: u64,
    pub call_minutes_max: u64,
    pub retention_days: u32,
}

/// `[deadline]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Deadline {
    pub mode: DeadlineMode,
    pub calendar_folder: PathBuf,
}

/// How "5日内" is counted (`domain::case::deadline`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum DeadlineMode {
    CalendarRoll,
    Calendar,
    Working,
}

/// `[prompts]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Prompts {
    pub overlay: PathBuf,
    pub slow_speech: bool,
}

/// `[store]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct StoreKeys {
    pub queue_max: usize,
    pub master_key_file: PathBuf,
}

/// `[web]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct WebKeys {
    pub listen: SocketAddr,
    pub tls_certificate: PathBuf,
    pub tls_key: PathBuf,
    pub trusted_proxy: Option<IpAddr>,
    pub api_remote: bool,
    pub public_notices: bool,
}

/// `[log]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Log {
    pub level: String,
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum LogFormat {
    Text,
    Json,
}

impl Config {
    /// Reads the file over the defaults and the `key=value` settings over both. The message of the
    /// error names file, line and column, or the setting.
    pub fn load(file: Option<&Path>, settings: &[String]) -> Result<Self, Exit> {
        let text = file.map(read).transpose()?.unwrap_or_default();
        let name = file.map_or_else(|| "built-in".into(), |path| path.display().to_string());
        Self::from_text(&name, &text, settings)
    }

    /// The same from text, for tests and the fuzzer.
    pub fn from_text(name: &str, text: &str, settings: &[String]) -> Result<Self, Exit> {
        let defaults: toml::Table =
            DEFAULTS.parse().map_err(|error| Exit::new(Failure::Software, error))?;
        let given: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let at = error.span().map_or(0, |span| span.start);
            refuse(&format!("{name}{}: {}", place(text, at), error.message()))
        })?;
        let map = toml::de::DeTable::parse(text).ok();
        check_each(&defaults, &given, |section, key| {
            let at = map.as_ref().and_then(|map| position(map.get_ref(), section, key));
            format!("{name}{}", at.map_or_else(String::new, |at| place(text, at)))
        })?;
        let mut merged = merge(defaults.clone(), given);
        for setting in settings {
            let one = one(setting).map_err(|message| refuse(&message))?;
            check_each(&defaults, &one, |_, _| format!("--set {setting}"))?;
            merged = merge(merged, one);
        }
        // What ties keys together is looked at when all are there, not one by one as above.
        read_table(merged)
            .and_then(|config| config.check_together().map(|()| config))
            .map_err(|message| refuse(&format!("{name}: {message}")))
    }

    fn check_together(&self) -> Result<(), String> {
        self.web.check()?;
        // The notice on personal information promises no less than what is done.
        require(
            self.retention.unlinked_days <= self.call.retention_days,
            "retention.unlinked_days must be at most call.retention_days, which callers are told",
        )?;
        self.messages.check_together()?;
        self.speech.check_together()?;
        self.outgoing.check_together()
    }

    /// The bounds that a type cannot express.
    fn check(&self) -> Result<(), String> {
        self.casework.check()?;
        self.retention.check()?;
        self.backup.check()?;
        let gateway = &self.service.gateway;
        require(
            (1..=8).contains(&gateway.len()) && gateway.bytes().all(|b| b.is_ascii_alphanumeric()),
            "service.gateway must be 1 to 8 ASCII letters or digits",
        )?;
        require(
            jiff::tz::TimeZone::get(&self.service.time_zone).is_ok(),
            "service.time_zone is not a known time zone",
        )?;
        require(
            (90..=86_400).contains(&self.sip.session_expires_seconds),
            "sip.session_expires_seconds must be 90 to 86400 (RFC 4028)",
        )?;
        for (key, value) in [
            ("sip.calls_max", self.sip.calls_max),
            ("sip.calls_per_second_max", self.sip.calls_per_second_max as usize),
            ("sip.calls_per_source_max", self.sip.calls_per_source_max),
            (
                "sip.refusals_per_source_minute_max",
                self.sip.refusals_per_source_minute_max as usize,
            ),
            ("sip.tcp_connections_max", self.sip.tcp_connections_max),
            ("store.queue_max", self.store.queue_max),
        ] {
            require((1..=100_000).contains(&value), &format!("{key} must be 1 to 100000"))?;
        }
        require((1..=64).contains(&self.media.threads), "media.threads must be 1 to 64")?;
        let [first, last] = self.media.ports;
        require(
            first >= 1024 && u32::from(last) > u32::from(first) + u32::from(first % 2),
            "media.ports must be two ports from 1024 on that hold a pair",
        )?;
        require(self.media.realtime_priority <= 99, "media.realtime_priority must be 0 to 99")?;
        for (key, value, max) in [
            ("call.menu_silence_seconds", self.call.menu_silence_seconds, 60),
            ("call.menu_silence_slow_seconds", self.call.menu_silence_slow_seconds, 60),
            ("call.message_minutes_max", self.call.message_minutes_max, 30),
            ("call.call_minutes_max", self.call.call_minutes_max, 240),
            ("sip.tcp_idle_seconds", self.sip.tcp_idle_seconds, 86_400),
            ("call.retention_days", u64::from(self.call.retention_days), 36_500),
        ] {
            require((1..=max).contains(&value), &format!("{key} must be 1 to {max}"))?;
        }
        require(
            tracing_subscriber::EnvFilter::try_new(&self.log.level).is_ok(),
            "log.level must be error, warn, info, debug, trace or a filter of them",
        )?;
        self.seats.algorithms()?;
        self.seats.sign_in_code()?;
        self.survey.check()?;
        self.room.check()?;
        self.outgoing.check()?;
        self.directory.units()?;
        self.webhook.reach()?;
        self.open311.config()?;
        self.messages.rules()?;
        self.speech.check()?;
        self.queue.rules(jiff::tz::TimeZone::UTC)?;
        self.listening_day.rules()?;
        self.listening_day.roster()?;
        require(self.service.drain_seconds <= 3600, "service.drain_seconds must be at most 3600")
    }
}

impl WebKeys {
    /// A certificate has a key, and outside loopback the page needs one or a proxy that has.
    fn check(&self) -> Result<(), String> {
        let named = [&self.tls_certificate, &self.tls_key].map(|path| !path.as_os_str().is_empty());
        require(
            named[0] == named[1],
            "web.tls_certificate and web.tls_key belong together: set both or none",
        )?;
        let fault = web_fault(self.listen, named[0], self.trusted_proxy);
        fault.map_or(Ok(()), Err)
    }
}

fn require(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}

fn read(path: &Path) -> Result<String, Exit> {
    let refuse =
        |error: std::io::Error| Exit::new(Failure::NoInput, format!("{}: {error}", path.display()));
    if std::fs::metadata(path).map_err(refuse)?.len() > FILE_BYTES_MAX {
        return Err(Exit::new(Failure::Config, format!("{}: larger than 1 MiB", path.display())));
    }
    let bytes = std::fs::read(path).map_err(refuse)?;
    String::from_utf8(bytes)
        .map_err(|error| Exit::new(Failure::Config, format!("{}: {error}", path.display())))
}

fn merge(mut base: toml::Table, over: toml::Table) -> toml::Table {
    for (key, value) in over {
        match (base.remove(&key), value) {
            (Some(toml::Value::Table(old)), toml::Value::Table(new)) => {
                base.insert(key, toml::Value::Table(merge(old, new)));
            }
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
    base
}

/// Keys that exist but have no default.
const OPTIONAL: [(&str, &str); 2] = [("sip", "advertised"), ("web", "trusted_proxy")];

fn refuse(message: &str) -> Exit {
    Exit::new(Failure::Config, message)
}

/// A whole table as a configuration, its bounds checked.
fn read_table(table: toml::Table) -> Result<Config, String> {
    let config: Config =
        table.try_into().map_err(|error: toml::de::Error| error.message().to_owned())?;
    config.check().map(|()| config)
}

/// Tries every key that is given by itself over the defaults, so that a fault has a name and, by
/// `place`, the place where it stands.
fn check_each(
    defaults: &toml::Table,
    given: &toml::Table,
    place: impl Fn(&str, Option<&str>) -> String,
) -> Result<(), Exit> {
    for (section, value) in given {
        let at = || place(section, None);
        let known = defaults.get(section).and_then(toml::Value::as_table);
        let Some(known) = known else {
            return Err(refuse(&format!("{}: unknown key {section}", at())));
        };
        let Some(table) = value.as_table() else {
            return Err(refuse(&format!("{}: {section} must be a section", at())));
        };
        for (key, value) in table {
            let (at, path) = (|| place(section, Some(key)), format!("{section}.{key}"));
            if !known.contains_key(key) && !OPTIONAL.contains(&(section, key)) {
                return Err(refuse(&format!("{}: unknown key {path}", at())));
            }
            let alone = toml::Table::from_iter([(key.clone(), value.clone())]);
            let alone = toml::Table::from_iter([(section.clone(), toml::Value::Table(alone))]);
            if let Err(message) = read_table(merge(defaults.clone(), alone)) {
                let named = if message.contains(&path) { String::new() } else { path + ": " };
                return Err(refuse(&format!("{}: {named}{message}", at())));
            }
        }
    }
    Ok(())
}

/// Where a key stands, in bytes from the start.
fn position(map: &toml::de::DeTable<'_>, section: &str, key: Option<&str>) -> Option<usize> {
    let (name, value) = map.get_key_value(section)?;
    let Some(key) = key else { return Some(name.span().start) };
    let (name, _) = value.get_ref().as_table()?.get_key_value(key)?;
    Some(name.span().start)
}

/// `:line:column`, both from 1, of a byte of the text.
fn place(text: &str, at: usize) -> String {
    let before = text.get(..at.min(text.len())).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
    format!(":{line}:{column}")
}

/// `section.key=value` as a table; the value is TOML, or else taken as a string.
fn one(setting: &str) -> Result<toml::Table, String> {
    let usage = || format!("--set {setting}: write section.key=value");
    let (path, value) = setting.split_once('=').ok_or_else(usage)?;
    let (section, key) = path.trim().split_once('.').ok_or_else(usage)?;
    let parsed = format!("v = {value}").parse::<toml::Table>().ok();
    let value = parsed
        .filter(|parsed| parsed.len() == 1)
        .and_then(|mut one| one.remove("v"))
        .unwrap_or_else(|| toml::Value::String(value.to_owned()));
    let table = toml::Table::from_iter([(key.to_owned(), value)]);
    Ok(toml::Table::from_iter([(section.to_owned(), toml::Value::Table(table))]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, settings: &[&str]) -> Result<Config, String> {
        let settings: Vec<String> = settings.iter().map(|&s| s.to_owned()).collect();
        Config::from_text("test.toml", text, &settings).map_err(|exit| exit.message)
    }

    #[test]
    fn the_documented_defaults_are_valid() {
        let config = load("", &[]).unwrap();
        assert_eq!(config.sip.udp.to_string(), "127.0.0.1:5060");
        assert!(config.sip.udp.ip().is_loopback() && config.sip.tcp.ip().is_loopback());
    }

    #[test]
    fn a_file_and_settings_override_in_that_order() {
        let text = "[sip]\ncalls_max = 5\nudp = \"127.0.0.1:0\"\n";
        let config = load(text, &["sip.calls_max=7", "log.level=debug"]).unwrap();
        assert_eq!((config.sip.calls_max, config.sip.udp.port()), (7, 0));
        assert_eq!(config.log.level, "debug");
    }

    #[test]
    fn an_unknown_key_is_refused_with_line_and_column() {
        let error = load("[sip]\n# a line\n  udpp = \"127.0.0.1:0\"\n", &[]).unwrap_err();
        assert_eq!(error, "test.toml:3:3: unknown key sip.udpp");
        let error = load("[sipp]\nudp = \"127.0.0.1:0\"\n", &[]).unwrap_err();
        assert_eq!(error, "test.toml:1:2: unknown key sipp");
        let error = load("", &["sip.nonsense=1"]).unwrap_err();
        assert_eq!(error, "--set sip.nonsense=1: unknown key sip.nonsense");
        let error = load("sip = 5\n", &[]).unwrap_err();
        assert_eq!(error, "test.toml:1:1: sip must be a section");
        assert!(load("", &["nonsense"]).unwrap_err().contains("write section.key=value"));
    }

    #[test]
    fn a_value_of_the_wrong_kind_or_size_is_refused_with_its_name_line_and_column() {
        for (text, complaint) in [
            (
                "[log]\n[sip]\n  calls_max = \"many\"\n",
                "test.toml:3:3: sip.calls_max: invalid type: string \"many\", expected usize",
            ),
            (
                "[sip]\n\"udp\" = \"everywhere\"\n",
                "test.toml:2:1: sip.udp: invalid socket address syntax",
            ),
            ("sip.calls_max = 0\n", "test.toml:1:5: sip.calls_max must be 1 to 100000"),
            ("sip = { tcp_idle_seconds = 0 }", "test.toml:1:9: sip.tcp_idle_seconds must be"),
            ("# 市长\n[log]\nformat = 'xml'", "test.toml:3:1: log.format: unknown variant"),
        ] {
            let error = load(text, &[]).unwrap_err();
            assert!(error.starts_with(complaint), "{text}: {error}");
        }
        let error = load("", &["media.threads=-1"]).unwrap_err();
        assert!(
            error.starts_with("--set media.threads=-1: media.threads: invalid value"),
            "{error}"
        );
    }

    #[test]
    fn the_seat_page_outside_loopback_needs_https_and_says_so() {
        let open = "web.listen=0.0.0.0:8080";
        let error = load("", &[open]).unwrap_err();
        assert!(error.contains("needs HTTPS") && error.contains("web.tls_certificate"), "{error}");
        let alone = load("[web]\ntls_certificate = \"c.pem\"\n", &[]).unwrap_err();
        assert!(alone.contains("belong together"), "{alone}");
        let text = "[web]\ntrusted_proxy = \"127.0.0.1\"\nlisten = \"0.0.0.0:8080\"\n";
        assert!(load(text, &[]).is_ok());
    }

    #[test]
    fn a_syntax_error_is_refused_with_line_and_column() {
        let error = load("[sip]\nudp = \n", &[]).unwrap_err();
        assert!(error.starts_with("test.toml:2:7: "), "{error}");
    }

    #[test]
    fn values_out_of_their_bounds_are_refused_by_name() {
        for (setting, complaint) in [
            ("room.ring_seconds=36", "room.ring_seconds"),
            ("room.wrap_up_minutes_max=0", "room.wrap_up_minutes_max must be 1 to 1440"),
            ("survey.repeats=4", "survey.repeats must be at most 3"),
            ("sip.calls_max=0", "sip.calls_max must be 1 to 100000"),
            ("sip.refusals_per_source_minute_max=0", "must be 1 to 100000"),
            ("media.ports=[20000,20000]", "media.ports must be two ports"),
            ("service.gateway=no spaces", "service.gateway must be"),
            ("service.time_zone=Moon/Crater", "service.time_zone is not"),
            ("sip.udp=everywhere", "invalid socket address"),
            ("log.level=mayorline=loud", "log.level must be error, warn"),
        ] {
            let error = load("", &[setting]).unwrap_err();
            assert!(error.contains(complaint), "{setting}: {error}");
        }
    }
}
