//! The thread of one modem behind smsd.

use super::{Ports, Spool};
use jiff::Timestamp;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);
/// The same while the store is unavailable.
const LOOK_UNAVAILABLE: Duration = Duration::from_secs(5);

/// Looks at the folders until the sender of `ending` is dropped.
pub fn run<P: Ports>(spool: &mut Spool<P>, wall: fn() -> Timestamp, ending: &Receiver<()>) {
    let mut pause = LOOK;
    while matches!(ending.recv_timeout(pause), Err(RecvTimeoutError::Timeout)) {
        pause = match spool.look(wall()) {
            Ok(_) => LOOK,
            Err(_) => LOOK_UNAVAILABLE,
        };
    }
}
