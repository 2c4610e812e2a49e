//! Requests of citizens about their personal information (PIPL articles 44 to 50): taken down by one
//! person, decided by another, answered by a day, with a record that stays. Who asks and what he said is
//! sealed under a key of the request, which goes some years after the decision.
//!
//! Cases under seal are no part of any request: they are answered for like cases that do not exist.

use super::administration::Administration;
use super::audit::{self, AuditEntry, AuditKind};
use super::casework::{self, CaseName};
use super::erasure::{self, Scope};
use super::error::StoreError;
use super::intake::Desk;
use super::message_data;
use super::outbox;
use super::privacy_data::{self, Held, Opened};
use super::purge;
use super::read::{Reader, city_time};
use super::read_call::all;
use super::retention::{self, Target};
use super::retention_sweep::note_erased;
use super::seal::sealed;
use super::vault::{DataKey, Vault};
use crate::domain::access::is_second_person;
use crate::domain::calendar::Calendar;
use crate::domain::case::{
    Actor, Correction, DeadlineRules, Erasure, ErasureGround, Guard, Identification, Order,
    PrivacyGround, PrivacyKind, PrivacyOutcome, Refusal, RetentionClass, RetentionRules, Role,
    Task, is_person, local_day,
};
use crate::domain::directory::is_mail_address;
use crate::units::{CaseNumber, PhoneNumber};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use serde::{Deserialize, Serialize};

/// Cases that one request is about.
pub const PRIVACY_CASES_MAX: usize = 200;

/// Requests that wait for their decision.
pub const PRIVACY_OPEN_MAX: usize = 1_000;

/// Longest words of a request, in characters.
pub const PRIVACY_CHARS_MAX: usize = 2_000;

/// A request as it is taken down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPrivacyRequest {
    /// What is asked for.
    pub kind: PrivacyKind,
    /// How it was made sure who asks.
    pub identified: Identification,
    /// The cases he names.
    pub cases: Vec<CaseNumber>,
    /// His telephone number: all cases and calls of it are meant too.
    pub phone: Option<PhoneNumber>,
    /// His address: all cases and mails of it are meant too.
    pub mail: Option<String>,
    /// His name.
    pub name: String,
    /// What he wants, in his words.
    pub words: String,
    /// Who took it down.
    pub by: String,
    /// Days until the answer.
    pub reply_days: u16,
}

/// What is sealed of a request.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct RequestPrivate {
    pub(super) name: String,
    pub(super) phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) mail: Option<String>,
    pub(super) words: String,
}

/// What a second person decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrivacyDecision {
    /// Do what is asked as far as the law allows; a correction says what is right.
    Grant(Correction),
    /// Do nothing of it.
    Refuse(PrivacyGround),
}

/// A request in a list: nothing of who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PrivacyRow {
    /// Its number.
    pub id: i64,
    /// What is asked for.
    pub kind: PrivacyKind,
    /// The same, for officials.
    pub title: &'static str,
    /// How it was made sure who asks.
    pub identified: Identification,
    /// When, RFC 3339 with the city's offset.
    pub asked_at: String,
    /// The last day of the answer.
    pub due_on: Date,
    /// It is open and its last day has passed.
    pub overdue: bool,
    /// Who took it down.
    pub taken_by: String,
    /// The cases it is about.
    pub cases: Vec<String>,
    /// What came of it; `null`: open.
    pub outcome: Option<PrivacyOutcome>,
    /// Why not, or not all.
    pub ground: Option<&'static str>,
    /// Who decided.
    pub decided_by: Option<String>,
}

/// The name that a request's key and its sealed part are bound to.
fn owner(id: i64) -> String {
    format!("privacy/{id}")
}

impl Administration {
    /// Takes a request down; gives its number. [`StoreError::NotFound`] for a case that is not there or
    /// under seal.
    pub fn ask_privacy(
        &mut self,
        at: Timestamp,
        new: &NewPrivacyRequest,
    ) -> Result<i64, StoreError> {
        let fits = |text: &str| text.chars().count() <= PRIVACY_CHARS_MAX;
        if !is_person(&new.by)
            || new.name.trim().is_empty()
            || !fits(&new.name)
            || !fits(&new.words)
        {
            return Err(StoreError::Malformed("who asks, or what for"));
        }
        if new.mail.as_deref().is_some_and(|mail| !is_mail_address(mail)) {
            return Err(StoreError::Malformed("mail address"));
        }
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let open = "SELECT count(*) FROM privacy_request WHERE outcome IS NULL";
        let open: i64 = tx.query_row(open, [], |row| row.get(0))?;
        if usize::try_from(open).unwrap_or(usize::MAX) >= PRIVACY_OPEN_MAX {
            return Err(StoreError::Taken("待答复的个人信息请求已达上限，请先作出答复"));
        }
        let cases = cases_meant(&tx, &self.vault, new)?;
        let id: i64 =
            tx.query_row("SELECT COALESCE(max(id), 0) + 1 FROM privacy_request", [], |row| {
                row.get(0)
            })?;
        let private = RequestPrivate {
            name: new.name.trim().to_owned(),
            phone: new.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            mail: new.mail.clone(),
            words: new.words.clone(),
        };
        let json = serde_json::to_vec(&private).map_err(|_| StoreError::Damaged("request"))?;
        let (key, owner) = (DataKey::random()?, owner(id));
        let (wrapped, body) = (self.vault.wrap(&key, &owner)?, key.seal(&owner, &json)?);
        let due_on = local_day(at).saturating_add(i64::from(new.reply_days).days());
        tx.execute(
            "INSERT INTO privacy_request
                 (id, kind, identified, asked_at, due_on, taken_by, wrapped, body, phone_hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                id,
                new.kind.as_str(),
                new.identified.as_str(),
                at.as_millisecond(),
                due_on.to_string(),
                new.by,
                wrapped,
                body,
                private.phone.as_deref().map(|phone| self.vault.number_hash(phone))
            ],
        )?;
        let mut link = tx.prepare("INSERT OR IGNORE INTO privacy_request_case VALUES (?1, ?2)")?;
        for case in &cases {
            link.execute(params![id, case])?;
        }
        drop(link);
        let told = format!("{}，{} 件", new.kind.title(), cases.len());
        note(&tx, at, AuditKind::PrivacyAsked, (&new.by, id, &told))?;
        tx.commit()?;
        Ok(id)
    }

    /// Decides a request and does what is granted, in one transaction: a correction by the rules of
    /// the casework; a deletion as far as no period and no hold demands keeping. Gives what came of it.
    pub fn decide_privacy(
        &mut self,
        at: Timestamp,
        desk: (Calendar, DeadlineRules, [u8; 32]),
        rules: &RetentionRules,
        id: i64,
        decision: &PrivacyDecision,
        by: &str,
    ) -> Result<(PrivacyOutcome, Option<PrivacyGround>), StoreError> {
        let mut desk = self.desk(desk);
        let deletes = open_request(&self.db, id)?.kind == PrivacyKind::Deletion
            && matches!(decision, PrivacyDecision::Grant(_));
        let mut opened = opened_before(&self.db, &self.vault, id, deletes)?;
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let request = open_request(&tx, id)?;
        if !is_person(by) || !is_second_person(&request.taken_by, by) {
            return Err(StoreError::Taken("须由另一人决定"));
        }
        let asked = (id, request.kind);
        let done = carry_out(&tx, &mut desk, at, rules, asked, (decision, by), &mut opened)?;
        let (outcome, ground) = done;
        tx.execute(
            "UPDATE privacy_request
             SET outcome = ?2, ground = ?3, decided_by = ?4, decided_at = ?5, phone_hash = NULL
             WHERE id = ?1",
            params![
                id,
                outcome.as_str(),
                ground.map(PrivacyGround::as_str),
                by,
                at.as_millisecond()
            ],
        )?;
        let why = ground.map_or_else(String::new, |ground| format!("：{}", ground.title()));
        let told = format!("{}，{}{why}", request.kind.title(), outcome.title());
        note(&tx, at, AuditKind::PrivacyDecided, (by, id, &told))?;
        tx.commit()?;
        // The decision stands; what cannot be removed now stays on the list.
        if let Err(error) = self.remove_erased(&mut |_| ()) {
            tracing::error!(%error, "files of erased recordings were not removed; tried again");
        }
        purge::finish_or_tell(&self.db, || false);
        Ok(done)
    }

    /// What is held of the person who asked, once access was granted. That it is given out stands in
    /// the audit first.
    pub fn privacy_data(&mut self, at: Timestamp, id: i64, by: &str) -> Result<Held, StoreError> {
        if !is_person(by) {
            return Err(StoreError::Malformed("person"));
        }
        let granted = may_take_out(&self.db, id)?;
        let mut opened = opened_before(&self.db, &self.vault, id, granted)?;
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if !may_take_out(&tx, id)? {
            return Err(StoreError::Taken("该请求尚未准予查阅"));
        }
        let private = private_of(&tx, &self.vault, id)?;
        let cases = case_ids(&tx, id)?;
        let mut held = privacy_data::of(&tx, &self.vault, &cases, &private, &mut opened)?;
        let texts = message_data::count_of_person(&tx, &self.vault, &cases, &private)?;
        let told =
            format!("{} 件事项，{} 次来电，{texts} 条消息", held.cases.len(), held.calls.len());
        note(&tx, at, AuditKind::PrivacyExported, (by, id, &told))?;
        tx.commit()?;
        // Opened without the writer, which callers wait for; what is sealed meanwhile is not found any more.
        held.messages = message_data::of_person(&self.db, &self.vault, &cases, &private)?;
        Ok(held)
    }
}

impl Reader {
    /// The newest requests, oldest first.
    pub fn privacy_requests(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<PrivacyRow>, StoreError> {
        let sql =
            "SELECT id, kind, identified, asked_at, due_on, taken_by, outcome, ground, decided_by
                   FROM privacy_request ORDER BY id DESC LIMIT ?1";
        let limit = i64::try_from(limit.min(super::read::ROWS_MAX)).unwrap_or(0);
        let mut statement = self.db.prepare(sql)?;
        let mut rows = statement.query([limit])?;
        let (mut found, damaged) = (vec![], || StoreError::Damaged("request"));
        while let Some(row) = rows.next()? {
            let (kind, identified): (String, String) = (row.get(1)?, row.get(2)?);
            let (due_on, outcome): (String, Option<String>) = (row.get(4)?, row.get(6)?);
            let kind = PrivacyKind::parse(&kind).ok_or_else(damaged)?;
            let due_on: Date = due_on.parse().map_err(|_| damaged())?;
            let outcome = outcome.as_deref().and_then(PrivacyOutcome::parse);
            let ground: Option<String> = row.get(7)?;
            let id = row.get(0)?;
            let asked_at = Timestamp::from_millisecond(row.get(3)?).unwrap_or_default();
            found.push(PrivacyRow {
                id,
                kind,
                title: kind.title(),
                identified: Identification::parse(&identified).ok_or_else(damaged)?,
                asked_at: city_time(asked_at),
                due_on,
                overdue: outcome.is_none() && due_on < local_day(now),
                taken_by: row.get(5)?,
                cases: told_cases(&self.db, id)?,
                outcome,
                ground: ground.as_deref().and_then(PrivacyGround::parse).map(PrivacyGround::title),
                decided_by: row.get(8)?,
            });
        }
        found.reverse();
        Ok(found)
    }
}

/// Access was granted.
fn may_take_out(db: &Connection, id: i64) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM privacy_request
               WHERE id = ?1 AND kind = 'access' AND outcome = 'granted'";
    Ok(db.prepare_cached(sql)?.exists([id])?)
}

/// Opens the calls of a request's number, where they are asked for, before the transaction that takes
/// them: callers wait for the writer.
fn opened_before(
    db: &Connection,
    vault: &Vault,
    id: i64,
    wanted: bool,
) -> Result<Opened, StoreError> {
    let mut opened = Opened::default();
    if wanted && let Some(phone) = private_of(db, vault, id)?.phone {
        privacy_data::unlinked_calls(db, vault, &phone, &mut opened)?;
    }
    Ok(opened)
}

/// Does what is granted.
fn carry_out(
    db: &Connection,
    desk: &mut Desk,
    at: Timestamp,
    rules: &RetentionRules,
    (id, kind): (i64, PrivacyKind),
    (decision, by): (&PrivacyDecision, &str),
    opened: &mut Opened,
) -> Result<(PrivacyOutcome, Option<PrivacyGround>), StoreError> {
    let correction = match decision {
        PrivacyDecision::Refuse(ground) => return Ok((PrivacyOutcome::Refused, Some(*ground))),
        PrivacyDecision::Grant(correction) => correction,
    };
    match kind {
        PrivacyKind::Access => {}
        PrivacyKind::Correction => {
            let actor = Actor::new(by, Role::Director, None);
            let order = Order { actor, task: Task::Correct(correction.clone()) };
            correct(db, desk, at, id, &order)?;
        }
        PrivacyKind::Deletion => {
            let private = private_of(db, &desk.vault, id)?;
            let (outcome, erased) = delete(db, desk, at, rules, (id, &private), opened)?;
            let subject = format!("privacy-{id}");
            note_erased(db, at, (by, subject, ErasureGround::Request), &erased, "")?;
            return Ok(outcome);
        }
    }
    Ok((PrivacyOutcome::Granted, None))
}

/// Carries a correction out on every case that it changes. Whoever is erased, or stands there rightly
/// already, is passed over; where it changes none, that is the refusal.
fn correct(
    db: &Connection,
    desk: &mut Desk,
    at: Timestamp,
    id: i64,
    order: &Order,
) -> Result<(), StoreError> {
    let (mut changed, mut passed) = (false, None);
    for name in cases_of(db, id)? {
        match casework::run(db, desk, at, (name, None), order) {
            Ok(_) => changed = true,
            Err(StoreError::Refused(Refusal::Guard(
                guard @ (Guard::Correction | Guard::Erased),
            ))) => passed = Some(guard),
            Err(error) => return Err(error),
        }
    }
    match passed {
        Some(guard) if !changed => Err(StoreError::Refused(guard.into())),
        _ => Ok(()),
    }
}

/// A request that waits for its decision.
struct OpenRequest {
    kind: PrivacyKind,
    taken_by: String,
}

fn open_request(db: &Connection, id: i64) -> Result<OpenRequest, StoreError> {
    let sql = "SELECT kind, taken_by, outcome IS NOT NULL FROM privacy_request WHERE id = ?1";
    let found: Option<(String, String, bool)> =
        db.query_row(sql, [id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
    let (kind, taken_by, decided) = found.ok_or(StoreError::NotFound)?;
    if decided {
        return Err(StoreError::Taken("该请求已经答复"));
    }
    let kind = PrivacyKind::parse(&kind).ok_or(StoreError::Damaged("request"))?;
    Ok(OpenRequest { kind, taken_by })
}

/// Who asks and what he said; empty once that is erased.
pub(super) fn private_of(
    db: &Connection,
    vault: &Vault,
    id: i64,
) -> Result<RequestPrivate, StoreError> {
    let sql = "SELECT wrapped, body FROM privacy_request WHERE id = ?1";
    let (wrapped, body): (Vec<u8>, Vec<u8>) =
        db.query_row(sql, [id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if wrapped.is_empty() {
        return Ok(RequestPrivate::default());
    }
    let owner = owner(id);
    let json = vault.unwrap(&wrapped, &owner)?.open(&owner, &body)?;
    serde_json::from_slice(&json).map_err(|_| StoreError::Damaged("request"))
}

/// The cases he names and those of his number and address, none under seal.
fn cases_meant(
    db: &Connection,
    vault: &Vault,
    new: &NewPrivacyRequest,
) -> Result<Vec<i64>, StoreError> {
    let hidden = sealed("c");
    let named = format!("SELECT c.id FROM case_file c WHERE c.number = ?1 AND NOT {hidden}");
    let mut found = vec![];
    for number in &new.cases {
        let number = i64::try_from(number.as_u64()).unwrap_or(0);
        let id = db.query_row(&named, [number], |row| row.get(0)).optional()?;
        found.push(id.ok_or(StoreError::NotFound)?);
    }
    if let Some(phone) = &new.phone {
        let sql = format!(
            "SELECT c.id FROM case_file c
             WHERE (c.caller_hash = ?1 OR c.contact_hash = ?1) AND NOT {hidden} ORDER BY c.id"
        );
        found.extend(all(db, &sql, [vault.number_hash(phone.as_str())], |row| {
            row.get::<_, i64>(0)
        })?);
    }
    if let Some(mail) = &new.mail {
        let sql = format!(
            "SELECT c.id FROM case_file c WHERE c.mail_hash = ?1 AND NOT {hidden} ORDER BY c.id"
        );
        found.extend(all(db, &sql, [outbox::party(vault, mail)], |row| row.get::<_, i64>(0))?);
    }
    found.sort_unstable();
    found.dedup();
    if found.len() > PRIVACY_CASES_MAX {
        return Err(StoreError::Taken("该请求涉及的事项过多，请分次登记"));
    }
    Ok(found)
}

fn case_ids(db: &Connection, id: i64) -> Result<Vec<i64>, StoreError> {
    // One that came under seal since is no part of it any more.
    let sql = format!(
        "SELECT r.case_id FROM privacy_request_case r JOIN case_file c ON c.id = r.case_id
         WHERE r.request = ?1 AND NOT {} ORDER BY r.case_id",
        sealed("c")
    );
    all(db, &sql, [id], |row| row.get(0))
}

fn cases_of(db: &Connection, id: i64) -> Result<Vec<CaseName>, StoreError> {
    let names = case_ids(db, id)?.into_iter().map(|case| {
        let number = retention::number_of(db, case)?;
        Ok(number.map_or(CaseName::Draft(case), CaseName::Number))
    });
    names.collect()
}

fn told_cases(db: &Connection, id: i64) -> Result<Vec<String>, StoreError> {
    let told = case_ids(db, id)?.into_iter().map(|case| {
        let number = retention::number_of(db, case)?;
        Ok(number.map_or_else(|| format!("draft-{case}"), |number| number.to_string()))
    });
    told.collect()
}

type Answer = (PrivacyOutcome, Option<PrivacyGround>);

/// Erases what may go: all of a contact that was no matter or of a case whose period is over, else the
/// recordings; and the calls of his number and the messages from and to him that no case came of. Gives the
/// answer, and the classes of what was erased.
fn delete(
    db: &Connection,
    desk: &mut Desk,
    at: Timestamp,
    rules: &RetentionRules,
    (id, private): (i64, &RequestPrivate),
    opened: &mut Opened,
) -> Result<(Answer, Vec<RetentionClass>), StoreError> {
    let scope = Scope { rules, ground: ErasureGround::Request, request: Some(id) };
    let (mut erased, mut gone, mut kept, mut held) = (vec![], 0, 0, false);
    for case in case_ids(db, id)? {
        let whole = Target::Case(case, Erasure::Everything);
        if let Some(class) = erasure::erase(db, desk, at, &whole, &scope)? {
            erased.push(class);
            continue;
        }
        let today = (local_day(at), &scope);
        let judged = retention::judge(db, &desk.vault, case, Erasure::Everything, today)?;
        if judged.case.work.erased == Some(Erasure::Everything) {
            gone += 1;
            continue;
        }
        kept += 1;
        held |= !judged.holds.is_empty();
        let recordings = Target::Case(case, Erasure::Recordings);
        erased.extend(erasure::erase(db, desk, at, &recordings, &scope)?);
    }
    if let Some(phone) = &private.phone {
        for call in privacy_data::unlinked_calls(db, &desk.vault, phone, opened)? {
            erased.extend(erasure::erase(db, desk, at, &Target::Call(call), &scope)?);
        }
    }
    for known in [&private.phone, &private.mail].into_iter().flatten() {
        gone += message_data::forget_unlinked(db, &desk.vault, known)?;
        purge::ask(db)?;
    }
    gone += erased.len();
    let answer = match (gone, kept) {
        (0, 0) => (PrivacyOutcome::Refused, Some(PrivacyGround::Nothing)),
        (_, 0) => (PrivacyOutcome::Granted, None),
        (gone, _) => {
            let ground = if held { PrivacyGround::Held } else { PrivacyGround::Period };
            let outcome = if gone == 0 { PrivacyOutcome::Refused } else { PrivacyOutcome::Partly };
            (outcome, Some(ground))
        }
    };
    Ok((answer, erased))
}

fn note(
    db: &Connection,
    at: Timestamp,
    kind: AuditKind,
    (actor, id, reason): (&str, i64, &str),
) -> Result<(), StoreError> {
    let (actor, subject) = (actor.to_owned(), format!("privacy-{id}"));
    audit::append(db, at, &AuditEntry { actor, kind, subject, reason: reason.to_owned() })
}
