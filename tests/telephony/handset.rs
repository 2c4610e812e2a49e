//! A foreign telephone as these tests drive it, whichever program it is.

use crate::support::clients::Seat;
use crate::support::clients::baresip::Baresip;
use crate::support::clients::linphone::Linphone;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

/// What the programs can do alike.
pub(crate) trait Handset {
    /// The words it prints at its n-th call.
    const RINGS: &'static str;
    /// At its n-th end of a call.
    const OVER: &'static str;

    fn at_seat(seat: Seat<'_>, microphone: &Path) -> Self;
    fn printed(&self, words: &str, times: usize, limit: Duration);
    fn output(&self) -> String;
    fn dial(&mut self, number: &str, server: SocketAddr);
    fn press(&mut self, keys: &str);
    fn lift(&mut self);
    fn hold(&mut self, on: bool);
    fn hang_up(&mut self);
    /// What it has heard.
    fn quit(self) -> Vec<i16>;
}

/// Both are driven by the same words; what they print differs.
macro_rules! handset {
    ($program:ty, $rings:literal, $over:literal) => {
        impl Handset for $program {
            const RINGS: &'static str = $rings;
            const OVER: &'static str = $over;

            fn at_seat(seat: Seat<'_>, microphone: &Path) -> Self {
                Self::at_seat(seat, microphone)
            }

            fn printed(&self, words: &str, times: usize, limit: Duration) {
                self.wait_printed_times(words, times, limit);
            }

            fn output(&self) -> String {
                self.output()
            }

            fn dial(&mut self, number: &str, server: SocketAddr) {
                self.dial(number, server);
            }

            fn press(&mut self, keys: &str) {
                self.press(keys);
            }

            fn lift(&mut self) {
                self.lift();
            }

            fn hold(&mut self, on: bool) {
                self.hold(on);
            }

            fn hang_up(&mut self) {
                self.hang_up();
            }

            fn quit(self) -> Vec<i16> {
                self.quit()
            }
        }
    };
}

handset!(Baresip, "Incoming call from", "terminated");
handset!(Linphone, "Receiving new incoming call from", " ended (");
