//! Sound mails say the same to `mail-parser`, whose walk shares nothing with ours.

use super::write::{base64, gb, mail, percent, quoted, word};
use crate::wire::mime::Mail;
use mail_parser::{MessageParser, MimeHeaders as _};
use proptest::collection::vec;
use proptest::prelude::*;

/// A part of a random mail.
#[derive(Debug, Clone)]
enum Part {
    Text { text: String, charset: &'static str, is_base64: bool },
    File { name: String, content: Vec<u8> },
    Mixed(Vec<Self>),
}

fn part() -> impl Strategy<Value = Part> {
    let text = (
        "[a-z你好路灯坏了。\r\n]{1,40}x",
        prop::sample::select(vec!["utf-8", "gb18030", "gbk"]),
        any::<bool>(),
    )
        .prop_map(|(text, charset, is_base64)| Part::Text {
            text: text.replace('\r', "").replace('\n', "\r\n"),
            charset,
            is_base64,
        });
    let file = ("[a-z情况说明]{1,20}\\.(doc|jpg)", vec(any::<u8>(), 0..200))
        .prop_map(|(name, content)| Part::File { name, content });
    prop_oneof![text, file].prop_recursive(4, 24, 4, |inner| vec(inner, 1..4).prop_map(Part::Mixed))
}

fn write(part: &Part, count: &mut u32, out: &mut Vec<u8>) {
    match part {
        Part::Text { text, charset, is_base64 } => {
            let bytes = if *charset == "utf-8" { text.clone().into_bytes() } else { gb(text) };
            let (name, body) = if *is_base64 {
                ("base64", base64(&bytes))
            } else {
                let lines: Vec<String> = bytes.chunks(20).map(quoted).collect();
                ("quoted-printable", lines.join("=\r\n"))
            };
            out.extend(format!("Content-Type: text/plain; charset={charset}\r\n").bytes());
            out.extend(format!("Content-Transfer-Encoding: {name}\r\n\r\n{body}").bytes());
        }
        Part::File { name, content } => {
            let name = percent(name.as_bytes());
            out.extend(
                format!("Content-Disposition: attachment; filename*=utf-8''{name}\r\n").bytes(),
            );
            out.extend(b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n");
            out.extend(base64(content).bytes());
        }
        Part::Mixed(parts) => {
            *count += 1;
            let boundary = format!("=_{count}_");
            out.extend(
                format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n").bytes(),
            );
            for part in parts {
                out.extend(format!("\r\n--{boundary}\r\n").bytes());
                write(part, count, out);
            }
            out.extend(format!("\r\n--{boundary}--\r\n").bytes());
        }
    }
}

proptest! {
    #[test]
    fn sound_mails_are_read_as_the_library_reads_them(
        part in part(),
        subject in "[a-z路灯 ]{0,20}",
        name in "[a-z张三]{1,8}",
    ) {
        let mut raw = format!(
            "From: {} <a@example.com>\r\nSubject: {}\r\nMessage-ID: <1@example.com>\r\nDate: Sun, 22 Nov 2026 \
            20:13:51 +0800\r\n",
            word("utf-8", name.as_bytes()),
            word("gbk", &gb(&subject)),
        )
        .into_bytes();
        write(&part, &mut 0, &mut raw);
        let ours = Mail::read(&raw, None);
        let theirs = MessageParser::default().parse(&raw).unwrap();
        prop_assert!(!ours.suspect && !ours.limited);
        prop_assert_eq!(&ours.subject, theirs.subject().unwrap_or_default().trim());
        prop_assert_eq!(ours.message_id.as_deref(), theirs.message_id());
        prop_assert_eq!(ours.sent_at.map(|at| at.as_second()), theirs.date().map(|date| date.to_timestamp()));
        let sender = theirs.from().and_then(|from| from.first()).unwrap();
        prop_assert_eq!(ours.from[0].name.as_deref(), sender.name());
        prop_assert_eq!(Some(ours.from[0].address.as_str()), sender.address());
        let mut texts = Vec::new();
        let mut files = Vec::new();
        for part in &theirs.parts {
            if part.is_text() {
                texts.push(part.text_contents().unwrap().replace("\r\n", "\n").trim_matches(['\n', ' ']).to_owned());
            } else if !part.is_multipart() {
                files.push((part.attachment_name().map(str::to_owned), part.contents().to_vec()));
            }
        }
        prop_assert_eq!(&ours.text, &texts.join("\n\n"));
        let found: Vec<_> =
            ours.attachments.iter().map(|file| (file.name.clone(), file.bytes(&raw).into_owned())).collect();
        prop_assert!(ours.attachments.iter().all(|file| file.bytes(&raw).len() == file.size));
        prop_assert_eq!(found, files);
    }
}

#[test]
fn what_the_library_reads_wrong_is_why_the_bytes_are_ours() {
    let library = |raw: &[u8]| {
        let mail = MessageParser::default().parse(raw).unwrap();
        (
            mail.subject().unwrap_or_default().to_owned(),
            mail.body_text(0).unwrap_or_default().into_owned(),
        )
    };
    let raw = mail(&["Subject: x"], &gb("路塌了"));
    assert!(library(&raw).1.contains('\u{FFFD}'));
    assert_eq!(Mail::read(&raw, None).text, "路塌了");
    let (first, second) = (gb("工资"), gb("工资"));
    let cut = format!(
        "Subject: {} {}",
        word("gbk", &[&first[..], &second[..1]].concat()),
        word("gbk", &second[1..])
    );
    let raw = mail(&[&cut], b"x");
    assert_ne!(library(&raw).0, "工资工");
    assert!(Mail::read(&raw, None).subject.starts_with("工资工"));
}
