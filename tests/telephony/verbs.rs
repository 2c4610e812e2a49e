//! Each verb that a seat has for a party of a three-way call, while all three speak: who hears whom
//! before it, during it and after it; and what a secret leaves in the recording.

use crate::carrier::Talk;
use crate::hearing::Hears::{Music, Of};
use crate::hearing::{CITIZEN, Party, SEAT, UNIT, heard, key_db, party_db};
use crate::seats::{SOON, account};
use crate::support::audio::{FRAME, level_db, read_wav};
use crate::support::desk::Desk;
use crate::support::free_udp_port;
use crate::support::phone::{Habit, Phone};
use crate::support::wait_for;
use crate::three_way::DUTY;
use serde_json::{Value, json};
use std::path::Path;

/// Peak of each of the two tones of a key that the service presses.
const KEY_PEAK: f64 = 4_000.0;
/// All are heard for longer than that while a secret is said.
const SECRET_MS_MIN: usize = 500;
/// The pause in the recording is as long as the ledger says, within this.
const SECRET_MS_OFF_MAX: usize = 100;
/// Of the recording: the citizen, the seat, the unit; the second track holds what was played.
const TRACKS: [(usize, usize); 3] = [(0, CITIZEN), (2, SEAT), (3, UNIT)];

/// Settings of a house with a trunk to each of these ports, and duty telephones of units.
pub(crate) fn settings(ports: &[u16], contacts: &[(&str, &[&str])]) -> Vec<String> {
    let trunk = |port: &u16| format!("{{ address = \"127.0.0.1:{port}\", options_seconds = 0 }}");
    let trunks: Vec<String> = ports.iter().map(trunk).collect();
    let contacts: Vec<String> = contacts
        .iter()
        .map(|(unit, numbers)| format!("{{ unit = \"{unit}\", numbers = {numbers:?} }}"))
        .collect();
    vec![
        "outgoing.number=053712345000".to_owned(),
        format!("outgoing.trunk=[{}]", trunks.join(", ")),
        format!("directory.contact=[{}]", contacts.join(", ")),
    ]
}

/// The wish to consult a unit.
pub(crate) fn consult_unit(unit: &str) -> Value {
    json!({"do": "consult", "target": {"kind": "unit", "unit": unit}})
}

/// Whoever lifts the telephone of a unit is asked to press 1 (W02), and does.
pub(crate) fn lift_and_confirm(phone: &Phone) {
    phone.answer();
    assert!(phone.wait_talking(SOON), "the telephone is not lifted");
    let asked = wait_for(SOON, || (level_db(&phone.newest(10 * FRAME)) > -45.0).then_some(()));
    assert!(asked.is_some(), "nobody is asked to press 1");
    phone.press("1");
}

/// A unit is consulted at this telephone; its number in the conversation.
pub(crate) fn consult(talk: &Talk, unit: &str, phone: &Phone) -> u64 {
    let wish = talk.desk.begin(&consult_unit(unit));
    assert!(phone.wait_ringing(SOON), "the duty telephone of {unit} rings");
    lift_and_confirm(phone);
    let answer = talk.desk.answer(wish);
    assert_eq!(answer["result"], "done", "{answer}");
    talk.desk.party("unit", "consulting")
}

/// It is consulted and joined.
pub(crate) fn join(talk: &Talk, unit: &str, phone: &Phone) -> u64 {
    let party = consult(talk, unit, phone);
    talk.desk.done(json!({"do": "join", "party": party}));
    party
}

/// Citizen, seat and unit in a three-way call, each saying his tone.
struct Three<'a> {
    desk: &'a Desk,
    citizen: Party<'a>,
    seat: Party<'a>,
    unit: Party<'a>,
    /// Seat and unit as the conversation numbers them.
    seat_party: u64,
    unit_party: u64,
}

impl Three<'_> {
    fn all_hear_each_other(&self, when: &str) {
        let Self { citizen, seat, unit, .. } = self;
        heard(
            when,
            &[
                (citizen, Of(&[seat, unit])),
                (seat, Of(&[citizen, unit])),
                (unit, Of(&[citizen, seat])),
            ],
        );
    }

    fn turn(&self, verb: &str, party: u64, on: bool) {
        self.desk.done(json!({"do": verb, "party": party, "on": on}));
    }

    fn private(&self, with: &[u64]) {
        self.desk.done(json!({"do": "private", "with": with}));
    }

    /// 保持: music and nobody, and nobody hears him.
    fn who_is_held_hears_music(&self) {
        let Self { citizen, seat, unit, .. } = self;
        self.turn("hold", self.unit_party, true);
        heard(
            "while the unit is held",
            &[(unit, Music), (citizen, Of(&[seat])), (seat, Of(&[citizen]))],
        );
        self.turn("hold", self.unit_party, false);
        self.all_hear_each_other("after the unit was held");
        self.turn("hold", 0, true);
        heard(
            "while the citizen is held",
            &[(citizen, Music), (unit, Of(&[seat])), (seat, Of(&[unit]))],
        );
        self.turn("hold", 0, false);
        self.all_hear_each_other("after the citizen was held");
    }

    /// 静音: he hears all, and nobody hears him.
    fn who_is_mute_is_not_heard(&self) {
        let Self { citizen, seat, unit, .. } = self;
        self.turn("mute", self.seat_party, true);
        heard(
            "while the seat is mute",
            &[(seat, Of(&[citizen, unit])), (citizen, Of(&[unit])), (unit, Of(&[citizen]))],
        );
        self.turn("mute", self.seat_party, false);
        self.all_hear_each_other("after the seat was mute");
    }

    /// 闭听: all hear him, and he hears nobody but the music.
    fn who_is_deaf_is_heard(&self) {
        let Self { citizen, seat, unit, .. } = self;
        self.turn("deafen", self.unit_party, true);
        heard(
            "while the unit is deaf",
            &[(unit, Music), (citizen, Of(&[seat, unit])), (seat, Of(&[citizen, unit]))],
        );
        self.turn("deafen", self.unit_party, false);
        self.all_hear_each_other("after the unit was deaf");
    }

    /// 私聊: the third hears nothing of it, whichever he is.
    fn who_is_left_out_hears_nothing_of_it(&self) {
        let Self { citizen, seat, unit, .. } = self;
        self.private(&[self.unit_party]);
        heard(
            "while the seat is aside with the unit",
            &[(citizen, Music), (seat, Of(&[unit])), (unit, Of(&[seat]))],
        );
        self.private(&[]);
        self.all_hear_each_other("between");
        self.private(&[0]);
        heard(
            "while the seat is aside with the citizen",
            &[(unit, Music), (seat, Of(&[citizen])), (citizen, Of(&[seat]))],
        );
        self.private(&[]);
        self.all_hear_each_other("after they were aside");
    }

    /// The keypad: the unit's line gets both keys, nobody else hears them.
    fn keys_reach_the_unit_alone(&self) {
        let marks = [&self.citizen, &self.seat, &self.unit].map(|party| (party, party.mark()));
        self.desk.done(json!({"do": "keys", "party": self.unit_party, "digits": "27"}));
        let [others @ .., (unit, mark)] = &marks;
        let pressed = wait_for(SOON, || {
            let heard = unit.since(*mark);
            let levels = ['2', '7'].map(|key| key_db(&heard, key, KEY_PEAK));
            levels.iter().all(|level| (-1.5..=1.5).contains(level)).then_some(())
        });
        assert!(pressed.is_some(), "the keys do not reach the unit");
        self.all_hear_each_other("after the keys");
        for (party, mark) in others {
            let heard = party.since(*mark);
            let level = key_db(&heard, '2', KEY_PEAK).max(key_db(&heard, '7', KEY_PEAK));
            assert!(level < -40.0, "a key is heard by another at {level:.1} dB");
        }
    }

    /// 隐私暂停: the three go on.
    fn a_secret_is_heard_by_all(&self) {
        self.desk.done(json!({"do": "secret", "on": true}));
        self.desk.event("conversation", |view| view["recorded"] == false);
        self.all_hear_each_other("while a secret is said");
        self.desk.done(json!({"do": "secret", "on": false}));
        self.all_hear_each_other("after the secret");
    }
}

pub(crate) fn each_verb_for_a_party_is_heard_and_a_secret_is_not_recorded() {
    let port = free_udp_port();
    let talk = Talk::with("19900000071", &["801"], &settings(&[port], &[("unit.13", &[DUTY])]));
    let phone = Phone::outside(talk.house.service.udp(), DUTY, port).habit(Habit::Rings);
    let unit_party = join(&talk, "unit.13", &phone);
    let three = Three {
        desk: &talk.desk,
        citizen: Party::citizen(&talk.call),
        seat: Party::phone("the seat", SEAT, &talk.seat),
        unit: Party::phone("the unit", UNIT, &phone),
        seat_party: talk.desk.party("seat", "talking"),
        unit_party,
    };
    three.all_hear_each_other("at first");
    three.who_is_held_hears_music();
    three.who_is_mute_is_not_heard();
    three.who_is_deaf_is_heard();
    three.who_is_left_out_hears_nothing_of_it();
    three.keys_reach_the_unit_alone();
    three.a_secret_is_heard_by_all();
    assert_eq!(talk.call.request("BYE", "", ""), Some(200));
    talk.seat.hang_up();
    assert!(phone.wait_over(2 * SOON), "the unit's leg ends, after goodbye");
    the_recording_is_silent_for_the_secret(&account(&talk.house), talk.house.service.data());
}

/// Between the two marks of the ledger no track holds anything, and before and behind them each
/// party's own tone.
fn the_recording_is_silent_for_the_secret(account: &Value, data: &Path) {
    let at = |kind: &str| {
        let entries = account["entries"].as_array().unwrap();
        let found: Vec<u64> = entries
            .iter()
            .filter(|entry| entry["kind"] == kind)
            .filter_map(|entry| entry["at_ms"].as_u64())
            .collect();
        assert_eq!(found.len(), 1, "one {kind}: {account:#}");
        usize::try_from(found[0]).unwrap()
    };
    let told_ms = at("secret_off") - at("secret_on");
    assert!(told_ms >= SECRET_MS_MIN, "{told_ms} ms of secret");
    let file = account["recordings"][0]["file"].as_str().expect("it is recorded");
    let tracks = TRACKS.map(|(channel, tone)| (read_wav(&data.join(file), channel), tone));
    let played = read_wav(&data.join(file), 1);
    // A telephone that is quiet sends the softest sound there is, not zero.
    let zero = |samples: &[i16], frame: usize| {
        let frame = samples.get(frame * FRAME..(frame + 1) * FRAME);
        frame.is_none_or(|frame| frame.iter().all(|sample| *sample == 0))
    };
    let frames = tracks[0].0.len() / FRAME;
    let silent = |frame: usize| tracks.iter().all(|(samples, _)| zero(samples, frame));
    let loud = |frame: usize| {
        let of = |samples: &Vec<i16>| samples.get(frame * FRAME..(frame + 1) * FRAME).map(level_db);
        tracks.iter().all(|(samples, _)| of(samples).is_some_and(|level| level > -40.0))
    };
    // From the moment on at which all of them speak.
    let begin = (0..frames).find(|frame| loud(*frame)).expect("all of them are recorded");
    let (mut longest, mut since) = (begin..begin, begin);
    for frame in begin..=frames {
        if frame == frames || !silent(frame) {
            if frame - since > longest.len() {
                longest = since..frame;
            }
            since = frame + 1;
        }
    }
    let kept_ms = longest.len() * 20;
    let off = kept_ms.abs_diff(told_ms);
    assert!(off <= SECRET_MS_OFF_MAX, "{kept_ms} ms are silent, {told_ms} ms were secret");
    assert!(longest.clone().all(|frame| zero(&played, frame)), "nor what was played is there");
    for (samples, tone) in &tracks {
        // A frame of margin on both sides: what is said begins and ends within one.
        let before = samples.get((longest.start - 26) * FRAME..(longest.start - 1) * FRAME);
        let behind = samples.get((longest.end + 1) * FRAME..(longest.end + 26) * FRAME);
        for (place, part) in [("before", before), ("behind", behind)] {
            let level = party_db(part.expect("half a second"), *tone);
            assert!(level.abs() <= 1.0, "{place} the secret tone {tone} is at {level:.1} dB");
        }
    }
}
