//! Flags of risk words at a seat, over HTTP: what typed words raise, who may mark one as false, and what
//! must be said.

use super::house::House;
use super::http::{Answer, ask, escape, own_form};
use serde_json::{Value, json};

const CASE: &str = "26112200131";

async fn post(house: &House, cookie: &str, path: &str, body: &str) -> Answer {
    let mut headers = own_form(house.address);
    headers.push(format!("Cookie: {cookie}"));
    ask(house.address, "POST", path, &headers, body).await
}

#[tokio::test]
async fn typed_words_raise_their_flags_for_whoever_is_signed_in() {
    let house = House::open().await;
    let cookie = house.sign_in("801").await;
    let answer = post(&house, &cookie, "/risks", "三十七人联名，再不管就喝农药").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let flags: Value = serde_json::from_str(&answer.body).unwrap();
    let expected = json!([
        {"group": "crowd", "title": "群体", "words": ["联名", "37人"]},
        {"group": "suicide", "title": "轻生", "words": ["喝农药"]},
    ]);
    assert_eq!(flags, expected);
    assert_eq!(post(&house, &cookie, "/risks", "路灯不亮").await.body, "[]");
    // As long as a summary can be, and no longer.
    let long = "灯".repeat(2_000);
    assert_eq!(post(&house, &cookie, "/risks", &long).await.status, 200);
    assert_eq!(post(&house, &cookie, "/risks", &"灯".repeat(3_000)).await.status, 413);
    assert_eq!(post(&house, "mayorline=00", "/risks", "x").await.status, 401);
    let foreign = ["Origin: http://evil.example".to_owned(), format!("Cookie: {cookie}")];
    assert_eq!(ask(house.address, "POST", "/risks", &foreign, "x").await.status, 403);
}

#[tokio::test]
async fn only_who_may_and_says_why_marks_a_flag_as_false() {
    let house = House::open().await;
    let operator = house.sign_in("801").await;
    let leader = house.sign_in("701").await;
    let reason = escape("口头语");
    let flag = format!("case={CASE}&risk=suicide");
    for (cookie, body, status, why) in [
        (&operator, flag.clone(), 400, "reason_missing"),
        (&operator, format!("{flag}&reason=%20x"), 400, "reason_missing"),
        (&operator, format!("case={CASE}&risk=crowd&reason={reason}"), 404, "no_such_flag"),
        (&operator, format!("case={CASE}&risk=weather&reason={reason}"), 404, "no_such_flag"),
        (&operator, format!("case=12345678901&risk=suicide&reason={reason}"), 404, "no_such_flag"),
        (&leader, format!("{flag}&reason={reason}"), 403, "not_allowed"),
    ] {
        let answer = post(&house, cookie, "/false-alarm", &body).await;
        assert_eq!(answer.status, status, "{body}");
        assert_eq!(answer.body, format!("{{\"why\":\"{why}\"}}"), "{body}");
    }
    let body = format!("{flag}&reason={reason}");
    assert_eq!(post(&house, "mayorline=00", "/false-alarm", &body).await.status, 401);
    let foreign = [
        "Origin: http://evil.example".to_owned(),
        "Content-Type: application/x-www-form-urlencoded".to_owned(),
        format!("Cookie: {operator}"),
    ];
    assert_eq!(ask(house.address, "POST", "/false-alarm", &foreign, &body).await.status, 403);
    assert!(house.shelf.marked.lock().unwrap().is_empty(), "nobody has marked anything");
    let done = post(&house, &operator, "/false-alarm", &body).await;
    assert_eq!((done.status, done.body.as_str()), (200, "{\"marked\":true}"));
    let marked = house.shelf.marked.lock().unwrap().clone();
    assert_eq!(marked, [("801".to_owned(), format!("{CASE} 口头语"))]);
}
