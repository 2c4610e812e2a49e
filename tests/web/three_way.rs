//! A three-way call (三方通话) with the seat in Chromium: who hears whom, by tones, while legs come and go.

use super::live::{Live, Person, SOON, Voice, all_speak, hears};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// A page that was away is back in its call within this.
const BACK_MAX: Duration = Duration::from_secs(3);

/// The unit is consulted, presses 1 and is joined, all by the page.
async fn join_unit(live: &Live, seat: &mut Person) {
    seat.page
        .value(
            "(() => { const form = document.getElementById('target'); \
             form.elements.kind.value = 'unit'; form.elements.value.value = 'unit.13'; \
             form.querySelector('[value=consult]').click(); })()",
        )
        .await;
    assert!(live.outside.wait_ringing(SOON), "the duty telephone rings");
    live.outside.answer();
    assert!(live.outside.wait_talking(SOON));
    sleep(Duration::from_millis(500)).await;
    live.outside.press("1");
    seat.result("consult", "done").await;
    seat.click_at(".party[data-state=consulting]", "并入三方").await;
    seat.talking(3).await;
    // W03 is heard by all.
    sleep(Duration::from_secs(1)).await;
}

#[tokio::test]
async fn a_page_in_a_three_way_call_hears_the_others_alike_and_never_itself() {
    let live = Live::open(&[("801", "operator")]);
    let mut seat = Person::sign_in(&live, "801").await;
    seat.state("ready").await;
    let call = live.dial("19900000031");
    seat.answer().await;
    seat.talking(2).await;
    let (citizen, unit) =
        (Voice::Citizen(Arc::clone(&call)), Voice::Phone(Arc::clone(&live.outside)));
    sleep(Duration::from_secs(1)).await;
    citizen.wait_quiet();
    let [at_citizen, at_page, _] = all_speak(Some(&call), &mut seat, None).await;
    hears("the citizen", at_citizen, &[1]);
    hears("the page", at_page, &[0]);

    join_unit(&live, &mut seat).await;
    citizen.wait_quiet();
    unit.wait_quiet();
    seat.page.picture("live-three-way").await;
    let [at_citizen, at_page, at_unit] =
        all_speak(Some(&call), &mut seat, Some(&live.outside)).await;
    hears("the citizen", at_citizen, &[1, 2]);
    hears("the page", at_page, &[0, 2]);
    hears("the unit", at_unit, &[0, 1]);

    // The unit is put out: the two others go on.
    seat.click_at(".party[data-kind=unit]", "请出").await;
    assert!(live.outside.wait_over(SOON), "the unit's leg ends");
    seat.talking(2).await;
    citizen.wait_quiet();
    let [at_citizen, at_page, _] = all_speak(Some(&call), &mut seat, None).await;
    hears("the citizen", at_citizen, &[1]);
    hears("the page", at_page, &[0]);

    // The page leaves: the two others go on (W07). It comes back.
    join_unit(&live, &mut seat).await;
    seat.click("#leave").await;
    seat.result("leave", "done").await;
    seat.page.wait("document.getElementById('remote').srcObject === null").await;
    sleep(Duration::from_secs(1)).await;
    citizen.wait_quiet();
    unit.wait_quiet();
    let [at_citizen, at_page, at_unit] =
        all_speak(Some(&call), &mut seat, Some(&live.outside)).await;
    hears("the citizen", at_citizen, &[2]);
    hears("the unit", at_unit, &[0]);
    assert!(at_page.is_none());
    seat.click("#returns button").await;
    seat.result("return", "done").await;
    seat.talking(3).await;
    seat.sound("on").await;
    sleep(Duration::from_secs(1)).await;
    citizen.wait_quiet();
    unit.wait_quiet();
    let [at_citizen, at_page, at_unit] =
        all_speak(Some(&call), &mut seat, Some(&live.outside)).await;
    hears("the citizen", at_citizen, &[1, 2]);
    hears("the page", at_page, &[0, 2]);
    hears("the unit", at_unit, &[0, 1]);

    // The citizen hangs up: page and unit may say goodbye to each other. The page hangs up: all is
    // over, and the outcome is owed before the wrap-up.
    assert_eq!(call.request("BYE", "", ""), Some(200));
    seat.talking(2).await;
    let [_, at_page, at_unit] = all_speak(None, &mut seat, Some(&live.outside)).await;
    hears("the page", at_page, &[2]);
    hears("the unit", at_unit, &[1]);
    seat.click("#hang-up").await;
    seat.result("hang_up", "done").await;
    assert!(live.outside.wait_over(SOON), "the unit's leg ends");
    seat.state("wrap_up").await;
    seat.page.wait("document.getElementById('remote').srcObject === null").await;
    wrap_up(&mut seat, "three_way").await;
    seat.result("wrap_up", "refused").await;
    seat.page
        .value(
            "(() => { const form = document.getElementById('outcome'); \
             form.elements.result.value = 'solved'; form.requestSubmit(); })()",
        )
        .await;
    seat.result("outcome", "done").await;
    wrap_up(&mut seat, "three_way").await;
    seat.result("wrap_up", "done").await;
    seat.state("ready").await;
    seat.no_complaints();
    page_reported(&live);
    drop(seat);
    assert!(live.service.stop().success());
}

/// The page's own reports (RTCP) of what it lost stand in the account of the call.
fn page_reported(live: &Live) {
    let list = live.service.json(&["call", "list"]);
    let shown = live.service.json(&["call", "show", list[0]["id"].as_str().unwrap()]);
    let reported = shown["legs"].as_array().unwrap().iter().find_map(|leg| {
        let by = leg["reported"]["by"].as_str()?;
        by.contains("801").then_some(&leg["reported"])
    });
    let reported = reported.unwrap_or_else(|| panic!("the page reported nothing: {shown}"));
    assert!(reported["lost"].as_u64().unwrap() < 50, "{reported}");
}

/// Chooses what becomes of the matter and submits.
pub(crate) async fn wrap_up(seat: &mut Person, disposition: &str) {
    seat.page.wait("!document.getElementById('wrap-up').hidden").await;
    let fill = format!(
        "(() => {{ const form = document.getElementById('wrap-up-form'); \
         form.elements.disposition.value = '{disposition}'; form.requestSubmit(); }})()"
    );
    seat.page.value(&fill).await;
}

#[tokio::test]
async fn a_page_that_is_loaded_anew_in_a_call_is_back_in_it_within_three_seconds() {
    let live = Live::open(&[("801", "operator")]);
    let mut seat = Person::sign_in(&live, "801").await;
    seat.state("ready").await;
    let call = live.dial("19900000041");
    seat.answer().await;
    seat.talking(2).await;
    seat.page.value("window.before = true").await;
    let begin = Instant::now();
    seat.page.value("location.reload()").await;
    let back = "window.before === undefined \
                && document.getElementById('sound')?.dataset.sound === 'on'";
    seat.page.wait(back).await;
    println!("loaded anew: the sound of the running program is back after {:?}", begin.elapsed());
    assert!(begin.elapsed() < BACK_MAX, "{:?}", begin.elapsed());
    assert!(!call.ended(), "the call was lost with the page");
    seat.talking(2).await;
    Voice::Citizen(Arc::clone(&call)).wait_quiet();
    let [at_citizen, at_page, _] = all_speak(Some(&call), &mut seat, None).await;
    hears("the citizen", at_citizen, &[1]);
    hears("the page", at_page, &[0]);
    seat.no_complaints();
}
