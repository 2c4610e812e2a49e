-- Reports with their versions, what people type in for them, and exports that need two persons. What
-- the tables mean stands in schema.sql.
CREATE TABLE report (
    id           INTEGER PRIMARY KEY NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('day', 'week', 'month')),
    period       TEXT NOT NULL,
    version      INTEGER NOT NULL CHECK (version > 0),
    generated_at INTEGER NOT NULL,
    as_of        INTEGER NOT NULL,
    content      TEXT NOT NULL,
    sha256       TEXT NOT NULL CHECK (length(sha256) = 64),
    UNIQUE (kind, period, version)
) STRICT;
CREATE TABLE opening_balance (
    seq       INTEGER PRIMARY KEY NOT NULL,
    channel   TEXT NOT NULL,
    count     INTEGER NOT NULL CHECK (count >= 0),
    by_person TEXT NOT NULL,
    at        INTEGER NOT NULL
) STRICT;
CREATE TABLE improvement_item (
    id        INTEGER PRIMARY KEY NOT NULL,
    cluster   TEXT NOT NULL,
    title     TEXT NOT NULL,
    owner     TEXT NOT NULL,
    measure   TEXT NOT NULL,
    due_on    TEXT NOT NULL,
    before    INTEGER NOT NULL CHECK (before >= 0),
    opened_by TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    closed_by TEXT,
    closed_at INTEGER,
    CHECK ((closed_by IS NULL) = (closed_at IS NULL))
) STRICT;
CREATE TABLE outcome_indicator (
    seq       INTEGER PRIMARY KEY NOT NULL,
    name      TEXT NOT NULL,
    period    TEXT NOT NULL,
    value     INTEGER NOT NULL,
    unit      TEXT NOT NULL CHECK (unit IN ('percent', 'count')),
    source    TEXT NOT NULL,
    by_person TEXT NOT NULL,
    at        INTEGER NOT NULL
) STRICT;
CREATE TABLE report_narrative (
    seq       INTEGER PRIMARY KEY NOT NULL,
    kind      TEXT NOT NULL CHECK (kind IN ('day', 'week', 'month')),
    period    TEXT NOT NULL,
    text      TEXT NOT NULL,
    by_person TEXT NOT NULL,
    at        INTEGER NOT NULL
) STRICT;
CREATE TABLE export_request (
    id          INTEGER PRIMARY KEY NOT NULL,
    report      INTEGER NOT NULL REFERENCES report (id),
    format      TEXT NOT NULL,
    role        TEXT NOT NULL,
    unit        TEXT,
    persons     INTEGER NOT NULL CHECK (persons > 0),
    reason      TEXT NOT NULL,
    asked_by    TEXT NOT NULL,
    asked_at    INTEGER NOT NULL,
    approved_by TEXT CHECK (approved_by <> asked_by),
    approved_at INTEGER,
    used_at     INTEGER,
    CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
    CHECK (used_at IS NULL OR approved_at IS NOT NULL)
) STRICT;
CREATE TRIGGER report_is_append_only_update BEFORE UPDATE ON report
BEGIN SELECT RAISE(ABORT, 'an issued report is never changed'); END;
CREATE TRIGGER report_is_append_only_delete BEFORE DELETE ON report
BEGIN SELECT RAISE(ABORT, 'an issued report is never deleted'); END;
CREATE TRIGGER opening_balance_is_append_only_update BEFORE UPDATE ON opening_balance
BEGIN SELECT RAISE(ABORT, 'another balance is another row'); END;
CREATE TRIGGER opening_balance_is_append_only_delete BEFORE DELETE ON opening_balance
BEGIN SELECT RAISE(ABORT, 'another balance is another row'); END;
CREATE TRIGGER outcome_indicator_is_append_only_update BEFORE UPDATE ON outcome_indicator
BEGIN SELECT RAISE(ABORT, 'another value is another row'); END;
CREATE TRIGGER outcome_indicator_is_append_only_delete BEFORE DELETE ON outcome_indicator
BEGIN SELECT RAISE(ABORT, 'another value is another row'); END;
CREATE TRIGGER report_narrative_is_append_only_update BEFORE UPDATE ON report_narrative
BEGIN SELECT RAISE(ABORT, 'another narrative is another row'); END;
CREATE TRIGGER report_narrative_is_append_only_delete BEFORE DELETE ON report_narrative
BEGIN SELECT RAISE(ABORT, 'another narrative is another row'); END;
CREATE TRIGGER improvement_item_is_only_closed BEFORE UPDATE ON improvement_item
WHEN OLD.closed_at IS NOT NULL OR NEW.id <> OLD.id OR NEW.cluster <> OLD.cluster
  OR NEW.title <> OLD.title OR NEW.owner <> OLD.owner OR NEW.measure <> OLD.measure
  OR NEW.due_on <> OLD.due_on OR NEW.before <> OLD.before OR NEW.opened_by <> OLD.opened_by
  OR NEW.opened_at <> OLD.opened_at
BEGIN SELECT RAISE(ABORT, 'an improvement item is only closed'); END;
CREATE TRIGGER improvement_item_is_never_deleted BEFORE DELETE ON improvement_item
BEGIN SELECT RAISE(ABORT, 'an improvement item is never deleted'); END;
CREATE TRIGGER export_request_is_only_answered BEFORE UPDATE ON export_request
WHEN OLD.used_at IS NOT NULL OR NEW.id <> OLD.id OR NEW.report <> OLD.report
  OR NEW.format <> OLD.format OR NEW.role <> OLD.role OR NEW.unit IS NOT OLD.unit
  OR NEW.persons <> OLD.persons OR NEW.reason <> OLD.reason OR NEW.asked_by <> OLD.asked_by
  OR NEW.asked_at <> OLD.asked_at OR (OLD.approved_by IS NOT NULL
     AND (NEW.approved_by IS NOT OLD.approved_by OR NEW.approved_at IS NOT OLD.approved_at))
BEGIN SELECT RAISE(ABORT, 'an export request is only answered'); END;
CREATE TRIGGER export_request_is_never_deleted BEFORE DELETE ON export_request
BEGIN SELECT RAISE(ABORT, 'an export request is never deleted'); END;

-- The audit knows exports; its rows and hashes stay as they are.
DROP TRIGGER audit_is_append_only_update;
DROP TRIGGER audit_is_append_only_delete;
DROP TRIGGER audit_follows_the_last;
ALTER TABLE audit RENAME TO audit_8;
CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY NOT NULL,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    kind    TEXT NOT NULL CHECK (kind IN (
                'listen', 'whisper', 'barge', 'stop_listening', 'playback', 'contact_shown',
                'seat_added', 'seat_removed', 'password_set', 'liaison_key_added', 'seal_read',
                'directory_imported', 'false_alarm', 'account_changed', 'seal_opened', 'exported',
                'export_asked', 'export_approved')),
    subject TEXT NOT NULL,
    reason  TEXT NOT NULL,
    prev    BLOB NOT NULL CHECK (length(prev) = 32),
    hash    BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
INSERT INTO audit SELECT * FROM audit_8 ORDER BY seq;
DROP TABLE audit_8;
CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END;
CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit entries are never deleted'); END;
CREATE TRIGGER audit_follows_the_last BEFORE INSERT ON audit
WHEN NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit)
  OR (NEW.seq > 1 AND NEW.prev <> (SELECT hash FROM audit WHERE seq = NEW.seq - 1))
BEGIN SELECT RAISE(ABORT, 'an audit entry must follow the last one'); END;
