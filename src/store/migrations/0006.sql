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

-- The audit knows exports; its rows and hashes stay as they are.
DROP TRIGGER audit_is_append_only_update;
DROP TRIGGER audit_is_append_only_delete;
DROP TRIGGER audit_follows_the_last;
ALTER TABLE audit RENAME TO audit_5;
CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY NOT NULL,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    kind    TEXT NOT NULL CHECK (kind IN (
                'listen', 'whisper', 'barge', 'stop_listening', 'playback', 'contact_shown',
                'seat_added', 'seat_removed', 'password_set', 'export_asked', 'export_approved',
                'exported')),
    subject TEXT NOT NULL,
    reason  TEXT NOT NULL,
    prev    BLOB NOT NULL CHECK (length(prev) = 32),
    hash    BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
INSERT INTO audit SELECT * FROM audit_5 ORDER BY seq;
DROP TABLE audit_5;
CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END;
CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit entries are never deleted'); END;
CREATE TRIGGER audit_follows_the_last BEFORE INSERT ON audit
WHEN NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit)
  OR (NEW.seq > 1 AND NEW.prev <> (SELECT hash FROM audit WHERE seq = NEW.seq - 1))
BEGIN SELECT RAISE(ABORT, 'an audit entry must follow the last one'); END;
