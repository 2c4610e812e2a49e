//! Units told by telephone: with the warning, at a decent hour, in so many tries, then by text.

use super::*;
use mayorline::domain::case::{Role, Task, Urgency, UrgencyReason};
use mayorline::domain::message::VoiceRules;
use mayorline::domain::voice_call::{VoiceKind, VoiceOutcome};
use mayorline::store::{VoiceDue, VoiceRow};
use mayorline::units::CallId;

const YELLOW: &str = "2026-11-26T08:30:00+08:00";

impl House {
    fn that_rings() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = ringing(folder.path());
        let house = Self { folder, store };
        let units = "单位编号,单位名称,类别,职能审计,双向承诺,通知手机\n\
                     07,城市管理局,政府部门,是,是,19900000100\n";
        house.import(Kind::Units, units);
        house
    }

    fn restarted(self) -> Self {
        let Self { folder, store } = self;
        store.close();
        let store = ringing(folder.path());
        Self { folder, store }
    }

    fn due(&self, at: Timestamp) -> Vec<VoiceDue> {
        answered(|answer| self.handle().voice_due(at, answer)).unwrap()
    }

    fn ended(&self, at: Timestamp, id: i64, outcome: VoiceOutcome) -> bool {
        let call = CallId::new("g1", 1_795_000_000_000, 7);
        answered(|answer| self.handle().voice_ended(at, id, (outcome, call), answer)).unwrap()
    }

    fn notice(&self) -> VoiceRow {
        self.reader().voice_notices(1).unwrap().remove(0)
    }

    fn warned(&self, at: Timestamp) {
        answered(|answer| self.handle().supervise(at, answer)).unwrap();
    }
}

fn ringing(folder: &Path) -> Store {
    let voice = VoiceRules { tries: 3, pause: SignedDuration::from_mins(15) };
    let messages = MessageRules { voice, ..rules() };
    let config = StoreConfig { messages, ..StoreConfig::new(folder, noonish()) };
    Store::open(config, Calendar::built_in(), [7; 32]).unwrap()
}

/// Two cases of one unit are one call; the key settles it.
#[test]
fn a_unit_is_rung_once_for_all_that_is_due_and_key_one_settles_it() {
    let mut house = House::that_rings();
    house.assigned(minutes(1));
    house.text_at(2, minutes(2), "19900000018", "停水了");
    let second = house.cases()[1];
    house.classify(minutes(3), second);
    let unit = "unit.07".to_owned();
    house.act(minutes(3), second, Role::Clerk, Task::Assign { unit, helpers: vec![] });
    assert!(house.due(minutes(4)).is_empty(), "nothing is due");
    let yellow = at(YELLOW);
    house.warned(yellow);
    house = house.restarted();
    house.warned(yellow);
    let due = house.due(yellow);
    let [notice] = due.as_slice() else { panic!("{due:?}") };
    assert_eq!((notice.unit.as_str(), notice.kind, notice.count), ("unit.07", VoiceKind::Due, 2));
    assert_eq!((notice.cases.len(), notice.attempt), (2, 1));
    assert_eq!(notice.cases[0].at, None, "the end of the day");
    assert!(house.due(yellow).is_empty(), "it is being called");
    assert!(house.ended(yellow, notice.id, VoiceOutcome::Confirmed));
    assert!(!house.ended(yellow, notice.id, VoiceOutcome::NoKey), "told before");
    let row = house.notice();
    assert_eq!((row.state.as_str(), row.tries.len()), ("confirmed", 1));
    assert_eq!(row.tries[0].outcome, "confirmed");
    assert!(house.due(yellow + SignedDuration::from_hours(24)).is_empty());
    house.verified();
}

#[test]
fn who_does_not_confirm_is_rung_again_after_a_pause_and_then_told_by_text() {
    let mut house = House::that_rings();
    let number = house.assigned(minutes(1));
    house.sent_by(UNITS, minutes(2));
    let mut now = at(YELLOW);
    house.warned(now);
    for (attempt, outcome) in
        [(1, VoiceOutcome::NoAnswer), (2, VoiceOutcome::NoKey), (3, VoiceOutcome::Busy)]
    {
        let due = house.due(now);
        assert_eq!((due.len(), due[0].attempt), (1, attempt));
        house = house.restarted();
        house.ended(now, due[0].id, outcome);
        assert!(house.due(now + SignedDuration::from_mins(14)).is_empty());
        now += SignedDuration::from_mins(15);
    }
    assert!(house.due(now + SignedDuration::from_hours(5)).is_empty(), "three tries");
    assert_eq!(house.notice().state, "given_up");
    let told: Vec<String> =
        (0..3).flat_map(|_| house.sent_by(UNITS, now)).map(|message| message.text).collect();
    // Nobody holds a post in this unit: it is asked itself to tell who answers for the case.
    let reminded = format!(
        "【催办】编号{number}：请尽快签收、办理，按期办复。责任人：承办人员空缺，请单位转达；\
         科室负责人空缺，请单位转达。"
    );
    assert!(told.contains(&reminded), "{told:?}");
    let keys = "SELECT count(*) FROM outbox WHERE idem_key LIKE 'voice/%'";
    assert_eq!(house.count(keys), 1);
}

#[test]
fn a_lost_call_is_due_again_and_what_was_answered_or_sealed_meanwhile_is_not_told() {
    let house = House::that_rings();
    let number = house.assigned(minutes(1));
    let yellow = at(YELLOW);
    house.warned(yellow);
    assert_eq!(house.due(yellow).len(), 1);
    let later = yellow + SignedDuration::from_mins(10);
    assert!(house.due(later - SignedDuration::from_secs(1)).is_empty());
    let again = house.due(later);
    assert_eq!(again[0].attempt, 2, "a crash in the middle of a call");
    house.ended(later, again[0].id, VoiceOutcome::NoAnswer);
    house.act(later, number, Role::Operator, Task::ProposeSeal);
    assert!(house.due(later + SignedDuration::from_hours(1)).is_empty());
    assert_eq!(house.notice().state, "withdrawn");
}

/// The red card falls at midnight; nobody is rung before eight.
#[test]
fn nobody_is_rung_at_night() {
    let house = House::that_rings();
    house.assigned(minutes(1));
    let midnight = at("2026-11-28T00:00:00+08:00");
    house.warned(midnight);
    let overdue =
        |due: Vec<VoiceDue>| due.iter().filter(|due| due.kind == VoiceKind::Overdue).count();
    assert_eq!(overdue(house.due(at("2026-11-28T07:59:59+08:00"))), 0);
    assert_eq!(overdue(house.due(at("2026-11-28T08:00:00+08:00"))), 1);
}

/// The service was down all day, or a call was lost: what waits does not ring in the night for that.
#[test]
fn what_waited_into_the_night_rings_in_the_morning_unless_it_presses() {
    for presses in [false, true] {
        let house = House::that_rings();
        let number = house.assigned(minutes(1));
        house.warned(at(YELLOW));
        if presses {
            let urgent = Task::SetUrgency(Urgency::Urgent, UrgencyReason::RiskFound);
            house.act(at("2026-11-26T09:00:00+08:00"), number, Role::Clerk, urgent);
        }
        let due = |time: &str| house.due(at(time)).len();
        assert_eq!(due("2026-11-26T22:00:00+08:00"), usize::from(presses));
        assert_eq!(due("2026-11-27T07:59:59+08:00"), usize::from(presses), "its call was lost");
        assert_eq!(due("2026-11-27T08:00:00+08:00"), usize::from(!presses));
        assert_eq!(due("2026-11-27T21:00:00+08:00"), usize::from(presses), "a call was lost");
    }
}

#[test]
fn calls_that_are_lost_count_as_tries_and_a_text_follows_the_last() {
    let mut house = House::that_rings();
    house.assigned(minutes(1));
    let mut now = at(YELLOW);
    house.warned(now);
    for attempt in 1..=3 {
        let due = house.due(now);
        assert_eq!((due.len(), due[0].attempt), (1, attempt));
        house = house.restarted();
        now += SignedDuration::from_mins(10);
    }
    assert!(house.due(now).is_empty());
    assert_eq!(house.notice().state, "given_up");
    assert_eq!(house.count("SELECT count(*) FROM outbox WHERE idem_key LIKE 'voice/%'"), 1);
}

/// What runs when the power is cut becomes a citizen who is called back; a call to a unit does not.
#[test]
fn a_crash_in_the_middle_of_such_a_call_makes_no_citizen_of_it() {
    let mut house = House::that_rings();
    for (serial, called) in [(7, "unit.07"), (8, "12345")] {
        let started = mayorline::store::CallStarted {
            called: called.to_owned(),
            ..call_started(&call_id(serial))
        };
        assert!(house.handle().call_started(started));
    }
    house = house.restarted();
    let drafts = "SELECT count(*) FROM case_file WHERE intake_key LIKE 'crash:%'";
    assert_eq!(house.count(drafts), 1, "the citizen's alone");
    let ended = "SELECT count(*) FROM call WHERE ended_by = 'crash'";
    assert_eq!(house.count(ended), 2);
    house.verified();
}
