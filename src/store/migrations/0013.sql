-- Webhooks: subscriptions and their outbox. What the tables mean stands in schema.sql.
CREATE TABLE webhook (
    id             INTEGER PRIMARY KEY NOT NULL,
    url            TEXT NOT NULL,
    kinds          TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('proposed', 'active', 'paused', 'removed')),
    paused_why     TEXT CHECK (paused_why IN ('gone', 'failures')),
    secret         BLOB NOT NULL,
    previous       BLOB,
    previous_until INTEGER,
    failures       INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    failing_since  INTEGER,
    rests_until    INTEGER NOT NULL DEFAULT 0,
    created_by     TEXT NOT NULL,
    created_at     INTEGER NOT NULL,
    confirmed_by   TEXT CHECK (confirmed_by <> created_by),
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
CREATE TABLE webhook_delivery (
    seq          INTEGER PRIMARY KEY NOT NULL,
    id           TEXT NOT NULL UNIQUE,
    webhook      INTEGER NOT NULL REFERENCES webhook (id),
    kind         TEXT NOT NULL,
    case_id      INTEGER REFERENCES case_file (id),
    body         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    attempts     INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_at      INTEGER,
    leased_until INTEGER,
    ended_at     INTEGER,
    status       INTEGER,
    fault        TEXT,
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
-- The audit knows subscriptions; its rows and hashes stay as they are.
DROP TRIGGER audit_is_append_only_update;
DROP TRIGGER audit_is_append_only_delete;
DROP TRIGGER audit_follows_the_last;
ALTER TABLE audit RENAME TO audit_12;
CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY NOT NULL,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    kind    TEXT NOT NULL CHECK (kind IN (
                'listen', 'whisper', 'barge', 'stop_listening', 'playback', 'contact_shown',
                'seat_added', 'seat_removed', 'password_set', 'liaison_key_added', 'seal_read',
                'directory_imported', 'false_alarm', 'account_changed', 'seal_opened', 'exported',
                'export_asked', 'export_approved', 'erased', 'privacy_asked', 'privacy_exported',
                'privacy_decided', 'webhook_changed')),
    subject TEXT NOT NULL,
    reason  TEXT NOT NULL,
    prev    BLOB NOT NULL CHECK (length(prev) = 32),
    hash    BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
INSERT INTO audit SELECT * FROM audit_12 ORDER BY seq;
DROP TABLE audit_12;
CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END;
CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit entries are never deleted'); END;
CREATE TRIGGER audit_follows_the_last BEFORE INSERT ON audit
WHEN NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit)
  OR (NEW.seq > 1 AND NEW.prev <> (SELECT hash FROM audit WHERE seq = NEW.seq - 1))
BEGIN SELECT RAISE(ABORT, 'an audit entry must follow the last one'); END;
