//! Floods: every table keeps its bound and everything is empty again afterwards.

use super::harness::{ANSWER, Ask, Line, WAIT_MS, udp};
use mayorline::proto::{EndpointConfig, Transport};

#[test]
fn a_scanner_gets_silence_after_a_few_tries_and_others_do_not() {
    let mut line = Line::new();
    let answered = |line: &mut Line, from: u32| {
        let tries = from..from + 100;
        tries.map(|n| line.statuses(&Ask::new("REGISTER", &n.to_string(), 1)).len()).sum::<usize>()
    };
    assert_eq!(answered(&mut line, 0), 30);
    assert_eq!(answered(&mut line, 100), 0);
    line.flow = udp("127.0.0.3:5070");
    assert_eq!(answered(&mut line, 200), 30);
    line.flow = udp("127.0.0.2:5070");
    assert_eq!(line.statuses(&Ask::invite("good")), [100], "a good call is still taken");
    line.pass(60_000);
    assert_eq!(answered(&mut line, 300), 30, "a minute later it is answered again");
}

#[test]
fn trusted_peers_are_always_answered() {
    let trusted_peers = vec!["127.0.0.2".parse().unwrap()];
    let mut line = Line::with(EndpointConfig { trusted_peers, ..EndpointConfig::default() });
    for n in 0..200 {
        assert_eq!(line.statuses(&Ask::new("OPTIONS", &n.to_string(), 1)), [200]);
    }
}

#[test]
fn ten_thousand_sources_leave_nothing_but_the_bounded_table() {
    let mut line = Line::with(EndpointConfig { sources_max: 1_000, ..EndpointConfig::default() });
    for n in 0..10_000_u32 {
        line.flow.remote = format!("127.{}.{}.9:5070", 1 + n / 250, n % 250).parse().unwrap();
        line.ask(&Ask::new("REGISTER", &n.to_string(), 1));
    }
    assert_eq!(line.sent.len(), 1_050, "one each for the listed, one second's worth for the rest");
    assert_eq!(line.endpoint.counts(), mayorline::proto::Counts::default());
}

#[test]
fn calls_past_each_limit_get_503_with_retry_after_and_live_calls_stay() {
    let quiet = EndpointConfig { refusals_per_source_minute_max: 10_000, ..Default::default() };
    for (config, admitted) in [
        (EndpointConfig { calls_max: 5, ..quiet.clone() }, 5),
        (EndpointConfig { calls_per_second_max: 7, ..quiet.clone() }, 7),
        (EndpointConfig { calls_per_source_max: 3, ..quiet.clone() }, 3),
    ] {
        let mut line = Line::with(config);
        let statuses: Vec<Vec<u16>> =
            (0..20).map(|n| line.statuses(&Ask::invite(&n.to_string()))).collect();
        assert!(statuses[..admitted].iter().all(|s| s == &[100]));
        assert!(statuses[admitted..].iter().all(|s| s == &[503]));
        let answer = line.responses_from(0).pop().unwrap();
        assert_eq!(answer.headers.get("Retry-After"), Some("10"));
        assert_eq!(line.endpoint.counts().legs, admitted);
        assert_eq!(line.statuses(&Ask::invite("19")), [503], "its repeat does not become a call");
    }
}

#[test]
fn the_call_rate_fills_again_with_time() {
    let config = EndpointConfig { calls_per_second_max: 2, ..EndpointConfig::default() };
    let mut line = Line::with(config);
    let mut admitted = 0;
    for n in 0..100 {
        line.ask(&Ask::invite(&n.to_string()));
        line.pass(100);
    }
    admitted += line.incoming();
    assert!((20..=22).contains(&admitted), "2 at once and 2/s for 10 s, not {admitted}");
}

#[test]
fn an_invite_flood_fills_no_table_past_its_bound_and_all_is_empty_after() {
    let config = EndpointConfig {
        transactions_max: 200,
        calls_max: 100,
        calls_per_source_max: 100,
        calls_per_second_max: 100_000,
        ..EndpointConfig::default()
    };
    let mut line = Line::with(config);
    for n in 0..5_000 {
        let before = line.incoming();
        line.ask(&Ask::invite(&n.to_string()));
        let counts = line.endpoint.counts();
        assert!(counts.server_transactions <= 200 && counts.legs <= 100);
        if line.incoming() > before && n % 2 == 0 {
            let leg = line.leg();
            line.endpoint.answer(line.now, leg, ANSWER.as_bytes().to_vec());
            line.drain();
        }
    }
    line.pass(180_000);
    line.pass(2 * WAIT_MS);
    line.assert_quiet();
}

#[test]
fn ten_thousand_half_open_calls_over_tcp_leave_nothing_when_cut() {
    let config = EndpointConfig {
        calls_max: 20_000,
        calls_per_source_max: 20_000,
        calls_per_second_max: 20_000,
        ..EndpointConfig::default()
    };
    let mut line = Line::with(config);
    for n in 0..10_000_u64 {
        line.flow.transport = Transport::Tcp;
        line.flow.connection = n + 1;
        line.ask(&Ask::invite(&n.to_string()));
        match n % 3 {
            0 => {}
            1 => line.ring(),
            _ => line.accept(),
        }
        line.endpoint.connection_closed(line.now, n + 1);
        line.drain();
    }
    assert_eq!(line.endpoint.counts().legs, 0);
    line.assert_quiet();
}
