//! What a text asks for is done, in the transaction that takes it out of the journal: its case, its answer
//! and the end of its row stand or fall together.

use super::citizen::{self, Standing, id_of};
use super::give_to_case;
use super::settle::{Journal, SettledInbound, end, hold};
use crate::domain::call::{Caller, IntakeKind, NewIntake};
use crate::domain::case::{Addressee, Grade, Note, REPLY_DAYS, Record, State};
use crate::domain::message::templates::ShortText;
use crate::domain::message::{
    Class, Medium, Named, SIP_ACCOUNT, SIP_UNVOUCHED_ACCOUNT, SUPPLEMENTS_MAX, Sender, Situation,
    THREAD_OPEN, Thread, Verdict, judge,
};
use crate::store::case_file;
use crate::store::error::StoreError;
use crate::store::intake::{self, Desk, SYSTEM, read_number};
use crate::store::outbox::{self, Letter, NewMessage, party};
use crate::store::read_call::all;
use crate::store::seal::sealed;
use crate::units::{CaseNumber, PhoneNumber};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// Cases of one sender that are looked at for the one that he writes about.
const THREADS_LOOKED_AT: i64 = 20;

/// What asks a citizen for his word on an answer.
const SURVEY: &str = "S07";

/// A text that is whole.
pub(super) struct Arrived<'a> {
    /// Its rows in the journal: one for each part.
    pub(super) ids: &'a [i64],
    pub(super) journal: &'a Journal,
    pub(super) from: &'a str,
    pub(super) words: String,
    /// Something in it could not be read or was guessed.
    pub(super) suspect: bool,
}

/// Does what a text asks for.
pub(super) fn take(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
    arrived: &Arrived<'_>,
) -> Result<SettledInbound, StoreError> {
    let Arrived { ids, journal, from, words, .. } = arrived;
    let sender = Sender::parse(from);
    let known_by = match sender.phone() {
        Some(phone) => party(&desk.vault, phone.as_str()),
        None => desk.vault.message_hash("sender", &[from.as_bytes()]),
    };
    let said = desk.vault.message_hash("words", &[&known_by, words.as_bytes()]);
    let around = around(db, journal.received_at, (&known_by, &said), ids)?;
    for id in *ids {
        db.prepare_cached("UPDATE inbound SET sender = ?2, words = ?3 WHERE id = ?1")?
            .execute(params![id, known_by, said])?;
    }
    let by = By { arrived, phone: sender.phone(), known_by: &known_by };
    match judge(&sender, words, &around) {
        Verdict::Copy => all_end(db, now, ids, ("ignored", "copy")),
        Verdict::Empty => all_end(db, now, ids, ("ignored", "empty")),
        // Whoever withholds his number on the telephone line is a person all the same.
        Verdict::Hold(_) if by.is_line() => by.open(db, desk, now),
        Verdict::Hold(why) => {
            for id in *ids {
                hold(db, now, *id, why)?;
            }
            Ok(SettledInbound::Held)
        }
        Verdict::Open => by.open(db, desk, now),
        Verdict::Supplement(number) => by.supplement(db, desk, now, number),
        // A person looks at what is asked for in the name of somebody who may not have asked.
        _ if !by.is_vouched() => by.open(db, desk, now),
        Verdict::Query(named) => by.query(db, desk, now, named),
        Verdict::Rate(number, grade, remark) => {
            by.rate(db, desk, now, (number, grade, remark.as_str()))
        }
        Verdict::StopNotices => by.stop(db, desk, now),
        Verdict::Help => by.answered(db, desk, now, &ShortText::Help, "help"),
        Verdict::Withdraw(named) => by.withdraw(db, desk, now, named),
    }
}

/// What the store knows around a text.
fn around(
    db: &Connection,
    now: Timestamp,
    (known_by, said): (&[u8], &[u8]),
    ids: &[i64],
) -> Result<Situation, StoreError> {
    let first = ids.first().copied().unwrap_or(0);
    let same = "SELECT max(received_at) FROM inbound
                WHERE sender = ?1 AND words = ?2 AND id <> ?3 AND state = 'done'";
    let same: Option<i64> =
        db.prepare_cached(same)?.query_row(params![known_by, said, first], |row| row.get(0))?;
    let same_at = same.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let thread = thread(db, now, known_by)?;
    Ok(Situation { now, same_at, thread, asked: citizen::asked(db, known_by, SURVEY)? })
}

/// Where cases of a sender are: those that his number called for or is to be called for.
fn own_cases(states: impl Fn(State) -> bool) -> String {
    format!(
        "((f.caller_hash = ?1 AND f.number IS NOT NULL)
           OR (f.contact_hash = ?1 AND f.number IS NOT NULL))
         AND f.state IN ({}) AND NOT {}",
        citizen::named_states(states),
        sealed("f")
    )
}

/// The open case of a sender that was written about last.
fn thread(db: &Connection, now: Timestamp, known_by: &[u8]) -> Result<Option<Thread>, StoreError> {
    let sql = format!(
        "SELECT f.number, max(f.received_at,
                    COALESCE((SELECT max(i.received_at) FROM inbound i WHERE i.case_id = f.id), 0),
                    COALESCE((SELECT max(o.created_at) FROM outbox o WHERE o.case_id = f.id), 0)),
                (SELECT count(*) FROM inbound i WHERE i.case_id = f.id)
         FROM case_file f WHERE {} ORDER BY f.received_at DESC, f.id DESC LIMIT ?2",
        own_cases(State::is_open)
    );
    let cases: Vec<(i64, i64, u32)> = all(db, &sql, params![known_by, THREADS_LOOKED_AT], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })?;
    let oldest = now.saturating_sub(THREAD_OPEN).unwrap_or(now).as_millisecond();
    let Some((number, last, supplements)) = written_about(&cases, oldest) else {
        return Ok(None);
    };
    let last_at = Timestamp::from_millisecond(last).unwrap_or(now);
    Ok(Some(Thread { number: read_number(number)?, last_at, supplements }))
}

/// Of cases with when they were written about and by how many texts, the youngest first: the one written
/// about last. One that is full has a successor, which our answers to the full one do not make the older
/// matter.
fn written_about(cases: &[(i64, i64, u32)], oldest: i64) -> Option<(i64, i64, u32)> {
    let fresh = |case: &&(i64, i64, u32)| case.1 >= oldest;
    // Of two that were written about in one moment the younger.
    let (at, last) = cases
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, case)| fresh(case))
        .max_by_key(|(_, case)| case.1)?;
    let successors = || cases.iter().take(at).filter(fresh).find(|case| case.2 < SUPPLEMENTS_MAX);
    let is_full = last.2 >= SUPPLEMENTS_MAX;
    Some(*Some(last).filter(|_| !is_full).or_else(successors).unwrap_or(last))
}

fn all_end(
    db: &Connection,
    now: Timestamp,
    ids: &[i64],
    what: (&str, &str),
) -> Result<SettledInbound, StoreError> {
    for id in ids {
        end(db, now, *id, what)?;
    }
    let ignored = what.0 == "ignored";
    Ok(if ignored { SettledInbound::Ignored } else { SettledInbound::Done })
}

/// More about a case.
pub(super) fn supplement(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
    (case_id, ids): (i64, &[i64]),
    words: &str,
) -> Result<(), StoreError> {
    let private = Note { text: words.to_owned() };
    let at = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
    let more = Record::Supplemented { at, private };
    intake::record_on(db, desk, now, case_id, &[more.into()], SYSTEM)?;
    for id in ids {
        give_to_case(db, &desk.vault, *id, case_id)?;
        end(db, now, *id, ("done", "supplement"))?;
    }
    Ok(())
}

/// A text with who sent it.
struct By<'a> {
    arrived: &'a Arrived<'a>,
    phone: Option<&'a PhoneNumber>,
    known_by: &'a [u8],
}

impl By<'_> {
    /// It came over the telephone line itself (SIP MESSAGE).
    fn is_line(&self) -> bool {
        self.arrived.journal.account == SIP_ACCOUNT || !self.is_vouched()
    }

    /// Whoever handed it over says that its sender is no other.
    fn is_vouched(&self) -> bool {
        self.arrived.journal.account != SIP_UNVOUCHED_ACCOUNT
    }

    /// By which account it is answered: the one that it came by; what came over the telephone line by that of
    /// notices, where there is one and the sender's telephone takes texts. Where any number could be written
    /// into it nobody is: it would be a way to have strangers sent texts.
    fn answered_by<'a>(&'a self, desk: &'a Desk) -> Option<(&'a str, &'a PhoneNumber)> {
        let phone = self.phone?;
        match self.is_line() {
            false => Some((self.arrived.journal.account.as_str(), phone)),
            true if self.is_vouched() && phone.is_mobile() => {
                Some((desk.messages.sms_account.as_deref()?, phone))
            }
            true => None,
        }
    }

    /// A new matter, with its number to the sender.
    fn open(
        &self,
        db: &Connection,
        desk: &mut Desk,
        now: Timestamp,
    ) -> Result<SettledInbound, StoreError> {
        let Arrived { ids, journal, words, suspect, .. } = self.arrived;
        let first = ids.first().copied().unwrap_or(0);
        let leader = desk.messages.leaders.get(&journal.account).cloned();
        let to_leader = leader.is_some();
        let kind = match () {
            () if self.is_line() => IntakeKind::Text,
            () if to_leader => IntakeKind::LeaderSms,
            () => IntakeKind::PublicSms,
        };
        let guessed = if *suspect { "（原文有无法辨认之处，请核对）" } else { "" };
        let intake = NewIntake {
            key: format!("inbound:{first}"),
            kind,
            call: None,
            contact: self.phone.cloned(),
            mail: None,
            caller: Caller { number: self.phone.cloned(), display: None },
            received_at: journal.received_at,
            recording: None,
            text: Some(format!("{guessed}{words}")),
            // Where no text tells him his number, a person does who calls back.
            callback: self.is_line() && self.answered_by(desk).is_none(),
        };
        let opened = intake::open(db, desk, now, &intake, SYSTEM)?;
        if let Some(leader) = leader {
            let clerk = desk.messages.clerks.get(&leader).cloned();
            let person = desk.messages.leader_accounts.get(&leader).cloned();
            let addressed = Record::Addressed(Addressee { leader, person, clerk }).into();
            intake::record_on(db, desk, now, opened.case_id, &[addressed], SYSTEM)?;
        }
        for id in *ids {
            give_to_case(db, &desk.vault, *id, opened.case_id)?;
            end(db, now, *id, ("done", "case"))?;
        }
        self.warn_of_danger(db, desk, now, opened.case_id)?;
        if let Some((case, code)) = opened.number.zip(opened.code) {
            let due = case_file::load(db, &desk.vault, opened.case_id)?.due.map(|due| due.on);
            let short = ShortText::AckShort { case, code };
            let days = u8::try_from(REPLY_DAYS).unwrap_or(u8::MAX);
            let text = match due.filter(|_| !to_leader) {
                Some(due) => ShortText::Ack { case, code, days, due },
                None => short,
            };
            self.reply(db, desk, now, &text, Some(opened.case_id))?;
        }
        Ok(SettledInbound::Done)
    }

    fn supplement(
        &self,
        db: &Connection,
        desk: &mut Desk,
        now: Timestamp,
        number: CaseNumber,
    ) -> Result<SettledInbound, StoreError> {
        let Arrived { ids, words, .. } = self.arrived;
        let case = id_of(db, number)?;
        supplement(db, desk, now, (case, ids), words)?;
        self.warn_of_danger(db, desk, now, case)?;
        Ok(SettledInbound::Done)
    }

    /// Who writes of an emergency is told whom to call, before anything else; a person is to call him.
    fn warn_of_danger(
        &self,
        db: &Connection,
        desk: &mut Desk,
        now: Timestamp,
        case_id: i64,
    ) -> Result<(), StoreError> {
        if !citizen::in_danger(db, desk, now, (case_id, &self.arrived.words))? {
            return Ok(());
        }
        self.reply(db, desk, now, &ShortText::Emergency, Some(case_id))
    }

    /// How a case stands. Number and code are asked of anybody, the number alone of its citizen's own
    /// telephone; what does not exist, is not his or is locked gives the same answer.
    fn query(
        &self,
        db: &Connection,
        desk: &Desk,
        now: Timestamp,
        named: Named,
    ) -> Result<SettledInbound, StoreError> {
        let found = self.find(db, desk, now, named)?;
        match Standing::of(db, desk, now, found)? {
            Some(standing) => self.answered(db, desk, now, &standing.told(), "query"),
            None => self.answered(db, desk, now, &ShortText::BadQuery, "query_unknown"),
        }
    }

    fn find(
        &self,
        db: &Connection,
        desk: &Desk,
        now: Timestamp,
        named: Named,
    ) -> Result<Option<i64>, StoreError> {
        let first = self.arrived.ids.first().copied().unwrap_or(0);
        match named {
            Named::Nothing => Ok(None),
            Named::Number(number) => self.own(db, number),
            Named::WithCode(number, code) => {
                citizen::with_code(db, desk, now, (first, self.known_by), (number, code))
            }
        }
    }

    /// A case of his own, by its number.
    fn own(&self, db: &Connection, number: CaseNumber) -> Result<Option<i64>, StoreError> {
        let sql = format!(
            "SELECT f.id FROM case_file f WHERE f.number = ?2 AND {}",
            own_cases(|state| state != State::Draft)
        );
        let number = i64::try_from(number.as_u64()).unwrap_or(0);
        let mut find = db.prepare_cached(&sql)?;
        Ok(find.query_row(params![self.known_by, number], |row| row.get(0)).optional()?)
    }

    /// His word on an answer; where the case takes none any more it is more about it.
    fn rate(
        &self,
        db: &Connection,
        desk: &mut Desk,
        now: Timestamp,
        (number, grade, remark): (CaseNumber, Grade, &str),
    ) -> Result<SettledInbound, StoreError> {
        let case = id_of(db, number)?;
        if !citizen::rate(db, desk, now, case, grade)? {
            return self.supplement(db, desk, now, number);
        }
        if remark.is_empty() {
            for id in self.arrived.ids {
                give_to_case(db, &desk.vault, *id, case)?;
            }
        } else {
            supplement(db, desk, now, (case, self.arrived.ids), remark)?;
        }
        self.reply(db, desk, now, &ShortText::SurveyThanks, Some(case))?;
        all_end(db, now, self.arrived.ids, ("done", "rated"))
    }

    fn stop(
        &self,
        db: &Connection,
        desk: &Desk,
        now: Timestamp,
    ) -> Result<SettledInbound, StoreError> {
        citizen::stop_notices(db, now, self.known_by)?;
        self.answered(db, desk, now, &ShortText::Stopped, "stopped")
    }

    /// A matter is withdrawn only after a call back to its citizen (T29): somebody can have his telephone.
    fn withdraw(
        &self,
        db: &Connection,
        desk: &mut Desk,
        now: Timestamp,
        named: Named,
    ) -> Result<SettledInbound, StoreError> {
        let found = self.find(db, desk, now, named)?;
        let Some((id, number)) = citizen::withdrawable(db, desk, found)? else {
            return self.answered(db, desk, now, &ShortText::BadQuery, "withdrawal_unknown");
        };
        let words = format!("（短信要求撤回，待回电核实）{}", self.arrived.words);
        supplement(db, desk, now, (id, self.arrived.ids), &words)?;
        intake::call_back(db, desk, now, id)?;
        self.reply(db, desk, now, &ShortText::WithdrawAsked { case: number }, Some(id))?;
        Ok(SettledInbound::Done)
    }

    /// Nothing is to be done but to answer.
    fn answered(
        &self,
        db: &Connection,
        desk: &Desk,
        now: Timestamp,
        text: &ShortText<'_>,
        why: &str,
    ) -> Result<SettledInbound, StoreError> {
        self.reply(db, desk, now, text, None)?;
        all_end(db, now, self.arrived.ids, ("done", why))
    }

    /// An answer, by the way that the text came where that is one.
    fn reply(
        &self,
        db: &Connection,
        desk: &Desk,
        now: Timestamp,
        text: &ShortText<'_>,
        case_id: Option<i64>,
    ) -> Result<(), StoreError> {
        let Some((account, phone)) = self.answered_by(desk) else { return Ok(()) };
        let first = self.arrived.ids.first().copied();
        let written = text.write(&desk.messages.signature);
        let template = written.template.code();
        let new = NewMessage {
            idem_key: format!("inbound/{}/{template}", first.unwrap_or(0)),
            medium: Medium::Sms,
            account,
            template,
            class: Class::Receipt,
            urgent: false,
            letter: Letter::of(phone, written),
            case_id,
            answers: first,
        };
        outbox::put(db, &desk.vault, now, &new).map(drop)
    }
}
