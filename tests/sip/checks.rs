//! What must hold for any bytes at all. Shared by the tests here and the targets in `fuzz/`; each
//! tells whether the bytes were understood.

use mayorline::wire::WireError;
use mayorline::wire::sdp::Session;
use mayorline::wire::sip::limits::MESSAGE_BYTES_MAX;
use mayorline::wire::sip::{Frame, Framer, Framing, Message, NameAddr, Uri, Via};

/// A message that is understood can be asked anything, and reads the same after printing.
pub(crate) fn sip_message(bytes: &[u8]) -> bool {
    let Ok(parsed) = Message::parse(bytes, Framing::Datagram) else { return false };
    let headers = parsed.headers();
    let _ = (headers.routes("Record-Route"), headers.number("Expires"), headers.contacts());
    assert!(headers.tokens("Require").count() <= bytes.len());
    let printed = parsed.to_bytes();
    if printed.len() > MESSAGE_BYTES_MAX {
        return true;
    }
    match Message::parse(&printed, Framing::Stream) {
        Ok(again) => {
            assert_eq!(again.to_bytes(), printed);
            assert_eq!(again.headers().vias(), headers.vias());
            assert_eq!(again.headers().from(), headers.from());
        }
        Err(failure) => panic!("{failure:?}: {}", printed.escape_ascii()),
    }
    true
}

/// A stream gives the same however it is cut.
pub(crate) fn sip_stream(bytes: &[u8]) -> bool {
    let whole = frames(bytes, bytes.len().max(1));
    let size = bytes.first().map_or(1, |&first| usize::from(first) % 64 + 1);
    for piece in [1, size] {
        let cut = frames(bytes, piece);
        assert!(cut == whole, "in pieces of {piece}: {cut:?} instead of {whole:?}");
    }
    whole.0.iter().any(|frame| matches!(frame, Frame::Message(parsed) if parsed.is_ok()))
}

fn frames(bytes: &[u8], piece: usize) -> (Vec<Frame>, Option<WireError>) {
    let mut framer = Framer::default();
    let mut frames = Vec::new();
    for piece in bytes.chunks(piece) {
        let mut next = framer.push(piece).map(|()| None);
        loop {
            match next {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) if frames.len() > bytes.len() => panic!("more frames than bytes"),
                Ok(None) => {}
                Err(error) => return (frames, Some(error)),
            }
            next = framer.poll_frame();
            if next == Ok(None) {
                break;
            }
        }
    }
    (frames, None)
}

/// URIs, addresses and Via elements read the same after printing.
pub(crate) fn uri(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(via) = Via::parse(&text) {
        assert_eq!(Via::parse(&via.to_string()), Ok(via));
    }
    for address in NameAddr::parse_list(&text).unwrap_or_default() {
        assert_eq!(NameAddr::parse(&address.to_string()), Ok(address));
    }
    let Ok(uri) = Uri::parse(&text) else { return false };
    assert_eq!(Uri::parse(&uri.to_string()), Ok(uri));
    true
}

/// A description is read or refused.
pub(crate) fn sdp(bytes: &[u8]) -> bool {
    let Ok(session) = Session::parse(bytes) else { return false };
    let found = session.media.iter().filter_map(|line| session.address_for(line)).count();
    assert!(found <= session.media.len());
    true
}
