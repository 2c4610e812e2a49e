use super::*;

fn parse(text: &str) -> Result<Message, ParseFailure> {
    Message::parse(text.replace('\n', "\r\n").as_bytes(), Framing::Datagram)
}

const OPTIONS: &str = "OPTIONS sip:12345@192.0.2.1 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.9:5062;branch=z9hG4bKa;rport
Max-Forwards: 70
From: \"a, b\" <sip:19900000017@192.0.2.9>;tag=f1
To: <sip:12345@192.0.2.1>
Call-ID: c1@192.0.2.9
CSeq: 7 OPTIONS
Contact: <sip:a@192.0.2.9;x=1,2>, \"x,y\" <sip:b@192.0.2.9>;q=0.5
Content-Length: 0

";

#[test]
fn an_ordinary_request_is_read_and_printed_again() {
    let message = parse(OPTIONS).unwrap();
    let Message::Request(request) = &message else { panic!("a request") };
    assert_eq!(request.method, Method::Options);
    assert_eq!(request.uri.to_string(), "sip:12345@192.0.2.1");
    let headers = &request.headers;
    assert_eq!(headers.top_via().unwrap().branch(), Some("z9hG4bKa"));
    assert_eq!(headers.from().unwrap().display.as_deref(), Some("a, b"));
    assert_eq!(headers.from().unwrap().tag(), Some("f1"));
    assert_eq!(headers.cseq().unwrap(), CSeq { number: 7, method: Method::Options });
    assert_eq!(headers.contacts().unwrap().len(), 2);
    assert_eq!(headers.number("max-forwards").unwrap(), Some(70));
    let printed = message.to_bytes();
    assert_eq!(Message::parse(&printed, Framing::Stream).unwrap(), message);
    assert_eq!(String::from_utf8(printed).unwrap(), OPTIONS.replace('\n', "\r\n"));
}

#[test]
fn compact_names_folded_lines_and_blanks_read_as_the_plain_form() {
    let torn = "\n\nOPTIONS sip:12345@192.0.2.1 SIP/2.0
v : SIP / 2.0 / udp
 192.0.2.9 : 5062 ;branch = z9hG4bKa ; rport
mAx-forwards:   0070
f:\t\"a, b\"   <sip:19900000017@192.0.2.9> ;
\ttag=f1
t: <sip:12345@192.0.2.1>
i: c1@192.0.2.9
cseq: 007
   OPTIONS
m: <sip:a@192.0.2.9;x=1,2>,
   \"x,y\" <sip:b@192.0.2.9>;q=0.5

";
    let Ok(Message::Request(plain)) = parse(OPTIONS) else { panic!("plain") };
    let Message::Request(torn) = parse(torn).unwrap() else { panic!("torn") };
    assert_eq!(torn.headers.top_via().unwrap(), plain.headers.top_via().unwrap());
    assert_eq!(torn.headers.from().unwrap(), plain.headers.from().unwrap());
    assert_eq!(torn.headers.cseq().unwrap(), plain.headers.cseq().unwrap());
    assert_eq!(torn.headers.contacts().unwrap(), plain.headers.contacts().unwrap());
    assert_eq!(torn.headers.number("Max-Forwards").unwrap(), Some(70));
}

#[test]
fn wrong_requests_carry_the_status_of_their_answer() {
    for (from, to, status) in [
        ("SIP/2.0\nVia", "SIP/7.0\nVia", 505),
        ("sip:12345@192.0.2.1 SIP", "http://192.0.2.1 SIP", 416),
        ("sip:12345@192.0.2.1 SIP", "<sip:12345@192.0.2.1> SIP", 400),
        ("sip:12345@192.0.2.1 SIP", "sip:12345@192.0.2.1; lr SIP", 400),
        ("7 OPTIONS", "7 INVITE", 400),
        ("7 OPTIONS", "4294967296 OPTIONS", 400),
        ("Length: 0", "Length: 9", 400),
        ("Length: 0", "Length: -9", 400),
        ("Length: 0", "Length: 0\nl: 0", 400),
        ("Call-ID: c1@192.0.2.9\n", "", 400),
        ("Max-Forwards: 70", "f: <sip:other@192.0.2.9>;tag=2", 400),
        ("Max-Forwards: 70", "Max-Forwards: 300", 400),
        ("SIP/2.0\nVia", "SIP/2.0\n folded: onto nothing\nVia", 400),
    ] {
        assert!(OPTIONS.contains(from), "{from}");
        let failure = parse(&OPTIONS.replacen(from, to, 1)).unwrap_err();
        assert_eq!(failure.answer.map(|a| a.status), Some(status), "{to}");
    }
}

#[test]
fn a_wrong_ack_or_response_is_not_answered() {
    let ack = OPTIONS.replace("OPTIONS sip", "ACK sip");
    assert_eq!(parse(&ack).unwrap_err().answer, None);
    let response = OPTIONS.replace("OPTIONS sip:12345@192.0.2.1 SIP/2.0", "SIP/2.0 200 OK");
    assert!(parse(&response).is_ok());
    assert_eq!(parse(&response.replace("Call-ID", "X")).unwrap_err().answer, None);
}

#[test]
fn a_gb18030_display_name_is_read_as_chinese() {
    let mut bytes = OPTIONS.replace('\n', "\r\n").into_bytes();
    let at = bytes.windows(4).position(|w| w == b"a, b").unwrap();
    bytes.splice(at..at + 4, [0xCD, 0xF5]); // 王
    let message = Message::parse(&bytes, Framing::Datagram).unwrap();
    assert_eq!(message.headers().from().unwrap().display.as_deref(), Some("王"));
}

fn frames(chunks: &[&[u8]]) -> (Vec<Frame>, Option<crate::wire::WireError>) {
    let mut framer = Framer::default();
    let mut frames = Vec::new();
    for chunk in chunks {
        if let Err(error) = framer.push(chunk) {
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
fn a_stream_reads_the_same_whole_and_byte_by_byte() {
    let one = OPTIONS.replace('\n', "\r\n");
    let body = one.replace("Length: 0\r\n\r\n", "Length: 4\r\n\r\n\r\n\r\n");
    let all = format!("\r\n{one}\r\n\r\n{body}{one}\r\n\r\n\r\n\r\n\r\n{one}");
    let whole = frames(&[all.as_bytes()]);
    let bytes: Vec<&[u8]> = all.as_bytes().chunks(1).collect();
    assert_eq!(frames(&bytes), whole);
    let pings = whole.0.iter().filter(|f| **f == Frame::Ping).count();
    assert_eq!((whole.0.len(), pings, whole.1), (7, 3, None));
}

#[test]
fn a_stream_without_a_usable_length_is_answered_and_closed() {
    for length in ["", "Content-Length: 4294967295\n", "Content-Length: -1\n", "l: 0\nl: 0\n"] {
        let text = OPTIONS.replace("Content-Length: 0\n", length).replace('\n', "\r\n");
        let (frames, error) = frames(&[text.as_bytes(), text.as_bytes()]);
        let [Frame::Message(parsed)] = frames.as_slice() else { panic!("{length}") };
        let failure = parsed.as_ref().as_ref().unwrap_err();
        assert_eq!(failure.answer.as_ref().map(|a| a.status), Some(400), "{length}");
        assert!(error.is_some(), "{length}");
    }
    let (none, error) = frames(&[&[b'x'; 70_000]]);
    assert!(none.is_empty() && error.is_some());
}
