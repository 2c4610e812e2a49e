//! What is next to be said, and what comes of it.

use super::{Engine, SpeechFault, is_set};
use crate::domain::speech::rendering::EngineRest;
use crate::store::{SpeechJob, StoreError, StoreHandle};
use jiff::Timestamp;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// Between two looks at what is to be said.
pub const SPEECH_LOOK: Duration = Duration::from_secs(1);

/// The store answers within this, or is down.
const STORE_WAIT: Duration = Duration::from_secs(10);
/// Looks between two tidyings.
const TIDY_LOOKS: u32 = 60;

/// What replies are rendered with.
#[derive(Clone)]
pub struct SpeechConfig {
    /// Who speaks.
    pub engine: Engine,
    /// The running store.
    pub store: StoreHandle,
    /// The wall clock.
    pub wall: fn() -> Timestamp,
}

/// The running thread.
#[derive(Debug)]
pub struct SpeechThread {
    stop: Arc<AtomicBool>,
    ending: SyncSender<()>,
    handle: JoinHandle<()>,
}

impl SpeechThread {
    /// Starts to render.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start(config: SpeechConfig) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let (ending, ended) = sync_channel(1);
        let mut speaker = Speaker { config, stop: Arc::clone(&stop), rest: EngineRest::default() };
        let handle = Builder::new().name("speech".to_owned()).spawn(move || speaker.run(&ended))?;
        Ok(Self { stop, ending, handle })
    }

    /// Ends it: what is not finished is done by the next start.
    pub fn finish(self) {
        self.stop.store(true, Ordering::Relaxed);
        drop(self.ending);
        if self.handle.join().is_err() {
            tracing::error!("the thread of the speech engine died");
        }
    }
}

/// What came of a look.
enum Look {
    /// Something was to be said: there may be more.
    Spoke,
    /// Nothing is to be said, or not now.
    Nothing,
}

struct Speaker {
    config: SpeechConfig,
    stop: Arc<AtomicBool>,
    rest: EngineRest,
}

impl Speaker {
    fn run(&mut self, ended: &Receiver<()>) {
        let mut looks: u32 = 0;
        loop {
            // A fault of ours costs one look, not the voice.
            let look = catch_unwind(AssertUnwindSafe(|| self.look())).unwrap_or_else(|_| {
                tracing::error!("ALARM a fault of ours stopped the speech engine: it goes on");
                Look::Nothing
            });
            let pause = match look {
                Look::Spoke => Duration::ZERO,
                Look::Nothing => SPEECH_LOOK,
            };
            looks = looks.wrapping_add(1);
            if looks.is_multiple_of(TIDY_LOOKS) {
                self.tidy();
            }
            if is_set(&self.stop)
                || !matches!(ended.recv_timeout(pause), Err(RecvTimeoutError::Timeout))
            {
                return;
            }
        }
    }

    fn now(&self) -> Timestamp {
        (self.config.wall)()
    }

    fn tidy(&self) {
        let now = self.now();
        match self.config.store.wait(STORE_WAIT, |store, answer| store.speech_tidy(now, answer)) {
            Ok(0) | Err(StoreError::Unavailable) => {}
            Ok(gone) => tracing::info!(gone, "what was said long ago was taken away"),
            Err(error) => tracing::warn!(%error, "what was said long ago is still there"),
        }
    }

    fn look(&mut self) -> Look {
        let now = self.now();
        if !self.rest.is_over(now) {
            return Look::Nothing;
        }
        let next =
            self.config.store.wait(STORE_WAIT, |store, answer| store.speech_next(now, answer));
        let job = match next {
            Ok(Some(job)) => job,
            Ok(None) | Err(StoreError::Unavailable) => return Look::Nothing,
            Err(error) => {
                tracing::error!(%error, "what is to be said cannot be read");
                return Look::Nothing;
            }
        };
        match self.say(&job) {
            Ok(true) => {
                self.rest.answered();
                let ready = job.clone();
                let ready = self
                    .config
                    .store
                    .wait(STORE_WAIT, |store, answer| store.speech_ready(ready, answer));
                if let Err(error) = ready {
                    tracing::warn!(%error, "a spoken reply is finished by the next try");
                }
            }
            // Sealed, erased or another text meanwhile.
            Ok(false) | Err(SpeechFault::Stopped) => {}
            Err(fault) => self.failed(job, &fault),
        }
        Look::Spoke
    }

    /// Says what is missing. `false`: nobody is to hear it any more.
    fn say(&self, job: &SpeechJob) -> Result<bool, SpeechFault> {
        for sentence in &job.missing {
            let sound = self.config.engine.speak(&sentence.text, &self.stop)?;
            let (case, words) = (job.case, sentence.words);
            let put = self
                .config
                .store
                .wait(STORE_WAIT, |store, answer| store.speech_put(case, words, sound, answer));
            match put {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(error) => {
                    tracing::warn!(%error, "a spoken sentence is not stored; said again later");
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn failed(&mut self, job: SpeechJob, fault: &SpeechFault) {
        let (case, kind, word) = (job.case, job.kind, fault.word());
        if fault.is_of_sentence() {
            tracing::warn!(case, ?kind, %fault, "a text is not spoken; it is told by text or by a person");
        } else if self.rest.failed(self.now()) {
            tracing::error!(%fault, "ALARM the speech engine does not speak: replies are told by text or by \
                a person meanwhile, and it is tried again");
        }
        let stored = self
            .config
            .store
            .wait(STORE_WAIT, |store, answer| store.speech_failed(job, word, answer));
        if let Err(error) = stored {
            tracing::debug!(%error, "a failed try is not noted");
        }
    }
}
