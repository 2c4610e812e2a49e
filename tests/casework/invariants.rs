//! What the database itself refuses, whoever asks.

use crate::desk::*;
use crate::people::{begin, new_seat};
use mayorline::domain::call::IntakeKind;
use mayorline::domain::case::AttemptOutcome;
use mayorline::store::{AuditEntry, AuditKind, DATABASE_FILE, QueueEntry, QueueKind, StoreHandle};
use rusqlite::Connection;
use std::path::Path;

const DIRECTORY: &str = "INSERT INTO directory_version VALUES";

/// A database with a case, a draft, an ended call and a town, opened past the store.
fn database() -> (tempfile::TempDir, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    new_case(&store.handle(), "k");
    store_intake(&store.handle(), intake("a", IntakeKind::Abandoned));
    let call = call_id(1);
    assert!(store.handle().call_started(call_started(&call)));
    assert!(store.handle().call_finished(noonish(), call_record(&call, vec![]), vec![]));
    people(folder.path(), &store.handle());
    store.close();
    let db = Connection::open(folder.path().join(DATABASE_FILE)).unwrap();
    let town = format!("{DIRECTORY} ('towns', '01', 1, '2026-11-22', NULL, '{{}}', 0)");
    let typed_in =
        "INSERT INTO report VALUES (1, 'day', '2026-11-22', 1, 0, 0, '{}', hex(zeroblob(32)));
        INSERT INTO report_narrative VALUES (1, 'day', '2026-11-22', 'x', 'wang', 0);
        INSERT INTO opening_balance VALUES (1, 'phone', 2667, 'wang', 0);
        INSERT INTO outcome_indicator VALUES (1, 'x', '2026', 8904, 'percent', 'x', 'wang', 0);
        INSERT INTO improvement_item
            VALUES (1, 'unit:07', 'x', 'x', 'x', '2026-12-31', 1, 'wang', 0, NULL, NULL);
        INSERT INTO export_request VALUES
            (1, 1, 'pdf', 'director', NULL, 51, 'x', 'wang', 0, 'li', 1, NULL);
        INSERT INTO privacy_request VALUES (1, 'access', 'query_code', 0, '2026-12-22', 'li',
            x'00', x'00', 'refused', 'nothing', 'wang', 1, NULL);
        INSERT INTO webhook (id, url, kinds, state, secret, created_by, created_at, confirmed_by,
                confirmed_at, changed_at)
            VALUES (1, 'x', '', 'active', x'00', 'wang', 0, 'li', 0, 0);
        INSERT INTO webhook_delivery (id, webhook, kind, body, created_at, state, next_at)
            VALUES ('msg', 1, 'webhook.ping', '{}', 0, 'waiting', 0);
        INSERT INTO inbound (id, medium, account, dedup, form, received_at, state)
            VALUES (1, 'sms', 'modem', zeroblob(32), 'smsd', 0, 'new');
        INSERT INTO sms_part VALUES (1, x'00', 1, 2, 0, 0, x'00');
        INSERT INTO outbox (id, idem_key, medium, account, template, class, party, created_at, rank,
                not_before, expires_at, state, changed_at)
            VALUES (1, 'k', 'sms', 'modem', 'S24', 'receipt', x'00', 0, 0, 0, 0, 'queued', 0);
        INSERT INTO account VALUES ('wang', 'x', NULL, NULL, 0, 0, NULL, 0, 0)";
    let alarm = "INSERT INTO risk_false_alarm SELECT min(id), 'crowd', 0, 'x', x'' FROM case_file";
    db.execute_batch(&format!("{town}; {alarm}; {typed_in};")).unwrap();
    (folder, db)
}

/// A seat, a row of the queue ledger, an entry of the audit and an attempt that has ended.
fn people(data: &Path, handle: &StoreHandle) {
    beside(data).add_seat(noonish(), &new_seat("801")).unwrap();
    assert!(handle.queue_log(noonish(), QueueEntry::new(QueueKind::SignIn)));
    let entry = AuditEntry {
        actor: "809".to_owned(),
        kind: AuditKind::Listen,
        subject: "call".to_owned(),
        reason: String::new(),
    };
    answered(|answer| handle.audit(noonish(), entry, answer)).unwrap();
    let task = answered(|answer| handle.open_callbacks(answer)).unwrap()[0].task;
    let attempt = begin(handle, noonish(), task, 9).unwrap().id;
    let end = |answer| handle.end_attempt(noonish(), attempt, AttemptOutcome::Busy, answer);
    answered(end).unwrap();
}

#[test]
fn every_statement_that_would_break_an_invariant_is_refused_with_its_reason() {
    let (_folder, db) = database();
    let event = "INSERT INTO event SELECT seq + 7, case_id, at, actor, body, NULL, prev, hash";
    let unlinked = "INSERT INTO event SELECT seq + 1, case_id, at, actor, body, NULL, prev, hash";
    for (sql, reason) in [
        ("UPDATE event SET actor = 'x'", "events are never changed"),
        ("DELETE FROM event", "events are never deleted"),
        (&format!("{event} FROM event ORDER BY seq DESC LIMIT 1"), "must follow the last"),
        (&format!("{unlinked} FROM event ORDER BY seq DESC LIMIT 1"), "must follow the last"),
        ("UPDATE event_private SET body = x'00'", "never changed"),
        ("DELETE FROM case_file", "cases are never deleted"),
        ("UPDATE case_file SET number = 26112200021 WHERE number IS NOT NULL", "identifies a case"),
        ("UPDATE case_file SET number = NULL WHERE number IS NOT NULL", "identifies a case"),
        ("UPDATE case_file SET code_hash = x'00' WHERE number IS NOT NULL", "identifies a case"),
        ("UPDATE case_file SET first_responsible = 'x' WHERE number > 0", "identifies a case"),
        ("UPDATE case_file SET received_at = 0", "identifies a case"),
        ("UPDATE case_file SET intake_key = 'other' || id", "identifies a case"),
        ("UPDATE case_file SET state = 'lost'", "CHECK constraint failed"),
        (
            "UPDATE case_file SET state = 'accepted' WHERE state = 'draft'",
            "CHECK constraint failed",
        ),
        ("UPDATE day_sequence SET last = last + 2", "counts one by one"),
        ("UPDATE day_sequence SET last = last", "counts one by one"),
        ("DELETE FROM day_sequence", "never forgotten"),
        ("INSERT INTO day_sequence VALUES (261123, 2)", "starts at number one"),
        ("UPDATE call SET lasted_ms = 0", "ended call is never changed"),
        ("UPDATE call SET peer = 'x'", "ended call is never changed"),
        ("UPDATE call SET peer = '', called = 'x'", "ended call is never changed"),
        ("DELETE FROM seat", "seats are never deleted"),
        ("UPDATE seat SET removed_at = 1", "CHECK constraint failed"),
        ("UPDATE seat SET role = 'king'", "CHECK constraint failed"),
        ("UPDATE queue_log SET value = 'x'", "the queue ledger is never changed"),
        ("DELETE FROM queue_log", "the queue ledger is never shortened"),
        ("UPDATE audit SET reason = 'x'", "audit entries are never changed"),
        ("DELETE FROM audit", "audit entries are never deleted"),
        (
            "INSERT INTO audit SELECT seq + 1, at, actor, kind, subject, reason, prev, hash
             FROM audit",
            "an audit entry must follow",
        ),
        ("UPDATE callback_attempt SET outcome = 'reached'", "an ended attempt is never changed"),
        ("DELETE FROM callback_attempt", "attempts are never deleted"),
        (&format!("{DIRECTORY} ('towns', '01', 3, '2026-11-22', NULL, '{{}}', 0)"), "one another"),
        ("UPDATE directory_version SET body = '[]'", "the directory are never overwritten"),
        ("DELETE FROM directory_version", "the directory are never deleted"),
        ("UPDATE risk_false_alarm SET person = 'x'", "found is never changed"),
        ("DELETE FROM risk_false_alarm", "found is never deleted"),
        ("UPDATE report SET content = '[]'", "an issued report is never changed"),
        ("DELETE FROM report", "an issued report is never deleted"),
        ("UPDATE report_narrative SET text = 'y'", "another narrative is another row"),
        ("DELETE FROM report_narrative", "another narrative is another row"),
        ("UPDATE opening_balance SET count = 0", "another balance is another row"),
        ("DELETE FROM opening_balance", "another balance is another row"),
        ("UPDATE outcome_indicator SET value = 0", "another value is another row"),
        ("DELETE FROM outcome_indicator", "another value is another row"),
        ("UPDATE improvement_item SET before = 9", "an improvement item is only closed"),
        ("DELETE FROM improvement_item", "an improvement item is never deleted"),
        ("UPDATE export_request SET persons = 9000", "an export request is only answered"),
        ("UPDATE export_request SET approved_by = 'zhao'", "an export request is only answered"),
        ("UPDATE export_request SET approved_by = asked_by", "only answered"),
        ("DELETE FROM export_request", "an export request is never deleted"),
        ("UPDATE privacy_request SET due_on = '2030-01-01'", "is only answered"),
        ("UPDATE privacy_request SET outcome = 'granted', ground = NULL", "is only answered"),
        ("DELETE FROM privacy_request", "personal information is never deleted"),
        ("DELETE FROM account", "accounts are never deleted"),
        ("INSERT INTO meta VALUES ('x', x'00')", "cannot store BLOB"),
    ] {
        let error = db.execute(sql, []).unwrap_err().to_string();
        assert!(error.contains(reason), "{sql}: {error}");
    }
}

#[test]
fn so_is_every_statement_that_would_break_a_subscription_or_its_messages() {
    let (_folder, db) = database();
    for (sql, reason) in [
        ("DELETE FROM webhook", "a subscription is only removed"),
        ("UPDATE webhook SET state = 'removed'", "CHECK constraint failed"),
        ("UPDATE webhook SET failures = 1", "CHECK constraint failed"),
        ("UPDATE webhook SET confirmed_by = created_by", "CHECK constraint failed"),
        ("UPDATE webhook SET confirmed_by = NULL, confirmed_at = NULL", "CHECK constraint failed"),
        ("UPDATE webhook_delivery SET body = '[]'", "what is told is never changed"),
        ("UPDATE webhook_delivery SET state = 'failed'", "CHECK constraint failed"),
    ] {
        let error = db.execute(sql, []).unwrap_err().to_string();
        assert!(error.contains(reason), "{sql}: {error}");
    }
}

#[test]
fn so_is_every_statement_that_would_break_what_came_in_or_goes_out() {
    let (_folder, db) = database();
    for (sql, reason) in [
        ("UPDATE outbox SET template = 'S01'", "what is told is never changed"),
        ("UPDATE outbox SET idem_key = 'l'", "what is told is never changed"),
        ("UPDATE outbox SET private = x'00'", "CHECK constraint failed"),
        ("UPDATE outbox SET state = 'sent'", "CHECK constraint failed"),
        ("UPDATE outbox SET state = 'delivered', leased_until = 1", "CHECK constraint failed"),
        ("UPDATE inbound SET state = 'done'", "CHECK constraint failed"),
        ("UPDATE inbound SET raw = x'00'", "CHECK constraint failed"),
        (
            "INSERT INTO inbound SELECT 2, medium, account, dedup, form, received_at, copies, state, attempts, why, \
          sender, words, case_id, key, raw, ended_at, about FROM inbound",
            "UNIQUE constraint failed",
        ),
        ("UPDATE sms_part SET number = 3", "CHECK constraint failed"),
        (
            "INSERT INTO outbox_part VALUES (1, 3, 2, 'queued', 1, 0, NULL, NULL)",
            "CHECK constraint failed",
        ),
    ] {
        let error = db.execute(sql, []).unwrap_err().to_string();
        assert!(error.contains(reason), "{sql}: {error}");
    }
}

#[test]
fn every_trigger_of_the_schema_is_tried_above() {
    let (_folder, db) = database();
    let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'";
    let triggers: i64 = db.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(triggers, 41, "a new trigger needs its statement in the test above");
}
