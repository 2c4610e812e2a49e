//! Three-way calls (三方通话) by sound: who hears whom while a seat consults, joins, holds and leaves.

use crate::line::{House, case_row};
use crate::seats::{
    CITIZEN_HZ, PASSWORD, SEAT_HZ, SOON, account, house_with, loudest, phone, quiet,
};
use crate::support::audio::{level_db, tone_share, tones};
use crate::support::citizen::Call;
use crate::support::desk::Desk;
use crate::support::free_udp_port;
use crate::support::phone::{Habit, Phone};
use serde_json::json;
use std::net::SocketAddr;
use std::time::Duration;

const UNIT_HZ: f64 = 2_050.0;
/// What the duty telephone of the unit is.
pub(crate) const DUTY: &str = "19900000021";

/// A citizen who talks with seat 801, whose console is open, and the duty telephone of unit.13.
pub(crate) struct Scene {
    pub(crate) house: House,
    pub(crate) call: Call,
    pub(crate) seat: Phone,
    pub(crate) unit: Phone,
    pub(crate) desk: Desk,
}

impl Scene {
    fn open(from: &str) -> Self {
        let port = free_udp_port();
        Self::with(from, port, |house| Phone::outside(house.service.udp(), DUTY, port))
    }

    /// With the trunk on this port of the loopback, and the duty telephone somewhere behind it.
    pub(crate) fn with(from: &str, trunk: u16, unit: impl FnOnce(&House) -> Phone) -> Self {
        let trunk =
            format!("outgoing.trunk=[{{ address = \"127.0.0.1:{trunk}\", options_seconds = 0 }}]");
        let contact =
            format!("directory.contact=[{{ unit = \"unit.13\", numbers = [\"{DUTY}\"] }}]");
        let house = house_with(&["801"], &["outgoing.number=053712345000", &trunk, &contact]);
        let unit = unit(&house).habit(Habit::Rings);
        let desk = Desk::open(pages(&house), "801", PASSWORD);
        let seat = phone(&house, "801", Habit::Answers(Duration::from_millis(300)));
        let call = house.dial(from);
        assert!(seat.wait_talking(SOON), "the seat answers");
        desk.party("citizen", "talking");
        std::thread::sleep(Duration::from_secs(1));
        quiet(|| call.samples(0));
        Self { house, call, seat, unit, desk }
    }

    /// The unit is consulted, has pressed 1 and is joined.
    pub(crate) fn joined(from: &str) -> (Self, u64) {
        let scene = Self::open(from);
        let unit = scene.join();
        (scene, unit)
    }

    pub(crate) fn join(&self) -> u64 {
        let unit = self.consult();
        self.desk.done(json!({"do": "join", "party": unit}));
        self.desk.party("unit", "talking");
        // W03 is heard by all.
        std::thread::sleep(Duration::from_secs(1));
        quiet(|| self.call.samples(0));
        quiet(|| self.unit.samples(0));
        unit
    }

    /// The unit is rung, its telephone lifted and key 1 pressed.
    pub(crate) fn consult(&self) -> u64 {
        let wish = json!({"do": "consult", "target": {"kind": "unit", "unit": "unit.13"}});
        let wish = self.desk.begin(&wish);
        assert!(self.unit.wait_ringing(SOON), "the duty telephone rings");
        self.unit.answer();
        assert!(self.unit.wait_talking(SOON));
        std::thread::sleep(Duration::from_millis(500));
        self.unit.press("1");
        let answer = self.desk.answer(wish);
        assert_eq!(answer["result"], "done", "{answer}");
        self.desk.party("unit", "consulting")
    }

    /// All three say their tones at once; what each heard of the three tones, as shares.
    pub(crate) fn shares(&self) -> [[f64; 3]; 3] {
        let from = [
            self.call.heard().audio().len(),
            self.seat.heard().audio().len(),
            self.unit.heard().audio().len(),
        ];
        let say = |hz: f64| tones(&[hz], 5_000.0, 1_500);
        std::thread::scope(|scope| {
            scope.spawn(|| self.call.speak(&say(CITIZEN_HZ)));
            scope.spawn(|| self.seat.speak(&say(SEAT_HZ)));
            scope.spawn(|| self.unit.speak(&say(UNIT_HZ)));
        });
        std::thread::sleep(Duration::from_millis(200));
        let heard =
            [self.call.samples(from[0]), self.seat.samples(from[1]), self.unit.samples(from[2])];
        heard.map(|samples| {
            let loud = loudest(&samples).expect("half a second");
            [CITIZEN_HZ, SEAT_HZ, UNIT_HZ].map(|hz| tone_share(loud, hz))
        })
    }
}

pub(crate) fn pages(house: &House) -> SocketAddr {
    let url = house.service.word("web");
    url.trim_start_matches("http://").trim_end_matches('/').parse().unwrap()
}

/// Own tone at most -45 dB; the others alike, within 1 dB of each other.
pub(crate) fn each_hears_the_two_others(shares: &[[f64; 3]; 3]) {
    for (who, heard) in shares.iter().enumerate() {
        for (whose, share) in heard.iter().enumerate() {
            let fits = match who == whose {
                true => *share < 3.2e-5,
                false => (0.44..=0.56).contains(share),
            };
            assert!(fits, "party {who} hears party {whose} at {share:.5}: {shares:?}");
        }
    }
}

pub(crate) fn in_a_three_way_call_each_hears_the_others_and_never_itself() {
    let (scene, _) = Scene::joined("19900000031");
    each_hears_the_two_others(&scene.shares());
    // The seat leaves; the two go on (W07), still recorded.
    scene.desk.done(json!({"do": "leave"}));
    assert!(scene.seat.wait_over(SOON), "the seat's telephone is free");
    std::thread::sleep(Duration::from_secs(1));
    quiet(|| scene.call.samples(0));
    quiet(|| scene.unit.samples(0));
    let from = (scene.call.heard().audio().len(), scene.unit.heard().audio().len());
    std::thread::scope(|scope| {
        scope.spawn(|| scene.call.speak(&tones(&[CITIZEN_HZ], 5_000.0, 1_000)));
        scope.spawn(|| scene.unit.speak(&tones(&[UNIT_HZ], 5_000.0, 1_000)));
    });
    std::thread::sleep(Duration::from_millis(200));
    let clearest = |samples: Vec<i16>, hz: f64| {
        let windows = samples.windows(4_000).step_by(400).map(|w| tone_share(w, hz));
        windows.fold(0.0, f64::max)
    };
    assert!(clearest(scene.call.samples(from.0), UNIT_HZ) > 0.9, "the citizen hears the unit");
    assert!(clearest(scene.unit.samples(from.1), CITIZEN_HZ) > 0.9, "the unit hears the citizen");
    scene.call.hang_up();
    assert!(scene.unit.wait_over(SOON), "the unit's leg ends");
    scene.desk.event("wrap_up", |_| true);
    let early = scene.desk.command(json!({"do": "wrap_up", "disposition": "three_way"}));
    assert_eq!(early["why"], "outcome_missing", "{early}");
    scene.desk.done(json!({"do": "outcome", "outcome": {"result": "solved"}}));
    scene.desk.done(json!({"do": "wrap_up", "disposition": "three_way", "summary": "已当场解决"}));
    let account = account(&scene.house);
    let recording = &account["recordings"][0];
    assert_eq!(recording["tracks"].as_array().map(Vec::len), Some(4), "{account:#}");
}

pub(crate) fn while_a_seat_consults_the_citizen_hears_music_and_nobody_hears_him() {
    let scene = Scene::open("19900000032");
    let unit = scene.consult();
    std::thread::sleep(Duration::from_secs(1));
    let [citizen, seat, department] = scene.shares();
    assert!(seat[2] > 0.9 && seat[0] < 3.2e-5, "the seat hears the unit alone: {seat:?}");
    assert!(department[1] > 0.9 && department[0] < 3.2e-5, "and the unit the seat: {department:?}");
    assert!(citizen.iter().all(|share| *share < 0.05), "the citizen neither: {citizen:?}");
    let music = scene.call.samples(scene.call.heard().audio().len().saturating_sub(8_000));
    assert!(level_db(&music) > -60.0, "but is not left in silence: {:.1} dB", level_db(&music));
    scene.desk.done(json!({"do": "drop", "party": unit}));
    assert!(scene.unit.wait_over(SOON));
    scene.desk.party("citizen", "talking");
    scene.call.hang_up();
    assert!(scene.seat.wait_over(SOON));
}

pub(crate) fn a_unit_that_declines_falls_back_to_assignment() {
    let scene = Scene::open("19900000033");
    scene.unit.set_habit(Habit::Refuses(486));
    let answer =
        scene.desk.command(json!({"do": "consult", "target": {"kind": "unit", "unit": "unit.13"}}));
    assert_eq!((&answer["result"], &answer["why"]), (&json!("failed"), &json!("busy")), "{answer}");
    scene.desk.event("conversation", |view| view["proposed"] == "assigned");
    scene.call.hang_up();
    scene.desk.event("wrap_up", |_| true);
    let wrap_up = json!({"do": "wrap_up", "disposition": "assigned", "unit": "unit.13",
        "nature": "complaint", "summary": "路灯不亮"});
    scene.desk.done(wrap_up);
    // The wrap-up is stored beside its answer.
    case_row(&scene.house.service, |row| row["unit"] == "unit.13");
}
