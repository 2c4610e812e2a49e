//! The matrix of rights, cell by cell: what the table says, as it is written in domain.md 3.7, against
//! what the views and the table of transitions do.

use crate::duty::functions_of;
use crate::rules::world::{World, classification, person};
use mayorline::domain::access::{
    Access, File, Function, Hearing, Shown, View, WhySealed, access, masked_name, view,
};
use mayorline::domain::case::{
    Actor, Addressee, Case, Channel, Correction, DeclineReason, DiscardReason, DispositionReason,
    DocketReason, ExtensionReason, FollowUpOutcome, Grade, Guard, HoldReason, KeepReason,
    LawfulChannel, LiftReason, MergeTarget, Pending, Refusal, ReopenReason, ReturnReason, Role,
    State, Task, Trigger, Urgency, UrgencyReason, row_of,
};
use mayorline::domain::desk::Disposition;
use mayorline::units::{CallId, CaseNumber};

/// The columns.
const ROLES: [Role; 17] = [
    Role::Citizen,
    Role::Operator,
    Role::Clerk,
    Role::MessageClerk,
    Role::Supervisor,
    Role::CallbackAgent,
    Role::Director,
    Role::UnitContact,
    Role::Handler,
    Role::UnitLeader,
    Role::CityLeader,
    Role::Host,
    Role::VillageOfficer,
    Role::Liaison,
    Role::Evaluator,
    Role::Auditor,
    Role::Administrator,
];

/// The rows, as they stand in domain.md.
const TABLE: [(Function, &str); 18] = [
    (Function::CreateCase, "W | W | W | O | W | — | W | — | — | — | — | W | W | — | — | — | —"),
    (Function::CaseText, "O | R | R | O | R | R | R | O | O | O | M | M topic | O | — | — | — | —"),
    (Function::Contact, "O | R | R | O | R | R | R | O | O | M | — | — | O | — | — | — | —"),
    (
        Function::SecretContact,
        "O | creator only | M | — | M | R | R | — | — | — | — | — | — | — | — | — | —",
    ),
    (Function::Classify, "— | W | W | W | C | — | C | — | — | — | — | — | — | — | — | — | —"),
    (
        Function::Consult,
        "— | — | W | — | W | — | C | views | — | views | — | — | — | — | — | — | —",
    ),
    (Function::Assign, "— | — | W | — | W | — | C | — | — | — | instructs | — | — | — | — | — | —"),
    (Function::Accept, "— | — | — | — | C | — | C | W | — | C | — | — | — | — | — | — | —"),
    (
        Function::Feedback,
        "— | — | review | — | review | — | R | W | W | C | — | — | — | — | — | — | —",
    ),
    (
        Function::Callback,
        "rates | — | — | — | C redo | W | R | — | — | result only | — | — | — | — | — | — | —",
    ),
    (
        Function::Recording,
        "request | own, 1 day | with reason | — | with reason | case only | with reason | — | — | — | — | own episode | — | sealed only | own | log only | —",
    ),
    (
        Function::SealedContent,
        "— | until sealing | — | — | — | — | — | — | — | — | — | — | — | R | — | — | —",
    ),
    (
        Function::PublicNotice,
        "R | — | draft | — | — | — | C | — | — | — | — | — | — | — | — | — | —",
    ),
    (
        Function::Reports,
        "public | O | R | O | R | O | R | O | — | O | R | episode | village | count | campaign | R | —",
    ),
    (
        Function::DutyCatalogue,
        "R public | R | R | — | R | — | C | W | — | C | R | R | O | — | — | — | —",
    ),
    (Function::Evaluation, "— | — | — | — | — | — | — | — | — | — | — | — | — | — | O | R | —"),
    (
        Function::Accounts,
        "— | — | — | — | — | — | — | — | — | — | — | — | — | — | — | R | W, second person",
    ),
    (Function::AuditLog, "— | — | — | — | — | — | — | — | — | — | — | — | — | — | — | R | —"),
];

/// Cells that no command carries out: a citizen rates by telephone and has no account; a clerk's draft
/// of a notice is the text that the director decides on; T19 has the handler report, not the contact.
const WITHOUT_COMMAND: [(Function, Role); 3] = [
    (Function::Callback, Role::Citizen),
    (Function::PublicNotice, Role::Clerk),
    (Function::Feedback, Role::UnitContact),
];

const OWN_UNIT: &str = "unit.07";

/// A numbered case at a unit.
fn handled() -> Case {
    World::in_state(State::Handling).case
}

/// The same of another unit, by telephone.
fn of_others() -> Case {
    let mut case = handled();
    case.unit = Some("unit.09".to_owned());
    case.channel = Some(Channel::Phone);
    case.first_responsible = Some("somebody".to_owned());
    case
}

fn seen(role: Role, case: &Case, creator: &str) -> Option<View> {
    view(&person(role), &File { case, creator })
}

/// Seen by a role: his own case, and one of others.
fn both(role: Role, change: fn(&mut Case)) -> [Option<View>; 2] {
    let (mut own, mut foreign) = (handled(), of_others());
    change(&mut own);
    change(&mut foreign);
    [seen(role, &own, role.as_str()), seen(role, &foreign, "somebody")]
}

fn secret(case: &mut Case) {
    case.work.secrecy = true;
}

fn plain(_: &mut Case) {}

fn check_shown(what: &str, cell: &str, [own, foreign]: [Shown; 2]) {
    use Shown::{Clear, Hidden, Masked, Topic};
    let expected = match cell {
        "—" => [Hidden, Hidden],
        "O" | "creator only" => [Clear, Hidden],
        "R" => [Clear, Clear],
        // A unit's leader sees masked what is his unit's.
        "M" if what.contains("UnitLeader") => [Masked, Hidden],
        "M" => [Masked, Masked],
        "M topic" => [Topic, Topic],
        other => panic!("{what}: {other}"),
    };
    assert_eq!([own, foreign], expected, "{what}: {cell}");
}

fn check_hearing(what: &str, cell: &str, [own, foreign]: [Hearing; 2]) {
    let expected = match cell {
        "with reason" | "case only" => [Hearing::All, Hearing::All],
        "own, 1 day" => [Hearing::OwnOneDay, Hearing::Nothing],
        // What is asked for, of an episode, of a campaign or under seal is in no ordinary case.
        _ => [Hearing::Nothing, Hearing::Nothing],
    };
    assert_eq!([own, foreign], expected, "{what}: {cell}");
}

fn check_sealed(what: &str, cell: &str, role: Role) {
    let mut case = handled();
    case.state = Some(State::Sealed);
    let after = seen(role, &case, role.as_str());
    match cell {
        "R" => assert_eq!(after.and_then(|view| view.sealed), Some(WhySealed::Keeps), "{what}"),
        _ => assert_eq!(after, None, "{what}: what is under seal does not exist"),
    }
    if cell == "until sealing" {
        let before = seen(role, &handled(), role.as_str()).unwrap();
        assert_eq!(before.text, Shown::Clear, "{what}");
    }
}

/// Whether the table of transitions lets the role give a command of the function.
fn commands(role: Role, function: Function) -> bool {
    // The liaison decides on a seal by right of the sealed content.
    let by_another_right = role == Role::Liaison && function == Function::Classify;
    !by_another_right
        && tasks().iter().any(|task| {
            functions_of(task).contains(&function) && row_of(task).roles.contains(&role)
        })
}

fn check_commands(what: &str, cell: &str, role: Role, function: Function) {
    let named = ["W", "C", "C redo", "views", "instructs", "review", "rates", "draft"];
    let excepted = WITHOUT_COMMAND.contains(&(function, role));
    assert_eq!(commands(role, function), named.contains(&cell) && !excepted, "{what}: {cell}");
}

/// What an interface asks before it answers; the answers themselves are tried over HTTP.
fn check_granted(what: &str, cell: &str, granted: Access) {
    let expected = match cell {
        "—" => Access::None,
        "O" | "episode" | "village" | "campaign" => Access::Own,
        "R" => Access::Read,
        "public" | "R public" => Access::Public,
        "count" => Access::Count,
        "C" => Access::Confirm,
        "W" | "W, second person" => Access::Write,
        other => panic!("{what}: {other}"),
    };
    assert_eq!(granted, expected, "{what}: {cell}");
}

#[test]
fn every_cell_of_the_matrix_is_what_the_views_and_the_commands_do() {
    let mut cells = 0;
    for (function, row) in TABLE {
        let row: Vec<&str> = row.split(" | ").collect();
        assert_eq!(row.len(), ROLES.len(), "{function:?}");
        for (cell, role) in row.into_iter().zip(ROLES) {
            let what = format!("{function:?} of {role:?}");
            let text = |view: Option<View>| view.map_or(Shown::Hidden, |view| view.text);
            let contact = |view: Option<View>| view.map_or(Shown::Hidden, |view| view.contact);
            let hearing = |view: Option<View>| view.map_or(Hearing::Nothing, |view| view.hearing);
            match function {
                Function::CaseText => check_shown(&what, cell, both(role, plain).map(text)),
                Function::Contact => check_shown(&what, cell, both(role, plain).map(contact)),
                Function::SecretContact => {
                    check_shown(&what, cell, both(role, secret).map(contact));
                }
                Function::Recording => check_hearing(&what, cell, both(role, plain).map(hearing)),
                Function::SealedContent => check_sealed(&what, cell, role),
                Function::CreateCase
                | Function::Reports
                | Function::DutyCatalogue
                | Function::Evaluation
                | Function::Accounts
                | Function::AuditLog => check_granted(&what, cell, access(role, function)),
                Function::Callback => {
                    let shown = both(role, plain).map(|view| view.is_some_and(|view| view.rating));
                    assert_eq!(shown[0], cell != "—", "{what}: {cell}");
                    check_commands(&what, cell, role, function);
                }
                _ => check_commands(&what, cell, role, function),
            }
            cells += 1;
        }
    }
    assert_eq!(cells, 18 * 17);
}

#[test]
fn the_message_clerk_owns_what_came_as_a_message_and_what_he_took_down() {
    use Channel as C;
    let all = [
        C::Voicemail,
        C::CallbackRequest,
        C::Abandoned,
        C::Text,
        C::Phone,
        C::WalkIn,
        C::Email,
        C::Letter,
        C::LeaderSms,
        C::PublicSms,
        C::Radio,
        C::VillageAgent,
        C::Upload,
    ];
    for channel in all {
        let mut case = of_others();
        case.channel = Some(channel);
        let messages = matches!(channel, C::Text | C::LeaderSms | C::PublicSms);
        let read = |creator| seen(Role::MessageClerk, &case, creator).map(|view| view.text);
        let expected = messages.then_some(Shown::Clear);
        assert_eq!(read("somebody"), expected, "{channel:?}");
        assert_eq!(read(Role::MessageClerk.as_str()), Some(Shown::Clear), "{channel:?}");
    }
}

/// A8: who looks after a leader's telephone reads what came there before anybody else does.
#[test]
fn what_came_to_a_leaders_telephone_is_read_by_its_clerk_until_it_is_sorted() {
    let mut case = of_others();
    (case.channel, case.state) = (Some(Channel::LeaderSms), Some(State::Accepted));
    let addressee = |clerk: Option<&str>| {
        let person = Some("wangyi".to_owned());
        Some(Addressee { leader: "市长".to_owned(), person, clerk: clerk.map(str::to_owned) })
    };
    let as_person = |id: &str, role: Role, case: &Case| {
        view(&Actor::new(id, role, None), &File { case, creator: "system" }).map(|view| view.text)
    };
    case.work.addressee = addressee(Some("liwei"));
    assert_eq!(as_person("liwei", Role::MessageClerk, &case), Some(Shown::Clear));
    assert_eq!(as_person("other", Role::MessageClerk, &case), None);
    assert_eq!(as_person("d", Role::Director, &case), Some(Shown::Clear));
    assert_eq!(as_person("wangyi", Role::CityLeader, &case), Some(Shown::Masked));
    assert_eq!(as_person("zhaoer", Role::CityLeader, &case), None);
    for role in [Role::Operator, Role::Clerk, Role::Supervisor, Role::CallbackAgent] {
        assert_eq!(as_person("x", role, &case), None, "{role:?}");
    }
    case.work.addressee = addressee(None);
    assert_eq!(as_person("other", Role::MessageClerk, &case), Some(Shown::Clear));
    case.state = Some(State::Classified);
    for role in [Role::Operator, Role::Clerk, Role::Supervisor] {
        assert_eq!(as_person("x", role, &case), Some(Shown::Clear), "{role:?}");
    }
    assert_eq!(as_person("zhaoer", Role::CityLeader, &case), None, "only his own");
}

#[test]
fn the_table_of_transitions_gives_no_role_what_the_matrix_does_not() {
    for task in tasks() {
        for role in row_of(&task).roles.iter().filter(|role| **role != Role::System) {
            let functions = functions_of(&task);
            let granted = functions.iter().map(|function| access(*role, *function)).max();
            assert!(granted > Some(Access::Count), "{task:?} by {role:?}: {functions:?}");
        }
    }
}

#[test]
fn a_recused_person_and_an_accused_unit_see_nothing_and_do_nothing() {
    let mut world = World::in_state(State::Classified);
    let clerk = person(Role::Clerk);
    assert!(seen(Role::Clerk, &world.case, "x").is_some());
    world.act(Role::Director, Task::Recuse("clerk".to_owned()));
    assert_eq!(seen(Role::Clerk, &world.case, "clerk"), None);
    let both = Actor { roles: vec![Role::Clerk, Role::Director], ..clerk.clone() };
    assert_eq!(view(&both, &File { case: &world.case, creator: "x" }), None, "in no role");
    let refused = world.try_as(clerk.clone(), Task::Consult(Trigger::Other));
    assert_eq!(refused.unwrap_err(), Refusal::from(Guard::Unknown));
    let again = world.try_as(person(Role::Director), Task::Recuse("clerk".to_owned()));
    assert_eq!(again.unwrap_err(), Refusal::from(Guard::SameAgain));
    world.act(Role::Director, Task::Readmit("clerk".to_owned()));
    world.try_as(clerk, Task::Consult(Trigger::Other)).unwrap();
    // The unit.
    let mut case = handled();
    assert!(seen(Role::Handler, &case, "x").is_some());
    case.work.accused.insert(OWN_UNIT.to_owned());
    for role in [Role::UnitContact, Role::Handler, Role::UnitLeader] {
        assert_eq!(seen(role, &case, "x"), None, "{role:?}");
    }
}

#[test]
fn a_recused_handler_is_given_no_case_and_readmitting_needs_a_recusal() {
    let mut world = World::in_state(State::Assigned);
    let readmit = world.try_as(person(Role::Director), Task::Readmit("li".to_owned()));
    assert_eq!(readmit.unwrap_err(), Refusal::from(Guard::NotRecused));
    world.act(Role::Director, Task::Recuse("li".to_owned()));
    let sign = world.try_as(person(Role::UnitContact), Task::Sign("li".to_owned()));
    assert_eq!(sign.unwrap_err(), Refusal::from(Guard::Recused));
    let clerk = world.try_as(person(Role::Clerk), Task::Recuse("wang".to_owned()));
    assert!(matches!(clerk.unwrap_err(), Refusal::Role { .. }), "the director alone");
}

#[test]
fn a_proposed_seal_is_shown_to_whoever_decides_and_to_nobody_else() {
    let mut world = World::in_state(State::Handling);
    world.act(Role::Operator, Task::ProposeSeal);
    for (role, ..) in Role::NAMES {
        let expected = match role {
            Role::Director => Some(WhySealed::Decides),
            Role::Liaison => Some(WhySealed::Keeps),
            _ => None,
        };
        let view = seen(role, &world.case, role.as_str());
        assert_eq!(view.and_then(|view| view.sealed), expected, "{role:?}");
        assert!(view.is_none_or(|view| view.text == Shown::Hidden), "{role:?}");
    }
}

#[test]
fn two_roles_of_one_person_see_what_the_better_one_sees() {
    let both = Actor {
        person: "li".to_owned(),
        roles: vec![Role::CityLeader, Role::CallbackAgent],
        unit: None,
    };
    let case = handled();
    let view = view(&both, &File { case: &case, creator: "x" }).unwrap();
    assert_eq!((view.text, view.contact), (Shown::Clear, Shown::Clear));
}

#[test]
fn names_are_masked_whatever_their_length_and_numbers_as_names_too() {
    for (name, masked) in
        [("张三", "张**"), ("欧阳修文", "欧**"), ("A", "A**"), ("19900000017", "***"), ("", "")]
    {
        assert_eq!(masked_name(name), masked);
    }
}

/// One of every command.
fn tasks() -> Vec<Task> {
    let words = || "说明".to_owned();
    let call = || CallId::new("g1", 1_795_000_000_000, 1);
    let number = CaseNumber::new(2026, 11, 20, 9).unwrap();
    let decision = mayorline::domain::case::Decision {
        lead: None,
        helpers: vec![],
        disposition: Disposition::Kept,
        minutes: words(),
    };
    let second = Pending::NAMES
        .into_iter()
        .flat_map(|(what, _)| [Task::Grant(what), Task::Refuse(what, "说明".to_owned())]);
    let rest = vec![
        Task::Accept { summary: words(), anonymous: None },
        Task::Discard(DiscardReason::Advertising),
        Task::Classify(Box::new(classification())),
        Task::SetUrgency(Urgency::Urgent, UrgencyReason::RiskFound),
        Task::ChooseDisposition(Disposition::Kept, Some(DispositionReason::Misjudged)),
        Task::ChooseLocal { code: words(), like: Disposition::Kept, reason: None },
        Task::AskMore(vec![]),
        Task::SetSecrecy(true),
        Task::NameAccused(words()),
        Task::Recuse(words()),
        Task::Readmit(words()),
        Task::Claim(true),
        Task::Answer { text: words(), grade: None },
        Task::SolveInCall { call: call(), text: words() },
        Task::Consult(Trigger::Other),
        Task::GiveView(words()),
        Task::Decide(Box::new(decision)),
        Task::Report { leader: words(), text: words() },
        Task::Instruct { text: words(), docket: false },
        Task::Assign { unit: words(), helpers: vec![] },
        Task::Circulate(vec![]),
        Task::Read,
        Task::Keep(KeepReason::NothingToDo),
        Task::ProposeSeal,
        Task::ConfirmSeal,
        Task::RefuseSeal,
        Task::Decline(DeclineReason::Petition, LawfulChannel::Petition),
        Task::Merge(MergeTarget { number, state: None, closed_on: None }),
        Task::Unmerge,
        Task::Sign(words()),
        Task::AskReturn { reason: ReturnReason::NotOurDuty, suggested: words() },
        Task::AskExtension { days: 1, reason: ExtensionReason::Complex },
        Task::FeedBack { text: words(), contacted: true, evidence: true },
        Task::Review(None),
        Task::Rate(Grade::Satisfied),
        Task::Redo,
        Task::CloseUnreasonable(words()),
        Task::ReportFalseFeedback,
        crate::rules::world::by_phone(FollowUpOutcome::Busy),
        Task::DecidePublication(false, words()),
        Task::TakeDown(words()),
        Task::Archive,
        Task::Reopen(ReopenReason::NewFacts, words()),
        Task::Withdraw(call()),
        Task::FileReceipt(words()),
        Task::Remind,
        Task::Docket(DocketReason::Supervisor),
        Task::Lift(LiftReason::Settled),
        Task::SignAdmonition,
        Task::DecideAdmonition(true),
        Task::Correct(Correction { contact: None, display: Some(words()) }),
        Task::Hold(HoldReason::Dispute),
        Task::LiftHold,
    ];
    rest.into_iter().chain(second).collect()
}
