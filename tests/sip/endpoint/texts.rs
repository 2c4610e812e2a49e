//! MESSAGE: kept first, answered then (RFC 3428).

use super::harness::{Ask, Line, WAIT_MS};
use mayorline::proto::{EndpointConfig, Event, TextId};

fn message(call: &str, body: &str) -> Ask {
    Ask::new("MESSAGE", call, 1).body("text/plain;charset=UTF-8", body)
}

fn last_text(line: &Line) -> (TextId, String) {
    match line.events.last() {
        Some(Event::Text { text, body, .. }) => (*text, body.clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_text_is_answered_only_when_it_is_kept_and_then_for_every_repeat() {
    let mut line = Line::new();
    assert_eq!(line.statuses(&message("a", "路灯不亮")), [0_u16; 0]);
    assert_eq!(line.statuses(&message("a", "路灯不亮")), [0_u16; 0]);
    assert_eq!(line.events.len(), 1);
    let (text, body) = last_text(&line);
    assert_eq!(body, "路灯不亮");
    line.endpoint.answer_text(line.now, text, 202);
    line.drain();
    assert_eq!(line.times_of(202), [0]);
    assert_eq!(line.statuses(&message("a", "路灯不亮")), [202]);
    line.endpoint.answer_text(line.now, text, 500);
    line.drain();
    assert_eq!(line.times_of(500), [0_u64; 0], "answered once");
    line.assert_quiet();
}

#[test]
fn gb_charsets_are_read_and_others_get_415() {
    let mut line = Line::new();
    let gbk = Ask::new("MESSAGE", "a", 1)
        .body("text/plain;charset=\"GBK\"", [0xCD, 0xF5].as_slice().to_vec());
    line.ask(&gbk);
    assert_eq!(last_text(&line).1, "王");
    for kind in ["text/plain;charset=utf-16", "text/html", "application/im-iscomposing+xml"] {
        let answer = line
            .answer_to(&Ask::new("MESSAGE", kind.len().to_string().as_str(), 1).body(kind, "x"));
        assert_eq!((answer.status, answer.headers.get("Accept")), (415, Some("text/plain")));
    }
}

#[test]
fn a_text_past_its_size_gets_413() {
    let mut line = Line::new();
    assert_eq!(line.statuses(&message("a", &"字".repeat(3_000))), [413]);
}

#[test]
fn texts_past_their_number_get_503() {
    let config = EndpointConfig { texts_max: 3, ..EndpointConfig::default() };
    let mut line = Line::with(config);
    for n in 0..3 {
        assert_eq!(line.statuses(&message(&n.to_string(), "x")), [0_u16; 0]);
    }
    let answer = line.answer_to(&message("3", "x"));
    assert_eq!((answer.status, answer.headers.get("Retry-After")), (503, Some("10")));
    assert_eq!(line.endpoint.counts().texts, 3);
    line.pass(WAIT_MS);
    assert_eq!(line.endpoint.counts().texts, 0, "the sender gave up, so the answer has no way");
    line.assert_quiet();
}

#[test]
fn the_key_is_the_same_for_every_copy_of_a_text() {
    let mut line = Line::new();
    line.ask(&message("a", "x"));
    line.pass(2 * WAIT_MS);
    line.ask(&message("a", "x").branch("by-another-proxy"));
    let keys: Vec<&String> = line
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Text { key, .. } => Some(key),
            _ => None,
        })
        .collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1]);
}
