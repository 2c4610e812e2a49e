//! What hangs on an answer ends with it: its tries, its publication; and who hears the result.

use super::world::*;
use mayorline::domain::call::IntakeKind;
use mayorline::domain::case::{
    FollowUpOutcome, Grade, Guard, Notice, Record, ReopenReason, Role, State, Task,
};
use mayorline::domain::desk::Disposition;

use Role as R;
use State as S;

fn no_answer() -> Task {
    Task::FollowUp(FollowUpOutcome::NoAnswer)
}

/// Closed by the citizen's grade or by the tries, if this was the last one.
fn tried(world: &mut World, at: &str) -> bool {
    world.at(at).act(R::CallbackAgent, no_answer());
    world.case.state == Some(S::Closed)
}

fn dissatisfied(world: &mut World) -> &mut World {
    world.act(R::CallbackAgent, Task::Rate(Grade::Dissatisfied)).act(R::Supervisor, Task::Redo)
}

#[test]
fn whoever_graded_the_answer_has_received_one() {
    let mut world = World::in_state(S::Callback);
    world.act(R::CallbackAgent, Task::Rate(Grade::Dissatisfied));
    world.refused(R::CallbackAgent, Task::ReportFalseFeedback, Guard::GradeGiven);
    world.act(R::Supervisor, Task::Redo).answered();
    world.act(R::CallbackAgent, Task::Rate(Grade::Satisfied));
    assert_eq!(world.case.state, Some(S::Closed), "the second round has its own grade");
}

#[test]
fn tries_that_asked_about_a_refuted_answer_do_not_count_for_the_next() {
    let mut world = World::in_state(S::Callback);
    assert!(!tried(&mut world, "2026-11-25T09:00:00+08:00"));
    assert!(!tried(&mut world, "2026-11-25T15:00:00+08:00"));
    world.act(R::CallbackAgent, Task::ReportFalseFeedback).answered();
    assert!(!tried(&mut world, "2026-11-26T09:00:00+08:00"), "the first one of this answer");
    assert!(!tried(&mut world, "2026-11-26T15:00:00+08:00"));
    assert!(tried(&mut world, "2026-11-27T09:00:00+08:00"));
}

#[test]
fn tries_of_a_round_without_a_unit_do_not_count_for_the_next() {
    let answer = || Task::Answer { text: "请拨打".to_owned(), grade: None };
    let mut world = World::in_state(S::Classified);
    world.act(R::Operator, answer());
    assert!(!tried(&mut world, "2026-11-25T09:00:00+08:00"));
    assert!(!tried(&mut world, "2026-11-25T15:00:00+08:00"));
    dissatisfied(&mut world).act(R::Operator, answer());
    assert!(!tried(&mut world, "2026-11-26T09:00:00+08:00"), "the first one of this answer");
}
