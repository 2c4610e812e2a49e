//! The public contract of the command line: words, exit codes, JSON, signals, what is never logged.

// A test that cannot go on must stop loudly, and it waits on the real clock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

#[path = "../casework/desk.rs"]
mod desk;
#[path = "../support/mod.rs"]
mod support;

mod accounts;
mod audit;
mod backup;
mod calendar;
mod casework;
mod config;
mod demo;
mod directory;
mod doctor;
mod down;
mod figures;
mod help;
mod hygiene;
mod keys;
mod numbers;
mod plain;
mod published;
mod queue;
mod report;
mod retention;
mod sealed;
mod sealed_log;
mod seats;
mod signals;
mod verbs;
mod verify;
mod webhooks;

use std::net::{SocketAddr, UdpSocket};
use std::process::{Command, Stdio};
use std::time::Duration;
use support::service::BINARY;

/// What a verb did.
#[derive(Debug)]
struct Outcome {
    code: i32,
    out: String,
    err: String,
}

impl Outcome {
    /// What it said beside its output; of a folder that it made it tells that it made the key too.
    fn told(&self) -> String {
        let lines = self.err.lines().filter(|line| !line.contains("a master key was made"));
        lines.collect()
    }
}

/// Longest time of any verb that ends by itself; the doctor's call lasts some 15 s.
const VERB_SECONDS_MAX: &str = "60";

/// Runs a verb to its end.
fn run(arguments: &[&str]) -> Outcome {
    run_within(VERB_SECONDS_MAX, arguments)
}

/// The same, with more time.
fn run_within(seconds: &str, arguments: &[&str]) -> Outcome {
    let mut command = Command::new("timeout");
    command.args(["-k", "5", seconds, BINARY]).args(arguments).stdin(Stdio::null());
    let output = command.output().unwrap();
    Outcome {
        code: output.status.code().expect("it was not killed"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A citizen's text by SIP MESSAGE; the status it is answered with.
fn text(server: SocketAddr, from: &str, words: &str) -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let local = socket.local_addr().unwrap();
    let (port, length) = (local.port(), words.len());
    let request = format!(
        "MESSAGE sip:mayor@{server} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bK-t{port};rport\r\n\
         Max-Forwards: 70\r\nFrom: \"CANARY王\" <sip:{from}@{local}>;tag=t{port}\r\n\
         To: <sip:mayor@{server}>\r\nCall-ID: text-{port}@{local}\r\nCSeq: 1 MESSAGE\r\n\
         Content-Type: text/plain;charset=utf-8\r\nContent-Length: {length}\r\n\r\n{words}"
    );
    socket.send_to(request.as_bytes(), server).unwrap();
    let mut buffer = [0; 2048];
    let (read, _) = socket.recv_from(&mut buffer).expect("a text is answered");
    let answer = String::from_utf8_lossy(&buffer[..read]).into_owned();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}
