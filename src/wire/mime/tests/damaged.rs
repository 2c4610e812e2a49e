//! Pages, lines and names as they come.

use super::write::{gb, labelled, mail};
use crate::wire::mime::Mail;

#[track_caller]
fn page(html: &str, text: &str) {
    let raw = mail(&["Content-Type: text/html; charset=utf-8"], html.as_bytes());
    let mail = Mail::read(&raw, None);
    assert_eq!(mail.text, text, "{html}");
    assert_eq!(mail.html.as_deref(), Some(html));
}

#[test]
fn pages_become_lines() {
    page("<div>一</div><div>二</div>", "一\n二");
    page("<p>一</p>\r\n\r\n<p>二<br>三<br/><br />四</p>", "一\n二\n三\n\n四");
    page("a\r\n b&nbsp;&nbsp;c  d", "a b c d");
    page(
        "<table><tr><td>姓名</td><td>张三</td></tr><tr><td>电话</td><td>19900000001</td></tr></table>",
        "姓名 张三\n电话 19900000001",
    );
    page("<ul><li>一<li>二</ul>三", "一\n二\n三");
    page("<pre>a  b\r\n  c</pre>d", "a  b\n  c\nd");
    page(
        "&lt;b&gt; &amp;amp; &#20320;&#x597d; &unknown; & &; a&b;",
        "<b> &amp; 你好 &unknown; & &; a&b;",
    );
    page("5 < 6 > 4 <3 a<b", "5 < 6 > 4 <3 a<b");
}

#[test]
fn nothing_of_a_page_is_run_or_fetched() {
    page(
        "<head><title>t</title><style>p{}</style></head><script>alert('</p>')</script>\
        <form action=https://example.com><input value=x>填写</form><img src=\"https://example.com/a.png\" \
        alt=\"a>b\"><a href='javascript:x>y'>链接</a><!-- 看不见 > --><template>x</template>",
        "填写\n链接",
    );
    page("<p onclick=\"a('>')\">它's</p>", "它's");
    page("看<script>never closed", "看never closed");
    page("看<!-- never closed", "看<!-- never closed");
}

#[test]
fn of_alternatives_the_plain_one_unless_it_is_empty() {
    let body = |plain: &str| {
        format!(
            "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{plain}\r\n--b\r\nContent-Type: multipart/related; \
            boundary=c\r\n\r\n--c\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>页面</p>\r\n--c\r\n\
            Content-Type: image/png\r\nContent-ID: <logo>\r\n\r\nx\r\n--c--\r\n--b--\r\n"
        )
    };
    for (plain, text) in [("文字", "文字"), (" \r\n", "页面")] {
        let raw =
            mail(&["Content-Type: multipart/alternative; boundary=b"], body(plain).as_bytes());
        let mail = Mail::read(&raw, None);
        assert_eq!((mail.text.as_str(), mail.html.as_deref()), (text, Some("<p>页面</p>")));
        let [logo] = mail.attachments.as_slice() else { panic!("{mail:?}") };
        assert!(logo.is_inline && logo.name.is_none() && logo.size == 1);
    }
}

#[test]
fn several_texts_stand_below_each_other() {
    let body = "--b\r\n\r\n一\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<b>二</b>\r\n--b\r\n\
        Content-Type: text/plain; name=a.txt\r\n\r\nfile\r\n--b\r\nContent-Disposition: attachment\r\n\r\nfile\r\n--b--";
    let mail =
        Mail::read(&mail(&["Content-Type: multipart/mixed; boundary=b"], body.as_bytes()), None);
    assert_eq!(mail.text, "一\n\n二");
    assert_eq!(mail.attachments.len(), 2);
    assert_eq!(mail.attachments[0].name.as_deref(), Some("a.txt"));
    assert_eq!(mail.attachments[1].name, None);
}

#[test]
fn lines_that_flow_are_joined() {
    let chinese = "我们村的路灯 \r\n坏了。\r\n\r\n  两个空格\r\n-- \r\n张三";
    let fields = ["Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes"];
    assert_eq!(
        Mail::read(&mail(&fields, chinese.as_bytes()), None).text,
        "我们村的路灯坏了。\n\n 两个空格\n-- \n张三"
    );
    let fields = ["Content-Type: text/plain; format=flowed"];
    assert_eq!(Mail::read(&mail(&fields, b"one \r\ntwo\r\nthree"), None).text, "one two\nthree");
}

#[test]
fn a_broken_line_among_the_fields_is_none_of_the_body() {
    let raw = b"From: a@example.com\r\nSubject: one\r\nnothing of a field\r\nTo: b@example.com\r\n\r\nbody";
    let mail = Mail::read(raw, None);
    assert_eq!((mail.to[0].address.as_str(), mail.text.as_str()), ("b@example.com", "body"));
    let raw = b"From: a@example.com\r\nno blank line\r\nand on\r\n\r\nbody";
    assert_eq!(Mail::read(raw, None).text, "no blank line\nand on\n\nbody");
    let raw = b"From a@example.com Sun Nov 22 2026\nFrom: a@example.com\n\nof a mailbox file";
    assert_eq!(Mail::read(raw, None).text, "of a mailbox file");
    let raw = b"From : a@example.com\nSubject : old\n\nblanks before colons";
    let mail = Mail::read(raw, None);
    assert_eq!((mail.from[0].address.as_str(), mail.subject.as_str()), ("a@example.com", "old"));
}

#[test]
fn what_promises_parts_and_has_none_is_a_text() {
    for content_type in
        ["multipart/mixed", "multipart/mixed; boundary=b", "multipart/mixed; boundary=\"\""]
    {
        let raw = mail(&[&format!("Content-Type: {content_type}")], "说明".as_bytes());
        assert_eq!(Mail::read(&raw, None).text, "说明");
    }
    assert_eq!(Mail::read(&mail(&["Content-Type: nonsense"], b"x"), None).text, "x");
}

#[test]
fn a_boundary_that_begins_another_is_not_taken_for_it() {
    let body = "--b\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\n\r\none\r\n--bb--\r\n--b\r\n\r\n\
        two --b\r\nx--b\r\n--b  \r\n\r\nthree\r\n--b--  \r\nepilogue";
    let mail =
        Mail::read(&mail(&["Content-Type: multipart/mixed; boundary=b"], body.as_bytes()), None);
    assert_eq!(mail.text, "one\n\ntwo --b\nx--b\n\nthree");
}

#[test]
fn a_label_that_lies() {
    let utf8 = Mail::read(&labelled("iso-8859-1", "路灯".as_bytes()), None);
    assert_eq!((utf8.text.as_str(), utf8.suspect), ("路灯", true));
    let gbk = Mail::read(&labelled("utf-8", &gb("路灯")), None);
    assert_eq!((gbk.text.as_str(), gbk.suspect), ("路灯", true));
    let half = [gb("路灯坏").as_slice(), &[0xFF, b' ']].concat();
    let broken = Mail::read(&labelled("gbk", &half), None);
    assert_eq!((broken.text.as_str(), broken.suspect), ("路灯坏\u{FFFD}", true));
}

#[test]
fn names_of_files_are_fit_to_be_saved() {
    let long = "长".repeat(300);
    let cases = [
        ("../../etc/passwd", "passwd"),
        ("C:\\\\Users\\\\张三\\\\照片.jpg", "照片.jpg"),
        ("报告\u{202E}gpj.exe", "报告gpj.exe"),
        ("a<b>|c?.doc", "a_b__c_.doc"),
        (" ..hidden. ", "hidden"),
        ("说明\"引号\".doc", "说明_引号_.doc"),
    ];
    for (sent, kept) in cases {
        assert_eq!(file_name(sent).as_deref(), Some(kept), "{sent}");
    }
    assert_eq!(file_name("...").as_deref(), None);
    let kept = file_name(&format!("{long}.docx")).unwrap();
    assert_eq!((kept.chars().count(), kept.ends_with("长.docx")), (120, true));
}

fn file_name(sent: &str) -> Option<String> {
    let field = format!("Content-Disposition: attachment; filename=\"{sent}\"");
    Mail::read(&mail(&[&field], b"x"), None).attachments[0].name.clone()
}
