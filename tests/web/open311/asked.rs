//! Published cases, and that nothing else is ever told.

use super::{NOTICE, faults, get, published, read_json, read_xml, text_at};
use crate::api::world::{PHONE, WORDS, World};
use mayorline::domain::case::{Role, Task};

/// The numbers of a list in JSON.
async fn listed(world: &World, query: &str) -> Vec<String> {
    let json = read_json(&get(world, &format!("/requests.json{query}")).await);
    let all = json.as_array().unwrap().iter();
    all.map(|one| one["service_request_id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_published_case_is_told_by_its_notice_and_nobody_is_named() {
    let world = World::open().await;
    let case = published(&world, "a");
    let unpublished = world.answered("b");
    let xml = read_xml(&get(&world, "/requests.xml").await);
    assert_eq!((xml[0].as_str(), xml[2].as_array().unwrap().len()), (Some("service_requests"), 1));
    let told = |field: &str| text_at(&xml, &["request", field]);
    assert_eq!((told("service_request_id"), told("status")), (case.clone(), "open".to_owned()));
    assert_eq!((told("service_code"), told("service_name")), ("050100".into(), "路灯".into()));
    assert_eq!((told("description"), told("address")), (NOTICE.to_owned(), "北宿镇".to_owned()));
    assert_eq!(told("requested_datetime"), "2026-11-22T10:00:00.000+08:00");
    assert!(told("expected_datetime").ends_with("T23:59:59.000+08:00"));
    assert!(
        told("updated_datetime").ends_with("+08:00") && told("status_notes").contains("已答复")
    );
    let json = read_json(&get(&world, &format!("/requests/{case}.json")).await);
    assert_eq!(json[0]["description"], NOTICE);
    assert!(json[0]["lat"].is_null() && json[0]["media_url"].is_null());
    // Whatever is asked, nobody's name, telephone or words are in the answer.
    for path in [
        "/requests.xml".to_owned(),
        "/requests.json?status=open".to_owned(),
        format!("/requests/{case}.xml"),
        format!("/requests/{unpublished}.xml"),
        format!("/requests.xml?service_request_id={case},{unpublished}"),
    ] {
        let answer = get(&world, &path).await;
        for never in [PHONE, WORDS, "张三丰", "19900000017"] {
            assert!(!answer.body.contains(never), "{path}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn what_is_not_published_is_answered_like_what_there_is_not() {
    let world = World::open().await;
    let mut hidden = vec![world.answered("answered"), world.sealed("sealed")];
    for (key, what) in [
        ("proposed", Task::ProposeSeal),
        ("secret", Task::SetSecrecy(true)),
        ("refused", Task::DecidePublication(false, String::new())),
    ] {
        let case = published(&world, key);
        assert_eq!(get(&world, &format!("/requests/{case}.xml")).await.status, 200, "{key}");
        let role = if key == "refused" { Role::Director } else { Role::Clerk };
        world.act(&case, role, "", what);
        hidden.push(case);
    }
    hidden.extend(["draft-1".to_owned(), "12345678901".to_owned(), "%E5%BC%A0".to_owned()]);
    for ending in ["", ".xml", ".json"] {
        let unknown = get(&world, &format!("/requests/{}{ending}", world.unknown())).await;
        assert_eq!(unknown.status, 404);
        for case in &hidden {
            let answer = get(&world, &format!("/requests/{case}{ending}")).await;
            assert_eq!(World::bytes(&answer), World::bytes(&unknown), "{case}{ending}");
        }
    }
    let all = hidden.join(",");
    assert_eq!(listed(&world, &format!("?service_request_id={all}")).await, Vec::<String>::new());
    assert_eq!(listed(&world, "").await, Vec::<String>::new());
    assert_eq!(listed(&world, "?service_request_id=nothing").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_list_is_narrowed_and_turned_over_by_what_is_asked() {
    let world = World::open().await;
    let (first, second) = (published(&world, "a"), published(&world, "b"));
    let both = vec![second.clone(), first.clone()];
    for (query, expected) in [
        ("?status=open", both.clone()),
        ("?status=open,closed", both.clone()),
        ("?status=closed", vec![]),
        ("?service_code=050100", both.clone()),
        ("?service_code=050200", vec![]),
        ("?service_code=050000", vec![]),
        ("?service_code=050000,050100", both.clone()),
        ("?start_date=2026-11-22&end_date=2026-11-22", both.clone()),
        ("?start_date=2026-11-22T10:00:01%2B08:00", vec![]),
        ("?end_date=2026-11-22T02:00:00Z", both.clone()),
        ("?end_date=2026-11-21", vec![]),
        ("?page_size=1", vec![second.clone()]),
        ("?page_size=1&page=2", vec![first.clone()]),
        ("?page_size=1&page=3", vec![]),
        ("?service_code=050000,050100&page_size=1&page=2", vec![first.clone()]),
    ] {
        assert_eq!(listed(&world, query).await, expected, "{query}");
    }
    // Numbers override everything else.
    let query = format!("?service_request_id={first}&status=closed&start_date=nonsense");
    assert_eq!(listed(&world, &query).await, [first]);
}

#[tokio::test]
async fn what_cannot_be_asked_is_said_in_one_list() {
    let world = World::open().await;
    let found = |codes: &[(u16, &str)]| {
        codes.iter().map(|(code, name)| (*code, (*name).to_owned())).collect::<Vec<_>>()
    };
    let dates = "start_date, end_date";
    for (query, expected) in [
        ("status=done", found(&[(400, "status")])),
        ("service_code=120100", found(&[(404, "service_code")])),
        ("start_date=2026-01-01&end_date=2026-11-22", found(&[(400, dates)])),
        ("start_date=2026-11-22&end_date=2026-11-01", found(&[(400, dates)])),
        ("start_date=soon&end_date=late", found(&[(400, "start_date"), (400, "end_date")])),
        ("page=0&page_size=1001", found(&[(400, "page_size"), (400, "page")])),
        ("status=done&service_code=1", found(&[(404, "service_code"), (400, "status")])),
        ("status=open&status=closed", found(&[(400, "status")])),
    ] {
        assert_eq!(
            faults(&get(&world, &format!("/requests.json?{query}")).await),
            expected,
            "{query}"
        );
    }
    // What is not UTF-8 is refused, not guessed.
    let answer = get(&world, "/requests.json?status=%B4%F2").await;
    assert_eq!(answer.status, 400, "{}", answer.body);
    let many = vec!["26112200013"; 51].join(",");
    let answer = get(&world, &format!("/requests.json?service_request_id={many}")).await;
    assert_eq!(faults(&answer), found(&[(400, "service_request_id")]));
}
