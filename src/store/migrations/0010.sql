-- Why a flag of risk words is false is said about a citizen: it is sealed under the key of the case (ADR
-- 16). What stands in clear is put aside and taken from there after this step, as by 0007.
DROP TRIGGER false_alarm_is_never_changed;
DROP TRIGGER false_alarm_is_never_deleted;
ALTER TABLE risk_false_alarm RENAME TO risk_false_alarm_plain;
CREATE TABLE risk_false_alarm (
    case_id INTEGER NOT NULL REFERENCES case_file (id),
    risk    TEXT NOT NULL CHECK (risk IN (
                'crowd', 'suicide', 'petition', 'explosives', 'minor')),
    at      INTEGER NOT NULL,
    person  TEXT NOT NULL,
    reason  BLOB NOT NULL,
    PRIMARY KEY (case_id, risk)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER false_alarm_is_never_changed BEFORE UPDATE ON risk_false_alarm
BEGIN SELECT RAISE(ABORT, 'what a person found is never changed'); END;
CREATE TRIGGER false_alarm_is_never_deleted BEFORE DELETE ON risk_false_alarm
BEGIN SELECT RAISE(ABORT, 'what a person found is never deleted'); END;
INSERT OR REPLACE INTO meta SELECT 'scrub_pending', '1' FROM risk_false_alarm_plain LIMIT 1;
