//! Calls that leave through a carrier, which is SIPp: registrations and proofs, announcements before
//! the answer, failures, losses. What is heard decides.

use crate::line::House;
use crate::seats::{PASSWORD, SOON, house_with, phone, quiet};
use crate::support::audio::{level_db, tone_share};
use crate::support::citizen::Call;
use crate::support::clients::carrier::{Carrier, EARLY_HZ, REALM, SECRET, VOICE_HZ, proves};
use crate::support::desk::Desk;
use crate::support::phone::{Habit, Phone};
use crate::support::wait_for;
use crate::three_way::pages;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Who is called through the carrier.
pub(crate) const CALLED: &str = "19900000041";
/// Half a second.
const WINDOW: usize = 4_000;
/// Of half a second of pure tone.
const PURE_MIN: f64 = 0.9;
/// Of a tone that is not there, in whatever else is.
pub(crate) const ABSENT_MAX: f64 = 0.05;
/// The carrier's tones as they are sent, -17.8 dB, within 1 dB.
const LEVEL_DB: std::ops::RangeInclusive<f64> = -18.8..=-16.8;

/// A citizen who talks with seat 801, whose console is open.
pub(crate) struct Talk {
    pub(crate) house: House,
    pub(crate) call: Call,
    pub(crate) seat: Phone,
    pub(crate) desk: Desk,
}

impl Talk {
    fn open(from: &str, trunks: &str) -> Self {
        let trunks = format!("outgoing.trunk=[{trunks}]");
        Self::with(from, &["801"], &["outgoing.number=053712345000".to_owned(), trunks])
    }

    /// With these seats, of whom 801 answers, and settings.
    pub(crate) fn with(from: &str, seats: &[&str], settings: &[String]) -> Self {
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        let house = house_with(seats, &settings);
        let desk = Desk::open(pages(&house), "801", PASSWORD);
        let seat = phone(&house, "801", Habit::Answers(Duration::from_millis(300)));
        let call = house.dial(from);
        assert!(seat.wait_talking(SOON), "the seat answers");
        desk.party("citizen", "talking");
        std::thread::sleep(Duration::from_secs(1));
        quiet(|| call.samples(0));
        Self { house, call, seat, desk }
    }

    /// The seat consults the outside number; the answer comes later.
    fn consult(&self) -> u64 {
        self.desk.begin(&json!({"do": "consult", "target": {"kind": "outside", "number": CALLED}}))
    }

    /// Waits until the last half second that the seat heard is this tone at its level.
    fn seat_hears(&self, hz: f64) {
        hears("the seat", || self.seat.samples(0), hz);
    }

    fn citizen_hears(&self, hz: f64) {
        hears("the citizen", || self.call.samples(0), hz);
    }

    /// Consulted, the carrier announces, answers and is joined: who hears what at each step.
    fn announced_answered_joined(&self, wish: u64) {
        let before = self.call.heard().audio().len();
        self.seat_hears(EARLY_HZ);
        self.desk.party("outside", "calling");
        let held = self.call.samples(before);
        let share = clearest(&held, EARLY_HZ);
        assert!(share < ABSENT_MAX, "the citizen hears the announcement at {share:.3}");
        assert!(level_db(&held) > -60.0, "but music: {:.1} dB", level_db(&held));
        self.answered_joined(wish);
    }

    fn answered_joined(&self, wish: u64) {
        let answer = self.desk.answer(wish);
        assert_eq!(answer["result"], "done", "{answer}\n{}", self.house.service.stderr());
        let party = self.desk.party("outside", "consulting");
        self.seat_hears(VOICE_HZ);
        let before = self.call.heard().audio().len();
        std::thread::sleep(Duration::from_millis(600));
        let share = clearest(&self.call.samples(before), VOICE_HZ);
        assert!(share < ABSENT_MAX, "the citizen hears the consultation at {share:.3}");
        self.desk.done(json!({"do": "join", "party": party}));
        self.citizen_hears(VOICE_HZ);
        self.seat_hears(VOICE_HZ);
        self.desk.done(json!({"do": "drop", "party": party}));
    }

    pub(crate) fn log_has(&self, words: &str) {
        let told = wait_for(SOON, || self.house.service.stderr().contains(words).then_some(()));
        assert!(told.is_some(), "the log does not say {words:?}\n{}", self.house.service.stderr());
    }
}

/// Waits until the last half second of what is heard is this tone at its level.
pub(crate) fn hears(who: &str, heard: impl Fn() -> Vec<i16>, hz: f64) {
    let found = wait_for(Duration::from_secs(12), || {
        let samples = heard();
        let last = &samples[samples.len().checked_sub(WINDOW)?..];
        (tone_share(last, hz) > PURE_MIN).then(|| level_db(last))
    });
    let best = || clearest(&heard(), hz);
    let level =
        found.unwrap_or_else(|| panic!("{who} does not hear {hz} Hz: at best {:.3}", best()));
    assert!(LEVEL_DB.contains(&level), "{who} hears {hz} Hz at {level:.1} dB");
}

/// The greatest share of a tone in any half second.
pub(crate) fn clearest(samples: &[i16], hz: f64) -> f64 {
    let windows = samples.windows(WINDOW).step_by(WINDOW / 10);
    windows.map(|window| tone_share(window, hz)).fold(0.0, f64::max)
}

fn failed(answer: &Value, why: &str) {
    assert_eq!((&answer["result"], &answer["why"]), (&json!("failed"), &json!(why)), "{answer}");
}

pub(crate) fn a_carrier_that_wants_proofs_is_registered_with_announces_and_is_joined() {
    let carrier = Carrier::start("carrier_registering.xml");
    let talk = Talk::open("19900000051", &carrier.trunk(true, SECRET));
    let registered = carrier.received("REGISTER");
    assert_eq!(registered.len(), 2, "{}", carrier.trace());
    assert_eq!(registered[0].header("authorization"), None);
    assert!(proves(&registered[1], "authorization"), "{:?}", registered[1]);
    assert!(registered[1].first.contains(REALM), "{}", registered[1].first);
    talk.log_has("a trunk is up");
    let wish = talk.consult();
    talk.announced_answered_joined(wish);
    let invited = carrier.received("INVITE");
    assert_eq!(invited.len(), 2, "{}", carrier.trace());
    assert_eq!(invited[0].header("proxy-authorization"), None);
    assert!(proves(&invited[1], "proxy-authorization"), "{:?}", invited[1]);
    assert_eq!(invited[1].first, format!("INVITE sip:{CALLED}@{REALM} SIP/2.0"));
    let from = invited[1].header("from").unwrap_or_default();
    assert!(from.contains("053712345000") && !from.contains("19900000051"), "{from}");
    // The registration, and the call from INVITE to BYE.
    carrier.wait_successful(2, SOON);
    let log = talk.house.service.stderr();
    assert!(!log.contains(SECRET) && !log.contains(CALLED), "{log}");
    let Talk { mut house, call, .. } = talk;
    call.hang_up();
    house.service.signal_term();
    let ended = wait_for(SOON, || (!house.service.alive()).then_some(()));
    let log = house.service.stderr();
    assert!(ended.is_some() && !log.contains("a trunk is down"), "{log}");
    let registered = carrier.wait_received("REGISTER", 4, SOON);
    assert_eq!(registered[3].header("expires"), Some("0"), "our registration is taken away");
    assert!(proves(&registered[3], "authorization"), "{:?}", registered[3]);
}

pub(crate) fn a_refused_registration_is_an_alarm_and_a_consultation_says_that_nobody_is_reached() {
    let carrier = Carrier::start("carrier_registering.xml");
    let talk = Talk::open("19900000052", &carrier.trunk(true, "another word 8"));
    let registered = carrier.wait_received("REGISTER", 2, SOON);
    assert!(!proves(&registered[1], "authorization"));
    talk.log_has("ALARM a trunk did not take our REGISTER");
    talk.log_has("status=403");
    failed(&talk.desk.answer(talk.consult()), "unreachable");
    talk.desk.party("citizen", "talking");
    assert_eq!(carrier.received("INVITE").len(), 0, "{}", carrier.trace());
    assert!(!talk.house.service.stderr().contains("another word 8"));
    // An ambulance is tried all the same; this carrier lets it through.
    let help = json!({"kind": "emergency", "number": "120"});
    let wish = talk.desk.begin(&json!({"do": "consult", "target": help}));
    talk.seat_hears(EARLY_HZ);
    assert_eq!(talk.desk.answer(wish)["result"], "done");
    let invited = carrier.received("INVITE");
    assert!(invited[0].first.starts_with("INVITE sip:120@"), "{}", invited[0].first);
}

pub(crate) fn a_carrier_without_a_free_line_is_passed_over_before_it_rings() {
    let (full, free) =
        (Carrier::start("carrier_unavailable.xml"), Carrier::start("carrier_announcing.xml"));
    let trunks = format!("{}, {}", full.open_trunk(), free.open_trunk());
    let talk = Talk::open("19900000053", &trunks);
    let wish = talk.consult();
    talk.announced_answered_joined(wish);
    full.wait_successful(1, SOON);
    free.wait_successful(1, SOON);
    assert_eq!((full.received("INVITE").len(), free.received("INVITE").len()), (1, 1));
}

pub(crate) fn a_carrier_that_answers_nothing_is_passed_over_after_four_seconds() {
    let (silent, free) =
        (Carrier::start("carrier_silent.xml"), Carrier::start("carrier_announcing.xml"));
    let trunks = format!("{}, {}", silent.open_trunk(), free.open_trunk());
    let talk = Talk::open("19900000054", &trunks);
    let began = Instant::now();
    let wish = talk.consult();
    free.wait_received("INVITE", 1, Duration::from_secs(8));
    let after = began.elapsed();
    let waited = Duration::from_millis(3_900)..Duration::from_millis(5_500);
    assert!(waited.contains(&after), "the second carrier is called after {after:?}");
    talk.announced_answered_joined(wish);
    assert!(silent.received("INVITE").len() > 2, "{}", silent.trace());
    free.wait_successful(1, SOON);
}

pub(crate) fn a_carrier_that_loses_messages_gets_its_call() {
    let carrier = Carrier::start("carrier_losing.xml");
    let talk = Talk::open("19900000055", &carrier.open_trunk());
    let wish = talk.consult();
    talk.answered_joined(wish);
    carrier.wait_successful(1, Duration::from_secs(40));
    // For certain: two answers to the INVITE, the description, the first 200.
    assert!(carrier.lost() >= 4, "{} are lost\n{}", carrier.lost(), carrier.trace());
    assert!(carrier.received("INVITE").len() >= 2, "{}", carrier.trace());
}

pub(crate) fn a_stranger_who_asks_for_a_proof_gets_none() {
    let stranger = || Carrier::with("carrier_foreign.xml", &[("realm", "evil.example")]);
    let (registrar, exchange) = (stranger(), stranger());
    let trunks = format!("{}, {}", registrar.trunk(true, SECRET), exchange.trunk(false, SECRET));
    let talk = Talk::open("19900000056", &trunks);
    talk.log_has("ALARM a trunk did not take our REGISTER");
    talk.log_has("status=401");
    failed(&talk.desk.answer(talk.consult()), "unreachable");
    assert_eq!(registrar.received("REGISTER").len(), 1, "{}", registrar.trace());
    exchange.wait_successful(1, SOON);
    assert_eq!(exchange.received("INVITE").len(), 1, "{}", exchange.trace());
    for trace in [registrar.trace(), exchange.trace()] {
        assert!(!trace.contains("Authorization:"), "{trace}");
    }
}
