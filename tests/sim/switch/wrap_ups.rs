//! What seats owe of their calls, and what becomes of it when the store answers late or not at all.

use super::desk::{SEATS, seat};
use super::line::Line;
use mayorline::domain::desk::{DeskCommand, DeskReply, Disposition, Failure, Refusal, SeatState};
use mayorline::domain::room::NotStored;
use mayorline::gateway::switch::WRAP_UPS_OWED_MAX;
use mayorline::units::{CallId, SeatNumber};

const DOWN: Option<DeskReply> = Some(DeskReply::Failed { why: Failure::StoreDown });
const DONE: Option<DeskReply> = Some(DeskReply::Done);

fn refused(why: Refusal) -> Option<DeskReply> {
    Some(DeskReply::Refused { why })
}

/// All but the first seat have gone home.
fn only(mut line: Line) -> Line {
    for index in 1..SEATS {
        assert_eq!(line.ask(&seat(index), DeskCommand::SignOut), DONE);
    }
    line
}

/// A citizen talks to a seat and hangs up; what the seat owes a wrap-up for.
fn owed(line: &mut Line, name: &str) -> CallId {
    line.dial(name);
    line.hangs_up(name);
    line.owed.last().unwrap().clone()
}

fn said(call: Option<&CallId>, disposition: Disposition, summary: &str) -> DeskCommand {
    let (call, summary) = (call.cloned(), summary.to_owned());
    DeskCommand::WrapUp { call, disposition, nature: None, summary, unit: None }
}

fn kept(call: Option<&CallId>) -> DeskCommand {
    said(call, Disposition::Kept, "路灯不亮")
}

/// The seat talks, and its wrap-up is not stored: it goes on without.
fn owes_for_long(line: &mut Line, seat: &SeatNumber, name: &str) -> CallId {
    let call = owed(line, name);
    line.stores = Some(Err(NotStored::Down));
    assert_eq!(line.ask(seat, kept(None)), DOWN);
    assert_eq!(line.ask(seat, DeskCommand::Ready), DONE);
    line.stores = Some(Ok(()));
    call
}

#[test]
fn a_wrap_up_that_was_stored_late_is_answered_done_when_it_is_sent_again() {
    let (mut line, me) = (only(Line::new()), seat(0));
    let call = owed(&mut line, "late");
    assert_eq!(line.ask(&me, kept(Some(&call))), None);
    line.pass(60_000);
    assert_eq!(line.answer(), DOWN);
    let attempt = line.asked.take().unwrap();
    line.stored(attempt, Ok(()));
    assert_eq!(line.state(&me), Some(SeatState::Ready));
    let again = DeskCommand::Return { call: call.clone() };
    assert_eq!(line.ask(&me, again), refused(Refusal::NoSuchCall), "the call is no more");
    for _ in 0..2 {
        assert_eq!(line.ask(&me, kept(Some(&call))), DONE);
    }
    assert_eq!(line.asked, None, "it is not stored twice");
    for other in [Disposition::Kept, Disposition::Answered] {
        let contrary = line.ask(&me, said(Some(&call), other, "路灯亮了"));
        assert_eq!(contrary, refused(Refusal::CaseRefuses), "not what was stored");
    }
    assert_eq!(line.ask(&seat(1), kept(Some(&call))), refused(Refusal::NoSuchCall));
    assert_eq!(line.ask(&me, kept(None)), refused(Refusal::NoSuchCall));
}

#[test]
fn a_wrap_up_that_names_no_call_is_of_the_one_that_the_seat_was_in_last() {
    let (mut line, me) = (only(Line::new()), seat(0));
    let calls = ["one", "two", "three"].map(|name| owes_for_long(&mut line, &me, name));
    line.left.clear();
    for _ in &calls {
        assert_eq!(line.ask(&me, kept(None)), DONE);
    }
    let backwards: Vec<CallId> = calls.into_iter().rev().collect();
    assert_eq!(line.left, backwards);
}

#[test]
fn a_seat_owes_only_so_many_wrap_ups_and_the_oldest_is_given_up() {
    let (mut line, me) = (only(Line::new()), seat(0));
    let calls: Vec<CallId> = (0..WRAP_UPS_OWED_MAX)
        .map(|n| owes_for_long(&mut line, &me, &format!("call{n}")))
        .collect();
    assert!(line.left.is_empty(), "so many may be owed: {:?}", line.left);
    let last = owed(&mut line, "last");
    assert_eq!(line.left, [calls[0].clone()]);
    assert_eq!(line.state(&me), Some(SeatState::WrapUp), "it is at work on the last one");
    assert_eq!(line.ask(&me, kept(Some(&calls[0]))), refused(Refusal::NoSuchCall));
    for call in calls[1..].iter().chain([&last]) {
        assert_eq!(line.ask(&me, kept(Some(call))), DONE);
    }
    assert_eq!(line.state(&me), Some(SeatState::Ready));
}

#[test]
fn a_wrap_up_of_an_earlier_call_does_not_end_the_work_after_a_later_one() {
    let (mut line, me) = (only(Line::house(false)), seat(0));
    line.stores = Some(Ok(()));
    let first = owed(&mut line, "first");
    line.pass(180_000);
    assert_eq!(line.state(&me), Some(SeatState::Ready), "nobody insists on it");
    let second = owed(&mut line, "second");
    assert_eq!(line.ask(&me, kept(Some(&first))), DONE);
    assert_eq!(line.state(&me), Some(SeatState::WrapUp), "it is at work on the second");
    assert_eq!(line.ask(&me, kept(Some(&second))), DONE);
    assert_eq!(line.state(&me), Some(SeatState::Ready));
}
