//! The look-up (语音查询), and codes that stay hidden.

use super::*;

#[test]
fn a_look_up_is_answered() {
    let mut talk = Talk::at_menu();
    talk.press("1").hear().press(LOOK_UP).hear().wait().hear();
    assert_snapshot!(talk.story(), @r"
    > press 1
    say L01
    > press 26112200131#4821#
    say L02
    look up 26112200131
    say L07 ST05 DL01 DL02 L08N
    > silence
    say X08
    hang up
    finish by Service
    ");
    assert_snapshot!(talk.account(), @"G01 G02 B01 G04 G03N [1] L01 [*] [*] [*] [*] [*] [*] [*] [*] [*] [*] [*] L02 [#] [*] [*] [*] [*] lookup:true L07 ST05 DL01 DL02 L08N [#] X08 WholeCall");
}

#[test]
fn keys_typed_during_the_greeting_are_kept_and_codes_stay_hidden() {
    let mut talk = Talk::new();
    talk.press("126112200131#4821#").hear().hang_up();
    assert_snapshot!(talk.story(), @r"
    answer
    say G01 G02
    > press 126112200131#4821#
    look up 26112200131
    say L07 ST05 DL01 DL02 L08N
    > hang up
    finish by Citizen
    ");
    assert_snapshot!(talk.account(), @"G01 G02 [1] [*] [*] [*] [*] [*] [*] [*] [*] [*] [*] [*] [#] [*] [*] [*] [*] lookup:true [#] L07 ST05 DL01 DL02 L08N WholeCall");
}

#[test]
fn a_code_keyed_into_the_wrong_question_stays_hidden() {
    let mut talk = Talk::at_menu();
    talk.press("46").hear().press("5").hear().hang_up();
    assert_snapshot!(talk.account(), @"G01 G02 B01 G04 G03N [*] X01 G03N [*] X03N M01 M02 [*] Message WholeCall case:26112200131");
    let mut talk = Talk::at_menu();
    talk.press("1").hear().press("4821#").hear().hang_up();
    assert_snapshot!(talk.account(), @"G01 G02 B01 G04 G03N [1] L01 [*] [*] [*] [*] [#] L04 L09 L01 WholeCall stub");
}

#[test]
fn keys_that_nobody_listened_for_are_kept_as_stars() {
    let mut talk = Talk::new();
    talk.press("4821").hang_up();
    assert_snapshot!(talk.account(), @"G01 G02 [*] [*] [*] [*] stub");
}

#[test]
fn unknown_number_wrong_code_and_locked_case_sound_the_same_at_the_same_delay() {
    let replies: [fn(&StoreRequest) -> Option<StoreReply>; 2] = [
        |_| Some(StoreReply::LookedUp(Lookup::Wrong)),
        |_| Some(StoreReply::LookedUp(Lookup::Locked)),
    ];
    let stories = replies.map(|reply| {
        let mut talk = Talk::at_menu();
        talk.store(reply).press("1").hear().press("26112200131#0000");
        let asked_at = talk.now;
        talk.story();
        talk.wait();
        assert_eq!(talk.now - asked_at, CallRules::default().lookup_refusal_delay);
        talk.story()
    });
    assert_eq!(stories, ["> silence\nsay L05 L01", "> silence\nsay L05 L01"]);
}

#[test]
fn three_wrong_tries_end_the_look_ups_of_a_call() {
    let mut talk = Talk::at_menu();
    talk.press("1").hear();
    for _ in 0..3 {
        talk.press("26112200131#0000").wait().hear();
    }
    talk.press("1");
    assert_snapshot!(talk.story(), @r"
    > press 1
    say L01
    > press 26112200131#0000
    say L02
    look up 26112200131
    > silence
    say L05 L01
    > press 26112200131#0000
    say L02
    look up 26112200131
    > silence
    say L05 L01
    > press 26112200131#0000
    say L02
    look up 26112200131
    > silence
    say L05N L06N B01 B02 B03
    > press 1
    say L06N B01 B02 B03
    ");
}

#[test]
fn a_number_that_cannot_be_right_never_reaches_the_store() {
    let mut talk = Talk::at_menu();
    talk.press("1").hear().press("26112200132").hear().press("123#").hear().press("*");
    assert_snapshot!(talk.story(), @r"
    > press 1
    say L01
    > press 26112200132
    say L04 L09 L01
    > press 123#
    say L04 L09 L01
    > press *
    say G03N
    ");
}

#[test]
fn a_slow_look_up_is_announced_and_its_answer_waits_for_the_end_of_the_sentence() {
    let mut talk = Talk::at_menu();
    talk.store(|_| None).press("1").hear().press("26112200131#4821").story();
    let found = Lookup::Found(Box::new(status(State::Accepted)));
    let reply = Input::Stored(last_ticket(&talk), StoreReply::LookedUp(found));
    talk.wait().wait().give(reply);
    assert_snapshot!(talk.story(), @r"
    > silence
    > silence
    say L03
    ");
    talk.hear();
    assert_snapshot!(talk.story(), @"say L07 ST01 DL01 DL02 L08N");
}

#[test]
fn a_look_up_without_reply_is_maintenance_and_leaves_a_stub() {
    let mut talk = Talk::at_menu();
    talk.store(|_| None).press("1").hear().press("26112200131#4821").story();
    talk.wait().wait().hear().wait().hear().wait();
    assert_snapshot!(talk.story(), @r"
    > silence
    > silence
    say L03
    > silence
    say X04N X08
    hang up
    store Abandoned g1-01a1ee565e00-0001/1, call back
    > silence
    finish by Service
    ");
}

#[test]
fn debug_output_shows_nothing_that_was_keyed() {
    let mut talk = Talk::new();
    talk.press("126112200131#48");
    assert_eq!(format!("{:?}", talk.call), "Call { call: CallId(\"g1-01a1ee565e00-0001\"), .. }");
}
