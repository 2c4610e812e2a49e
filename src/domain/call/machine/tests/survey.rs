//! The rating after a talk.

use super::*;
use crate::domain::call::AfterPerson;

fn asked() -> Talk {
    let mut talk = Talk::waiting();
    talk.person("801").hear().gone(AfterPerson::Survey).hear().story();
    talk
}

fn grades(talk: &Talk) -> Vec<u8> {
    let entries = &talk.record.as_ref().expect("the call is over").entries;
    let grade = |kind: &EntryKind| match kind {
        EntryKind::Grade(grade) => Some(*grade),
        _ => None,
    };
    entries.iter().filter_map(|entry| grade(&entry.kind)).collect()
}

#[test]
fn each_of_the_four_keys_is_its_grade() {
    for grade in 1..=4 {
        let mut talk = asked();
        talk.press(&grade.to_string()).hear();
        assert_eq!(grades(&talk), [grade]);
    }
}

#[test]
fn silence_is_asked_once_more_and_then_leaves_no_grade() {
    let mut talk = asked();
    talk.wait().hear().wait().hear();
    assert_snapshot!(talk.story(), @r"
    > silence
    say V03 V01
    > silence
    say X08
    hang up
    finish by Service
    ");
    assert!(grades(&talk).is_empty());
}

#[test]
fn a_grade_after_the_repeat_counts() {
    let mut talk = asked();
    talk.wait().press("4").hear();
    assert_eq!(grades(&talk), [4]);
}

#[test]
fn wrong_keys_and_a_hang_up_leave_no_grade() {
    let mut talk = asked();
    talk.press("5").hear().press("6").hear();
    assert_snapshot!(talk.story(), @r"
    > press 5
    say X01 V01
    > press 6
    say X08
    hang up
    finish by Service
    ");
    assert!(grades(&talk).is_empty());
    let mut talk = asked();
    talk.hang_up();
    assert_eq!(talk.story(), "> hang up\nfinish by Citizen");
    assert!(grades(&talk).is_empty());
}

#[test]
fn keys_pressed_in_the_talk_are_no_grade() {
    let mut talk = Talk::waiting();
    talk.person("801").hear().press("44").gone(AfterPerson::Survey).hear().hang_up();
    assert!(grades(&talk).is_empty());
}

#[test]
fn how_often_is_asked_is_a_rule_of_the_city() {
    let mut talk = asked();
    Arc::make_mut(&mut talk.call.line.rules).survey_repeats = 2;
    talk.wait().hear().wait().hear().wait().hear();
    assert_eq!(talk.story().matches("say V03 V01").count(), 2);
    let mut talk = Talk::waiting();
    Arc::make_mut(&mut talk.call.line.rules).survey = false;
    talk.person("801").hear().gone(AfterPerson::Survey).hear();
    let story = talk.story();
    assert!(!story.contains("V01") && story.contains("say X08"), "{story}");
}
