//! Mails that are made to hurt (hardening.md T15): they cost little, and something is always read.

use super::write::{base64, mail, quoted};
use crate::wire::mime::{ADDRESSES_MAX, IDS_MAX, MAIL_BYTES_MAX, Mail, PARTS_MAX};

#[test]
fn a_hundred_megabytes_are_read_to_the_limit() {
    let mut raw = mail(
        &["Subject: big", "Content-Type: application/zip", "Content-Transfer-Encoding: base64"],
        b"",
    );
    raw.resize(100_000_000, b'A');
    let mail = Mail::read(&raw, None);
    assert_eq!((mail.subject.as_str(), mail.limited), ("big", true));
    let [file] = mail.attachments.as_slice() else { panic!("{mail:?}") };
    assert_eq!(file.range.end, MAIL_BYTES_MAX);
}

#[test]
fn a_text_of_more_than_ten_megabytes_is_a_file() {
    let text = base64(&vec![b'a'; 11_000_000]);
    let raw =
        mail(&["Content-Type: text/plain", "Content-Transfer-Encoding: base64"], text.as_bytes());
    let mail = Mail::read(&raw, None);
    assert_eq!((mail.text.as_str(), mail.limited), ("", true));
    assert_eq!(mail.attachments[0].size, 11_000_000);
}

#[test]
fn ten_thousand_parts_are_counted_to_the_limit() {
    let body: String =
        (0..10_000).map(|n| format!("--b\r\nContent-Type: image/png\r\n\r\n{n}\r\n")).collect();
    let mail =
        Mail::read(&mail(&["Content-Type: multipart/mixed; boundary=b"], body.as_bytes()), None);
    assert_eq!((mail.attachments.len(), mail.limited), (PARTS_MAX, true));
}

#[test]
fn ten_thousand_depths_stop_at_the_limit() {
    let mail = Mail::read(&super::corpus::nested(10_000), None);
    assert!(mail.limited);
    assert_eq!(mail.attachments.len(), 1);
}

#[test]
fn a_megabyte_of_escapes_grows_by_nothing() {
    let body = quoted(&vec![b'='; 400_000]);
    let raw = mail(&["Content-Transfer-Encoding: quoted-printable"], body.as_bytes());
    assert_eq!(Mail::read(&raw, None).text.len(), 400_000);
}

#[test]
fn fields_addresses_and_ids_are_counted() {
    let junk: String = (0..50_000).map(|n| format!("X-{n}: y\r\n")).collect();
    let to: String = (0..5_000).map(|n| format!("a{n}@example.com, ")).collect();
    let ids: String = (0..5_000).map(|n| format!("<{n}@example.com> ")).collect();
    let raw = format!("To: {to}\r\nReferences: {ids}\r\n{junk}Subject: late\r\n\r\nbody");
    let mail = Mail::read(raw.as_bytes(), None);
    assert_eq!((mail.to.len(), mail.references.len()), (ADDRESSES_MAX, IDS_MAX));
    assert_eq!((mail.subject.as_str(), mail.text.as_str()), ("", "body"));
}

/// Pages of unfinished pieces must not be searched to their end for each piece.
#[test]
fn pages_that_never_end_are_read_in_one_pass() {
    for piece in [
        "<", "<a ", "<!--", "<style>", "<a b=\"", "<a b='>", "&", "&#", "</", "<p", "<title>x",
        "\"'<=>",
    ] {
        let page = piece.repeat(1_000_000 / piece.len());
        let raw = mail(&["Content-Type: text/html"], page.as_bytes());
        let begun = cpu_ms();
        let mail = Mail::read(&raw, None);
        let spent = cpu_ms() - begun;
        assert!(mail.text.len() <= page.len());
        assert!(spent < 3_000, "{piece}: {spent} ms");
    }
}

#[test]
fn words_and_boundaries_that_never_end_are_read_in_one_pass() {
    for piece in
        ["=?", "=?a?Q?", "=?utf-8?B?AA?=", "\"", "(", "<", ",", ":;", "\\", "a@", "=?a?q?=?="]
    {
        let value = piece.repeat(60_000 / piece.len());
        let raw = format!(
            "From: {value}\r\nSubject: {value}\r\nReferences: {value}\r\nDate: {value}\r\n\r\nx"
        );
        let begun = cpu_ms();
        assert_eq!(Mail::read(raw.as_bytes(), None).text, "x", "{piece}");
        assert!(cpu_ms() - begun < 3_000, "{piece}");
    }
    let body = "--b".repeat(1_000_000);
    let raw = mail(&["Content-Type: multipart/mixed; boundary=b"], body.as_bytes());
    assert_eq!(Mail::read(&raw, None).text.len(), body.len());
}

/// CPU time of this thread: a busy machine must not make it a hang.
fn cpu_ms() -> i64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
}

/// A long file is decoded piece by piece: the letters of its lines stand across the pieces, a padding ends
/// it or stands amid it, and a line that is none makes it read the slow way as a whole.
#[test]
fn a_long_file_comes_out_as_it_went_in() {
    let fields = ["Content-Type: application/zip; name=a.zip", "Content-Transfer-Encoding: base64"];
    let file: Vec<u8> = (0..200_000_u32).map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1]).collect();
    let read = |body: &str, odd: bool| {
        let raw = mail(&fields, body.as_bytes());
        let mail = Mail::read(&raw, None);
        let [found] = mail.attachments.as_slice() else { panic!("{mail:?}") };
        assert_eq!(found.name.as_deref(), Some("a.zip"));
        let (bytes, is_odd) = found.transfer.undo(&raw[found.range.clone()]);
        assert_eq!(is_odd, odd);
        assert_eq!(bytes, found.bytes(&raw));
        bytes.into_owned()
    };
    // 49,152 bytes are the letters of one piece.
    for length in [0, 1, 49_150, 49_151, 49_152, 49_153, 98_304, 200_000] {
        let whole = base64(&file[..length]);
        assert_eq!(read(&whole, false), &file[..length], "{length}");
        let twice = format!("{whole}\r\n{}", base64(&file));
        assert_eq!(read(&twice, false), [&file[..length], &file].concat(), "{length} and more");
        let noted = format!("{whole}\r\n*** checked by a scanner ***\r\n{}", base64(&file));
        assert_eq!(read(&noted, true), [&file[..length], &file].concat(), "{length} and a note");
    }
}
