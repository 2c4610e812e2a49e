//! A telephone that consults by a second call and hands over by its own key: REFER with Replaces
//! (RFC 5589 section 7), as linphone does it.

use crate::foreign_seats::{PASSWORD, hears_music, hears_the_seat, house, microphone, registered};
use crate::handset::Handset;
use crate::seats::{self, SOON, hear_each_other};
use crate::support::audio::wait_quiet;
use crate::support::clients::linphone::Linphone;
use crate::support::clients::{Seat, Transport};
use crate::support::phone::Habit;
use std::time::Duration;

const OPERATORS: &str = "queue.group=[{ name = \"operators\", members = [\"801\"], \
     wrap_up_seconds = 1, disposition_required = false }]";

pub(crate) fn a_telephone_consults_a_second_seat_and_hands_the_citizen_over() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let house = house(folder.path(), &[OPERATORS]);
    house.service.add_seat("802", "operator", seats::PASSWORD);
    let registrar = house.service.udp();
    let seat = Seat { number: "801", password: PASSWORD, registrar, transport: Transport::Udp };
    let mut first = Linphone::at_seat(seat, &microphone(folder.path()));
    registered(&house, Transport::Udp, &first);
    let second = seats::phone(&house, "802", Habit::Answers(Duration::from_millis(300)));

    let call = house.dial("19900000058");
    first.printed(Linphone::RINGS, 1, SOON);
    first.lift();
    hears_the_seat(&house, &call, &first);
    first.consult("802", registrar);
    assert!(second.wait_talking(SOON), "802 is not reached\n{}", Handset::output(&first));
    std::thread::sleep(Duration::from_millis(1_500));
    let from_here = call.heard().audio().len();
    std::thread::sleep(Duration::from_millis(1_500));
    hears_music(&call.samples(from_here));

    first.hand_over();
    first.printed(Linphone::OVER, 2, SOON);
    wait_quiet(|| call.samples(0));
    hear_each_other(&call, &second);
    call.hang_up();
    assert!(second.wait_over(SOON));
    Handset::quit(first);
    assert!(house.service.stop().success());
}
