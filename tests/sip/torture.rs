//! RFC 4475 and RFC 5118 §4 against `Message::parse` and `Framer`.

use crate::corpus::{folder, message};
use crate::verdicts::{Parse, VERDICTS};
use mayorline::wire::WireError;
use mayorline::wire::sip::{Frame, Framer, Framing, Message, ParseFailure};

fn outcome(parsed: &Result<Message, ParseFailure>) -> Parse {
    match parsed {
        Ok(_) => Parse::Message,
        Err(ParseFailure { answer: Some(answer), .. }) => Parse::Answer(answer.status),
        Err(ParseFailure { answer: None, .. }) => Parse::Drop,
    }
}

/// Everything a stream gives for bytes that arrive in pieces of one size.
fn stream(bytes: &[u8], piece: usize) -> (Vec<Frame>, Option<WireError>) {
    let mut framer = Framer::default();
    let mut frames = Vec::new();
    for piece in bytes.chunks(piece) {
        if let Err(error) = framer.push(piece) {
            return (frames, Some(error));
        }
        loop {
            match framer.poll_frame() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
    }
    (frames, None)
}

#[test]
fn every_message_has_its_verdict_in_a_datagram() {
    let mut wrong = Vec::new();
    for verdict in VERDICTS {
        let parsed = Message::parse(&message(verdict.name), Framing::Datagram);
        if outcome(&parsed) != verdict.parse {
            wrong.push(format!("{} ({}): {parsed:?}", verdict.name, verdict.section));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_message_has_its_verdict_on_a_stream_whole_and_byte_by_byte() {
    for verdict in VERDICTS {
        let bytes = message(verdict.name);
        let whole = stream(&bytes, bytes.len());
        let first = whole.0.iter().find_map(|frame| match frame {
            Frame::Message(parsed) => Some(outcome(parsed)),
            Frame::Ping => None,
        });
        assert_eq!(first.unwrap_or(Parse::Incomplete), verdict.stream, "{}", verdict.name);
        for piece in [1, 2, 3, 7, 100] {
            assert_eq!(stream(&bytes, piece), whole, "{} in pieces of {piece}", verdict.name);
        }
    }
}

#[test]
fn a_good_message_is_read_behind_each_one_on_a_fresh_stream_or_pipelined() {
    let good = message("lwsdisp");
    for verdict in VERDICTS.iter().filter(|v| v.stream == Parse::Message) {
        // Bytes of the second message of dblreq would be glued to the good one.
        if verdict.name == "dblreq" {
            continue;
        }
        let mut bytes = message(verdict.name);
        bytes.extend_from_slice(&good);
        let (frames, error) = stream(&bytes, bytes.len());
        let messages =
            frames.iter().filter(|f| matches!(f, Frame::Message(m) if m.is_ok())).count();
        assert_eq!((messages, error), (2, None), "{}", verdict.name);
    }
}

#[test]
fn what_is_understood_reads_the_same_after_printing() {
    for verdict in VERDICTS.iter().filter(|v| v.parse == Parse::Message) {
        let first = Message::parse(&message(verdict.name), Framing::Datagram).unwrap();
        let printed = first.to_bytes();
        let again = Message::parse(&printed, Framing::Stream).unwrap_or_else(|e| {
            panic!("{}: {e:?}\n{}", verdict.name, String::from_utf8_lossy(&printed))
        });
        assert_eq!(again.to_bytes(), printed, "{}", verdict.name);
        assert_eq!(again.headers().from(), first.headers().from(), "{}", verdict.name);
        assert_eq!(again.headers().vias(), first.headers().vias(), "{}", verdict.name);
    }
}

#[test]
fn an_answer_copies_what_there_was() {
    let Err(failure) = Message::parse(&message("badvers"), Framing::Datagram) else {
        panic!("badvers is refused")
    };
    let headers = failure.answer.unwrap().headers;
    let names: Vec<&str> = headers.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["Via", "From", "To", "Call-ID", "CSeq"]);
    assert_eq!(headers.get("Via"), Some("SIP/7.0/UDP c.example.com;branch=z9hG4bKkdjuw"));
}

#[test]
fn the_table_and_the_folder_name_the_same_messages() {
    let mut listed: Vec<String> = VERDICTS.iter().map(|v| format!("{}.sip", v.name)).collect();
    let mut stored: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".sip"))
        .collect();
    listed.sort();
    stored.sort();
    assert_eq!(listed, stored);
    assert_eq!(VERDICTS.iter().filter(|v| v.section.starts_with("RFC 4475")).count(), 49);
}
