-- What was read out of a mail stands beside it; receipts by mail are counted.
ALTER TABLE inbound ADD COLUMN about BLOB;
CREATE INDEX outbox_receipts_by_mail ON outbox (created_at) WHERE template = 'M1';

-- What a speech engine says of cases. What the tables mean stands in schema.sql.
CREATE TABLE spoken (
    case_id  INTEGER NOT NULL REFERENCES case_file (id),
    kind     TEXT NOT NULL CHECK (kind IN ('number', 'reply')),
    words    BLOB NOT NULL CHECK (length(words) = 32),
    state    TEXT NOT NULL CHECK (state IN ('waiting', 'ready', 'failed')),
    asked_at INTEGER NOT NULL,
    next_at  INTEGER NOT NULL,
    tries    INTEGER NOT NULL DEFAULT 0,
    fault    TEXT,
    plan     BLOB,
    PRIMARY KEY (case_id, kind),
    CHECK ((state = 'ready') = (plan IS NOT NULL)),
    CHECK (length(plan) % 32 = 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX spoken_due ON spoken (next_at) WHERE state = 'waiting';
CREATE INDEX spoken_by_age ON spoken (asked_at);
CREATE TABLE spoken_sentence (
    id      INTEGER PRIMARY KEY NOT NULL,
    case_id INTEGER NOT NULL REFERENCES case_file (id),
    words   BLOB NOT NULL CHECK (length(words) = 32),
    bytes   INTEGER NOT NULL,
    sound   BLOB NOT NULL,
    UNIQUE (case_id, words)
) STRICT;
CREATE INDEX spoken_sentence_bytes ON spoken_sentence (bytes);

-- Notices to units by telephone. What the tables mean stands in schema.sql.
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
CREATE TABLE voice_notice_try (
    notice  INTEGER NOT NULL REFERENCES voice_notice (id),
    attempt INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    call    TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('confirmed', 'no_key', 'no_answer', 'busy', 'failed')),
    PRIMARY KEY (notice, attempt)
) STRICT, WITHOUT ROWID;
