//! Recordings over HTTP: who is let in, what must be said, and the pieces that are asked for.

use super::house::House;
use super::http::{Answer, ask, escape, get, own_form};

async fn wish(house: &House, cookie: &str, body: &str) -> Answer {
    let mut headers = own_form(house.address);
    headers.push(format!("Cookie: {cookie}"));
    ask(house.address, "POST", "/playback", &headers, body).await
}

/// The path of a recording that was granted.
async fn granted(house: &House, cookie: &str) -> String {
    let body = format!("recording=1&reason={}", escape("核实 内容"));
    let answer = wish(house, cookie, &body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let told: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    format!("/playback/{}", told["play"].as_str().unwrap())
}

#[tokio::test]
async fn only_who_may_and_says_why_hears_a_recording() {
    let house = House::open().await;
    let operator = house.sign_in("801").await;
    let leader = house.sign_in("701").await;
    assert_eq!(get(house.address, "/calls", "").await.status, 401);
    assert_eq!(get(house.address, "/calls", &leader).await.status, 403);
    let list = get(house.address, "/calls", &operator).await;
    assert_eq!(list.header("content-type"), Some("application/json"));
    assert!(list.body.contains("199****0017"), "{}", list.body);
    let reason = escape("核实 内容");
    for (cookie, body, status, why) in [
        (&operator, "recording=1".to_owned(), 400, "reason_missing"),
        (&operator, "recording=1&reason=".to_owned(), 400, "reason_missing"),
        (&operator, "recording=1&reason=%20%0a%20x".to_owned(), 400, "reason_missing"),
        (&operator, format!("recording=1&reason={}", "a".repeat(201)), 400, "reason_missing"),
        (&operator, format!("recording=2&reason={reason}"), 404, "no_such_recording"),
        (&leader, format!("recording=1&reason={reason}"), 403, "not_allowed"),
    ] {
        let answer = wish(&house, cookie, &body).await;
        assert_eq!(answer.status, status, "{body}");
        assert_eq!(answer.body, format!("{{\"why\":\"{why}\"}}"), "{body}");
    }
    // No path, no other type, no other site, nobody signed in.
    let path = format!("recording=..%2f..%2fetc%2fpasswd&reason={reason}");
    assert!((400..500).contains(&wish(&house, &operator, &path).await.status));
    let body = format!("recording=1&reason={reason}");
    assert_eq!(wish(&house, "mayorline=00", &body).await.status, 401);
    let foreign = [
        "Origin: http://evil.example".to_owned(),
        "Content-Type: application/x-www-form-urlencoded".to_owned(),
        format!("Cookie: {operator}"),
    ];
    let answer = ask(house.address, "POST", "/playback", &foreign, &body).await;
    assert_eq!(answer.status, 403);
    assert!(house.shelf.heard.lock().unwrap().is_empty(), "nobody has heard anything");
    granted(&house, &operator).await;
    let heard = house.shelf.heard.lock().unwrap().clone();
    assert_eq!(heard, [("801".to_owned(), "核实 内容 [127.0.0.1]".to_owned())]);
}

#[tokio::test]
async fn a_grant_is_of_its_session_and_is_served_in_pieces() {
    let house = House::open().await;
    let operator = house.sign_in("801").await;
    let path = granted(&house, &operator).await;
    let other = house.sign_in("801").await;
    assert_eq!(get(house.address, &path, &other).await.status, 404, "another session");
    assert_eq!(get(house.address, &path, "").await.status, 401);
    for wrong in ["/playback/", "/playback/00", "/playback/..%2fdesk.html", "/playback/1/2"] {
        assert_eq!(get(house.address, wrong, &operator).await.status, 404, "{wrong}");
    }
    let whole = get(house.address, &path, &operator).await;
    assert_eq!((whole.status, whole.header("content-length")), (200, Some("1000")));
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    assert_eq!(whole.header("content-type"), Some("audio/wav"));
    assert_eq!(whole.header("content-range"), None);
    assert_eq!(whole.header("cache-control"), Some("no-store"));
    for (range, status, told, length) in [
        ("bytes=0-", 206, "bytes 0-999/1000", "1000"),
        ("bytes=65-69", 206, "bytes 65-69/1000", "5"),
        ("bytes=-3", 206, "bytes 997-999/1000", "3"),
        ("bytes=1000-", 416, "bytes */1000", "0"),
    ] {
        let headers = [format!("Cookie: {operator}"), format!("Range: {range}")];
        let answer = ask(house.address, "GET", &path, &headers, "").await;
        let got = (answer.status, answer.header("content-range"), answer.header("content-length"));
        assert_eq!(got, (status, Some(told), Some(length)), "{range}");
        if range == "bytes=65-69" {
            assert_eq!(answer.body, "ABCDE");
        }
    }
    let headers = [format!("Cookie: {operator}"), "Range: lines=1-2".to_owned()];
    assert_eq!(ask(house.address, "GET", &path, &headers, "").await.status, 200);
    let mut headers = own_form(house.address);
    headers.push(format!("Cookie: {operator}"));
    ask(house.address, "POST", "/sign-out", &headers, "").await;
    assert_eq!(get(house.address, &path, &operator).await.status, 401, "signed out");
}
