//! `mayorline case …`: what people decide about a case, by the table of transitions. Beside a
//! running service or on a stopped one. A refusal is printed in Chinese with its rule (exit 65).

mod verbs;

pub(super) use verbs::WorkVerb;
use verbs::{Found, Who};

use super::common::say;
use super::exit::{Exit, Failure};
use super::output;
use super::{clock, serve};
use crate::domain::case::{
    Actor, Classification, Decision, DispositionReason, DutyMatch, ExtensionReason, FollowUpTry,
    LawfulChannel, MergeTarget, Nature, Order, Pending, Role, Task,
};
use crate::domain::desk::Disposition;
use crate::store::{Administration, CaseName, StoreError};
use crate::units::{CallId, CaseNumber};

/// Carries the verb out and prints where the case stands.
pub(super) fn work(verb: WorkVerb) -> Result<(), Exit> {
    let (who, mut task) = split(verb)?;
    let config = who.common.load()?;
    if let Task::ChooseLocal { code, like, .. } = &mut task {
        let known = config.casework.like(code);
        let unknown = || Exit::new(Failure::Usage, format!("{code}: no such disposition"));
        *like = known.ok_or_else(unknown)?;
    }
    let Who { case, person, roles, of_unit: unit, common } = who;
    let name = case_name(&case)?;
    let rules = serve::deadline_rules(&config);
    let calendar = serve::calendar(&config)?;
    let seed = clock::seed().map_err(|error| Exit::new(Failure::Unavailable, error))?;
    let now = (clock::system().wall)();
    let order = Order { actor: Actor { person, roles, unit }, task };
    let mut administration = Administration::open(&common.data, now).map_err(|e| unwritten(&e))?;
    let desk = (calendar, rules, seed);
    let done = administration.act(now, desk, name, &order).map_err(|e| unwritten(&e))?;
    let number = done.number.map_or_else(|| case.clone(), |number| number.to_string());
    say(&format!("{number} {} {}\n", done.state.as_str(), done.state.title()))
}

/// A case as it is typed.
pub(super) fn case_name(text: &str) -> Result<CaseName, Exit> {
    let usage = |why: String| Exit::new(Failure::Usage, why);
    match text.strip_prefix("draft-") {
        Some(id) => id
            .parse()
            .map(CaseName::Draft)
            .map_err(|_| usage(format!("{text} is not the id of a draft"))),
        None => {
            CaseNumber::parse(text).map(CaseName::Number).map_err(|error| usage(error.to_string()))
        }
    }
}

/// Why nothing was written; a refusal in Chinese, with its rule.
fn unwritten(error: &StoreError) -> Exit {
    let StoreError::Refused(refusal) = error else { return output::unwritten(error) };
    let (sentence, rule) = (refusal.sentence(), refusal.rule());
    Exit::new(Failure::Data, format!("{sentence}（规则 {rule}）"))
}

fn split(verb: WorkVerb) -> Result<(Who, Task), Exit> {
    use WorkVerb as V;
    Ok(match verb {
        V::Accept { who, summary, anonymous } => (who, Task::Accept { summary, anonymous }),
        V::Discard { who, reason } => (who, Task::Discard(reason)),
        V::Classify { who, found } => (who, Task::Classify(Box::new(classification(found)))),
        V::Urgency { who, urgency, reason } => (who, Task::SetUrgency(urgency, reason)),
        V::Dispose { who, disposition, reason } => (who, chosen(disposition, reason)),
        V::Secrecy { who, lift } => (who, Task::SetSecrecy(!lift)),
        V::Accuse { who, unit } => (who, Task::NameAccused(unit)),
        V::Claim { who, refuse } => (who, Task::Claim(!refuse)),
        V::Answer { who, text, grade } => (who, Task::Answer { text, grade }),
        V::SolveInCall { who, call, text } => {
            let call = call_id(&call)?;
            (who, Task::SolveInCall { call, text })
        }
        V::Consult { who, trigger } => (who, Task::Consult(trigger)),
        V::GiveView { who, text } => (who, Task::GiveView(text)),
        V::DecideConsultation { who, lead, helper: helpers, disposition, minutes } => {
            let decision = Decision { lead, helpers, disposition, minutes };
            (who, Task::Decide(Box::new(decision)))
        }
        V::ReportToLeader { who, leader, text } => (who, Task::Report { leader, text }),
        V::Instruct { who, text, docket } => (who, Task::Instruct { text, docket }),
        V::Assign { who, to: unit, helper: helpers } => (who, Task::Assign { unit, helpers }),
        V::Circulate { who, reader } => (who, Task::Circulate(reader)),
        V::Read { who } => (who, Task::Read),
        V::Keep { who, reason } => (who, Task::Keep(reason)),
        V::Seal { who } => (who, Task::ProposeSeal),
        V::ConfirmSeal { who } => (who, Task::ConfirmSeal),
        V::RefuseSeal { who } => (who, Task::RefuseSeal),
        V::Decline { who, reason, channel } => (who, Task::Decline(reason, channel)),
        V::Merge { who, into: number } => {
            (who, Task::Merge(MergeTarget { number, state: None, closed_on: None }))
        }
        V::Unmerge { who } => (who, Task::Unmerge),
        later => return split_later(later),
    })
}

/// The same, from the unit's signature on.
fn split_later(verb: WorkVerb) -> Result<(Who, Task), Exit> {
    use WorkVerb as V;
    Ok(match verb {
        V::AcceptAssignment { who, handler } => (who, Task::Sign(handler)),
        V::Return { who, reason, suggested } => (who, Task::AskReturn { reason, suggested }),
        V::GrantReturn { who } => (who, Task::Grant(Pending::Return)),
        V::RefuseReturn { who, why } => (who, Task::Refuse(Pending::Return, why)),
        V::Extend { who, days, reason } => (who, Task::AskExtension { days, reason }),
        V::GrantExtension { who } => (who, Task::Grant(Pending::Extension)),
        V::RefuseExtension { who, why } => (who, Task::Refuse(Pending::Extension, why)),
        V::FeedBack { who, text, contacted, evidence } => {
            (who, Task::FeedBack { text, contacted, evidence })
        }
        V::Confirm { who, what } => (who, Task::Grant(what)),
        V::Refuse { who, what, why } => (who, Task::Refuse(what, why)),
        V::Review { who, fault } => (who, Task::Review(fault)),
        V::Rate { who, grade } => (who, Task::Rate(grade)),
        V::Redo { who } => (who, Task::Redo),
        V::Close { who, text } => (who, Task::CloseUnreasonable(text)),
        V::FalseFeedback { who } => (who, Task::ReportFalseFeedback),
        V::FollowUp { who, means, outcome } => {
            (who, Task::FollowUp(FollowUpTry { means, outcome }))
        }
        V::Publish { who, text } => {
            (who, Task::DecidePublication(text.is_some(), text.unwrap_or_default()))
        }
        V::Archive { who } => (who, Task::Archive),
        V::Reopen { who, reason, text } => (who, Task::Reopen(reason, text)),
        V::Withdraw { who, call } => {
            let call = call_id(&call)?;
            (who, Task::Withdraw(call))
        }
        V::Receipt { who, receipt } => (who, Task::FileReceipt(receipt)),
        V::Remind { who } => (who, Task::Remind),
        V::Docket { who, reason } => (who, Task::Docket(reason)),
        V::Lift { who, reason } => (who, Task::Lift(reason)),
        V::SignAdmonition { who } => (who, Task::SignAdmonition),
        V::DecideAdmonition { who, dismiss } => (who, Task::DecideAdmonition(!dismiss)),
        _ => return Err(Exit::new(Failure::Software, "a verb without a task")),
    })
}

fn classification(found: Found) -> Classification {
    let Found { nature, domain, place, urgency, group_size, repeats, duty, accused } = found;
    let duty = duty.map(|item| match item.as_str() {
        "none" => DutyMatch::None,
        _ => DutyMatch::Item(item),
    });
    Classification { nature, domain, place, urgency, group_size, repeats, duty, accused }
}

/// One of the seven, or a code that the configuration must know.
fn chosen(name: String, reason: Option<DispositionReason>) -> Task {
    match disposition(&name) {
        Ok(one) => Task::ChooseDisposition(one, reason),
        Err(_) => Task::ChooseLocal { code: name, like: Disposition::NoMatter, reason },
    }
}

fn call_id(text: &str) -> Result<CallId, Exit> {
    CallId::parse(text).map_err(|error| Exit::new(Failure::Usage, error))
}

fn role(name: &str) -> Result<Role, String> {
    Role::parse(name).ok_or_else(|| {
        let known: Vec<_> = Role::NAMES.iter().map(|(_, name, _)| *name).collect();
        format!("one of {}", known.join(", "))
    })
}

fn pending(name: &str) -> Result<Pending, String> {
    Pending::parse(name).ok_or_else(|| {
        let known: Vec<_> = Pending::NAMES.iter().map(|(_, name)| *name).collect();
        format!("one of {}", known.join(", "))
    })
}

fn disposition(name: &str) -> Result<Disposition, String> {
    let json = serde_json::Value::String(name.to_owned());
    serde_json::from_value(json).map_err(|error| error.to_string())
}

fn nature(name: &str) -> Result<Nature, String> {
    of_script("nature", name, &Nature::ALL, Nature::script_id)
}

fn extension(name: &str) -> Result<ExtensionReason, String> {
    of_script("reason", name, &ExtensionReason::ALL, ExtensionReason::script_id)
}

fn channel(name: &str) -> Result<LawfulChannel, String> {
    of_script("channel", name, &LawfulChannel::ALL, LawfulChannel::script_id)
}

/// The value whose id of the script is `group.name`.
fn of_script<T: Copy>(
    group: &str,
    name: &str,
    all: &[T],
    id: fn(T) -> &'static str,
) -> Result<T, String> {
    let short = |one: &T| id(*one).trim_start_matches(group).trim_start_matches('.');
    all.iter().copied().find(|one| short(one) == name).ok_or_else(|| {
        let known: Vec<_> = all.iter().map(short).collect();
        format!("one of {}", known.join(", "))
    })
}
