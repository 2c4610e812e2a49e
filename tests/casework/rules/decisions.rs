//! What a consultation decided is done, and what waits for a second person is decided first.

use super::world::*;
use mayorline::domain::case::{
    DeclineReason, ExtensionReason, Guard, KeepReason, LawfulChannel, Pending, ReturnReason, Role,
    State, Task,
};
use mayorline::domain::desk::Disposition;

use Role as R;
use State as S;

fn keep() -> Task {
    Task::Keep(KeepReason::NothingConcrete)
}

fn decline() -> Task {
    Task::Decline(DeclineReason::Concluded, LawfulChannel::Other)
}

fn circulate(reader: &str) -> Task {
    Task::Circulate(vec![reader.to_owned()])
}

/// What can be decided, and who carries it out.
fn ways() -> [(Disposition, Role, Task); 4] {
    let leader = R::CityLeader.as_str().to_owned();
    let report = Task::Report { leader, text: "呈请阅批".to_owned() };
    [
        (Disposition::Assigned, R::Clerk, assign()),
        (Disposition::Circulated, R::Clerk, circulate(UNIT)),
        (Disposition::Kept, R::Clerk, keep()),
        (Disposition::LeaderReview, R::Director, report),
    ]
}

fn consulted(disposition: Disposition) -> World {
    let mut world = World::in_state(S::Consulting);
    let lead = (disposition == Disposition::Assigned).then_some(UNIT);
    world.act(R::Director, decision(lead, disposition));
    world
}

#[test]
fn what_a_consultation_decided_is_done_and_nothing_else() {
    for (decided, ..) in ways() {
        for (tried, role, task) in ways() {
            let mut world = consulted(decided);
            if tried == decided {
                world.act(role, task);
            } else {
                world.refused(role, task, Guard::Decided);
            }
        }
    }
}

#[test]
fn a_consultation_decides_only_what_can_be_done_from_there() {
    use Disposition as D;
    let mut world = World::in_state(S::Consulting);
    for disposition in [D::Answered, D::ThreeWay, D::Discipline, D::NoMatter] {
        world.refused(R::Director, decision(None, disposition), Guard::Undecidable);
    }
}

#[test]
fn a_decision_for_a_unit_that_was_accused_since_binds_nobody() {
    for (tried, role, task) in ways() {
        let mut world = consulted(Disposition::Assigned);
        world.act(R::Supervisor, Task::NameAccused(UNIT.to_owned()));
        let task = match tried {
            Disposition::Assigned => Task::Assign { unit: "unit.08".to_owned(), helpers: vec![] },
            Disposition::Circulated => circulate("unit.08"),
            _ => task,
        };
        world.act(role, task);
    }
}

#[test]
fn what_was_proposed_before_another_decision_is_not_granted_after_it() {
    let mut world = consulted(Disposition::Kept);
    world.act(R::Clerk, keep());
    world.act(R::Director, decision(Some(UNIT), Disposition::Assigned));
    world.refused(R::Supervisor, Task::Grant(Pending::Keep), Guard::Decided);
    world.act(R::Supervisor, Task::Refuse(Pending::Keep, "会商另有决定".to_owned()));
    world.act(R::Clerk, assign());
}

#[test]
fn a_second_proposal_does_not_take_the_place_of_the_one_that_waits() {
    let extend = || Task::AskExtension { days: 3, reason: ExtensionReason::Evidence };
    let give_back =
        || Task::AskReturn { reason: ReturnReason::NotOurDuty, suggested: "unit.08".to_owned() };
    let close = || Task::CloseUnreasonable("无依据".to_owned());
    let in_handling = [
        (R::UnitContact, give_back(), Pending::Return, R::Supervisor),
        (R::UnitLeader, extend(), Pending::Extension, R::Director),
        (R::Handler, feedback(), Pending::Feedback, R::UnitLeader),
    ];
    let classified = [
        (R::Clerk, keep(), Pending::Keep, R::Supervisor),
        (R::Clerk, decline(), Pending::Decline, R::Supervisor),
    ];
    let in_callback = [(R::Supervisor, close(), Pending::CloseUnreasonable, R::Director)];
    let mut graded = World::in_state(S::Callback);
    let dissatisfied = mayorline::domain::case::Grade::Dissatisfied;
    graded.act(R::CallbackAgent, Task::Rate(dissatisfied));
    for (start, proposals) in [
        (World::in_state(S::Handling), &in_handling[..]),
        (World::in_state(S::Classified), &classified[..]),
        (graded, &in_callback[..]),
    ] {
        for (role, first, pending, second) in proposals {
            let mut world = start.clone();
            world.act(*role, first.clone());
            let waiting = world.case.work.waiting.clone();
            for (role, other, ..) in proposals {
                world.refused(*role, other.clone(), Guard::Waiting);
            }
            assert_eq!(world.case.work.waiting, waiting, "the first still waits");
            world.act(*second, Task::Refuse(*pending, "不同意".to_owned()));
            world.act(*role, first.clone());
        }
    }
}
