//! `mayorline doctor`: calls the line over real sockets on this machine, looks at disk, clock, time
//! zone and scheduling, and says in plain words what is wrong.

mod dial;
mod machine;
mod port;

use super::backup;
use super::clock;
use super::common::{Common, say};
use super::config::{Config, SpeechEngine};
use super::exit::{Exit, Failure};
use super::serve::Service;
use super::speech;
use crate::gateway::clock::Clock;
use crate::media::level;
use crate::store::{CallDetail, DataFolder, Reader, SoundKeys};
use dial::Dialled;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::oneshot;

/// Speech and tones are well above this level, in dBov; an idle line is far below.
const HEARD_DBOV_MIN: f64 = -45.0;
/// The tone that the self-test speaks.
const TONE_HZ: f64 = 440.0;
/// How long both sides are listened to: past greeting and notice, so that the recording runs.
const TALK: Duration = Duration::from_secs(14);
/// The key that is pressed (9: hear it again) and its RFC 4733 code.
const KEY: (char, u8) = ('9', 9);

/// One thing looked at.
pub(super) struct Finding {
    what: &'static str,
    /// What was seen, or what is wrong and what to do.
    outcome: Result<String, String>,
}

impl Finding {
    pub(super) fn new(what: &'static str, outcome: Result<String, String>) -> Self {
        Self { what, outcome }
    }
}

/// Runs every check and prints a line for each; fails when one is wrong.
pub(super) fn doctor(common: &Common) -> Result<(), Exit> {
    let config = common.load()?;
    let clock = clock::system();
    let mut findings = machine::look(&config, &common.folder(&config).path, clock);
    findings.push(Finding::new("backup", backup::look(&config, &common.folder(&config), clock)));
    findings.push(Finding::new("speech engine", speech::look(&config, clock)));
    findings.extend(line(&config, clock));
    let mut wrong = 0;
    for Finding { what, outcome } in &findings {
        match outcome {
            Ok(seen) => say(&format!("ok     {what}: {seen}\n"))?,
            Err(fault) => {
                wrong += 1;
                say(&format!("WRONG  {what}: {fault}\n"))?;
            }
        }
    }
    if wrong == 0 {
        Ok(())
    } else {
        Err(Exit::new(Failure::Unavailable, format!("{wrong} of {} checks failed", findings.len())))
    }
}

/// A folder of our own below the system's, gone when the check is over.
struct Scratch(PathBuf);

impl Scratch {
    fn new(clock: Clock) -> Self {
        let name = format!("mayorline-doctor-{}", (clock.wall)().as_nanosecond());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left over in the temporary folder harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Starts a line beside the real one, on the configured address, and calls it.
fn line(config: &Config, clock: Clock) -> Vec<Finding> {
    let scratch = Scratch::new(clock);
    let mut own = config.clone();
    own.sip.udp.set_port(0);
    own.sip.tcp.set_port(0);
    own.web.listen.set_port(0);
    own.sip.tls.set_port(0);
    own.sip.advertised = None;
    own.service.drain_seconds = 1;
    own.speech.engine = SpeechEngine::None;
    // The copies are those of the real data.
    own.backup.folder = PathBuf::new();
    // What the line hears is judged by its recording, whatever the real one keeps.
    own.media.record_calls = true;
    let (stop, stopped) = oneshot::channel::<()>();
    let (ready, addresses) = std::sync::mpsc::sync_channel(1);
    // The trial line seals with a key of its own.
    let data = DataFolder::from(&scratch.0);
    let service = std::thread::spawn(move || run_line(&own, data, &ready, stopped));
    let called = match addresses.recv() {
        Ok(Ok(address)) => call(clock, reachable(address)),
        Ok(Err(fault)) => Err(fault),
        Err(_) => Err("the line could not be started".to_owned()),
    };
    drop(stop);
    // The line ends by itself; a panic in it shows as a failed call.
    let _ = service.join();
    match called {
        Ok(observed) => observed.findings(&scratch.0),
        Err(fault) => vec![Finding::new("call", Err(fault))],
    }
}

fn run_line(
    config: &Config,
    data: DataFolder,
    ready: &std::sync::mpsc::SyncSender<Result<SocketAddr, String>>,
    stopped: oneshot::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return };
    runtime.block_on(async {
        match Service::open(config, data, false).await {
            Ok(Service { line, store, .. }) => {
                // Nobody waits for the address only when the check was given up.
                let _ = ready.send(Ok(line.addresses().0));
                let stop = async {
                    let _ = stopped.await;
                };
                line.run(stop, std::future::pending()).await;
                store.close();
            }
            Err(exit) => {
                let _ = ready.send(Err(exit.message));
            }
        }
    });
}

/// A wildcard address is called by its loopback.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        let loopback: std::net::IpAddr = if address.is_ipv4() {
            std::net::Ipv4Addr::LOCALHOST.into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        };
        address.set_ip(loopback);
    }
    address
}

/// What the caller saw and heard.
struct Observed {
    answered_after: Duration,
    heard_dbov: f64,
    packets_expected: usize,
    packets_heard: usize,
    strangers: usize,
}

fn call(clock: Clock, server: SocketAddr) -> Result<Observed, String> {
    let mut line = Dialled::call(clock, server)?;
    let heard = line.talk(TALK, TONE_HZ);
    line.press(KEY.1);
    line.talk(Duration::from_secs(1), TONE_HZ);
    let answered_after = line.answered_after;
    line.hang_up()?;
    Ok(Observed {
        answered_after,
        heard_dbov: level::measure(&heard.samples).active_dbov,
        packets_expected: usize::try_from(TALK.as_millis() / 20).unwrap_or(0),
        packets_heard: heard.samples.len() / 160,
        strangers: heard.strangers,
    })
}

impl Observed {
    fn findings(&self, data: &Path) -> Vec<Finding> {
        vec![
            Finding::new(
                "call",
                Ok(format!("answered after {} ms", self.answered_after.as_millis())),
            ),
            Finding::new("what the caller hears", self.greeting()),
            Finding::new("what the line hears", recorded(data)),
            Finding::new("keys", key(data)),
        ]
    }

    fn greeting(&self) -> Result<String, String> {
        if self.packets_heard == 0 && self.strangers > 0 {
            return Err("audio comes from another address than the SDP names: behind NAT set \
                        sip.advertised to the address that callers see"
                .to_owned());
        }
        if self.heard_dbov < HEARD_DBOV_MIN {
            return Err("the greeting is silent: look at a firewall for the ports of media.ports \
                        and at mayorline prompts check"
                .to_owned());
        }
        if self.packets_heard * 100 < self.packets_expected * 98 {
            return Err(format!(
                "{} of {} packets arrived: the machine is overloaded or the network loses packets",
                self.packets_heard, self.packets_expected
            ));
        }
        Ok(format!("speech at {:.0} dBov, {} packets", self.heard_dbov, self.packets_heard))
    }
}

/// The citizen's side of the call's recording holds the tone that was spoken.
fn recorded(data: &Path) -> Result<String, String> {
    let call = last_call(data)?;
    let file = call.recordings.first().ok_or("the call has no recording")?;
    let keys = SoundKeys::new(&DataFolder::from(data));
    let sound = keys.open(&data.join(&file.file)).map_err(|error| error.to_string())?;
    let bytes = sound.read(0, u64::MAX).map_err(|error| error.to_string())?;
    let frames = bytes.chunks_exact(usize::from(sound.channels().frame_bytes()));
    let citizen: Vec<i16> =
        frames.filter_map(|f| f.first_chunk().map(|&first| i16::from_le_bytes(first))).collect();
    let dbov = level::rms_dbov(&citizen);
    if dbov < HEARD_DBOV_MIN {
        return Err(
            "the caller is not heard: look at a firewall for the ports of media.ports".into()
        );
    }
    Ok(format!("the caller's tone at {dbov:.0} dBov in the recording"))
}

fn key(data: &Path) -> Result<String, String> {
    let call = last_call(data)?;
    if call.digits.contains(KEY.0) {
        Ok(format!("key {} arrived once, by RFC 4733", KEY.0))
    } else {
        Err("the key that was pressed did not arrive: the carrier must send telephone-event".into())
    }
}

fn last_call(data: &Path) -> Result<CallDetail, String> {
    let reader = Reader::open(data).map_err(|error| error.to_string())?;
    let calls = reader.calls(1).map_err(|error| error.to_string())?;
    let newest = calls.first().ok_or("the call is not in the ledger")?;
    let id = crate::units::CallId::parse(&newest.id).map_err(|error| error.to_string())?;
    reader.call(&id).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
