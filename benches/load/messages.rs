//! Messages as they come from the line, shared by the two benchmarks that read them.

const BODY: &str = "v=0\r\no=- 1073741833 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\n\
    t=0 0\r\nm=audio 30002 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n\
    a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n";

/// An INVITE of a carrier.
pub(crate) fn invite() -> Vec<u8> {
    format!(
        "INVITE sip:12345@198.51.100.1:5060;user=phone SIP/2.0\r\n\
         Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK3x1a9k2m4c5v;rport\r\n\
         Max-Forwards: 70\r\n\
         From: \"19900000017\" <sip:19900000017@192.0.2.7;user=phone>;tag=hss-8s7d6f5g\r\n\
         To: <sip:12345@198.51.100.1;user=phone>\r\n\
         Call-ID: isbc-kx8s7d6f5g4h3j2k1l0@192.0.2.7\r\n\
         CSeq: 1 INVITE\r\n\
         Contact: <sip:19900000017@192.0.2.7:5060;user=phone>\r\n\
         Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, PRACK, UPDATE\r\n\
         Supported: 100rel, timer, histinfo\r\n\
         P-Asserted-Identity: <tel:+8619900000017>\r\n\
         Content-Type: application/sdp\r\n\
         Content-Length: {}\r\n\r\n{BODY}",
        BODY.len()
    )
    .into_bytes()
}

/// The same in compact names.
pub(crate) fn compact() -> Vec<u8> {
    let mut text = String::from_utf8(invite()).unwrap_or_default();
    for (long, short) in [
        ("Via:", "v:"),
        ("From:", "f:"),
        ("To:", "t:"),
        ("Call-ID:", "i:"),
        ("Contact:", "m:"),
        ("Supported:", "k:"),
        ("Content-Type:", "c:"),
        ("Content-Length:", "l:"),
    ] {
        text = text.replace(&format!("\r\n{long}"), &format!("\r\n{short}"));
    }
    text.into_bytes()
}

/// The shortest that is common.
pub(crate) fn short() -> Vec<u8> {
    b"OPTIONS sip:198.51.100.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKa1\r\n\
      From: <sip:192.0.2.7>;tag=1\r\nTo: <sip:198.51.100.1>\r\nCall-ID: 1@192.0.2.7\r\n\
      CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        .to_vec()
}

/// As many Via, Record-Route and unknown header fields as a bad path collects.
pub(crate) fn long() -> Vec<u8> {
    let mut fields = String::new();
    for hop in 0..20 {
        fields.push_str(&format!(
            "Via: SIP/2.0/UDP 192.0.2.{hop}:5060;branch=z9hG4bKhop{hop}\r\n\
             Record-Route: <sip:192.0.2.{hop};lr>\r\nX-Hop-{hop}: {}\r\n",
            "x".repeat(80)
        ));
    }
    let text = String::from_utf8(invite()).unwrap_or_default();
    text.replacen("Max-Forwards", &format!("{fields}Max-Forwards"), 1).into_bytes()
}

/// RFC 4475 "wsinv" in the head: folds, blanks, mixed names.
pub(crate) fn torture() -> Vec<u8> {
    b"INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0\r\nTO :\r\n \
      sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n\r\n\
      from   : \"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>\r\n  ;\r\n\
      \x20 tag = 98asjd8\r\nMaX-fOrWaRdS: 0068\r\nCall-ID: wsinv.ndaksdj@192.0.2.1\r\n\
      cseq: 0009\r\n  INVITE\r\nVia  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw\r\n\
      s :\r\nContent-Length : 0\r\n\r\n"
        .to_vec()
}
