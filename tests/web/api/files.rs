//! The files of a mail: listed to whoever reads the case whole, given out after their reason stands in the
//! audit.

use super::world::{MAILBOX, World, roles};
use crate::folder::{answered, noonish};
use mayorline::channels::mail::{MAIL_FORM, parsed};
use mayorline::domain::case::Role;
use mayorline::domain::message::Medium;
use mayorline::store::{RawInbound, StoreHandle, Waiting};
use serde_json::{Value, json};

const MAIL: &str = "From: zhang@citizens.example\r\nTo: hotline@example.org\r\nSubject: lamp\r\n\
    Message-ID: <1@citizens.example>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
    Content-Type: text/html; name=page.html\r\nContent-Disposition: attachment; filename=page.html\r\n\r\n\
    <script>canaryfile</script>\r\n--b--\r\n";

/// A mail with a file that becomes a case.
fn mail(store: &StoreHandle) {
    let raw = RawInbound {
        medium: Medium::Mail,
        account: MAILBOX.to_owned(),
        dedup_key: [1; 32],
        form: MAIL_FORM,
        received_at: noonish(),
        raw: MAIL.as_bytes().to_vec(),
    };
    let id = answered(|answer| store.inbound_put(vec![raw], answer)).unwrap()[0].id();
    let waiting = Waiting {
        id,
        medium: Medium::Mail,
        account: MAILBOX.to_owned(),
        form: MAIL_FORM.to_owned(),
        received_at: noonish(),
        attempts: 0,
        raw: None,
    };
    let read = parsed(&waiting, MAIL.as_bytes(), None).unwrap();
    answered(|answer| store.inbound_settle(noonish(), id, read, answer)).unwrap();
}

fn body(answer: &crate::http::Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

#[tokio::test]
async fn a_file_is_given_out_with_a_reason_to_whoever_reads_the_case_whole() {
    let world = World::open().await;
    mail(&world.handle());
    let listed = body(&world.get("clerk", "/cases").await);
    let of_mail = |case: &&Value| case["channel"] == "email" && case["title"] != "草稿";
    let cases = listed["cases"].as_array().or_else(|| listed.as_array()).unwrap();
    let case = cases.iter().find(of_mail).unwrap()["name"].as_str().unwrap().to_owned();
    let files = format!("/cases/{case}/files");
    let list = body(&world.get("clerk", &files).await);
    assert_eq!((&list[0]["name"], &list[0]["size"]), (&json!("page.html"), &json!(27)));
    let message = list[0]["message"].as_i64().unwrap();
    let path = format!("{files}/{message}/1");
    let bare = world.post("clerk", &path, json!({"reason": ""})).await;
    assert_eq!(bare.status, 422, "{}", bare.body);
    assert!(!world.get("auditor", "/audit").await.body.contains("message_shown"));
    let given = world.post("clerk", &path, json!({"reason": "核实照片"})).await;
    assert_eq!((given.status, given.body.as_str()), (200, "<script>canaryfile</script>"));
    assert_eq!(given.header("content-type"), Some("application/octet-stream"), "no page");
    assert_eq!(given.header("content-disposition"), Some("attachment"));
    assert_eq!(given.header("x-content-type-options"), Some("nosniff"));
    let audit = world.get("auditor", "/audit").await.body;
    assert!(audit.contains("message_shown") && audit.contains("核实照片"), "{audit}");
    for other in [format!("{files}/{message}/2"), format!("{files}/99/1")] {
        let none = world.post("clerk", &other, json!({"reason": "核实照片"})).await;
        assert_eq!(none.status, 404, "{other}: {}", none.body);
    }
    // Whoever sees the contact in clear may have the file, and nobody else.
    for role in roles() {
        let name = role.as_str();
        let path = format!("/cases/{case}/contact");
        let contact = world.post(name, &path, json!({"reason": "核实"})).await;
        let sees = contact.status == 200 && contact.body.contains("zhang@citizens.example");
        let list = world.get(name, &files).await;
        assert_eq!(list.status == 200, sees, "{name}: {} and {}", list.body, contact.body);
        assert!(role != Role::Clerk || sees);
    }
}
