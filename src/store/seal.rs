//! Which cases are under seal: hidden from everybody but the discipline liaison from the moment it
//! is proposed (domain.md B9, T12). Of such a case number, date and channel are told, nothing else.

use super::call_private;
use super::case_calls::{calls_of, has_case};
use super::case_key;
use super::error::{StoreError, unless_damaged};
use super::purge;
use super::read_call::all;
use super::speech;
use super::vault::{PublicKey, Vault};
use crate::domain::case::{Case, State};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// Callers that one look hands over; the rest at the next.
const LATE_CALLERS_MAX: usize = 500;

/// The cases whose key the liaison has, with their call and which key it is: the first part of a query.
/// Under seal is no draft, and only numbered cases stand in the index of states.
pub(super) const SEALED: &str = "sealed AS (
    SELECT f.id, f.call, k.holder FROM case_file f
    JOIN case_key k ON k.case_id = f.id AND k.holder IS NOT NULL
    WHERE f.state = 'sealed' AND f.number IS NOT NULL)";

/// Sealed cases whose key the service still has, because no liaison's key was known.
const WAITING: &str = "
    SELECT c.id FROM case_file c JOIN case_key k ON k.case_id = c.id
    WHERE c.state = 'sealed' AND c.number IS NOT NULL AND k.holder IS NULL";

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
    speech::forget(db, id)?;
    match liaison(db)? {
        Some(liaison) => hand_over(db, vault, liaison, id).map(drop),
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

/// `false`: the key of the case is damaged and stays; its callers are handed over all the same.
fn hand_over(
    db: &Connection,
    vault: &Vault,
    (holder, public): (i64, PublicKey),
    id: i64,
) -> Result<bool, StoreError> {
    let done = unless_damaged(hand_over_key(db, vault, (holder, &public), id), |error| {
        tracing::error!(case = id, %error, "ALARM the key of a sealed case is still here");
    })?;
    let calls = calls_of(db, id)?.into_iter();
    let late: Vec<_> = calls.map(|call| LateCaller { call, liaison: (holder, public) }).collect();
    hand_over_callers(db, vault, &late)?;
    Ok(done.is_some())
}

fn hand_over_key(
    db: &Connection,
    vault: &Vault,
    (holder, public): (i64, &PublicKey),
    id: i64,
) -> Result<(), StoreError> {
    let owner = case_key::owner(id);
    let mut find =
        db.prepare_cached("SELECT wrapped FROM case_key WHERE case_id = ?1 AND holder IS NULL")?;
    let wrapped: Option<Vec<u8>> = find.query_row([id], |row| row.get(0)).optional()?;
    if let Some(wrapped) = wrapped {
        let wrapped = public.wrap(&vault.unwrap(&wrapped, &owner)?, &owner)?;
        db.prepare_cached("UPDATE case_key SET holder = ?2, wrapped = ?3 WHERE case_id = ?1")?
            .execute(params![id, holder, wrapped])?;
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
/// program that did not count calls back. At most [`LATE_CALLERS_MAX`] behind the call `after`, which
/// becomes the last of them, or empty where there are no more: damaged ones keep no other.
pub(super) fn late_callers(
    db: &Connection,
    after: &mut String,
) -> Result<Vec<LateCaller>, StoreError> {
    let sql = late_sql();
    let limit = i64::try_from(LATE_CALLERS_MAX).unwrap_or(0);
    let late = all(db, &sql, params![after.as_str(), limit], |row| {
        Ok(LateCaller { call: row.get(0)?, liaison: (row.get(1)?, PublicKey(row.get(2)?)) })
    })?;
    let last = late.last().filter(|_| late.len() == LATE_CALLERS_MAX);
    *after = last.map(|last| last.call.clone()).unwrap_or_default();
    Ok(late)
}

fn late_sql() -> String {
    format!(
        "WITH {SEALED},
         of_seal AS (
             SELECT call, holder FROM sealed WHERE call IS NOT NULL
             UNION SELECT a.call, s.holder FROM sealed s JOIN callback_attempt a ON a.task = s.id)
         SELECT p.call, min(o.holder), l.public FROM of_seal o
         JOIN call_private p ON p.call = o.call AND p.holder IS NULL
         JOIN liaison_key l ON l.id = o.holder
         WHERE p.call > ?1 GROUP BY p.call ORDER BY p.call LIMIT ?2"
    )
}

/// Hands these over. Those that are damaged are told, stay, and keep no other.
pub(super) fn hand_over_callers(
    db: &Connection,
    vault: &Vault,
    late: &[LateCaller],
) -> Result<(), StoreError> {
    let mut damaged = vec![];
    for LateCaller { call, liaison } in late {
        let done = hand_over_caller(db, vault, liaison, call);
        unless_damaged(done, |_| damaged.push(call))?;
    }
    if let Some(first) = damaged.first() {
        let damaged = damaged.len();
        tracing::error!(damaged, %first, "ALARM callers of sealed cases cannot be handed over");
    }
    // What stays as it was leaves nothing on old pages.
    if damaged.len() < late.len() { purge::ask(db) } else { Ok(()) }
}

/// A new public key of the liaison; cases that waited for one are handed over. Gives how many: one whose
/// key is damaged goes on waiting.
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
    let waiting: Vec<i64> = all(db, WAITING, [], |row| row.get(0))?;
    let mut handed_over = 0;
    for id in &waiting {
        handed_over += usize::from(hand_over(db, vault, (holder, PublicKey(public)), *id)?);
    }
    if handed_over > 0 {
        purge::ask(db)?;
    }
    Ok(handed_over)
}

/// How many cases wait for the liaison's key.
pub(super) fn waiting(db: &Connection) -> Result<u64, StoreError> {
    let sql = format!("SELECT count(*) FROM ({WAITING})");
    let count: i64 = db.query_row(&sql, [], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::super::config::StoreConfig;
    use super::super::schema;
    use super::super::vault::LiaisonKey;
    use super::*;
    use std::path::Path;

    fn opened(folder: &Path) -> (Connection, Vault) {
        let (db, vault) =
            schema::open_writer(&StoreConfig::new(folder, Timestamp::UNIX_EPOCH)).unwrap();
        db.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        (db, vault)
    }

    /// A row of a case under seal that came by the call `c{id}`, and its key.
    fn put_sealed(db: &Connection, id: i64, holder: Option<i64>, wrapped: &[u8]) {
        let sql = "INSERT INTO case_file
                       (id, intake_key, state, channel, received_at, call, round, answered_directly,
                        due_provisional, last_event, number, accepted_at, first_responsible)
                   VALUES (?1, 'k' || ?1, 'sealed', 'phone', 0, 'c' || ?1, 0, 0, 0, 1,
                           26112200000 + ?1, 0, 'x')";
        db.execute(sql, [id]).unwrap();
        db.execute("INSERT INTO case_key VALUES (?1, ?2, ?3)", params![id, holder, wrapped])
            .unwrap();
    }

    fn put_caller(db: &Connection, vault: &Vault, call: &str, is_damaged: bool) {
        let private = call_private::CallPrivate { display: Some("x".into()), caller: None };
        call_private::put(db, vault, call, &private).unwrap();
        if is_damaged {
            let sql = "UPDATE call_private SET wrapped = x'01' WHERE call = ?1";
            db.execute(sql, [call]).unwrap();
        }
    }

    fn one(db: &Connection, sql: &str) -> i64 {
        db.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    const KEPT: &str = "SELECT count(*) FROM call_private WHERE holder IS NULL";

    fn public() -> [u8; 32] {
        LiaisonKey::random().unwrap().public()
    }

    /// Asked every half minute.
    #[test]
    fn cases_under_seal_are_found_by_the_index_of_states() {
        let folder = tempfile::tempdir().unwrap();
        let (db, _) = opened(folder.path());
        for sql in [late_sql(), WAITING.to_owned()] {
            schema::assert_by_state(&db, &sql);
        }
    }

    #[test]
    fn damaged_callers_keep_no_other_from_being_handed_over_and_the_look_goes_on_behind_them() {
        let folder = tempfile::tempdir().unwrap();
        let (db, vault) = opened(folder.path());
        register(&db, &vault, Timestamp::UNIX_EPOCH, public()).unwrap();
        put_sealed(&db, 1, Some(1), &[1]);
        for n in 0..LATE_CALLERS_MAX + 3 {
            let call = format!("a{n:04}");
            let sql =
                "INSERT INTO callback_attempt (task, seat, call, started_at, ended_at, outcome)
                       VALUES (1, 's', ?1, 0, 0, 'reached')";
            db.execute(sql, [&call]).unwrap();
            put_caller(&db, &vault, &call, n != 7 && n < LATE_CALLERS_MAX);
        }
        let mut after = String::new();
        let mut turn = || {
            let late = late_callers(&db, &mut after).unwrap();
            hand_over_callers(&db, &vault, &late).unwrap();
            (late.len(), usize::try_from(one(&db, KEPT)).unwrap())
        };
        assert_eq!(turn(), (LATE_CALLERS_MAX, LATE_CALLERS_MAX + 2), "one of a whole page");
        assert_eq!(turn(), (3, LATE_CALLERS_MAX - 1), "those behind the page");
        purge::finish(&db, || false).unwrap();
        assert_eq!(turn(), (LATE_CALLERS_MAX - 1, LATE_CALLERS_MAX - 1), "from the start again");
        assert!(!purge::is_pending(&db).unwrap(), "nothing was changed");
    }

    #[test]
    fn a_damaged_case_waits_alone_when_the_liaison_gets_his_key() {
        let folder = tempfile::tempdir().unwrap();
        let (db, vault) = opened(folder.path());
        put_sealed(&db, 1, None, &[1]);
        put_caller(&db, &vault, "c1", false);
        for id in 2..4 {
            put_sealed(&db, id, None, &[]);
            db.execute("DELETE FROM case_key WHERE case_id = ?1", [id]).unwrap();
            case_key::create(&db, &vault, id).unwrap();
            put_caller(&db, &vault, &format!("c{id}"), id == 2);
        }
        assert_eq!(register(&db, &vault, Timestamp::UNIX_EPOCH, public()).unwrap(), 2);
        assert_eq!(waiting(&db).unwrap(), 1);
        let held = "SELECT group_concat(case_id) FROM case_key WHERE holder = 1";
        let held: String = db.query_row(held, [], |row| row.get(0)).unwrap();
        assert_eq!(held, "2,3");
        let kept = "SELECT call FROM call_private WHERE holder IS NULL";
        let kept: Vec<String> = all(&db, kept, [], |row| row.get(0)).unwrap();
        assert_eq!(kept, ["c2"], "the damaged one");
    }
}
