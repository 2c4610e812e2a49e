//! Which texts of SMPP are brought again, and which are written again. The protocol gives them no name, and
//! a citizen may well answer 1 twice in a day: only what we have not surely acknowledged is taken for a
//! repetition.

use jiff::Timestamp;
use std::collections::HashMap;

/// Texts that are remembered; beyond it the oldest are forgotten, and would count as new.
pub const RECENT_MAX: usize = 4_096;

/// A gateway that has spoken so long after our acknowledgement has surely read it, in seconds.
const SURE_SECONDS: i64 = 60;

#[derive(Debug, Clone, Copy)]
struct Text {
    first_at: Timestamp,
    /// When its acknowledgement was sent, on the connection that is up.
    acknowledged_at: Option<Timestamp>,
    /// The gateway has it.
    is_sure: bool,
}

/// The texts of one account, by their content.
#[derive(Debug, Default)]
pub(super) struct Recent(HashMap<[u8; 32], Text>);

impl Recent {
    /// When this text came first: now, unless it may be a repetition.
    pub(super) fn first_at(&mut self, content: [u8; 32], now: Timestamp) -> Timestamp {
        let known = self.0.get(&content).filter(|text| !text.is_sure);
        // On one connection what was acknowledged is not brought again.
        let known = known.filter(|text| text.acknowledged_at.is_none());
        if let Some(text) = known {
            return text.first_at;
        }
        if self.0.len() >= RECENT_MAX {
            self.forget();
        }
        let text = Text { first_at: now, acknowledged_at: None, is_sure: false };
        self.0.insert(content, text);
        now
    }

    /// Its acknowledgement was sent.
    pub(super) fn acknowledged(&mut self, content: [u8; 32], now: Timestamp) {
        if let Some(text) = self.0.get_mut(&content) {
            text.acknowledged_at = Some(now);
        }
    }

    /// The connection is gone: whether the gateway read what was sent last is not known.
    pub(super) fn lost(&mut self, now: Timestamp) {
        for text in self.0.values_mut() {
            if let Some(at) = text.acknowledged_at.take() {
                text.is_sure |= now.duration_since(at).as_secs() >= SURE_SECONDS;
            }
        }
        self.0.retain(|_, text| !text.is_sure);
    }

    /// The older half.
    fn forget(&mut self) {
        let mut times: Vec<Timestamp> = self.0.values().map(|text| text.first_at).collect();
        times.sort_unstable();
        let middle = times.get(times.len() / 2).copied().unwrap_or(Timestamp::MAX);
        self.0.retain(|_, text| text.first_at > middle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan as _;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH.saturating_add(seconds.seconds()).unwrap()
    }

    #[test]
    fn a_text_that_was_not_acknowledged_is_the_same_when_it_is_brought_again() {
        let mut recent = Recent::default();
        assert_eq!(recent.first_at([1; 32], at(0)), at(0));
        assert_eq!(recent.first_at([1; 32], at(30)), at(0), "brought again before the answer");
        recent.lost(at(40));
        assert_eq!(recent.first_at([1; 32], at(50)), at(0), "and on the next connection");
        assert_eq!(recent.first_at([2; 32], at(50)), at(50), "another text is another");
    }

    #[test]
    fn one_whose_acknowledgement_may_be_lost_is_the_same_and_a_sure_one_is_new() {
        let mut recent = Recent::default();
        recent.first_at([1; 32], at(0));
        recent.acknowledged([1; 32], at(1));
        recent.lost(at(2));
        assert_eq!(recent.first_at([1; 32], at(5)), at(0), "the answer may not have arrived");
        recent.acknowledged([1; 32], at(6));
        assert_eq!(recent.first_at([1; 32], at(20)), at(20), "a citizen says it again");
        recent.acknowledged([1; 32], at(21));
        recent.lost(at(500));
        assert_eq!(recent.first_at([1; 32], at(510)), at(510), "the answer was read long ago");
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let mut recent = Recent::default();
        for number in 0..10_000_u32 {
            let mut content = [0; 32];
            content[..4].copy_from_slice(&number.to_be_bytes());
            recent.first_at(content, at(i64::from(number)));
            assert!(recent.0.len() <= RECENT_MAX);
        }
    }
}
