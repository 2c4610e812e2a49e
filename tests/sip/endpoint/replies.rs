//! Every torture message to the endpoint: the answer is the one of the table.

use super::harness::{Ask, Line};
use crate::corpus::message;
use crate::verdicts::{VERDICTS, Verdict};
use mayorline::proto::offer_answer::{LocalMedia, answer, offer};
use mayorline::proto::{EndpointConfig, Event};
use mayorline::wire::sdp::Session;
use mayorline::wire::sip::{Frame, Framer, Message};

/// Nobody is silenced for asking too often.
pub(super) fn open_line() -> Line {
    let trusted_peers = vec!["127.0.0.2".parse().unwrap()];
    Line::with(EndpointConfig { trusted_peers, ..EndpointConfig::default() })
}

/// Answers what came in as the service does: calls by their offer, texts at once.
pub(super) fn serve(line: &mut Line) {
    let address = "127.0.0.1".parse().unwrap();
    let ours = LocalMedia { address, rtp_port: 5000, session_id: 1, session_version: 1, key: None };
    for event in std::mem::take(&mut line.events) {
        match event {
            Event::Incoming { leg, offer: None, .. } => {
                line.endpoint.answer(line.now, leg, offer(&ours));
            }
            Event::Incoming { leg, offer: Some(sdp), .. } => {
                match Session::parse(&sdp).ok().and_then(|theirs| answer(&theirs, &ours).ok()) {
                    Some((sdp, _)) => line.endpoint.answer(line.now, leg, sdp),
                    None => line.endpoint.reject(line.now, leg, 488),
                }
            }
            Event::Text { text, .. } => line.endpoint.answer_text(line.now, text, 200),
            _ => {}
        }
        line.drain();
    }
}

/// The first final status that went out.
pub(super) fn final_status(line: &Line) -> Option<u16> {
    let readable = line.responses_from(0).into_iter().map(|response| response.status);
    line.unreadable.iter().copied().chain(readable).find(|status| *status >= 200)
}

fn in_datagram(bytes: &[u8]) -> Line {
    let mut line = open_line();
    line.raw(bytes);
    serve(&mut line);
    line
}

fn on_stream(bytes: &[u8], piece: usize) -> Line {
    let mut line = open_line().over_tcp(9);
    let mut framer = Framer::default();
    for piece in bytes.chunks(piece) {
        if framer.push(piece).is_err() {
            break;
        }
        while let Ok(Some(frame)) = framer.poll_frame() {
            if let Frame::Message(parsed) = frame {
                line.endpoint.receive_parsed(line.now, line.flow, *parsed);
                line.drain();
            }
        }
    }
    serve(&mut line);
    line
}

/// Rows whose answer is not that of the table, in words; a good call follows each message.
fn wrong(expected: fn(&Verdict, &[u8]) -> Option<u16>, meet: impl Fn(&[u8]) -> Line) -> String {
    let mut wrong = Vec::new();
    for verdict in VERDICTS {
        let bytes = message(verdict.name);
        let mut line = meet(&bytes);
        let (want, got) = (expected(&verdict, &bytes), final_status(&line));
        if want != got {
            wrong.push(format!("{} ({}): {got:?}, not {want:?}", verdict.name, verdict.section));
        }
        let legs = line.endpoint.counts().legs;
        assert_eq!(line.statuses(&Ask::invite("good"))[0], 100, "after {}", verdict.name);
        serve(&mut line);
        assert_eq!(line.endpoint.counts().legs, legs + 1, "after {}", verdict.name);
    }
    wrong.join("\n")
}

#[test]
fn every_torture_datagram_gets_the_answer_of_the_table() {
    assert_eq!(wrong(Verdict::status, in_datagram), "");
}

#[test]
fn every_torture_message_on_a_stream_gets_the_answer_of_the_table_whole_and_byte_by_byte() {
    assert_eq!(wrong(Verdict::status_on_stream, |bytes| on_stream(bytes, bytes.len())), "");
    assert_eq!(wrong(Verdict::status_on_stream, |bytes| on_stream(bytes, 1)), "");
}

#[test]
fn an_answer_repeats_what_its_torture_message_said() {
    for verdict in VERDICTS {
        let line = in_datagram(&message(verdict.name));
        let asked = Message::parse(&message(verdict.name), mayorline::wire::sip::Framing::Datagram);
        let Ok(Message::Request(request)) = asked else { continue };
        for response in line.responses_from(0) {
            let (asked, told) = (&request.headers, &response.headers);
            assert_eq!(told.call_id(), asked.call_id(), "{}", verdict.name);
            assert_eq!(told.cseq(), asked.cseq(), "{}", verdict.name);
            assert_eq!(told.from(), asked.from(), "{}", verdict.name);
            assert_eq!(told.vias().unwrap().len(), asked.vias().unwrap().len());
        }
    }
}
