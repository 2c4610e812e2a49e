-- Cases are found by words, and the open ones among many by their state.

-- Pairs of characters of number and summary of the cases that may be found by words; the row id is
-- that of the case. Contentless: the words themselves stand in case_file alone.
CREATE VIRTUAL TABLE case_search USING fts5(
    pairs, content = '', contentless_delete = 1, tokenize = 'ascii', detail = full
);

CREATE INDEX case_by_state ON case_file (state) WHERE number IS NOT NULL;
