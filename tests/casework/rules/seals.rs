//! T12: who knows of a seal.

use super::world::*;
use mayorline::domain::case::{
    FollowUpOutcome, Grade, Guard, Refusal, ReopenReason, Role, State, Task,
};

use Role as R;
use State as S;

/// One task of every room of the work.
fn tasks() -> Vec<Task> {
    vec![
        Task::Classify(Box::new(classification())),
        Task::SetSecrecy(true),
        Task::ProposeSeal,
        Task::ConfirmSeal,
        Task::RefuseSeal,
        Task::FileReceipt("7".to_owned()),
        Task::Sign("王某".to_owned()),
        feedback(),
        Task::Review(None),
        Task::Rate(Grade::Satisfied),
        by_phone(FollowUpOutcome::NoAnswer),
        Task::Redo,
        Task::Remind,
        Task::DecidePublication(false, String::new()),
        Task::Archive,
        Task::Reopen(ReopenReason::NewFacts, "新情况".to_owned()),
        Task::Withdraw(call()),
        Task::SignAdmonition,
        Task::DecideAdmonition(true),
    ]
}

/// Whoever is not among `knowers` hears of no case, whatever he tries.
fn only_known_to(world: &World, knowers: &[Role]) {
    for (role, ..) in R::NAMES {
        for task in tasks() {
            let shown = format!("{role:?} {task:?}");
            let tried = world.clone().try_as(person(role), task);
            let unknown = tried == Err(Refusal::Guard(Guard::Unknown));
            assert_eq!(unknown, !knowers.contains(&role), "{shown}: {tried:?}");
        }
    }
}

#[test]
fn of_a_proposed_seal_only_those_know_who_decide_it() {
    for state in [S::Accepted, S::Handling, S::Callback] {
        let mut world = World::in_state(state);
        world.act(R::Clerk, Task::ProposeSeal);
        only_known_to(&world, &[R::Director, R::Liaison]);
        world.refused(R::Director, Task::Withdraw(call()), Guard::UnderSeal);
        world.act(R::Director, Task::RefuseSeal);
        world.act(R::Supervisor, Task::NameAccused("unit.09".to_owned()));
    }
}

#[test]
fn of_a_sealed_case_only_those_know_who_decide_on_seals() {
    only_known_to(&World::in_state(S::Sealed), &[R::Director, R::Liaison]);
}
