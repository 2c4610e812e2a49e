-- The casework of a case: what the queue of the seats and the sweep of the warnings look at. The
-- rows are worked out again from the events after this step.
ALTER TABLE case_file ADD COLUMN urgency TEXT NOT NULL DEFAULT 'normal';
ALTER TABLE case_file ADD COLUMN disposition TEXT;
ALTER TABLE case_file ADD COLUMN handler TEXT;
ALTER TABLE case_file ADD COLUMN supervisor TEXT;
ALTER TABLE case_file ADD COLUMN unit_from INTEGER;
ALTER TABLE case_file ADD COLUMN unit_due_on TEXT;
ALTER TABLE case_file ADD COLUMN unit_provisional INTEGER NOT NULL DEFAULT 0;
ALTER TABLE case_file ADD COLUMN waiting TEXT;
ALTER TABLE case_file ADD COLUMN warned INTEGER;
ALTER TABLE case_file ADD COLUMN docket TEXT;
ALTER TABLE case_file ADD COLUMN grade TEXT;
ALTER TABLE case_file ADD COLUMN seal_proposed INTEGER NOT NULL DEFAULT 0;
