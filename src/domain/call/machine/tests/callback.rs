//! The request to be called back (回拨).

use super::*;

#[test]
fn a_callback_goes_to_the_number_that_called() {
    let mut talk = Talk::at_menu();
    talk.press("3").hear().press("1").hear();
    assert_snapshot!(talk.story(), @r"
    > press 3
    say Q05
    > press 1
    store CallbackRequest g1-01a1ee565e00-0001/1, call back
    say M14 M05C M06 Q08N
    hang up
    finish by Service
    ");
    assert_eq!(contact(&talk), "19900000017");
}

#[test]
fn a_callback_on_a_day_without_numbers_is_promised_once_and_leaves_no_second_stub() {
    let mut talk = Talk::at_menu();
    talk.store(|_| Some(StoreReply::Opened { number: None, code: None }));
    talk.press("3").hear().press("1").hear();
    assert_snapshot!(talk.story(), @r"
    > press 3
    say Q05
    > press 1
    store CallbackRequest g1-01a1ee565e00-0001/1, call back
    say Q08N
    hang up
    finish by Service
    ");
}

#[test]
fn a_callback_goes_to_another_number_once_it_can_be_one() {
    let mut talk = Talk::at_menu();
    talk.press("3").hear().press("2").hear().press("123#").hear().press("05370000000#");
    talk.hear().press("1").hear();
    assert_snapshot!(talk.story(), @r"
    > press 3
    say Q05
    > press 2
    say Q06
    > press 123#
    say X01 Q06
    > press 05370000000#
    say Q07
    > press 1
    store CallbackRequest g1-01a1ee565e00-0001/1, call back
    say M14 M05C M06 Q08N
    hang up
    finish by Service
    ");
    assert_eq!(contact(&talk), "05370000000");
    assert!(!talk.hang_up().account().contains("[5]"), "the number keyed in is not in the account");
}

#[test]
fn a_withheld_number_is_asked_for() {
    let mut talk = Talk::with(|incoming| incoming.caller.number = None);
    talk.hear().press("3").hear().story();
    talk.press("19900000017").hear().press("1");
    assert_snapshot!(talk.story(), @r"
    > press 19900000017
    say Q07
    > press 1
    store CallbackRequest g1-01a1ee565e00-0001/1, call back
    say M14 M05C M06 Q08N
    ");
}

#[test]
fn who_asked_for_a_callback_and_says_nothing_still_gets_it() {
    let mut talk = Talk::at_menu();
    talk.press("3").hear().wait().hear().wait().hear();
    assert_snapshot!(talk.story(), @r"
    > press 3
    say Q05
    > silence
    say X02 X09 Q05
    > silence
    store CallbackRequest g1-01a1ee565e00-0001/1, call back
    say M14 M05C M06 Q08N
    hang up
    finish by Service
    ");
}
