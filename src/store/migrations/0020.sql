-- The bytes of what came in stand apart from its row, which is written anew with every step of it: a mail may
-- have 50 MB. What the tables mean stands in schema.sql.
CREATE TABLE inbound_raw (
    inbound INTEGER PRIMARY KEY NOT NULL REFERENCES inbound (id),
    raw     BLOB NOT NULL
) STRICT;
INSERT INTO inbound_raw SELECT id, raw FROM inbound WHERE raw IS NOT NULL;
UPDATE inbound SET raw = x'' WHERE raw IS NOT NULL;
