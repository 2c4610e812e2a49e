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

#[test]
fn uris_read_as_meant_and_print_as_sent() {
    for (text, user, host, port) in [
        ("sip:192.0.2.1", None, "192.0.2.1", None),
        (
            "sip:12345@pbx.example.cn:5070;transport=tcp;lr",
            Some("12345"),
            "pbx.example.cn",
            Some(5070),
        ),
        (
            "sips:a:secret@[2001:db8::1]:5061?Subject=x",
            Some("a:secret"),
            "[2001:db8::1]",
            Some(5061),
        ),
        (
            "sip:+8619900000017;npdi@192.0.2.1;user=phone",
            Some("+8619900000017;npdi"),
            "192.0.2.1",
            None,
        ),
        ("sip:%E7%8E%8B@192.0.2.1", Some("%E7%8E%8B"), "192.0.2.1", None),
        ("tel:+86-199-0000-0017;phone-context=+86", Some("+86-199-0000-0017"), "", None),
        ("urn:service:sos", Some("service:sos"), "", None),
    ] {
        let uri = Uri::parse(text).unwrap();
        assert_eq!(uri.user.as_deref(), user, "{text}");
        assert_eq!((uri.host.as_str(), uri.port), (host, port), "{text}");
        assert_eq!(uri.to_string(), text);
    }
    for text in [
        "",
        "sip:",
        "sip",
        "sip:@192.0.2.1",
        "sip:a@",
        "sip:a@b@c",
        "sip:a@b:",
        "sip:a@b:65536",
        "sip:a@b:-1",
        "sip:2001:db8::1",
        "sip:[2001:db8::1",
        "sip:[x]",
        "sip:a b@c",
        "sip:a@b\r\nX: y",
        "<sip:a@b>",
        "tel:",
        "tel:abc@x",
        "1sip:a@b",
    ] {
        assert!(Uri::parse(text).is_err(), "{text}");
    }
}

#[test]
fn addresses_and_vias_read_as_meant() {
    for (text, display, uri, tag) in [
        ("sip:a@b;tag=1", None, "sip:a@b", Some("1")),
        ("<sip:a@b;x=1>;tag=\"q;,>\"", None, "sip:a@b;x=1", Some("q;,>")),
        ("\"a \\\" <b>\" <tel:110>", Some("a \" <b>"), "tel:110", None),
        ("王 局长 <sip:a@b> ; tag = 2 ; flag", Some("王 局长"), "sip:a@b", Some("2")),
    ] {
        let address = NameAddr::parse(text).unwrap();
        assert_eq!(address.display.as_deref(), display, "{text}");
        assert_eq!((address.uri.to_string().as_str(), address.tag()), (uri, tag), "{text}");
        assert_eq!(NameAddr::parse(&address.to_string()).as_ref(), Ok(&address), "{text}");
    }
    for text in [
        "",
        "<sip:a@b",
        "\"a <sip:a@b>",
        "a, b <sip:a@b>",
        "sip:a@b?x=y",
        "<sip:a@b>x",
        "<sip:a@b>;=1",
    ] {
        assert!(NameAddr::parse(text).is_err(), "{text}");
    }
    let via =
        Via::parse("SIP / 2.0 / tcp [2001:db8::9] : 5070;received=2001:db8::8;rport").unwrap();
    assert_eq!((via.transport.as_str(), via.host.as_str()), ("TCP", "[2001:db8::9]"));
    assert_eq!((via.port, via.params.get("rport")), (Some(5070), Some("")));
    assert_eq!(via.to_string(), "SIP/2.0/TCP [2001:db8::9]:5070;received=2001:db8::8;rport");
    for text in ["", "SIP/2.0/UDP", "HTTP/1.1/UDP a", "SIP/2.0/UDP a b", "SIP/2.0/UDP ;branch=x"] {
        assert!(Via::parse(text).is_err(), "{text}");
    }
}

#[test]
fn no_value_can_start_a_header_field_of_its_own() {
    let mut headers = Headers::default();
    headers.push("Subject", "a\r\nX-Evil: 1");
    headers.push("X-Name\r\nX-Evil", "2");
    let status =
        Response { status: 200, reason: "OK\r\nX-Evil: 3".to_owned(), headers, body: vec![] };
    let printed = String::from_utf8(status.to_bytes()).unwrap();
    assert!(!printed.contains("\nX-Evil"), "{printed}");
}

#[test]
fn fields_are_replaced_in_place_and_removed() {
    let mut headers = Headers::default();
    for (name, value) in [("Via", "a"), ("X-A", "1"), ("x-a", "2"), ("To", "t")] {
        headers.push(name, value);
    }
    headers.set("X-a", "3");
    headers.set("Expires", "60");
    headers.remove("via");
    let fields: Vec<_> = headers.iter().collect();
    assert_eq!(fields, [("X-a", "3"), ("To", "t"), ("Expires", "60")]);
}

#[test]
fn every_limit_refuses_the_message_and_says_so_to_the_peer() {
    use limits::*;
    let many = |name: &str, value: &str, times: usize| {
        OPTIONS.replace("Max-Forwards: 70\n", &format!("{name}: {value}\n").repeat(times))
    };
    for (text, status) in [
        (many("X", "1", FIELDS_MAX), 513),
        (many("X", &"x".repeat(FIELD_BYTES_MAX), 1), 513),
        (many("Via", "SIP/2.0/UDP a", LIST_ELEMENTS_MAX), 513),
        (many("Via", &format!("SIP/2.0/UDP a{}", ";x".repeat(PARAMS_MAX + 1)), 1), 513),
        (
            OPTIONS.replace("12345@192.0.2.1 SIP", &format!("{} SIP", "a".repeat(URI_BYTES_MAX))),
            414,
        ),
    ] {
        let failure = parse(&text).unwrap_err();
        assert_eq!(failure.answer.map(|a| a.status), Some(status), "{:?}", failure.error);
    }
    let huge = many("X", "1", 20_000);
    assert_eq!(parse(&huge).unwrap_err().error, crate::wire::WireError::TooLarge("message"));
}

#[test]
fn a_datagram_without_length_has_the_rest_as_body_and_a_short_length_cuts_it() {
    let text = OPTIONS.replace("Content-Length: 0\n", "") + "body";
    let Ok(Message::Request(request)) = parse(&text) else { panic!("a request") };
    assert_eq!(request.body, b"body");
    let Ok(Message::Request(request)) = parse(&OPTIONS.replace(": 0\n\n", ": 2\n\nbody")) else {
        panic!("a request")
    };
    assert_eq!(request.body, b"bo");
}
