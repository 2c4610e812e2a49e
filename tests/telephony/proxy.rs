//! Kamailio in between, which stays on the route of every call: to a seat's telephone, from a
//! citizen, and as the trunk to a department.

use crate::foreign_seats;
use crate::line::{LINE, PROMPTS, SENTENCE_LIMIT};
use crate::seats::{CITIZEN_HZ, PASSWORD, SEAT_HZ, SOON, hears, house_with, quiet};
use crate::support::audio::tones;
use crate::support::citizen::Dial;
use crate::support::clients::Transport;
use crate::support::clients::baresip::Baresip;
use crate::support::clients::kamailio::Kamailio;
use crate::support::free_udp_port;
use crate::support::phone::{Habit, Phone};
use crate::support::wait_for;
use crate::three_way::{DUTY, Scene, each_hears_the_two_others};
use serde_json::json;
use std::net::SocketAddr;
use std::time::Duration;

pub(crate) fn baresip_registers_holds_and_talks_through_kamailio() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let house = foreign_seats::house(folder.path(), &[foreign_seats::MD5]);
    let us = house.service.udp();
    let kamailio = Kamailio::start(free_udp_port(), us);
    let way = (kamailio.address, Transport::Udp);
    foreign_seats::two_calls::<Baresip>(&house, folder.path(), way, "19900000061");
    // The phone held, came back and hung up the first call; the citizen ended the second.
    let from_phone = |method| kamailio.routed_from_others(method, us);
    let printed = || kamailio.output();
    assert_eq!(from_phone("INVITE"), 2, "hold and resume along the route\n{}", printed());
    assert_eq!(from_phone("BYE"), 1, "{}", printed());
    assert_eq!(kamailio.routed("ACK", us), 2, "ours of both answers\n{}", printed());
    assert_eq!(kamailio.routed("BYE", us), 1, "{}", printed());
    assert!(house.service.stop().success());
}

pub(crate) fn a_citizen_behind_kamailio_talks_holds_and_is_hung_up() {
    let house = house_with(&["801"], &[]);
    let us = house.service.udp();
    let kamailio = Kamailio::start(free_udp_port(), us);
    let mut phone = Phone::new(us, "801", PASSWORD).habit(Habit::Answers(Duration::ZERO));
    assert_eq!(phone.register(), Some(200));
    let call = Dial::new(kamailio.address, LINE).from("19900000062").call();
    let call = call.unwrap_or_else(|e| panic!("{e:?}\n{}", kamailio.output()));
    assert!(phone.wait_talking(SOON), "the seat answers");
    std::thread::sleep(Duration::from_secs(1));
    quiet(|| call.samples(0));
    let (at_call, at_phone) = (call.heard().audio().len(), phone.heard().audio().len());
    std::thread::scope(|scope| {
        scope.spawn(|| call.speak(&tones(&[CITIZEN_HZ], 8_000.0, 1_200)));
        scope.spawn(|| phone.speak(&tones(&[SEAT_HZ], 8_000.0, 1_200)));
    });
    std::thread::sleep(Duration::from_millis(200));
    hears("the citizen", &call.samples(at_call), SEAT_HZ, CITIZEN_HZ);
    hears("the seat", &phone.samples(at_phone), CITIZEN_HZ, SEAT_HZ);
    assert_eq!(call.reinvite("sendonly"), (Some(200), "recvonly".to_owned()));
    assert_eq!(call.reinvite("sendrecv"), (Some(200), "sendrecv".to_owned()));
    phone.hang_up();
    // The survey, unanswered, ends with our BYE.
    PROMPTS.wait(&call, "V01.2", SENTENCE_LIMIT);
    assert!(call.wait_ended(SENTENCE_LIMIT), "our BYE arrives\n{}", kamailio.output());
    assert_eq!(kamailio.routed("BYE", us), 1, "along the route\n{}", kamailio.output());
    assert_eq!(kamailio.routed_from_others("INVITE", us), 2, "{}", kamailio.output());

    let again = Dial::new(kamailio.address, LINE).from("19900000063").call();
    let again = again.unwrap_or_else(|e| panic!("{e:?}\n{}", kamailio.output()));
    assert_eq!(again.hang_up().1, Some(200), "the citizen's BYE finds us");
    assert_eq!(kamailio.routed_from_others("BYE", us), 1, "{}", kamailio.output());
}

pub(crate) fn a_department_is_called_out_through_kamailio() {
    let (proxy, port) = (free_udp_port(), free_udp_port());
    let kamailio = Kamailio::start(proxy, SocketAddr::from(([127, 0, 0, 1], port)));
    let outside = |_: &_| Phone::outside(kamailio.address, DUTY, port);
    let scene = Scene::with("19900000064", proxy, outside);
    scene.join();
    each_hears_the_two_others(&scene.shares());
    let byes = || kamailio.output().matches("along the route: BYE").count();
    scene.unit.hang_up();
    let gone = wait_for(SOON, || {
        let parties = scene.desk.parties();
        parties.iter().all(|p| p["kind"] != "unit" || p["state"] == "gone").then_some(())
    });
    assert!(gone.is_some(), "{:#?}", scene.desk.parties());
    assert_eq!(byes(), 1, "the department's BYE finds us\n{}", kamailio.output());
    let unit = scene.consult();
    scene.desk.done(json!({"do": "drop", "party": unit}));
    assert!(scene.unit.wait_over(SOON), "our BYE arrives\n{}", kamailio.output());
    assert_eq!(byes(), 2, "along the route\n{}", kamailio.output());
    scene.call.hang_up();
}
