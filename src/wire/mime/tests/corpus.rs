//! Thirty mails that programs stumble over.

use super::write::{base64, gb, labelled, mail, percent, quoted, word};
use crate::wire::mime::Mail;

fn read(raw: &[u8]) -> Mail {
    Mail::read(raw, None)
}

/// Read in full and without a doubt.
#[track_caller]
fn says(raw: &[u8], text: &str) {
    let mail = read(raw);
    assert_eq!(mail.text, text);
    assert!(!mail.suspect && !mail.limited, "{mail:?}");
}

#[test]
fn utf_8_in_every_place() {
    let raw = mail(
        &[
            "Message-ID: <1@example.com>",
            "Date: Sun, 22 Nov 2026 20:13:51 +0800",
            "From: 张三 <Zhang@Example.COM>",
            "To: =?UTF-8?B?5Lmm6K6w?= <hotline@example.org>, b@example.org",
            "Subject: =?UTF-8?Q?=E8=B7=AF=E7=81=AF_=E4=B8=8D=E4=BA=AE?=",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: 8bit",
        ],
        "北宿镇羊厂路口\r\n那三盏路灯不亮有半个月了。\r\n".as_bytes(),
    );
    let mail = read(&raw);
    assert_eq!(mail.message_id.as_deref(), Some("1@example.com"));
    assert_eq!(mail.sent_at.unwrap().to_string(), "2026-11-22T12:13:51Z");
    assert_eq!(mail.from[0].address, "Zhang@example.com");
    assert_eq!(mail.from[0].name.as_deref(), Some("张三"));
    assert_eq!(mail.to.len(), 2);
    assert_eq!(mail.to[0].name.as_deref(), Some("书记"));
    assert_eq!(mail.subject, "路灯 不亮");
    assert_eq!(mail.text, "北宿镇羊厂路口\n那三盏路灯不亮有半个月了。");
    assert!(!mail.suspect && !mail.limited && mail.attachments.is_empty());
}

#[test]
fn gb2312_in_quoted_printable() {
    let subject = format!("Subject: =?gb2312?Q?{}?=", quoted(&gb("占道经营")));
    let raw = mail(
        &[
            "From: a@example.com",
            &subject,
            "Content-Type: text/plain; charset=\"gb2312\"",
            "Content-Transfer-Encoding: quoted-printable",
        ],
        format!("{}=\r\n{}", quoted(&gb("古路口小学")), quoted(&gb("门口"))).as_bytes(),
    );
    says(&raw, "古路口小学门口");
    assert_eq!(read(&raw).subject, "占道经营");
}

#[test]
fn gbk_and_its_other_names() {
    for label in ["GBK", "x-gbk", "cp936", "GB_2312-80", "windows-936", "\"gb2312\"", "GB2312"] {
        says(&labelled(label, &gb("低保怎么申请")), "低保怎么申请");
    }
}

#[test]
fn gb18030_with_characters_of_four_bytes() {
    for label in ["gb18030", "gb2312", "gbk"] {
        says(&labelled(label, &gb("姓名：䶮、㛃、㐂、𠀀")), "姓名：䶮、㛃、㐂、𠀀");
    }
}

#[test]
fn the_label_gb2312_over_characters_of_gbk() {
    says(&labelled("gb2312", &gb("朱镕、囍字、喆喆、堃")), "朱镕、囍字、喆喆、堃");
}

#[test]
fn big5_as_taiwan_and_hong_kong_write_it() {
    let (bytes, ..) = encoding_rs::BIG5.encode("您好，台商協會");
    says(&labelled("big5", &bytes), "您好，台商協會");
}

#[test]
fn utf_7() {
    says(&labelled("utf-7", b"+T2BZfQ-, 12345"), "你好, 12345");
}

#[test]
fn utf_16_with_and_without_a_mark() {
    let big: Vec<u8> = "水停了😀".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let little: Vec<u8> = "\u{FEFF}水停了😀".encode_utf16().flat_map(u16::to_le_bytes).collect();
    says(&labelled("utf-16be", &big), "水停了😀");
    says(&labelled("utf-16", &little), "水停了😀");
}

/// A mail with one attachment, whose disposition is given.
fn attached(disposition: &[u8]) -> Vec<u8> {
    let head = b"From: a@example.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nok\r\n--b\r\n";
    let part = b"Content-Type: application/msword\r\nContent-Disposition: attachment; ";
    let body = b"\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--b--\r\n";
    [head.as_slice(), part, disposition, body].concat()
}

/// The name of its attachment.
#[track_caller]
fn named(disposition: &[u8], name: &str, is_sure: bool) {
    let raw = attached(disposition);
    let mail = read(&raw);
    let [file] = mail.attachments.as_slice() else { panic!("{mail:?}") };
    assert_eq!(file.name.as_deref(), Some(name));
    assert_eq!(
        (mail.text.as_str(), file.size, file.media_type.as_str()),
        ("ok", 3, "application/msword")
    );
    assert_eq!(file.bytes(&raw).as_ref(), [0, 1, 2]);
    assert_eq!(mail.suspect, !is_sure);
}

#[test]
fn a_file_name_of_rfc_2231_in_gb18030() {
    let value = format!("filename*=gb18030''{}.doc", percent(&gb("情况说明")));
    named(value.as_bytes(), "情况说明.doc", true);
}

#[test]
fn a_file_name_in_an_encoded_word() {
    named(
        format!("filename=\"{}\"", word("GBK", &gb("情况说明.doc"))).as_bytes(),
        "情况说明.doc",
        true,
    );
    named(
        format!("filename={}", word("utf-8", "照片.jpg".as_bytes())).as_bytes(),
        "照片.jpg",
        true,
    );
}

#[test]
fn tnef_is_kept_and_never_opened() {
    let raw = mail(
        &[
            "Content-Type: application/ms-tnef; name=\"winmail.dat\"",
            "Content-Transfer-Encoding: base64",
        ],
        b"eJ8+Ig==",
    );
    let mail = read(&raw);
    assert_eq!(mail.attachments[0].name.as_deref(), Some("winmail.dat"));
    assert_eq!(mail.attachments[0].media_type, "application/ms-tnef");
    assert_eq!(mail.attachments[0].bytes(&raw).as_ref(), [0x78, 0x9F, 0x3E, 0x22]);
    assert_eq!(mail.text, "");
}

/// So many parts in each other, a text in the innermost.
pub(super) fn nested(depth: usize) -> Vec<u8> {
    let mut raw = b"From: a@example.com\r\nSubject: deep\r\n".to_vec();
    for level in 0..depth {
        raw.extend(
            format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n")
                .bytes(),
        );
    }
    raw.extend(b"Content-Type: text/plain\r\n\r\nfound\r\n");
    for level in (0..depth).rev() {
        raw.extend(format!("--b{level}--\r\n").bytes());
    }
    raw
}

#[test]
fn parts_in_each_other() {
    says(&nested(64), "found");
    let mail = read(&nested(300));
    assert_eq!((mail.subject.as_str(), mail.text.as_str()), ("deep", ""));
    assert!(mail.limited, "what was not opened is told");
    assert_eq!(mail.attachments.len(), 1);
    assert_eq!(mail.attachments[0].media_type, "multipart/mixed");
}

#[test]
fn the_last_boundary_is_missing() {
    let raw = mail(
        &["Content-Type: multipart/mixed; boundary=\"=_b\""],
        b"--=_b\r\n\r\none\r\n--=_b\r\n\r\ntwo",
    );
    says(&raw, "one\n\ntwo");
}

#[test]
fn no_header_at_all() {
    says(
        "我们村的路灯坏了\r\n第二行\r\n\r\n第四行".as_bytes(),
        "我们村的路灯坏了\n第二行\n\n第四行",
    );
    says(b"\r\nonly a body", "only a body");
    says(b"", "");
}

#[test]
fn line_ends_of_unix_only() {
    let raw = b"From: a@example.com\nSubject: a\n folded subject\nContent-Type: multipart/mixed;\n\tboundary=x\n\n\
        --x\n\none\n--x\n\ntwo\n--x--\n";
    says(raw, "one\n\ntwo");
    assert_eq!(read(raw).subject, "a folded subject");
}

#[test]
fn a_header_of_a_megabyte_with_nuls() {
    let subject = format!("Subject: {}\0{}", "长".repeat(200_000), "x".repeat(500_000));
    let raw = mail(&["From: a@example.com", &subject, "To: b@example.com\0"], b"a\0b");
    let mail = read(&raw);
    assert_eq!(mail.subject, "长".repeat(500));
    assert_eq!(mail.to[0].address, "b@example.com");
    assert_eq!(mail.text, "ab");
    assert!(!mail.suspect);
}

#[test]
fn an_attachment_of_fifteen_megabytes_is_a_place() {
    let picture = vec![0xAB_u8; 15_000_000];
    let body = format!(
        "--b\r\nContent-Type: text/plain\r\n\r\n照片见附件\r\n--b\r\nContent-Type: image/jpeg; name=IMG_0012.jpg\r\n\
        Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--b--\r\n",
        base64(&picture)
    );
    let raw = mail(&["Content-Type: multipart/mixed; boundary=b"], body.as_bytes());
    let mail = read(&raw);
    assert_eq!(mail.text, "照片见附件");
    assert_eq!(mail.attachments[0].size, picture.len());
    assert!(mail.attachments[0].bytes(&raw).as_ref() == picture.as_slice());
}

#[test]
fn as_the_mail_of_qq_writes_it() {
    let name = word("gb18030", &gb("张三"));
    let from = format!("From: \"{name}\" <10000@example.com>");
    let subject = format!("Subject: {}", word("gb18030", &gb("反映供暖问题")));
    let html = format!(
        "<meta http-equiv=\"Content-Type\"><div>{}</div><div>{}</div>",
        "家里只有15度", "盼复"
    );
    let body = format!(
        "This is a multi-part message in MIME format.\r\n\r\n------=_NextPart_1\r\nContent-Type: \
        multipart/alternative;\r\n\tboundary=\"----=_NextPart_2\";\r\n\r\n------=_NextPart_2\r\nContent-Type: \
        text/plain;\r\n\tcharset=\"gb18030\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n\r\n\
        ------=_NextPart_2\r\nContent-Type: text/html;\r\n\tcharset=\"gb18030\"\r\n\
        Content-Transfer-Encoding: base64\r\n\r\n{}\r\n\r\n------=_NextPart_2--\r\n\r\n------=_NextPart_1\r\n\
        Content-Type: application/octet-stream;\r\n\tcharset=\"gb18030\";\r\n\tname=\"{file}\"\r\n\
        Content-Disposition: attachment; filename=\"{file}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n\
        AAEC\r\n\r\n------=_NextPart_1--\r\n",
        base64(&gb("家里只有15度\n盼复")),
        base64(&gb(&html)),
        file = word("gb18030", &gb("缴费单.jpg")),
    );
    let raw = mail(
        &[&from, &subject, "Content-Type: multipart/mixed;\r\n\tboundary=\"----=_NextPart_1\""],
        body.as_bytes(),
    );
    says(&raw, "家里只有15度\n盼复");
    let mail = read(&raw);
    assert_eq!(mail.from[0].name.as_deref(), Some("张三"));
    assert_eq!(mail.subject, "反映供暖问题");
    assert_eq!(mail.html.as_deref(), Some(html.as_str()));
    assert_eq!(mail.attachments.len(), 1);
    assert_eq!(mail.attachments[0].name.as_deref(), Some("缴费单.jpg"));
}

#[test]
fn encoded_words_over_folded_lines() {
    let subject = format!(
        "Subject: Re: {}\r\n\t{}\r\n {} (urgent)",
        word("utf-8", "关于千泉".as_bytes()),
        word("utf-8", "街道".as_bytes()),
        word("gbk", &gb("占道经营"))
    );
    let raw = mail(&[&subject], b"x");
    assert_eq!(read(&raw).subject, "Re: 关于千泉街道占道经营 (urgent)");
}

// What the library alone reads wrong.

#[test]
fn raw_gbk_in_header_and_body() {
    let mut raw = b"From: ".to_vec();
    raw.extend(gb("李四"));
    raw.extend(b" <li@example.com>\r\nSubject: ");
    raw.extend(gb("路面塌陷"));
    raw.extend(b"\r\n\r\n");
    raw.extend(gb("中心店镇的路塌了。"));
    let mail = read(&raw);
    assert_eq!(mail.from[0].name.as_deref(), Some("李四"));
    assert_eq!(mail.from[0].address, "li@example.com");
    assert_eq!((mail.subject.as_str(), mail.text.as_str()), ("路面塌陷", "中心店镇的路塌了。"));
    assert!(mail.suspect, "nothing said what it is");
}

#[test]
fn an_encoded_word_cut_inside_a_character() {
    let bytes = gb("请解决拖欠工资");
    let (first, second) = bytes.split_at(5);
    let subject = format!("Subject: {}\r\n {}", word("gb18030", first), word("GB18030", second));
    let quoted =
        format!("From: =?gbk?Q?{}?= =?gbk?Q?{}?= <a@example.com>", quoted(first), quoted(second));
    let mail = read(&mail(&[&subject, &quoted], b"x"));
    assert_eq!(mail.subject, "请解决拖欠工资");
    assert_eq!(mail.from[0].name.as_deref(), Some("请解决拖欠工资"));
    assert!(!mail.suspect);
}

#[test]
fn a_page_that_names_its_charset_itself() {
    let page = "<html><head><meta http-equiv=Content-Type content=\"text/html; charset=gb2312\">\
        <title>无标题</title></head><body><p>建议增加夜班公交</p><p>谢谢</p></body></html>";
    let raw = mail(&["Content-Type: text/html"], &gb(page));
    says(&raw, "建议增加夜班公交\n谢谢");
    assert_eq!(read(&raw).html.as_deref(), Some(page));
}

#[test]
fn hz_in_seven_bits() {
    let seven: Vec<u8> = gb("你好").iter().map(|byte| byte & 0x7F).collect();
    let body = [b"~{".as_slice(), &seven, b"~} ~~ 12~\r\n3"].concat();
    says(&mail(&["Content-Type: text/plain; charset=hz-gb-2312"], &body), "你好 ~ 123");
}

#[test]
fn a_long_file_name_cut_inside_a_character() {
    let bytes = gb("关于请求解决供暖问题的情况说明.docx");
    let (first, second) = bytes.split_at(7);
    let value =
        format!("filename*0*=gb18030''{};\r\n filename*1*={}", percent(first), percent(second));
    named(value.as_bytes(), "关于请求解决供暖问题的情况说明.docx", true);
    let swapped =
        format!("filename*1*={};\r\n filename*0*=gb18030''{}", percent(second), percent(first));
    named(swapped.as_bytes(), "关于请求解决供暖问题的情况说明.docx", true);
}

#[test]
fn raw_gbk_in_a_file_name() {
    // 「乗」 ends in the byte of a backslash.
    named(&[b"filename=\"".as_slice(), &gb("乗车证明.doc"), b"\""].concat(), "乗车证明.doc", false);
}

#[test]
fn base64_with_a_line_of_something_else() {
    let whole =
        base64("我们小区三期房产证六年没办下来，开发商跑了，请领导过问一下，盼复。".as_bytes());
    let (first, second) = whole.split_once("\r\n").unwrap();
    let fields = ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64"];
    for junk in ["*** checked by a scanner ***", "本邮件已查毒", "----------"] {
        let raw = mail(&fields, format!("{first}\r\n{junk}\r\n{second}").as_bytes());
        let mail = read(&raw);
        assert_eq!(
            mail.text, "我们小区三期房产证六年没办下来，开发商跑了，请领导过问一下，盼复。",
            "{junk}"
        );
        assert!(mail.suspect);
    }
    let sprinkled = mail(&fields, whole.replace("\r\n", "!\r\n\r\n").as_bytes());
    assert_eq!(
        read(&sprinkled).text,
        "我们小区三期房产证六年没办下来，开发商跑了，请领导过问一下，盼复。"
    );
}

#[test]
fn an_unknown_charset() {
    for label in ["x-unknown", "foo-7", "unknown-8bit", "iso-2022-cn", "us-ascii", "iso-8859-1"] {
        let mail = read(&labelled(label, &gb("医院退费拖了俩月")));
        assert_eq!(mail.text, "医院退费拖了俩月", "{label}");
        assert!(mail.suspect, "{label}");
    }
    says(&labelled("iso-8859-1", b"caf\xE9 \xFCber"), "café über");
}
