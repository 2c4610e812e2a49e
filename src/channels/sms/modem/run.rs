//! The thread of one modem: its port, its time, its end.

use super::link::Port;
use super::{Driver, DriverConfig, Ports, REOPEN};
use crate::proto::modem::{Input, SUBMIT};
use jiff::Timestamp;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

/// Between two looks at whether it should end.
const BEAT: Duration = Duration::from_millis(200);
/// How long a text is waited for at the end: as long as the network may take, and for the store.
const END: Duration = SUBMIT.saturating_add(BEAT.saturating_mul(50));
/// Octets that are read at once.
const READ_BYTES: usize = 4_096;

/// The clocks.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// For every timer.
    pub monotonic: fn() -> Instant,
    /// For what people read.
    pub wall: fn() -> Timestamp,
}

/// Drives a modem until the sender of `ending` is dropped; a text that it has is waited for.
pub fn run<P: Ports>(config: DriverConfig, ports: P, times: Times, ending: &Receiver<()>) {
    let (line, account) = (config.line.clone(), config.account.clone());
    let mut driver = Driver::new(config, ports, (times.monotonic)());
    let mut port: Option<Port> = None;
    let mut open_at = (times.monotonic)();
    let mut is_told = false;
    let mut end_by: Option<Instant> = None;
    loop {
        let (now, wall) = ((times.monotonic)(), (times.wall)());
        if end_by.is_some() || !matches!(ending.try_recv(), Err(TryRecvError::Empty)) {
            driver.take_no_more();
            if !driver.is_busy() || *end_by.get_or_insert(now + END) <= now {
                return;
            }
        }
        if port.is_none() && open_at <= now {
            match line.open() {
                Ok(opened) => {
                    port = Some(opened);
                    is_told = false;
                    driver.handle(now, wall, Input::Connected);
                }
                Err(error) => {
                    if !is_told {
                        tracing::error!(account, %error, "ALARM the port of a modem cannot be opened");
                    }
                    is_told = true;
                    open_at = now + REOPEN;
                }
            }
        }
        let outcome = turn(&mut driver, port.as_mut(), times);
        if let Err(error) = &outcome {
            tracing::warn!(account, %error, "the port of a modem is gone: opened again");
        }
        let now = (times.monotonic)();
        if port.is_some() && (outcome.is_err() || driver.wants_reopen()) {
            port = None;
            open_at = now + REOPEN;
            driver.handle(now, (times.wall)(), Input::Disconnected);
        }
    }
}

/// Writes what is to be written, reads what comes within a beat, and lets time pass.
fn turn<P: Ports>(
    driver: &mut Driver<P>,
    port: Option<&mut Port>,
    times: Times,
) -> Result<(), std::io::Error> {
    let written = driver.written();
    let until = driver.poll_timeout().saturating_duration_since((times.monotonic)()).min(BEAT);
    match port {
        Some(port) => {
            port.write(&written)?;
            let mut buffer = [0; READ_BYTES];
            let read = port.read(&mut buffer, until)?;
            if !read.is_empty() {
                driver.handle((times.monotonic)(), (times.wall)(), Input::Bytes(read));
            }
        }
        None => std::thread::sleep(until.max(Duration::from_millis(1))),
    }
    driver.handle_timeout((times.monotonic)(), (times.wall)());
    Ok(())
}
