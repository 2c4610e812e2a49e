//! The prompt script: sentences with slots, and how they become a [`Plan`].
//!
//! A sentence is cut at its slots and at `|`; each stretch between is one recording. The maker of
//! the recordings (`deploy/prompts/clips.py`) cuts by the same rule, and a test compares the two.

use super::lexicon::{Lexicon, Saying, Tune};
use super::{Piece, Plan, PromptId, Rendered, say, say_time};
use crate::units::{CaseNumber, PhoneNumber, QueryCode};
use jiff::civil::{Date, Time};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// The script that is compiled in.
const SOURCE: &str = include_str!("../../../prompts/zh-CN/script.toml");

/// Punctuation at the edge of a stretch: heard as a pause, not recorded.
const EDGES: &[char] = &['，', '。', '、', '；', '：', '？', '！'];
/// At a comma beside a slot.
const COMMA_PAUSE: Duration = Duration::from_millis(120);
/// At the end of a sentence beside a slot.
const SENTENCE_PAUSE: Duration = Duration::from_millis(250);
/// The groups of a case number: day, sequence, check digit.
const CASE_GROUPS: &[usize] = &[6, 4, 1];

/// What fills a slot. `Debug` hides digits, as the types inside do.
#[derive(Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// A count; the slot says whether it is a cardinal, a count with 两 or an ordinal.
    Number(i64),
    /// Digits to be read one by one in the groups of a telephone number.
    Digits(&'a str),
    /// A case number, 6-4-1.
    Case(CaseNumber),
    /// A telephone number in clear: only for its owner's ear.
    Phone(&'a PhoneNumber),
    /// A query code in clear: only for the citizen's ear.
    Code(QueryCode),
    /// A day; the slot says whether with year, without, or as a weekday.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// A word by its piece id: `unit.07`, `nature.help`, `reason.weather`.
    Word(&'a str),
    /// Digits that a speech engine said.
    Rendered(&'a Rendered),
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(n) => write!(f, "Number({n})"),
            Self::Digits(text) => write!(f, "Digits(*{})", text.len()),
            Self::Case(number) => write!(f, "Case({number})"),
            Self::Phone(phone) => write!(f, "Phone({phone:?})"),
            Self::Code(code) => write!(f, "Code({code:?})"),
            Self::Date(day) => write!(f, "Date({day})"),
            Self::Time(at) => write!(f, "Time({at})"),
            Self::Word(id) => write!(f, "Word({id})"),
            Self::Rendered(sentence) => sentence.fmt(f),
        }
    }
}

/// How a slot is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One by one, 幺 for one.
    Digits,
    /// 二, 十二.
    Cardinal,
    /// 两, 十二.
    Liang,
    /// 第二.
    Ordinal,
    /// Year, month, day.
    Ymd,
    /// Month, day.
    Md,
    /// Time of day.
    Time,
    /// Weekday.
    Wd,
    /// A word of the pieces.
    Word,
}

/// A slot of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Its name, such as `case_no`.
    pub name: String,
    /// How it is read.
    pub format: Format,
    /// A measure word that is spoken with the number in one piece.
    pub measure: String,
    /// Whether the sentence ends with it.
    pub tune: Tune,
}

/// One part of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A recording: its clip id and what it says.
    Clip(Arc<str>, String),
    /// A variable.
    Slot(Slot),
    /// Silence.
    Pause(Duration),
}

/// Why a script could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// Not TOML of the expected shape; names line and column.
    #[error("script: {0}")]
    Toml(#[from] toml::de::Error),
    /// A slot with an unknown format or without its closing brace.
    #[error("script: prompt {id}: slot {slot:?} is not understood")]
    Slot {
        /// The prompt.
        id: String,
        /// The text between the braces.
        slot: String,
    },
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    prompt: Vec<Entry>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    text: String,
    #[serde(rename = "note")]
    _note: Option<String>,
}

/// The sentences by their ids.
#[derive(Debug, Default)]
pub struct Script {
    prompts: BTreeMap<String, Vec<Part>>,
}

static BUILTIN: LazyLock<Script> = LazyLock::new(|| Script::read(SOURCE).unwrap_or_default());

/// Plans one prompt of the built-in script. A slot whose value is missing or of the wrong kind is
/// left out; a word without recording falls back to a general one (承办单位).
///
/// ```
/// use mayorline::domain::speech::{PromptId, Value, plan};
/// use mayorline::units::CaseNumber;
/// let number = CaseNumber::parse("26112200131")?;
/// let plan = plan(PromptId::M05, &[("case_no", Value::Case(number))]);
/// assert_eq!(plan.ids, ["M05"]);
/// # Ok::<(), mayorline::units::InvalidUnit>(())
/// ```
#[must_use]
pub fn plan(id: PromptId, values: &[(&str, Value<'_>)]) -> Plan {
    Script::builtin().plan(id, values)
}

impl Script {
    /// The script that is compiled in.
    #[must_use]
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// Reads a `script.toml`.
    pub fn read(source: &str) -> Result<Self, ScriptError> {
        let file: File = toml::from_str(source)?;
        let prompts = file.prompt.into_iter().map(|entry| {
            let parts = parts(&entry.id, &entry.text)?;
            Ok((entry.id, parts))
        });
        Ok(Self { prompts: prompts.collect::<Result<_, ScriptError>>()? })
    }

    /// The ids of the prompts with their parts, in the order of the alphabet.
    pub fn prompts(&self) -> impl Iterator<Item = (&str, &[Part])> {
        self.prompts.iter().map(|(id, parts)| (id.as_str(), parts.as_slice()))
    }

    /// See [`plan`].
    #[must_use]
    pub fn plan(&self, id: PromptId, values: &[(&str, Value<'_>)]) -> Plan {
        let mut plan = Plan::default();
        let Some(parts) = self.prompts.get(id.as_str()) else {
            return plan;
        };
        plan.ids.push(id.as_str());
        let mut said: Vec<&str> = Vec::new();
        for part in parts {
            match part {
                Part::Clip(clip, _) => plan.clip(clip),
                Part::Pause(length) => plan.pause(*length),
                Part::Slot(slot) => {
                    let value = values.iter().find(|(name, _)| *name == slot.name);
                    let again = said.contains(&slot.name.as_str());
                    let saying = if again { Saying::Again } else { Saying::First };
                    fill(&mut plan, slot, saying, value.map(|(_, value)| *value));
                    said.push(&slot.name);
                }
            }
        }
        plan
    }
}

/// Speaks one slot.
fn fill(plan: &mut Plan, slot: &Slot, saying: Saying, value: Option<Value<'_>>) {
    let lexicon = Lexicon::builtin();
    match (slot.format, value) {
        (Format::Digits, Some(Value::Rendered(sentence))) => {
            plan.pieces.push(Piece::Rendered(sentence.clone()));
        }
        (Format::Digits, Some(value)) => push_digits(plan, slot.tune, saying, value),
        (Format::Word, value) => {
            let wanted = match value {
                Some(Value::Word(id)) => lexicon.word(id),
                _ => None,
            };
            if let Some(id) = wanted.or_else(|| lexicon.word(general_word(&slot.name))) {
                plan.clip(id);
            }
        }
        (_, Some(value)) => {
            for id in lexicon.number(&spoken(slot, value).unwrap_or_default()) {
                plan.clip(&id);
            }
        }
        (_, None) => {}
    }
}

/// The hanzi of a number, date or time; `None` when value and format do not fit.
fn spoken(slot: &Slot, value: Value<'_>) -> Option<String> {
    Some(match (slot.format, value) {
        (Format::Cardinal, Value::Number(n)) => say::cardinal(n) + &slot.measure,
        (Format::Liang, Value::Number(n)) => say::count(n, &slot.measure),
        (Format::Ordinal, Value::Number(n)) => say::ordinal(n) + &slot.measure,
        (Format::Ymd, Value::Date(day)) => say_time::ymd(day),
        (Format::Md, Value::Date(day)) => say_time::md(day),
        (Format::Wd, Value::Date(day)) => say_time::weekday(day).to_owned(),
        (Format::Time, Value::Time(at)) => say_time::time(at),
        _ => return None,
    })
}

/// Digits in their groups, with a breath between groups and a shorter one between pieces.
fn push_digits(plan: &mut Plan, tune: Tune, saying: Saying, value: Value<'_>) {
    let lexicon = Lexicon::builtin();
    let groups = match value {
        Value::Case(number) => say::grouped(&number.to_string(), CASE_GROUPS),
        Value::Phone(phone) => say::grouped(phone.as_str(), say::phone_groups(phone.as_str())),
        Value::Code(code) => say::grouped(&code.reveal(), &[]),
        Value::Digits(text) => say::grouped(text, say::phone_groups(text)),
        Value::Number(n) => say::grouped(&n.to_string(), &[]),
        Value::Date(_) | Value::Time(_) | Value::Word(_) | Value::Rendered(_) => return,
    };
    let last = groups.len().saturating_sub(1);
    for (at, group) in groups.iter().enumerate() {
        let tune = if at == last { tune } else { Tune::Mid };
        for (place, id) in lexicon.digits(group, tune).iter().enumerate() {
            match (at, place) {
                (0, 0) => {}
                (_, 0) => plan.pause(lexicon.group_pause(saying)),
                _ => plan.pause(lexicon.piece_pause(saying)),
            }
            plan.clip(id);
        }
    }
}

/// What is said when the word itself has no recording.
fn general_word(slot: &str) -> &'static str {
    match slot {
        "dept" => "unit.00",
        "type" => "nature.other",
        "reason" => "reason.other",
        "channel" => "channel.other",
        "title" => "title.other",
        "aspect" => "aspect.other",
        "organiser" => "organiser.other",
        "village" => "village.other",
        "status" => "progress.other",
        _ => "",
    }
}

/// Cuts a sentence into its parts.
fn parts(id: &str, text: &str) -> Result<Vec<Part>, ScriptError> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let cut = rest.find(['{', '|']).unwrap_or(rest.len());
        let (stretch, after) = rest.split_at(cut);
        push_stretch(&mut parts, stretch);
        rest = match after.strip_prefix('{') {
            None => after.strip_prefix('|').unwrap_or_default(),
            Some(after) => {
                let unclosed = || ScriptError::Slot { id: id.to_owned(), slot: after.to_owned() };
                let (slot, after) = after.split_once('}').ok_or_else(unclosed)?;
                parts.push(Part::Slot(parse_slot(id, slot, after)?));
                after
            }
        };
    }
    name_clips(id, &mut parts);
    Ok(parts)
}

/// A stretch between slots: its edges become pauses, its core a recording.
fn push_stretch(parts: &mut Vec<Part>, stretch: &str) {
    let core = stretch.trim_matches(EDGES);
    let lead = &stretch[..stretch.find(core).unwrap_or(0)];
    let push_pause = |parts: &mut Vec<Part>, edge: &str| {
        if let Some(length) = edge.chars().map(pause_at).max() {
            parts.push(Part::Pause(length));
        }
    };
    if core.is_empty() {
        return push_pause(parts, stretch);
    }
    push_pause(parts, lead);
    parts.push(Part::Clip(Arc::default(), core.to_owned()));
    push_pause(parts, stretch.trim_start_matches(EDGES).trim_start_matches(core));
}

/// How long the voice rests at a mark.
fn pause_at(mark: char) -> Duration {
    if matches!(mark, '，' | '、') { COMMA_PAUSE } else { SENTENCE_PAUSE }
}

/// `name:format:measure`, looking at what follows for the tune.
fn parse_slot(id: &str, slot: &str, after: &str) -> Result<Slot, ScriptError> {
    let mut fields = slot.split(':');
    let name = fields.next().unwrap_or_default().to_owned();
    let format = match fields.next() {
        None => Format::Word,
        Some("digits") => Format::Digits,
        Some("cardinal") => Format::Cardinal,
        Some("liang") => Format::Liang,
        Some("ordinal") => Format::Ordinal,
        Some("ymd") => Format::Ymd,
        Some("md") => Format::Md,
        Some("time") => Format::Time,
        Some("wd") => Format::Wd,
        Some(_) => return Err(ScriptError::Slot { id: id.to_owned(), slot: slot.to_owned() }),
    };
    let measure = fields.next().unwrap_or_default().to_owned();
    let ends = after.is_empty() || after.starts_with(['。', '？', '！', '|']);
    Ok(Slot { name, format, measure, tune: if ends { Tune::Final } else { Tune::Mid } })
}

/// A prompt of one recording lends it its id, the recordings of others are numbered from 1. The
/// pause at the very end is not kept: what follows brings its own.
fn name_clips(id: &str, parts: &mut Vec<Part>) {
    if matches!(parts.last(), Some(Part::Pause(_))) {
        parts.pop();
    }
    let total = parts.iter().filter(|part| matches!(part, Part::Clip(..))).count();
    let mut number = 0;
    for part in parts {
        if let Part::Clip(clip, _) = part {
            number += 1;
            *clip = if total == 1 { id.into() } else { format!("{id}.{number}").into() };
        }
    }
}
