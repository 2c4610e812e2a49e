//! From a command as it is written to the task that it means.

use super::CommandForm;
use crate::domain::case::{
    Classification, Correction, Decision, DispositionReason, DutyMatch, ExtensionReason,
    FollowUpTry, LawfulChannel, MergeTarget, Nature, Pending, Task, Urgency,
};
use crate::domain::desk::Disposition;
use crate::units::{CallId, CaseNumber, PhoneNumber};

/// Why a command cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandFault {
    /// What should be a case number is none.
    #[error("{0}: no case number")]
    Number(String),
    /// What should be the id of a call is none.
    #[error("{0}: no id of a call")]
    Call(String),
    /// Neither one of the seven dispositions nor one of the city's own.
    #[error("{0}: no such disposition")]
    Disposition(String),
    /// What should be a telephone number is none; it is not repeated.
    #[error("phone: no telephone number")]
    Phone,
}

impl CommandForm {
    /// The task; `like` knows the city's own dispositions.
    ///
    /// # Errors
    /// When a number, a call or a disposition is none.
    #[rustfmt::skip] // one command a line
    pub fn task(self, like: impl Fn(&str) -> Option<Disposition>) -> Result<Task, CommandFault> {
        Ok(match self {
            Self::Accept { summary, anonymous } => Task::Accept { summary, anonymous },
            Self::Discard { reason } => Task::Discard(reason),
            Self::Classify { nature, domain, place, urgency, group_size, repeats, duty, accused } => {
                let (found, of) = ((nature, domain, place, urgency), (group_size, repeats, accused));
                Task::Classify(Box::new(classification(found, of, duty)))
            }
            Self::Urgency { urgency, reason } => Task::SetUrgency(urgency, reason),
            Self::Dispose { disposition, reason } => chosen(disposition, reason, like)?,
            Self::AskMore { missing } => Task::AskMore(missing),
            Self::Secrecy { lift } => Task::SetSecrecy(!lift),
            Self::Accuse { unit } => Task::NameAccused(unit),
            Self::Recuse { person } => Task::Recuse(person),
            Self::Readmit { person } => Task::Readmit(person),
            Self::Claim { refuse } => Task::Claim(!refuse),
            Self::Answer { text, grade } => Task::Answer { text, grade },
            Self::SolveInCall { call, text } => Task::SolveInCall { call: call_id(call)?, text },
            Self::Consult { trigger } => Task::Consult(trigger),
            Self::GiveView { text } => Task::GiveView(text),
            Self::DecideConsultation { lead, helpers, disposition, minutes } => {
                Task::Decide(Box::new(Decision { lead, helpers, disposition, minutes }))
            }
            Self::ReportToLeader { leader, text } => Task::Report { leader, text },
            Self::Instruct { text, docket } => Task::Instruct { text, docket },
            Self::Assign { to: unit, helpers } => Task::Assign { unit, helpers },
            Self::Circulate { readers } => Task::Circulate(readers),
            Self::Read => Task::Read,
            Self::Keep { reason } => Task::Keep(reason),
            Self::Seal => Task::ProposeSeal,
            Self::ConfirmSeal => Task::ConfirmSeal,
            Self::RefuseSeal => Task::RefuseSeal,
            Self::Decline { reason, channel } => Task::Decline(reason, channel),
            Self::Merge { into } => merged(into)?,
            Self::Unmerge => Task::Unmerge,
            Self::AcceptAssignment { handler } => Task::Sign(handler),
            Self::Return { reason, suggested } => Task::AskReturn { reason, suggested },
            Self::GrantReturn => Task::Grant(Pending::Return),
            Self::RefuseReturn { why } => Task::Refuse(Pending::Return, why),
            Self::Extend { days, reason } => Task::AskExtension { days, reason },
            Self::GrantExtension => Task::Grant(Pending::Extension),
            Self::RefuseExtension { why } => Task::Refuse(Pending::Extension, why),
            Self::FeedBack { text, contacted, evidence } => Task::FeedBack { text, contacted, evidence },
            Self::Confirm { what } => Task::Grant(what),
            Self::Refuse { what, why } => Task::Refuse(what, why),
            Self::Review { fault } => Task::Review(fault),
            Self::Rate { grade } => Task::Rate(grade),
            Self::Redo => Task::Redo,
            Self::Close { text } => Task::CloseUnreasonable(text),
            Self::FalseFeedback => Task::ReportFalseFeedback,
            Self::FollowUp { means, outcome } => {
                Task::FollowUp(FollowUpTry { means: means.unwrap_or_default(), outcome })
            }
            Self::Publish { text } => Task::DecidePublication(text.is_some(), text.unwrap_or_default()),
            Self::TakeDown { why } => Task::TakeDown(why),
            Self::Archive => Task::Archive,
            Self::Reopen { reason, text } => Task::Reopen(reason, text),
            Self::Withdraw { call } => Task::Withdraw(call_id(call)?),
            Self::Receipt { receipt } => Task::FileReceipt(receipt),
            Self::Remind => Task::Remind,
            Self::Docket { reason } => Task::Docket(reason),
            Self::Lift { reason } => Task::Lift(reason),
            Self::SignAdmonition => Task::SignAdmonition,
            Self::DecideAdmonition { dismiss } => Task::DecideAdmonition(!dismiss),
            Self::Correct { phone, citizen } => corrected(phone, citizen)?,
            Self::Hold { reason } => Task::Hold(reason),
            Self::LiftHold => Task::LiftHold,
        })
    }
}

/// What a classification finds: nature, domain, place and urgency, and how many it is about.
fn classification(
    (nature, domain, place, urgency): (Nature, String, String, Urgency),
    (group_size, repeats, accused): (u16, u16, Vec<String>),
    duty: Option<String>,
) -> Classification {
    let duty = duty.map(duty_match);
    Classification { nature, domain, place, urgency, group_size, repeats, duty, accused }
}

fn duty_match(item: String) -> DutyMatch {
    if item == "none" { DutyMatch::None } else { DutyMatch::Item(item) }
}

/// One of the seven, or a city's own by the rules of one of them.
fn chosen(
    code: String,
    reason: Option<DispositionReason>,
    like: impl Fn(&str) -> Option<Disposition>,
) -> Result<Task, CommandFault> {
    if let Ok(one) = disposition(&code) {
        return Ok(Task::ChooseDisposition(one, reason));
    }
    match like(&code) {
        Some(like) => Ok(Task::ChooseLocal { code, like, reason }),
        None => Err(CommandFault::Disposition(code)),
    }
}

fn number(text: String) -> Result<CaseNumber, CommandFault> {
    CaseNumber::parse(&text).map_err(|_| CommandFault::Number(text))
}

/// What stands of the other case is found out where it is stored.
fn merged(into: String) -> Result<Task, CommandFault> {
    Ok(Task::Merge(MergeTarget { number: number(into)?, state: None, closed_on: None }))
}

/// What is right from now on.
fn corrected(phone: Option<String>, display: Option<String>) -> Result<Task, CommandFault> {
    let contact = phone.map(phone_number).transpose()?;
    Ok(Task::Correct(Correction { contact, display }))
}

fn phone_number(text: String) -> Result<PhoneNumber, CommandFault> {
    PhoneNumber::parse(&text).map_err(|_| CommandFault::Phone)
}

fn call_id(text: String) -> Result<CallId, CommandFault> {
    CallId::parse(&text).map_err(|_| CommandFault::Call(text))
}

pub(super) fn pending(name: &str) -> Result<Pending, String> {
    Pending::parse(name).ok_or_else(|| {
        let known: Vec<_> = Pending::NAMES.iter().map(|(_, name)| *name).collect();
        format!("one of {}", known.join(", "))
    })
}

pub(super) fn disposition(name: &str) -> Result<Disposition, String> {
    let json = serde_json::Value::String(name.to_owned());
    serde_json::from_value(json).map_err(|error| error.to_string())
}

pub(super) fn nature(name: &str) -> Result<Nature, String> {
    of_script("nature", name, &Nature::ALL, Nature::script_id)
}

pub(super) fn extension(name: &str) -> Result<ExtensionReason, String> {
    of_script("reason", name, &ExtensionReason::ALL, ExtensionReason::script_id)
}

pub(super) fn channel(name: &str) -> Result<LawfulChannel, String> {
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
