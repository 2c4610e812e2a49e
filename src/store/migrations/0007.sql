-- Who a citizen is and what he said are sealed from here on (ADR 16). What stands in clear is put
-- aside in tables named `_plain`, and taken from there bit by bit after this step; the rows of the
-- cases are worked out again from their events. What the tables mean stands in schema.sql.
DROP TRIGGER event_private_is_never_changed;
ALTER TABLE event_private RENAME TO event_private_plain;
CREATE TABLE event_private (
    seq  INTEGER PRIMARY KEY NOT NULL REFERENCES event (seq),
    body BLOB NOT NULL
) STRICT;
CREATE TRIGGER event_private_is_never_changed BEFORE UPDATE ON event_private
BEGIN SELECT RAISE(ABORT, 'the private part of an event is never changed'); END;

CREATE TABLE liaison_key (
    id         INTEGER PRIMARY KEY NOT NULL,
    public     BLOB NOT NULL UNIQUE CHECK (length(public) = 32),
    created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE case_key (
    case_id INTEGER PRIMARY KEY NOT NULL
            REFERENCES case_file (id) DEFERRABLE INITIALLY DEFERRED,
    holder  INTEGER REFERENCES liaison_key (id),
    wrapped BLOB NOT NULL
) STRICT;
CREATE TABLE call_private (
    call    TEXT PRIMARY KEY NOT NULL REFERENCES call (id),
    holder  INTEGER REFERENCES liaison_key (id),
    wrapped BLOB NOT NULL,
    body    BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE call_plain (
    call    TEXT PRIMARY KEY NOT NULL,
    caller  TEXT,
    display TEXT
) STRICT;
INSERT INTO call_plain SELECT id, caller, display FROM call;
ALTER TABLE call DROP COLUMN caller;
ALTER TABLE call DROP COLUMN display;

DROP TRIGGER case_identity_is_fixed;
DROP INDEX case_by_caller;
DROP INDEX case_by_contact;
ALTER TABLE case_file DROP COLUMN code;
ALTER TABLE case_file DROP COLUMN contact;
ALTER TABLE case_file DROP COLUMN caller;
ALTER TABLE case_file DROP COLUMN display;
ALTER TABLE case_file DROP COLUMN summary;
ALTER TABLE case_file DROP COLUMN text;
ALTER TABLE case_file ADD COLUMN private BLOB;
ALTER TABLE case_file ADD COLUMN code_hash BLOB;
ALTER TABLE case_file ADD COLUMN caller_hash BLOB;
ALTER TABLE case_file ADD COLUMN contact_hash BLOB;
CREATE INDEX case_by_caller ON case_file (caller_hash)
WHERE caller_hash IS NOT NULL AND number IS NOT NULL;
CREATE INDEX case_by_contact ON case_file (contact_hash)
WHERE contact_hash IS NOT NULL AND number IS NOT NULL;
CREATE TRIGGER case_identity_is_fixed
BEFORE UPDATE OF id, intake_key, received_at, number, code_hash, accepted_at, first_responsible
ON case_file
WHEN NEW.id <> OLD.id OR NEW.intake_key <> OLD.intake_key OR NEW.received_at <> OLD.received_at
  OR (OLD.number IS NOT NULL AND (NEW.number IS NOT OLD.number
      OR OLD.code_hash IS NOT NULL AND NEW.code_hash IS NOT OLD.code_hash
      OR NEW.accepted_at IS NOT OLD.accepted_at
      OR NEW.first_responsible IS NOT OLD.first_responsible))
BEGIN SELECT RAISE(ABORT, 'what identifies a case is never changed'); END;
ALTER TABLE callback_task DROP COLUMN phone;

-- Wrong tries of callers count for a day: those of today begin again.
DELETE FROM lookup_guard WHERE subject LIKE 'caller:%' AND subject <> 'caller:withheld';
INSERT OR REPLACE INTO meta VALUES ('scrub_pending', '1');

-- Only the text of a check changes (https://www.sqlite.org/lang_altertable.html, section 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''password_set''',
    '''password_set'', ''liaison_key_added'', ''seal_read''')
WHERE type = 'table' AND name = 'audit';
PRAGMA writable_schema = RESET;
