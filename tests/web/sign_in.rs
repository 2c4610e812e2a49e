//! Who gets in, and what every answer carries.

use super::house::{House, PASSWORD};
use super::http::{ask, escape, get, own_form, sign_in};

#[tokio::test]
async fn a_person_signs_in_sees_the_page_and_signs_out() {
    let house = House::open().await;
    let before = get(house.address, "/", "").await;
    assert_eq!((before.status, before.header("location")), (303, Some("/sign-in")));
    let page = get(house.address, "/sign-in", "").await;
    assert!(page.body.contains("坐席签入") && page.body.contains("id=\"failed\" hidden"));
    let answer = sign_in(house.address, "801", PASSWORD).await;
    let set = answer.header("set-cookie").unwrap();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict"), "{set}");
    let cookie = set.split(';').next().unwrap();
    assert_eq!(cookie.len(), "mayorline=".len() + 64, "256 random bits");
    let page = get(house.address, "/", cookie).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("id=\"three-way\""));
    assert_eq!(get(house.address, "/session", cookie).await.status, 204);
    let mut headers = own_form(house.address);
    headers.push(format!("Cookie: {cookie}"));
    assert_eq!(ask(house.address, "POST", "/sign-out", &headers, "").await.status, 303);
    assert_eq!(get(house.address, "/session", cookie).await.status, 401);
    assert_eq!(get(house.address, "/", cookie).await.status, 303);
}

#[tokio::test]
async fn a_wrong_password_an_unknown_seat_and_a_lock_look_the_same() {
    let house = House::open().await;
    for number in ["801", "777", "80' OR 1=1", ""] {
        let answer = sign_in(house.address, number, "wrong").await;
        let seen = (answer.status, answer.header("location"), answer.header("set-cookie"));
        assert_eq!(seen, (303, Some("/sign-in?failed"), None), "{number}");
    }
    let failed = get(house.address, "/sign-in?failed", "").await;
    assert!(
        failed.body.contains("工号或密码不对") && !failed.body.contains("id=\"failed\" hidden")
    );
    for _ in 0..4 {
        sign_in(house.address, "801", "wrong").await;
    }
    let locked = sign_in(house.address, "801", PASSWORD).await;
    assert_eq!(locked.header("location"), Some("/sign-in?failed"), "the right one comes too late");
    assert_eq!(sign_in(house.address, "802", PASSWORD).await.header("location"), Some("/"));
}

#[tokio::test]
async fn a_form_of_another_site_is_refused() {
    let house = House::open().await;
    let body = format!("seat=801&password={}", escape(PASSWORD));
    let form = "Content-Type: application/x-www-form-urlencoded".to_owned();
    for origin in [
        Some("http://evil.example".to_owned()),
        Some(format!("https://{}", house.address)),
        Some("null".to_owned()),
        None,
    ] {
        let headers: Vec<_> =
            origin.map(|o| format!("Origin: {o}")).into_iter().chain([form.clone()]).collect();
        for path in ["/sign-in", "/sign-out"] {
            let answer = ask(house.address, "POST", path, &headers, &body).await;
            assert_eq!((answer.status, answer.header("set-cookie")), (403, None), "{headers:?}");
        }
    }
    for (origin, site, status) in [
        ("null".to_owned(), "same-origin", 303), // a form of a page that sends no referrer
        ("null".to_owned(), "cross-site", 403),  // a frame that is locked in
        (format!("http://{}", house.address), "cross-site", 403),
        ("http://evil.example".to_owned(), "same-origin", 403),
    ] {
        let site = format!("Sec-Fetch-Site: {site}");
        let headers = [format!("Origin: {origin}"), site, form.clone()];
        let answer = ask(house.address, "POST", "/sign-in", &headers, &body).await;
        assert_eq!(answer.status, status, "{headers:?}");
    }
}

#[tokio::test]
async fn every_answer_carries_the_strict_headers() {
    let house = House::open().await;
    let cookie = house.sign_in("801").await;
    for path in ["/", "/sign-in", "/assets/desk.js", "/assets/none.js", "/nowhere", "/session"] {
        let answer = get(house.address, path, &cookie).await;
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{path}: {policy}");
        assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(answer.header("mayorline-demo"), None, "{path}: the city is a real one");
    }
    let script = get(house.address, "/assets/desk.js", &cookie).await;
    assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
}

#[tokio::test]
async fn no_page_has_a_script_or_a_style_inside() {
    let house = House::open().await;
    let cookie = house.sign_in("801").await;
    for path in ["/", "/sign-in"] {
        let page = get(house.address, path, &cookie).await.body;
        for inline in ["<style", "style=", "onclick", "javascript:", "<script>"] {
            assert!(!page.contains(inline), "{path}: {inline}");
        }
    }
}

#[tokio::test]
async fn only_the_files_of_the_page_are_served() {
    let house = House::open().await;
    for path in [
        "/assets/../mod.rs",
        "/assets/..%2Fmod.rs",
        "/assets/desk.html",
        "/assets/%2e%2e%2fmod.rs",
        "/assets//etc/passwd",
    ] {
        assert_eq!(get(house.address, path, "").await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_form_that_is_too_large_is_refused() {
    let house = House::open().await;
    let body = format!("seat=801&password={}", "a".repeat(100_000));
    let answer = ask(house.address, "POST", "/sign-in", &own_form(house.address), &body).await;
    assert_eq!(answer.status, 413);
}
