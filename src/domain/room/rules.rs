//! The numbers of a conversation.

use std::time::Duration;

/// People in one conversation at once, the citizen and those that are rung included: citizen,
/// operator, unit, leader, second unit.
pub const PARTIES_MAX: usize = 5;
/// Supervisors and assistants that listen to one conversation at once, besides.
pub const WATCHERS_MAX: usize = 2;
/// Parties that one conversation can have had in all.
pub const PARTIES_EVER_MAX: u32 = 64;
/// Contacts of a unit that are rung one after the other.
pub const CONTACTS_MAX: usize = 2;
/// Wrap-ups of one conversation that the store was asked for and has not answered.
pub const WRAP_UP_ATTEMPTS_MAX: usize = 32;

/// How long things take at most. Proposed values where no source gives one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomRules {
    /// A party is rung so long (A5: 25 s, then the second contact).
    pub ring: Duration,
    /// A citizen that is called back is rung so long.
    pub ring_citizen: Duration,
    /// A unit may think so long after W02 before it counts as nobody: a machine never presses 1.
    pub key_wait: Duration,
    /// A sentence that has not reported its end by then is taken as over.
    pub play_max: Duration,
    /// A citizen who is kept waiting hears W08 again after so long.
    pub remind: Duration,
    /// A secret ends by itself after so long.
    pub secret_max: Duration,
    /// Citizen and unit may talk so long without a seat.
    pub unattended_max: Duration,
    /// The store may take so long over a wrap-up before the seat is told that it is not
    /// known to be stored.
    pub store_max: Duration,
    /// A seat's wrap-up is closed without a disposition after so long.
    pub wrap_up_max: Duration,
}

impl Default for RoomRules {
    fn default() -> Self {
        Self {
            ring: Duration::from_secs(25),
            ring_citizen: Duration::from_secs(40),
            key_wait: Duration::from_secs(10),
            play_max: Duration::from_secs(30),
            remind: Duration::from_secs(30),
            secret_max: Duration::from_secs(180),
            unattended_max: Duration::from_secs(30 * 60),
            store_max: Duration::from_secs(10),
            wrap_up_max: Duration::from_secs(4 * 3_600),
        }
    }
}

impl RoomRules {
    /// The longest that one dial takes until somebody has answered, pressed a key, or has not:
    /// every contact may ring, answer, hear W02 and press nothing.
    #[must_use]
    pub fn dial_max(&self) -> Duration {
        let contact = self.ring + self.play_max + self.key_wait;
        let contacts = u32::try_from(CONTACTS_MAX).unwrap_or(u32::MAX);
        self.ring_citizen.max(contact * contacts)
    }
}
