//! Whose request about personal information waits for its answer: the calls of his number are held. He is
//! found by the keyed hash of the number, which stands in the row until the answer, so that nobody opens
//! what is sealed of the requests for it.

use super::error::{StoreError, unless_damaged};
use super::privacy::private_of;
use super::read_call::all;
use super::vault::Vault;
use rusqlite::{Connection, params};

/// Somebody with this telephone number waits for the answer to a request, but for one.
pub(super) fn waits_for_answer(
    db: &Connection,
    vault: &Vault,
    number: &str,
    but: Option<i64>,
) -> Result<bool, StoreError> {
    let hash = vault.number_hash(number);
    Ok(db.prepare_cached(WAITS)?.exists(params![hash, but])?)
}

const WAITS: &str = "
    SELECT 1 FROM privacy_request WHERE phone_hash = ?1 AND outcome IS NULL AND id IS NOT ?2";

/// Open requests of an older program get the hash of their number. One that is damaged is told and keeps
/// no line from its store.
pub(super) fn bring_up_to_date(db: &Connection, vault: &Vault) -> Result<(), StoreError> {
    let sql = "SELECT id FROM privacy_request WHERE outcome IS NULL AND phone_hash IS NULL";
    for id in all(db, sql, [], |row| row.get::<_, i64>(0))? {
        let private = unless_damaged(private_of(db, vault, id), |error| {
            tracing::error!(request = id, %error, "ALARM who asks cannot be read: refuse it");
        })?;
        if let Some(phone) = private.and_then(|private| private.phone) {
            let sql = "UPDATE privacy_request SET phone_hash = ?2 WHERE id = ?1";
            db.execute(sql, params![id, vault.number_hash(&phone)])?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::administration::Administration;
    use super::super::config::StoreConfig;
    use super::super::privacy::{NewPrivacyRequest, PrivacyDecision};
    use super::super::schema;
    use super::*;
    use crate::domain::calendar::Calendar;
    use crate::domain::case::{
        DeadlineRules, Identification, PrivacyGround, PrivacyKind, RetentionRules,
    };
    use crate::units::PhoneNumber;
    use jiff::Timestamp;

    fn ask(folder: &std::path::Path, phone: Option<&str>) -> i64 {
        let mut alone = Administration::open_or_make(folder, Timestamp::UNIX_EPOCH).unwrap();
        let new = NewPrivacyRequest {
            kind: PrivacyKind::Access,
            identified: Identification::CallingNumber,
            cases: vec![],
            phone: phone.map(|phone| PhoneNumber::parse(phone).unwrap()),
            mail: None,
            name: "x".to_owned(),
            words: String::new(),
            by: "li".to_owned(),
            reply_days: 15,
        };
        alone.ask_privacy(Timestamp::UNIX_EPOCH, &new).unwrap()
    }

    const NUMBER: &str = "19900000017";

    #[test]
    fn the_number_of_an_open_request_is_found_by_its_hash_and_known_no_longer_than_that() {
        let folder = tempfile::tempdir().unwrap();
        let id = ask(folder.path(), Some(NUMBER));
        let config = StoreConfig::new(folder.path(), Timestamp::UNIX_EPOCH);
        let (db, vault) = schema::open_writer(&config).unwrap();
        let waits = |number, but| waits_for_answer(&db, &vault, number, but).unwrap();
        assert!(waits(NUMBER, None) && waits(NUMBER, Some(id + 1)));
        assert!(!waits(NUMBER, Some(id)) && !waits("19900000018", None));
        let plan = schema::plan(&db, WAITS);
        assert!(plan.iter().any(|step| step.contains("privacy_request_by_phone")), "{plan:#?}");
        drop(db);
        let mut alone = Administration::open(folder.path(), Timestamp::UNIX_EPOCH).unwrap();
        let desk = (Calendar::built_in(), DeadlineRules::default(), [9; 32]);
        let refused = PrivacyDecision::Refuse(PrivacyGround::Unidentified);
        let rules = RetentionRules::default();
        alone.decide_privacy(Timestamp::UNIX_EPOCH, desk, &rules, id, &refused, "wang").unwrap();
        let sql = "SELECT phone_hash IS NULL FROM privacy_request";
        assert!(alone.db.query_row(sql, [], |row| row.get::<_, bool>(0)).unwrap());
    }

    #[test]
    fn open_requests_of_before_get_their_hash_at_the_start_past_one_that_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        for phone in [Some("19900000018"), None, Some(NUMBER)] {
            ask(folder.path(), phone);
        }
        let config = StoreConfig::new(folder.path(), Timestamp::UNIX_EPOCH);
        let (db, _) = schema::open_writer(&config).unwrap();
        db.execute_batch(
            "UPDATE privacy_request SET phone_hash = NULL;
             UPDATE privacy_request SET wrapped = x'01' WHERE id = 1",
        )
        .unwrap();
        drop(db);
        let (db, vault) = schema::open_writer(&config).unwrap();
        assert!(waits_for_answer(&db, &vault, NUMBER, None).unwrap());
    }
}
