//! Buttons of the page at the running program, and what they do to others: declining, calling back,
//! supervising.

use super::live::{CITIZEN_HZ, Live, OTHER_HZ, PAGE_HZ, Person, SOON, Voice, all_speak, hears};
use super::support::audio::tone_share;
use super::support::phone::Habit;
use super::support::wait_for;
use super::three_way::wrap_up;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

#[tokio::test]
async fn a_call_that_is_declined_goes_to_the_next_seat() {
    let live = Live::open(&[("801", "operator"), ("802", "operator")]);
    let mut seat = Person::sign_in(&live, "801").await;
    seat.state("ready").await;
    let call = live.dial("19900000041");
    seat.page.wait("!document.getElementById('offer').hidden").await;
    seat.sound("on").await;
    let other = live.phone("802", Habit::Answers(Duration::ZERO));
    seat.click("#decline").await;
    seat.result("decline", "done").await;
    seat.page.wait("document.getElementById('offer').hidden").await;
    seat.page.wait("document.getElementById('remote').srcObject === null").await;
    assert!(other.wait_talking(Duration::from_secs(10)), "the other seat has the call");
    assert_eq!(call.request("BYE", "", ""), Some(200));
    assert!(other.wait_over(SOON));
    // Each of the two was shown the number; the telephone's is written down beside its ringing.
    wait_audited(&live, "802 contact_shown");
    assert_eq!(live.audited(), ["801 contact_shown", "802 contact_shown"]);
    seat.no_complaints();
}

#[tokio::test]
async fn who_was_missed_stands_in_the_list_and_is_called_back_by_a_click() {
    let live = Live::open(&[("801", "operator"), ("901", "supervisor"), ("701", "leader")]);
    let mut seat = Person::sign_in(&live, "801").await;
    seat.state("ready").await;
    let open =
        |count: u32| format!("document.getElementById('callbacks-open').textContent === '{count}'");
    seat.page.wait(&open(0)).await;
    let call = live.dial("19900000042");
    seat.page.wait("!document.getElementById('offer').hidden").await;
    // Under a few seconds it is no call that was missed.
    sleep(Duration::from_secs(6)).await;
    assert_eq!(call.request("BYE", "", ""), Some(200));
    seat.page.wait(&open(1)).await;
    let row = seat.page.value("document.querySelector('#callbacks li').textContent").await;
    let row = row.as_str().unwrap();
    assert!(row.contains("199****0042") && row.contains("漏接"), "{row}");
    seat.page.picture("live-callbacks").await;

    seat.click("#callbacks button").await;
    let rings = live.outside.wait_ringing(SOON);
    assert!(rings, "the seat is in it at once, the citizen rings: {}", seat.shows().await);
    seat.page.wait("document.querySelector('#callbacks').textContent.includes('正在回拨')").await;
    live.outside.answer();
    seat.result("call_back", "done").await;
    seat.talking(2).await;
    let citizen = Voice::Phone(Arc::clone(&live.outside));
    sleep(Duration::from_secs(1)).await;
    citizen.wait_quiet();
    let [_, at_page, at_citizen] = all_speak(None, &mut seat, Some(&live.outside)).await;
    hears("the page", at_page, &[2]);
    hears("the citizen", at_citizen, &[1]);
    seat.page.picture("live-called-back").await;

    seat.page
        .value(
            "(() => { const form = document.getElementById('callback'); \
             form.elements.outcome.value = 'wrong_person'; form.requestSubmit(); })()",
        )
        .await;
    seat.result("call_back_outcome", "done").await;
    live.outside.hang_up();
    seat.state("wrap_up").await;
    wrap_up(&mut seat, "no_matter").await;
    seat.result("wrap_up", "done").await;
    let list = wait_for(SOON, || {
        let list = live.service.json(&["callback", "list"]);
        (!list["tasks"][0]["outcome"].is_null()).then_some(list)
    });
    let list = list.expect("the attempt is over");
    let task = &list["tasks"][0];
    assert_eq!(task["outcome"], "wrong_person", "{list:#}");
    assert_eq!(task["by"], "801", "{list:#}");
    let done = list["done"].as_u64().unwrap() as u32;
    seat.page.wait(&open(1 - done)).await;
    seat.no_complaints();
    drop(seat);
    // The tasks are nothing of a leader's.
    let mut leader = Person::sign_in(&live, "701").await;
    leader.page.wait("document.getElementById('who').textContent.includes('701')").await;
    sleep(Duration::from_millis(1_500)).await;
    let hidden = "['callback-card', 'past-card'].map((id) => document.getElementById(id).hidden)";
    assert_eq!(leader.page.value(hidden).await, serde_json::json!([true, true]));
}

#[tokio::test]
async fn a_supervisor_listens_whispers_barges_in_and_stops_and_all_of_it_is_audited() {
    let live = Live::open(&[("801", "operator"), ("901", "supervisor")]);
    let mut chief = Person::sign_in(&live, "901").await;
    chief.click("#pause").await;
    chief.state("paused").await;
    let phone = live.phone("801", Habit::Answers(Duration::from_millis(300)));
    let call = live.dial("19900000043");
    assert!(phone.wait_talking(SOON), "the seat answers");
    sleep(Duration::from_secs(1)).await;
    Voice::Citizen(Arc::clone(&call)).wait_quiet();
    let mode = |mode: &str| format!("[data-seat='801'] [data-mode={mode}]");

    chief.click(&mode("listen")).await;
    chief.result("supervise", "done").await;
    chief.sound("on").await;
    chief.page.picture("live-listening").await;
    let [at_citizen, at_chief, at_seat] = all_speak(Some(&call), &mut chief, Some(&phone)).await;
    hears("the citizen", at_citizen, &[2]);
    hears("who listens", at_chief, &[0, 2]);
    hears("the seat", at_seat, &[0]);

    chief.click(&mode("whisper")).await;
    wait_audited(&live, "901 whisper");
    let [at_citizen, at_chief, at_seat] = all_speak(Some(&call), &mut chief, Some(&phone)).await;
    hears("the citizen", at_citizen, &[2]);
    hears("who whispers", at_chief, &[0, 2]);
    hears("the seat", at_seat, &[0, 1]);

    chief.click(&mode("barge")).await;
    wait_audited(&live, "901 barge");
    let [at_citizen, at_chief, at_seat] = all_speak(Some(&call), &mut chief, Some(&phone)).await;
    hears("the citizen", at_citizen, &[1, 2]);
    hears("who barges in", at_chief, &[0, 2]);
    hears("the seat", at_seat, &[0, 1]);
    chief.page.picture("live-barged-in").await;

    chief.click(&mode("stop")).await;
    wait_audited(&live, "901 stop_listening");
    chief.page.wait("document.getElementById('remote').srcObject === null").await;
    let [at_citizen, at_chief, at_seat] = all_speak(Some(&call), &mut chief, Some(&phone)).await;
    hears("the citizen", at_citizen, &[2]);
    hears("the seat", at_seat, &[0]);
    assert!(at_chief.is_none());
    assert_eq!(
        live.audited(),
        ["801 contact_shown", "901 listen", "901 whisper", "901 barge", "901 stop_listening"]
    );
    let subjects: Vec<String> =
        live.audit().into_iter().map(|[_, _, subject, _]| subject).collect();
    let [.., first, second] = &subjects[..] else { panic!("{subjects:?}") };
    assert_eq!(first, second, "all of one call");
    chief.no_complaints();
}

fn wait_audited(live: &Live, what: &str) {
    let found = wait_for(SOON, || live.audited().iter().any(|row| row == what).then_some(()));
    assert!(found.is_some(), "no {what}: {:?}", live.audited());
}

#[tokio::test]
async fn of_two_pages_of_a_seat_the_first_keeps_the_sound_and_the_second_says_so() {
    let live = Live::open(&[("801", "operator")]);
    let mut first = Person::sign_in(&live, "801").await;
    first.state("ready").await;
    let call = live.dial("19900000044");
    first.answer().await;
    first.talking(2).await;
    let mut second = Person::sign_in_during_a_call(&live, "801").await;
    second.sound("elsewhere").await;
    second.page.picture("live-sound-elsewhere").await;
    // Several times it asks again, and never gets it.
    let watch = "(async () => { const seen = new Set(); for (let n = 0; n < 50; n += 1) { \
         seen.add(document.getElementById('sound').dataset.sound); \
         await new Promise((done) => setTimeout(done, 100)); } return [...seen]; })()";
    assert_eq!(second.page.value(watch).await, serde_json::json!(["elsewhere"]));
    assert_eq!(first.page.value(watch).await, serde_json::json!(["on"]));
    let citizen = Voice::Citizen(Arc::clone(&call));
    citizen.wait_quiet();
    let [at_citizen, at_page, _] = all_speak(Some(&call), &mut first, None).await;
    hears("the citizen", at_citizen, &[1]);
    hears("the first page", at_page, &[0]);
    // The first one is closed: the second has the sound, the call goes on.
    first.no_complaints();
    drop(first);
    second.sound("on").await;
    let [at_citizen, at_page, _] = all_speak(Some(&call), &mut second, None).await;
    hears("the citizen", at_citizen, &[1]);
    hears("the second page", at_page, &[0]);
    second.no_complaints();
}

#[tokio::test]
async fn a_recording_is_heard_by_its_operator_who_says_why() {
    let live = Live::open(&[("801", "operator"), ("802", "operator")]);
    let mut seat = Person::sign_in(&live, "801").await;
    seat.state("ready").await;
    let call = live.dial("19900000045");
    seat.answer().await;
    seat.talking(2).await;
    sleep(Duration::from_secs(1)).await;
    Voice::Citizen(Arc::clone(&call)).wait_quiet();
    all_speak(Some(&call), &mut seat, None).await;
    assert_eq!(call.request("BYE", "", ""), Some(200));
    wrap_up(&mut seat, "answered").await;
    seat.state("ready").await;

    seat.click("#past-card summary").await;
    let row = "document.querySelector('#past button')";
    for _ in 0..20 {
        if seat.page.value(&format!("!!{row}")).await == true {
            break;
        }
        sleep(Duration::from_millis(500)).await;
        seat.click("#past-refresh").await;
    }
    let shown = seat.page.value("document.querySelector('#past li').textContent").await;
    let shown = shown.as_str().unwrap();
    assert!(shown.contains("199****0045") && shown.contains("801"), "{shown}");
    seat.click("#past button").await;
    let submit = "document.getElementById('playback').requestSubmit()";
    seat.page.value(submit).await;
    sleep(Duration::from_millis(300)).await;
    assert!(!live.audited().iter().any(|row| row.contains("playback")), "no reason, nothing heard");
    seat.page
        .value("document.getElementById('playback').elements.reason.value = '核实承诺的期限'")
        .await;
    seat.page.picture("live-reason").await;
    seat.click("#playback button").await;
    seat.result("playback", "done").await;
    seat.page.wait("document.getElementById('player').duration > 3").await;
    seat.page.picture("live-playback").await;

    // Recorded is what was said after the notice: both tones together.
    let heard = seat
        .page
        .value(
            "(async () => { const player = document.getElementById('player'); \
             const context = new AudioContext({ sampleRate: 8000 }); await context.resume(); \
             const analyser = context.createAnalyser(); analyser.fftSize = 16384; \
             player.currentTime = 1; \
             await new Promise((done) => player.addEventListener('seeked', done, { once: true })); \
             await player.play(); context.createMediaStreamSource(player.captureStream()).connect(analyser); \
             await new Promise((done) => setTimeout(done, 2200)); \
             const samples = new Float32Array(analyser.fftSize); \
             analyser.getFloatTimeDomainData(samples); await context.close(); \
             return [...samples].map((x) => Math.round(x * 32768)); })()",
        )
        .await;
    let samples: Vec<i16> =
        heard.as_array().unwrap().iter().map(|x| x.as_i64().unwrap() as i16).collect();
    let loud = super::support::audio::loudest(&samples).unwrap();
    let shares = [CITIZEN_HZ, PAGE_HZ, OTHER_HZ].map(|hz| tone_share(loud, hz));
    println!("in the recording: {shares:.4?}");
    assert!(shares[0] > 0.4 && shares[1] > 0.4 && shares[2] < 1e-3, "{shares:?}");

    let rows = live.audit();
    let [actor, kind, subject, reason] = rows.last().unwrap();
    assert_eq!((actor.as_str(), kind.as_str()), ("801", "playback"));
    assert!(subject.starts_with("recordings/") && subject.ends_with(".wav"), "{subject}");
    assert_eq!(reason, "核实承诺的期限 [127.0.0.1]");
    seat.no_complaints();
    others_are_refused(&live).await;
}

/// Another operator, by hand: what is not his own he neither sees nor hears.
async fn others_are_refused(live: &Live) {
    use super::http::{ask, get, own_form, sign_in};
    let address = live.pages();
    let cookie = |answer: &super::http::Answer| {
        answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
    };
    let other = cookie(&sign_in(address, "802", super::live::PASSWORD).await);
    let list = get(address, "/calls", &other).await;
    assert_eq!((list.status, list.body.as_str()), (200, "[]"));
    let mut headers = own_form(address);
    headers.push(format!("Cookie: {other}"));
    let answer = ask(address, "POST", "/playback", &headers, "recording=1&reason=abcd").await;
    assert_eq!((answer.status, answer.body.as_str()), (403, r#"{"why":"not_allowed"}"#));
    let answer = ask(address, "POST", "/playback", &headers, "recording=99&reason=abcd").await;
    assert_eq!((answer.status, answer.body.as_str()), (404, r#"{"why":"no_such_recording"}"#));
    let playbacks = live.audited().iter().filter(|row| row.contains("playback")).count();
    assert_eq!(playbacks, 1, "what is refused is not heard");
}
