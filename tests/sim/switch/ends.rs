//! Who ended a call, as its account says.

use super::desk::TRUNK_PORT;
use super::line::{Line, field, sdp};
use mayorline::domain::call::EndedBy;
use mayorline::domain::desk::{DeskCommand, Target};
use mayorline::units::PhoneNumber;

/// Longer than a survey that nobody answers.
const SURVEY_MS: u64 = 600_000;

/// The telephone of the seat hangs up.
fn seat_hangs_up(line: &mut Line) {
    let invite = line.invite.clone().unwrap();
    let port = line.port;
    let bye = format!(
        "BYE sip:x@127.0.0.1:5060 SIP/2.0\r\n\
         Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKbye\r\nMax-Forwards: 70\r\n\
         From: {};tag=p{port}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: 7 BYE\r\n\
         Content-Length: 0\r\n\r\n",
        field(&invite.headers, "To"),
        field(&invite.headers, "From"),
        field(&invite.headers, "Call-ID"),
    );
    line.hear(port, &bye);
}

#[test]
fn a_call_whose_seat_hung_up_was_ended_by_the_seat() {
    let mut line = Line::talk();
    seat_hangs_up(&mut line);
    line.pass(SURVEY_MS);
    assert_eq!(line.ended_by, [EndedBy::Seat], "by its telephone");
    let mut line = Line::talk();
    let own = line.own();
    line.ask(&own, DeskCommand::HangUp);
    line.pass(SURVEY_MS);
    assert_eq!(line.ended_by, [EndedBy::Seat], "by its page");
}

#[test]
fn whoever_is_let_go_because_the_seat_hung_up_ends_nothing() {
    let mut line = Line::talk();
    let (own, number) = (line.own(), PhoneNumber::parse("13900000033").unwrap());
    line.ask(&own, DeskCommand::Consult { target: Target::Outside { number } });
    line.pass(50);
    let rung = line.requests(TRUNK_PORT, "INVITE").pop().expect("he is rung");
    line.reply(TRUNK_PORT, &rung, 200, &sdp(30_300));
    line.pass(200);
    seat_hangs_up(&mut line);
    line.pass(SURVEY_MS);
    assert!(!line.requests(TRUNK_PORT, "BYE").is_empty(), "he is let go");
    assert_eq!(line.ended_by, [EndedBy::Seat]);
}

#[test]
fn a_call_whose_citizen_hung_up_was_ended_by_him() {
    let mut line = Line::talk();
    line.hangs_up("citizen");
    line.pass(SURVEY_MS);
    assert_eq!(line.ended_by, [EndedBy::Citizen]);
    let mut line = Line::talk();
    seat_hangs_up(&mut line);
    line.pass(1_000);
    line.hangs_up("citizen");
    line.pass(SURVEY_MS);
    assert_eq!(line.ended_by, [EndedBy::Citizen], "while he was asked how it was");
}
