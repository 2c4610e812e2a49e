//! Seats and phones between the store, which keeps text and wall time, and the endpoint, which
//! keeps secrets, flows and the monotonic clock.

use super::clock::Now;
use crate::proto::digest::Secret;
use crate::proto::{Account, Binding, Flow, Transport};
use crate::store::{BindingRecord, SeatRecord};
use crate::units::SeatNumber;
use jiff::Timestamp;
use std::time::Duration;

/// The accounts that phones can prove; seats whose secrets were made for another realm are left
/// out and named in the log.
#[must_use]
pub fn accounts(seats: &[SeatRecord], realm: &str) -> Vec<Account> {
    let (usable, other): (Vec<_>, Vec<_>) =
        seats.iter().partition(|seat| seat.secrets.realm == realm);
    for seat in other {
        tracing::warn!(seat = %seat.seat, "the password was set for another realm: set it again");
    }
    let account = |seat: &SeatRecord| Account {
        seat: seat.seat.clone(),
        sha256: Secret::from_stored(&seat.secrets.sha256),
        md5: seat.secrets.md5.as_deref().map(Secret::from_stored),
    };
    usable.into_iter().map(account).collect()
}

/// A phone as it is stored.
#[must_use]
pub fn to_store(seat: &SeatNumber, binding: &Binding, now: Now) -> BindingRecord {
    let left = binding.expires_at.saturating_duration_since(now.monotonic);
    BindingRecord {
        seat: seat.clone(),
        contact: binding.contact.clone(),
        transport: transport_name(binding.flow.transport).to_owned(),
        local: binding.flow.local.to_string(),
        remote: binding.flow.remote.to_string(),
        connection: binding.flow.connection,
        call_id: binding.call_id.clone(),
        cseq: binding.cseq,
        expires_at: now.wall.saturating_add(left).unwrap_or(Timestamp::MAX),
        user_agent: binding.user_agent.clone(),
    }
}

/// A phone as it can be rung after a restart. `None` when its time is over, when it came by a
/// connection, which is gone, or when what was stored cannot be read.
#[must_use]
pub fn from_store(record: &BindingRecord, now: Now) -> Option<Binding> {
    let left = Duration::try_from(record.expires_at.duration_since(now.wall)).ok()?;
    if record.transport != transport_name(Transport::Udp) || left.is_zero() {
        return None;
    }
    let (local, remote) = (record.local.parse().ok()?, record.remote.parse().ok()?);
    Some(Binding {
        contact: record.contact.clone(),
        flow: Flow { transport: Transport::Udp, local, remote, connection: 0 },
        call_id: record.call_id.clone(),
        cseq: record.cseq,
        expires_at: now.monotonic + left,
        user_agent: record.user_agent.clone(),
    })
}

fn transport_name(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "udp",
        Transport::Tcp => "tcp",
        Transport::Tls => "tls",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::desk::SeatRole;
    use crate::store::SeatSecrets;
    use std::time::Instant;

    #[allow(clippy::disallowed_methods)] // a test needs some instant to count from
    fn now() -> Now {
        let wall = Timestamp::from_second(1_795_000_000).unwrap();
        Now { monotonic: Instant::now(), wall }
    }

    fn seat() -> SeatNumber {
        SeatNumber::parse("801").unwrap()
    }

    fn binding(now: Now, transport: Transport) -> Binding {
        let (local, remote) =
            ("127.0.0.1:5060".parse().unwrap(), "127.0.0.1:40000".parse().unwrap());
        let connection = u64::from(transport != Transport::Udp);
        Binding {
            contact: "sip:801@127.0.0.1:40000".to_owned(),
            flow: Flow { transport, local, remote, connection },
            call_id: "a@b".to_owned(),
            cseq: 3,
            expires_at: now.monotonic + Duration::from_secs(600),
            user_agent: None,
        }
    }

    #[test]
    fn a_phone_on_udp_comes_back_as_it_was_with_the_time_that_is_left() {
        let before = now();
        let stored = to_store(&seat(), &binding(before, Transport::Udp), before);
        // Another process, whose monotonic clock began elsewhere, 400 s later.
        let wall = before.wall + jiff::SignedDuration::from_secs(400);
        let after = Now { monotonic: before.monotonic + Duration::from_secs(7), wall };
        let left = Duration::from_secs(200);
        let expected =
            Binding { expires_at: after.monotonic + left, ..binding(before, Transport::Udp) };
        assert_eq!(from_store(&stored, after), Some(expected));
        let late = Now { wall: before.wall + jiff::SignedDuration::from_secs(600), ..after };
        assert_eq!(from_store(&stored, late), None);
    }

    #[test]
    fn a_phone_on_a_connection_must_register_again() {
        for transport in [Transport::Tcp, Transport::Tls] {
            let stored = to_store(&seat(), &binding(now(), transport), now());
            assert_eq!(from_store(&stored, now()), None, "{transport:?}");
        }
    }

    #[test]
    fn secrets_of_another_realm_make_no_account() {
        let record = |number: &str, realm: &str| SeatRecord {
            seat: SeatNumber::parse(number).unwrap(),
            name: String::new(),
            role: SeatRole::Operator,
            groups: vec![],
            secrets: SeatSecrets {
                realm: realm.to_owned(),
                sha256: "ab".repeat(32),
                md5: (number == "801").then(|| "cd".repeat(16)),
            },
            created_at: Timestamp::UNIX_EPOCH,
            changed_at: Timestamp::UNIX_EPOCH,
        };
        let seats = [record("801", "here"), record("802", "elsewhere"), record("803", "here")];
        let accounts = accounts(&seats, "here");
        let told: Vec<_> = accounts.iter().map(|a| (a.seat.as_str(), a.md5.is_some())).collect();
        assert_eq!(told, [("801", true), ("803", false)]);
        assert_eq!(accounts[0].sha256.to_stored(), "ab".repeat(32));
    }
}
