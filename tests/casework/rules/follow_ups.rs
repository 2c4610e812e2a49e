//! The work list of those who ask citizens how content they are: by which means, and when.

use super::world::*;
use jiff::Timestamp;
use mayorline::domain::case::{
    Correction, FollowUpOutcome, FollowUpTry, Grade, Guard, Means, NextTry, Role, State, Task,
    next_try,
};

use FollowUpOutcome::{Busy, NoAnswer, Unobtainable};
use Role::CallbackAgent;

fn at(text: &str) -> Timestamp {
    format!("2026-12-{text}:00+08:00").parse().unwrap()
}

fn next(world: &World) -> NextTry {
    next_try(&world.case, world.now).unwrap()
}

/// Means, begin and end of the next try, and whether it is the last.
fn told(world: &World) -> (Means, Timestamp, Timestamp, bool) {
    let NextTry { means, from, until, last } = next(world);
    (means.unwrap(), from, until, last)
}

fn by(means: Means, outcome: FollowUpOutcome) -> Task {
    Task::FollowUp(FollowUpTry { means, outcome })
}

#[test]
fn the_next_try_is_on_another_day_or_part_of_the_day_and_within_the_hours() {
    let mut world = World::in_state(State::Callback);
    // Before the hours of the day, and in them.
    world.now = at("01T07:15");
    assert_eq!(told(&world), (Means::Phone, at("01T09:00"), at("01T12:00"), false));
    world.now = at("01T10:20");
    assert_eq!(told(&world), (Means::Phone, at("01T10:20"), at("01T12:00"), false));
    world.act(CallbackAgent, by_phone(NoAnswer));
    assert_eq!(told(&world), (Means::Phone, at("01T14:30"), at("01T18:00"), false));
    world.now = at("01T19:00");
    world.act(CallbackAgent, by_phone(Busy));
    // The third is on another day; the first two were in two parts of theirs. It goes by text.
    assert_eq!(told(&world), (Means::Sms, at("02T09:00"), at("02T12:00"), true));
    world.now = at("02T09:30");
    world.act(CallbackAgent, by(Means::Sms, NoAnswer));
    assert_eq!(world.case.state, Some(State::Closed));
    assert_eq!(next_try(&world.case, world.now), None);
}

#[test]
fn tries_of_one_morning_are_followed_by_one_that_ends_them() {
    let mut world = World::in_state(State::Callback);
    for time in ["01T09:10", "01T09:40"] {
        world.now = at(time);
        world.act(CallbackAgent, by_phone(NoAnswer));
    }
    assert_eq!(told(&world), (Means::Sms, at("02T14:30"), at("02T18:00"), true));
    // Earlier ones are kept, and count for nothing.
    world.now = at("02T09:30");
    world.act(CallbackAgent, by_phone(NoAnswer));
    assert_eq!(world.case.state, Some(State::Callback));
    assert_eq!(next(&world).from, at("02T14:30"));
}

#[test]
fn a_text_follows_a_call_and_a_mail_follows_a_text() {
    let mut world = World::in_state(State::Callback);
    world.now = at("01T09:10");
    for means in [Means::Sms, Means::Mail] {
        world.refused(CallbackAgent, by(means, NoAnswer), Guard::Ladder);
    }
    world.act(CallbackAgent, by_phone(NoAnswer));
    world.refused(CallbackAgent, by(Means::Mail, NoAnswer), Guard::Ladder);
    world.act(CallbackAgent, by(Means::Sms, NoAnswer));
    world.act(CallbackAgent, by(Means::Mail, NoAnswer));
    let means: Vec<_> = world.case.work.follow_ups.iter().map(|tried| tried.means).collect();
    assert_eq!(means, [Means::Phone, Means::Sms, Means::Mail]);
}

/// A number that three calls of one morning could not be put through to.
fn dead(world: &mut World) {
    for time in ["01T09:10", "01T09:20", "01T09:30"] {
        assert!(!world.case.work.is_contact_dead(), "{time}");
        world.now = at(time);
        world.act(CallbackAgent, by_phone(Unobtainable));
    }
}

#[test]
fn a_dead_number_is_flagged_after_three_calls_and_the_next_channel_is_proposed() {
    let mut world = World::in_state(State::Callback);
    dead(&mut world);
    assert!(world.case.work.is_contact_dead());
    assert_eq!(world.case.state, Some(State::Callback), "one morning does not end it");
    assert_eq!(next(&world).means, Some(Means::Sms));
    world.act(CallbackAgent, by(Means::Sms, NoAnswer));
    assert_eq!(next(&world).means, None, "nothing else is known of him");
    world.act(CallbackAgent, by(Means::Mail, NoAnswer));
}

#[test]
fn a_dead_number_stays_flagged_over_rounds_until_it_is_put_right_or_answers() {
    let mut world = World::in_state(State::Callback);
    dead(&mut world);
    let mut other = world.clone();
    // Another round: the first try goes by text at once.
    world.act(CallbackAgent, Task::ReportFalseFeedback).answered();
    assert!(world.case.work.is_contact_dead() && world.case.work.follow_ups.is_empty());
    assert_eq!(next(&world).means, Some(Means::Sms));
    world.act(CallbackAgent, by(Means::Sms, NoAnswer));
    let contact = mayorline::units::PhoneNumber::parse("19900000077").ok();
    let name = Correction { contact: None, display: Some("王某".to_owned()) };
    world.act(Role::Clerk, Task::Correct(name));
    assert!(world.case.work.is_contact_dead(), "the number is the same");
    world.act(Role::Clerk, Task::Correct(Correction { contact, display: None }));
    assert!(!world.case.work.is_contact_dead());
    assert_eq!((next(&world).means, next(&world).last), (Some(Means::Phone), false), "from anew");
    // It rings after all.
    other.act(CallbackAgent, by_phone(Busy));
    assert!(!other.case.work.is_contact_dead());
}

#[test]
fn calls_that_nobody_answers_say_nothing_of_the_number_and_a_fixed_one_takes_no_texts() {
    let mut world = World::in_state(State::Callback);
    for (time, outcome) in [
        ("01T09:10", Unobtainable),
        ("01T09:20", NoAnswer),
        ("01T09:30", Unobtainable),
        ("01T09:40", Unobtainable),
    ] {
        world.now = at(time);
        world.act(CallbackAgent, by_phone(outcome));
        assert!(!world.case.work.is_contact_dead(), "{time}");
    }
    let contact = mayorline::units::PhoneNumber::parse("05370000017").ok();
    let mut fixed = World::in_state(State::Callback);
    fixed.act(Role::Clerk, Task::Correct(Correction { contact, display: None }));
    dead(&mut fixed);
    assert_eq!(next(&fixed).means, None);
    // Dead or not, three spread tries are the end (T26).
    fixed.now = at("02T15:00");
    fixed.act(CallbackAgent, by_phone(Unobtainable));
    assert_eq!(fixed.case.state, Some(State::Closed));
}

#[test]
fn whoever_has_spoken_is_on_no_list() {
    for state in [State::Handling, State::Closed, State::Assigned] {
        let world = World::in_state(state);
        assert_eq!(next_try(&world.case, world.now), None, "{state:?}");
    }
    let mut world = World::in_state(State::Callback);
    world.act(CallbackAgent, Task::Rate(Grade::Dissatisfied));
    assert_eq!(next_try(&world.case, world.now), None, "a supervisor decides first");
    let mut world = World::in_state(State::Callback);
    world.act(Role::Clerk, Task::ProposeSeal);
    assert_eq!(next_try(&world.case, world.now), None, "hidden from those who ask");
}
