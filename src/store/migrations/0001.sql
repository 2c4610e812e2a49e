-- The first schema. What the tables mean stands in schema.sql.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE day_sequence (
    day  INTEGER PRIMARY KEY NOT NULL,
    last INTEGER NOT NULL CHECK (last BETWEEN 1 AND 9999)
) STRICT;
CREATE TABLE call (
    id         TEXT PRIMARY KEY NOT NULL,
    caller     TEXT,
    display    TEXT,
    called     TEXT NOT NULL,
    peer       TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    lasted_ms  INTEGER CHECK (lasted_ms >= 0),
    ended_by   TEXT CHECK (ended_by IN ('citizen', 'service', 'network', 'shutdown', 'crash')),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
) STRICT;
CREATE INDEX call_by_start ON call (started_at);
CREATE INDEX call_running ON call (id) WHERE ended_at IS NULL;
CREATE TABLE call_leg (
    call       TEXT NOT NULL REFERENCES call (id),
    leg        INTEGER NOT NULL,
    role       TEXT NOT NULL,
    peer       TEXT NOT NULL,
    codec      TEXT,
    from_ms    INTEGER NOT NULL,
    to_ms      INTEGER NOT NULL,
    received   INTEGER NOT NULL,
    sent       INTEGER NOT NULL,
    lost       INTEGER NOT NULL,
    PRIMARY KEY (call, leg)
) STRICT, WITHOUT ROWID;
CREATE TABLE call_entry (
    call     TEXT NOT NULL REFERENCES call (id),
    position INTEGER NOT NULL,
    at_ms    INTEGER NOT NULL,
    kind     TEXT NOT NULL
             CHECK (kind IN ('prompt', 'digit', 'recording', 'case', 'lookup', 'stub')),
    value    TEXT NOT NULL,
    PRIMARY KEY (call, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE case_file (
    id                INTEGER PRIMARY KEY NOT NULL,
    intake_key        TEXT NOT NULL UNIQUE,
    state             TEXT NOT NULL CHECK (state IN (
                          'draft', 'accepted', 'classified', 'consulting', 'leader_review',
                          'assigned', 'handling', 'feedback', 'callback', 'redo', 'closed',
                          'archived', 'kept', 'circulated', 'sealed', 'declined', 'merged',
                          'withdrawn')),
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
    CHECK (number IS NOT NULL OR state IN ('draft', 'kept')),
    CHECK ((number IS NULL) = (accepted_at IS NULL)),
    CHECK ((number IS NULL) = (first_responsible IS NULL))
) STRICT;
CREATE INDEX case_by_state ON case_file (state, received_at);
CREATE INDEX case_by_time ON case_file (received_at);
CREATE INDEX case_by_call ON case_file (call) WHERE call IS NOT NULL;
CREATE INDEX case_by_due ON case_file (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE event (
    seq            INTEGER PRIMARY KEY NOT NULL,
    case_id        INTEGER NOT NULL REFERENCES case_file (id) DEFERRABLE INITIALLY DEFERRED,
    at             INTEGER NOT NULL,
    actor          TEXT NOT NULL,
    body           TEXT NOT NULL,
    private_digest BLOB CHECK (length(private_digest) = 32),
    prev           BLOB NOT NULL CHECK (length(prev) = 32),
    hash           BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX event_by_case ON event (case_id, seq);
CREATE TABLE event_private (
    seq  INTEGER PRIMARY KEY NOT NULL REFERENCES event (seq),
    salt BLOB NOT NULL CHECK (length(salt) = 16),
    body TEXT NOT NULL
) STRICT;
CREATE TABLE recording (
    id          INTEGER PRIMARY KEY NOT NULL,
    file        TEXT NOT NULL UNIQUE,
    kind        TEXT NOT NULL CHECK (kind IN ('whole_call', 'message')),
    call        TEXT,
    case_id     INTEGER REFERENCES case_file (id),
    duration_ms INTEGER NOT NULL,
    speech_ms   INTEGER NOT NULL,
    sha256      TEXT NOT NULL CHECK (length(sha256) = 64),
    found       INTEGER NOT NULL CHECK (found IN (0, 1)),
    missing     INTEGER NOT NULL CHECK (missing IN (0, 1))
) STRICT;
CREATE INDEX recording_by_call ON recording (call);
CREATE TABLE callback_task (
    case_id INTEGER PRIMARY KEY NOT NULL REFERENCES case_file (id),
    phone   TEXT,
    reason  TEXT NOT NULL CHECK (reason IN ('asked', 'missed', 'number_untold')),
    due_at  INTEGER NOT NULL,
    done_at INTEGER
) STRICT;
CREATE INDEX callback_open ON callback_task (due_at) WHERE done_at IS NULL;
CREATE TABLE lookup_guard (
    subject      TEXT PRIMARY KEY NOT NULL,
    failures     INTEGER NOT NULL CHECK (failures >= 0),
    since        INTEGER NOT NULL,
    locked_until INTEGER
) STRICT, WITHOUT ROWID;
CREATE TRIGGER event_is_append_only_update BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER event_is_append_only_delete BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
CREATE TRIGGER event_follows_the_last BEFORE INSERT ON event
WHEN NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM event)
  OR (NEW.seq > 1 AND NEW.prev <> (SELECT hash FROM event WHERE seq = NEW.seq - 1))
BEGIN SELECT RAISE(ABORT, 'an event must follow the last one'); END;
CREATE TRIGGER event_private_is_never_changed BEFORE UPDATE ON event_private
BEGIN SELECT RAISE(ABORT, 'the private part of an event is never changed'); END;
CREATE TRIGGER case_is_never_deleted BEFORE DELETE ON case_file
BEGIN SELECT RAISE(ABORT, 'cases are never deleted'); END;
CREATE TRIGGER case_identity_is_fixed
BEFORE UPDATE OF id, intake_key, received_at, number, code, accepted_at, first_responsible
ON case_file
WHEN NEW.id <> OLD.id OR NEW.intake_key <> OLD.intake_key OR NEW.received_at <> OLD.received_at
  OR (OLD.number IS NOT NULL AND (NEW.number IS NOT OLD.number
      OR NEW.code IS NOT OLD.code OR NEW.accepted_at IS NOT OLD.accepted_at
      OR NEW.first_responsible IS NOT OLD.first_responsible))
BEGIN SELECT RAISE(ABORT, 'what identifies a case is never changed'); END;
CREATE TRIGGER day_sequence_starts_at_one BEFORE INSERT ON day_sequence WHEN NEW.last <> 1
BEGIN SELECT RAISE(ABORT, 'a day starts at number one'); END;
CREATE TRIGGER day_sequence_has_no_gap BEFORE UPDATE ON day_sequence
WHEN NEW.day <> OLD.day OR NEW.last <> OLD.last + 1
BEGIN SELECT RAISE(ABORT, 'a day counts one by one'); END;
CREATE TRIGGER day_sequence_is_kept BEFORE DELETE ON day_sequence
BEGIN SELECT RAISE(ABORT, 'a day is never forgotten'); END;
CREATE TRIGGER ended_call_is_fixed BEFORE UPDATE ON call WHEN OLD.ended_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'an ended call is never changed'); END;
