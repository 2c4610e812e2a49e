-- Seats, the call tree, the queue ledger, attempts to call back, the audit of who listened. What
-- the tables mean stands in schema.sql. A CHECK cannot be changed in place: its table is renamed,
-- made anew and filled.
DROP INDEX call_by_start;
DROP INDEX call_running;
DROP TRIGGER ended_call_is_fixed;
ALTER TABLE call RENAME TO call_1;
ALTER TABLE call_leg RENAME TO call_leg_1;
ALTER TABLE call_entry RENAME TO call_entry_1;
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
) STRICT;
INSERT INTO call SELECT * FROM call_1;
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
INSERT INTO call_leg
SELECT l.call, l.leg, 0, 'citizen', '', l.peer, l.codec, l.from_ms, l.from_ms, l.to_ms, 0,
       CASE c.ended_by WHEN 'citizen' THEN 'party' WHEN 'service' THEN 'service'
                       WHEN 'shutdown' THEN 'shutdown' ELSE 'network' END,
       NULL, l.received, l.sent, l.lost
FROM call_leg_1 l JOIN call_1 c ON c.id = l.call;
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
INSERT INTO call_entry SELECT call, position, at_ms, NULL, kind, value FROM call_entry_1;
DROP TABLE call_entry_1;
DROP TABLE call_leg_1;
DROP TABLE call_1;
ALTER TABLE recording ADD COLUMN tracks INTEGER CHECK (tracks > 0);
CREATE TABLE recording_track (
    recording INTEGER NOT NULL REFERENCES recording (id),
    track     INTEGER NOT NULL CHECK (track > 0),
    leg       INTEGER,
    label     TEXT NOT NULL,
    PRIMARY KEY (recording, track)
) STRICT, WITHOUT ROWID;
CREATE TABLE callback_attempt (
    id         INTEGER PRIMARY KEY NOT NULL,
    task       INTEGER NOT NULL REFERENCES callback_task (case_id),
    seat       TEXT NOT NULL,
    call       TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    outcome    TEXT CHECK (outcome IN (
                   'reached', 'no_answer', 'busy', 'wrong_person', 'refused', 'failed',
                   'interrupted')),
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
) STRICT;
CREATE INDEX attempt_by_task ON callback_attempt (task);
CREATE INDEX attempt_by_call ON callback_attempt (call);
CREATE UNIQUE INDEX attempt_running ON callback_attempt (task) WHERE ended_at IS NULL;
CREATE TABLE seat (
    number     TEXT PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL,
    role       TEXT NOT NULL CHECK (role IN ('operator', 'supervisor', 'leader', 'assistant')),
    groups     TEXT NOT NULL,
    realm      TEXT NOT NULL,
    ha1_sha256 TEXT CHECK (length(ha1_sha256) = 64),
    ha1_md5    TEXT CHECK (length(ha1_md5) = 32),
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    removed_at INTEGER,
    CHECK ((removed_at IS NULL) = (ha1_sha256 IS NOT NULL)),
    CHECK (removed_at IS NULL OR ha1_md5 IS NULL)
) STRICT, WITHOUT ROWID;
CREATE TABLE seat_binding (
    seat       TEXT NOT NULL REFERENCES seat (number),
    contact    TEXT NOT NULL,
    transport  TEXT NOT NULL,
    local      TEXT NOT NULL,
    remote     TEXT NOT NULL,
    connection INTEGER NOT NULL,
    call_id    TEXT NOT NULL,
    cseq       INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    user_agent TEXT,
    PRIMARY KEY (seat, contact)
) STRICT, WITHOUT ROWID;
CREATE TABLE queue_log (
    seq               INTEGER PRIMARY KEY NOT NULL,
    at                INTEGER NOT NULL,
    kind              TEXT NOT NULL CHECK (kind IN (
                          'enter', 'refused', 'offer', 'offer_over', 'connect', 'connect_over',
                          'abandon', 'exit_with_key', 'exit_empty', 'moved', 'overflow',
                          'callback_kept', 'callback_over', 'complete', 'own_talk', 'sign_in',
                          'sign_out', 'pause', 'unpause', 'wrap_up', 'gate', 'crash')),
    call              TEXT,
    queue             TEXT,
    seat              TEXT,
    position          INTEGER,
    original_position INTEGER,
    waited_ms         INTEGER,
    lasted_ms         INTEGER,
    value             TEXT NOT NULL
) STRICT;
CREATE INDEX queue_log_by_call ON queue_log (call, seq) WHERE call IS NOT NULL;
CREATE INDEX queue_log_by_time ON queue_log (at);
CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY NOT NULL,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    kind    TEXT NOT NULL CHECK (kind IN (
                'listen', 'whisper', 'barge', 'stop_listening', 'playback', 'contact_shown',
                'seat_added', 'seat_removed', 'password_set')),
    subject TEXT NOT NULL,
    reason  TEXT NOT NULL,
    prev    BLOB NOT NULL CHECK (length(prev) = 32),
    hash    BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE TRIGGER ended_call_is_fixed BEFORE UPDATE ON call WHEN OLD.ended_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'an ended call is never changed'); END;
CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END;
CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit entries are never deleted'); END;
CREATE TRIGGER audit_follows_the_last BEFORE INSERT ON audit
WHEN NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit)
  OR (NEW.seq > 1 AND NEW.prev <> (SELECT hash FROM audit WHERE seq = NEW.seq - 1))
BEGIN SELECT RAISE(ABORT, 'an audit entry must follow the last one'); END;
CREATE TRIGGER ended_attempt_is_fixed BEFORE UPDATE ON callback_attempt
WHEN OLD.ended_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'an ended attempt is never changed'); END;
CREATE TRIGGER attempt_is_never_deleted BEFORE DELETE ON callback_attempt
BEGIN SELECT RAISE(ABORT, 'attempts are never deleted'); END;
CREATE TRIGGER queue_log_is_append_only_update BEFORE UPDATE ON queue_log
BEGIN SELECT RAISE(ABORT, 'the queue ledger is never changed'); END;
CREATE TRIGGER queue_log_is_append_only_delete BEFORE DELETE ON queue_log
BEGIN SELECT RAISE(ABORT, 'the queue ledger is never shortened'); END;
CREATE TRIGGER seat_is_never_deleted BEFORE DELETE ON seat
BEGIN SELECT RAISE(ABORT, 'seats are never deleted'); END;

-- Every offer to a seat asks for the open cases of its caller.
CREATE INDEX case_by_caller ON case_file (caller) WHERE caller IS NOT NULL;
CREATE INDEX case_by_contact ON case_file (contact) WHERE contact IS NOT NULL;
