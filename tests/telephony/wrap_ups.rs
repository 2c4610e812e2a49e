//! What a person at a seat has written of a talk is told to be done after its commit alone: a power
//! cut right behind the answer loses nothing, and while the disk is full the seat is told so, takes
//! calls all the same, and sends it again.

use crate::line::{House, case_row};
use crate::seats::{PASSWORD, SOON, phone};
use crate::support::desk::Desk;
use crate::support::phone::{Habit, Phone};
use crate::support::service::{Service, Start};
use crate::support::wait_for;
use crate::three_way::pages;
use serde_json::{Value, json};
use std::time::Duration;

/// A house with seat 801, its telephone and its page.
fn staffed(how: impl FnOnce(Start) -> Start) -> (House, Phone, Desk) {
    let house = House::with(how);
    house.service.add_seat("801", "operator", PASSWORD);
    std::thread::sleep(Duration::from_millis(1_300));
    let desk = Desk::open(pages(&house), "801", PASSWORD);
    let phone = phone(&house, "801", Habit::Answers(Duration::from_millis(300)));
    (house, phone, desk)
}

/// A citizen talks to the seat and hangs up; the call, whose wrap-up is owed now.
fn talk(
    house: &House,
    phone: &Phone,
    desk: &Desk,
    from: &str,
    while_talking: impl FnOnce(),
) -> String {
    let call = house.dial(from);
    assert!(phone.wait_talking(SOON), "the seat answers");
    desk.party("citizen", "talking");
    std::thread::sleep(Duration::from_secs(1));
    while_talking();
    call.hang_up();
    assert!(phone.wait_over(SOON));
    let owed = desk.event("wrap_up", |_| true);
    owed["call"].as_str().unwrap().to_owned()
}

fn kept(summary: &str) -> Value {
    json!({"do": "wrap_up", "disposition": "kept", "nature": "suggest", "summary": summary})
}

fn of(call: &str, summary: &str) -> Value {
    let mut wrap_up = kept(summary);
    wrap_up["call"] = json!(call);
    wrap_up
}

fn wait_state(desk: &Desk, state: &str) {
    let found = wait_for(SOON, || (desk.seat_state().as_deref() == Some(state)).then_some(()));
    assert!(found.is_some(), "the seat is {:?}, not {state}", desk.seat_state());
}

/// The case that was kept, with the operator's words.
fn stands(service: &Service, summary: &str) {
    let row = case_row(service, |row| row["state"] == "kept");
    let shown = service.json(&["case", "show", row["number"].as_str().unwrap()]);
    assert!(shown.to_string().contains(summary), "{shown:#}");
}

pub(crate) fn a_wrap_up_that_was_done_is_there_after_a_power_cut() {
    let (house, phone, desk) = staffed(|start| start);
    talk(&house, &phone, &desk, "19900000041", || {});
    desk.done(kept("建议增加路灯"));
    let House { service, folder } = house;
    service.kill();
    let service = Start::new(folder.path()).run();
    stands(&service, "建议增加路灯");
    assert!(service.stop().success());
}

pub(crate) fn on_a_full_disk_a_wrap_up_is_not_done_the_seat_goes_on_and_sends_it_again() {
    let (house, phone, desk) = staffed(Start::fillable);
    let fill = || house.service.leave_room(Some(0));
    let call = talk(&house, &phone, &desk, "19900000042", fill);
    let early = desk.command(json!({"do": "ready"}));
    assert_eq!(early["why"], "disposition_missing", "{early}");
    for _ in 0..2 {
        let answer = desk.command(of(&call, "建议加开公交"));
        assert_eq!((&answer["result"], &answer["why"]), (&json!("failed"), &json!("store_down")));
    }
    desk.done(json!({"do": "ready"}));
    wait_state(&desk, "ready");
    house.service.leave_room(None);
    let stored = wait_for(Duration::from_secs(15), || {
        (desk.command(of(&call, "建议加开公交"))["result"] == "done").then_some(())
    });
    assert!(stored.is_some(), "it is not taken after the disk is well\n{}", house.service.stderr());
    wait_state(&desk, "ready");
    stands(&house.service, "建议加开公交");
    let again = desk.command(of(&call, "建议加开公交"));
    assert_eq!(again["result"], "done", "it is stored: {again}");
    let other = desk.command(of(&call, "建议减少公交"));
    assert_eq!(other["why"], "case_refuses", "which is not what is stored: {other}");
    let alarms = house.service.stderr().matches("ALARM wrap-ups are not stored").count();
    assert_eq!(alarms, 1, "one outage, one alarm\n{}", house.service.stderr());
    assert!(house.service.stop().success());
}
