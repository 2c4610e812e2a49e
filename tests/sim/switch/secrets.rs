//! Secrets (隐私暂停) and the recording: silence from the first word to the end of the secret.

use super::desk::{TRUNK_PORT, seat};
use super::line::{Line, sdp};
use mayorline::domain::desk::{DeskCommand, DeskReply};

const DONE: Option<DeskReply> = Some(DeskReply::Done);
/// A secret ends by itself after that (`room.secret_seconds_max`).
const LONGEST_MS: u64 = 180_000;

fn secret(on: bool) -> DeskCommand {
    DeskCommand::Secret { on }
}

#[test]
fn a_secret_that_nobody_ends_ends_by_itself() {
    let mut line = Line::talk();
    let own = line.own();
    assert_eq!(line.ask(&own, secret(true)), DONE);
    assert!(line.records(0).1, "what the citizen says is not kept");
    line.pass(LONGEST_MS - 1_000);
    assert!(line.records(0).1);
    line.pass(2_000);
    assert!(!line.records(0).1, "it is kept again");
}

#[test]
fn a_secret_ends_with_the_seat_that_began_it() {
    let mut line = Line::talk();
    let own = line.own();
    assert_eq!(line.ask(&own, secret(true)), DONE);
    assert_eq!(line.ask(&own, DeskCommand::HangUp), DONE);
    line.pass(200);
    assert!(!line.records(0).1, "what the citizen says to the line is kept");
}

#[test]
fn a_callback_is_recorded_after_a_secret_that_began_before_it() {
    let (mut line, me) = (Line::new(), seat(0));
    assert_eq!(line.ask(&me, DeskCommand::CallBack { task: 1 }), None);
    line.pass(50);
    line.lift();
    let rung = line.requests(TRUNK_PORT, "INVITE").pop().expect("the citizen is rung");
    assert_eq!(line.ask(&me, secret(true)), DONE);
    line.reply(TRUNK_PORT, &rung, 200, &sdp(30_200));
    line.pass(100);
    assert_eq!((line.heard_by(0), line.heard_by(1)), (vec![1], vec![0]), "they talk");
    assert_eq!(line.records(1), (false, true), "nothing of it is kept");
    assert_eq!(line.ask(&me, secret(false)), DONE);
    assert_eq!(line.records(1), (true, false), "and what follows is");
}
