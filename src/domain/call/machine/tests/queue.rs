//! The wait for a person.

use super::people::staffed;
use super::*;
use crate::domain::call::{Hours, NoPerson, OnDuty};
use jiff::civil::time;

#[test]
fn the_place_is_told_when_it_is_better_and_never_more_often_than_every_thirty_seconds() {
    let mut talk = Talk::waiting();
    talk.place(3, Some(6)).pass(12).place(3, Some(7)).place(2, None).pass(20).place(4, Some(9));
    talk.pass(20).place(1, Some(2)).pass(10).place(0, Some(1)).pass(40).pass(40);
    assert_snapshot!(talk.story(), @r"
    > 12 s
    say Q01 Q02 G04
    > 20 s
    say Q04
    > 20 s
    > 10 s
    say Q02
    > 40 s
    say Q03
    > 40 s
    ");
}

#[test]
fn no_time_is_named_that_nobody_knows() {
    let mut talk = Talk::waiting();
    talk.place(2, None).pass(100);
    assert_snapshot!(talk.story(), @r"
    > 100 s
    say Q01 G04
    say Q04
    ");
}

#[test]
fn a_look_up_keeps_the_place_and_leads_back_to_the_wait() {
    let mut talk = Talk::waiting();
    talk.press("1").hear().press(LOOK_UP).hear().wait().hear();
    assert_snapshot!(talk.story(), @r"
    > press 1
    pause seeking
    music off
    say L01
    > press 26112200131#4821#
    say L02
    look up 26112200131
    say L07 ST05 DL01 DL02 L08
    > silence
    say X03
    resume seeking
    music on
    ");
}

#[test]
fn three_wrong_look_ups_lead_to_a_person() {
    let mut talk = Talk::waiting();
    talk.press("1").hear();
    for _ in 0..3 {
        talk.press("26112200131#0000#").wait().hear();
    }
    talk.story();
    talk.press("1").hear();
    assert_snapshot!(talk.story(), @r"
    > press 1
    pause seeking
    music off
    say L06
    resume seeking
    music on
    ");
    assert!(talk.hang_up().account().contains("L05N L06"), "{}", talk.account());
}

#[test]
fn a_callback_keeps_the_place_and_promises_no_less_than_the_queue_needs() {
    for (minutes, last) in [(None, "Q08N"), (Some(3), "Q08"), (Some(50), "Q08")] {
        let mut talk = Talk::waiting();
        talk.place(4, minutes).press("3").hear().press("1");
        let story = talk.story();
        let expected = format!(
            "> press 3\npause seeking\nmusic off\nsay Q05\n> press 1\n\
             store CallbackRequest g1-01a1ee565e00-0001/1, call back\n\
             keep place for *0017\nsay M14 M05C M06 {last}"
        );
        assert_eq!(story, expected);
        talk.hear();
        assert_eq!(talk.story(), "hang up\nfinish by Service");
    }
}

#[test]
fn a_callback_that_cannot_be_stored_leads_back_to_the_wait() {
    let mut talk = Talk::waiting();
    talk.store(|_| Some(StoreReply::Unavailable)).press("3").hear().press("1").hear();
    assert_snapshot!(talk.story(), @r"
    > press 3
    pause seeking
    music off
    say Q05
    > press 1
    store CallbackRequest g1-01a1ee565e00-0001/1, call back
    say X04
    resume seeking
    music on
    ");
}

#[test]
fn a_message_keeps_the_place_and_leads_back_to_the_wait() {
    let mut talk = Talk::waiting();
    talk.press("2").hear().press("#").hear().press("1").hear().wait().hear().hang_up();
    assert_snapshot!(talk.story(), @r"
    > press 2
    pause seeking
    music off
    say M01 M02 tone
    record
    > press #
    stop recording
    say M04
    > press 1
    store Voicemail g1-01a1ee565e00-0001/1
    say M14 M05 M06
    say M15
    > silence
    say X03
    resume seeking
    music on
    > hang up
    stop seeking: Served
    finish by Citizen
    ");
}

#[test]
fn a_message_that_was_not_stored_is_not_forgotten_over_a_callback() {
    let mut talk = Talk::waiting();
    talk.press("2").hear().press("#").hear().story();
    talk.store(|_| Some(StoreReply::Unavailable)).press("1").hear();
    talk.store(|request| Some(stored(request))).press("3").hear().press("1").hear();
    assert_snapshot!(talk.story(), @r"
    > press 1
    store Voicemail g1-01a1ee565e00-0001/1
    say M10 X03
    resume seeking
    music on
    > press 3
    pause seeking
    music off
    say Q05
    > press 1
    store Voicemail g1-01a1ee565e00-0001/1, call back
    store CallbackRequest g1-01a1ee565e00-0001/2, call back
    keep place for *0017
    say M14 M05C M06 Q08N
    hang up
    finish by Service
    ");
}

#[test]
fn zero_after_a_message_submits_it_on_the_way_to_a_person() {
    let mut talk = Talk::waiting();
    talk.press("2").hear().press("#").hear().story();
    talk.press("0").hear();
    assert_snapshot!(talk.story(), @r"
    > press 0
    store Voicemail g1-01a1ee565e00-0001/1
    say M14 M05 M06
    say X03
    resume seeking
    music on
    ");
}

#[test]
fn zero_waits_for_a_person_and_says_so() {
    let mut talk = Talk::waiting();
    talk.press("0").hear().press("789*").hear();
    assert_snapshot!(talk.story(), @r"
    > press 0
    say X03
    > press 789*
    say X11 G03 slowly
    say G08 G03 slowly
    say G03 slowly
    say G03 slowly
    ");
}

#[test]
fn two_failures_wait_for_a_person_and_never_hang_up() {
    let mut talk = Talk::waiting();
    talk.press("5").hear().press("6").hear().press("5#4").pass(10).press("1").hear();
    assert_snapshot!(talk.story(), @r"
    > press 5
    say X01 G03
    > press 6
    say X03
    > press 5#4
    > 10 s
    say Q01 G04
    > press 1
    pause seeking
    music off
    say L01
    ");
    talk.wait().hear().wait().hear();
    assert_snapshot!(talk.story(), @r"
    > silence
    say X02 L09 L01
    > silence
    say X03
    resume seeking
    music on
    ");
}

#[test]
fn who_gives_up_the_wait_is_called_back() {
    let mut talk = Talk::waiting();
    talk.pass(5).hang_up();
    assert_snapshot!(talk.story(), @r"
    > 5 s
    > hang up
    stop seeking: Abandoned
    store Abandoned g1-01a1ee565e00-0001/1, call back
    finish by Citizen
    ");
}

#[test]
fn when_nobody_will_come_it_is_said_and_nothing_promises_a_person_any_more() {
    let mut talk = Talk::waiting();
    talk.give(Input::NobodyComes(NoPerson::Absent)).hear().press("8").hear().press("0").hear();
    assert_snapshot!(talk.story(), @r"
    music off
    say B01 B02 B03
    > press 8
    say G08N B03
    > press 0
    say B01 B02 B03
    ");
}

#[test]
fn when_nobody_will_come_under_the_greeting_the_menu_is_that_without_seats() {
    let mut talk = Talk::with(staffed);
    talk.give(Input::NobodyComes(NoPerson::Absent)).hear();
    assert_snapshot!(talk.story(), @r"
    answer
    seek operators from Arrival
    say G01 G02
    say B01 G04 G03N
    ");
}

#[test]
fn where_too_many_wait_nobody_says_that_nobody_is_on_duty() {
    let mut talk = Talk::with(staffed);
    talk.give(Input::NobodyComes(NoPerson::TooMany)).hear().press("0").hear().press("3").hear();
    talk.press("1").hear();
    assert_snapshot!(talk.story(), @r"
    answer
    seek operators from Arrival
    say G01 G02
    say B02 Q04N
    > press 0
    say B02 Q04N
    > press 3
    say Q05
    > press 1
    store CallbackRequest g1-01a1ee565e00-0001/1, call back
    say M14 M05C M06 Q08N
    hang up
    finish by Service
    ");
}

#[test]
fn the_longest_wait_ends_with_what_can_be_left_and_a_callback_still_keeps_the_place() {
    let mut talk = Talk::waiting();
    talk.pass(14 * 60).story();
    talk.pass(60).press("0").hear().press("3").hear().press("1").hear();
    assert_snapshot!(talk.story(), @r"
    > 60 s
    say Q04
    pause seeking
    music off
    say B02 Q04N
    > press 0
    say B02 Q04N
    > press 3
    say Q05
    > press 1
    store CallbackRequest g1-01a1ee565e00-0001/1, call back
    keep place for *0017
    say M14 M05C M06 Q08N
    hang up
    finish by Service
    ");
}

#[test]
fn after_the_longest_wait_who_says_nothing_may_simply_speak() {
    let mut talk = Talk::waiting();
    talk.pass(14 * 60).pass(55).story();
    talk.pass(40).hang_up();
    let story = talk.story();
    assert!(story.contains("say B02 Q04N\nsay X02 X09 Q04N\nsay B04 M01 M02 tone"), "{story}");
    assert!(story.contains("stop seeking: WaitedTooLong"), "{story}");
}

#[test]
fn without_a_store_a_person_is_all_there_is() {
    let mut talk = Talk::with(|incoming| {
        staffed(incoming);
        incoming.store_up = false;
    });
    talk.hear().press("2").hear().pass(40);
    assert_snapshot!(talk.story(), @r"
    answer
    seek operators from Arrival
    say G01 G02
    say X04
    music on
    > press 2
    say X01 X04
    > 40 s
    say Q01 G04
    ");
}

#[test]
fn a_drain_ends_a_wait_with_a_callback() {
    let mut talk = Talk::waiting();
    talk.pass(5).give(Input::Drain).hear();
    assert_snapshot!(talk.story(), @r"
    > 5 s
    stop seeking: Ended
    music off
    say X13 X08
    hang up
    store Abandoned g1-01a1ee565e00-0001/1, call back
    finish by Shutdown
    ");
}

#[test]
fn keys_typed_under_the_greeting_go_straight_to_the_look_up() {
    let mut talk = Talk::with(staffed);
    talk.press("1").hear();
    assert_snapshot!(talk.story(), @r"
    answer
    seek operators from Arrival
    say G01 G02
    > press 1
    music on
    pause seeking
    music off
    say L01
    ");
}

#[test]
fn after_hours_the_hours_are_told_and_zero_reaches_who_is_on_call() {
    let mut talk = Talk::with(|incoming| {
        let hours = Hours { open: time(8, 30, 0, 0), close: time(18, 0, 0, 0) };
        incoming.seats = Seats::Closed { hours: Some(hours), duty: Some("duty".to_owned()) };
    });
    talk.hear().press("2").hear().press("*").hear().press("0").hear().person("801");
    assert_snapshot!(talk.story(), @r"
    answer
    say G01 G02
    say A01 G04 A02
    > press 2
    say L01
    > press *
    say A02
    > press 0
    seek duty from Arrival
    say X03
    music on
    > person at 801
    music off
    store Attended g1-01a1ee565e00-0001/1
    say over G05
    ");
}

#[test]
fn after_hours_one_is_the_message_where_a_person_is_on_call_and_the_look_up_where_none_is() {
    let closed = |incoming: &mut Incoming| {
        incoming.seats = Seats::Closed { hours: None, duty: Some("duty".to_owned()) };
    };
    let mut talk = Talk::with(closed);
    talk.hear().press("1").hear();
    assert_snapshot!(talk.story(), @r"
    answer
    say G01 G02
    say G04 A02
    > press 1
    say M01 M02 tone
    record
    ");
    let mut talk = Talk::with(|incoming| {
        incoming.seats = Seats::Closed { hours: None, duty: None };
    });
    talk.hear().press("0").hear().press("1").hear();
    assert_snapshot!(talk.story(), @r"
    answer
    say G01 G02
    say G04 A02N
    > press 0
    say B01 B02 B03
    > press 1
    say L01
    ");
}

#[test]
fn a_holiday_and_the_warning_to_be_brief_come_before_the_menu() {
    let mut talk = Talk::with(|incoming| {
        let duty = OnDuty { group: "g".to_owned(), holiday: true, brief: true, listening: None };
        incoming.seats = Seats::Open(duty);
    });
    talk.hear();
    assert_snapshot!(talk.story(), @r"
    answer
    seek g from Arrival
    say G01 G02
    say X10 A03 G03
    music on
    ");
}
