//! Leaders are told of each day once (S22, M10): when its report is issued and the time of day has come;
//! of days on which the service was down afterwards, in order. The day and its messages are written in one
//! transaction, so that a crash between them is none.

use super::case_file;
use super::directory;
use super::error::{StoreError, unless_damaged};
use super::intake::Desk;
use super::outbox::{self, LeaderMessage};
use super::read::Reader;
use super::read_call::all;
use super::report;
use super::seal::sealed;
use super::sweep::Sweeper;
use crate::domain::case::{Grade, State, Warning, city_zone, local_day};
use crate::domain::message::{DayCounts, DayTold, Medium};
use crate::domain::report::{Period, ReportKind};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Days that leaders are told of afterwards at most; of older ones there are the reports.
pub const DIGEST_DAYS_MAX: i64 = 7;

/// Texts to leaders that nobody has looked at, as far as they are counted.
const WAITING_MAX: i64 = 1_000;

/// Under which name the last day that leaders were told of is kept.
const TOLD_UNTIL: &str = "leaders_told_until";

/// An event may be stored so much later than the time it bears.
const STORED_LATE: SignedDuration = SignedDuration::from_hours(24);

impl Sweeper {
    /// Tells the leaders of the days that are due at `now`; gives how many days.
    pub(super) fn tell_leaders(&self, now: Timestamp) -> Result<usize, StoreError> {
        let rules = &self.messages;
        if rules.units_sms_account.is_none() && rules.units_mail_account.is_none() {
            return Ok(0);
        }
        let local = now.to_zoned(city_zone());
        let yesterday = local.date().saturating_sub(1.days());
        let is_time = local.time() >= rules.digest_at.0;
        let newest = if is_time { yesterday } else { yesterday.saturating_sub(1.days()) };
        let db = super::schema::open_reader(&self.folder.path)?;
        super::schema::require_current(&db)?;
        let oldest = newest.saturating_sub((DIGEST_DAYS_MAX - 1).days());
        let mut day = match told_until(&db)? {
            Some(told) => told.saturating_add(1.days()).max(oldest),
            None => yesterday,
        };
        let mut told = 0;
        while day <= newest {
            told += usize::from(self.tell_day(&db, day, day == newest, now)?);
            day = day.saturating_add(1.days());
        }
        Ok(told)
    }

    /// Tells of one day; `false`: its report is not there, or cannot be read. Of the newest one it is still
    /// waited for; no other day waits for it.
    fn tell_day(
        &self,
        db: &Connection,
        day: Date,
        is_newest: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let reader = Reader::open(self.folder.clone())?;
        let period = Period::containing(ReportKind::Day, day);
        let report = match reader.report(&period, None) {
            Ok(report) => report,
            Err(StoreError::NotFound) => {
                if !is_newest {
                    tracing::warn!(%day, "leaders are not told of a day without a report");
                }
                return Ok(false);
            }
            Err(error) if error.is_damage() => {
                tracing::error!(%day, %error, "ALARM a report cannot be read back: leaders are not told");
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        let told = DayTold { content: &report.content, counts: counts(db, &period)? };
        let own = self.own(db)?;
        let leaders = directory::leaders(db, local_day(now))?;
        let mut messages = vec![];
        for leader in leaders.told_leaders() {
            let waits = own.get(&leader.title).copied().unwrap_or(0);
            let key = format!("{}/{}", leader.name, leader.title);
            if let Some(phone) = &leader.notice.phone {
                let written = told.text(waits);
                messages.push(LeaderMessage::text(key.clone(), phone, written));
            }
            if let Some(mail) = &leader.notice.mail {
                messages.push(LeaderMessage::mail(key, mail, told.mail()));
            }
        }
        let messages = Arc::new(messages);
        self.ask(move |db, desk| put(db, desk, now, day, &messages))
    }

    /// How many texts to each leader's telephone nobody has looked at, by his post; of those under seal
    /// none, for they may be about him.
    fn own(&self, db: &Connection) -> Result<BTreeMap<String, u32>, StoreError> {
        let sql = format!(
            "SELECT f.id FROM case_file f WHERE f.channel = 'leader_sms' AND f.state = ?1
             AND NOT {} ORDER BY f.id DESC LIMIT ?2",
            sealed("f")
        );
        let waiting = params![State::Accepted.as_str(), WAITING_MAX];
        let ids: Vec<i64> = all(db, &sql, waiting, |row| row.get(0))?;
        let mut own = BTreeMap::new();
        for id in ids {
            let case = unless_damaged(case_file::load(db, &self.vault, id), |error| {
                tracing::error!(case = id, %error, "ALARM a case cannot be read back");
            })?;
            if let Some(addressee) = case.and_then(|case| case.work.addressee) {
                *own.entry(addressee.leader).or_insert(0) += 1;
            }
        }
        Ok(own)
    }
}

/// The day and its messages, unless the day was told of before.
fn put(
    db: &Connection,
    desk: &Desk,
    now: Timestamp,
    day: Date,
    messages: &[LeaderMessage],
) -> Result<bool, StoreError> {
    if told_until(db)?.is_some_and(|told| told >= day) {
        return Ok(false);
    }
    for message in messages {
        let account = match message.medium() {
            Medium::Sms => desk.messages.units_sms_account.as_deref(),
            Medium::Mail => desk.messages.units_mail_account.as_deref(),
        };
        if let Some(account) = account {
            outbox::tell_leader(db, desk, now, (day, account), message)?;
        }
    }
    let sql = "INSERT OR REPLACE INTO meta VALUES (?1, ?2)";
    db.prepare_cached(sql)?.execute(params![TOLD_UNTIL, day.to_string()])?;
    Ok(true)
}

fn told_until(db: &Connection) -> Result<Option<Date>, StoreError> {
    let sql = "SELECT value FROM meta WHERE key = ?1";
    let told: Option<String> =
        db.prepare_cached(sql)?.query_row([TOLD_UNTIL], |row| row.get(0)).optional()?;
    let read = |day: String| day.parse().map_err(|_| StoreError::Damaged("day of the leaders"));
    told.map(read).transpose()
}

/// What was done on a day, from the newest event back to it; nothing of a case under seal.
fn counts(db: &Connection, period: &Period) -> Result<DayCounts, StoreError> {
    let (from_ms, to_ms) = report::range(period)?;
    let late = i64::try_from(STORED_LATE.as_millis()).unwrap_or(i64::MAX);
    let sql = format!(
        "SELECT e.case_id, e.at, e.body ->> 'event', e.body ->> 'warning', e.body ->> 'grade',
                e.body ->> 'done'
         FROM event e JOIN case_file f ON f.id = e.case_id
         WHERE NOT {} ORDER BY e.seq DESC",
        sealed("f")
    );
    let mut statement = db.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let mut of: [BTreeSet<i64>; 5] = Default::default();
    let (red, bad) = (name_of(Warning::RedCard)?, name_of(Grade::Dissatisfied)?);
    while let Some(row) = rows.next()? {
        let (case, at): (i64, i64) = (row.get(0)?, row.get(1)?);
        if at < from_ms.saturating_sub(late) {
            break;
        }
        if at < from_ms || at >= to_ms {
            continue;
        }
        let event: String = row.get(2)?;
        let [warning, grade]: [Option<String>; 2] = [row.get(3)?, row.get(4)?];
        let is_done = row.get::<_, Option<bool>>(5)? == Some(true);
        let [assigned, answered, overdue, callbacks, dissatisfied] = &mut of;
        match event.as_str() {
            "assigned" => _ = assigned.insert(case),
            "callback_due" => _ = answered.insert(case),
            "warned" if warning.as_deref() == Some(red.as_str()) => _ = overdue.insert(case),
            "followed_up" if is_done => _ = callbacks.insert(case),
            "rated" => {
                callbacks.insert(case);
                if grade.as_deref() == Some(bad.as_str()) {
                    dissatisfied.insert(case);
                }
            }
            _ => {}
        }
    }
    let [assigned, answered, overdue, callbacks, dissatisfied] =
        of.map(|cases| u32::try_from(cases.len()).unwrap_or(u32::MAX));
    Ok(DayCounts { assigned, answered, overdue, callbacks, dissatisfied })
}

/// How a word stands in an event.
fn name_of<T: serde::Serialize>(value: T) -> Result<String, StoreError> {
    let json = serde_json::to_value(value).ok();
    let text = json.and_then(|json| json.as_str().map(str::to_owned));
    text.ok_or(StoreError::Malformed("a word of an event"))
}
