//! Who is signed in. A session is known by a random token in a cookie; only its hash is kept, so that
//! a copy of the memory signs nobody in.

use crate::units::SeatNumber;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Sessions at once; the one that was idle longest gives way.
pub const SESSIONS_MAX: usize = 1_024;
/// Without an open page a session ends after so long.
const IDLE: Duration = Duration::from_secs(30 * 60);
/// A session ends after so long in any case: one shift, and who stays signs in again.
const LIFE: Duration = Duration::from_secs(12 * 3_600);

/// What is kept of a token.
pub(super) type TokenHash = [u8; 32];

#[derive(Debug)]
struct Session {
    seat: SeatNumber,
    /// Since when the account that was signed in with is as it is.
    account: Timestamp,
    began: Instant,
    used: Instant,
    pages: usize,
}

impl Session {
    fn is_over(&self, now: Instant) -> bool {
        let idle = self.pages == 0 && now.duration_since(self.used) >= IDLE;
        idle || now.duration_since(self.began) >= LIFE
    }
}

/// All sessions.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    sessions: HashMap<TokenHash, Session>,
}

/// The hash of a token.
pub(super) fn hash(token: &str) -> TokenHash {
    Sha256::digest(token).into()
}

impl Sessions {
    /// Begins a session under a token that was just drawn.
    pub(super) fn begin(
        &mut self,
        token: &str,
        seat: SeatNumber,
        account: Timestamp,
        now: Instant,
    ) {
        self.sessions.retain(|_, session| !session.is_over(now));
        if self.sessions.len() >= SESSIONS_MAX {
            let idlest = self.sessions.iter().min_by_key(|(_, s)| (s.pages, s.used));
            if let Some(idlest) = idlest.map(|(hash, _)| *hash) {
                self.sessions.remove(&idlest);
            }
        }
        let session = Session { seat, account, began: now, used: now, pages: 0 };
        self.sessions.insert(hash(token), session);
    }

    /// The account of a seat is as it is since then, or is no more: whoever signed in with another
    /// one is signed out. Whether there was anybody.
    pub(super) fn changed(&mut self, seat: &SeatNumber, account: Option<Timestamp>) -> bool {
        let before = self.sessions.len();
        self.sessions
            .retain(|_, session| session.seat != *seat || Some(session.account) == account);
        self.sessions.len() < before
    }

    /// Whose session it is; using it keeps it alive.
    pub(super) fn seat(&mut self, token: &TokenHash, now: Instant) -> Option<SeatNumber> {
        let session = self.sessions.get_mut(token).filter(|session| !session.is_over(now))?;
        session.used = now;
        Some(session.seat.clone())
    }

    /// A page of it was opened or closed.
    pub(super) fn page(&mut self, token: &TokenHash, opened: bool, now: Instant) {
        if let Some(session) = self.sessions.get_mut(token) {
            session.used = now;
            session.pages =
                if opened { session.pages + 1 } else { session.pages.saturating_sub(1) };
        }
    }

    /// Signs out.
    pub(super) fn end(&mut self, token: &TokenHash) -> bool {
        self.sessions.remove(token).is_some()
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // The beginning of a virtual time.
mod tests {
    use super::*;

    const ACCOUNT: Timestamp = Timestamp::UNIX_EPOCH;

    fn seat(number: &str) -> SeatNumber {
        SeatNumber::parse(number).unwrap()
    }

    #[test]
    fn a_session_ends_when_it_is_idle_and_not_while_a_page_is_open() {
        let (mut sessions, now) = (Sessions::default(), Instant::now());
        sessions.begin("t", seat("801"), ACCOUNT, now);
        let token = hash("t");
        assert_eq!(sessions.seat(&token, now + IDLE / 2), Some(seat("801")));
        assert_eq!(sessions.seat(&token, now + IDLE), Some(seat("801")), "it was used meanwhile");
        sessions.page(&token, true, now + IDLE);
        assert!(sessions.seat(&token, now + 3 * IDLE).is_some());
        sessions.page(&token, false, now + 3 * IDLE);
        assert!(sessions.seat(&token, now + 4 * IDLE).is_none());
        assert!(sessions.seat(&hash("x"), now).is_none());
    }

    #[test]
    fn a_session_ends_after_a_shift_and_by_signing_out() {
        let (mut sessions, now) = (Sessions::default(), Instant::now());
        sessions.begin("t", seat("801"), ACCOUNT, now);
        sessions.page(&hash("t"), true, now);
        assert!(sessions.seat(&hash("t"), now + LIFE).is_none());
        sessions.begin("u", seat("801"), ACCOUNT, now);
        assert!(sessions.end(&hash("u")) && !sessions.end(&hash("u")));
        assert!(sessions.seat(&hash("u"), now).is_none());
    }

    #[test]
    fn a_session_of_a_changed_or_removed_account_ends_and_one_of_the_present_account_stays() {
        let (mut sessions, now) = (Sessions::default(), Instant::now());
        let later = ACCOUNT + Duration::from_secs(1);
        sessions.begin("old", seat("801"), ACCOUNT, now);
        sessions.begin("new", seat("801"), later, now);
        sessions.begin("other", seat("802"), ACCOUNT, now);
        assert!(sessions.changed(&seat("801"), Some(later)));
        assert!(!sessions.changed(&seat("801"), Some(later)));
        assert!(sessions.seat(&hash("old"), now).is_none());
        assert!(sessions.seat(&hash("new"), now).is_some());
        assert!(sessions.changed(&seat("801"), None));
        assert!(sessions.seat(&hash("new"), now).is_none());
        assert!(sessions.seat(&hash("other"), now).is_some());
    }

    #[test]
    fn there_is_room_for_the_newest() {
        let (mut sessions, now) = (Sessions::default(), Instant::now());
        for n in 0..=SESSIONS_MAX {
            let at = now + Duration::from_millis(n as u64);
            sessions.begin(&n.to_string(), seat("801"), ACCOUNT, at);
        }
        assert_eq!(sessions.sessions.len(), SESSIONS_MAX);
        assert!(sessions.seat(&hash("0"), now + Duration::from_secs(9)).is_none());
        let newest = hash(&SESSIONS_MAX.to_string());
        assert!(sessions.seat(&newest, now + Duration::from_secs(9)).is_some());
    }
}
