//! SIGTERM: no new calls, live calls finish; a second one ends them at once.

use crate::support::citizen::{Dial, DialError};
use crate::support::service::{Service, Start, json};
use crate::support::wait_for;
use std::time::{Duration, Instant};

fn answered(service: &Service) -> crate::support::citizen::Call {
    Dial::new(service.udp(), "12345").call().expect("the line answers")
}

#[test]
fn the_first_sigterm_refuses_new_calls_and_lets_live_ones_finish() {
    let folder = tempfile::tempdir().unwrap();
    let service = Start::new(folder.path()).set("service.drain_seconds=30").run();
    let call = answered(&service);
    service.signal_term();
    std::thread::sleep(Duration::from_millis(300));
    let late = Dial::new(service.udp(), "12345").patience(Duration::from_secs(2)).call();
    assert!(matches!(late, Err(DialError::Refused(503))), "{:?}", late.err());
    assert!(!call.ended(), "a live call goes on");
    // A citizen who is greeted hears the greeting out, then that the service stops, then BYE.
    assert!(call.wait_ended(Duration::from_secs(28)), "the call is ended politely");
    assert_eq!(service.stop().code(), Some(0));
    assert_eq!(json(folder.path(), &["call", "list"])[0]["ended_by"], "shutdown");
}

#[test]
fn past_the_limit_live_calls_get_a_bye_and_the_exit_is_0() {
    let folder = tempfile::tempdir().unwrap();
    let service = Start::new(folder.path()).set("service.drain_seconds=1").run();
    let call = answered(&service);
    let asked = Instant::now();
    assert_eq!(service.stop().code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(6), "{:?}", asked.elapsed());
    assert!(call.wait_ended(Duration::from_secs(1)), "it was told by BYE");
    assert!(!json(folder.path(), &["call", "list"])[0]["ended_at"].is_null());
}

#[test]
fn the_second_sigterm_ends_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = Start::new(folder.path()).set("service.drain_seconds=3600").run();
    let call = answered(&service);
    let silent = answered(&service);
    // This one does not answer its BYE any more.
    silent.vanish();
    service.signal_term();
    std::thread::sleep(Duration::from_millis(500));
    assert!(service.alive(), "the first SIGTERM waits for live calls");
    let asked = Instant::now();
    assert_eq!(service.stop().code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    assert!(call.wait_ended(Duration::from_secs(1)), "it was told by BYE");
}

#[test]
fn the_ready_line_names_every_bound_address_and_where_to_call() {
    let folder = tempfile::tempdir().unwrap();
    let service = Start::new(folder.path()).run();
    let (udp, tcp) = (service.address("udp"), service.address("tcp"));
    assert!(udp.port() != 0 && tcp.port() != 0);
    let connects = wait_for(Duration::from_secs(2), || std::net::TcpStream::connect(tcp).ok());
    assert!(connects.is_some());
    assert_eq!(service.word("call"), format!("sip:mayor@{udp}"));
    assert_eq!(service.stop().code(), Some(0));
}
