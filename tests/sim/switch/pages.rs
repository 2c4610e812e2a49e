//! A page that is faster than the news of its seat, and one that came again.

use super::base;
use super::desk::{configured, seat, switch};
use mayorline::domain::desk::{DeskEvent, SeatRole, SeatState};
use mayorline::domain::desk_link::{ConnectionId, FromDesk, SeatIdentity, ToDesk};
use mayorline::gateway::clock::Now;
use mayorline::gateway::prompts::Library;
use mayorline::gateway::switch::{Output, Switch};
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::sync::Arc;
use std::time::Duration;

/// A seat that the house does not have at first.
const LATE: usize = 7;

/// How the late seat stands, as it was told last.
fn stands(switch: &mut Switch) -> Option<SeatState> {
    let mut last = None;
    while let Some(output) = switch.poll_output() {
        if let Output::Desk(ToDesk::Event(_, event)) = output
            && let DeskEvent::Seat(view) = *event
            && view.seat == seat(LATE)
        {
            last = Some(view.state);
        }
    }
    last
}

fn connected(connection: u64) -> FromDesk {
    let who =
        SeatIdentity { seat: seat(LATE), name: "王芳".to_owned(), role: SeatRole::Operator };
    FromDesk::Connected { who, connection: ConnectionId(connection) }
}

fn gone(connection: u64) -> FromDesk {
    FromDesk::Gone { seat: seat(LATE), connection: ConnectionId(connection) }
}

#[test]
fn a_page_that_is_there_before_its_seat_is_reachable_when_the_seat_is() {
    let at = |ms| Now {
        monotonic: base() + Duration::from_millis(ms),
        wall: jiff::Timestamp::UNIX_EPOCH,
    };
    let prompts = Arc::new(Library::load(None).unwrap());
    let mut switch = switch(&mut StdRng::seed_from_u64(1), prompts, at(0));
    let seats: Vec<_> = (0..=LATE).map(configured).collect();
    switch.desk(at(1), connected(1));
    switch.desk(at(2), connected(2));
    switch.desk(at(3), gone(1));
    assert_eq!(stands(&mut switch), None);
    switch.set_seats(at(4), seats.clone());
    assert_eq!(stands(&mut switch), Some(SeatState::Ready));
    // Its end is noticed as that of any other page; the same page twice is one page.
    switch.desk(at(5), gone(2));
    switch.desk(at(6), connected(3));
    switch.desk(at(7), gone(2));
    switch.handle_timeout(at(10_000));
    assert_eq!(stands(&mut switch), None, "one page is open");
    switch.desk(at(11_000), gone(3));
    switch.handle_timeout(at(20_000));
    assert!(stands(&mut switch).is_some_and(|state| state != SeatState::Ready));
}
