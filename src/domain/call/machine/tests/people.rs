//! A citizen and the people at the seats.

use super::*;
use crate::domain::call::{AfterPerson, OnDuty, Place, Tell};
use crate::units::SeatNumber;

/// People take calls.
pub(super) fn staffed(incoming: &mut Incoming) {
    incoming.seats = Seats::Open(OnDuty { group: "operators".to_owned(), ..OnDuty::default() });
}

/// A person at this seat takes the call.
pub(super) fn taken(seat: &str, tell: Tell) -> Input {
    Input::Person { seat: SeatNumber::parse(seat).ok(), tell }
}

impl Talk {
    /// Past the greeting and G03, without their lines: music plays.
    pub(super) fn waiting() -> Self {
        let mut talk = Self::with(staffed);
        talk.hear().story();
        talk
    }

    /// A person at this seat takes the call.
    pub(super) fn person(&mut self, seat: &str) -> &mut Self {
        self.log.push(format!("> person at {seat}"));
        self.give(taken(seat, Tell::Seat))
    }

    /// The last person leaves.
    pub(super) fn gone(&mut self, then: AfterPerson) -> &mut Self {
        self.log.push("> person leaves".to_owned());
        self.give(Input::PersonGone(then))
    }

    /// The seat is lost, or the call goes to another group.
    pub(super) fn back_to(&mut self, group: &str) -> &mut Self {
        self.gone(AfterPerson::Wait { group: Some(group.to_owned()), leader: group == "leaders" })
    }

    pub(super) fn place(&mut self, ahead: u32, minutes: Option<u32>) -> &mut Self {
        self.give(Input::Place(Place { ahead, minutes }))
    }

    /// Lets seconds go by; what is said is heard out.
    pub(super) fn pass(&mut self, seconds: u64) -> &mut Self {
        self.log.push(format!("> {seconds} s"));
        let until = self.now + Duration::from_secs(seconds);
        self.hear();
        while let Some(at) = self.call.poll_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.give(Input::Timeout);
            self.hear();
        }
        self.now = self.now.max(until);
        self
    }
}

#[test]
fn who_presses_nothing_waits_and_talks_to_a_person() {
    let mut talk = Talk::with(staffed);
    talk.hear().pass(13).person("801").hear();
    talk.gone(AfterPerson::Survey).hear().press("1").hear();
    assert_snapshot!(talk.story(), @r"
    answer
    seek operators from Arrival
    say G01 G02
    say G03
    music on
    > 13 s
    say Q01 G04
    > person at 801
    music off
    store Attended g1-01a1ee565e00-0001/1
    say over G05
    > person leaves
    say V01
    > press 1
    say V02
    hang up
    finish by Service
    ");
    let account =
        "G01 G02 G03 Q01 G04 attended:801 G05 case:26112200131 V01 [1] grade:1 V02 WholeCall";
    assert_eq!(talk.account(), account);
}

#[test]
fn a_person_who_answers_under_the_greeting_is_heard_at_once_and_the_recording_waits_for_its_notice()
{
    let mut talk = Talk::with(staffed);
    talk.story();
    talk.person("801");
    assert_eq!(talk.whole, 0);
    talk.hear().hang_up();
    assert_snapshot!(talk.story(), @r"
    > person at 801
    store Attended g1-01a1ee565e00-0001/1
    say over G02 G05
    > hang up
    finish by Citizen
    ");
    assert_eq!(talk.whole, 1);
    assert_eq!(talk.account(), "G01 G02 attended:801 G02 G05 case:26112200131 WholeCall");
}

#[test]
fn a_person_who_answers_silences_what_plays_in_the_same_instant() {
    for keys in ["", "8", "0", "1", "2", "3"] {
        let mut talk = Talk::waiting();
        talk.press(keys);
        if keys.is_empty() {
            talk.now = talk.call.poll_timeout().unwrap() + Duration::from_secs(12);
            talk.give(Input::Timeout);
        }
        let before = talk.playing.expect("something plays");
        talk.call.handle(talk.now, taken("801", Tell::Seat));
        let actions: Vec<_> = std::iter::from_fn(|| talk.call.poll_action()).collect();
        let silent = actions.iter().position(|action| *action == Action::StopPlay);
        let over = actions.iter().position(|action| matches!(action, Action::PlayOver { .. }));
        assert!(silent.is_some() && silent < over, "{before:?} of {keys:?}: {actions:?}");
    }
}

#[test]
fn a_talk_hears_nothing_of_keys_and_lost_media_and_its_longest_is_another_one() {
    let mut talk = Talk::waiting();
    talk.person("801").hear().press("1*0").give(Input::MediaLost).pass(58 * 60).pass(60).pass(60);
    assert_snapshot!(talk.story(), @r"
    > person at 801
    music off
    store Attended g1-01a1ee565e00-0001/1
    say over G05
    > press 1*0
    > 3480 s
    > 60 s
    say over X05
    > 60 s
    say over X14
    hang up
    finish by Service
    ");
    assert!(talk.account().contains("[*] [*] [*]"), "{}", talk.account());
}

#[test]
fn a_handed_over_citizen_hears_the_next_number_and_has_one_case() {
    let mut talk = Talk::waiting();
    talk.person("801").hear().person("802").hear().gone(AfterPerson::Goodbye).hear();
    assert_snapshot!(talk.story(), @r"
    > person at 801
    music off
    store Attended g1-01a1ee565e00-0001/1
    say over G05
    > person at 802
    say over G05
    > person leaves
    say X08
    hang up
    finish by Service
    ");
}

#[test]
fn a_citizen_whose_seat_is_lost_waits_at_the_head_and_is_called_back_when_he_gives_up() {
    let mut talk = Talk::waiting();
    talk.person("801").hear().back_to("operators").hear().hang_up();
    assert_snapshot!(talk.story(), @r"
    > person at 801
    music off
    store Attended g1-01a1ee565e00-0001/1
    say over G05
    > person leaves
    seek operators from Head
    say X03
    music on
    > hang up
    stop seeking: Abandoned
    store Attended g1-01a1ee565e00-0001/1, call back
    finish by Citizen
    ");
}

#[test]
fn a_citizen_who_goes_back_to_the_same_group_need_not_be_told_which() {
    let mut talk = Talk::waiting();
    talk.give(taken("801", Tell::Nothing)).gone(AfterPerson::Wait { group: None, leader: false });
    assert_snapshot!(talk.story(), @r"
    music off
    store Attended g1-01a1ee565e00-0001/1
    > person leaves
    seek operators from Head
    say X03
    music on
    ");
}

#[test]
fn a_talk_cut_off_before_the_notice_was_heard_hears_it_before_the_wait() {
    let mut talk = Talk::with(staffed);
    talk.story();
    talk.person("801").back_to("operators");
    assert_eq!(talk.whole, 0);
    talk.hear();
    assert_eq!(talk.whole, 1);
    assert_snapshot!(talk.story(), @r"
    > person at 801
    store Attended g1-01a1ee565e00-0001/1
    say over G02 G05
    > person leaves
    seek operators from Head
    say G02
    say G03
    music on
    ");
}

#[test]
fn the_case_of_a_talk_is_asked_for_again_when_its_commit_is_not_known() {
    let mut talk = Talk::waiting();
    talk.store(|_| Some(StoreReply::Unavailable)).person("801").hear().hang_up();
    assert_snapshot!(talk.story(), @r"
    > person at 801
    music off
    store Attended g1-01a1ee565e00-0001/1
    say over G05
    > hang up
    store Attended g1-01a1ee565e00-0001/1
    finish by Citizen
    ");
}

#[test]
fn a_message_that_was_being_left_is_handed_in_when_a_person_comes() {
    let mut talk = Talk::waiting();
    talk.press("2").hear().story();
    talk.person("801").hear();
    assert_snapshot!(talk.story(), @r"
    > person at 801
    stop recording
    store Attended g1-01a1ee565e00-0001/1
    say over G05
    store Voicemail g1-01a1ee565e00-0001/2, call back
    ");
}

#[test]
fn a_person_before_the_answer_is_confirmed_is_told_about_after_it() {
    let mut call = Call::new(Arc::new(CallRules::default()), staffed_incoming(), instant());
    let (mut now, mut ids) = (instant(), Vec::new());
    for input in [taken("801", Tell::Seat), Input::Confirmed] {
        now += Duration::from_millis(100);
        call.handle(now, input);
        while let Some(action) = call.poll_action() {
            if let Action::PlayOver { plan, .. } = action {
                ids.push((now, plan.ids));
            }
        }
    }
    assert_eq!(ids, [(now, vec!["G02", "G05"])]);
}

fn staffed_incoming() -> Incoming {
    let mut incoming = incoming();
    staffed(&mut incoming);
    incoming
}

#[test]
fn a_drain_lets_a_talk_go_on_and_asks_nothing_after_it() {
    let mut talk = Talk::waiting();
    talk.person("801").hear().give(Input::Drain).pass(30).gone(AfterPerson::Survey).hear();
    assert_snapshot!(talk.story(), @r"
    > person at 801
    music off
    store Attended g1-01a1ee565e00-0001/1
    say over G05
    > 30 s
    > person leaves
    say X13 X08
    hang up
    finish by Shutdown
    ");
}
