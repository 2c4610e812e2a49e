-- What is erased at the end of its period, and requests about personal information. What the tables mean
-- stands in schema.sql.
ALTER TABLE recording ADD COLUMN erased_at INTEGER;
CREATE TABLE erased_file (
    file TEXT PRIMARY KEY NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE privacy_request (
    id         INTEGER PRIMARY KEY NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('access', 'correction', 'deletion')),
    identified TEXT NOT NULL CHECK (identified IN (
                   'query_code', 'calling_number', 'identity_document', 'representative')),
    asked_at   INTEGER NOT NULL,
    due_on     TEXT NOT NULL,
    taken_by   TEXT NOT NULL,
    wrapped    BLOB NOT NULL,
    body       BLOB NOT NULL,
    outcome    TEXT CHECK (outcome IN ('granted', 'partly', 'refused')),
    ground     TEXT,
    decided_by TEXT,
    decided_at INTEGER,
    CHECK ((outcome IS NULL) = (decided_by IS NULL)),
    CHECK ((outcome IS NULL) = (decided_at IS NULL)),
    CHECK (outcome IS NULL OR outcome = 'granted' OR ground IS NOT NULL)
) STRICT;
CREATE TABLE privacy_request_case (
    request INTEGER NOT NULL REFERENCES privacy_request (id),
    case_id INTEGER NOT NULL REFERENCES case_file (id),
    PRIMARY KEY (request, case_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX privacy_request_by_case ON privacy_request_case (case_id);
CREATE TRIGGER privacy_request_is_only_answered BEFORE UPDATE ON privacy_request
WHEN NEW.id <> OLD.id OR NEW.kind <> OLD.kind OR NEW.identified <> OLD.identified
  OR NEW.asked_at <> OLD.asked_at OR NEW.due_on <> OLD.due_on OR NEW.taken_by <> OLD.taken_by
  OR (OLD.outcome IS NOT NULL AND (NEW.outcome IS NOT OLD.outcome OR NEW.ground IS NOT OLD.ground
      OR NEW.decided_by IS NOT OLD.decided_by OR NEW.decided_at IS NOT OLD.decided_at))
BEGIN SELECT RAISE(ABORT, 'a request about personal information is only answered'); END;
CREATE TRIGGER privacy_request_is_never_deleted BEFORE DELETE ON privacy_request
BEGIN SELECT RAISE(ABORT, 'a request about personal information is never deleted'); END;
-- Of a call that has ended only the address of its peer goes, with who called.
DROP TRIGGER ended_call_is_fixed;
CREATE TRIGGER ended_call_is_fixed BEFORE UPDATE ON call
WHEN OLD.ended_at IS NOT NULL
 AND (NEW.peer <> '' OR NEW.id <> OLD.id OR NEW.called <> OLD.called
      OR NEW.started_at <> OLD.started_at OR NEW.ended_at IS NOT OLD.ended_at
      OR NEW.lasted_ms IS NOT OLD.lasted_ms OR NEW.ended_by IS NOT OLD.ended_by)
BEGIN SELECT RAISE(ABORT, 'an ended call is never changed'); END;
-- The audit knows erasures and requests; its rows and hashes stay as they are.
DROP TRIGGER audit_is_append_only_update;
DROP TRIGGER audit_is_append_only_delete;
DROP TRIGGER audit_follows_the_last;
ALTER TABLE audit RENAME TO audit_11;
CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY NOT NULL,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    kind    TEXT NOT NULL CHECK (kind IN (
                'listen', 'whisper', 'barge', 'stop_listening', 'playback', 'contact_shown',
                'seat_added', 'seat_removed', 'password_set', 'liaison_key_added', 'seal_read',
                'directory_imported', 'false_alarm', 'account_changed', 'seal_opened', 'exported',
                'export_asked', 'export_approved', 'erased', 'privacy_asked', 'privacy_exported',
                'privacy_decided')),
    subject TEXT NOT NULL,
    reason  TEXT NOT NULL,
    prev    BLOB NOT NULL CHECK (length(prev) = 32),
    hash    BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
INSERT INTO audit SELECT * FROM audit_11 ORDER BY seq;
DROP TABLE audit_11;
CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END;
CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit entries are never deleted'); END;
CREATE TRIGGER audit_follows_the_last BEFORE INSERT ON audit
WHEN NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit)
  OR (NEW.seq > 1 AND NEW.prev <> (SELECT hash FROM audit WHERE seq = NEW.seq - 1))
BEGIN SELECT RAISE(ABORT, 'an audit entry must follow the last one'); END;
