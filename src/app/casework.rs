//! `mayorline case …`: what people decide about a case, by the table of transitions. Beside a
//! running service or on a stopped one. A refusal is printed in Chinese with its rule (exit 65).

mod verbs;

use verbs::Who;
pub(super) use verbs::{WorkVerb, role};

use super::common::say;
use super::exit::{Exit, Failure};
use super::output;
use super::{clock, serve, suggest};
use crate::domain::case::{Actor, Order, Task};
use crate::store::{Administration, CaseName, StoreError};

/// Carries the verb out and prints where the case stands.
pub(super) fn work(verb: WorkVerb) -> Result<(), Exit> {
    let WorkVerb { who, command } = verb;
    let config = who.common.load()?;
    let task = command.task(|code| config.casework.like(code));
    let task = task.map_err(|fault| Exit::new(Failure::Usage, fault))?;
    let Who { case, acting: person, roles, of_unit: unit, common } = who;
    let name = case_name(&case)?;
    let rules = serve::deadline_rules(&config);
    let calendar = serve::calendar(&config)?;
    let seed = clock::seed().map_err(|error| Exit::new(Failure::Unavailable, error))?;
    let now = (clock::system().wall)();
    let is_entry = matches!(task, Task::Accept { .. });
    let order = Order { actor: Actor { person, roles, unit }, task };
    let folder = common.folder(&config);
    let mut administration =
        Administration::open(folder.clone(), now).map_err(|e| unwritten(&e))?;
    administration.speak(serve::message_rules(&config)?);
    let desk = (calendar, rules, seed);
    let done = administration.act(now, desk, name, &order).map_err(|e| unwritten(&e))?;
    let number = done.number.map_or_else(|| case.clone(), |number| number.to_string());
    let hints = done.number.filter(|_| is_entry);
    let hints = hints.map(|number| suggest::at_entry(folder, number, now)).unwrap_or_default();
    say(&format!("{number} {} {}\n{hints}", done.state.as_str(), done.state.title()))
}

/// A case as it is typed.
pub(super) fn case_name(text: &str) -> Result<CaseName, Exit> {
    let wrong = || format!("{text}: neither a case number nor the id of a draft");
    CaseName::parse(text).ok_or_else(|| Exit::new(Failure::Usage, wrong()))
}

/// Why nothing was written; a refusal in Chinese, with its rule.
fn unwritten(error: &StoreError) -> Exit {
    let StoreError::Refused(refusal) = error else { return output::unwritten(error) };
    let (sentence, rule) = (refusal.sentence(), refusal.rule());
    Exit::new(Failure::Data, format!("{sentence}（规则 {rule}）"))
}
