//! What a citizen is asked for and told where his matter belongs, by the way that he wrote (S03, M2, M7).

use super::mails::{ZHANG, head, plain};
use super::*;
use mayorline::domain::case::{
    AskedFor, Classification, DeclineReason, LawfulChannel, Nature, Pending, Role, Task, Urgency,
};
use mayorline::domain::message::mail::OwnId;
use mayorline::domain::message::mail::templates::mail_page;

/// M2: what is missing and until when, as text and as a page; his answer joins the case.
#[test]
fn who_wrote_a_mail_is_asked_by_mail_for_what_is_named() {
    let house = House::open();
    house.mail(1, minutes(1), &plain(ZHANG, "1", "路灯", "路灯不亮"));
    let number = house.cases()[0];
    house.mailed(minutes(1));
    let missing = vec![AskedFor::Evidence, AskedFor::Place, AskedFor::Evidence];
    house.act_on(minutes(2), number, Role::Clerk, Task::AskMore(missing));
    let [asked] = &house.mailed(minutes(3))[..] else { panic!("one") };
    assert_eq!(asked.template, "M2");
    let subject = format!("【请补充】编号{number}");
    assert_eq!(asked.subject.as_deref(), Some(subject.as_str()));
    assert_eq!(
        asked.text,
        "您好：\n为便于办理，请补充：事发地点、照片等材料。直接回复本邮件即可。\n\
         2026年11月24日前未收到补充的，将按现有内容办理。\n\n受理中心"
    );
    assert!(mail_page(&subject, &asked.text).contains("照片等材料"));
    assert_eq!(asked.answers.message_id.as_deref(), Some("1@citizens.example"));
    let key = answered(|answer| house.handle().mail_key(answer)).unwrap();
    let own = OwnId { case: Some(number), outbox: asked.id };
    let answers = format!("In-Reply-To: <{}>\r\n", key.message_id(own, "example.org"));
    let head = head(ZHANG, "2", "Re", &answers);
    let more = format!("{head}Content-Type: text/plain; charset=utf-8\r\n\r\n三里村东头\r\n");
    assert_eq!(house.mail(2, minutes(4), more.as_bytes()), SettledInbound::Done);
    let text = house.case(number).text.unwrap();
    assert!(text.ends_with("补充】三里村东头"), "{text}");
    // Nothing named is place and time; the day is never past what he was promised.
    let thursday = minutes(4 * 24 * 60);
    house.act_on(thursday, number, Role::Clerk, Task::AskMore(vec![]));
    let [asked] = &house.mailed(thursday)[..] else { panic!("one") };
    assert!(asked.text.contains("请补充：事发地点、事发时间。"), "{}", asked.text);
    assert!(asked.text.contains("\n2026年11月27日前"), "{}", asked.text);
    house.verified();
}

/// S03 asks for place and time alone; anything else is named.
#[test]
fn who_wrote_a_text_is_asked_for_what_is_named_too() {
    let house = House::open();
    house.text_at(1, minutes(1), CITIZEN, "路灯不亮");
    let number = house.cases()[0];
    house.sent(minutes(1));
    let missing = vec![AskedFor::Time, AskedFor::Evidence];
    house.act_on(minutes(2), number, Role::Clerk, Task::AskMore(missing));
    let told = format!("【邹城社情民意】编号{number}：请补充事发时间、照片等材料。");
    assert_eq!(house.sent(minutes(3)), [told]);
    house.act_on(minutes(4), number, Role::Clerk, Task::AskMore(AskedFor::ALL.to_vec()));
    let all = house.sent(minutes(5)).remove(0);
    assert!(all.ends_with("照片等材料、联系电话。"), "nothing is cut: {all}");
    house.verified();
}

/// M7: the lawful way with its law, and who takes the matter; by text the way alone (S13).
#[test]
fn who_is_declined_is_told_by_mail_where_his_matter_belongs() {
    let house = House::open();
    house.mail(1, minutes(1), &plain(ZHANG, "1", "工资", "公司拖欠加班费"));
    house.text_at(2, minutes(1), CITIZEN, "公司拖欠加班费");
    let numbers = house.cases();
    house.mailed(minutes(1));
    house.sent(minutes(1));
    for number in &numbers {
        let found = Classification {
            nature: Nature::Help,
            domain: "050100".to_owned(),
            place: "北宿镇".to_owned(),
            urgency: Urgency::Normal,
            group_size: 1,
            repeats: 0,
            duty: None,
            accused: vec![],
        };
        house.act_on(minutes(2), *number, Role::Clerk, Task::Classify(Box::new(found)));
        let decline = Task::Decline(DeclineReason::LegalRoute, LawfulChannel::Labour);
        house.act_on(minutes(3), *number, Role::Clerk, decline);
        house.act_on(minutes(4), *number, Role::Supervisor, Task::Grant(Pending::Decline));
    }
    let [told] = &house.mailed(minutes(5))[..] else { panic!("one") };
    assert_eq!(told.template, "M7");
    assert_eq!(told.subject, Some(format!("【告知】编号{}", numbers[0])));
    assert_eq!(
        told.text,
        "您好：\n您反映的事项依法应通过劳动仲裁途径解决，依据：《中华人民共和国劳动争议调解仲裁法》。\n\
         受理机关：劳动合同履行地或者用人单位所在地的劳动争议仲裁委员会，\
         地址电话：人力资源和社会保障服务热线12333。\n\n受理中心"
    );
    let told = house.sent(minutes(5));
    assert!(told[0].contains("依法应通过劳动仲裁途径解决"), "{told:?}");
    house.verified();
}
