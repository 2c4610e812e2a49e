//! The seats, what their phones prove themselves with, and where the phones are.
//!
//! A seat that is removed keeps its row, because its calls stay in the ledger; its secrets and
//! bindings go at once.

use super::error::StoreError;
use crate::domain::desk::SeatRole;
use crate::units::SeatNumber;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::fmt;

/// Seats in use at the same time.
pub const SEATS_MAX: usize = 500;

/// Longest name of a seat or group, in characters.
pub const NAME_CHARS_MAX: usize = 64;

/// Groups of one seat.
pub const GROUPS_MAX: usize = 32;

/// What a seat proves itself with: `H(number:realm:password)` in hexadecimal, made outside. As good
/// as the password within the realm, so it is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SeatSecrets {
    /// The realm that they were made with; of no use in another.
    pub realm: String,
    /// For SHA-256, 64 digits.
    pub sha256: String,
    /// For MD5, 32 digits; `None`: the seat takes SHA-256 only.
    pub md5: Option<String>,
}

impl fmt::Debug for SeatSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeatSecrets").field("realm", &self.realm).finish_non_exhaustive()
    }
}

/// A seat that is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSeat {
    /// Its number (工号).
    pub seat: SeatNumber,
    /// Who sits there.
    pub name: String,
    /// What it may do.
    pub role: SeatRole,
    /// Groups (技能组) whose calls it takes; none: no call of the queue.
    pub groups: Vec<String>,
    /// What it proves itself with.
    pub secrets: SeatSecrets,
}

/// A seat in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatRecord {
    /// Its number.
    pub seat: SeatNumber,
    /// Who sits there.
    pub name: String,
    /// What it may do.
    pub role: SeatRole,
    /// Its groups.
    pub groups: Vec<String>,
    /// What it proves itself with.
    pub secrets: SeatSecrets,
    /// When the number was first given.
    pub created_at: Timestamp,
    /// When anything of it changed last.
    pub changed_at: Timestamp,
}

/// One phone of a seat as it registered; addresses and transport as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindingRecord {
    /// Whose phone.
    pub seat: SeatNumber,
    /// Where it wants its requests addressed.
    pub contact: String,
    /// `udp`, `tcp` or `tls`.
    pub transport: String,
    /// Our address and port.
    pub local: String,
    /// Its address and port.
    pub remote: String,
    /// The connection; it does not outlive the process, so only a phone with 0 can be rung again.
    pub connection: u64,
    /// Call-ID of its registration.
    pub call_id: String,
    /// The last CSeq of that Call-ID.
    pub cseq: u32,
    /// When it ends unless refreshed.
    pub expires_at: Timestamp,
    /// What the phone calls itself.
    pub user_agent: Option<String>,
}

/// Which seats there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatsNow {
    /// All in use, by number.
    pub seats: Vec<SeatRecord>,
    /// The phones that were stored before this start and whose time is not over; told once, with
    /// the first news.
    pub bindings: Vec<BindingRecord>,
}

/// The name of a role in the store.
pub(super) fn role_name(role: SeatRole) -> &'static str {
    match role {
        SeatRole::Operator => "operator",
        SeatRole::Supervisor => "supervisor",
        SeatRole::Leader => "leader",
        SeatRole::Assistant => "assistant",
    }
}

fn read_role(name: &str) -> Option<SeatRole> {
    [SeatRole::Operator, SeatRole::Supervisor, SeatRole::Leader, SeatRole::Assistant]
        .into_iter()
        .find(|role| role_name(*role) == name)
}

/// Adds a seat; a number that was removed comes into use again.
pub(super) fn insert(db: &Connection, at: Timestamp, seat: &NewSeat) -> Result<(), StoreError> {
    check(seat)?;
    let in_use =
        "SELECT count(*), COALESCE(sum(number = ?1), 0) FROM seat WHERE removed_at IS NULL";
    let (all, same): (i64, i64) =
        db.query_row(in_use, [seat.seat.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if same > 0 {
        return Err(StoreError::Taken("a seat with this number is in use"));
    }
    if usize::try_from(all).unwrap_or(usize::MAX) >= SEATS_MAX {
        return Err(StoreError::Taken("as many seats are in use as there may be"));
    }
    let groups = serde_json::to_string(&seat.groups).map_err(|_| StoreError::Damaged("groups"))?;
    db.execute(
        "INSERT INTO seat VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, NULL)
         ON CONFLICT (number) DO UPDATE SET
             name = excluded.name, role = excluded.role, groups = excluded.groups,
             realm = excluded.realm, ha1_sha256 = excluded.ha1_sha256, ha1_md5 = excluded.ha1_md5,
             changed_at = excluded.changed_at, removed_at = NULL",
        params![
            seat.seat.as_str(),
            seat.name,
            role_name(seat.role),
            groups,
            seat.secrets.realm,
            seat.secrets.sha256,
            seat.secrets.md5,
            at.as_millisecond(),
        ],
    )?;
    Ok(())
}

/// Refuses names that are empty or too long.
fn check(seat: &NewSeat) -> Result<(), StoreError> {
    let fits = |name: &String| {
        (1..=NAME_CHARS_MAX).contains(&name.trim().chars().count())
            && !name.chars().any(char::is_control)
    };
    if !fits(&seat.name) || !seat.groups.iter().all(fits) || seat.groups.len() > GROUPS_MAX {
        return Err(StoreError::Malformed("the name of a seat or group, or too many groups"));
    }
    Ok(())
}

/// Takes a seat out of use; its secrets and bindings are gone at once.
pub(super) fn remove(db: &Connection, at: Timestamp, seat: &SeatNumber) -> Result<(), StoreError> {
    let changed = db.execute(
        "UPDATE seat SET removed_at = ?2, changed_at = ?2, ha1_sha256 = NULL, ha1_md5 = NULL
         WHERE number = ?1 AND removed_at IS NULL",
        params![seat.as_str(), at.as_millisecond()],
    )?;
    db.execute("DELETE FROM seat_binding WHERE seat = ?1", [seat.as_str()])?;
    if changed == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

/// Gives a seat in use another password. Its phones must prove themselves again: they are forgotten.
pub(super) fn set_secrets(
    db: &Connection,
    at: Timestamp,
    seat: &SeatNumber,
    secrets: &SeatSecrets,
) -> Result<(), StoreError> {
    let SeatSecrets { realm, sha256, md5 } = secrets;
    let changed = db.execute(
        "UPDATE seat SET realm = ?2, ha1_sha256 = ?3, ha1_md5 = ?4, changed_at = ?5
         WHERE number = ?1 AND removed_at IS NULL",
        params![seat.as_str(), realm, sha256, md5, at.as_millisecond()],
    )?;
    db.execute("DELETE FROM seat_binding WHERE seat = ?1", [seat.as_str()])?;
    if changed == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

/// The seats in use, by number.
pub(super) fn list(db: &Connection) -> Result<Vec<SeatRecord>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT number, name, role, groups, realm, ha1_sha256, ha1_md5, created_at, changed_at
         FROM seat WHERE removed_at IS NULL ORDER BY number LIMIT ?1",
    )?;
    let mut rows = statement.query([i64::try_from(SEATS_MAX).unwrap_or(0)])?;
    let mut seats = vec![];
    while let Some(row) = rows.next()? {
        seats.push(read_seat(row)?);
    }
    Ok(seats)
}

fn read_seat(row: &Row<'_>) -> Result<SeatRecord, StoreError> {
    let (seat, role, groups): (String, String, String) = (row.get(0)?, row.get(2)?, row.get(3)?);
    let damaged = StoreError::Damaged("seat");
    Ok(SeatRecord {
        seat: read_number(&seat)?,
        name: row.get(1)?,
        role: read_role(&role).ok_or(damaged)?,
        groups: serde_json::from_str(&groups).map_err(|_| StoreError::Damaged("groups"))?,
        secrets: SeatSecrets { realm: row.get(4)?, sha256: row.get(5)?, md5: row.get(6)? },
        created_at: time(row.get(7)?),
        changed_at: time(row.get(8)?),
    })
}

/// A seat's number as it stands in a row.
pub(super) fn read_number(stored: &str) -> Result<SeatNumber, StoreError> {
    SeatNumber::parse(stored).map_err(|_| StoreError::Damaged("seat number"))
}

fn time(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or_default()
}

/// Puts the phones of a seat in the place of those that were stored. A seat that is not in use
/// has none.
pub(super) fn put_bindings(
    db: &Connection,
    seat: &SeatNumber,
    bindings: &[BindingRecord],
) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM seat_binding WHERE seat = ?1")?.execute([seat.as_str()])?;
    let in_use = "SELECT 1 FROM seat WHERE number = ?1 AND removed_at IS NULL";
    let known = db.prepare_cached(in_use)?.query_row([seat.as_str()], |_| Ok(())).optional()?;
    if known.is_none() {
        return Ok(());
    }
    let mut insert = db.prepare_cached(
        "INSERT OR REPLACE INTO seat_binding VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    for binding in bindings {
        insert.execute(params![
            seat.as_str(),
            binding.contact,
            binding.transport,
            binding.local,
            binding.remote,
            i64::try_from(binding.connection).unwrap_or(i64::MAX),
            binding.call_id,
            binding.cseq,
            binding.expires_at.as_millisecond(),
            binding.user_agent,
        ])?;
    }
    Ok(())
}

/// The phones that are registered beyond `now`.
pub(super) fn bindings(db: &Connection, now: Timestamp) -> Result<Vec<BindingRecord>, StoreError> {
    let mut statement = db.prepare(
        "SELECT seat, contact, transport, local, remote, connection, call_id, cseq, expires_at,
                user_agent
         FROM seat_binding WHERE expires_at > ?1 ORDER BY seat, contact",
    )?;
    let mut rows = statement.query([now.as_millisecond()])?;
    let mut bindings = vec![];
    while let Some(row) = rows.next()? {
        let (seat, connection): (String, i64) = (row.get(0)?, row.get(5)?);
        bindings.push(BindingRecord {
            seat: read_number(&seat)?,
            contact: row.get(1)?,
            transport: row.get(2)?,
            local: row.get(3)?,
            remote: row.get(4)?,
            connection: u64::try_from(connection).unwrap_or(0),
            call_id: row.get(6)?,
            cseq: row.get(7)?,
            expires_at: time(row.get(8)?),
            user_agent: row.get(9)?,
        });
    }
    Ok(bindings)
}
