//! Who ended a call, as its account says.

use super::line::{Line, field};
use mayorline::domain::call::EndedBy;
use mayorline::domain::desk::DeskCommand;

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
