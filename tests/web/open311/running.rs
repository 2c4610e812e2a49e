//! The running program, switched on by its configuration.

use super::{KEY, REQUEST, form};
use crate::http::ask;
use crate::support::service::Start;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::net::SocketAddr;

#[tokio::test]
async fn a_request_that_a_partner_brings_is_a_case_of_the_house() {
    let folder = tempfile::tempdir().unwrap();
    let hash = Sha256::digest(KEY).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let partners = format!("open311.partners=[{{ name = \"city-app\", key_sha256 = \"{hash}\" }}]");
    let start = Start::new(folder.path()).set("open311.enabled=true");
    let service = start.set("open311.jurisdiction=zoucheng.gov.cn").set(&partners).run();
    let url = service.word("web");
    let address: SocketAddr =
        url.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
    let form_kind = ["Content-Type: application/x-www-form-urlencoded".to_owned()];
    let path = "/open311/v2/requests.json";
    let answer = ask(address, "POST", path, &form_kind, &form(&REQUEST)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let told: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(told[0]["token"].as_str().map(str::len), Some(32), "{told}");
    let list = service.json(&["case", "list"]);
    let [row] = &list.as_array().unwrap()[..] else { panic!("{list}") };
    assert_eq!((&row["channel"], &row["state"]), (&"upload".into(), &"draft".into()));
    let shown = service.json(&["case", "show", &format!("draft-{}", row["id"])]);
    assert_eq!(shown["contact"], "199****0311");
    assert!(shown["text"].as_str().unwrap().contains("没人修"), "{shown}");
    let callbacks = service.json(&["callback", "list"]);
    assert!(callbacks.to_string().contains("number_untold"), "{callbacks}");
    // A telephone stands in no line of the log.
    let log = service.stderr();
    assert!(
        log.contains("a request of Open311 is stored") && !log.contains("19900000311"),
        "{log}"
    );
    assert!(!log.contains(KEY), "{log}");
}
