-- The keys of recordings under seal, which only the liaison can use (ADR 21). Recordings in clear
-- are sealed by the running service, bit by bit; those under seal at once.
CREATE TABLE recording_key (
    recording INTEGER PRIMARY KEY NOT NULL REFERENCES recording (id),
    holder    INTEGER NOT NULL REFERENCES liaison_key (id),
    wrapped   BLOB NOT NULL
) STRICT;
INSERT OR REPLACE INTO meta
SELECT 'sound_plain', '0' WHERE EXISTS (SELECT 1 FROM call) OR EXISTS (SELECT 1 FROM recording);
