//! What became of a text of ours, in the words that gateways have agreed on for no standard (SMPP 3.4
//! Appendix B), and the names they give to texts.

use crate::wire::WireError;
use crate::wire::sms::Outcome;
use std::fmt;

/// Longest name that a gateway gives to a text.
pub const MESSAGE_ID_BYTES_MAX: usize = 64;

/// Words that begin a value, in lower case, longer ones before those that begin them.
const KEYS: [&str; 9] = [
    "id:",
    "sub:",
    "dlvrd:",
    "submit date:",
    "submit_date:",
    "done date:",
    "done_date:",
    "stat:",
    "err:",
];
/// Begins the beginning of the text, which may hold anything.
const TEXT: &str = "text:";

/// What became of a text of ours. `Debug` leaves out nothing but the text, which is not kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What the gateway calls the text now, which is not always what it called it before: see
    /// [`message_id_variants`].
    pub message_id: String,
    /// The letters of the state as they came; empty where a number alone told it.
    pub status: String,
    /// What they mean.
    pub outcome: Outcome,
    /// When it was done, as it came: YYMMDDhhmm or with seconds, in the gateway's own zone.
    pub done: String,
    /// The network's own code, as it came.
    pub error: String,
}

impl Receipt {
    /// From the text of a DELIVER and what stands beside it (`receipted_message_id`, `message_state`),
    /// which counts before the text.
    ///
    /// # Errors
    /// `Missing` where neither names a text or a state.
    pub fn read(text: &str, id: Option<&str>, state: Option<u8>) -> Result<Self, WireError> {
        let field = |key| field(text, key).unwrap_or_default();
        let beside = id.map(str::trim).filter(|id| !id.is_empty());
        let message_id = beside.unwrap_or_else(|| field("id:"));
        if message_id.is_empty() || message_id.len() > MESSAGE_ID_BYTES_MAX {
            return Err(WireError::Missing("SMPP message id of a receipt"));
        }
        let status = field("stat:");
        let told = state.and_then(outcome_of_state).or_else(|| outcome_of_word(status));
        let outcome = told.ok_or(WireError::Missing("SMPP state of a receipt"))?;
        let done = Some(field("done date:")).filter(|date| !date.is_empty());
        Ok(Self {
            message_id: message_id.to_owned(),
            status: status.to_owned(),
            outcome,
            done: done.unwrap_or_else(|| field("done_date:")).to_owned(),
            error: field("err:").to_owned(),
        })
    }
}

/// The value behind a key, up to the next key. Keys are found in either case; what the text of the message
/// says is not looked at.
fn field<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let lower = text.to_ascii_lowercase();
    let end = at_word(&lower, TEXT).unwrap_or(text.len());
    let (text, lower) = (text.get(..end)?, lower.get(..end)?);
    let start = at_word(lower, key)? + key.len();
    let rest = lower.get(start..)?;
    let length = KEYS.iter().filter_map(|key| at_word(rest, key)).min().unwrap_or(rest.len());
    Some(text.get(start..start + length)?.trim_matches(|c: char| c.is_whitespace() || c == ','))
}

/// Where a key stands as a word of its own.
fn at_word(text: &str, key: &str) -> Option<usize> {
    text.match_indices(key).map(|(at, _)| at).find(|at| {
        let before = text.get(..*at).and_then(|before| before.chars().next_back());
        before.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '_')
    })
}

fn outcome_of_state(state: u8) -> Option<Outcome> {
    match state {
        1 => Some(Outcome::Trying),
        2 => Some(Outcome::Delivered),
        3 => Some(Outcome::GivenUp),
        4 | 5 | 8 => Some(Outcome::Failed),
        6 | 7 => Some(Outcome::Unconfirmed),
        _ => None,
    }
}

fn outcome_of_word(status: &str) -> Option<Outcome> {
    let status = status.to_ascii_uppercase();
    let begins = |words: &[&str]| words.iter().any(|word| status.starts_with(word));
    if begins(&["DELIV"]) {
        Some(Outcome::Delivered)
    } else if begins(&["EXPIR"]) {
        Some(Outcome::GivenUp)
    } else if begins(&["ACCEP", "UNKNO"]) {
        Some(Outcome::Unconfirmed)
    } else if begins(&["ENROU", "BUFFE", "SCHED"]) {
        Some(Outcome::Trying)
    } else if begins(&["DELET", "UNDEL", "REJEC", "FAIL", "SKIPP"]) {
        Some(Outcome::Failed)
    } else {
        None
    }
}

/// The names by which a gateway may know the same text, the likeliest first: as it is, without zeros before
/// it, a hexadecimal number as a decimal one, a decimal number as a hexadecimal one. All in lower case.
///
/// Two texts may share one of them, so the recipient must be the same too.
///
/// ```
/// use mayorline::wire::smpp::message_id_variants;
/// assert_eq!(message_id_variants("0000A1"), ["0000a1", "a1", "161"]);
/// ```
#[must_use]
pub fn message_id_variants(id: &str) -> Vec<String> {
    let whole = id.trim().to_ascii_lowercase();
    let bare = whole.trim_start_matches('0');
    let bare = if bare.is_empty() && !whole.is_empty() { "0" } else { bare }.to_owned();
    let as_decimal = u128::from_str_radix(&bare, 16).ok().map(|number| number.to_string());
    let as_hexadecimal = bare.parse::<u128>().ok().map(|number| format!("{number:x}"));
    let signed = bare.starts_with(['+', '-']);
    let mut variants = vec![whole];
    for variant in [Some(bare), as_decimal, as_hexadecimal].into_iter().flatten() {
        if !signed && !variants.contains(&variant) {
            variants.push(variant);
        }
    }
    variants
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Receipt({}, {:?})", self.message_id, self.outcome)
    }
}
