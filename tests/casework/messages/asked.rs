//! What a citizen is asked for and told where his matter belongs, by the way that he wrote (S03, M2, M7).

use super::mails::{ZHANG, head, plain};
use super::*;
use mayorline::domain::call::Lookup;
use mayorline::domain::case::{
    AskedFor, Classification, DeclineReason, LawfulChannel, Nature, Pending, ReplyTold, Role, Task,
    Urgency,
};
use mayorline::domain::message::mail::OwnId;
use mayorline::domain::message::mail::templates::mail_page;
use mayorline::units::QueryCode;

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

impl House {
    /// Every mail that waits, as its server takes one after the other.
    fn all_mailed(&self, at: Timestamp) -> Vec<LeasedMessage> {
        let mails = std::iter::repeat_with(|| self.mailed(at));
        mails.take_while(|mails| !mails.is_empty()).flatten().collect()
    }
}

/// T29: whoever wrote a mail may have left no telephone.
#[test]
fn who_withdraws_by_mail_is_told_so_in_the_words_for_mails() {
    let house = House::open();
    house.mail(1, minutes(1), &plain(ZHANG, "1", "路灯", "路灯不亮"));
    let number = house.cases()[0];
    house.all_mailed(minutes(1));
    house.mail(2, minutes(2), &plain(ZHANG, "2", "撤回", &format!("撤回{number}")));
    let [told] = &house.all_mailed(minutes(2))[..] else { panic!("one") };
    assert_eq!(told.template, "S26");
    assert!(told.text.contains("我们将与您联系核实，请留意来电和本邮箱"), "{}", told.text);
    assert!(!told.text.contains("将来电"), "{}", told.text);
}

/// S14 and C6 by mail: whom to call before anything else, and a person is called; what is quoted below a word of
/// his is none of it.
#[test]
fn words_of_danger_in_a_mail_are_answered_at_once_and_call_a_person() {
    let house = House::open();
    let open = "SELECT count(*) FROM callback_task WHERE done_at IS NULL";
    house.mail(1, minutes(1), &plain(ZHANG, "1", "快来人", "建材市场后边起火了"));
    let number = house.cases()[0];
    let told = house.all_mailed(minutes(1));
    let templates: Vec<&str> = told.iter().map(|mail| mail.template.as_str()).collect();
    assert_eq!((templates, house.count(open)), (vec!["S14", "M1"], 1));
    assert_eq!(
        told[0].text,
        "您好：\n紧急情况请立即拨打110、119或120。我们已通知值班人员。\n\n受理中心"
    );
    let key = answered(|answer| house.handle().mail_key(answer)).unwrap();
    let own = OwnId { case: Some(number), outbox: told[1].id };
    let answers = format!("In-Reply-To: <{}>\r\n", key.message_id(own, "example.org"));
    let write = |n: u8, minute: i64, text: &str| {
        let head = head(ZHANG, &n.to_string(), "Re", &answers);
        let mail = format!("{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n");
        assert_eq!(house.mail(n, minutes(minute), mail.as_bytes()), SettledInbound::Done);
        house.all_mailed(minutes(minute)).len()
    };
    assert_eq!(write(2, 20, "谢谢，已经没事了\r\n\r\n发件人：受理中心\r\n起火了"), 0);
    assert_eq!(write(3, 40, "又着火了"), 1);
    assert_eq!((house.cases(), house.count(open)), (vec![number], 1), "one call for one case");
    // An everyday matter calls nobody.
    house.mail(4, minutes(50), &plain("li@x.example", "4", "路灯", "路灯不亮"));
    let told = house.all_mailed(minutes(50));
    assert_eq!((told.len(), told[0].template.as_str(), house.count(open)), (1, "M1", 1));
    house.verified();
}

/// What is written about a matter under seal is answered all the same, and no list tells of it.
#[test]
fn danger_in_a_matter_under_seal_is_answered_and_stands_in_no_list() {
    let house = House::open();
    house.mail(1, minutes(1), &plain(ZHANG, "1", "举报", "收黑钱"));
    let number = house.cases()[0];
    house.all_mailed(minutes(1));
    let _key = crate::vault::liaison(house.folder.path());
    house.act_on(minutes(2), number, Role::Operator, Task::ProposeSeal);
    house.act_on(minutes(3), number, Role::Director, Task::ConfirmSeal);
    house.all_mailed(minutes(4));
    let key = answered(|answer| house.handle().mail_key(answer)).unwrap();
    let to = format!("To: {}", key.case_address(number, "hotline@example.org"));
    let more = String::from_utf8(plain(ZHANG, "2", "补充", "有人持刀堵门，救命")).unwrap();
    let more = more.replacen("To: hotline@example.org", &to, 1);
    assert_eq!(house.mail(2, minutes(20), more.as_bytes()), SettledInbound::Done);
    let [told] = &house.all_mailed(minutes(20))[..] else { panic!("one") };
    assert_eq!(told.template, "S14");
    assert_eq!(house.count("SELECT count(*) FROM callback_task"), 0);
    let of_case = "SELECT count(*) FROM outbox WHERE template = 'S14' AND case_id IS NOT NULL";
    assert_eq!(house.count(of_case), 0);
    house.verified();
}

/// DL10: the line speaks of a text (DL09) only where one was sent. A reply that went by mail is told by a person.
#[test]
fn a_reply_that_went_by_mail_is_not_said_to_come_by_text() {
    let house = House::open();
    house.mail(1, minutes(1), &plain(ZHANG, "1", "路灯", "路灯不亮"));
    let number = house.cases()[0];
    let receipt = house.all_mailed(minutes(1)).remove(0).text;
    let at = receipt.find("查询码：").unwrap() + "查询码：".len();
    let code = QueryCode::parse(&receipt[at..at + 4]).unwrap();
    let act = |minute: i64, role, task| house.act_on(minutes(minute), number, role, task);
    act(2, Role::Clerk, crate::retention::classify("北宿镇"));
    act(3, Role::Clerk, Task::Assign { unit: "unit.07".to_owned(), helpers: vec![] });
    act(4, Role::UnitContact, Task::Sign("王某".to_owned()));
    let text = "路灯已修复".to_owned();
    act(5, Role::Handler, Task::FeedBack { text, contacted: true, evidence: true });
    act(6, Role::UnitLeader, Task::Grant(Pending::Feedback));
    act(7, Role::Clerk, Task::Review(None));
    let sent = house.all_mailed(minutes(8));
    assert!(sent.iter().any(|mail| mail.template == "M5"), "{sent:?}");
    match look_up(&house.handle(), minutes(9), number, code, None) {
        Lookup::Found(status) => assert_eq!(status.voiced.reply, Some(ReplyTold::ByPerson)),
        other => panic!("{other:?}"),
    }
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
