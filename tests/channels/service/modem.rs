//! A modem of ours, in the network.

use super::{
    CITIZEN, ELSEWHERE, OTHER, WORDS, assert_clean, assert_told, cases, serve, states, until,
    wait_states,
};
use crate::sms::service::got;
use crate::support::modem::{Modem, Order};
use crate::support::service::Service;
use std::path::Path;

fn with(data: &Path, modem: &Modem) -> Service {
    serve(data, "modem", "modem", &format!("address='{}'", modem.address))
}

fn dialled(number: &str) -> String {
    format!("+86{number}")
}

#[test]
fn a_text_is_a_case_and_answered_once_over_a_kill() {
    let (modem, folder) = (Modem::start(), tempfile::tempdir().unwrap());
    let data = folder.path();
    modem.hold_reports();
    let service = with(data, &modem);
    let text = format!("{}😀{WORDS}", "城东新区解放路".repeat(12));
    let parts = modem.receive_text(&dialled(CITIZEN), &text, 1, Order::Reversed);
    wait_states(&service, &["submitted"]);
    let answers = got(&modem, &dialled(CITIZEN));
    assert_eq!(answers.len(), 1);
    assert_told(data, &answers[0]);
    service.kill();
    // While nobody is there: the same again, as a card has it whose deletion was lost, another's, and the reports.
    parts.into_iter().for_each(|part| modem.receive(part));
    modem.receive_text(&dialled(OTHER), ELSEWHERE, 2, Order::Right);
    modem.submitted().iter().for_each(|sent| modem.report(sent, 0));
    let service = with(data, &modem);
    wait_states(&service, &["delivered", "submitted"]);
    assert_eq!((got(&modem, &dialled(OTHER)).len(), cases(data).len()), (1, 2));
    assert_eq!(got(&modem, &dialled(CITIZEN)).len(), 1, "answered once");
    assert_clean(service);
}

#[test]
fn a_kill_between_handing_over_and_answer_sends_nothing_twice() {
    let (modem, folder) = (Modem::start(), tempfile::tempdir().unwrap());
    let data = folder.path();
    modem.hold_reports();
    modem.fault(|faults| faults.answers_lost = 1);
    let service = with(data, &modem);
    modem.receive_text(&dialled(CITIZEN), WORDS, 1, Order::Right);
    until(&service, "handed over", || modem.submitted().len() == 1);
    assert_eq!(states(data), ["submitting"]);
    service.kill();
    let service = with(data, &modem);
    wait_states(&service, &["uncertain"]);
    modem.receive_text(&dialled(OTHER), ELSEWHERE, 2, Order::Right);
    wait_states(&service, &["uncertain", "submitted"]);
    let to = |number: &str| {
        let sent = modem.submitted();
        sent.iter().filter(|sent| sent.text.origin.dialled() == dialled(number)).count()
    };
    assert_eq!((to(CITIZEN), to(OTHER)), (1, 2), "S01 has two parts");
    assert_clean(service);
}

#[test]
fn a_modem_that_is_not_there_keeps_no_service_from_its_start() {
    let (modem, folder) = (Modem::start(), tempfile::tempdir().unwrap());
    let address = modem.address;
    drop(modem);
    let service =
        serve(folder.path(), "modem", "modem", &format!("address='{address}',leader='张副市长'"));
    until(&service, "an alarm", || service.stderr().contains("ALARM the port of a modem"));
    let modem = Modem::again_at(address);
    modem.receive_text(&dialled(CITIZEN), WORDS, 1, Order::Right);
    until(&service, "a case", || cases(folder.path()).len() == 1);
    assert_eq!(cases(folder.path())[0]["channel"], "leader_sms");
    assert_clean(service);
}
