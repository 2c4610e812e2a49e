//! What of one case a person is shown.

use super::matrix::{Access, Function, access};
use crate::domain::case::{Actor, Case, Channel, Role, State};
use jiff::{SignedDuration, Timestamp};

/// How long an operator may hear a call of his own.
pub const OWN_RECORDING_HOURS: i64 = 24;

/// How a part of a case is shown; a later one is more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shown {
    /// Not at all.
    Hidden,
    /// Of what matter, without the words.
    Topic,
    /// Without names, numbers and addresses.
    Masked,
    /// In clear.
    Clear,
}

/// Which recordings of a case a person may hear, having said why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hearing {
    /// None.
    Nothing,
    /// Those of calls that began within [`OWN_RECORDING_HOURS`].
    OwnOneDay,
    /// All of this case.
    All,
}

/// Why a person is shown a case of which all others are told that it does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WhySealed {
    /// He is to confirm or refuse a proposed seal; he sees number, date and channel (B9).
    Decides,
    /// The discipline liaison, who opens its content with a reason.
    Keeps,
}

/// A case as it is asked for.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    /// The fold of its events.
    pub case: &'a Case,
    /// Who took it down: the person, seat or service of its first event.
    pub creator: &'a str,
}

/// What a person is shown of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// The words of the matter, and what was done about it.
    pub text: Shown,
    /// Who the citizen is. In clear only with a reason, and audited.
    pub contact: Shown,
    /// The recordings.
    pub hearing: Hearing,
    /// The citizen's grades (回访、评价).
    pub rating: bool,
    /// Under seal: nothing of the above is shown before it is opened.
    pub sealed: Option<WhySealed>,
}

const HIDDEN: View = View {
    text: Shown::Hidden,
    contact: Shown::Hidden,
    hearing: Hearing::Nothing,
    rating: false,
    sealed: None,
};

/// What a person is shown of a case; `None`: the case does not exist for him. That is so where he
/// is recused, where his unit is accused or has no part in it, and where it is under seal.
#[must_use]
pub fn view(actor: &Actor, file: &File<'_>) -> Option<View> {
    let case = file.case;
    case.state?;
    if case.work.recused.contains(&actor.person) {
        return None;
    }
    if case.told_state() == Some(State::Sealed) {
        return sealed(actor, case);
    }
    let seen = actor.roles.iter().filter_map(|role| in_role(*role, actor, file));
    seen.reduce(|one, other| View {
        text: one.text.max(other.text),
        contact: one.contact.max(other.contact),
        hearing: one.hearing.max(other.hearing),
        rating: one.rating || other.rating,
        sealed: None,
    })
}

/// Whether a person can be shown anything at all of a case under seal.
#[must_use]
pub fn may_know_of_seals(actor: &Actor) -> bool {
    actor.has(&[Role::Liaison, Role::Director])
}

// B9, T12: after the proposal even operator and director see number, date and channel only, and they
// see that only while they have to decide.
fn sealed(actor: &Actor, case: &Case) -> Option<View> {
    let keeps = access(Role::Liaison, Function::SealedContent) == Access::Read
        && actor.has(&[Role::Liaison]);
    let proposed = case.state != Some(State::Sealed);
    let why = match (keeps, proposed && actor.has(&[Role::Director])) {
        (true, _) => WhySealed::Keeps,
        (false, true) => WhySealed::Decides,
        (false, false) => return None,
    };
    Some(View { sealed: Some(why), ..HIDDEN })
}

/// In one of his roles.
fn in_role(role: Role, actor: &Actor, file: &File<'_>) -> Option<View> {
    if !may_read_to_leader(role, actor, file.case) {
        return None;
    }
    let own = is_own(role, actor, file);
    let text = shown(access(role, Function::CaseText), own);
    if text == Shown::Hidden {
        return None;
    }
    let secret = file.case.work.secrecy;
    let contact = if secret { Function::SecretContact } else { Function::Contact };
    let contact = match access(role, contact) {
        Access::CreatorOnly if is_creator(actor, file) => Shown::Clear,
        granted => shown(granted, own),
    };
    let hearing = match access(role, Function::Recording) {
        Access::WithReason | Access::CaseOnly => Hearing::All,
        Access::OwnOneDay if is_creator(actor, file) => Hearing::OwnOneDay,
        _ => Hearing::Nothing,
    };
    let rating = access(role, Function::Callback) > Access::None;
    Some(View { text, contact, hearing, rating, sealed: None })
}

fn shown(granted: Access, own: bool) -> Shown {
    match granted {
        Access::Read => Shown::Clear,
        Access::Own if own => Shown::Clear,
        Access::Masked if own => Shown::Masked,
        Access::MaskedTopic => Shown::Topic,
        _ => Shown::Hidden,
    }
}

/// A8: what came to a leader's own telephone is read by who looks after it and by the director until it is
/// classified; of the leaders only by himself, and by whom it was laid before.
fn may_read_to_leader(role: Role, actor: &Actor, case: &Case) -> bool {
    let Some(addressee) = &case.work.addressee else { return true };
    let is_new = matches!(case.state, Some(State::Draft | State::Accepted));
    match role {
        Role::MessageClerk => addressee.clerk.as_ref().is_none_or(|clerk| *clerk == actor.person),
        Role::CityLeader => {
            let laid_before = case.work.submission.as_ref().map(|laid| laid.leader.as_str());
            [addressee.person.as_deref(), laid_before].contains(&Some(actor.person.as_str()))
        }
        Role::Director | Role::Citizen => true,
        _ => !is_new,
    }
}

/// What "own" means in a role: of a unit, what the unit has a part in; of the message clerk, the
/// messages; of all others what they took down. Who is of no unit owns whatever his office sees.
fn is_own(role: Role, actor: &Actor, file: &File<'_>) -> bool {
    match role {
        _ if role.is_of_unit() => actor
            .unit
            .as_ref()
            .is_some_and(|unit| file.case.involves(unit) && !file.case.work.accused.contains(unit)),
        Role::MessageClerk => is_message(file.case) || is_creator(actor, file),
        Role::Citizen | Role::VillageOfficer | Role::Evaluator => is_creator(actor, file),
        _ => true,
    }
}

/// It came as a short message: to the line, to a leader's telephone or to the city's number (A8).
fn is_message(case: &Case) -> bool {
    matches!(case.channel, Some(Channel::Text | Channel::LeaderSms | Channel::PublicSms))
}

fn is_creator(actor: &Actor, file: &File<'_>) -> bool {
    let took = file.case.first_responsible.as_deref();
    took == Some(actor.person.as_str()) || file.creator == actor.person
}

impl Hearing {
    /// Whether a recording of a call that began then may be heard now.
    #[must_use]
    pub fn allows(self, began: Timestamp, now: Timestamp) -> bool {
        match self {
            Self::Nothing => false,
            Self::OwnOneDay => {
                now.duration_since(began) <= SignedDuration::from_hours(OWN_RECORDING_HOURS)
            }
            Self::All => true,
        }
    }
}
