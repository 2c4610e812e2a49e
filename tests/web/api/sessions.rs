//! Who gets in: passwords, locks, cookies, other sites, tokens, too many requests.

use super::world::{PASSWORD, World, roles, token};
use crate::folder::noonish;
use crate::http::Answer;
use jiff::{Timestamp, ToSpan};
use mayorline::domain::case::Role;
use mayorline::store::{Administration, PasswordHash};
use mayorline::web::REFUSAL_WAIT;
use serde_json::json;
use std::time::Instant;

async fn sign_in(world: &World, name: &str, password: &str) -> Answer {
    let body = json!({"name": name, "password": password}).to_string();
    world.raw("POST", "/session", &[], &body).await
}

/// The cookie of a session.
async fn cookie(world: &World, name: &str) -> String {
    let answer = sign_in(world, name, PASSWORD).await;
    assert_eq!(answer.status, 201, "{name}: {}", answer.body);
    let set = answer.header("set-cookie").unwrap();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict"), "{set}");
    format!("Cookie: {}", set.split(';').next().unwrap())
}

#[tokio::test]
async fn every_role_signs_in_with_its_password_and_out_again() {
    let world = World::open().await;
    for role in roles() {
        let name = role.as_str();
        let cookie = cookie(&world, name).await;
        let me = world.raw("GET", "/session", std::slice::from_ref(&cookie), "").await;
        let told: serde_json::Value = serde_json::from_str(&me.body).unwrap();
        assert_eq!((me.status, &told["roles"]), (200, &json!([name])), "{}", me.body);
        let own = format!("Origin: http://{}", world.address);
        let out = world.raw("DELETE", "/session", &[cookie.clone(), own], "").await;
        assert_eq!(out.status, 204);
        assert_eq!(world.raw("GET", "/session", &[cookie], "").await.status, 401);
    }
}

#[tokio::test]
async fn wrong_unknown_and_locked_look_the_same_and_five_failures_lock() {
    let world = World::open().await;
    let wrong = sign_in(&world, "clerk", "wrong").await;
    let unknown = sign_in(&world, "nobody", "wrong").await;
    assert_eq!(World::bytes(&wrong), World::bytes(&unknown));
    for _ in 0..4 {
        assert_eq!(sign_in(&world, "clerk", "wrong").await.status, 401);
    }
    let locked = sign_in(&world, "clerk", PASSWORD).await;
    assert_eq!(World::bytes(&locked), World::bytes(&unknown), "the right one comes too late");
    // The store remembers, whatever becomes of the service.
    let account = world.reader().account("clerk").unwrap().unwrap();
    assert!(!account.may_try(noonish()) && account.may_try(noonish() + 15.minutes()));
    assert_eq!(sign_in(&world, "clerk2", PASSWORD).await.status, 201);
}

#[tokio::test]
async fn no_refusal_comes_sooner_than_another() {
    let world = World::open().await;
    for _ in 0..5 {
        assert_eq!(sign_in(&world, "clerk2", "wrong").await.status, 401);
    }
    let long = "x".repeat(129);
    for (name, password) in [
        ("clerk", "wrong"),
        ("nobody", "wrong"),
        ("clerk2", PASSWORD),
        (&long, "wrong"),
        ("", &long),
    ] {
        let begin = Instant::now();
        let refused = sign_in(&world, name, password).await;
        assert_eq!(refused.status, 401, "{name}");
        assert!(begin.elapsed() >= REFUSAL_WAIT, "{name} {password}: {:?}", begin.elapsed());
    }
    // Many at once wait for each other's hash and not for each other's refusal.
    let begin = Instant::now();
    let wrong = || sign_in(&world, "nobody", "wrong");
    let all = tokio::join!(wrong(), wrong(), wrong(), wrong());
    assert_eq!([all.0, all.1, all.2, all.3].map(|answer| answer.status), [401; 4]);
    assert!(begin.elapsed() < REFUSAL_WAIT * 4, "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_lock_a_new_password_and_a_lost_role_hold_with_the_next_request() {
    let world = World::open().await;
    let mut store = Administration::open(world.folder.path(), noonish()).unwrap();
    let get =
        async |cookie: &String| world.raw("GET", "/cases", std::slice::from_ref(cookie), "").await;
    let (one, two) = (cookie(&world, "clerk").await, cookie(&world, "clerk2").await);
    assert_eq!((get(&one).await.status, get(&two).await.status), (200, 200));
    store.lock_account(noonish(), "administrator", ("clerk", true)).unwrap();
    assert_eq!(get(&one).await.status, 401);
    assert_eq!(world.get("clerk2", "/cases").await.status, 200, "the token of the other holds");
    let answer = world.ask("clerk", "GET", "/cases", &[], "").await;
    assert_eq!(answer.status, 401, "a locked account's token is gone");
    store.revoke_role(noonish(), "security", ("clerk2", Role::Clerk)).unwrap();
    assert_eq!(get(&two).await.status, 403, "signed in, and without a role");
    assert_eq!(world.get("clerk2", "/cases").await.status, 401, "the token acted in that role");
    let three = cookie(&world, "director").await;
    let another = PasswordHash::of("another river 9 lamp", &[8; 32]).unwrap();
    let later = noonish() + 1.second();
    store.set_account_password(later, "director", ("director", &another)).unwrap();
    assert_eq!(get(&three).await.status, 401);
}

#[tokio::test]
async fn what_another_site_sends_with_our_cookie_is_refused() {
    let world = World::open().await;
    let case = world.accepted("k");
    let cookie = cookie(&world, "clerk").await;
    let seen = format!("If-Match: \"{}\"", world.last_event(&case));
    let path = format!("/cases/{case}/commands");
    let command = json!({"do": "urgency", "urgency": "urgent", "reason": "misjudged"}).to_string();
    for (origin, status) in [
        (vec![], 403),
        (vec!["Origin: http://evil.example".to_owned()], 403),
        (
            vec![format!("Origin: http://{}", world.address), "Sec-Fetch-Site: cross-site".into()],
            403,
        ),
        (vec![format!("Origin: http://{}", world.address)], 200),
    ] {
        let headers = [vec![cookie.clone(), seen.clone()], origin.clone()].concat();
        let answer = world.raw("POST", &path, &headers, &command).await;
        assert_eq!(answer.status, status, "{origin:?}: {}", answer.body);
    }
    let body = json!({"name": "clerk", "password": PASSWORD}).to_string();
    let evil = ["Origin: http://evil.example".to_owned()];
    assert_eq!(world.raw("POST", "/session", &evil, &body).await.status, 403);
}

fn after_the_token() -> Timestamp {
    noonish() + (24 * 30).hours()
}

#[tokio::test]
async fn a_token_ends_at_its_time_and_only_its_hash_is_kept() {
    let world = World::open_at(after_the_token).await;
    assert_eq!(world.get("clerk", "/cases").await.status, 401);
    let kept = std::fs::read(world.folder.path().join("mayorline.db")).unwrap();
    let held = |needle: &str| kept.windows(needle.len()).any(|part| part == needle.as_bytes());
    assert!(!held(&token("clerk")) && !held(PASSWORD) && held("argon2id$19456$2$1$"));
    for wrong in ["Bearer x", "Basic Y2xlcms6eA==", "Bearer", ""] {
        let header = [format!("Authorization: {wrong}")];
        assert_eq!(world.raw("GET", "/cases", &header, "").await.status, 401, "{wrong}");
    }
}

#[tokio::test]
async fn requests_of_an_account_and_bodies_have_a_bound() {
    let world = World::open().await;
    let large = "x".repeat(mayorline::web::API_BODY_BYTES_MAX + 1);
    assert_eq!(world.ask("clerk", "POST", "/cases", &[], &large).await.status, 413);
    for _ in 1..mayorline::web::REQUESTS_PER_MINUTE_MAX {
        assert_eq!(world.get("clerk", "/session").await.status, 200);
    }
    let answer = world.get("clerk", "/session").await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("60")));
    assert_eq!(world.get("clerk2", "/session").await.status, 200);
}
