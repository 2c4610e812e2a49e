//! `mayorline serve`: opens everything in order, says `ready`, runs, drains.

use super::common::{Common, say};
use super::config::{Config, DeadlineMode};
use super::exit::{Exit, Failure};
use super::pages::{Pages, web_config};
use super::{backup, clock, demo, messages, settings, speech, switchboard, webhooks};
use crate::domain::calendar::Calendar;
use crate::domain::case::{DeadlineMode as Mode, DeadlineRules, local_day};
use crate::domain::demo::DEMO_TITLE;
use crate::domain::message::MessageRules;
use crate::gateway::clock::Now;
use crate::gateway::line::Line;
use crate::gateway::prompts::Library;
use crate::gateway::sip::{TlsPort, tls_config};
use crate::gateway::switch::{DutyUnit, Switch};
use crate::proto::Endpoint;
use crate::store::{DataFolder, Reader, Store, StoreConfig, StoreError};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How far the thread that stretches prompts steps back, of 19 (Linux: for that thread alone).
const SLOW_SPEECH_NICENESS: i32 = 19;
/// The longest window of the limits on calls out is a day.
const DIALLED_WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// Answers the line until SIGTERM or SIGINT; a second one does not wait for live calls.
pub(super) fn serve(common: &Common) -> Result<(), Exit> {
    let config = common.load()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Exit::new(Failure::Software, error))?;
    runtime.block_on(run(&config, common.folder(&config)))
}

async fn run(config: &Config, folder: DataFolder) -> Result<(), Exit> {
    let (mut first, mut later) = (Signals::listen()?, Signals::listen()?);
    let demo = demo::guard(config, &folder)?;
    let service = Service::open(config, folder.clone(), demo).await?;
    let line = service.line;
    let (udp, tcp) = line.addresses();
    let tls = line.address_tls().map_or_else(String::new, |tls| format!(" tls={tls}"));
    let web = service.pages.url();
    let webhooks = webhooks::start(config, folder.clone(), service.store.handle())?;
    let messages = messages::start(config, folder, &service.store.handle())?;
    let speech = speech::start(config, service.store.handle())?;
    let demo = if demo { format!(" demo={DEMO_TITLE}") } else { String::new() };
    say(&format!("ready udp={udp} tcp={tcp}{tls} web={web} call=sip:mayor@{udp}{demo}\n"))?;
    backup::mention(config);
    if config.prompts.slow_speech {
        prepare_slow(service.prompts);
    }
    let stop = async {
        first.next().await;
        tracing::info!("stopping: no new calls, live calls may finish; once more ends them now");
    };
    let abort = async {
        later.next().await;
        later.next().await;
        tracing::warn!("stopping at once: live calls are hung up");
    };
    line.run(stop, abort).await;
    if let Some(speech) = speech {
        speech.finish();
    }
    messages.finish();
    webhooks.finish();
    service.pages.close();
    service.store.close();
    Ok(())
}

/// SIGTERM and SIGINT, which mean the same.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> Result<Self, Exit> {
        let terminate = signal(SignalKind::terminate()).map_err(software)?;
        let interrupt = signal(SignalKind::interrupt()).map_err(software)?;
        Ok(Self { terminate, interrupt })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Makes slow speech ready behind the first calls, with what processor time they leave. Without it
/// key 7 lengthens the pauses only.
fn prepare_slow(prompts: Arc<Library>) {
    let work = move || {
        if let Err(error) = rustix::process::nice(SLOW_SPEECH_NICENESS) {
            tracing::debug!(%error, "slow speech is prepared at normal priority");
        }
        prompts.prepare_slow();
        tracing::info!("slow speech is ready");
    };
    if let Err(error) = std::thread::Builder::new().name("slow-speech".to_owned()).spawn(work) {
        tracing::warn!(%error, "no thread for slow speech: key 7 lengthens the pauses only");
    }
}

/// Everything that is open while the line is answered.
pub(super) struct Service {
    /// The bound line.
    pub(super) line: Line,
    /// Its store, to be closed after it.
    pub(super) store: Store,
    /// What it says, shared with the switch.
    pub(super) prompts: Arc<Library>,
    /// The pages of the seats.
    pub(super) pages: Pages,
}

impl Service {
    /// Prompts, store (migrated and reconciled), then sockets. `demo`: the city is an invented one.
    pub(super) async fn open(
        config: &Config,
        folder: DataFolder,
        demo: bool,
    ) -> Result<Self, Exit> {
        let clock = clock::system();
        let prompts = Arc::new(library(config)?);
        let seed = || clock::seed().map_err(|error| Exit::new(Failure::Unavailable, error));
        let rules = deadline_rules(config);
        let store_config = StoreConfig {
            queue_max: config.store.queue_max,
            rules,
            retention: config.retention.rules(),
            master_key: folder.master_key.clone(),
            demo,
            messages: message_rules(config)?,
            speech: speech::rules(config),
            backup: config.backup.config(),
            ..StoreConfig::new(&folder.path, (clock.wall)())
        };
        let calendar = calendar(config)?;
        let store = Store::start(store_config, calendar.clone(), seed()?, clock.wall)
            .map_err(|error| Exit::new(unstartable(&error), error))?;
        let mut switch_config = switchboard::switch(config, &prompts, calendar)?;
        recall_directory(&mut switch_config.units, folder.clone(), clock.now());
        let mut switch = Switch::new(
            switch_config,
            Endpoint::new(settings::endpoint(config), seed()?),
            seed()?,
            clock.now(),
        );
        recall_dialled(&mut switch, folder.clone(), clock.now());
        let tls = tls_port(config)?;
        let (pages, desk) = Pages::open(config, (folder.clone(), demo), store.handle())?;
        let line =
            Line::bind(settings::line(config, folder, tls), clock, switch, store.handle(), desk)
                .await
                .map_err(|error| {
                    let message = format!("{} / {}: {error}", config.sip.udp, config.sip.tcp);
                    Exit::new(Failure::Unavailable, message)
                })?;
        Ok(Self { line, store, prompts, pages })
    }
}

/// Counts the calls out of today and of the last hour. A store that cannot be read yet has none.
fn recall_dialled(switch: &mut Switch, folder: DataFolder, now: Now) {
    let from = now.wall - DIALLED_WINDOW;
    match Reader::open(folder).and_then(|reader| reader.dialled(from)) {
        Ok(calls) => switch.recall_dialled(now, &calls),
        Err(error) => tracing::warn!(%error, "the calls out of today are not counted"),
    }
}

/// Takes the telephones of the units from the directory. A store that cannot be read yet has none.
fn recall_directory(units: &mut [DutyUnit], folder: DataFolder, now: Now) {
    match Reader::open(folder).and_then(|reader| reader.directory(local_day(now.wall))) {
        Ok(directory) => switchboard::add_directory(units, &directory),
        Err(error) => tracing::warn!(%error, "duty telephones are those of the configuration"),
    }
}

/// TLS where a certificate is named.
fn tls_port(config: &Config) -> Result<Option<TlsPort>, Exit> {
    let sip = &config.sip;
    if sip.tls_certificate.as_os_str().is_empty() {
        return Ok(None);
    }
    let certificate = tls_config(&sip.tls_certificate, &sip.tls_key)
        .map_err(|error| Exit::new(Failure::Config, format!("sip.tls: {error}")))?;
    Ok(Some((sip.tls, certificate)))
}

/// Why a store that a person must look at ends the program.
fn unstartable(error: &StoreError) -> Failure {
    match error {
        StoreError::InUse(_) => Failure::Unavailable,
        StoreError::File { .. } => Failure::Software,
        _ => Failure::Data,
    }
}

fn software(error: std::io::Error) -> Exit {
    Exit::new(Failure::Software, error)
}

pub(super) fn time_zone(config: &Config) -> Result<TimeZone, Exit> {
    TimeZone::get(&config.service.time_zone).map_err(|e| Exit::new(Failure::Config, e))
}

/// How the city counts.
pub(super) fn deadline_rules(config: &Config) -> DeadlineRules {
    DeadlineRules { mode: deadline_mode(config.deadline.mode), ..DeadlineRules::default() }
}

fn deadline_mode(mode: DeadlineMode) -> Mode {
    match mode {
        DeadlineMode::CalendarRoll => Mode::CalendarRoll,
        DeadlineMode::Calendar => Mode::Calendar,
        DeadlineMode::Working => Mode::Working,
    }
}

/// The built-in tables, and a city's own over them.
pub(super) fn calendar(config: &Config) -> Result<Calendar, Exit> {
    let mut calendar = Calendar::built_in();
    let folder = &config.deadline.calendar_folder;
    if folder.as_os_str().is_empty() {
        return Ok(calendar);
    }
    let refuse = |error: &dyn std::fmt::Display| {
        Exit::new(Failure::Config, format!("{}: {error}", folder.display()))
    };
    for entry in std::fs::read_dir(folder).map_err(|e| refuse(&e))? {
        let path = entry.map_err(|e| refuse(&e))?.path();
        if path.extension().is_some_and(|end| end == "toml") {
            let text = std::fs::read_to_string(&path).map_err(|e| refuse(&e))?;
            calendar.add(&text).map_err(|e| refuse(&format!("{}: {e}", path.display())))?;
        }
    }
    Ok(calendar)
}

/// By what the city is reached by text, and how it speaks.
pub(super) fn message_rules(config: &Config) -> Result<MessageRules, Exit> {
    config.messages.rules().map_err(|why| Exit::new(Failure::Config, why))
}

fn overlay(config: &Config) -> Option<&Path> {
    let overlay = &config.prompts.overlay;
    (!overlay.as_os_str().is_empty()).then_some(overlay.as_path())
}

fn library(config: &Config) -> Result<Library, Exit> {
    Library::load(overlay(config)).map_err(|error| Exit::new(Failure::Data, error))
}

/// `mayorline check-config`: the files that the configuration names are read as well, so that what
/// is accepted here does not end a start.
pub(super) fn check_config(common: &Common) -> Result<(), Exit> {
    let config = common.load()?;
    let calendar = calendar(&config)?;
    tls_port(&config)?;
    web_config(&config)?;
    webhooks::tls(&config)?;
    messages::check(&config)?;
    speech::engine(&config)?;
    switchboard::switch(&config, &Arc::new(library(&config)?), calendar)?;
    say("configuration ok\n")
}

/// `mayorline prompts check`
pub(super) fn check_prompts(common: &Common) -> Result<(), Exit> {
    let config = common.load()?;
    let report = crate::gateway::prompts::check(overlay(&config))
        .map_err(|error| Exit::new(Failure::Data, error))?;
    let mut text = format!(
        "clips {}, files {}, own recordings {}, synthetic {}, {} s\n",
        report.clips,
        report.files,
        report.own,
        report.synthetic,
        report.duration_ms / 1000
    );
    for fault in &report.faults {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "FAULT {}: {}", fault.file, fault.what);
    }
    say(&text)?;
    if report.is_ok() {
        Ok(())
    } else {
        Err(Exit::new(Failure::Data, format!("{} faults", report.faults.len())))
    }
}

/// `mayorline prompts sheet`
pub(super) fn recording_sheet(common: &Common) -> Result<(), Exit> {
    let config = common.load()?;
    let sheet = crate::gateway::prompts::recording_sheet(overlay(&config));
    say(&sheet.map_err(|error| Exit::new(Failure::Data, error))?)
}
