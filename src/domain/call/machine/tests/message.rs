//! The message (语音留言).

use super::*;

#[test]
fn a_message_becomes_a_case_and_its_number_is_told_after_the_commit() {
    let mut talk = Talk::at_menu();
    talk.press("2").hear().press("#").hear().press("1").hear().wait().hear();
    assert_snapshot!(talk.story(), @r"
    > press 2
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
    say X08
    hang up
    finish by Service
    ");
    assert_snapshot!(talk.account(), @"G01 G02 B01 G04 G03N [2] M01 M02 [#] Message M04 [1] case:26112200131 M14 M05 M06 M15 X08 WholeCall");
}

#[test]
fn a_citizen_who_presses_nothing_can_simply_speak() {
    let mut talk = Talk::at_menu();
    talk.wait().hear().wait().hear().press("#").hear().wait().hear().wait().hear();
    assert_snapshot!(talk.story(), @r"
    > silence
    say X02 X09 G03N
    > silence
    say B04 M01 M02 tone
    record
    > press #
    stop recording
    say M04
    > silence
    say X02 X09 M04
    > silence
    store Voicemail g1-01a1ee565e00-0001/1
    say M16
    say M14 M05 M06
    say M15
    ");
}

#[test]
fn a_hang_up_while_recording_still_hands_the_message_in() {
    let mut talk = Talk::at_menu();
    talk.press("2").hear().hang_up();
    assert_snapshot!(talk.story(), @r"
    > press 2
    say M01 M02 tone
    record
    > hang up
    stop recording
    store Voicemail g1-01a1ee565e00-0001/1, call back
    finish by Citizen
    ");
}

#[test]
fn a_message_can_be_heard_made_again_and_cancelled() {
    let mut talk = Talk::at_menu();
    talk.press("2").hear().press("#").hear().press("2").hear().press("3").hear();
    talk.press("#").hear().press("0").hear().press("4").hear().hang_up();
    assert_snapshot!(talk.story(), @r"
    > press 2
    say M01 M02 tone
    record
    > press #
    stop recording
    say M04
    > press 2
    say M17
    replay
    say M04
    > press 3
    discard
    say  tone
    record
    > press #
    stop recording
    say M04
    > press 0
    say B01 M04
    > press 4
    discard
    say M09 G03N
    > hang up
    store Abandoned g1-01a1ee565e00-0001/1, call back
    finish by Citizen
    ");
}

#[test]
fn a_silent_message_is_asked_for_once_more() {
    let mut talk = Talk::at_menu();
    talk.speaks(1).press("2").hear().press("#").hear().press("#").hear();
    assert_snapshot!(talk.story(), @r"
    > press 2
    say M01 M02 tone
    record
    > press #
    stop recording
    discard
    say M08 tone
    record
    > press #
    stop recording
    discard
    say M13 G03N
    ");
}

#[test]
fn a_silent_line_is_left_with_a_stub() {
    let mut talk = Talk::at_menu();
    talk.speaks(0).wait().hear().wait().hear().press("#").hear().press("#").hear();
    assert_snapshot!(talk.story(), @r"
    > silence
    say X02 X09 G03N
    > silence
    say B04 M01 M02 tone
    record
    > press #
    stop recording
    discard
    say M08 tone
    record
    > press #
    stop recording
    discard
    say M13 X08
    hang up
    store Abandoned g1-01a1ee565e00-0001/1, call back
    finish by Service
    ");
}

#[test]
fn the_longest_message_is_announced_and_closed() {
    let mut talk = Talk::at_menu();
    talk.press("2").hear().wait().hear();
    let (record, limit) = (talk.recording.take().unwrap(), CallRules::default().message_limit);
    talk.give(Input::Recorded(record, summary(limit))).hear();
    assert_snapshot!(talk.story(), @r"
    > press 2
    say M01 M02 tone
    record
    > silence
    say M03
    say M11 M04
    ");
}

#[test]
fn a_message_that_cannot_be_written_is_said_honestly() {
    let mut talk = Talk::at_menu();
    talk.press("2").hear();
    let record = talk.recording.take().unwrap();
    talk.give(Input::RecordFailed(record)).hear();
    assert_snapshot!(talk.story(), @r"
    > press 2
    say M01 M02 tone
    record
    say M10 X08
    hang up
    store Abandoned g1-01a1ee565e00-0001/1, call back
    finish by Service
    ");
}

#[test]
fn a_message_that_is_not_committed_gets_no_number_and_is_handed_in_again() {
    let mut talk = Talk::at_menu();
    talk.press("2").hear().press("#").hear().story();
    talk.store(|_| Some(StoreReply::Unavailable)).press("1").hear();
    assert_snapshot!(talk.story(), @r"
    > press 1
    store Voicemail g1-01a1ee565e00-0001/1
    say M10 X08
    hang up
    store Voicemail g1-01a1ee565e00-0001/1, call back
    finish by Service
    ");
}

#[test]
fn a_message_on_a_day_without_numbers_is_kept_without_one() {
    let mut talk = Talk::at_menu();
    talk.press("2").hear().press("#").hear().story();
    talk.store(|_| Some(StoreReply::Opened { number: None, code: None })).press("1").hear();
    assert_snapshot!(talk.story(), @r"
    > press 1
    store Voicemail g1-01a1ee565e00-0001/1
    say M05N X08
    hang up
    store Voicemail g1-01a1ee565e00-0001/1, call back
    finish by Service
    ");
}

#[test]
fn a_late_commit_is_noted_but_not_spoken() {
    let mut talk = Talk::at_menu();
    talk.press("2").hear().press("#").hear().store(|_| None).press("1").story();
    let ticket = last_ticket(&talk);
    talk.wait().hear().wait();
    let late = stored(&talk.asked[0]);
    talk.give(Input::Stored(ticket, late)).store(|request| Some(stored(request))).hear();
    assert_snapshot!(talk.story(), @r"
    > silence
    say M12
    > silence
    say M10 X08
    hang up
    store Voicemail g1-01a1ee565e00-0001/1, call back
    finish by Service
    ");
    assert_snapshot!(talk.account(), @"G01 G02 B01 G04 G03N [2] M01 M02 [#] Message M04 [1] M12 M10 X08 case:26112200131 WholeCall");
}

#[test]
fn a_hang_up_before_the_number_was_told_asks_for_a_callback() {
    let mut talk = Talk::at_menu();
    talk.press("2").hear().press("#").hear().press("1").hang_up();
    assert_snapshot!(talk.story(), @r"
    > press 2
    say M01 M02 tone
    record
    > press #
    stop recording
    say M04
    > press 1
    store Voicemail g1-01a1ee565e00-0001/1
    say M14 M05 M06
    > hang up
    store Voicemail g1-01a1ee565e00-0001/1, call back
    finish by Citizen
    ");
}

#[test]
fn a_hang_up_at_the_choice_hands_the_message_in() {
    let mut talk = Talk::at_menu();
    talk.press("2").hear().press("#").hang_up();
    assert_snapshot!(talk.story(), @r"
    > press 2
    say M01 M02 tone
    record
    > press #
    stop recording
    say M04
    > hang up
    store Voicemail g1-01a1ee565e00-0001/1, call back
    finish by Citizen
    ");
}

#[test]
fn a_drain_hands_a_running_message_in() {
    let mut talk = Talk::at_menu();
    talk.press("2").hear().give(Input::Drain).hear();
    assert_snapshot!(talk.story(), @r"
    > press 2
    say M01 M02 tone
    record
    stop recording
    say X13 X08
    hang up
    store Voicemail g1-01a1ee565e00-0001/1, call back
    finish by Shutdown
    ");
}

#[test]
fn lost_media_ends_the_call_and_keeps_the_message() {
    let mut talk = Talk::at_menu();
    talk.press("2").hear().give(Input::MediaLost).hear();
    assert_snapshot!(talk.story(), @r"
    > press 2
    say M01 M02 tone
    record
    stop recording
    say X06N
    hang up
    store Voicemail g1-01a1ee565e00-0001/1, call back
    finish by Network
    ");
}
