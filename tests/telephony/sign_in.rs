//! The sign-in code: a telephone that registers takes no calls until its person dials the code, hears
//! by two tones that it is in, and by the same two the other way round that it is out.

use crate::foreign_seats::{MD5, PASSWORD, hears_the_seat, house, microphone, registered};
use crate::line::House;
use crate::seats::SOON;
use crate::support::audio::tone_ms;
use crate::support::clients::baresip::Baresip;
use crate::support::clients::{Seat, Transport};
use crate::support::wait_for;
use std::time::Duration;

const CODE: &str = "*11";
const LOW_HZ: f64 = 450.0;
const HIGH_HZ: f64 = 600.0;
/// Of the half second of each tone; baresip begins to play out late.
const TONE_MS_MIN: usize = 300;
/// A seat that is ready is offered a caller under the greeting, at once.
const OFFERED_WITHIN: Duration = Duration::from_secs(3);

/// baresip says "terminated" only of a call that lasted a whole second, and this of each.
const CLOSED: &str = "session closed";

pub(crate) fn a_telephone_takes_calls_once_its_person_has_dialled_the_code() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let house = house(folder.path(), &[MD5, &format!("seats.sign_in_code={CODE}")]);
    let registrar = house.service.address("udp");
    let seat = Seat { number: "801", password: PASSWORD, registrar, transport: Transport::Udp };
    let mut phone = Baresip::at_seat(seat, &microphone(folder.path()));
    registered(&house, Transport::Udp, &phone);

    rings_nobody(&house, &phone, 0, "19900000071");
    dials_and_hears(&mut phone, &house, 1, [LOW_HZ, HIGH_HZ]);

    let call = house.dial("19900000072");
    phone.wait_printed_times("Incoming call", 1, SOON);
    phone.lift();
    hears_the_seat(&house, &call, &phone);
    call.hang_up();
    phone.wait_printed_times(CLOSED, 2, SOON);

    // The wrap-up lasts a second in this house; while it lasts the code means the same.
    dials_and_hears(&mut phone, &house, 3, [HIGH_HZ, LOW_HZ]);
    rings_nobody(&house, &phone, 1, "19900000073");
    phone.quit();
    assert!(house.service.stop().success());
}

/// Dials the code as its n-th call; the house hangs up when it has been heard.
fn dials_and_hears(phone: &mut Baresip, house: &House, nth: usize, pitches: [f64; 2]) {
    phone.dial(CODE, house.service.address("udp"));
    phone.wait_printed_times(CLOSED, nth, SOON);
    let heard = wait_for(SOON, || {
        let heard = phone.heard();
        let first = heard.len() / 2;
        let (before, behind) = heard.split_at(first);
        let ms = [tone_ms(before, pitches[0], 0.8), tone_ms(behind, pitches[1], 0.8)];
        ms.iter().all(|ms| *ms >= TONE_MS_MIN).then_some(ms)
    });
    let all = phone.heard();
    let told = [LOW_HZ, HIGH_HZ].map(|pitch| tone_ms(&all, pitch, 0.8));
    assert!(heard.is_some(), "of {pitches:?} Hz the phone heard {told:?} ms low and high");
}

/// A caller is not offered to the phone, which has rung so many times before.
fn rings_nobody(house: &House, phone: &Baresip, rung: usize, from: &str) {
    let call = house.dial(from);
    std::thread::sleep(OFFERED_WITHIN);
    let printed = phone.output();
    assert_eq!(printed.matches("Incoming call").count(), rung, "it rings signed out\n{printed}");
    call.hang_up();
}
