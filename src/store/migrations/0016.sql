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
