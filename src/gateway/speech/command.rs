//! An engine that is a program of this machine: the text by its standard input, a WAV by its standard
//! output. No shell is between, and the text never stands in its arguments, where everybody on the machine
//! could read it.

use super::{GLANCE, SpeechBounds, SpeechFault, is_set};
use rustix::process::{Pid, Signal, kill_process_group};
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

/// Between two looks whether a program that has said everything has ended.
const ENDING: Duration = Duration::from_millis(2);

/// What a program sees of our environment: nothing that the service was given in secret.
const KEPT: [&str; 4] = ["PATH", "LANG", "LC_ALL", "HOME"];

/// A program.
#[derive(Debug, Clone)]
pub struct CommandEngine {
    /// The program and its arguments.
    pub arguments: Vec<String>,
    /// What a sentence may cost.
    pub bounds: SpeechBounds,
}

impl CommandEngine {
    /// The bytes that it gave for a sentence.
    pub(super) fn speak(&self, text: &str, stop: &AtomicBool) -> Result<Vec<u8>, SpeechFault> {
        let mut running = self.start()?;
        self.read(&mut running, text, stop)
    }

    fn start(&self) -> Result<Running, SpeechFault> {
        let (program, arguments) =
            self.arguments.split_first().ok_or_else(|| SpeechFault::Program(String::new()))?;
        let kept = KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        let child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(kept)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Of a group of its own: what it starts ends with it.
            .process_group(0)
            .spawn();
        child.map(Running).map_err(|error| {
            tracing::debug!(%error, program, "a speech engine cannot be started");
            SpeechFault::Program(program.clone())
        })
    }

    fn read(
        &self,
        running: &mut Running,
        text: &str,
        stop: &AtomicBool,
    ) -> Result<Vec<u8>, SpeechFault> {
        let (Some(mut input), Some(output)) = (running.0.stdin.take(), running.0.stdout.take())
        else {
            return Err(SpeechFault::Exit);
        };
        let limit = u64::try_from(self.bounds.bytes_max).unwrap_or(u64::MAX).saturating_add(1);
        let (tell, told) = sync_channel(1);
        let words = format!("{text}\n");
        let work = move || {
            // One that does not read on has its reasons; what it says counts.
            let writer =
                std::thread::Builder::new().name("speech-text".to_owned()).spawn(move || {
                    let _ = input.write_all(words.as_bytes());
                });
            let mut bytes = Vec::new();
            let read = output.take(limit).read_to_end(&mut bytes).map(|_| bytes);
            let _ = tell.try_send(read);
            drop(writer);
        };
        // Both threads end with the program's pipes, which end with its group.
        let reader = std::thread::Builder::new().name("speech-sound".to_owned()).spawn(work);
        reader.map_err(|_| SpeechFault::Exit)?;
        let (bytes, left) = self.wait(&told, stop)?;
        if bytes.len() > self.bounds.bytes_max {
            return Err(SpeechFault::Large(self.bounds.bytes_max));
        }
        match running.ended_well(left, stop) {
            true => Ok(bytes),
            false if is_set(stop) => Err(SpeechFault::Stopped),
            false => Err(SpeechFault::Exit),
        }
    }

    /// What it gave, and how much of its time is left.
    fn wait(
        &self,
        told: &Receiver<std::io::Result<Vec<u8>>>,
        stop: &AtomicBool,
    ) -> Result<(Vec<u8>, Duration), SpeechFault> {
        let mut left = self.bounds.timeout;
        loop {
            match told.recv_timeout(left.min(GLANCE)) {
                Ok(read) => return read.map(|bytes| (bytes, left)).map_err(|_| SpeechFault::Exit),
                Err(RecvTimeoutError::Disconnected) => return Err(SpeechFault::Exit),
                Err(RecvTimeoutError::Timeout) if is_set(stop) => return Err(SpeechFault::Stopped),
                Err(RecvTimeoutError::Timeout) if left.is_zero() => {
                    return Err(SpeechFault::Slow(self.bounds.timeout.as_secs()));
                }
                Err(RecvTimeoutError::Timeout) => left = left.saturating_sub(GLANCE),
            }
        }
    }
}

/// A program that runs; it ends with this value, and what it started with it.
struct Running(Child);

impl Running {
    /// Whether it ends by itself, without an error, once it has said everything.
    fn ended_well(&mut self, mut left: Duration, stop: &AtomicBool) -> bool {
        loop {
            match self.0.try_wait() {
                Ok(Some(status)) => return status.success(),
                // Its output is closed: it is about to end.
                Ok(None) if !left.is_zero() && !is_set(stop) => std::thread::sleep(ENDING),
                Ok(None) | Err(_) => return false,
            }
            left = left.saturating_sub(ENDING);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let group = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
        if let Some(group) = group {
            // Nothing is left of one that ended by itself and alone.
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::Ordering;

    fn shell(script: &str, seconds: u64, bytes_max: usize) -> CommandEngine {
        let arguments = ["sh", "-c", script].map(str::to_owned).to_vec();
        let timeout = Duration::from_secs(seconds);
        CommandEngine { arguments, bounds: SpeechBounds { timeout, bytes_max } }
    }

    fn speak(engine: &CommandEngine, text: &str) -> Result<Vec<u8>, SpeechFault> {
        engine.speak(text, &AtomicBool::new(false))
    }

    #[test]
    fn the_text_goes_in_and_the_sound_comes_out() {
        let said = speak(&shell("cat", 20, 1_000), "路灯").unwrap();
        assert_eq!(said, "路灯\n".as_bytes());
        // One that reads nothing is no fault, however long the text is.
        let long = "灯".repeat(100_000);
        assert_eq!(speak(&shell("printf x", 20, 1_000), &long).unwrap(), b"x");
    }

    #[test]
    fn a_program_that_is_not_there_fails_hangs_or_floods_is_told_apart() {
        let none = CommandEngine {
            arguments: vec!["/nonexistent/engine".to_owned()],
            ..shell("", 20, 1_000)
        };
        assert_eq!(speak(&none, "灯").unwrap_err().word(), "program");
        assert_eq!(speak(&shell("printf x; exit 3", 20, 1_000), "灯"), Err(SpeechFault::Exit));
        assert_eq!(speak(&shell("yes", 20, 1_000), "灯"), Err(SpeechFault::Large(1_000)));
        // A child of its own that holds the output does not outlive the bound either.
        let hangs = shell("sleep 600 & cat > /dev/null; wait", 1, 1_000);
        assert_eq!(speak(&hangs, "灯"), Err(SpeechFault::Slow(1)));
    }

    #[test]
    fn a_service_that_ends_does_not_wait_for_its_engine() {
        // The second one has said everything, and does not end.
        for script in ["exec sleep 600", "exec sleep 600 >&-"] {
            let stop = Arc::new(AtomicBool::new(false));
            let (seen, engine) = (Arc::clone(&stop), shell(script, 120, 1_000));
            let speaking = std::thread::spawn(move || engine.speak("灯", &seen));
            stop.store(true, Ordering::Relaxed);
            assert_eq!(speaking.join().unwrap(), Err(SpeechFault::Stopped), "{script}");
        }
    }

    #[test]
    fn a_program_sees_neither_the_text_in_its_arguments_nor_our_environment() {
        let shown =
            speak(&shell("tr '\\0' ' ' < /proc/$$/cmdline; env", 20, 100_000), "机密").unwrap();
        let shown = String::from_utf8_lossy(&shown);
        assert!(!shown.contains("机密") && !shown.contains("CARGO_MANIFEST_DIR"), "{shown}");
    }
}
