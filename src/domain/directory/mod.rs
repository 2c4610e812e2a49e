//! The directory (通讯录) and the catalogue of duties (职责清单): units with their posts, leaders,
//! towns, villages with their three officers (三大员), duty items with limits in fixed form.
//!
//! What is known of one thing is a [`Record`]; it comes in versions that are never overwritten
//! ([`Version`]), and [`Directory::on`] is what holds on one day. [`import::read`] turns the rows of
//! a sheet into records, or says in Chinese what is wrong with each row. Pure: no file, no SQL.

mod counters;
mod coverage;
mod duty;
mod find;
mod held;
pub mod import;
mod limit;
mod notice;
mod people;
mod place;
mod public;
mod record;
mod unit;

pub use counters::Counters;
pub use coverage::{Coverage, Defect, DefectKind, Defects};
pub use duty::{DutyItem, DutyKind, FourIzations, saved_days};
pub use find::{DutyFound, FOUND_MAX, find_duties};
pub use held::Answering;
pub use limit::{LIMIT_NUMBER_MAX, Limit, LimitUnit, NotFixed};
pub use notice::{NOTICE_PHONES_MAX, NoticeTo, is_mail_address};
pub use people::{Leader, Level, Officer, OfficerRole, Post, Term};
pub use place::{Town, Village};
pub use public::{PublicDuty, PublicPerson, PublicUnit, PublicView};
pub use record::{Directory, Kind, Record, Version, next_version};
pub use unit::{Unit, UnitGroup};

#[cfg(test)]
mod tests;
