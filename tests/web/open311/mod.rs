//! Open311 GeoReport v2: what everybody may ask, what partners bring, and that nobody's name, telephone
//! or words are ever told. XML is read back by Python's own reader.

mod asked;
mod brought;
mod running;

use crate::api::world::World;
use crate::http::{Answer, ask, escape};
use mayorline::domain::case::{Role, Task};
use mayorline::web::{Open311Config, Partner};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::process::{Command, Stdio};

/// The partner's key.
pub(crate) const KEY: &str = "0123456789abcdef0123456789abcdef";
/// The name of the city.
const CITY: &str = "zoucheng.gov.cn";
/// What a director approved.
const NOTICE: &str = "北宿镇路灯不亮。已更换灯具 & 恢复照明。";

/// As the servers of these tests are configured.
pub(crate) fn config() -> Open311Config {
    let key = Sha256::digest(KEY).into();
    Open311Config {
        public_url: String::new(),
        jurisdiction: CITY.to_owned(),
        contact: "受理中心".to_owned(),
        key_service: "书面申请".to_owned(),
        partners: vec![Partner { name: "city-app".to_owned(), key }],
    }
}

async fn get(world: &World, path: &str) -> Answer {
    ask(world.address, "GET", &format!("/open311/v2{path}"), &[], "").await
}

/// A form as it is sent.
fn form(fields: &[(&str, &str)]) -> String {
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value)));
    pairs.collect::<Vec<_>>().join("&")
}

async fn post(world: &World, path: &str, headers: &[&str], fields: &[(&str, &str)]) -> Answer {
    let kind = "Content-Type: application/x-www-form-urlencoded";
    let headers = headers.iter().chain([&kind]).map(|line| (*line).to_owned());
    let headers: Vec<String> = headers.collect();
    ask(world.address, "POST", &format!("/open311/v2{path}"), &headers, &form(fields)).await
}

/// A whole request.
const REQUEST: [(&str, &str); 11] = [
    ("api_key", KEY),
    ("jurisdiction_id", CITY),
    ("service_code", "050100"),
    ("lat", "35.4053"),
    ("long", "116.9714"),
    ("address_string", "北宿镇羊厂路口"),
    ("attribute[nature]", "complaint"),
    ("first_name", "三丰"),
    ("last_name", "张"),
    ("phone", "199 0000 0311"),
    ("description", "路灯 <三天> 不亮 & 没人修"),
];

/// The same with other values; `None` leaves a field out.
fn changed<'a>(changes: &[(&'a str, Option<&'a str>)]) -> Vec<(&'a str, &'a str)> {
    let kept =
        REQUEST.into_iter().filter(|(name, _)| changes.iter().all(|(other, _)| other != name));
    let new = changes.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
    kept.chain(new).collect()
}

/// The elements of a document: name, text, children.
fn read_xml(answer: &Answer) -> Value {
    assert_eq!(answer.header("content-type"), Some("text/xml; charset=utf-8"), "{}", answer.body);
    assert!(
        answer.body.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?>"),
        "{}",
        answer.body
    );
    let script = "import sys,json,xml.etree.ElementTree as E\n\
         tree=lambda e:[e.tag,e.text or '',[tree(c) for c in e]]\n\
         print(json.dumps(tree(E.fromstring(sys.stdin.buffer.read()))))";
    let mut python = Command::new("python3");
    python.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = python.spawn().unwrap();
    child.stdin.take().unwrap().write_all(answer.body.as_bytes()).unwrap();
    let told = child.wait_with_output().unwrap();
    assert!(told.status.success(), "not well-formed: {}", answer.body);
    serde_json::from_slice(&told.stdout).unwrap()
}

/// What stands in the element at the end of a path of names, the first of each.
fn text_at(element: &Value, path: &[&str]) -> String {
    let mut at = element;
    for name in path {
        let children = at[2].as_array().unwrap();
        let found = children.iter().find(|child| child[0] == *name);
        at = found.unwrap_or_else(|| panic!("no {name} in {at}"));
    }
    at[1].as_str().unwrap().to_owned()
}

fn read_json(answer: &Answer) -> Value {
    let kind = answer.header("content-type");
    assert_eq!(kind, Some("application/json; charset=utf-8"), "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

/// The faults of an answer, each as code and parameter, after its status was compared with the gravest.
fn faults(answer: &Answer) -> Vec<(u16, String)> {
    let list = read_json(answer);
    let list = list.as_array().unwrap().iter().map(|fault| {
        let code = u16::try_from(fault["code"].as_u64().unwrap()).unwrap();
        let description = fault["description"].as_str().unwrap();
        (code, description.split(':').next().unwrap().to_owned())
    });
    let list: Vec<_> = list.collect();
    let codes = || list.iter().map(|(code, _)| *code);
    let gravest = codes().find(|code| *code == 400).or_else(|| codes().next());
    assert_eq!(Some(answer.status), gravest, "{}", answer.body);
    list
}

/// An answered case whose notice was approved.
fn published(world: &World, key: &str) -> String {
    let case = world.answered(key);
    let publish = Task::DecidePublication(true, NOTICE.to_owned());
    world.act(&case, Role::Director, "", publish);
    case
}

#[tokio::test]
async fn nothing_is_served_where_it_is_not_switched_on() {
    let house = crate::house::House::open().await;
    for path in ["/discovery.xml", "/services.xml", "/requests.json", "/"] {
        let path = format!("/open311/v2{path}");
        assert_eq!(ask(house.address, "GET", &path, &[], "").await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn the_discovery_says_where_and_in_which_forms() {
    let world = World::open().await;
    let url = format!("http://{}/open311/v2", world.address);
    let xml = read_xml(&get(&world, "/discovery.xml").await);
    assert_eq!(xml[0], "discovery");
    assert_eq!(text_at(&xml, &["contact"]), "受理中心");
    assert_eq!(text_at(&xml, &["endpoints", "endpoint", "url"]), url);
    assert_eq!(text_at(&xml, &["endpoints", "endpoint", "formats", "format"]), "text/xml");
    let json = read_json(&get(&world, "/discovery.json").await);
    let endpoint = &json["endpoints"][0];
    assert_eq!((&json["key_service"], &endpoint["url"]), (&"书面申请".into(), &url.into()));
    assert_eq!(endpoint["type"], "production");
    assert_eq!(endpoint["formats"], json!(["text/xml", "application/json"]));
    assert!(json["changeset"].as_str().unwrap().ends_with("+08:00"));
}

#[tokio::test]
async fn the_services_are_the_domains_of_the_city_each_with_what_can_be_told() {
    let world = World::open().await;
    let json = read_json(&get(&world, "/services.json").await);
    let all = json.as_array().unwrap();
    let lamp = all.iter().find(|one| one["service_code"] == "050100").unwrap();
    assert_eq!((&lamp["service_name"], &lamp["group"]), (&"路灯".into(), &"城乡建设与管理".into()));
    assert_eq!((&lamp["metadata"], &lamp["type"]), (&true.into(), &"batch".into()));
    assert!(all.iter().all(|one| !one["service_code"].as_str().unwrap().starts_with("12")));
    // Without an ending it is XML.
    for path in ["/services.xml", "/services"] {
        let xml = read_xml(&get(&world, path).await);
        assert_eq!(xml[0], "services");
        assert_eq!(xml[2].as_array().unwrap().len(), all.len(), "{path}");
        assert_eq!(text_at(&xml, &["service", "metadata"]), "true");
    }
    let xml = read_xml(&get(&world, "/services/050100.xml").await);
    assert_eq!(xml[0], "service_definition");
    assert_eq!(text_at(&xml, &["service_code"]), "050100");
    assert_eq!(text_at(&xml, &["attributes", "attribute", "datatype"]), "singlevaluelist");
    let value = ["attributes", "attribute", "values", "value", "name"];
    assert_eq!(text_at(&xml, &value), "咨询");
    let json = read_json(&get(&world, "/services/050100.json").await);
    let attributes = json["attributes"].as_array().unwrap();
    let named = |key: &str| attributes.iter().map(|one| one[key].clone()).collect::<Vec<_>>();
    assert_eq!(named("code"), ["nature", "occurred_at", "group_size"]);
    assert_eq!(named("order"), [1, 2, 3]);
    assert_eq!(attributes[0]["values"][2], json!({"key": "complaint", "name": "投诉"}));
}

#[tokio::test]
async fn what_there_is_not_is_told_as_a_list_in_the_form_that_was_asked_for() {
    let world = World::open().await;
    for path in ["/services/120100.json", "/services/123.json"] {
        assert_eq!(faults(&get(&world, path).await), [(404, "service_code".to_owned())], "{path}");
    }
    for path in ["/services.json", "/services/050100.json", "/requests.json"] {
        let path = format!("{path}?jurisdiction_id=elsewhere.gov.cn");
        assert_eq!(faults(&get(&world, &path).await), [(404, "jurisdiction_id".to_owned())]);
        let own = path.replace("elsewhere.gov.cn", CITY);
        assert_eq!(get(&world, &own).await.status, 200, "{own}");
    }
    let nowhere = get(&world, "/nowhere.xml").await;
    assert_eq!(nowhere.status, 404);
    let xml = read_xml(&nowhere);
    assert_eq!(
        (xml[0].as_str(), text_at(&xml, &["error", "code"])),
        (Some("errors"), "404".to_owned())
    );
    let method = ask(world.address, "DELETE", "/open311/v2/requests.json", &[], "").await;
    assert_eq!((method.status, read_json(&method)[0]["code"].as_u64()), (405, Some(405)));
}

#[tokio::test]
async fn whoever_asks_too_often_is_told_to_wait() {
    let world = World::open().await;
    for _ in 0..mayorline::web::OPEN311_READS_PER_MINUTE_MAX {
        assert_eq!(get(&world, "/services/050100.json").await.status, 200);
    }
    let refused = get(&world, "/services/050100.json").await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("60")));
    assert_eq!(read_json(&refused)[0]["code"], 429);
}
