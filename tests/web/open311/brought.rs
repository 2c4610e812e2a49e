//! Requests that a partner brings: kept, called back, accepted, and their number told by token.

use super::{CITY, KEY, REQUEST, changed, faults, get, post, read_json, read_xml, text_at};
use crate::api::world::World;
use crate::http::ask;
use mayorline::store::CaseDetail;
use serde_json::json;

/// A field and its other value; `None`: it is left out.
type Change<'a> = (&'a str, Option<&'a str>);

/// Everything that was brought.
fn kept(world: &World) -> Vec<CaseDetail> {
    let reader = world.reader();
    let rows = reader.cases(100).unwrap().into_iter().filter(|row| row.channel == "upload");
    rows.map(|row| reader.case_by_id(row.id).unwrap()).collect()
}

#[tokio::test]
async fn a_request_becomes_a_draft_that_is_called_back_and_its_token_gives_the_number_once_accepted()
 {
    let world = World::open().await;
    let answer = post(&world, "/requests.xml", &[], &REQUEST).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let xml = read_xml(&answer);
    assert_eq!(xml[0], "service_requests");
    let token = text_at(&xml, &["request", "token"]);
    assert!(token.len() == 32 && !answer.body.contains("service_request_id"), "{}", answer.body);
    let cases = kept(&world);
    let [case] = &cases[..] else { panic!("{cases:?}") };
    assert_eq!((case.row.state.as_str(), &case.row.number), ("draft", &None));
    assert_eq!(case.row.contact.as_deref(), Some("19900000311"));
    assert_eq!(case.row.callback_reason.as_deref(), Some("number_untold"));
    assert_eq!(case.events[0].actor, "open311:city-app");
    let text = case.text.as_deref().unwrap();
    for said in [
        "【网络提交 city-app】路灯（050100）",
        "地点：北宿镇羊厂路口",
        "坐标：纬度 35.4053，经度 116.9714",
        "诉求性质：投诉",
        "路灯 <三天> 不亮 & 没人修",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    // Neither the key nor anybody's number is in what is chained for ever.
    let events = serde_json::to_string(&case.events).unwrap();
    for never in [KEY, "19900000311", "张三丰", "路灯 <三天>"] {
        assert!(!events.contains(never), "{never}: {events}");
    }
    // Until a person has accepted it the token is answered like one that there is not.
    let before = get(&world, &format!("/tokens/{token}.json")).await;
    let unknown = get(&world, &format!("/tokens/{}.json", "0".repeat(32))).await;
    assert_eq!(World::bytes(&before), World::bytes(&unknown));
    assert_eq!(faults(&before), [(404, "token".to_owned())]);
    let draft = format!("draft-{}", case.row.id);
    let accept = json!({"do": "accept", "summary": "北宿镇羊厂路口路灯不亮"});
    let accepted = world.command("clerk", &draft, accept).await;
    assert_eq!(accepted.status, 200, "{}", accepted.body);
    let number = kept(&world)[0].row.number.clone().unwrap();
    let told = read_json(&get(&world, &format!("/tokens/{token}.json")).await);
    assert_eq!(told, json!([{"service_request_id": number, "token": token}]));
    let told = read_xml(&get(&world, &format!("/tokens/{token}")).await);
    assert_eq!(text_at(&told, &["request", "service_request_id"]), number);
    // It is not published, so it is nobody's to read.
    assert_eq!(get(&world, &format!("/requests/{number}.json")).await.status, 404);
    // Sent again it is the same, by its number now.
    let again = read_json(&post(&world, "/requests.json", &[], &REQUEST).await);
    assert_eq!(again[0]["service_request_id"], number.as_str());
    assert_eq!(kept(&world).len(), 1);
}

/// Brings a request; its token.
async fn token(world: &World, headers: &[&str], fields: &[(&str, &str)]) -> String {
    let answer = read_json(&post(world, "/requests.json", headers, fields).await);
    answer[0]["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_sent_twice_is_kept_once() {
    let world = World::open().await;
    let first = token(&world, &[], &REQUEST).await;
    assert_eq!(token(&world, &[], &REQUEST).await, first);
    let more = changed(&[("description", Some("又灭了一盏"))]);
    assert_ne!(token(&world, &[], &more).await, first);
    let other = changed(&[("phone", Some("19900000312"))]);
    assert_ne!(token(&world, &[], &other).await, first);
    assert_eq!(kept(&world).len(), 3);
    // A key of the program's own holds whatever it sends.
    let key = ["Idempotency-Key: 6f0c-1"];
    let keyed = token(&world, &key, &REQUEST).await;
    assert_eq!(token(&world, &key, &more).await, keyed);
    assert_eq!(kept(&world).len(), 4);
    let tasks = kept(&world).iter().filter(|case| case.row.callback_due_at.is_some()).count();
    assert_eq!(tasks, 4, "each is called back once");
}

#[tokio::test]
async fn without_a_partners_key_nothing_is_taken() {
    let world = World::open().await;
    let wrong = "f".repeat(32);
    for key in [None, Some(""), Some("short"), Some(&wrong[..])] {
        // Also where everything else is wrong: nothing is told of it.
        for fields in [changed(&[("api_key", key)]), changed(&[("api_key", key), ("phone", None)])]
        {
            let answer = post(&world, "/requests.json", &[], &fields).await;
            assert_eq!(faults(&answer), [(403, "api_key".to_owned())], "{key:?}");
        }
    }
    let xml = read_xml(&post(&world, "/requests.xml", &[], &changed(&[("api_key", None)])).await);
    assert_eq!(
        (xml[0].as_str(), text_at(&xml, &["error", "code"])),
        (Some("errors"), "403".to_owned())
    );
    assert!(kept(&world).is_empty());
}

/// What is changed, and the faults that are told of it.
type Wrong<'a> = (&'a [Change<'a>], &'a [(u16, &'a str)]);

#[tokio::test]
async fn everything_that_is_wrong_with_a_request_is_said_in_one_list() {
    let world = World::open().await;
    let long = "字".repeat(4_001);
    let full = "字".repeat(4_000);
    let nowhere = [("lat", None), ("long", None), ("address_string", None)];
    let place = "lat 和 long、address_string、address_id";
    let wrong: [Wrong<'_>; 14] = [
        (&[("service_code", None)], &[(400, "service_code")]),
        (&[("service_code", Some("120100"))], &[(404, "service_code")]),
        (&[("jurisdiction_id", Some("elsewhere"))], &[(404, "jurisdiction_id")]),
        (&[("phone", None)], &[(400, "phone")]),
        (&[("phone", Some("call me"))], &[(400, "phone")]),
        (&[("description", Some(&long[..]))], &[(400, "description")]),
        (&nowhere, &[(400, place)]),
        (&[("long", None)], &[(400, "lat, long")]),
        (&[("lat", Some("95"))], &[(400, "lat, long")]),
        (&[("media_url", Some("file:///etc/passwd"))], &[(400, "media_url")]),
        (&[("email", Some("nobody"))], &[(400, "email")]),
        (&[("attribute[nature]", Some("投诉"))], &[(400, "attribute[nature]")]),
        (&[("attribute[colour]", Some("red"))], &[(400, "attribute[colour]")]),
        (
            &[("service_code", Some("1")), ("phone", None), ("long", None)],
            &[(404, "service_code"), (400, "lat, long"), (400, "phone")],
        ),
    ];
    for (changes, expected) in wrong {
        let answer = post(&world, "/requests.json", &[], &changed(changes)).await;
        let found = faults(&answer);
        let found: Vec<_> = found.iter().map(|(code, name)| (*code, name.as_str())).collect();
        assert_eq!(found, expected, "{changes:?}");
    }
    assert!(kept(&world).is_empty(), "nothing of it was kept");
    // At the bound, with a place of the partner's own and a link that is kept as words.
    let most = [
        ("description", Some(&full[..])),
        ("lat", None),
        ("long", None),
        ("address_string", None),
        ("address_id", Some("灯杆 A-17")),
        ("media_url", Some("https://127.0.0.1:1/never-fetched.jpg")),
    ];
    let answer = post(&world, "/requests.json", &[], &changed(&most)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let text = kept(&world)[0].text.clone().unwrap();
    assert!(text.contains("never-fetched") && text.contains("灯杆 A-17") && text.ends_with(&full));
}

#[tokio::test]
async fn what_is_no_form_or_too_large_is_refused() {
    let world = World::open().await;
    let path = "/open311/v2/requests.json";
    let json = ["Content-Type: application/json".to_owned()];
    let answer = ask(world.address, "POST", path, &json, "{}").await;
    assert_eq!(faults(&answer), [(400, "Content-Type".to_owned())]);
    let form = ["Content-Type: application/x-www-form-urlencoded".to_owned()];
    let huge = format!("email={}", "x".repeat(mayorline::web::OPEN311_BODY_BYTES_MAX));
    let answer = ask(world.address, "POST", path, &form, &huge).await;
    assert_eq!((answer.status, read_json(&answer)[0]["code"].as_u64()), (413, Some(413)));
    // GBK: refused, not kept as something else.
    let body = format!(
        "api_key={KEY}&service_code=050100&address_id=1&phone=19900000311&description=%C2%B7"
    );
    let gbk = body.replace("%C2%B7", "%C2%B7%B5%C6");
    let answer = ask(world.address, "POST", path, &form, &gbk).await;
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert!(kept(&world).is_empty());
    let twice = [("api_key", KEY), ("jurisdiction_id", CITY), ("jurisdiction_id", CITY)];
    let answer = post(&world, "/requests.json", &[], &twice).await;
    assert_eq!(faults(&answer), [(400, "jurisdiction_id".to_owned())]);
}

#[tokio::test]
async fn a_partner_who_brings_too_much_waits_and_nobody_else_does() {
    let world = World::open().await;
    for _ in 0..mayorline::web::OPEN311_POSTS_PER_MINUTE_MAX {
        assert_eq!(post(&world, "/requests.json", &[], &REQUEST).await.status, 200);
    }
    let refused = post(&world, "/requests.json", &[], &REQUEST).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("60")));
    assert_eq!(kept(&world).len(), 1);
    assert_eq!(get(&world, "/services.json").await.status, 200);
}

#[tokio::test]
async fn a_store_that_is_down_is_said_and_nothing_is_promised() {
    let mut world = World::open().await;
    world.close_store();
    let answer = post(&world, "/requests.json", &[], &REQUEST).await;
    assert_eq!((answer.status, read_json(&answer)[0]["code"].as_u64()), (503, Some(503)));
}
