//! One connection: characters to command lines, echo, prompt, and what comes unasked.

use super::command::Answer;
use super::{BEAT, Modem, State, lock};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Ends a PDU, and gives it up.
const CTRL_Z: u8 = 0x1A;
const ESCAPE: u8 = 0x1B;
/// Longest command line and PDU that is read.
const TYPED_MAX: usize = 1_024;

/// The modem's end of a line, whatever carries it.
struct Port<'a> {
    state: &'a Mutex<State>,
    echo: bool,
    typed: Vec<u8>,
    /// The length given with `AT+CMGS`, while the prompt is open.
    prompt: Option<usize>,
    said: Vec<u8>,
}

/// The same without a socket, for tests on a clock of their own: what is typed is answered at once.
pub struct Direct<'a>(Port<'a>);

impl<'a> Direct<'a> {
    /// On this modem.
    pub fn new(modem: &'a Modem) -> Self {
        Self(Port::new(&modem.state))
    }

    /// Types, and gives what the modem says to it.
    pub fn type_in(&mut self, bytes: &[u8]) -> Vec<u8> {
        bytes.iter().for_each(|byte| self.0.typed(*byte));
        self.0.unsolicited();
        std::mem::take(&mut self.0.said)
    }
}

pub(super) fn serve(mut stream: TcpStream, state: &Mutex<State>, ending: &AtomicBool) {
    let ready = stream.set_nonblocking(false).and_then(|()| stream.set_read_timeout(Some(BEAT)));
    if ready.is_err() || stream.set_nodelay(true).is_err() {
        return;
    }
    lock(state).connections += 1;
    let mut port = Port::new(state);
    while !ending.load(Ordering::Relaxed) && turn(&mut stream, &mut port).is_ok() {}
    lock(state).connections -= 1;
}

/// Reads what is there, for a beat at most.
fn turn(stream: &mut TcpStream, port: &mut Port<'_>) -> std::io::Result<()> {
    let mut bytes = [0; 512];
    match stream.read(&mut bytes) {
        Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
        Ok(read) => bytes[..read].iter().for_each(|byte| port.typed(*byte)),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            port.unsolicited();
        }
        Err(error) => return Err(error),
    }
    stream.write_all(&std::mem::take(&mut port.said))
}

impl<'a> Port<'a> {
    fn new(state: &'a Mutex<State>) -> Self {
        Self { state, echo: true, typed: Vec::new(), prompt: None, said: Vec::new() }
    }

    /// What comes unasked stands between commands only.
    fn unsolicited(&mut self) {
        let mut state = lock(self.state);
        if state.faults.silent || self.prompt.is_some() || !self.typed.is_empty() {
            return;
        }
        while let Some(line) = state.unsolicited.pop_front() {
            state.note(format!("({})", line.trim()));
            self.said.extend_from_slice(line.as_bytes());
        }
    }

    fn typed(&mut self, byte: u8) {
        if lock(self.state).faults.silent {
            self.typed.clear();
            self.prompt = None;
            return;
        }
        if self.echo {
            self.said.push(byte);
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
                if let Some(answer) = answer {
                    self.say(&answer);
                }
            }
            (Some(_), ESCAPE) => {
                self.typed.clear();
                self.prompt = None;
                self.say(&Answer::Ok(String::new()));
            }
            (None, b'\r') => {
                let typed = std::mem::take(&mut self.typed);
                self.line(&String::from_utf8_lossy(&typed));
            }
            (None, b'\n' | ESCAPE | CTRL_Z) => {}
            _ if self.typed.len() == TYPED_MAX => self.typed.clear(),
            _ => self.typed.push(byte),
        }
    }

    /// Whatever stands before `AT` is noise of the line.
    fn line(&mut self, line: &str) {
        let at = line.to_ascii_uppercase().find("AT");
        let Some(command) = at.and_then(|at| line.get(at + 2..)) else { return };
        let mut state = lock(self.state);
        let answer = state.answer(command, &mut self.echo);
        state.note(format!("AT{command} -> {answer:?}"));
        drop(state);
        if let Answer::Prompt(length) = answer {
            self.prompt = Some(length);
        }
        self.say(&answer);
    }

    fn say(&mut self, answer: &Answer) {
        let text = match answer {
            Answer::Ok(lines) => format!("{lines}\r\nOK\r\n"),
            Answer::Error(line) => format!("\r\n{line}\r\n"),
            Answer::Prompt(_) => "\r\n> ".to_owned(),
        };
        self.said.extend_from_slice(text.as_bytes());
    }
}
