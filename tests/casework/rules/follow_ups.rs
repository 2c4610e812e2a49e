//! The work list of those who ask citizens how content they are: by which means, and when.

use super::world::*;
use jiff::Timestamp;
use mayorline::domain::case::{
    FollowUpOutcome, FollowUpTry, Grade, Guard, Means, NextTry, Role, State, Task, next_try,
};

use FollowUpOutcome::{Busy, NoAnswer};
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
