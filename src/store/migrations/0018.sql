-- Cases whose approved notice everybody may read. What the columns mean stands in schema.sql; the rows
-- are worked out from the events of the cases.
CREATE TABLE publication (
    case_id     INTEGER PRIMARY KEY NOT NULL REFERENCES case_file (id),
    number      INTEGER NOT NULL UNIQUE,
    received_at INTEGER NOT NULL,
    approved_at INTEGER NOT NULL,
    domain      TEXT NOT NULL,
    kind        TEXT NOT NULL,
    town        TEXT NOT NULL,
    open        INTEGER NOT NULL CHECK (open IN (0, 1))
) STRICT;
CREATE INDEX publication_by_time ON publication (received_at);
CREATE INDEX publication_by_approval ON publication (approved_at);
CREATE INDEX publication_by_kind ON publication (kind, received_at);
CREATE INDEX publication_by_town ON publication (town, received_at);
