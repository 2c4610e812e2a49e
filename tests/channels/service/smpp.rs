//! A line by SMPP, plain and over TLS.

use super::{
    CITIZEN, ELSEWHERE, OTHER, WORDS, assert_clean, assert_told, cases, secret, serve, states,
    until, wait_states,
};
use crate::carrier::smpp_line::{hex, receipt_for, text_from, units};
use crate::carrier::smsc::Smsc;
use crate::mail::authority::certify;
use crate::support::service::Service;
use serde_json::{Value, json};
use std::path::Path;

fn with(data: &Path, smsc: &Smsc, more: &str) -> Service {
    let file = secret(data, "smpp.password", "secret08");
    let keys = format!(
        "port={},system_id='zoucheng',number='10651234501',password_file='{}',{more}",
        smsc.port,
        file.display()
    );
    serve(data, "smpp", "aggregator", &keys)
}

fn text(id: u32, from: &str, text: &str) -> Value {
    text_from(id, &format!("86{from}"), &json!({ "short_message": hex(&units(text)) }))
}

fn words(submits: &[Value]) -> String {
    submits.iter().map(|submit| submit["text"].as_str().unwrap()).collect()
}

fn both_ways(mut smsc: Smsc, data: &Path, more: &str) {
    let service = with(data, &smsc, more);
    smsc.wait("bind", 1);
    smsc.order(&text(1, CITIZEN, WORDS));
    assert_eq!(smsc.wait("deliver_resp", 1)[0]["status"], 0);
    let submits = smsc.wait("submit", 2);
    assert_told(data, &words(&submits));
    wait_states(&service, &["submitted"]);
    service.kill();
    smsc.wait("closed", 1);
    let service = with(data, &smsc, more);
    smsc.wait("bind", 2);
    for (id, submit) in (2..).zip(&submits) {
        smsc.order(&receipt_for(id, &format!("86{CITIZEN}"), submit["id"].as_str().unwrap()));
    }
    wait_states(&service, &["delivered"]);
    smsc.order(&text(9, OTHER, ELSEWHERE));
    wait_states(&service, &["delivered", "submitted"]);
    assert_eq!((smsc.heard("submit").len(), cases(data).len()), (4, 2));
    assert!(smsc.heard("deliver_resp").iter().all(|answer| answer["status"] == 0));
    assert_clean(service);
}

#[test]
fn a_text_by_smpp_is_a_case_and_answered_once_over_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    both_ways(Smsc::start(), folder.path(), "host='127.0.0.1'");
}

#[test]
fn the_same_over_tls_with_the_city_s_own_authority() {
    let (folder, certificate) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    certify(certificate.path());
    let ca = certificate.path().join("ca.pem");
    let more = format!("host='localhost',tls=true,ca_file='{}'", ca.display());
    both_ways(Smsc::start_tls(certificate.path()), folder.path(), &more);
}

#[test]
fn a_gateway_whose_certificate_is_not_believed_gets_no_password() {
    let (folder, certificate) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    certify(certificate.path());
    let smsc = Smsc::start_tls(certificate.path());
    let other = tempfile::tempdir().unwrap();
    certify(other.path());
    let ca = other.path().join("ca.pem");
    let more = format!("host='localhost',tls=true,ca_file='{}'", ca.display());
    let service = with(folder.path(), &smsc, &more);
    until(&service, "refused", || service.stderr().contains("no TLS with a carrier"));
    assert_eq!(smsc.heard("bind").len(), 0);
    assert_clean(service);
}

#[test]
fn a_kill_before_the_gateway_s_answer_sends_nothing_twice_and_its_receipt_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (data, mut smsc) = (folder.path(), Smsc::start());
    let more = "host='127.0.0.1'";
    let service = with(data, &smsc, more);
    smsc.wait("bind", 1);
    smsc.order(&json!({ "do": "hold" }));
    smsc.order(&text(1, CITIZEN, WORDS));
    let first = smsc.wait("submit", 1).remove(0);
    assert_eq!(states(data), ["submitting"]);
    service.kill();
    smsc.wait("closed", 1);
    smsc.order(&json!({ "do": "release" }));
    let service = with(data, &smsc, more);
    smsc.wait("bind", 2);
    wait_states(&service, &["uncertain"]);
    // Its name never came: nobody knows whose receipt this is, and it is kept all the same.
    smsc.order(&receipt_for(2, &format!("86{CITIZEN}"), first["id"].as_str().unwrap()));
    smsc.order(&text(3, OTHER, ELSEWHERE));
    assert!(smsc.wait("deliver_resp", 2).iter().all(|answer| answer["status"] == 0));
    wait_states(&service, &["uncertain", "submitted"]);
    assert_eq!(smsc.heard("submit").len(), 3, "nothing is sent twice");
    assert_clean(service);
}
