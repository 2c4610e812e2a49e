-- The directory and the catalogue of duties, in versions; flags that were marked as false; both stand
-- in the audit, whose check of kinds grows. What the tables mean stands in schema.sql.
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
                'seat_added', 'seat_removed', 'password_set', 'directory_imported',
                'false_alarm')),
    subject TEXT NOT NULL,                             -- call, file, case, seat
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

CREATE TABLE directory_version (
    kind        TEXT NOT NULL CHECK (kind IN (
                    'units', 'towns', 'villages', 'posts', 'leaders', 'officers', 'duties')),
    key         TEXT NOT NULL,
    version     INTEGER NOT NULL CHECK (version > 0),
    valid_from  TEXT NOT NULL,
    valid_to    TEXT,
    body        TEXT NOT NULL,
    imported_at INTEGER NOT NULL,
    PRIMARY KEY (kind, key, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE risk_false_alarm (
    case_id INTEGER NOT NULL REFERENCES case_file (id),
    risk    TEXT NOT NULL CHECK (risk IN (
                'crowd', 'suicide', 'petition', 'explosives', 'minor')),
    at      INTEGER NOT NULL,
    person  TEXT NOT NULL,
    reason  TEXT NOT NULL,
    PRIMARY KEY (case_id, risk)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER directory_version_follows_the_last BEFORE INSERT ON directory_version
WHEN NEW.version <> 1 + (SELECT COALESCE(MAX(version), 0) FROM directory_version
                         WHERE kind = NEW.kind AND key = NEW.key)
BEGIN SELECT RAISE(ABORT, 'versions of the directory follow one another'); END;
CREATE TRIGGER directory_version_is_only_closed BEFORE UPDATE ON directory_version
WHEN OLD.valid_to IS NOT NULL OR NEW.kind <> OLD.kind OR NEW.key <> OLD.key
  OR NEW.version <> OLD.version OR NEW.valid_from <> OLD.valid_from OR NEW.body <> OLD.body
  OR NEW.imported_at <> OLD.imported_at
BEGIN SELECT RAISE(ABORT, 'versions of the directory are never overwritten'); END;
CREATE TRIGGER directory_version_is_never_deleted BEFORE DELETE ON directory_version
BEGIN SELECT RAISE(ABORT, 'versions of the directory are never deleted'); END;
CREATE TRIGGER false_alarm_is_never_changed BEFORE UPDATE ON risk_false_alarm
BEGIN SELECT RAISE(ABORT, 'what a person found is never changed'); END;
CREATE TRIGGER false_alarm_is_never_deleted BEFORE DELETE ON risk_false_alarm
BEGIN SELECT RAISE(ABORT, 'what a person found is never deleted'); END;
