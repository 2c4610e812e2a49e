//! What is held of one person, for him: his contacts with who he was then and what he said, what he was
//! answered, his calls and messages. Never what officials wrote among themselves, and nothing of other
//! people.

use super::call_private;
use super::case_calls::calls_of;
use super::case_file;
use super::error::{StoreError, unless_damaged};
use super::message_data::HeldMessage;
use super::privacy::RequestPrivate;
use super::read::{city_time, clock};
use super::read_call::all;
use super::seal::unsealed;
use super::vault::Vault;
use rusqlite::{Connection, params};
use serde::Serialize;
use std::collections::BTreeMap;

/// Calls that are looked through for a number, the newest; they are sealed one by one.
pub const PRIVACY_CALLS_MAX: usize = 50_000;

/// Everything, in the order it came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Held {
    /// His cases and contacts.
    pub cases: Vec<HeldCase>,
    /// His calls.
    pub calls: Vec<HeldCall>,
    /// Texts and mails from him and to him.
    pub messages: Vec<HeldMessage>,
}

/// One of his cases.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct HeldCase {
    /// Eleven digits; `null`: it got none.
    pub number: Option<String>,
    /// When it came, RFC 3339 with the city's offset.
    pub received_at: String,
    /// How it came.
    pub channel: Option<&'static str>,
    /// Where it stands.
    pub state: Option<&'static str>,
    /// His name as it is kept.
    pub name: Option<String>,
    /// The number to call back.
    pub contact: Option<String>,
    /// The number he called from.
    pub caller: Option<String>,
    /// The address he wrote from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
    /// His words.
    pub text: Option<String>,
    /// What was noted as his matter.
    pub summary: Option<String>,
    /// Where it is.
    pub place: Option<String>,
    /// The answer.
    pub result: Option<String>,
    /// How content he was, first to last.
    pub grades: Vec<&'static str>,
    /// He asked for secrecy.
    pub secrecy: bool,
    /// It is erased but for number and dates.
    pub erased: bool,
}

/// One of his calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldCall {
    /// Its id.
    pub call: String,
    /// When it began.
    pub started_at: String,
    /// How long it lasted.
    pub lasted_ms: Option<i64>,
    /// The number he called from.
    pub caller: Option<String>,
    /// Recordings of it that are still kept, by their length in ms.
    pub recordings_ms: Vec<i64>,
}

/// What is held: these cases with their calls, and the calls of the number that no case came of.
pub(super) fn of(
    db: &Connection,
    vault: &Vault,
    cases: &[i64],
    private: &RequestPrivate,
    opened: &mut Opened,
) -> Result<Held, StoreError> {
    let (mut held, mut calls) = (Held::default(), vec![]);
    for id in cases {
        held.cases.push(case(db, vault, *id)?);
        calls.extend(calls_of(db, *id)?);
    }
    if let Some(phone) = &private.phone {
        calls.extend(unlinked_calls(db, vault, phone, opened)?);
    }
    calls.sort_unstable();
    calls.dedup();
    for call in calls {
        held.calls.extend(one_call(db, vault, &call)?);
    }
    Ok(held)
}

fn case(db: &Connection, vault: &Vault, id: i64) -> Result<HeldCase, StoreError> {
    let case = case_file::load(db, vault, id)?;
    let private = &case.private;
    Ok(HeldCase {
        number: case.number.map(|number| number.to_string()),
        received_at: case.received_at.map(city_time).unwrap_or_default(),
        channel: case.channel.map(|channel| channel.as_str()),
        state: case.state.map(|state| state.title()),
        name: private.display.clone(),
        contact: private.contact.as_ref().map(|number| number.as_str().to_owned()),
        caller: private.caller.as_ref().map(|number| number.as_str().to_owned()),
        mail: private.mail.clone(),
        text: private.text.clone(),
        summary: case.summary.clone(),
        place: case.work.place.clone(),
        result: case.work.result.clone(),
        grades: case.work.grades.iter().map(|(_, grade)| grade.title()).collect(),
        secrecy: case.work.secrecy,
        erased: case_file::is_erased(&case),
    })
}

fn one_call(db: &Connection, vault: &Vault, call: &str) -> Result<Option<HeldCall>, StoreError> {
    // A call may have brought another case that is under seal.
    let open = unsealed("c");
    let sql = format!("SELECT c.started_at, c.lasted_ms FROM call c WHERE c.id = ?1 AND {open}");
    let rows: Vec<(i64, Option<i64>)> =
        all(db, &sql, [call], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some((started_at, lasted_ms)) = rows.into_iter().next() else { return Ok(None) };
    let recordings = "SELECT duration_ms FROM recording
                      WHERE call = ?1 AND erased_at IS NULL ORDER BY id";
    Ok(Some(HeldCall {
        call: call.to_owned(),
        started_at: clock(started_at),
        lasted_ms,
        caller: call_private::of(db, vault, call)?.caller,
        recordings_ms: all(db, recordings, [call], |row| row.get(0))?,
    }))
}

/// Whether calls that no case came of are of one number, as far as they were opened. Filled before a
/// transaction, so that the writer waits for what came meanwhile alone.
#[derive(Debug, Default)]
pub(super) struct Opened(BTreeMap<String, bool>);

/// The calls of a number that no case came of, newest first. One that is damaged is told, and is none of
/// them.
pub(super) fn unlinked_calls(
    db: &Connection,
    vault: &Vault,
    phone: &str,
    opened: &mut Opened,
) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT c.id FROM call c JOIN call_private p ON p.call = c.id
               WHERE p.holder IS NULL AND c.ended_at IS NOT NULL
                 AND NOT EXISTS (SELECT 1 FROM case_file f WHERE f.call = c.id)
                 AND NOT EXISTS (SELECT 1 FROM callback_attempt a WHERE a.call = c.id)
               ORDER BY c.started_at DESC LIMIT ?1";
    let limit = i64::try_from(PRIVACY_CALLS_MAX).unwrap_or(0);
    let calls: Vec<String> = all(db, sql, params![limit], |row| row.get(0))?;
    let mut found = vec![];
    for call in calls {
        let his = match opened.0.get(&call) {
            Some(his) => *his,
            None => {
                let private = unless_damaged(call_private::of(db, vault, &call), |error| {
                    tracing::error!(call, %error, "ALARM who called cannot be read");
                })?;
                let his = private.is_some_and(|who| who.caller.as_deref() == Some(phone));
                opened.0.insert(call.clone(), his);
                his
            }
        };
        if his {
            found.push(call);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::config::StoreConfig;
    use super::super::schema;
    use super::*;
    use jiff::Timestamp;

    const NUMBER: &str = "19900000017";

    fn put(db: &Connection, vault: &Vault, call: &str, number: &str) {
        let sql = "INSERT INTO call VALUES (?1, '12345', '', 0, 1, 1, 'citizen')";
        db.execute(sql, [call]).unwrap();
        let private = call_private::CallPrivate { caller: Some(number.to_owned()), display: None };
        call_private::put(db, vault, call, &private).unwrap();
    }

    #[test]
    fn callers_that_were_opened_before_are_not_opened_again_and_those_that_came_since_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let config = StoreConfig::new(folder.path(), Timestamp::UNIX_EPOCH);
        let (db, vault) = schema::open_writer(&config).unwrap();
        put(&db, &vault, "a", NUMBER);
        put(&db, &vault, "b", "19900000018");
        put(&db, &vault, "damaged", NUMBER);
        let damage = |call| {
            let sql = "UPDATE call_private SET wrapped = x'01' WHERE call = ?1";
            db.execute(sql, [call]).unwrap();
        };
        damage("damaged");
        let mut opened = Opened::default();
        let mut find = || {
            let mut found = unlinked_calls(&db, &vault, NUMBER, &mut opened).unwrap();
            found.sort();
            found
        };
        assert_eq!(find(), ["a"]);
        damage("a");
        put(&db, &vault, "c", NUMBER);
        assert_eq!(find(), ["a", "c"], "the first one from before, the other opened now");
        db.execute("DELETE FROM call_private WHERE call = 'a'", []).unwrap();
        assert_eq!(find(), ["c"], "nothing that is gone");
    }
}
