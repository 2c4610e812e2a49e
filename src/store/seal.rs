//! Which cases are under seal: hidden from everybody but the discipline liaison from the moment it
//! is proposed (domain.md B9, T12). Of such a case number, date and channel are told, nothing else.

use super::call_private;
use super::case_calls::{calls_of, has_case};
use super::case_key;
use super::error::StoreError;
use super::purge;
use super::read_call::all;
use super::vault::{PublicKey, Vault};
use crate::domain::case::{Case, State};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// Callers that one look hands over; the rest at the next.
const LATE_CALLERS_MAX: i64 = 500;

/// A call of a sealed case whose caller the service still knows.
pub(super) struct LateCaller {
    call: String,
    liaison: (i64, PublicKey),
}

/// A seal is proposed or in force.
pub(super) fn is_sealed(case: &Case) -> bool {
    case.told_state() == Some(State::Sealed)
}

/// The same of a row of `case_file` that is named so in a query.
pub(super) fn sealed(row: &str) -> String {
    format!("({row}.state = 'sealed' OR {row}.seal_proposed)")
}

/// No case of a call, a row of `call` that is named so in a query, is under seal: neither one that came
/// by it nor one whose citizen was called back in it.
pub(super) fn unsealed(call: &str) -> String {
    format!("NOT {}", has_case(&format!("{call}.id"), &sealed("f")))
}

/// Whether a case of a call is under seal; then the call tells nothing of its people.
pub(super) fn is_call_sealed(db: &Connection, call: &str) -> Result<bool, StoreError> {
    let sql = format!("SELECT {}", has_case("?1", &sealed("f")));
    Ok(db.prepare_cached(&sql)?.query_row([call], |row| row.get(0))?)
}

/// A seal is in force: the service has nothing to read in the case any more.
pub(super) fn is_in_force(case: &Case) -> bool {
    case.state == Some(State::Sealed)
}

/// The key that is sealed to from now on, with its row.
fn liaison(db: &Connection) -> Result<Option<(i64, PublicKey)>, StoreError> {
    let sql = "SELECT id, public FROM liaison_key ORDER BY id DESC LIMIT 1";
    let mut newest = db.prepare_cached(sql)?;
    let found = newest.query_row([], |row| Ok((row.get(0)?, PublicKey(row.get(1)?)))).optional()?;
    Ok(found)
}

/// A seal comes into force: the keys of the case and of its calls are wrapped for the liaison, and the
/// service's own copies are overwritten. While there is no liaison's key they wait for it; the case
/// is hidden all the same.
pub(super) fn enforce(db: &Connection, vault: &Vault, id: i64) -> Result<(), StoreError> {
    purge::ask(db)?;
    match liaison(db)? {
        Some(liaison) => hand_over(db, vault, liaison, id),
        None => {
            tracing::error!(
                case = id,
                "ALARM a sealed case waits for the liaison's key: \
                `mayorline seal key new`"
            );
            Ok(())
        }
    }
}

fn hand_over(
    db: &Connection,
    vault: &Vault,
    liaison: (i64, PublicKey),
    id: i64,
) -> Result<(), StoreError> {
    let (holder, public) = &liaison;
    let owner = case_key::owner(id);
    let mut find =
        db.prepare_cached("SELECT wrapped FROM case_key WHERE case_id = ?1 AND holder IS NULL")?;
    let wrapped: Option<Vec<u8>> = find.query_row([id], |row| row.get(0)).optional()?;
    if let Some(wrapped) = wrapped {
        let wrapped = public.wrap(&vault.unwrap(&wrapped, &owner)?, &owner)?;
        db.prepare_cached("UPDATE case_key SET holder = ?2, wrapped = ?3 WHERE case_id = ?1")?
            .execute(params![id, holder, wrapped])?;
    }
    for call in calls_of(db, id)? {
        hand_over_caller(db, vault, &liaison, &call)?;
    }
    Ok(())
}

/// Who called is the liaison's to know from now on.
fn hand_over_caller(
    db: &Connection,
    vault: &Vault,
    (holder, public): &(i64, PublicKey),
    call: &str,
) -> Result<(), StoreError> {
    let owner = call_private::owner(call);
    let mut find =
        db.prepare_cached("SELECT wrapped FROM call_private WHERE call = ?1 AND holder IS NULL")?;
    let wrapped: Option<Vec<u8>> = find.query_row([call], |row| row.get(0)).optional()?;
    if let Some(wrapped) = wrapped {
        let wrapped = public.wrap(&vault.unwrap(&wrapped, &owner)?, &owner)?;
        db.prepare_cached("UPDATE call_private SET holder = ?2, wrapped = ?3 WHERE call = ?1")?
            .execute(params![call, holder, wrapped])?;
    }
    Ok(())
}

/// Calls of sealed cases whose caller the service still knows: they were stored after the seal, or by a
/// program that did not count calls back. At most [`LATE_CALLERS_MAX`].
pub(super) fn late_callers(db: &Connection) -> Result<Vec<LateCaller>, StoreError> {
    let sql = "WITH sealed AS (
                   SELECT f.id, f.call, k.holder FROM case_file f
                   JOIN case_key k ON k.case_id = f.id AND k.holder IS NOT NULL
                   WHERE f.state = 'sealed'),
               of_seal AS (
                   SELECT call, holder FROM sealed WHERE call IS NOT NULL
                   UNION SELECT a.call, s.holder FROM sealed s
                         JOIN callback_attempt a ON a.task = s.id)
               SELECT p.call, min(o.holder), l.public FROM of_seal o
               JOIN call_private p ON p.call = o.call AND p.holder IS NULL
               JOIN liaison_key l ON l.id = o.holder GROUP BY p.call LIMIT ?1";
    all(db, sql, [LATE_CALLERS_MAX], |row| {
        Ok(LateCaller { call: row.get(0)?, liaison: (row.get(1)?, PublicKey(row.get(2)?)) })
    })
}

/// Hands these over.
pub(super) fn hand_over_callers(
    db: &Connection,
    vault: &Vault,
    late: &[LateCaller],
) -> Result<(), StoreError> {
    for LateCaller { call, liaison } in late {
        hand_over_caller(db, vault, liaison, call)?;
    }
    purge::ask(db)
}

/// A new public key of the liaison; cases that waited for one are handed over. Gives how many.
pub(super) fn register(
    db: &Connection,
    vault: &Vault,
    at: Timestamp,
    public: [u8; 32],
) -> Result<usize, StoreError> {
    db.execute(
        "INSERT INTO liaison_key (public, created_at) VALUES (?1, ?2)",
        params![public, at.as_millisecond()],
    )?;
    let holder = db.last_insert_rowid();
    let sql = "SELECT c.id FROM case_file c JOIN case_key k ON k.case_id = c.id
               WHERE c.state = 'sealed' AND k.holder IS NULL";
    let waiting: Vec<i64> = all(db, sql, [], |row| row.get(0))?;
    for id in &waiting {
        hand_over(db, vault, (holder, PublicKey(public)), *id)?;
    }
    if !waiting.is_empty() {
        purge::ask(db)?;
    }
    Ok(waiting.len())
}

/// Sealed cases whose key the service still has, because no liaison's key is known.
pub(super) fn waiting(db: &Connection) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM case_file c JOIN case_key k ON k.case_id = c.id
               WHERE c.state = 'sealed' AND k.holder IS NULL";
    let count: i64 = db.query_row(sql, [], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}
