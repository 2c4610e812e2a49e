//! Whom a warning names: the rules say which posts it goes to, the directory of the day who holds them. That
//! is put into the event before it is stored, so that it stays as it was then (domain.md E4).

use super::directory;
use super::error::{StoreError, unless_damaged};
use crate::domain::case::{
    Case, CaseEvent, DutyMatch, Post, PostTold, Record, local_day, units_warned,
};
use crate::domain::directory::Answering;
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::Connection;

/// Names the current persons of the posts of each warning among these events, which are about to happen to
/// the case. A damaged row of the directory keeps no case from going on: nobody is named then.
pub(super) fn name_persons(
    db: &Connection,
    now: Timestamp,
    case: &Case,
    events: &mut [CaseEvent],
) -> Result<(), StoreError> {
    for event in events {
        let CaseEvent::Record(record) = event else { continue };
        let Record::Warned { warning, at, posts, told, .. } = &mut **record else { continue };
        for unit in units_warned(case, *warning, *at) {
            let named = of_unit(db, local_day(now), case, (unit, posts.as_slice()));
            let named = unless_damaged(named, |error| {
                tracing::error!(unit, %error, "ALARM the directory is damaged: a warning names nobody");
            })?;
            told.extend(named.into_iter().flatten());
        }
        told.iter().for_each(note_vacancy);
    }
    Ok(())
}

fn of_unit(
    db: &Connection,
    day: Date,
    case: &Case,
    (unit, posts): (&str, &[Post]),
) -> Result<Vec<PostTold>, StoreError> {
    let item = match &case.work.duty {
        Some(DutyMatch::Item(reference)) => directory::duty_item(db, day, reference)?,
        Some(DutyMatch::None) | None => None,
    };
    let handler = case.work.handler.as_deref().filter(|_| case.unit.as_deref() == Some(unit));
    let answering = Answering { item: item.as_ref(), handler };
    Ok(directory::of_unit(db, day, unit)?.posts_told(unit, posts, answering))
}

/// A post without a current person is a defect of the directory: the log says of which unit, and who is told
/// in its place.
fn note_vacancy(told: &PostTold) {
    let Some(instead) = told.instead else { return };
    let (unit, post) = (told.unit.as_str(), told.post.title());
    tracing::warn!(
        unit,
        post,
        instead = instead.title(),
        "a post of the directory has no current person: a warning goes to who stands in"
    );
}
