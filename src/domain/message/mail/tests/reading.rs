//! What the writer himself wrote, and what it asks for.

use super::*;
use crate::domain::case::Grade;
use crate::domain::message::{Named, Remark};

const QUOTES: [&str; 9] = [
    "\n\n------------------ 原始邮件 ------------------\n发件人: \"受理中心\" <hotline@example.org>;\n请您评价",
    "\n\n---- 回复的原邮件 ----\n| 发件人 | 受理中心 |",
    "\n\n发件人：受理中心\n发送时间：2026年11月22日\n请您评价",
    "\n\nOn Sun, Nov 22, 2026 at 8:13 PM 受理中心 <hotline@example.org> wrote:\n> 请您评价",
    "\n在 2026-11-22 20:13:51，\"受理中心\" <hotline@example.org> 写道：\n请您评价",
    "\n受理中心 <hotline@example.org> 于2026年11月22日周日 20:13写道：\n\n> 请您评价",
    "\n-----Original Message-----\nFrom: hotline@example.org",
    "\n> 请您评价：回复 1 满意\n>> x",
    "\n\n发自我的iPhone\n\n> 请您评价",
];

fn answered(text: &str, asked: bool) -> MailVerdict {
    let mut mail = citizen(text);
    mail.recipients = vec![key().case_address(case(), "hotline@example.org")];
    judged(&mail, &MailAround { asked: asked.then(case), ..MailAround::default() })
}

#[test]
fn a_grade_above_any_quotation() {
    for quote in QUOTES {
        assert_eq!(own_words(&format!("4，还是没修{quote}")), "4，还是没修", "{quote}");
        let rated = MailVerdict::Rate(case(), Grade::Dissatisfied, Remark::new("还是没修"));
        assert_eq!(answered(&format!("4，还是没修{quote}"), true), rated);
    }
    assert_eq!(
        answered("满意", true),
        MailVerdict::Rate(case(), Grade::Satisfied, Remark::default())
    );
    assert_eq!(answered("满意", false), MailVerdict::Supplement(case()), "nobody asked");
    assert_eq!(answered("1、路灯不亮", true), MailVerdict::Supplement(case()));
}

#[test]
fn a_wish_for_secrecy_is_the_very_word() {
    for text in ["保密", "“保密”", " 保密。 ", "要求保密！", "请保密", "保密，谢谢"]
    {
        for quote in ["", QUOTES[0]] {
            assert_eq!(
                answered(&format!("{text}{quote}"), false),
                MailVerdict::Confidential(case()),
                "{text}"
            );
        }
    }
    for text in ["保密局的车占道", "不用保密", "我不要保密", "你们保密工作做得不好"]
    {
        assert_eq!(answered(text, false), MailVerdict::Supplement(case()), "{text}");
    }
    assert_eq!(
        judged(&citizen("保密"), &MailAround::default()),
        MailVerdict::Open { related: None },
        "of no case"
    );
}

#[test]
fn commands_are_those_of_texts() {
    let number = Named::Number(case());
    assert_eq!(answered("CX26112200131", false), MailVerdict::Query(number));
    assert_eq!(judged(&citizen("退订"), &MailAround::default()), MailVerdict::StopNotices);
    assert_eq!(judged(&citizen("帮助"), &MailAround::default()), MailVerdict::Help);
    assert_eq!(
        judged(&citizen("撤回26112200131"), &MailAround::default()),
        MailVerdict::Withdraw(number)
    );
}

#[test]
fn what_says_nothing_waits_for_a_person_unless_it_brings_something() {
    let mut mail = citizen(" 。\n");
    mail.subject = String::new();
    assert_eq!(judged(&mail, &MailAround::default()), MailVerdict::Hold("empty"));
    mail.attachments = 2;
    assert_eq!(
        judged(&mail, &MailAround::default()),
        MailVerdict::Open { related: None },
        "a letter as a picture"
    );
}

#[test]
fn a_text_without_a_quotation_is_the_writers_own() {
    let text = "第一行\n\n第二行 > 第三行\n来自北宿镇";
    assert_eq!(own_words(text), text);
    assert_eq!(own_words("> 只有引文"), "");
}

#[test]
fn nothing_of_a_citizen_is_printed() {
    let printed = format!("{:?} {:?}", citizen("秘密"), bounce(1, true, false));
    for word in ["zhang", "秘密", "路灯"] {
        assert!(!printed.contains(word), "{printed}");
    }
}
