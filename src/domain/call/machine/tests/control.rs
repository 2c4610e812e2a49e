//! Greeting, menu, keys that mean the same everywhere, limits and ends.

use super::*;

#[test]
fn the_greeting_is_said_in_full_before_the_menu() {
    let mut talk = Talk::new();
    assert_snapshot!(talk.hear().story(), @r"
    answer
    say G01 G02
    say B01 G04 G03N
    ");
}

#[test]
fn a_call_that_is_not_recorded_is_not_told_that_it_is() {
    let rules = CallRules { record_calls: false, ..CallRules::default() };
    let mut talk = Talk::under(rules, |_| {});
    talk.hear().hang_up();
    assert_eq!(talk.account(), "G01 B01 G04 G03N stub");
}

#[test]
fn a_hang_up_at_the_menu_leaves_a_stub_with_a_callback() {
    let mut talk = Talk::at_menu();
    talk.hang_up();
    assert_snapshot!(talk.story(), @r"
    > hang up
    store Abandoned g1-01a1ee565e00-0001/1, call back
    finish by Citizen
    ");
    assert_snapshot!(talk.account(), @"G01 G02 B01 G04 G03N WholeCall stub");
}

#[test]
fn nobody_is_promised_while_no_seat_exists() {
    let mut talk = Talk::at_menu();
    talk.press("0").hear().press("*").hear();
    assert_snapshot!(talk.story(), @r"
    > press 0
    say B01 B02 B03
    > press *
    say G03N
    ");
}

#[test]
fn speech_stays_slow_and_waits_longer() {
    let mut talk = Talk::at_menu();
    talk.press("7").hear();
    let asked_at = talk.now;
    talk.wait();
    assert_eq!(talk.now - asked_at, CallRules::default().menu_silence_slow);
    talk.hear().press("7");
    assert_snapshot!(talk.story(), @r"
    > press 7
    say X11 G03N slowly
    > silence
    say X02 X09 G03N slowly
    > press 7
    say X12 G03N
    ");
}

#[test]
fn the_last_question_and_the_notice_can_be_heard() {
    let mut talk = Talk::at_menu();
    talk.press("9").hear().press("8").hear().press("5").hear().press("6").hear();
    assert_snapshot!(talk.story(), @r"
    > press 9
    say G03N
    > press 8
    say G08N G03N
    > press 5
    say X01 G03N
    > press 6
    say X03N M01 M02 tone
    record
    ");
}

#[test]
fn a_store_that_is_down_is_told_and_nothing_is_promised() {
    let mut talk = Talk::with(|incoming| incoming.store_up = false);
    talk.store(|_| Some(StoreReply::Unavailable)).hear();
    assert_snapshot!(talk.story(), @r"
    answer
    say G01 G02
    say X04N X08
    hang up
    store Abandoned g1-01a1ee565e00-0001/1, call back
    finish by Service
    ");
}

#[test]
fn a_drain_finishes_the_sentence() {
    let mut talk = Talk::new();
    talk.give(Input::Drain).hear();
    assert_snapshot!(talk.story(), @r"
    answer
    say G01 G02
    say X13 X08
    hang up
    store Abandoned g1-01a1ee565e00-0001/1, call back
    finish by Shutdown
    ");
}

#[test]
fn the_longest_call_is_announced_and_ended() {
    let mut talk = Talk::at_menu();
    while talk.record.is_none() {
        talk.now += Duration::from_secs(7);
        talk.give(Input::Timeout).press("9").hear();
        talk.log.retain(|line| line != "> press 9" && line != "say G03N");
    }
    assert_snapshot!(talk.story(), @r"
    say X05
    say X14
    hang up
    store Abandoned g1-01a1ee565e00-0001/1, call back
    finish by Service
    ");
}

#[test]
fn a_short_call_is_kept_without_a_callback() {
    let mut talk = Talk::new();
    talk.hang_up();
    assert_snapshot!(talk.story(), @r"
    answer
    say G01 G02
    > hang up
    store Abandoned g1-01a1ee565e00-0001/1
    finish by Citizen
    ");
}

#[test]
fn an_answer_that_is_never_confirmed_is_given_up() {
    let now = instant();
    let mut call = Call::new(Arc::default(), incoming(), now);
    assert_eq!(call.poll_action(), Some(Action::Answer));
    let at = call.poll_timeout().unwrap();
    assert_eq!(at - now, CallRules::default().confirm_wait);
    call.handle(at, Input::Timeout);
    assert_eq!(call.poll_action(), Some(Action::HangUp));
}

#[test]
fn keys_entries_plays_and_cases_are_bounded() {
    let mut talk = Talk::new();
    talk.press(&"5".repeat(40));
    assert_eq!(talk.call.dropped().0, 8, "type-ahead holds 32 keys");
    let mut talk = Talk::at_menu();
    for _ in 0..600 {
        if talk.record.is_none() && talk.playing.is_some() {
            talk.press("9");
        }
        talk.press("9");
    }
    talk.hear();
    assert!(talk.record.is_some(), "the 200th play is the last but the goodbye");
}
