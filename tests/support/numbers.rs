//! A day of which numbers are taken (domain.md 6.3), counted up as the table wants it.

use jiff::tz::{TimeZone, offset};
use jiff::{Timestamp, ToSpan};
use rusqlite::{Connection, OptionalExtension};
use std::path::Path;

/// Takes all numbers of today, and of tomorrow, because it may be about midnight.
pub fn spend_today(data: &Path) {
    let today = Timestamp::now().to_zoned(TimeZone::fixed(offset(8))).date();
    for day in [today, today.saturating_add(1.day())] {
        leave(data, day.strftime("%y%m%d").to_string().parse().unwrap(), 0);
    }
}

/// Takes numbers of a day (YYMMDD) until so many are left.
pub fn leave(data: &Path, day: u32, left: u16) {
    let last = 9_999 - left;
    let mut db = Connection::open(data.join("mayorline.db")).unwrap();
    let taking = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    let find = "SELECT last FROM day_sequence WHERE day = ?1";
    let taken: Option<u16> = taking.query_row(find, [day], |row| row.get(0)).optional().unwrap();
    if taken.is_none() {
        taking.execute("INSERT INTO day_sequence VALUES (?1, 1)", [day]).unwrap();
    }
    let mut next =
        taking.prepare("UPDATE day_sequence SET last = last + 1 WHERE day = ?1").unwrap();
    for _ in taken.unwrap_or(1)..last {
        next.execute([day]).unwrap();
    }
    drop(next);
    taking.commit().unwrap();
}
