//! Look-ups (A6) on read-only connections. An unknown number and a wrong code take the same way:
//! one row is asked for, keyed hashes of the code are compared in constant time, the try is stored, and only
//! then comes the same answer.

use super::case_file;
use super::error::StoreError;
use super::guard::{Guard, Tally, Verdict};
use super::handle::Reply;
use super::job_queue::JobQueue;
use super::recording::hex;
use super::speech;
use super::vault::Vault;
use super::writer::Job;
use crate::domain::call::{Lookup, StoreReply};
use crate::domain::case::CaseStatus;
use crate::units::{CaseNumber, PhoneNumber, QueryCode};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use std::collections::BTreeMap;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};

/// Compared with when there is no such case.
const NO_CODE: [u8; 32] = [0; 32];

/// One look-up.
pub(super) struct Ask {
    pub(super) at: Timestamp,
    pub(super) number: CaseNumber,
    pub(super) code: QueryCode,
    pub(super) caller: Option<PhoneNumber>,
    pub(super) reply: Reply,
}

/// What is read with the keys to it.
type Reading = Box<dyn FnOnce(&Connection, &Vault) + Send>;

/// What a reader thread hears.
pub(super) enum Question {
    /// A look-up.
    Ask(Box<Ask>),
    /// Any other reading, with its answer.
    Read(Reading),
    /// End.
    Close,
}

/// One thread that answers look-ups.
pub(super) struct Desk {
    pub(super) db: Connection,
    pub(super) questions: Arc<Mutex<Receiver<Question>>>,
    pub(super) guard: Arc<Mutex<Guard>>,
    pub(super) writer: JobQueue,
    pub(super) unit_phones: Arc<BTreeMap<String, PhoneNumber>>,
    pub(super) vault: Arc<Vault>,
}

impl Desk {
    /// Runs until it is told to close or nobody can ask any more.
    pub(super) fn run(self) {
        loop {
            let next = self.questions.lock().unwrap_or_else(PoisonError::into_inner).recv();
            match next {
                Ok(Question::Ask(ask)) => self.answer(*ask),
                Ok(Question::Read(read)) => read(&self.db, &self.vault),
                Ok(Question::Close) | Err(_) => return,
            }
        }
    }

    fn answer(&self, ask: Ask) {
        let (at, number) = (ask.at, ask.number);
        let found = match find(&self.db, &self.vault, number, ask.code) {
            Ok(found) => found,
            Err(error) => return fail(&error, ask.reply),
        };
        let caller =
            ask.caller.as_ref().map(|caller| hex(&self.vault.number_hash(caller.as_str())));
        let verdict = self.guard.lock().unwrap_or_else(PoisonError::into_inner).judge(
            number,
            caller.as_deref(),
            found.is_some(),
            at,
        );
        match (verdict, found) {
            (Verdict::Right(tallies), Some(id)) => match self.status(id, at) {
                Ok(Some(status)) => {
                    let answer = Lookup::Found(Box::new(status));
                    self.store_then_reply(at, tallies, answer, ask.reply);
                }
                Ok(None) => fail(&StoreError::Damaged("case"), ask.reply),
                Err(error) => fail(&error, ask.reply),
            },
            (Verdict::Locked, _) => (ask.reply)(StoreReply::LookedUp(Lookup::Locked)),
            (Verdict::Wrong(tallies) | Verdict::Right(tallies), _) => {
                self.store_then_reply(at, tallies, Lookup::Wrong, ask.reply);
            }
        }
    }

    /// The answer goes out after its counts are on the disk; at once when there are none.
    fn store_then_reply(&self, at: Timestamp, tallies: Vec<Tally>, answer: Lookup, reply: Reply) {
        if tallies.is_empty() {
            return reply(StoreReply::LookedUp(answer));
        }
        let job = Job::Tally { at, tallies, answer, reply };
        if let Err(
            std::sync::mpsc::TrySendError::Full(job)
            | std::sync::mpsc::TrySendError::Disconnected(job),
        ) = self.writer.try_send(job)
            && let Job::Tally { reply, .. } = job
        {
            reply(StoreReply::Unavailable);
        }
    }

    fn status(&self, id: i64, now: Timestamp) -> Result<Option<CaseStatus>, StoreError> {
        let case = case_file::load(&self.db, &self.vault, id)?;
        let phone = case.unit.as_ref().and_then(|unit| self.unit_phones.get(unit)).cloned();
        let Some(mut status) = case.status(now, phone) else { return Ok(None) };
        status.voiced = speech::voiced(&self.db, &self.vault, id, &case)?;
        Ok(Some(status))
    }
}

fn fail(error: &StoreError, reply: Reply) {
    tracing::error!(%error, "a look-up failed");
    reply(StoreReply::Unavailable);
}

/// The row of the case when number and code fit.
pub(super) fn find(
    db: &Connection,
    vault: &Vault,
    number: CaseNumber,
    code: QueryCode,
) -> Result<Option<i64>, StoreError> {
    let asked = vault.code_hash(number.as_u64(), &code.reveal());
    let number = i64::try_from(number.as_u64()).unwrap_or(0);
    let row: Option<(i64, Option<Vec<u8>>)> = db
        .prepare_cached("SELECT id, code_hash FROM case_file WHERE number = ?1")?
        .query_row([number], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (id, stored) = row.unwrap_or((0, None));
    let stored = stored.unwrap_or_else(|| NO_CODE.to_vec());
    Ok(equal(&stored, &asked).then_some(id))
}

/// Compares all bytes, wherever the first difference is.
fn equal(a: &[u8], b: &[u8]) -> bool {
    let different = a.iter().zip(b).fold(0, |sum, (a, b)| sum | (a ^ b));
    a.len() == b.len() && different == 0
}
