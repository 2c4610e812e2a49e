-- The whole current schema of data/mayorline.db, for reading and for a fresh database.
-- An existing database comes here by the numbered files in src/store/migrations/; a test holds
-- both to the same result. PRAGMA user_version is the number of the last migration.
--
-- Times are integers: milliseconds since 1970-01-01 UTC. Local days are text YYYY-MM-DD of
-- Asia/Shanghai. Every table is STRICT. Only `event` and `event_private` hold what cannot be
-- worked out again of a case: `case_file` and `callback_task` are folds of its events.
--
-- What is written for every call is checked by `a = 'x' OR a = 'y'`: for an IN of more than two
-- words SQLite builds a tree of them with each row.

-- Facts about this database, by name.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- How many numbers each local day has given out. A number is taken in the transaction that stores
-- its case, so a day has no gaps.
CREATE TABLE day_sequence (
    day  INTEGER PRIMARY KEY NOT NULL,                 -- YYMMDD
    last INTEGER NOT NULL CHECK (last BETWEEN 1 AND 9999)
) STRICT;

-- The ledger of calls: one row from the moment a call is answered.
CREATE TABLE call (
    id         TEXT PRIMARY KEY NOT NULL,
    called     TEXT NOT NULL,
    peer       TEXT NOT NULL,                          -- where the signalling came from
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,                                -- NULL: still running
    lasted_ms  INTEGER CHECK (lasted_ms >= 0),
    ended_by   TEXT CHECK (
                 ended_by = 'citizen' OR ended_by = 'seat' OR ended_by = 'service'
                 OR ended_by = 'network' OR ended_by = 'shutdown' OR ended_by = 'crash'),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX call_by_start ON call (started_at);
CREATE INDEX call_running ON call (id) WHERE ended_at IS NULL;

-- The parties' halves of a call: with its entries they are the call tree.
CREATE TABLE call_leg (
    call        TEXT NOT NULL REFERENCES call (id),
    leg         INTEGER NOT NULL,
    party       INTEGER NOT NULL,                      -- within the call; 0: the citizen
    role        TEXT NOT NULL CHECK (
                 role = 'citizen' OR role = 'seat' OR role = 'unit' OR role = 'leader'
                 OR role = 'outside' OR role = 'supervisor'),
    label       TEXT NOT NULL,                         -- seat number, unit, masked number
    peer        TEXT NOT NULL,
    codec       TEXT,                                  -- NULL: no audio was agreed
    from_ms     INTEGER NOT NULL,                      -- after the call's start
    answered_ms INTEGER,                               -- after the call's start; NULL: never
    to_ms       INTEGER NOT NULL,                      -- after the call's start
    held_ms     INTEGER NOT NULL,                      -- all holds together
    ended_by    TEXT NOT NULL CHECK (
                 ended_by = 'party' OR ended_by = 'seat' OR ended_by = 'service'
                 OR ended_by = 'network' OR ended_by = 'shutdown'),
    cause       INTEGER,                               -- SIP status of a leg that was refused
    received    INTEGER NOT NULL,                      -- RTP packets
    sent        INTEGER NOT NULL,
    lost        INTEGER NOT NULL,
    reported_lost      INTEGER,                        -- of our packets, by its own end (RTCP); NULL:
    reported_share     INTEGER,                        -- nothing told; since its report before, of 256
    reported_jitter_ms INTEGER,
    PRIMARY KEY (call, leg)
) STRICT, WITHOUT ROWID;

-- What happened in a call, in order.
CREATE TABLE call_entry (
    call     TEXT NOT NULL REFERENCES call (id),
    position INTEGER NOT NULL,
    at_ms    INTEGER NOT NULL,                         -- after the call's start
    party    INTEGER,                                  -- NULL: the call itself
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

-- The queue as people see it: one row a case, worked out from its events.
CREATE TABLE case_file (
    id                INTEGER PRIMARY KEY NOT NULL,
    intake_key        TEXT NOT NULL UNIQUE,            -- storing a contact twice gives one case
    state             TEXT NOT NULL CHECK (
                 state = 'draft' OR state = 'accepted' OR state = 'classified'
                 OR state = 'consulting' OR state = 'leader_review' OR state = 'assigned'
                 OR state = 'handling' OR state = 'feedback' OR state = 'callback'
                 OR state = 'redo' OR state = 'closed' OR state = 'archived' OR state = 'kept'
                 OR state = 'circulated' OR state = 'sealed' OR state = 'declined'
                 OR state = 'merged' OR state = 'withdrawn'),
    channel           TEXT NOT NULL,
    received_at       INTEGER NOT NULL,
    call              TEXT,
    number            INTEGER UNIQUE,                  -- eleven digits; NULL: a draft
    accepted_at       INTEGER,
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
    urgency           TEXT NOT NULL DEFAULT 'normal',
    disposition       TEXT,
    handler           TEXT,                            -- 具体承办人
    supervisor        TEXT,                            -- 具体督办人
    unit_from         INTEGER,                         -- when the unit's clock began
    unit_due_on       TEXT,
    unit_provisional  INTEGER NOT NULL DEFAULT 0,
    waiting           TEXT,                            -- what waits for a second person
    warned            INTEGER,                         -- highest level of this clock
    docket            TEXT,                            -- while it is on the docket
    grade             TEXT,                            -- the last one
    seal_proposed     INTEGER NOT NULL DEFAULT 0,
    private           BLOB,                            -- who and what; NULL: under seal
    code_hash         BLOB,                            -- of the query code, keyed
    caller_hash       BLOB,                            -- of the number that called, keyed
    contact_hash      BLOB,                            -- of the number to call back, keyed
    mail_hash         BLOB,                            -- of the address that wrote it, keyed
    CHECK (number IS NOT NULL OR state IN ('draft', 'kept')),
    CHECK ((number IS NULL) = (accepted_at IS NULL)),
    CHECK ((number IS NULL) = (first_responsible IS NULL))
) STRICT;
CREATE INDEX case_by_state ON case_file (state) WHERE number IS NOT NULL;
CREATE INDEX case_by_time ON case_file (received_at);
CREATE INDEX case_by_call ON case_file (call) WHERE call IS NOT NULL;
CREATE INDEX case_by_caller ON case_file (caller_hash)
WHERE caller_hash IS NOT NULL AND number IS NOT NULL;
CREATE INDEX case_by_contact ON case_file (contact_hash)
WHERE contact_hash IS NOT NULL AND number IS NOT NULL;
CREATE INDEX case_by_mail ON case_file (mail_hash) WHERE mail_hash IS NOT NULL;

-- Keyed tokens of the pairs of characters of number and summary of the cases that may be found by words; the row id is
-- that of the case. Contentless: the words themselves stand in case_file alone, sealed.
CREATE VIRTUAL TABLE case_search USING fts5(
    pairs, content = '', contentless_delete = 1, tokenize = 'ascii', detail = full
);

-- What happened to the cases, for ever. hash = SHA-256 over prev and every other column.
CREATE TABLE event (
    seq            INTEGER PRIMARY KEY NOT NULL,
    case_id        INTEGER NOT NULL REFERENCES case_file (id) DEFERRABLE INITIALLY DEFERRED,
    at             INTEGER NOT NULL,
    actor          TEXT NOT NULL,
    body           TEXT NOT NULL,                      -- JSON without its private part
    private_digest BLOB CHECK (length(private_digest) = 32),
    prev           BLOB NOT NULL CHECK (length(prev) = 32),
    hash           BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX event_by_case ON event (case_id);

-- The private part of an event. Only its digest is chained: erasing it later keeps the chain whole.
CREATE TABLE event_private (
    seq  INTEGER PRIMARY KEY NOT NULL REFERENCES event (seq),
    body BLOB NOT NULL                                 -- sealed: 16 bytes of salt, then the JSON
) STRICT;

-- The data key of each case. Under seal it is wrapped for the liaison alone.
CREATE TABLE case_key (
    case_id INTEGER PRIMARY KEY NOT NULL
            REFERENCES case_file (id) DEFERRABLE INITIALLY DEFERRED,
    holder  INTEGER REFERENCES liaison_key (id),       -- NULL: the service, by its master key
    wrapped BLOB NOT NULL                              -- empty: destroyed, with all it opened
) STRICT;

-- Who called, sealed under a data key of the call.
CREATE TABLE call_private (
    call    TEXT PRIMARY KEY NOT NULL REFERENCES call (id),
    holder  INTEGER REFERENCES liaison_key (id),       -- NULL: the service, by its master key
    wrapped BLOB NOT NULL,
    body    BLOB NOT NULL                              -- sealed JSON
) STRICT, WITHOUT ROWID;

-- Public keys of the discipline liaison; the newest is used.
CREATE TABLE liaison_key (
    id         INTEGER PRIMARY KEY NOT NULL,
    public     BLOB NOT NULL UNIQUE CHECK (length(public) = 32),
    created_at INTEGER NOT NULL
) STRICT;

-- Files below data/recordings.
CREATE TABLE recording (
    id          INTEGER PRIMARY KEY NOT NULL,
    file        TEXT NOT NULL UNIQUE,
    kind        TEXT NOT NULL CHECK (kind IN ('whole_call', 'message')),
    call        TEXT,
    case_id     INTEGER REFERENCES case_file (id),
    duration_ms INTEGER NOT NULL,
    speech_ms   INTEGER NOT NULL,
    sha256      TEXT NOT NULL CHECK (length(sha256) = 64),
    found       INTEGER NOT NULL CHECK (found IN (0, 1)),   -- 1: found without a row after a crash
    missing     INTEGER NOT NULL CHECK (missing IN (0, 1)), -- 1: the file was found gone
    tracks      INTEGER CHECK (tracks > 0),            -- channels of the file; NULL: not told
    erased_at   INTEGER                                -- its file is gone, or on the list below
) STRICT;
CREATE INDEX recording_by_call ON recording (call);
CREATE INDEX recording_by_case ON recording (case_id) WHERE case_id IS NOT NULL;

-- Files of recordings that are to be removed; each goes from here when it is.
CREATE TABLE erased_file (
    file TEXT PRIMARY KEY NOT NULL
) STRICT, WITHOUT ROWID;

-- Keys of recordings under seal; that of any other stands in its own file.
CREATE TABLE recording_key (
    recording INTEGER PRIMARY KEY NOT NULL REFERENCES recording (id),
    holder    INTEGER NOT NULL REFERENCES liaison_key (id),
    wrapped   BLOB NOT NULL
) STRICT;

-- What each track of a recording holds.
CREATE TABLE recording_track (
    recording INTEGER NOT NULL REFERENCES recording (id),
    track     INTEGER NOT NULL CHECK (track > 0),      -- channel of the file, from 1
    leg       INTEGER,                                 -- NULL: what the citizen was played
    label     TEXT NOT NULL,
    PRIMARY KEY (recording, track)
) STRICT, WITHOUT ROWID;

-- Who must be called back, and until when.
CREATE TABLE callback_task (
    case_id INTEGER PRIMARY KEY NOT NULL REFERENCES case_file (id),
    reason  TEXT NOT NULL CHECK (
                 reason = 'asked' OR reason = 'missed' OR reason = 'number_untold'),
    due_at  INTEGER NOT NULL,
    done_at INTEGER
) STRICT;
CREATE INDEX callback_open ON callback_task (due_at) WHERE done_at IS NULL;

-- Each try to call a citizen back; the event of the case follows when it has ended.
CREATE TABLE callback_attempt (
    id         INTEGER PRIMARY KEY NOT NULL,
    task       INTEGER NOT NULL REFERENCES callback_task (case_id),
    seat       TEXT NOT NULL,
    call       TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,                                -- NULL: still running
    outcome    TEXT CHECK (outcome IN (
                   'reached', 'no_answer', 'busy', 'wrong_person', 'refused', 'failed',
                   'interrupted')),
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
) STRICT;
CREATE INDEX attempt_by_task ON callback_attempt (task);
CREATE INDEX attempt_by_call ON callback_attempt (call);
CREATE UNIQUE INDEX attempt_running ON callback_attempt (task) WHERE ended_at IS NULL;

-- The seats. One that is removed keeps its row: its calls stay in the ledger.
CREATE TABLE seat (
    number     TEXT PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL,
    role       TEXT NOT NULL CHECK (role IN ('operator', 'supervisor', 'leader', 'assistant')),
    groups     TEXT NOT NULL,                          -- JSON list of names
    realm      TEXT NOT NULL,                          -- what the secrets were made with
    ha1_sha256 TEXT CHECK (length(ha1_sha256) = 64),   -- H(number:realm:password), hexadecimal
    ha1_md5    TEXT CHECK (length(ha1_md5) = 32),      -- NULL: this seat takes SHA-256 only
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    removed_at INTEGER,                                -- NULL: in use
    CHECK ((removed_at IS NULL) = (ha1_sha256 IS NOT NULL)),
    CHECK (removed_at IS NULL OR ha1_md5 IS NULL)
) STRICT, WITHOUT ROWID;

-- Where the phones of the seats are, so that a restart need not wait for them to register.
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

-- The queue ledger (app_queue's queue_log): one row an event, numbered without gaps by whoever
-- hands it in, so that a row that was lost shows.
CREATE TABLE queue_log (
    seq               INTEGER PRIMARY KEY NOT NULL,
    at                INTEGER NOT NULL,
    kind              TEXT NOT NULL CHECK (
                 kind = 'enter' OR kind = 'refused' OR kind = 'offer' OR kind = 'offer_over'
                 OR kind = 'connect' OR kind = 'connect_over' OR kind = 'abandon'
                 OR kind = 'exit_with_key' OR kind = 'exit_empty' OR kind = 'moved'
                 OR kind = 'overflow' OR kind = 'callback_kept' OR kind = 'callback_over'
                 OR kind = 'complete' OR kind = 'own_talk' OR kind = 'sign_in'
                 OR kind = 'sign_out' OR kind = 'pause' OR kind = 'unpause' OR kind = 'wrap_up'
                 OR kind = 'gate' OR kind = 'crash'),
    call              TEXT,                            -- NULL: about a seat alone
    queue             TEXT,                            -- name of the group
    seat              TEXT,
    position          INTEGER,                         -- now, from 1
    original_position INTEGER,                         -- at the first arrival, from 1
    waited_ms         INTEGER,                         -- since the first arrival
    lasted_ms         INTEGER,                           -- talk, ringing or wrap-up that ended
    value             TEXT NOT NULL                    -- reason, key, how it ended, target
) STRICT;
CREATE INDEX queue_log_by_call ON queue_log (call) WHERE call IS NOT NULL;
CREATE INDEX queue_log_by_time ON queue_log (at);

-- Who listened in, played a recording or changed who may: hash-chained like the events.
CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY NOT NULL,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    kind    TEXT NOT NULL CHECK (kind IN (
                'listen', 'whisper', 'barge', 'stop_listening', 'playback', 'contact_shown',
                'seat_added', 'seat_removed', 'password_set', 'liaison_key_added', 'seal_read',
                'directory_imported', 'false_alarm', 'account_changed', 'seal_opened', 'exported',
                'export_asked', 'export_approved', 'erased', 'privacy_asked', 'privacy_exported',
                'privacy_decided', 'webhook_changed', 'message_shown', 'message_decided')),
    subject TEXT NOT NULL,                             -- call, file, case, seat, account, subscription
    reason  TEXT NOT NULL,
    prev    BLOB NOT NULL CHECK (length(prev) = 32),
    hash    BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- The reports (日汇总、周报告、月分析): counts and numbers of cases, never a citizen's words. The case
-- sheet is worked out of the events as of the same instant whenever it is shown.
CREATE TABLE report (
    id           INTEGER PRIMARY KEY NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('day', 'week', 'month')),
    period       TEXT NOT NULL,                         -- 2026-11-22, 2026-W47, 2026-11
    version      INTEGER NOT NULL CHECK (version > 0),
    generated_at INTEGER NOT NULL,
    as_of        INTEGER NOT NULL,                      -- what happened later is not in it
    content      TEXT NOT NULL,
    sha256       TEXT NOT NULL CHECK (length(sha256) = 64),
    UNIQUE (kind, period, version)
) STRICT;

-- What each channel had taken in before this service; the last row of a channel counts.
CREATE TABLE opening_balance (
    seq       INTEGER PRIMARY KEY NOT NULL,
    channel   TEXT NOT NULL,
    count     INTEGER NOT NULL CHECK (count >= 0),
    by_person TEXT NOT NULL,
    at        INTEGER NOT NULL
) STRICT;

-- Improvement items (整改事项), each tied to a cluster of matters.
CREATE TABLE improvement_item (
    id        INTEGER PRIMARY KEY NOT NULL,
    cluster   TEXT NOT NULL,                            -- domain:0801+town:北宿镇+unit:unit.07
    title     TEXT NOT NULL,
    owner     TEXT NOT NULL,
    measure   TEXT NOT NULL,
    due_on    TEXT NOT NULL,
    before    INTEGER NOT NULL CHECK (before >= 0),     -- cases of the 28 days before it
    opened_by TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    closed_by TEXT,
    closed_at INTEGER,
    CHECK ((closed_by IS NULL) = (closed_at IS NULL))
) STRICT;

-- Outcomes that a person types in with their source (C7); the last row of name and period counts.
CREATE TABLE outcome_indicator (
    seq       INTEGER PRIMARY KEY NOT NULL,
    name      TEXT NOT NULL,
    period    TEXT NOT NULL,                            -- 2026 or 2026-11
    value     INTEGER NOT NULL,                         -- in hundredths
    unit      TEXT NOT NULL CHECK (unit IN ('percent', 'count')),
    source    TEXT NOT NULL,
    by_person TEXT NOT NULL,
    at        INTEGER NOT NULL
) STRICT;

-- What a person wrote for a report in his own words (综述); the last of a period counts. It names no
-- citizen.
CREATE TABLE report_narrative (
    seq       INTEGER PRIMARY KEY NOT NULL,
    kind      TEXT NOT NULL CHECK (kind IN ('day', 'week', 'month')),
    period    TEXT NOT NULL,
    text      TEXT NOT NULL,
    by_person TEXT NOT NULL,
    at        INTEGER NOT NULL
) STRICT;

-- Exports of more than 50 persons: asked for by one person, approved by another, used once.
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

-- Wrong tries of look-ups, by what they count against: a case number or a caller.
CREATE TABLE lookup_guard (
    subject      TEXT PRIMARY KEY NOT NULL,
    failures     INTEGER NOT NULL CHECK (failures >= 0),
    since        INTEGER NOT NULL,
    locked_until INTEGER
) STRICT, WITHOUT ROWID;

-- Accounts of people and programs. Nobody is deleted: what he did stands under his name.
CREATE TABLE account (
    name       TEXT PRIMARY KEY NOT NULL,              -- the person's id in the casework
    title      TEXT NOT NULL,                          -- his name
    unit       TEXT,                                   -- the unit he belongs to
    password   TEXT,                                   -- Argon2id; NULL: cannot sign in
    locked     INTEGER NOT NULL CHECK (locked IN (0, 1)),
    failures   INTEGER NOT NULL CHECK (failures >= 0), -- wrong passwords in a row
    failed_at  INTEGER,                                -- the last of them
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL                        -- ends the sessions from before
) STRICT, WITHOUT ROWID;

-- Roles of accounts; one without confirmation does not hold yet.
CREATE TABLE account_role (
    account      TEXT NOT NULL REFERENCES account (name),
    role         TEXT NOT NULL,
    granted_by   TEXT NOT NULL,
    granted_at   INTEGER NOT NULL,
    confirmed_by TEXT CHECK (confirmed_by <> granted_by AND confirmed_by <> account),
    confirmed_at INTEGER,
    PRIMARY KEY (account, role),
    CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL))
) STRICT, WITHOUT ROWID;

-- Keys of programs: the SHA-256 of each, and the one role it acts in.
CREATE TABLE api_token (
    hash       BLOB PRIMARY KEY NOT NULL CHECK (length(hash) = 32),
    account    TEXT NOT NULL REFERENCES account (name),
    role       TEXT NOT NULL,
    label      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER account_is_never_deleted BEFORE DELETE ON account
BEGIN SELECT RAISE(ABORT, 'accounts are never deleted'); END;

-- Events are only ever added, at the end.
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

CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END;
CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit entries are never deleted'); END;
CREATE TRIGGER audit_follows_the_last BEFORE INSERT ON audit
WHEN NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit)
  OR (NEW.seq > 1 AND NEW.prev <> (SELECT hash FROM audit WHERE seq = NEW.seq - 1))
BEGIN SELECT RAISE(ABORT, 'an audit entry must follow the last one'); END;

-- A case never disappears; what identifies it never changes.
CREATE TRIGGER case_is_never_deleted BEFORE DELETE ON case_file
BEGIN SELECT RAISE(ABORT, 'cases are never deleted'); END;
CREATE TRIGGER case_identity_is_fixed
BEFORE UPDATE OF id, intake_key, received_at, number, code_hash, accepted_at, first_responsible
ON case_file
WHEN NEW.id <> OLD.id OR NEW.intake_key <> OLD.intake_key OR NEW.received_at <> OLD.received_at
  OR (OLD.number IS NOT NULL AND (NEW.number IS NOT OLD.number
      OR OLD.code_hash IS NOT NULL AND NEW.code_hash IS NOT OLD.code_hash
      OR NEW.accepted_at IS NOT OLD.accepted_at
      OR NEW.first_responsible IS NOT OLD.first_responsible))
BEGIN SELECT RAISE(ABORT, 'what identifies a case is never changed'); END;

-- Numbers of a day are given one after the other.
CREATE TRIGGER day_sequence_starts_at_one BEFORE INSERT ON day_sequence WHEN NEW.last <> 1
BEGIN SELECT RAISE(ABORT, 'a day starts at number one'); END;
CREATE TRIGGER day_sequence_has_no_gap BEFORE UPDATE ON day_sequence
WHEN NEW.day <> OLD.day OR NEW.last <> OLD.last + 1
BEGIN SELECT RAISE(ABORT, 'a day counts one by one'); END;
CREATE TRIGGER day_sequence_is_kept BEFORE DELETE ON day_sequence
BEGIN SELECT RAISE(ABORT, 'a day is never forgotten'); END;

-- A call that has ended stays as it was; only the address of its peer goes, with who called.
CREATE TRIGGER ended_call_is_fixed BEFORE UPDATE ON call
WHEN OLD.ended_at IS NOT NULL
 AND (NEW.peer <> '' OR NEW.id <> OLD.id OR NEW.called <> OLD.called
      OR NEW.started_at <> OLD.started_at OR NEW.ended_at IS NOT OLD.ended_at
      OR NEW.lasted_ms IS NOT OLD.lasted_ms OR NEW.ended_by IS NOT OLD.ended_by)
BEGIN SELECT RAISE(ABORT, 'an ended call is never changed'); END;

-- What was tried, who waited and who sat there stays as it was.
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

-- The directory and the catalogue of duties: one row a version of one unit, town, village, post,
-- leader, officer or duty item. A version is never overwritten: a later one closes it, so a case can
-- name the item with the version that held.
CREATE TABLE directory_version (
    kind        TEXT NOT NULL CHECK (kind IN (
                    'units', 'towns', 'villages', 'posts', 'leaders', 'officers', 'duties')),
    key         TEXT NOT NULL,                         -- unit id, code, unit/name/post …
    version     INTEGER NOT NULL CHECK (version > 0),
    valid_from  TEXT NOT NULL,                         -- the first day that it holds
    valid_to    TEXT,                                  -- the day of the next; NULL: the last
    body        TEXT NOT NULL,                         -- JSON of domain::directory::Record
    imported_at INTEGER NOT NULL,
    PRIMARY KEY (kind, key, version)
) STRICT, WITHOUT ROWID;

-- Flags of risk words that a person marked as false for one case.
CREATE TABLE risk_false_alarm (
    case_id INTEGER NOT NULL REFERENCES case_file (id),
    risk    TEXT NOT NULL CHECK (risk IN (
                'crowd', 'suicide', 'petition', 'explosives', 'minor')),
    at      INTEGER NOT NULL,
    person  TEXT NOT NULL,
    reason  BLOB NOT NULL,                             -- sealed under the key of the case
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

-- Requests of citizens about their personal information (PIPL articles 44 to 50).
CREATE TABLE privacy_request (
    id         INTEGER PRIMARY KEY NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('access', 'correction', 'deletion')),
    identified TEXT NOT NULL CHECK (identified IN (
                   'query_code', 'calling_number', 'identity_document', 'representative')),
    asked_at   INTEGER NOT NULL,
    due_on     TEXT NOT NULL,                          -- the last day of the answer
    taken_by   TEXT NOT NULL,
    wrapped    BLOB NOT NULL,                          -- data key; empty: erased
    body       BLOB NOT NULL,                          -- sealed: who asks, his words
    outcome    TEXT CHECK (outcome IN ('granted', 'partly', 'refused')),
    ground     TEXT,                                   -- why not, or not all
    decided_by TEXT,
    decided_at INTEGER,
    phone_hash BLOB CHECK (phone_hash IS NULL OR outcome IS NULL), -- of his number, keyed
    CHECK ((outcome IS NULL) = (decided_by IS NULL)),
    CHECK ((outcome IS NULL) = (decided_at IS NULL)),
    CHECK (outcome IS NULL OR outcome = 'granted' OR ground IS NOT NULL)
) STRICT;
CREATE INDEX privacy_request_by_phone ON privacy_request (phone_hash)
WHERE phone_hash IS NOT NULL;

-- The cases that a request is about.
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

-- Who is told what happens to cases (docs/adr/0023-webhooks.md): nothing until a second administrator
-- has confirmed it. A subscription that is removed stays
-- as a row, without its secret: what was sent to it names it.
CREATE TABLE webhook (
    id             INTEGER PRIMARY KEY NOT NULL,
    url            TEXT NOT NULL,
    kinds          TEXT NOT NULL,                      -- 'case.assigned case.closed'; empty: all
    state          TEXT NOT NULL CHECK (state IN ('proposed', 'active', 'paused', 'removed')),
    paused_why     TEXT CHECK (paused_why IN ('gone', 'failures')),
    secret         BLOB NOT NULL,                      -- wrapped by the master key; empty: removed
    previous       BLOB,                               -- the one before it, which signs until then:
    previous_until INTEGER,
    failures       INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0), -- attempts in a row
    failing_since  INTEGER,                            -- the first of them
    rests_until    INTEGER NOT NULL DEFAULT 0,         -- nothing is sent to it before
    created_by     TEXT NOT NULL,
    created_at     INTEGER NOT NULL,
    confirmed_by   TEXT CHECK (confirmed_by <> created_by), -- another administrator; NULL: nobody yet
    confirmed_at   INTEGER,
    changed_at     INTEGER NOT NULL,
    CHECK ((state = 'paused') = (paused_why IS NOT NULL)),
    CHECK ((state = 'removed') = (length(secret) = 0)),
    CHECK ((previous IS NULL) = (previous_until IS NULL)),
    CHECK ((failures = 0) = (failing_since IS NULL)),
    CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL)),
    CHECK (state = 'removed' OR (state = 'proposed') = (confirmed_by IS NULL))
) STRICT;
CREATE TRIGGER webhook_is_never_deleted BEFORE DELETE ON webhook
BEGIN SELECT RAISE(ABORT, 'a subscription is only removed'); END;

-- What a subscription is to be told: written with the event itself, sent afterwards (an outbox). Of a
-- case under seal there is no row, nor of one whose seal is proposed.
CREATE TABLE webhook_delivery (
    seq          INTEGER PRIMARY KEY NOT NULL,         -- the order of one subscription
    id           TEXT NOT NULL UNIQUE,                 -- webhook-id, the same in every attempt
    webhook      INTEGER NOT NULL REFERENCES webhook (id),
    kind         TEXT NOT NULL,
    case_id      INTEGER REFERENCES case_file (id),    -- NULL: a ping
    body         TEXT NOT NULL,                        -- the JSON that is signed and sent
    created_at   INTEGER NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    attempts     INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_at      INTEGER,                              -- the next attempt
    leased_until INTEGER,                              -- an attempt is under way
    ended_at     INTEGER,
    status       INTEGER,                              -- of the last answer
    fault        TEXT,                                 -- why the last attempt failed
    CHECK ((state = 'waiting') = (next_at IS NOT NULL)),
    CHECK ((state = 'waiting') = (ended_at IS NULL)),
    CHECK (leased_until IS NULL OR state = 'waiting')
) STRICT;
CREATE INDEX webhook_delivery_waiting ON webhook_delivery (webhook, seq) WHERE state = 'waiting';
CREATE INDEX webhook_delivery_failed ON webhook_delivery (webhook, seq) WHERE state = 'failed';
CREATE INDEX webhook_delivery_by_case ON webhook_delivery (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX webhook_delivery_ended ON webhook_delivery (ended_at) WHERE ended_at IS NOT NULL;
CREATE TRIGGER webhook_delivery_is_fixed BEFORE UPDATE OF seq, id, webhook, kind, case_id, body, created_at
ON webhook_delivery
BEGIN SELECT RAISE(ABORT, 'what is told is never changed'); END;

-- What came in by text or mail, journalled before its carrier is answered (docs/adr/0027-messages.md).
-- What the carrier gave stands in `inbound_raw`, sealed by a key of its own; the key is wrapped by the master
-- key and, once it belongs to a case, sealed under the key of that case.
CREATE TABLE inbound (
    id          INTEGER PRIMARY KEY NOT NULL,
    medium      TEXT NOT NULL CHECK (medium IN ('sms', 'mail')),
    account     TEXT NOT NULL,                         -- of the configuration
    dedup       BLOB NOT NULL CHECK (length(dedup) = 32), -- what comes twice comes once; keyed
    form        TEXT NOT NULL,                         -- how its bytes are read
    received_at INTEGER NOT NULL,
    copies      INTEGER NOT NULL DEFAULT 0,            -- how often it came again
    state       TEXT NOT NULL CHECK (
        state IN ('new', 'parts', 'done', 'ignored', 'held', 'poison')),
    attempts    INTEGER NOT NULL DEFAULT 0,            -- to read it
    why         TEXT,                                  -- what became of it, in a word
    sender      BLOB,                                  -- keyed hash of who sent it
    words       BLOB,                                  -- keyed hash of sender and words; of a mail its Message-ID too
    case_id     INTEGER REFERENCES case_file (id),     -- where it went
    key         BLOB,                                  -- NULL: erased
    raw         BLOB,                                  -- x'': in `inbound_raw`; NULL: erased
    ended_at    INTEGER,
    about       BLOB,                                  -- what was read out of a mail: ids and files, sealed by `key`
    UNIQUE (account, dedup),
    CHECK ((state IN ('new', 'parts')) = (ended_at IS NULL)),
    CHECK ((key IS NULL) = (raw IS NULL))
) STRICT;
CREATE INDEX inbound_new ON inbound (id) WHERE state = 'new';
CREATE INDEX inbound_shown ON inbound (state, id) WHERE state IN ('held', 'poison');
CREATE INDEX inbound_by_sender ON inbound (sender, received_at) WHERE sender IS NOT NULL;
CREATE INDEX inbound_by_case ON inbound (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX inbound_ended ON inbound (ended_at) WHERE ended_at IS NOT NULL;

-- The bytes of a message as its carrier gave them, sealed: apart, because its row is written anew with every
-- step, and a mail may have 50 MB.
CREATE TABLE inbound_raw (
    inbound INTEGER PRIMARY KEY NOT NULL REFERENCES inbound (id),
    raw     BLOB NOT NULL
) STRICT;

-- The parts of long texts that are not all there, and for a day those of one that was told incomplete.
CREATE TABLE sms_part (
    inbound INTEGER PRIMARY KEY NOT NULL REFERENCES inbound (id),
    message BLOB NOT NULL,                             -- keyed hash of account, people and reference
    number  INTEGER NOT NULL CHECK (number BETWEEN 1 AND total),
    total   INTEGER NOT NULL CHECK (total BETWEEN 1 AND 255),
    at      INTEGER NOT NULL,
    told    INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1)),
    body    BLOB NOT NULL,                             -- who and what, sealed by the key of its row
    UNIQUE (message, number)
) STRICT;
CREATE INDEX sms_part_by_time ON sms_part (told, at);

-- What is to go out, written with what it tells of; sent afterwards, at most once as far as anybody can
-- know. A message of a case under seal is withdrawn, but for the neutral one.
CREATE TABLE outbox (
    id           INTEGER PRIMARY KEY NOT NULL,
    idem_key     TEXT NOT NULL UNIQUE,                 -- what is told twice is sent once
    medium       TEXT NOT NULL CHECK (medium IN ('sms', 'mail')),
    account      TEXT NOT NULL,
    template     TEXT NOT NULL,                        -- S01 to S23, M1 to M10
    class        TEXT NOT NULL CHECK (class IN ('receipt', 'answer', 'notice', 'order', 'secret')),
    case_id      INTEGER REFERENCES case_file (id),
    answers      INTEGER REFERENCES inbound (id),      -- what came in before it
    party        BLOB NOT NULL,                        -- keyed hash of who gets it
    key          BLOB,                                 -- as of `inbound`
    private      BLOB,                                 -- to whom and what, sealed
    created_at   INTEGER NOT NULL,
    rank         INTEGER NOT NULL CHECK (rank BETWEEN 0 AND 3),             -- less goes first
    not_before   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    state        TEXT NOT NULL CHECK (
        state IN ('queued', 'submitting', 'uncertain', 'submitted', 'unknown', 'expired',
                  'undelivered', 'delivered', 'failed', 'withdrawn')),
    attempts     INTEGER NOT NULL DEFAULT 0,
    leased_until INTEGER,
    changed_at   INTEGER NOT NULL,
    fault        TEXT,
    decided_by   TEXT,                                 -- the person who decided an uncertain one
    CHECK ((key IS NULL) = (private IS NULL)),
    CHECK (leased_until IS NULL OR state IN ('queued', 'submitting'))
) STRICT;
CREATE INDEX outbox_due ON outbox (account, rank, not_before, id) WHERE state = 'queued';
CREATE INDEX outbox_open ON outbox (state, changed_at)
    WHERE state IN ('submitting', 'uncertain', 'submitted', 'failed');
CREATE INDEX outbox_by_party ON outbox (party, created_at);
CREATE INDEX outbox_by_case ON outbox (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX outbox_receipts_by_mail ON outbox (created_at) WHERE template = 'M1';
CREATE TRIGGER outbox_is_fixed BEFORE UPDATE OF id, idem_key, medium, account, template, class, created_at
ON outbox
BEGIN SELECT RAISE(ABORT, 'what is told is never changed'); END;

-- The parts of a message that were handed over, each with what its carrier calls it.
CREATE TABLE outbox_part (
    outbox       INTEGER NOT NULL REFERENCES outbox (id),
    number       INTEGER NOT NULL CHECK (number BETWEEN 1 AND total),
    total        INTEGER NOT NULL CHECK (total BETWEEN 1 AND 255),
    state        TEXT NOT NULL,
    attempt      INTEGER NOT NULL,
    submitted_at INTEGER NOT NULL,
    reference    TEXT,                                 -- of the carrier
    code         TEXT,                                 -- of the last report
    PRIMARY KEY (outbox, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_part_by_reference ON outbox_part (reference) WHERE reference IS NOT NULL;

-- What carriers say became of a message; kept also where nobody knows of which.
CREATE TABLE delivery_report (
    inbound   INTEGER PRIMARY KEY NOT NULL REFERENCES inbound (id),
    account   TEXT NOT NULL,
    reference TEXT NOT NULL,
    party     BLOB,                                    -- keyed hash of whom it is about
    state     TEXT NOT NULL,
    code      TEXT NOT NULL,
    at        INTEGER NOT NULL,
    outbox    INTEGER REFERENCES outbox (id),          -- NULL: not known yet
    number    INTEGER
) STRICT;
CREATE INDEX delivery_report_unmatched ON delivery_report (account, reference) WHERE outbox IS NULL;

-- What a unit is to be told by telephone of cases that are due or overdue (N01, N02): one a day and kind, written
-- with the warning.
CREATE TABLE voice_notice (
    id         INTEGER PRIMARY KEY NOT NULL,
    unit       TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('due', 'overdue')),
    day        TEXT NOT NULL,
    not_before INTEGER NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    called_at  INTEGER,
    state      TEXT NOT NULL CHECK (
        state IN ('waiting', 'calling', 'confirmed', 'given_up', 'withdrawn')),
    UNIQUE (unit, kind, day)
) STRICT;
CREATE INDEX voice_notice_open ON voice_notice (state, not_before) WHERE state IN ('waiting', 'calling');

CREATE TABLE voice_notice_case (
    notice  INTEGER NOT NULL REFERENCES voice_notice (id),
    case_id INTEGER NOT NULL REFERENCES case_file (id),
    PRIMARY KEY (notice, case_id)
) STRICT, WITHOUT ROWID;

-- What came of each try.
CREATE TABLE voice_notice_try (
    notice  INTEGER NOT NULL REFERENCES voice_notice (id),
    attempt INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    call    TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('confirmed', 'no_key', 'no_answer', 'busy', 'failed')),
    PRIMARY KEY (notice, attempt)
) STRICT, WITHOUT ROWID;

-- Who wants no notices (T, 退订).
CREATE TABLE notices_stopped (
    party BLOB PRIMARY KEY NOT NULL,                   -- keyed hash
    at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How each account fares.
CREATE TABLE message_account (
    account      TEXT PRIMARY KEY NOT NULL,
    paused_until INTEGER NOT NULL DEFAULT 0,           -- the carrier asked for it, or too much was sent
    paused_why   TEXT,
    hour_from    INTEGER NOT NULL DEFAULT 0,           -- since when the next column counts
    hour_sent    INTEGER NOT NULL DEFAULT 0,
    well_at      INTEGER,                              -- the last time that it answered
    fault_at     INTEGER,
    fault        TEXT
) STRICT, WITHOUT ROWID;

-- What a speech engine is to say of a case (docs/adr/0030-speech-engine.md): its number, and its reply once
-- the citizen has it. Written with what makes it known; the words themselves are those of the case.
CREATE TABLE spoken (
    case_id  INTEGER NOT NULL REFERENCES case_file (id),
    kind     TEXT NOT NULL CHECK (kind IN ('number', 'reply')),
    words    BLOB NOT NULL CHECK (length(words) = 32), -- keyed hash of what is said; another text is another row
    state    TEXT NOT NULL CHECK (state IN ('waiting', 'ready', 'failed')),
    asked_at INTEGER NOT NULL,
    next_at  INTEGER NOT NULL,                         -- the next try
    tries    INTEGER NOT NULL DEFAULT 0,
    fault    TEXT,                                     -- of the last try, in a word
    plan     BLOB,                                     -- its sentences in order, each by its `words`
    PRIMARY KEY (case_id, kind),
    CHECK ((state = 'ready') = (plan IS NOT NULL)),
    CHECK (length(plan) % 32 = 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX spoken_due ON spoken (next_at) WHERE state = 'waiting';
CREATE INDEX spoken_by_age ON spoken (asked_at);

-- The sentences, each rendered once for its case and sealed under its key.
CREATE TABLE spoken_sentence (
    id      INTEGER PRIMARY KEY NOT NULL,
    case_id INTEGER NOT NULL REFERENCES case_file (id),
    words   BLOB NOT NULL CHECK (length(words) = 32),  -- keyed hash of sentence and voice
    bytes   INTEGER NOT NULL,
    sound   BLOB NOT NULL,                             -- A-law, as said and in slow speech
    UNIQUE (case_id, words)
) STRICT;
CREATE INDEX spoken_sentence_bytes ON spoken_sentence (bytes);

-- Cases whose approved notice everybody may read (办理公示), worked out from their events; the text stands
-- in its event, sealed under the key of the case. None under seal, kept or erased.
CREATE TABLE publication (
    case_id     INTEGER PRIMARY KEY NOT NULL REFERENCES case_file (id),
    number      INTEGER NOT NULL UNIQUE,
    received_at INTEGER NOT NULL,
    approved_at INTEGER NOT NULL,
    domain      TEXT NOT NULL,                         -- empty: none
    kind        TEXT NOT NULL,                         -- first two digits of the domain
    town        TEXT NOT NULL,                         -- empty: none
    open        INTEGER NOT NULL CHECK (open IN (0, 1)) -- not closed yet
) STRICT;
CREATE INDEX publication_by_time ON publication (received_at);
CREATE INDEX publication_by_approval ON publication (approved_at);
CREATE INDEX publication_by_kind ON publication (kind, received_at);
CREATE INDEX publication_by_town ON publication (town, received_at);
