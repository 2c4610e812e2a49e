-- What the other end of a leg reported of our packets. What the columns mean stands in schema.sql.
ALTER TABLE call_leg ADD COLUMN reported_lost INTEGER;
ALTER TABLE call_leg ADD COLUMN reported_share INTEGER;
ALTER TABLE call_leg ADD COLUMN reported_jitter_ms INTEGER;
