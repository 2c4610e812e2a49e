//! Who is signed in with an account. As for the seats, only the hash of a session's token is kept.

use crate::web::session::TokenHash;
use jiff::Timestamp;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Sessions at once; the one that was idle longest gives way.
pub const API_SESSIONS_MAX: usize = 1_024;
/// Sessions of one account; its oldest gives way.
pub const ACCOUNT_SESSIONS_MAX: usize = 5;
/// Requests of one account in a minute, by session and by token together.
pub const REQUESTS_PER_MINUTE_MAX: u32 = 600;
/// Without a request a session ends after so long.
const IDLE: Duration = Duration::from_secs(30 * 60);
/// A session ends after so long in any case.
const LIFE: Duration = Duration::from_secs(12 * 3_600);

#[derive(Debug)]
struct Session {
    account: String,
    /// Since when the account that was signed in with is as it is.
    as_of: Timestamp,
    began: Instant,
    used: Instant,
}

impl Session {
    fn is_over(&self, now: Instant) -> bool {
        now.duration_since(self.used) >= IDLE || now.duration_since(self.began) >= LIFE
    }
}

/// All sessions.
#[derive(Debug, Default)]
pub(super) struct ApiSessions(HashMap<TokenHash, Session>);

impl ApiSessions {
    /// Begins a session.
    pub(super) fn begin(
        &mut self,
        token: TokenHash,
        account: &str,
        as_of: Timestamp,
        now: Instant,
    ) {
        self.0.retain(|_, session| !session.is_over(now));
        let own = |(_, session): &(&TokenHash, &Session)| session.account == account;
        if self.0.iter().filter(own).count() >= ACCOUNT_SESSIONS_MAX {
            let oldest = self.0.iter().filter(own).min_by_key(|(_, session)| session.began);
            if let Some(oldest) = oldest.map(|(hash, _)| *hash) {
                self.0.remove(&oldest);
            }
        }
        if self.0.len() >= API_SESSIONS_MAX {
            let idlest = self.0.iter().min_by_key(|(_, session)| session.used);
            if let Some(idlest) = idlest.map(|(hash, _)| *hash) {
                self.0.remove(&idlest);
            }
        }
        let account = account.to_owned();
        self.0.insert(token, Session { account, as_of, began: now, used: now });
    }

    /// Whose session it is, and of which state of his account; using it keeps it alive.
    pub(super) fn find(&mut self, token: &TokenHash, now: Instant) -> Option<(String, Timestamp)> {
        let session = self.0.get_mut(token).filter(|session| !session.is_over(now))?;
        session.used = now;
        Some((session.account.clone(), session.as_of))
    }

    /// Signs out.
    pub(super) fn end(&mut self, token: &TokenHash) {
        self.0.remove(token);
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // The beginning of a virtual time.
mod tests {
    use super::*;

    const AS_OF: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn a_session_ends_idle_after_half_an_hour_and_in_any_case_after_half_a_day() {
        let (mut sessions, now) = (ApiSessions::default(), Instant::now());
        sessions.begin([1; 32], "li", AS_OF, now);
        let found = Some(("li".to_owned(), AS_OF));
        assert_eq!(sessions.find(&[1; 32], now + IDLE / 2), found);
        assert_eq!(sessions.find(&[2; 32], now), None);
        let mut at = now + IDLE / 2;
        while at < now + LIFE {
            assert_eq!(sessions.find(&[1; 32], at), found);
            at += IDLE / 2;
        }
        assert_eq!(sessions.find(&[1; 32], now + LIFE), None);
        sessions.begin([3; 32], "li", AS_OF, now);
        assert_eq!(sessions.find(&[3; 32], now + IDLE), None);
    }

    #[test]
    fn sessions_are_few_for_one_and_bounded_for_all() {
        let (mut sessions, now) = (ApiSessions::default(), Instant::now());
        for n in 0..=u8::try_from(ACCOUNT_SESSIONS_MAX).unwrap() {
            sessions.begin([n; 32], "li", AS_OF, now + Duration::from_secs(n.into()));
        }
        assert_eq!(sessions.0.len(), ACCOUNT_SESSIONS_MAX);
        assert_eq!(sessions.find(&[0; 32], now + Duration::from_secs(9)), None, "the oldest went");
        for n in 0..2 * API_SESSIONS_MAX {
            let mut token = [9; 32];
            token[..8].copy_from_slice(&n.to_be_bytes());
            sessions.begin(token, &n.to_string(), AS_OF, now);
        }
        assert_eq!(sessions.0.len(), API_SESSIONS_MAX);
    }
}
