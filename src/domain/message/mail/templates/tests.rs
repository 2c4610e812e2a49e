//! Every mail with values of every shape.

use super::*;
use crate::domain::case::Nature;
use crate::domain::message::templates::{ShortText, Signature};
use crate::units::{CaseNumber, QueryCode};
use jiff::civil::date;
use std::collections::BTreeSet;

fn desk() -> Desk {
    Desk {
        signer: "邹城市社情民意受理中心".into(),
        hotline: "053700000000".into(),
        texts: "19900000012".into(),
    }
}

/// Each mail once, with these words of others.
fn all(words: &str) -> Vec<WrittenMail> {
    let case = CaseNumber::parse("26112200131").unwrap();
    let code = QueryCode::parse("4821").unwrap();
    let (due, day) = (date(2026, 11, 27), date(2026, 11, 22));
    let digest = MailDigest {
        day,
        received: 16,
        calls: 9,
        texts: 3,
        mails: 4,
        radio: 0,
        assigned: 11,
        answered: 12,
        on_time_permille: Some(983),
        overdue: 0,
        callbacks: 7,
        dissatisfied: 1,
        topics: &[words, "供暖"],
    };
    let order = |name| MailText::UnitOrder {
        case,
        unit: words,
        nature: Nature::Complaint,
        place: words,
        content: words,
        name,
        due,
    };
    let mails = [
        MailText::Ack { case, code, received: day.at(20, 3, 51, 0), days: 5, due },
        MailText::NeedMore { case, missing: &["地点", words], until: due },
        MailText::Assigned { case, unit: words, assigned: day, due },
        MailText::Extended { case, reason: words, due },
        MailText::Reply {
            case,
            summary: words,
            unit: words,
            result: words,
            handler: words,
            phone: "053700000000",
        },
        MailText::Survey { case },
        MailText::Declined { case, channel: words, basis: words, organ: words, contact: words },
        MailText::Neutral { case },
        order(Some(words)),
        order(None),
        MailText::DailyDigest(digest),
        MailText::DailyDigest(MailDigest { on_time_permille: None, topics: &[], ..digest }),
        MailText::UnitHelp {
            case,
            unit: words,
            nature: Nature::Complaint,
            place: words,
            content: words,
            due,
        },
        MailText::UnitRead {
            case,
            unit: words,
            nature: Nature::Complaint,
            place: words,
            content: words,
        },
    ];
    mails.iter().map(|mail| mail.write(&desk())).collect()
}

#[test]
fn the_mails_are_as_documented() {
    let shown: Vec<String> = all("更换地下管线。")
        .iter()
        .map(|mail| format!("{}\n{}", mail.subject, mail.text))
        .collect();
    insta::assert_snapshot!(shown.join("\n\n----\n\n"));
}

#[test]
fn every_placeholder_is_filled_and_every_value_is_wanted() {
    for (at, template) in MAIL_TEMPLATES.iter().enumerate() {
        assert_eq!(template.id.template(), template);
        assert_eq!(template.code, format!("M{}", at + 1));
    }
    let seen: BTreeSet<_> = all("词").iter().map(|mail| mail.template).collect();
    assert_eq!(seen.len(), MAIL_TEMPLATES.len());
    for mail in all("词") {
        for text in [&mail.subject, &mail.text, &mail.html] {
            assert!(!text.contains(['{', '}']), "{text}");
            assert!(!text.contains("。。") && !text.contains("；；"), "{text}");
        }
    }
}

/// The placeholders of each row and the values given to it are the same set, so nothing is filled with nothing.
#[test]
fn rows_and_values_name_the_same() {
    let case = CaseNumber::parse("26112200131").unwrap();
    let (day, code) = (date(2026, 11, 22), QueryCode::parse("4821").unwrap());
    let w = "词";
    let digest = MailDigest {
        day,
        received: 1,
        calls: 1,
        texts: 1,
        mails: 1,
        radio: 1,
        assigned: 1,
        answered: 1,
        on_time_permille: None,
        overdue: 1,
        callbacks: 1,
        dissatisfied: 1,
        topics: &[],
    };
    let mails = [
        MailText::Ack { case, code, received: day.at(0, 0, 0, 0), days: 5, due: day },
        MailText::NeedMore { case, missing: &[w], until: day },
        MailText::Assigned { case, unit: w, assigned: day, due: day },
        MailText::Extended { case, reason: w, due: day },
        MailText::Reply { case, summary: w, unit: w, result: w, handler: w, phone: w },
        MailText::Survey { case },
        MailText::Declined { case, channel: w, basis: w, organ: w, contact: w },
        MailText::Neutral { case },
        MailText::UnitOrder {
            case,
            unit: w,
            nature: Nature::Consult,
            place: w,
            content: w,
            name: None,
            due: day,
        },
        MailText::DailyDigest(digest),
        MailText::UnitHelp {
            case,
            unit: w,
            nature: Nature::Consult,
            place: w,
            content: w,
            due: day,
        },
        MailText::UnitRead { case, unit: w, nature: Nature::Consult, place: w, content: w },
    ];
    for (mail, template) in mails.iter().zip(&MAIL_TEMPLATES) {
        let named: BTreeSet<&str> = [template.subject, template.body]
            .iter()
            .flat_map(|text| text.split('{').skip(1))
            .map(|rest| rest.split_once('}').unwrap().0)
            .collect();
        let given: BTreeSet<&str> = mail.fill(&desk()).iter().map(|(name, _)| *name).collect();
        assert_eq!(named, given, "{}", template.code);
        assert!(mail.fill(&desk()).iter().all(|(_, value)| !value.is_empty()), "{}", template.code);
    }
}

#[test]
fn nothing_that_a_citizen_wrote_becomes_a_page_or_a_field() {
    let odd = "<script>alert('1')</script>&\"{case}\r\nBcc: a@example.com\0\u{202E}";
    for mail in all(odd) {
        assert!(!mail.subject.contains(['\r', '\n', '\0']), "{}", mail.subject);
        assert!(
            !mail.html.contains("<script") && !mail.html.contains(['\'', '\0', '\u{202E}']),
            "{}",
            mail.html
        );
        assert_eq!(mail.html.matches("<p>").count(), mail.html.matches("</p>").count());
    }
    let reply = &all(odd)[4];
    assert!(
        reply.html.contains("&lt;script&gt;alert(&apos;1&apos;)&lt;/script&gt;&amp;&quot;{case}"),
        "{}",
        reply.html
    );
}

#[test]
fn long_words_are_cut_and_say_so() {
    let long = "长".repeat(9_000);
    for mail in all(&long) {
        assert!(mail.text.chars().count() < 8_000);
    }
    let reply = &all(&long)[4];
    assert!(reply.text.contains(&format!("{}……\n", "长".repeat(MAIL_RESULT_CHARS_MAX - 2))));
}

#[test]
fn nothing_of_a_citizen_is_printed() {
    for mail in all("秘密") {
        assert!(!format!("{mail:?}").contains("秘密"));
    }
}

/// No mail speaks of a text that nobody wrote, and none promises a call to who left no number.
#[test]
fn what_is_told_by_mail_is_in_the_words_for_mails() {
    let case = CaseNumber::parse("26112200131").unwrap();
    let told = |short: ShortText<'_>| in_a_mail(&short.write(&Signature::default()), &desk());
    let (subject, text) = told(ShortText::WithdrawAsked { case });
    assert_eq!(subject, "【告知】编号26112200131");
    assert_eq!(
        text,
        "您好：\n编号26112200131：已收到您的撤回申请，我们将与您联系核实，请留意来电和本邮箱。\n\n\
         邹城市社情民意受理中心"
    );
    for short in [
        ShortText::Help,
        ShortText::Stopped,
        ShortText::AskMore { case },
        ShortText::WithdrawAsked { case },
        ShortText::SurveyThanks,
        ShortText::BadQuery,
        ShortText::Emergency,
    ] {
        let (_, text) = told(short);
        assert!(!text.contains("短信") && !text.contains("将来电"), "{text}");
    }
}
