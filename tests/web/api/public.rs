//! What everybody may read without signing in: the page, one notice, the feed, JSON, and nothing else.

use super::document::Document;
use super::world::{PHONE, World};
use crate::chromium::Chromium;
use crate::house::House;
use crate::http::{Answer, ask};
use mayorline::domain::case::{Role, Task};
use mayorline::web::PUBLIC_REQUESTS_PER_MINUTE_MAX;
use serde_json::{Value, json};

/// An approved text that would be markup.
const TEXT: &str = "<b>北宿镇路灯</b>不亮 & 已更换灯具\n当晚恢复照明";
const ESCAPED: &str = "&lt;b&gt;北宿镇路灯&lt;/b&gt;不亮 &amp; 已更换灯具";

async fn get(world: &World, path: &str) -> Answer {
    ask(world.address, "GET", path, &[], "").await
}

/// Answered, and its notice approved; its number.
fn approved(world: &World, key: &str) -> String {
    let case = world.answered(key);
    world.act(&case, Role::Director, "", Task::DecidePublication(true, TEXT.to_owned()));
    case
}

fn body(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

#[tokio::test]
async fn a_notice_is_read_by_everybody_and_gone_when_it_is_taken_down() {
    let world = World::open().await;
    let case = approved(&world, "one");
    let hidden = world.answered("not approved");
    let one = format!("/public/{case}");
    for path in ["/public", one.as_str(), "/public/feed", "/public/notices.json"] {
        let shown = get(&world, path).await;
        assert_eq!(shown.status, 200, "{path}: {}", shown.body);
        assert_eq!(shown.header("cache-control"), Some("public, max-age=30"), "{path}");
        let policy = shown.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(shown.header("set-cookie").is_none(), "{path}");
        assert!(shown.body.contains(&case), "{path}: {}", shown.body);
        for never in [PHONE, "张三丰", "王某", "unit.07", hidden.as_str(), "<script"] {
            assert!(!shown.body.contains(never), "{path}: {never}: {}", shown.body);
        }
        if !path.ends_with(".json") {
            assert!(shown.body.contains(ESCAPED) && !shown.body.contains("<b>"), "{}", shown.body);
        }
    }
    let taken = world.command("director", &case, json!({"do": "take_down", "why": "有误"})).await;
    assert_eq!(taken.status, 200, "{}", taken.body);
    let gone = get(&world, &one).await;
    assert_eq!((gone.status, gone.header("cache-control")), (404, Some("no-store")));
    let unknown = get(&world, &format!("/public/{}", world.unknown())).await;
    assert_eq!(World::bytes(&gone), World::bytes(&unknown), "as one that there never was");
    assert_eq!(World::bytes(&gone), World::bytes(&get(&world, "/public/nothing").await));
    assert!(gone.body.contains("没有这条公示，或者已经撤下。"), "{}", gone.body);
    for path in ["/public", "/public/feed", "/public/notices.json"] {
        assert!(!get(&world, path).await.body.contains(&case), "{path}");
    }
}

#[tokio::test]
async fn programs_read_notices_and_listening_days_as_described() {
    let world = World::open().await;
    let document = Document::read();
    let case = approved(&world, "one");
    let other = approved(&world, "two");
    world.act(&other, Role::Clerk, "", Task::ProposeSeal);
    let shown = get(&world, "/public/notices.json?kind=0501&month=2026-11&lang=en").await;
    document.check("GET", "/public/notices.json", &shown);
    let list = body(&shown);
    assert_eq!(
        (&list["total"], &list["more"], &list["page"]),
        (&json!(1), &json!(false), &json!(1))
    );
    let notice = &list["notices"][0];
    for (field, value) in [
        ("number", json!(case)),
        ("received_on", json!("2026-11-22")),
        ("state", json!("callback")),
        ("kind", json!("050100")),
        ("kind_name", json!("城乡建设与管理·路灯")),
        ("town", json!("北宿镇")),
        ("unit", Value::Null),
        ("text", json!(TEXT)),
        ("result", json!("handled")),
        ("result_title", json!("handled and answered")),
        ("days_used", json!(0)),
        ("rating", Value::Null),
        ("rating_title", json!("not rated")),
    ] {
        assert_eq!(notice[field], value, "{field}: {notice}");
    }
    for (query, count) in
        [("kind=06", 0), ("town=%E5%8C%97%E5%AE%BF%E9%95%87", 1), ("month=2026-10", 0)]
    {
        let list = body(&get(&world, &format!("/public/notices.json?{query}")).await);
        assert_eq!(list["notices"].as_array().unwrap().len(), count, "{query}");
    }
    let days = get(&world, "/public/listening-days.json").await;
    document.check("GET", "/public/listening-days.json", &days);
    let days = body(&days);
    assert_eq!(days.as_array().unwrap().len(), 12);
    // From Sunday 22 November 2026 on: the first Tuesday of December.
    let first = json!({"date": "2026-12-01", "from": "09:00", "to": "11:00", "by": "rule",
        "why": "2026年12月第一周例行接听", "provisional": false});
    assert_eq!(days[0], first);
    let wrong = get(&world, "/public/notices.json?month=yesterday").await;
    document.check("GET", "/public/notices.json", &wrong);
    assert_eq!((wrong.status, wrong.body.as_str()), (400, "月份应写作2026-11。\n"));
    let wrong = get(&world, "/public?town=%3Cscript%3E").await;
    assert!(wrong.status == 400 && !wrong.body.contains("<script"), "{}", wrong.body);
    let switched = get(&world, "/public?lang=en&kind=05").await.body;
    assert!(switched.contains("<html lang=\"en\">") && switched.contains("Public notices"));
    assert!(switched.contains("href=\"/public?kind=05\" lang=\"zh-CN\""), "{switched}");
}

#[tokio::test]
async fn a_source_that_asks_too_often_is_refused_and_nothing_else_suffers() {
    let world = World::open().await;
    let days = "/public/listening-days.json";
    for _ in 0..PUBLIC_REQUESTS_PER_MINUTE_MAX {
        assert_eq!(get(&world, days).await.status, 200);
    }
    let refused = get(&world, "/public").await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("60")));
    assert_eq!(get(&world, "/sign-in").await.status, 200);
    assert_eq!(world.get("clerk", "/session").await.status, 200);
}

#[tokio::test]
async fn nothing_is_public_where_it_is_not_wanted() {
    let house = House::open().await;
    for path in ["/public", "/public/feed", "/public/notices.json", "/public/26112200001"] {
        assert_eq!(ask(house.address, "GET", path, &[], "").await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_browser_shows_it_large_and_narrow_and_reads_the_feed() {
    let world = World::open().await;
    let case = approved(&world, "one");
    let mut page = Chromium::start().await;
    page.open(&format!("http://{}/public", world.address)).await;
    page.picture("public").await;
    let text = page.value("document.querySelector('article p').textContent").await;
    assert_eq!(text, TEXT.lines().next().unwrap(), "text, not markup");
    let size = page.value("parseFloat(getComputedStyle(document.body).fontSize)").await;
    assert!(size.as_f64().unwrap() >= 20.0, "{size}");
    assert_eq!(page.value("document.querySelectorAll('.days li').length").await, 12);
    page.screen(360, 740).await;
    let wide = page.value("document.documentElement.scrollWidth - innerWidth").await;
    assert!(wide.as_f64().unwrap() <= 0.0, "a phone need not scroll sideways: {wide}");
    page.picture("public-phone").await;
    // An XML parser that is not ours.
    let feed = page
        .value(
            "fetch('/public/feed').then((answer) => answer.text()).then((text) => { \
             const feed = new DOMParser().parseFromString(text, 'application/xml'); \
             const of = (name) => feed.querySelector('entry > ' + name); \
             return [feed.querySelector('parsererror')?.textContent ?? '', \
                     feed.documentElement.namespaceURI, \
                     feed.querySelectorAll('entry').length, of('id').textContent, \
                     of('link').getAttribute('href'), of('summary').textContent.split('\\n')[0], \
                     Number.isNaN(Date.parse(of('updated').textContent))]; })",
        )
        .await;
    let expected = json!([
        "",
        "http://www.w3.org/2005/Atom",
        1,
        format!("urn:mayorline:notice:{case}"),
        format!("/public/{case}"),
        TEXT.lines().next().unwrap(),
        false
    ]);
    assert_eq!(feed, expected);
    page.value("document.querySelector('article a').click()").await;
    page.wait(&format!("location.pathname === '/public/{case}'")).await;
    assert_eq!(page.complaints, Vec::<String>::new());
}
