//! The speech engine as the configuration names it: started with the service, tried by `doctor`.

use super::clock;
use super::config::{Config, SpeechEngine};
use super::exit::{Exit, Failure};
use crate::domain::speech::rendering::SpeechRules;
use crate::domain::webhook::Target;
use crate::gateway::clock::Clock;
use crate::gateway::speech::{
    CommandEngine, Engine, HttpEngine, HttpForm, SpeechBounds, SpeechConfig, SpeechThread,
};
use crate::store::StoreHandle;
use crate::web::trust;
use ring::digest::{SHA256, digest};
use std::fmt::Write;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// What `doctor` has the engine say.
const TRIAL: &str = "您反映的路灯不亮问题，已经处理完毕。";
/// Largest file of a key, in bytes.
const KEY_BYTES_MAX: usize = 4_096;
/// Samples of a second.
const SECOND: usize = 8_000;

/// What the store is told of the engine; `None`: there is none.
pub(super) fn rules(config: &Config) -> Option<SpeechRules> {
    let keys = &config.speech;
    // What makes it another voice; hashed, because a body may hold what identifies the city to a provider.
    let parts = match keys.engine {
        SpeechEngine::None => return None,
        SpeechEngine::Command => format!("command {}", keys.command.join("\u{1f}")),
        SpeechEngine::HttpOpenAi => {
            format!("openai {}\u{1f}{}\u{1f}{}", keys.url, keys.model, keys.voice)
        }
        SpeechEngine::HttpTemplate => format!("template {}\u{1f}{}", keys.url, keys.body),
    };
    let mut voice = String::new();
    for byte in digest(&SHA256, parts.as_bytes()).as_ref() {
        // Writing to a String cannot fail.
        let _ = write!(voice, "{byte:02x}");
    }
    Some(SpeechRules { voice, announced: keys.announce })
}

/// The engine; reads the files that the configuration names. `None`: there is none.
pub(super) fn engine(config: &Config) -> Result<Option<Engine>, Exit> {
    let keys = &config.speech;
    let timeout = Duration::from_secs(keys.timeout_seconds);
    let bounds = SpeechBounds { timeout, bytes_max: keys.bytes_max };
    let form = match keys.engine {
        SpeechEngine::None => return Ok(None),
        SpeechEngine::Command => {
            let arguments = keys.command.clone();
            return Ok(Some(Engine::Command(CommandEngine { arguments, bounds })));
        }
        SpeechEngine::HttpOpenAi => {
            HttpForm::OpenAi { model: keys.model.clone(), voice: keys.voice.clone() }
        }
        SpeechEngine::HttpTemplate => HttpForm::Template {
            body: keys.body.clone(),
            content_type: keys.content_type.clone(),
            audio_at: keys.audio_at.clone(),
        },
    };
    let target = Target::parse(&keys.url).map_err(|why| refused("speech.url", &why))?;
    let ca_file = Some(keys.ca_file.as_path()).filter(|file| !file.as_os_str().is_empty());
    let tls = trust(ca_file).map_err(|why| refused("speech.ca_file", &why))?;
    let key = key(&keys.key_file, &keys.key_header)?;
    Ok(Some(Engine::Http(Box::new(HttpEngine { target, form, key, tls, bounds }))))
}

fn refused(key: &str, why: &impl std::fmt::Display) -> Exit {
    Exit::new(Failure::Config, format!("{key}: {why}"))
}

/// The header that says who asks.
fn key(file: &Path, header: &str) -> Result<Option<(String, String)>, Exit> {
    if file.as_os_str().is_empty() {
        return Ok(None);
    }
    let name = file.display();
    let read = std::fs::read_to_string(file)
        .map_err(|why| Exit::new(Failure::Config, format!("speech.key_file {name}: {why}")))?;
    let secret = read.trim();
    let fits = !secret.is_empty() && secret.len() <= KEY_BYTES_MAX;
    if !fits || !secret.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
        let message = format!("speech.key_file {name}: one line of at most {KEY_BYTES_MAX} bytes");
        return Err(Exit::new(Failure::Config, message));
    }
    let (name, value) = header.split_once(':').unwrap_or(("authorization", "Bearer {key}"));
    let name = name.trim().to_ascii_lowercase();
    Ok(Some((name, value.trim().replace("{key}", secret))))
}

/// Starts to render, where there is an engine. One that does not answer keeps no call from being answered.
pub(super) fn start(config: &Config, store: StoreHandle) -> Result<Option<SpeechThread>, Exit> {
    let Some(engine) = engine(config)? else { return Ok(None) };
    let wall = clock::system().wall;
    SpeechThread::start(SpeechConfig { engine, store, wall })
        .map(Some)
        .map_err(|error| Exit::new(Failure::Unavailable, format!("speech: {error}")))
}

/// What `doctor` sees of the engine: it says a sentence.
pub(super) fn look(config: &Config, clock: Clock) -> Result<String, String> {
    let Some(engine) = engine(config).map_err(|exit| exit.message)? else {
        return Ok("none (speech.engine): replies are told by text or by a person".to_owned());
    };
    let begun = (clock.monotonic)();
    let said = engine.speak(TRIAL, &AtomicBool::new(false)).map_err(|fault| {
        format!("it does not speak: {fault}. Replies are told by text or by a person meanwhile")
    })?;
    let took = (clock.monotonic)().saturating_duration_since(begun).as_millis();
    let (whole, tenths) = (said.alaw.len() / SECOND, said.alaw.len() % SECOND * 10 / SECOND);
    Ok(format!("it said a sentence of {whole}.{tenths} s in {took} ms"))
}
