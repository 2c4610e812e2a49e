-- Fewer trees to write for each call. Indices that no query uses are gone; those by number of the
-- citizen hold numbered cases only, which is what a seat is shown; a key that is the row's own
-- number is not stored twice; calls are kept under their id, with no second tree for it; checks
-- build no tree of words. What the tables mean stands in schema.sql.
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
    ended_by   TEXT CHECK (
                 ended_by = 'citizen' OR ended_by = 'seat' OR ended_by = 'service'
                 OR ended_by = 'network' OR ended_by = 'shutdown' OR ended_by = 'crash'),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO call SELECT * FROM call_2 ORDER BY id;
CREATE INDEX call_by_start ON call (started_at);
CREATE INDEX call_running ON call (id) WHERE ended_at IS NULL;
CREATE TABLE call_leg (
    call        TEXT NOT NULL REFERENCES call (id),
    leg         INTEGER NOT NULL,
    party       INTEGER NOT NULL,
    role        TEXT NOT NULL CHECK (
                 role = 'citizen' OR role = 'seat' OR role = 'unit' OR role = 'leader'
                 OR role = 'outside' OR role = 'supervisor'),
    label       TEXT NOT NULL,
    peer        TEXT NOT NULL,
    codec       TEXT,
    from_ms     INTEGER NOT NULL,
    answered_ms INTEGER,
    to_ms       INTEGER NOT NULL,
    held_ms     INTEGER NOT NULL,
    ended_by    TEXT NOT NULL CHECK (
                 ended_by = 'party' OR ended_by = 'seat' OR ended_by = 'service'
                 OR ended_by = 'network' OR ended_by = 'shutdown'),
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
    kind     TEXT NOT NULL CHECK (
                 kind = 'prompt' OR kind = 'digit' OR kind = 'recording' OR kind = 'case'
                 OR kind = 'lookup' OR kind = 'stub' OR kind = 'attended' OR kind = 'grade'
                 OR kind = 'dialled' OR kind = 'joined' OR kind = 'left' OR kind = 'held'
                 OR kind = 'resumed' OR kind = 'muted' OR kind = 'unmuted' OR kind = 'deafened'
                 OR kind = 'undeafened' OR kind = 'private' OR kind = 'private_ended'
                 OR kind = 'consulted' OR kind = 'transferred' OR kind = 'handed_over'
                 OR kind = 'supervised' OR kind = 'outcome' OR kind = 'secret_on'
                 OR kind = 'secret_off'),
    value    TEXT NOT NULL,
    PRIMARY KEY (call, position)
) STRICT, WITHOUT ROWID;
INSERT INTO call_entry SELECT * FROM call_entry_2;
DROP TABLE call_entry_2;
DROP TABLE call_leg_2;
DROP TABLE call_2;
CREATE TRIGGER ended_call_is_fixed BEFORE UPDATE ON call WHEN OLD.ended_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'an ended call is never changed'); END;

-- The checks of tables that keep their rows: only their text changes, which says the same in
-- other words (https://www.sqlite.org/lang_altertable.html, section 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = 'CREATE TABLE case_file (
    id                INTEGER PRIMARY KEY NOT NULL,
    intake_key        TEXT NOT NULL UNIQUE,
    state             TEXT NOT NULL CHECK (
                 state = ''draft'' OR state = ''accepted'' OR state = ''classified''
                 OR state = ''consulting'' OR state = ''leader_review'' OR state = ''assigned''
                 OR state = ''handling'' OR state = ''feedback'' OR state = ''callback''
                 OR state = ''redo'' OR state = ''closed'' OR state = ''archived'' OR state = ''kept''
                 OR state = ''circulated'' OR state = ''sealed'' OR state = ''declined''
                 OR state = ''merged'' OR state = ''withdrawn''),
    channel           TEXT NOT NULL,
    received_at       INTEGER NOT NULL,
    call              TEXT,
    number            INTEGER UNIQUE,
    code              TEXT,
    accepted_at       INTEGER,
    contact           TEXT,
    caller            TEXT,
    display           TEXT,
    summary           TEXT,
    text              TEXT,
    recording         TEXT,
    first_responsible TEXT,
    nature            TEXT,
    domain            TEXT,
    unit              TEXT,
    round             INTEGER NOT NULL,
    answered_directly INTEGER NOT NULL CHECK (answered_directly IN (0, 1)),
    due_on            TEXT,
    due_at            INTEGER,
    due_provisional   INTEGER NOT NULL CHECK (due_provisional IN (0, 1)),
    unit_due_at       INTEGER,
    extended          TEXT,
    closed_on         TEXT,
    merged_into       INTEGER,
    lawful_channel    TEXT,
    last_event        INTEGER NOT NULL,
    CHECK (number IS NOT NULL OR state IN (''draft'', ''kept'')),
    CHECK ((number IS NULL) = (accepted_at IS NULL)),
    CHECK ((number IS NULL) = (first_responsible IS NULL))
) STRICT'
WHERE type = 'table' AND name = 'case_file';
UPDATE sqlite_schema SET sql = 'CREATE TABLE callback_task (
    case_id INTEGER PRIMARY KEY NOT NULL REFERENCES case_file (id),
    phone   TEXT,
    reason  TEXT NOT NULL CHECK (
                 reason = ''asked'' OR reason = ''missed'' OR reason = ''number_untold''),
    due_at  INTEGER NOT NULL,
    done_at INTEGER
) STRICT'
WHERE type = 'table' AND name = 'callback_task';
UPDATE sqlite_schema SET sql = 'CREATE TABLE queue_log (
    seq               INTEGER PRIMARY KEY NOT NULL,
    at                INTEGER NOT NULL,
    kind              TEXT NOT NULL CHECK (
                 kind = ''enter'' OR kind = ''refused'' OR kind = ''offer'' OR kind = ''offer_over''
                 OR kind = ''connect'' OR kind = ''connect_over'' OR kind = ''abandon''
                 OR kind = ''exit_with_key'' OR kind = ''exit_empty'' OR kind = ''moved''
                 OR kind = ''overflow'' OR kind = ''callback_kept'' OR kind = ''callback_over''
                 OR kind = ''complete'' OR kind = ''own_talk'' OR kind = ''sign_in''
                 OR kind = ''sign_out'' OR kind = ''pause'' OR kind = ''unpause'' OR kind = ''wrap_up''
                 OR kind = ''gate'' OR kind = ''crash''),
    call              TEXT,
    queue             TEXT,
    seat              TEXT,
    position          INTEGER,
    original_position INTEGER,
    waited_ms         INTEGER,
    lasted_ms         INTEGER,
    value             TEXT NOT NULL
) STRICT'
WHERE type = 'table' AND name = 'queue_log';
PRAGMA writable_schema = RESET;
