//! A notice that a unit is told by telephone (N01 to N03, domain.md 3.5): said, once more where no key
//! comes, and confirmed by key 1. An answering machine presses no key, so what it heard was told to nobody.
//!
//! ```text
//! Ringing --answered--> Saying --said--> Waiting --1--> Confirmed (also while it is being said)
//!    |                    ^                 | no key
//!    '-> NoAnswer, Busy   '--- once more ---'---------> NoKey
//! ```

use crate::domain::call::PlayId;
use crate::domain::desk::Failure;
use crate::domain::speech::{Plan, PromptId, Value, plan};
use crate::units::{CaseNumber, Digit};
use jiff::civil::{Date, Time};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Cases that are named with number and date; of more only how many is said.
pub const NOTICE_CASES_SAID_MAX: usize = 3;

/// How often it is said in one call.
const SAID_MAX: u32 = 2;

/// What a unit is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VoiceKind {
    /// Cases that are due on the next working day (N01).
    Due,
    /// Cases whose time is over (N02).
    Overdue,
}

impl VoiceKind {
    /// Its name in the store and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Overdue => "overdue",
        }
    }

    /// Reads what [`Self::as_str`] gave.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Due, Self::Overdue].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A case as it is named to its unit (N03).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseSaid {
    /// Its number.
    pub number: CaseNumber,
    /// Its last day.
    pub on: Date,
    /// The time of it; `None`: the end of the day.
    pub at: Option<Time>,
}

/// How a try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VoiceOutcome {
    /// Key 1.
    Confirmed,
    /// It was heard, and nobody pressed 1.
    NoKey,
    /// Nobody answered.
    NoAnswer,
    /// The line was busy, or the call was declined.
    Busy,
    /// The number may not be dialled, or no line was to be had.
    Failed,
}

impl VoiceOutcome {
    /// Every outcome with its name in the store and in JSON.
    pub const NAMES: [(Self, &'static str); 5] = [
        (Self::Confirmed, "confirmed"),
        (Self::NoKey, "no_key"),
        (Self::NoAnswer, "no_answer"),
        (Self::Busy, "busy"),
        (Self::Failed, "failed"),
    ];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(known, _)| *known == self).map_or("", |(_, name)| name)
    }
}

impl From<Failure> for VoiceOutcome {
    fn from(why: Failure) -> Self {
        match why {
            Failure::NoAnswer | Failure::Cancelled => Self::NoAnswer,
            Failure::Busy | Failure::Declined => Self::Busy,
            Failure::Unreachable | Failure::CallerGone | Failure::StoreDown => Self::Failed,
        }
    }
}

/// What is said: how many, then those that are named.
#[must_use]
pub fn words(kind: VoiceKind, count: u32, cases: &[CaseSaid]) -> Plan {
    let id = match kind {
        VoiceKind::Due => PromptId::N01,
        VoiceKind::Overdue => PromptId::N02,
    };
    let first = plan(id, &[("n", Value::Number(i64::from(count)))]);
    cases.iter().take(NOTICE_CASES_SAID_MAX).fold(first, |said, case| {
        let mut values =
            vec![("case_no", Value::Case(case.number)), ("date", Value::Date(case.on))];
        values.extend(case.at.map(|at| ("time", Value::Time(at))));
        said.then(plan(PromptId::N03, &values))
    })
}

/// What happens to the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoiceInput {
    /// Somebody, or something, answered.
    Answered,
    /// Nobody was reached.
    Unreached(Failure),
    /// A key.
    Key(Digit),
    /// A play ran to its end.
    PlayDone(PlayId),
    /// He hung up, or the line failed.
    Gone,
    /// The service is about to stop.
    Drain,
    /// The instant of `poll_timeout` has come.
    Timeout,
}

/// What the call wants.
#[derive(Debug, Clone, PartialEq)]
pub enum VoiceAction {
    /// Say this.
    Play(PlayId, Plan),
    /// End the leg, ringing or talking.
    HangUp,
    /// It is over; once, last.
    Ended(VoiceOutcome),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Ringing,
    Saying,
    Waiting,
    Over,
}

/// How long things take at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VoiceTimes {
    /// It rings so long.
    pub ring: Duration,
    /// A key is waited for so long.
    pub key_wait: Duration,
    /// What is said is taken for over after so long.
    pub play_max: Duration,
}

/// One call.
#[derive(Debug)]
pub struct VoiceCall {
    words: Plan,
    times: VoiceTimes,
    stage: Stage,
    until: Instant,
    said: u32,
    actions: VecDeque<VoiceAction>,
}

impl VoiceCall {
    /// A call that rings from now on.
    #[must_use]
    pub fn new(words: Plan, times: VoiceTimes, now: Instant) -> Self {
        let (stage, until) = (Stage::Ringing, now + times.ring);
        Self { words, times, stage, until, said: 0, actions: VecDeque::new() }
    }

    /// Something happened.
    pub fn handle(&mut self, now: Instant, input: VoiceInput) {
        match (self.stage, input) {
            (Stage::Over, _) => {}
            (Stage::Ringing, VoiceInput::Answered) => self.say(now),
            (Stage::Ringing, VoiceInput::Unreached(why)) => self.end(why.into(), false),
            (Stage::Ringing, VoiceInput::Timeout) if now >= self.until => {
                self.end(VoiceOutcome::NoAnswer, true);
            }
            (Stage::Saying | Stage::Waiting, VoiceInput::Key(key)) if key.as_char() == '1' => {
                self.end(VoiceOutcome::Confirmed, true);
            }
            (Stage::Saying, VoiceInput::PlayDone(play)) if play == PlayId(self.said) => {
                self.await_key(now);
            }
            (Stage::Saying, VoiceInput::Timeout) if now >= self.until => self.await_key(now),
            (Stage::Waiting, VoiceInput::Timeout) if now >= self.until => {
                if self.said < SAID_MAX {
                    self.say(now);
                } else {
                    self.end(VoiceOutcome::NoKey, true);
                }
            }
            (Stage::Saying | Stage::Waiting, VoiceInput::Gone) => {
                self.end(VoiceOutcome::NoKey, false);
            }
            (Stage::Ringing, VoiceInput::Gone) => self.end(VoiceOutcome::NoAnswer, false),
            (_, VoiceInput::Drain) => self.end(VoiceOutcome::Failed, true),
            _ => {}
        }
    }

    fn say(&mut self, now: Instant) {
        self.said += 1;
        (self.stage, self.until) = (Stage::Saying, now + self.times.play_max);
        self.actions.push_back(VoiceAction::Play(PlayId(self.said), self.words.clone()));
    }

    fn await_key(&mut self, now: Instant) {
        (self.stage, self.until) = (Stage::Waiting, now + self.times.key_wait);
    }

    fn end(&mut self, outcome: VoiceOutcome, is_up: bool) {
        self.stage = Stage::Over;
        if is_up {
            self.actions.push_back(VoiceAction::HangUp);
        }
        self.actions.push_back(VoiceAction::Ended(outcome));
    }

    /// What is to be done next.
    pub fn poll_action(&mut self) -> Option<VoiceAction> {
        self.actions.pop_front()
    }

    /// When [`VoiceInput::Timeout`] is wanted.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        (self.stage != Stage::Over).then_some(self.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, time};

    const TIMES: VoiceTimes = VoiceTimes {
        ring: Duration::from_secs(25),
        key_wait: Duration::from_secs(10),
        play_max: Duration::from_secs(60),
    };

    /// Some instant; the call only compares them.
    #[allow(clippy::disallowed_methods)]
    fn start() -> Instant {
        Instant::now()
    }

    fn case(at: Option<Time>) -> CaseSaid {
        let number = CaseNumber::parse("26112200131").unwrap();
        CaseSaid { number, on: date(2026, 11, 27), at }
    }

    struct Talk {
        call: VoiceCall,
        now: Instant,
    }

    impl Talk {
        fn begin() -> Self {
            let now = start();
            let said = words(VoiceKind::Due, 2, &[case(None)]);
            Self { call: VoiceCall::new(said, TIMES, now), now }
        }

        fn hears(&mut self, input: VoiceInput) -> Vec<VoiceAction> {
            self.call.handle(self.now, input);
            std::iter::from_fn(|| self.call.poll_action()).collect()
        }

        fn waits(&mut self) -> Vec<VoiceAction> {
            self.now = self.call.poll_timeout().unwrap();
            self.hears(VoiceInput::Timeout)
        }
    }

    fn key(digit: char) -> VoiceInput {
        VoiceInput::Key(Digit::new(digit).unwrap())
    }

    fn over(outcome: VoiceOutcome) -> [VoiceAction; 2] {
        [VoiceAction::HangUp, VoiceAction::Ended(outcome)]
    }

    #[test]
    fn one_confirms_while_it_is_said_and_afterwards() {
        for after in [false, true] {
            let mut talk = Talk::begin();
            let said = talk.hears(VoiceInput::Answered);
            assert!(matches!(said.as_slice(), [VoiceAction::Play(PlayId(1), _)]), "{said:?}");
            assert_eq!(talk.hears(key('3')), []);
            if after {
                assert_eq!(talk.hears(VoiceInput::PlayDone(PlayId(1))), []);
            }
            assert_eq!(talk.hears(key('1')), over(VoiceOutcome::Confirmed));
            assert_eq!(talk.call.poll_timeout(), None);
            assert_eq!(talk.hears(VoiceInput::Gone), [], "said once");
        }
    }

    #[test]
    fn without_a_key_it_is_said_once_more_and_then_given_up() {
        let mut talk = Talk::begin();
        talk.hears(VoiceInput::Answered);
        talk.hears(VoiceInput::PlayDone(PlayId(1)));
        let again = talk.waits();
        assert!(matches!(again.as_slice(), [VoiceAction::Play(PlayId(2), _)]), "{again:?}");
        assert_eq!(talk.hears(VoiceInput::PlayDone(PlayId(1))), [], "the play before");
        // A play whose end is never told ends by itself.
        assert_eq!(talk.waits(), []);
        assert_eq!(talk.waits(), over(VoiceOutcome::NoKey));
    }

    #[test]
    fn nobody_a_busy_line_and_who_hangs_up_have_confirmed_nothing() {
        let mut talk = Talk::begin();
        assert_eq!(talk.waits(), over(VoiceOutcome::NoAnswer));
        let mut talk = Talk::begin();
        let busy = talk.hears(VoiceInput::Unreached(Failure::Busy));
        assert_eq!(busy, [VoiceAction::Ended(VoiceOutcome::Busy)]);
        let mut talk = Talk::begin();
        talk.hears(VoiceInput::Answered);
        assert_eq!(talk.hears(VoiceInput::Gone), [VoiceAction::Ended(VoiceOutcome::NoKey)]);
        let mut talk = Talk::begin();
        talk.hears(VoiceInput::Answered);
        assert_eq!(talk.hears(VoiceInput::Drain), over(VoiceOutcome::Failed));
    }

    #[test]
    fn what_is_said_names_three_cases_and_the_end_of_a_day_has_no_clock() {
        let many = [case(Some(time(17, 30, 0, 0))); 5];
        assert_eq!(words(VoiceKind::Overdue, 5, &many).ids, ["N02", "N03", "N03", "N03"]);
        assert_eq!(words(VoiceKind::Due, 1, &[case(None)]).ids, ["N01", "N03"]);
        let (with, without) =
            (words(VoiceKind::Due, 1, &many[..1]), words(VoiceKind::Due, 1, &[case(None)]));
        assert!(with.pieces.len() > without.pieces.len());
        for (kind, name) in [(VoiceKind::Due, "due"), (VoiceKind::Overdue, "overdue")] {
            assert_eq!((kind.as_str(), VoiceKind::parse(name)), (name, Some(kind)));
        }
    }
}
