//! Trunks that are asked whether they are there (OPTIONS): one that is silent is passed over before a
//! call is lost to it, and used again when it answers.

use crate::carrier::{CALLED, Talk};
use crate::hearing::Hears::Of;
use crate::hearing::{Party, SEAT, UNIT, heard};
use crate::seats::SOON;
use crate::support::free_udp_port;
use crate::support::phone::{Habit, Phone};
use crate::support::wait_for;
use serde_json::json;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// OPTIONS each second, and two that are not answered within 4 s each.
const DOWN_LIMIT: Duration = Duration::from_secs(20);
/// Two good answers.
const UP_LIMIT: Duration = Duration::from_secs(15);
/// A trunk that answers nothing costs a call 4 s; one that is known to be down costs it nothing.
const AT_ONCE: Duration = Duration::from_millis(2_500);
const UP: &str = "a trunk is up";
const DOWN: &str = "ALARM a trunk is down";

/// How often the log has said so of that trunk.
fn times(talk: &Talk, words: &str, trunk: usize) -> usize {
    let (log, of_trunk) = (talk.house.service.stderr(), format!("trunk={trunk}"));
    log.lines().filter(|line| line.contains(words) && line.contains(&of_trunk)).count()
}

/// Waits until it has said so that often.
fn told(talk: &Talk, words: &str, (trunk, often): (usize, usize), limit: Duration) {
    let found = wait_for(limit, || (times(talk, words, trunk) >= often).then_some(()));
    assert!(found.is_some(), "no {words:?} of trunk {trunk}\n{}", talk.house.service.stderr());
}

/// The seat consults the number, which is rung at this telephone and at once, and hears it there.
fn consults_by(talk: &Talk, trunk: &Phone, seat: &Party<'_>, who: &'static str) {
    let begun = Instant::now();
    let target = json!({"kind": "outside", "number": CALLED});
    let wish = talk.desk.begin(&json!({"do": "consult", "target": target}));
    assert!(trunk.wait_ringing(SOON), "{who} does not ring\n{}", talk.house.service.stderr());
    assert!(begun.elapsed() < AT_ONCE, "{who} rings only after {:?}", begun.elapsed());
    trunk.answer();
    let answer = talk.desk.answer(wish);
    assert_eq!(answer["result"], "done", "{answer}");
    let party = talk.desk.party("outside", "consulting");
    heard(who, &[(seat, Of(&[&Party::phone(who, UNIT, trunk)]))]);
    talk.desk.done(json!({"do": "drop", "party": party}));
    assert!(trunk.wait_over(SOON), "the leg ends");
}

pub(crate) fn a_trunk_that_is_silent_to_options_is_passed_over_and_comes_back() {
    let ports = [free_udp_port(), free_udp_port()];
    let nobody = SocketAddr::from(([127, 0, 0, 1], 5060));
    // They answer from before the service asks for the first time on.
    let [first, second] =
        ports.map(|port| Phone::outside(nobody, CALLED, port).habit(Habit::Rings));
    let trunk = |port: u16| format!("{{ address = \"127.0.0.1:{port}\", options_seconds = 1 }}");
    let trunks = format!("outgoing.trunk=[{}, {}]", trunk(ports[0]), trunk(ports[1]));
    let settings = ["outgoing.number=053712345000".to_owned(), trunks];
    let talk = Talk::with("19900000078", &["801"], &settings);
    told(&talk, UP, (0, 1), SOON);
    told(&talk, UP, (1, 1), SOON);
    let seat = Party::phone("the seat", SEAT, &talk.seat);
    consults_by(&talk, &first, &seat, "the first trunk");
    assert_eq!((first.calls(), second.calls()), (1, 0));

    first.set_habit(Habit::Silent);
    told(&talk, DOWN, (0, 1), DOWN_LIMIT);
    consults_by(&talk, &second, &seat, "the second trunk");
    assert_eq!(times(&talk, DOWN, 1), 0, "the second is there all the time");

    first.set_habit(Habit::Rings);
    told(&talk, UP, (0, 2), UP_LIMIT);
    consults_by(&talk, &first, &seat, "the first trunk again");
    assert_eq!((first.calls(), second.calls()), (2, 1));
    assert_eq!(talk.call.request("BYE", "", ""), Some(200));
    assert!(talk.seat.wait_over(SOON));
}
