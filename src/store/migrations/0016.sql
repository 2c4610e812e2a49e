-- What was read out of a mail stands beside it; receipts by mail are counted.
ALTER TABLE inbound ADD COLUMN about BLOB;
CREATE INDEX outbox_receipts_by_mail ON outbox (created_at) WHERE template = 'M1';
