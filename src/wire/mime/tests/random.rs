//! Whatever comes is read.

use super::write::{base64, gb, word};
use crate::wire::mime::{Mail, SUBJECT_CHARS_MAX};
use proptest::collection::vec;
use proptest::prelude::*;

/// Morsels that mean something, so that random mails get behind the first line.
fn morsels() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<Vec<u8>> = [
        "From: a@example.com\r\n",
        "Subject: ",
        "To: ",
        "Content-Type: ",
        "multipart/mixed; boundary=b\r\n",
        "multipart/report; boundary=\"b\"\r\n",
        "text/html; charset=",
        "text/plain; charset=gb2312; format=flowed\r\n",
        "message/delivery-status\r\n\r\nAction: failed\r\nFinal-Recipient: rfc822; a@b.c\r\n\r\n",
        "message/rfc822\r\n",
        "Content-Transfer-Encoding: base64\r\n",
        "Content-Transfer-Encoding: quoted-printable\r\n",
        "\r\n\r\n",
        "\n",
        "\r\n--b\r\n",
        "\r\n--b--\r\n",
        "filename*0*=gbk''%C4",
        "; filename*1*=%E3;",
        "=?gbk?B?xOM=?=",
        "=?utf-7?Q?+T2A-?=",
        "~{<:Ky~}",
        "hz-gb-2312",
        "utf-16",
        "=C4=E3",
        "=\r\n",
        "<p>",
        "<!--",
        "&#x4f60;",
        "<a href=\"",
        "Date: Sun, 22 Nov",
        "References: <a@b>",
        "Authentication-Results: mx; spf=pass",
        "\"",
        "\\",
        "(",
        ";",
        "=",
        "?=",
        "=?",
        "\0",
        "\u{2028}",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .chain([
        gb("路灯坏了"),
        vec![0x81, 0x30],
        base64(&gb("你好")).into_bytes(),
        word("gb18030", &gb("㐂")).into_bytes(),
    ])
    .collect();
    prop_oneof![4 => prop::sample::select(known), 1 => vec(any::<u8>(), 0..12)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_bytes_make_it_fail(pieces in vec(morsels(), 0..60)) {
        let raw = pieces.concat();
        let mail = Mail::read(&raw, Some("mx"));
        prop_assert!(mail.subject.chars().count() <= SUBJECT_CHARS_MAX);
        prop_assert!(!mail.subject.contains(char::is_control));
        prop_assert!(!mail.text.contains(|c: char| c.is_control() && c != '\n' && c != '\t'));
        let has_lost = [&mail.text, &mail.subject].iter().any(|text| text.contains(char::REPLACEMENT_CHARACTER));
        prop_assert!(mail.suspect || !has_lost);
        for file in &mail.attachments {
            prop_assert!(file.range.end <= raw.len());
            let bytes = file.bytes(&raw);
            prop_assert!(bytes.len() <= file.size + 3 || mail.suspect, "{} of {}", bytes.len(), file.size);
        }
        let read_again = Mail::read(&raw, Some("mx"));
        prop_assert_eq!(mail, read_again);
    }
}
