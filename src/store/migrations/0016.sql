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
