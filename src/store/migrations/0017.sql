-- Cases are found by the address that wrote them. What the column means stands in schema.sql; the rows are
-- worked out again from their events.
ALTER TABLE case_file ADD COLUMN mail_hash BLOB;
CREATE INDEX case_by_mail ON case_file (mail_hash) WHERE mail_hash IS NOT NULL;
