-- Recordings by their case, open requests by the number of who asks. What the tables mean stands in
-- schema.sql.
CREATE INDEX recording_by_case ON recording (case_id) WHERE case_id IS NOT NULL;
ALTER TABLE privacy_request
ADD COLUMN phone_hash BLOB CHECK (phone_hash IS NULL OR outcome IS NULL);
CREATE INDEX privacy_request_by_phone ON privacy_request (phone_hash)
WHERE phone_hash IS NOT NULL;
