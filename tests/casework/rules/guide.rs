//! The guide for clerks names what the rules know: states, dispositions, elements, rules.

use mayorline::domain::case::{ELEMENTS, State, Urgency};

const GUIDE: &str = include_str!("../../../docs/procedure.zh-CN.md");

#[test]
fn the_guide_names_every_state_rule_element_and_urgency() {
    let states = State::NAMES.map(|(state, _)| state.title().to_owned());
    let rules = (1..=30).map(|n| format!("T{n} "));
    let urgencies = Urgency::ALL.iter().map(|urgency| urgency.title().to_owned());
    let elements = ELEMENTS.map(str::to_owned);
    for word in states.into_iter().chain(rules).chain(urgencies).chain(elements) {
        assert!(GUIDE.contains(&word), "the guide has no {word}");
    }
}
