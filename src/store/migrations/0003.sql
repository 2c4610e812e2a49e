-- Fewer trees to write for each call. Indices that no query uses are gone; those by number of the
-- citizen hold numbered cases only, which is what a seat is shown; a key that is the row's own
-- number is not stored twice; calls are kept under their id, with no second tree for it. What the
-- tables mean stands in schema.sql.
DROP INDEX case_by_state;
DROP INDEX case_by_due;
DROP INDEX case_by_caller;
DROP INDEX case_by_contact;
DROP INDEX event_by_case;
DROP INDEX queue_log_by_call;
CREATE INDEX case_by_caller ON case_file (caller) WHERE caller IS NOT NULL AND number IS NOT NULL;
CREATE INDEX case_by_contact ON case_file (contact)
WHERE contact IS NOT NULL AND number IS NOT NULL;
CREATE INDEX event_by_case ON event (case_id);
CREATE INDEX queue_log_by_call ON queue_log (call) WHERE call IS NOT NULL;

DROP INDEX call_by_start;
DROP INDEX call_running;
DROP TRIGGER ended_call_is_fixed;
ALTER TABLE call RENAME TO call_2;
ALTER TABLE call_leg RENAME TO call_leg_2;
ALTER TABLE call_entry RENAME TO call_entry_2;
CREATE TABLE call (
    id         TEXT PRIMARY KEY NOT NULL,
    caller     TEXT,
    display    TEXT,
    called     TEXT NOT NULL,
    peer       TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    lasted_ms  INTEGER CHECK (lasted_ms >= 0),
    ended_by   TEXT CHECK (ended_by IN
               ('citizen', 'seat', 'service', 'network', 'shutdown', 'crash')),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO call SELECT * FROM call_2 ORDER BY id;
CREATE INDEX call_by_start ON call (started_at);
CREATE INDEX call_running ON call (id) WHERE ended_at IS NULL;
CREATE TABLE call_leg (
    call        TEXT NOT NULL REFERENCES call (id),
    leg         INTEGER NOT NULL,
    party       INTEGER NOT NULL,
    role        TEXT NOT NULL CHECK (role IN
                ('citizen', 'seat', 'unit', 'leader', 'outside', 'supervisor')),
    label       TEXT NOT NULL,
    peer        TEXT NOT NULL,
    codec       TEXT,
    from_ms     INTEGER NOT NULL,
    answered_ms INTEGER,
    to_ms       INTEGER NOT NULL,
    held_ms     INTEGER NOT NULL,
    ended_by    TEXT NOT NULL CHECK (ended_by IN
                ('party', 'seat', 'service', 'network', 'shutdown')),
    cause       INTEGER,
    received    INTEGER NOT NULL,
    sent        INTEGER NOT NULL,
    lost        INTEGER NOT NULL,
    PRIMARY KEY (call, leg)
) STRICT, WITHOUT ROWID;
INSERT INTO call_leg SELECT * FROM call_leg_2;
CREATE TABLE call_entry (
    call     TEXT NOT NULL REFERENCES call (id),
    position INTEGER NOT NULL,
    at_ms    INTEGER NOT NULL,
    party    INTEGER,
    kind     TEXT NOT NULL CHECK (kind IN (
                 'prompt', 'digit', 'recording', 'case', 'lookup', 'stub', 'attended', 'grade',
                 'dialled', 'joined', 'left', 'held', 'resumed', 'muted', 'unmuted', 'deafened',
                 'undeafened', 'private', 'private_ended', 'consulted', 'transferred',
                 'handed_over', 'supervised', 'outcome', 'secret_on', 'secret_off')),
    value    TEXT NOT NULL,
    PRIMARY KEY (call, position)
) STRICT, WITHOUT ROWID;
INSERT INTO call_entry SELECT * FROM call_entry_2;
DROP TABLE call_entry_2;
DROP TABLE call_leg_2;
DROP TABLE call_2;
CREATE TRIGGER ended_call_is_fixed BEFORE UPDATE ON call WHEN OLD.ended_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'an ended call is never changed'); END;
