//! From a contact to a case, inside the transaction of the writer.

use super::case_file::{self, Stamp};
use super::chain::ChainEnd;
use super::directory;
use super::error::{StoreError, unless_damaged};
use super::guard::Guard;
use super::numbering;
use super::outbox;
use super::recording;
use super::row_private::RowPrivate;
use super::seal;
use super::speech;
use super::vault::Vault;
use super::warned;
use super::webhook;
use super::wrap_up;
use crate::domain::calendar::Calendar;
use crate::domain::call::{IntakeKind, NewIntake, RecordingKind};
use crate::domain::case::{
    Case, CaseEvent, Command, Context, DeadlineRules, apply, decide, local_day, may_follow,
};
use crate::domain::message::MessageRules;
use crate::units::{CaseNumber, PhoneNumber, QueryCode};
use jiff::Timestamp;
use jiff::civil::Date;
use rand::Rng;
use rand::rngs::StdRng;
use rusqlite::{Connection, OptionalExtension};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Who acts when no person does.
pub(super) const SYSTEM: &str = "system";

/// What the writer decides with.
pub(super) struct Desk {
    /// Working days.
    pub(super) calendar: Calendar,
    /// How the city counts days.
    pub(super) rules: DeadlineRules,
    /// For query codes and salts; seeded by the operating system.
    pub(super) rng: StdRng,
    /// Last row of the queue ledger before this start.
    pub(super) queue_base: i64,
    /// Where events are appended.
    pub(super) chain: ChainEnd,
    /// The keys of the data folder.
    pub(super) vault: Arc<Vault>,
    /// How the city is reached by text, and speaks.
    pub(super) messages: MessageRules,
    /// Published telephones of units, by id.
    pub(super) unit_phones: Arc<BTreeMap<String, PhoneNumber>>,
    /// Wrong tries to learn of a case, of calls and texts together.
    pub(super) guard: Arc<Mutex<Guard>>,
    /// The last day on which the log was told that no number is left.
    pub(super) spent_on: Option<Date>,
}

impl Desk {
    /// The name of a unit as the directory has it today. A row of the directory that is damaged keeps no case
    /// from going on.
    pub(super) fn unit_name(
        &self,
        db: &Connection,
        now: Timestamp,
        unit: &str,
    ) -> Result<Option<String>, StoreError> {
        let named = directory::unit_name(db, local_day(now), unit);
        let named = unless_damaged(named, |error| {
            tracing::error!(unit, %error, "ALARM the directory cannot be read back");
        })?;
        Ok(named.flatten())
    }
}

/// What a contact became.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Opened {
    /// Row of the case.
    pub(super) case_id: i64,
    /// Its number, unless it is a draft.
    pub(super) number: Option<CaseNumber>,
    /// The code that goes with it.
    pub(super) code: Option<QueryCode>,
}

/// Stores a contact once: the same key gives the same case again, with a callback when the repeat
/// asks for one and none is open. A seat that
/// talks with the citizen, or a person who takes it down, answers for it (B4).
pub(super) fn open(
    db: &Connection,
    desk: &mut Desk,
    at: Timestamp,
    intake: &NewIntake,
    by: &str,
) -> Result<Opened, StoreError> {
    if let Some(known) = find(db, &desk.vault, &intake.key)? {
        if intake.callback {
            call_back(db, desk, at, known.case_id)?;
        }
        return Ok(known);
    }
    let (case, events) = decide_intake(db, desk, at, intake, by)?;
    let last_event = desk.chain.last(db)?.0 + i64::try_from(events.len()).unwrap_or(0);
    let case_id = case_file::insert(db, &desk.vault, &case, last_event)?;
    for event in &events {
        append(db, desk, case_id, event, at, by)?;
    }
    webhook::emit(db, at, case_id, (false, &case), &events)?;
    speech::want(db, &desk.vault, at, case_id, (&case, &events))?;
    outbox::tell(db, desk, at, (case_id, last_event), (&case, &events))?;
    if let Some(summary) = &intake.recording {
        let owner = recording::Owner { call: intake.call.as_ref(), case_id: Some(case_id) };
        recording::put(db, RecordingKind::Message, summary, owner)?;
    }
    Ok(Opened { case_id, number: case.number, code: case.private.code })
}

/// Opens a callback on a case unless one is open.
pub(super) fn call_back(
    db: &Connection,
    desk: &mut Desk,
    at: Timestamp,
    case_id: i64,
) -> Result<(), StoreError> {
    let case = case_file::load(db, &desk.vault, case_id)?;
    command(db, desk, at, case_id, case, Command::CallBack, SYSTEM).map(|_| ())
}

/// Carries out a command on a case that is there, in `actor`'s name; gives the case after it.
pub(super) fn command(
    db: &Connection,
    desk: &mut Desk,
    at: Timestamp,
    case_id: i64,
    case: Case,
    command: Command,
    actor: &str,
) -> Result<Case, StoreError> {
    let numbered = wrap_up::numbers(case.state, &command);
    let identity = if numbered { Some(numbering::next(db, desk, at)?) } else { None };
    let context = Context { now: at, calendar: &desk.calendar, rules: &desk.rules, identity };
    let mut events = decide(&case, command, &context)?;
    if events.is_empty() {
        return Ok(case);
    }
    warned::name_persons(db, at, &case, &mut events)?;
    for event in &events {
        append(db, desk, case_id, event, at, actor)?;
    }
    let was_sealed = seal::is_sealed(&case);
    let case = events.iter().fold(case, apply);
    let last_event = desk.chain.last(db)?.0;
    case_file::update(db, &desk.vault, case_id, &case, last_event)?;
    webhook::emit(db, at, case_id, (was_sealed, &case), &events)?;
    speech::want(db, &desk.vault, at, case_id, (&case, &events))?;
    outbox::tell(db, desk, at, (case_id, last_event), (&case, &events))?;
    Ok(case)
}

fn decide_intake(
    db: &Connection,
    desk: &mut Desk,
    at: Timestamp,
    intake: &NewIntake,
    by: &str,
) -> Result<(Case, Vec<CaseEvent>), StoreError> {
    // What a person takes down he accepts with words of his own; a text that comes by itself is numbered.
    use IntakeKind::{Email, LeaderSms, PublicSms};
    let by_itself = by == SYSTEM && matches!(intake.kind, LeaderSms | PublicSms | Email);
    let taken_down = intake.kind.is_taken_down() && !by_itself;
    let numbered = intake.kind != IntakeKind::Abandoned && !taken_down;
    let mut intake = intake.clone();
    let identity = if numbered { numbering::for_contact(db, desk, at, &mut intake)? } else { None };
    let context = Context { now: at, calendar: &desk.calendar, rules: &desk.rules, identity };
    let receive = Command::Receive(Box::new(intake));
    let mut events = decide(&Case::default(), receive, &context)?;
    let mut case = events.iter().fold(Case::default(), apply);
    if identity.is_some() {
        let summary = case.channel.map_or("", |channel| channel.first_summary()).to_owned();
        let accepted = decide(&case, Command::Accept { summary, by: by.to_owned() }, &context)?;
        case = accepted.iter().fold(case, apply);
        events.extend(accepted);
    }
    Ok((case, events))
}

/// Appends events to a case that is there, each only where the table of transitions allows it.
pub(super) fn record(
    db: &Connection,
    desk: &mut Desk,
    at: Timestamp,
    number: CaseNumber,
    events: &[CaseEvent],
    actor: &str,
) -> Result<(), StoreError> {
    let number = i64::try_from(number.as_u64()).map_err(|_| StoreError::NotFound)?;
    let mut find = db.prepare_cached("SELECT id FROM case_file WHERE number = ?1")?;
    let case_id = find.query_row([number], |row| row.get(0)).optional()?;
    let case_id = case_id.ok_or(StoreError::NotFound)?;
    record_on(db, desk, at, case_id, events, actor)
}

/// The same on a case by its row.
pub(super) fn record_on(
    db: &Connection,
    desk: &mut Desk,
    at: Timestamp,
    case_id: i64,
    events: &[CaseEvent],
    actor: &str,
) -> Result<(), StoreError> {
    let mut case = case_file::load(db, &desk.vault, case_id)?;
    let was_sealed = seal::is_sealed(&case);
    for event in events {
        may_follow(&case, event)?;
        append(db, desk, case_id, event, at, actor)?;
        case = apply(case, event);
    }
    let last_event = desk.chain.last(db)?.0;
    case_file::update(db, &desk.vault, case_id, &case, last_event)?;
    webhook::emit(db, at, case_id, (was_sealed, &case), events)?;
    speech::want(db, &desk.vault, at, case_id, (&case, events))?;
    outbox::tell(db, desk, at, (case_id, last_event), (&case, events))
}

fn append(
    db: &Connection,
    desk: &mut Desk,
    case_id: i64,
    event: &CaseEvent,
    at: Timestamp,
    actor: &str,
) -> Result<(), StoreError> {
    let mut salt = [0; case_file::SALT_BYTES];
    desk.rng.fill_bytes(&mut salt);
    let stamp = Stamp { at, actor, salt };
    case_file::append(db, &desk.vault, &mut desk.chain, case_id, event, &stamp)
}

fn find(db: &Connection, vault: &Vault, key: &str) -> Result<Option<Opened>, StoreError> {
    let sql = "SELECT c.id, c.number, c.private, k.wrapped FROM case_file c
               LEFT JOIN case_key k ON k.case_id = c.id AND k.holder IS NULL
               WHERE c.intake_key = ?1";
    let row = db
        .prepare_cached(sql)?
        .query_row([key], |row| {
            Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let Some((case_id, number, private, wrapped)) = row else { return Ok(None) };
    let number = number.map(read_number).transpose()?;
    let code = RowPrivate::open(vault, case_id, private, wrapped)?.code;
    let code = code.map(|code| read_code(&code)).transpose()?;
    Ok(Some(Opened { case_id, number, code }))
}

/// A case number as it stands in a row.
pub(super) fn read_number(stored: i64) -> Result<CaseNumber, StoreError> {
    CaseNumber::parse(&format!("{stored:011}")).map_err(|_| StoreError::Damaged("case number"))
}

/// A query code as it stands in a row.
pub(super) fn read_code(stored: &str) -> Result<QueryCode, StoreError> {
    QueryCode::parse(stored).map_err(|_| StoreError::Damaged("query code"))
}
