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
    by_phone(FollowUpOutcome::NoAnswer)
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

#[test]
fn a_publication_is_decided_anew_for_every_answer() {
    let publish = || Task::DecidePublication(true, "北宿镇路灯已修复".to_owned());
    let published = |mut world: World| {
        world.act(R::Director, publish());
        world
    };
    let in_callback = || published(World::in_state(S::Callback));

    let mut refuted = in_callback();
    refuted.act(R::CallbackAgent, Task::ReportFalseFeedback);
    assert_eq!(refuted.case.work.publish, None, "what was to be published was not so");

    let mut redone = in_callback();
    dissatisfied(&mut redone);
    assert_eq!((redone.case.state, redone.case.work.publish), (Some(S::Redo), None));

    let mut consulted = World::in_state(S::Redo);
    dissatisfied(consulted.answered());
    consulted.answered().act(R::Director, publish());
    dissatisfied(&mut consulted);
    assert_eq!((consulted.case.state, consulted.case.work.publish), (Some(S::Consulting), None));

    let mut direct = World::new("2026-11-20T09:10:00+08:00");
    direct.receive(IntakeKind::Attended).wrapped_up(wrap_up(Disposition::Answered));
    let mut direct = published(direct);
    dissatisfied(&mut direct);
    assert_eq!((direct.case.state, direct.case.work.publish), (Some(S::Classified), None));

    let mut reopened = in_callback();
    reopened.act(R::CallbackAgent, Task::Rate(Grade::Satisfied));
    reopened.act(R::Supervisor, Task::Reopen(ReopenReason::NewFacts, "新情况".to_owned()));
    assert_eq!(reopened.case.work.publish, None);
}

#[test]
fn nothing_stays_to_be_published_where_the_citizen_asks_for_secrecy() {
    let mut world = World::in_state(S::Callback);
    let publish = |publish: bool| {
        let text = if publish { "北宿镇路灯已修复" } else { "" };
        Task::DecidePublication(publish, text.to_owned())
    };
    world.act(R::Director, publish(true)).act(R::Operator, Task::SetSecrecy(true));
    assert_eq!(world.case.work.publish, None);
    world.act(R::Operator, Task::SetSecrecy(false));
    assert_eq!(world.case.work.publish, None, "not published again without the director");
    world.act(R::Operator, Task::SetSecrecy(true));
    world.act(R::CallbackAgent, Task::Rate(Grade::Satisfied));
    world.refused(R::Clerk, Task::Archive, Guard::Publication);
    world.refused(R::Director, publish(true), Guard::Unpublishable);
    world.act(R::Director, publish(false)).act(R::Clerk, Task::Archive);

    let mut unpublished = World::in_state(S::Callback);
    unpublished.act(R::Director, publish(false)).act(R::Operator, Task::SetSecrecy(true));
    assert_eq!(unpublished.case.work.publish, Some(false), "that decision suits");
}

#[test]
fn the_result_goes_to_the_citizen_and_not_to_whoever_answers_there() {
    use FollowUpOutcome as O;
    for (outcome, told) in [(O::WrongPerson, 0), (O::Refused, 1), (O::WantedNone, 1)] {
        let mut world = World::in_state(S::Callback);
        world.act(R::CallbackAgent, by_phone(outcome));
        assert_eq!(world.case.state, Some(S::Closed), "{outcome:?}");
        // The review has sent the reply once already.
        let replies = world.records(|record| match record {
            Record::CitizenNotified { notice: Notice::Reply, .. } => Some(()),
            _ => None,
        });
        assert_eq!(replies.len(), 1 + told, "{outcome:?}");
    }
}
