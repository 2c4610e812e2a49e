//! Accounts that change under open pages.

use super::house::{House, seat};
use super::http::get;
use super::live::{Live, PASSWORD, Person};
use super::support::desk::Desk;
use mayorline::domain::desk_link::ToDesk;
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_changed_account_ends_the_sessions_of_the_one_before_and_no_others() {
    let house = House::open().await;
    let (changed, kept) = (house.sign_in("801").await, house.sign_in("802").await);
    let change = |at| ToDesk::SeatChanged { seat: seat("801"), changed_at: at };
    // What was signed in with still holds.
    house.to_pages.send(change(Some(jiff::Timestamp::UNIX_EPOCH))).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(get(house.address, "/session", &changed).await.status, 204);
    house.to_pages.send(change(None)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(get(house.address, "/session", &changed).await.status, 401);
    assert_eq!(get(house.address, "/session", &kept).await.status, 204);
}

#[tokio::test]
async fn pages_are_signed_out_when_the_password_changes_and_when_the_seat_is_removed() {
    let live = Live::open(&[("801", "operator")]);
    let mut seat = Person::sign_in(&live, "801").await;
    seat.state("ready").await;
    let (begin, another) = (Instant::now(), "another horse, another battery");
    live.service.set_password("801", another);
    seat.page.wait("location.pathname === '/sign-in'").await;
    println!("signed out {:?} after the password was set", begin.elapsed());
    assert!(begin.elapsed() < Duration::from_secs(4));
    seat.fill_in("801", PASSWORD).await;
    seat.page.wait("location.search === '?failed'").await;
    // At once with the new one: what is told of the change later must not end that.
    live.service.set_password("801", PASSWORD);
    seat.fill_in("801", PASSWORD).await;
    seat.page.wait("document.getElementById('link')?.dataset.up === 'true'").await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(seat.page.value("location.pathname").await, "/");
    live.service.administer(&["seat", "remove", "801"]);
    seat.page.wait("location.pathname === '/sign-in'").await;
}

#[tokio::test]
async fn a_seat_that_was_just_added_takes_calls_by_its_page_without_coming_again() {
    let live = Live::open(&[]);
    live.service.add_seat("803", "operator", PASSWORD);
    let address = live.pages();
    let desk = tokio::task::spawn_blocking(move || Desk::open(address, "803", PASSWORD));
    let desk = desk.await.unwrap();
    desk.event("seat", |seat| seat["state"] == "ready" && seat["seat"] == "803");
    let call = live.dial("19900000046");
    let offer = desk.event("offer", |_| true);
    assert_eq!(offer["caller"], "19900000046");
    desk.done(json!({"do": "decline", "offer": offer["offer"]}));
    assert!(!call.ended());
}
