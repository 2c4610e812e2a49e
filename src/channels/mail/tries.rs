//! Mails that their server cannot give: one of them keeps no other.

use std::collections::BTreeMap;
use std::fmt::Debug;

/// Tries of one mail that its server cannot give; the others go on then, and it is tried now and then.
const FETCH_TRIES_MAX: u8 = 3;
/// Rounds between the later tries: an hour.
const ROUNDS_BETWEEN: u64 = 60;

/// What failed, as long as the process lives.
#[derive(Debug)]
pub(super) struct Tries<K> {
    /// How often a fetch failed.
    failed: BTreeMap<K, u8>,
    /// Times that the mailbox was looked at.
    rounds: u64,
}

impl<K> Default for Tries<K> {
    fn default() -> Self {
        Self { failed: BTreeMap::new(), rounds: 0 }
    }
}

impl<K: Ord + Debug> Tries<K> {
    /// The mailbox is looked at; what is not there any more is forgotten.
    pub(super) fn begin_round(&mut self, is_there: impl Fn(&K) -> bool) {
        self.rounds += 1;
        self.failed.retain(|mail, _| is_there(mail));
    }

    /// Whether a mail is tried now. The try has failed until [`Self::fetched`] is told.
    pub(super) fn begin(&mut self, mail: K) -> bool {
        let is_later = self.rounds.is_multiple_of(ROUNDS_BETWEEN);
        let tries = self.failed.get(&mail).copied().unwrap_or(0);
        if tries >= FETCH_TRIES_MAX && !is_later {
            return false;
        }
        let tries = tries.saturating_add(1);
        if tries == FETCH_TRIES_MAX {
            tracing::error!(
                ?mail,
                "ALARM a mail cannot be fetched so far; it stays on its server, the others go on"
            );
        }
        self.failed.insert(mail, tries);
        true
    }

    /// The server gave it.
    pub(super) fn fetched(&mut self, mail: &K) {
        self.failed.remove(mail);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_that_cannot_be_fetched_is_tried_thrice_and_then_once_an_hour() {
        let mut tries = Tries::default();
        let tried: Vec<u64> = (1..=150)
            .filter(|_| {
                tries.begin_round(|_| true);
                tries.begin(7)
            })
            .collect();
        assert_eq!(tried, [1, 2, 3, 60, 120]);
        tries.fetched(&7);
        assert!(tries.begin(7), "it was given");
    }

    #[test]
    fn what_has_left_the_mailbox_is_forgotten() {
        let mut tries = Tries::default();
        for _ in 0..4 {
            tries.begin_round(|_| true);
            tries.begin(7);
        }
        assert!(!tries.begin(7));
        tries.begin_round(|mail| *mail != 7);
        assert!(tries.begin(7), "another one has its number");
    }
}
