use super::*;

#[test]
fn a_carrier_offer_reads_as_meant() {
    let text = "v=0\no=HuaweiSoftX3000 1073741833 1073741834 IN IP4 192.0.2.7\ns=Sip Call\n\
        c=IN IP4 192.0.2.7\nt=0 0\na=sendonly\nm=audio 30002 RTP/AVP 8 0 18 116\n\
        a=rtpmap:8 PCMA/8000\na=rtpmap:18 G729/8000/1\na=rtpmap:116 telephone-event/8000\n\
        a=fmtp:116 0-15\na=ptime:20\na=maxptime:40\na=rtcp:30009 IN IP4 192.0.2.8\n\
        b=AS:\ny=0100000001\nf=v/1/96\nm=video 0 RTP/AVP 31\na=inactive\n";
    let session = Session::parse(text.as_bytes()).unwrap();
    let [audio, video] = session.media.as_slice() else { panic!("two lines") };
    assert_eq!(session.origin.session_version, 1_073_741_834);
    assert_eq!(session.address_for(audio), Some([192, 0, 2, 7].into()));
    assert_eq!(audio.direction, Direction::SendOnly);
    assert_eq!((audio.ptime, audio.maxptime), (Some(20), Some(40)));
    assert_eq!(audio.payload_type_for(Codec::Pcma), Some(8));
    assert_eq!(audio.payload_type_for(Codec::Pcmu), Some(0));
    assert_eq!(audio.payload_type_of("telephone-event"), Some(116));
    assert_eq!(audio.rtcp, Some((30_009, Some([192, 0, 2, 8].into()))));
    assert_eq!((video.port, video.direction), (0, Direction::Inactive));
}

#[test]
fn a_payload_type_mapped_to_something_else_is_not_the_static_codec() {
    let text = "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\nm=audio 4 RTP/AVP 8 96\r\n\
        a=rtpmap:8 L16/8000\r\na=rtpmap:96 pcma/8000\r\n";
    let session = Session::parse(text.as_bytes()).unwrap();
    assert_eq!(session.media[0].payload_type_for(Codec::Pcma), Some(96));
}

#[test]
fn gbk_names_missing_lines_and_host_names_are_tolerated() {
    let mut bytes = b"v=0\no=- 1 1 IN IP4 pbx.example.cn\ns=".to_vec();
    bytes.extend([0xCD, 0xF5]);
    bytes.extend(b"\nc=IN IP4 pbx.example.cn\nm=audio 4 RTP/AVP 8");
    let session = Session::parse(&bytes).unwrap();
    assert_eq!((session.connection, session.media.len()), (None, 1));
}

#[test]
fn bombs_are_answered_by_an_error() {
    let head = "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\n";
    for bomb in [
        "m=audio 4 RTP/AVP 8\r\n".repeat(MEDIA_LINES_MAX + 1),
        format!("m=audio 4 RTP/AVP 8\r\n{}", "a=x\r\n".repeat(ATTRIBUTES_MAX + 1)),
        format!("m=audio 4 RTP/AVP{}\r\n", " 8".repeat(FORMATS_MAX + 1)),
        "c=IN IP4 192.0.2.7\r\n".repeat(SDP_BYTES_MAX / 20),
        "m=audio 99999 RTP/AVP 8\r\n".to_owned(),
        "no sdp at all".to_owned(),
    ] {
        assert!(Session::parse(format!("{head}{bomb}").as_bytes()).is_err());
    }
}
