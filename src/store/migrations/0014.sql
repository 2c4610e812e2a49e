-- Recordings by their case. What the tables mean stands in schema.sql.
CREATE INDEX recording_by_case ON recording (case_id) WHERE case_id IS NOT NULL;
