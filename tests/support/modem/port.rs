//! One connection: characters to command lines, echo, prompt, and what comes unasked.

use super::command::Answer;
use super::{BEAT, State, lock};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Ends a PDU, and gives it up.
const CTRL_Z: u8 = 0x1A;
const ESCAPE: u8 = 0x1B;
/// Longest command line and PDU that is read.
const TYPED_MAX: usize = 1_024;

struct Port<'a> {
    stream: TcpStream,
    state: &'a Mutex<State>,
    echo: bool,
    typed: Vec<u8>,
    /// The length given with `AT+CMGS`, while the prompt is open.
    prompt: Option<usize>,
}

pub(super) fn serve(stream: TcpStream, state: &Mutex<State>, ending: &AtomicBool) {
    let ready = stream.set_nonblocking(false).and_then(|()| stream.set_read_timeout(Some(BEAT)));
    if ready.is_err() || stream.set_nodelay(true).is_err() {
        return;
    }
    lock(state).connections += 1;
    let mut port = Port { stream, state, echo: true, typed: Vec::new(), prompt: None };
    while !ending.load(Ordering::Relaxed) && port.turn().is_ok() {}
    lock(state).connections -= 1;
}

impl Port<'_> {
    /// Reads what is there, for a beat at most.
    fn turn(&mut self) -> std::io::Result<()> {
        let mut bytes = [0; 512];
        match self.stream.read(&mut bytes) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                for byte in bytes.get(..read).unwrap_or_default() {
                    self.typed(*byte)?;
                }
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                self.unsolicited()?;
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// What comes unasked stands between commands only.
    fn unsolicited(&mut self) -> std::io::Result<()> {
        let mut state = lock(self.state);
        if state.faults.silent || self.prompt.is_some() || !self.typed.is_empty() {
            return Ok(());
        }
        while let Some(line) = state.unsolicited.pop_front() {
            state.note(format!("({})", line.trim()));
            self.stream.write_all(line.as_bytes())?;
        }
        Ok(())
    }

    fn typed(&mut self, byte: u8) -> std::io::Result<()> {
        if lock(self.state).faults.silent {
            self.typed.clear();
            self.prompt = None;
            return Ok(());
        }
        if self.echo {
            self.stream.write_all(&[byte])?;
        }
        match (self.prompt, byte) {
            (Some(length), CTRL_Z) => {
                let typed = std::mem::take(&mut self.typed);
                let typed = String::from_utf8_lossy(&typed).into_owned();
                self.prompt = None;
                let mut state = lock(self.state);
                let answer = state.submit(length, &typed);
                state.note(format!("{} -> {answer:?}", typed.trim()));
                drop(state);
                answer.map_or(Ok(()), |answer| self.say(&answer))
            }
            (Some(_), ESCAPE) => {
                self.typed.clear();
                self.prompt = None;
                self.say(&Answer::Ok(String::new()))
            }
            (None, b'\r') => {
                let typed = std::mem::take(&mut self.typed);
                self.line(&String::from_utf8_lossy(&typed))
            }
            (None, b'\n' | ESCAPE | CTRL_Z) => Ok(()),
            _ if self.typed.len() == TYPED_MAX => Err(ErrorKind::InvalidData.into()),
            _ => {
                self.typed.push(byte);
                Ok(())
            }
        }
    }

    /// Whatever stands before `AT` is noise of the line.
    fn line(&mut self, line: &str) -> std::io::Result<()> {
        let at = line.to_ascii_uppercase().find("AT");
        let Some(command) = at.and_then(|at| line.get(at + 2..)) else { return Ok(()) };
        let mut state = lock(self.state);
        let answer = state.answer(command, &mut self.echo);
        state.note(format!("AT{command} -> {answer:?}"));
        drop(state);
        if let Answer::Prompt(length) = answer {
            self.prompt = Some(length);
        }
        self.say(&answer)
    }

    fn say(&mut self, answer: &Answer) -> std::io::Result<()> {
        let text = match answer {
            Answer::Ok(lines) => format!("{lines}\r\nOK\r\n"),
            Answer::Error(line) => format!("\r\n{line}\r\n"),
            Answer::Prompt(_) => "\r\n> ".to_owned(),
        };
        self.stream.write_all(text.as_bytes())
    }
}
