-- Messages: the journal of what came in, the outbox of what goes out. What the tables mean stands in
-- schema.sql.
CREATE TABLE inbound (
    id          INTEGER PRIMARY KEY NOT NULL,
    medium      TEXT NOT NULL CHECK (medium IN ('sms', 'mail')),
    account     TEXT NOT NULL,
    dedup       BLOB NOT NULL CHECK (length(dedup) = 32),
    form        TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    copies      INTEGER NOT NULL DEFAULT 0,
    state       TEXT NOT NULL CHECK (
        state IN ('new', 'parts', 'done', 'ignored', 'held', 'poison')),
    attempts    INTEGER NOT NULL DEFAULT 0,
    why         TEXT,
    sender      BLOB,
    words       BLOB,
    case_id     INTEGER REFERENCES case_file (id),
    key         BLOB,
    raw         BLOB,
    ended_at    INTEGER,
    UNIQUE (account, dedup),
    CHECK ((state IN ('new', 'parts')) = (ended_at IS NULL)),
    CHECK ((key IS NULL) = (raw IS NULL))
) STRICT;
CREATE INDEX inbound_new ON inbound (id) WHERE state = 'new';
CREATE INDEX inbound_shown ON inbound (state, id) WHERE state IN ('held', 'poison');
CREATE INDEX inbound_by_sender ON inbound (sender, received_at) WHERE sender IS NOT NULL;
CREATE INDEX inbound_by_case ON inbound (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX inbound_ended ON inbound (ended_at) WHERE ended_at IS NOT NULL;
CREATE TABLE sms_part (
    inbound INTEGER PRIMARY KEY NOT NULL REFERENCES inbound (id),
    message BLOB NOT NULL,
    number  INTEGER NOT NULL CHECK (number BETWEEN 1 AND total),
    total   INTEGER NOT NULL CHECK (total BETWEEN 1 AND 255),
    at      INTEGER NOT NULL,
    told    INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1)),
    body    BLOB NOT NULL,
    UNIQUE (message, number)
) STRICT;
CREATE INDEX sms_part_by_time ON sms_part (told, at);
CREATE TABLE outbox (
    id           INTEGER PRIMARY KEY NOT NULL,
    idem_key     TEXT NOT NULL UNIQUE,
    medium       TEXT NOT NULL CHECK (medium IN ('sms', 'mail')),
    account      TEXT NOT NULL,
    template     TEXT NOT NULL,
    class        TEXT NOT NULL CHECK (class IN ('receipt', 'answer', 'notice', 'order', 'secret')),
    case_id      INTEGER REFERENCES case_file (id),
    answers      INTEGER REFERENCES inbound (id),
    party        BLOB NOT NULL,
    key          BLOB,
    private      BLOB,
    created_at   INTEGER NOT NULL,
    rank         INTEGER NOT NULL CHECK (rank BETWEEN 0 AND 3),
    not_before   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    state        TEXT NOT NULL CHECK (
        state IN ('queued', 'submitting', 'uncertain', 'submitted', 'unknown', 'expired',
                  'undelivered', 'delivered', 'failed', 'withdrawn')),
    attempts     INTEGER NOT NULL DEFAULT 0,
    leased_until INTEGER,
    changed_at   INTEGER NOT NULL,
    fault        TEXT,
    decided_by   TEXT,
    CHECK ((key IS NULL) = (private IS NULL)),
    CHECK (leased_until IS NULL OR state IN ('queued', 'submitting'))
) STRICT;
CREATE INDEX outbox_due ON outbox (account, rank, not_before, id) WHERE state = 'queued';
CREATE INDEX outbox_open ON outbox (state, changed_at)
    WHERE state IN ('submitting', 'uncertain', 'submitted', 'failed');
CREATE INDEX outbox_by_party ON outbox (party, created_at);
CREATE INDEX outbox_by_case ON outbox (case_id) WHERE case_id IS NOT NULL;
CREATE TRIGGER outbox_is_fixed BEFORE UPDATE OF id, idem_key, medium, account, template, class, created_at
ON outbox
BEGIN SELECT RAISE(ABORT, 'what is told is never changed'); END;
CREATE TABLE outbox_part (
    outbox       INTEGER NOT NULL REFERENCES outbox (id),
    number       INTEGER NOT NULL CHECK (number BETWEEN 1 AND total),
    total        INTEGER NOT NULL CHECK (total BETWEEN 1 AND 255),
    state        TEXT NOT NULL,
    attempt      INTEGER NOT NULL,
    submitted_at INTEGER NOT NULL,
    reference    TEXT,
    code         TEXT,
    PRIMARY KEY (outbox, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_part_by_reference ON outbox_part (reference) WHERE reference IS NOT NULL;
CREATE TABLE delivery_report (
    inbound   INTEGER PRIMARY KEY NOT NULL REFERENCES inbound (id),
    account   TEXT NOT NULL,
    reference TEXT NOT NULL,
    party     BLOB,
    state     TEXT NOT NULL,
    code      TEXT NOT NULL,
    at        INTEGER NOT NULL,
    outbox    INTEGER REFERENCES outbox (id),
    number    INTEGER
) STRICT;
CREATE INDEX delivery_report_unmatched ON delivery_report (account, reference) WHERE outbox IS NULL;
CREATE TABLE notices_stopped (
    party BLOB PRIMARY KEY NOT NULL,
    at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE message_account (
    account      TEXT PRIMARY KEY NOT NULL,
    paused_until INTEGER NOT NULL DEFAULT 0,
    paused_why   TEXT,
    hour_from    INTEGER NOT NULL DEFAULT 0,
    hour_sent    INTEGER NOT NULL DEFAULT 0,
    well_at      INTEGER,
    fault_at     INTEGER,
    fault        TEXT
) STRICT, WITHOUT ROWID;
-- The audit knows messages; its rows and hashes stay as they are.
DROP TRIGGER audit_is_append_only_update;
DROP TRIGGER audit_is_append_only_delete;
DROP TRIGGER audit_follows_the_last;
ALTER TABLE audit RENAME TO audit_14;
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
    subject TEXT NOT NULL,
    reason  TEXT NOT NULL,
    prev    BLOB NOT NULL CHECK (length(prev) = 32),
    hash    BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
INSERT INTO audit SELECT * FROM audit_14 ORDER BY seq;
DROP TABLE audit_14;
CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END;
CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit entries are never deleted'); END;
CREATE TRIGGER audit_follows_the_last BEFORE INSERT ON audit
WHEN NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit)
  OR (NEW.seq > 1 AND NEW.prev <> (SELECT hash FROM audit WHERE seq = NEW.seq - 1))
BEGIN SELECT RAISE(ABORT, 'an audit entry must follow the last one'); END;
