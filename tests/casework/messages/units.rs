//! What units are told of their orders: in the transaction of what happened, once, in order, at a decent
//! hour, and of a sealed or secret case nothing.

use super::*;
use mayorline::domain::case::{CaseEvent, Post, Record, Role, StandIn, Task};
use mayorline::store::Supervised;

const POSTS: &str = "单位,姓名,职务,责任层级,通知手机\n\
                     城市管理局,甲,局长,主要责任人,19900000101\n\
                     城市管理局,乙,副局长,分管负责人,19900000102\n\
                     城市管理局,丙,科长,科室负责人,19900000103\n\
                     城市管理局,丁,科员,承办人员,19900000104\n";

impl House {
    /// One whose directory knows unit.07, its posts and another unit.
    fn with_units() -> Self {
        let house = Self::open();
        let units = "单位编号,单位名称,类别,职能审计,双向承诺,通知手机,通知邮箱\n\
                     07,城市管理局,政府部门,是,是,19900000100,cg@example.cn\n\
                     08,交通运输局,政府部门,是,是,,\n";
        house.import(Kind::Units, units);
        house.import(Kind::Posts, POSTS);
        house
    }

    fn supervise(&self, at: Timestamp) -> Supervised {
        answered(|answer| self.handle().supervise(at, answer)).unwrap()
    }

    /// The texts that units get now, with the last digits of their telephones.
    fn told(&self, at: Timestamp) -> Vec<(String, String)> {
        let mut told = vec![];
        loop {
            let sent = self.sent_by(UNITS, at);
            if sent.is_empty() {
                return told;
            }
            told.extend(sent.into_iter().map(|text| (text.to[8..].to_owned(), text.text)));
        }
    }

    fn count_of(&self, template: &str) -> usize {
        self.outbox().iter().filter(|row| row.template == template).count()
    }
}

fn tails(told: &[(String, String)]) -> Vec<&str> {
    told.iter().map(|(tail, _)| tail.as_str()).collect()
}

#[test]
fn a_unit_is_told_of_its_order_by_text_and_mail_when_it_is_given() {
    let house = House::with_units();
    let number = house.assigned(minutes(1));
    let told = house.told(minutes(2));
    let order = format!(
        "【交办】编号{number}，求助，北宿镇路口路灯不亮。请1个工作日内签收，11月27日24时前办复。登录系统查看。"
    );
    assert_eq!(told, [("100".to_owned(), order)]);
    let mails = house.lease_by(MAIL, minutes(2));
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!((mail.to.as_str(), mail.template.as_str()), ("cg@example.cn", "M9"));
    let subject = format!("【交办单】{number} 办复期限2026年11月27日");
    assert_eq!(mail.subject.as_deref(), Some(subject.as_str()));
    assert!(mail.text.starts_with("城市管理局：\n现将以下事项交你单位办理"), "{}", mail.text);
    let rows = house.outbox();
    let of = |template: &str| rows.iter().find(|row| row.template == template).unwrap();
    assert_eq!((of("S19").recipient, of("S19").to.as_deref()), ("unit", Some("199****0100")));
    assert_eq!((of("M9").recipient, of("M9").to.as_deref()), ("unit", Some("c***@example.cn")));
    assert_eq!(of("S04").recipient, "citizen");
    house.verified();
}

/// Story 3 of domain.md 3.8: a unit that does nothing, and a service that was down meanwhile.
#[test]
fn a_unit_that_lets_a_case_lie_is_told_once_of_each_level_and_never_at_night() {
    let mut house = House::with_units();
    let number = house.assigned(minutes(1));
    house.told(minutes(2));
    // Monday's end: not signed for.
    house.supervise(at("2026-11-24T00:00:00+08:00"));
    assert!(house.told(at("2026-11-24T07:59:00+08:00")).is_empty(), "nobody is woken");
    let told = house.told(at("2026-11-24T08:00:00+08:00"));
    assert_eq!(tails(&told), ["100", "104"]);
    let reminded =
        format!("【催办】编号{number}：请尽快签收、办理，按期办复。责任人：承办人员丁（科员）。");
    assert_eq!([&told[0].1, &told[1].1], [&reminded; 2]);
    house.act(at("2026-11-24T09:00:00+08:00"), number, Role::UnitContact, Task::Sign("丁".into()));
    // The yellow card at 08:30 of the working day before the last one, which is Friday the 27th.
    let yellow = at("2026-11-26T08:30:00+08:00");
    house.supervise(yellow);
    house = house.reopened();
    house.supervise(yellow);
    let told = house.told(yellow);
    assert_eq!(tails(&told), ["100", "104", "103"]);
    let words = "距办复时限不足1个工作日，请抓紧办理并反馈。\
                  责任人：承办人员丁（科员）；科室负责人丙（科长）。";
    assert!(told.iter().all(|(_, text)| text.ends_with(words)), "{told:?}");
    // Down until the 1st of December: red card and docket come late, in order, each once.
    let late = at("2026-12-01T09:00:00+08:00");
    house.supervise(late);
    house = house.reopened();
    house.supervise(late + SignedDuration::from_mins(1));
    let told = house.told(late + SignedDuration::from_mins(1));
    assert_eq!(tails(&told), ["100", "102", "101", "100", "102"], "one after the other to each");
    assert!(told.iter().all(|(_, text)| text.contains("已超办复时限4天")), "{told:?}");
    assert!(told[0].1.ends_with("责任人：分管负责人乙（副局长）。"), "{told:?}");
    let docket = "责任人：分管负责人乙（副局长）；主要责任人甲（局长）。";
    assert!(told[2].1.ends_with(docket), "{told:?}");
    assert_eq!(["S19", "S29", "S20", "S21"].map(|template| house.count_of(template)), [1, 2, 3, 5]);
    house.verified();
}

/// The post, name and stand-in of everybody whom the warnings of a case went to, first to last.
fn named(house: &House, number: CaseNumber) -> Vec<(Post, Option<String>, Option<StandIn>)> {
    let reader = house.reader();
    let id = reader.case(number).unwrap().row.id;
    let told = reader.events(id).unwrap().into_iter().flat_map(|(.., event)| match event {
        CaseEvent::Record(record) => match *record {
            Record::Warned { told, .. } => told,
            _ => vec![],
        },
        _ => vec![],
    });
    told.map(|one| (one.post, one.name, one.instead)).collect()
}

/// E4: who has left is named no more, what was told stays as it was, and who stands in is said.
#[test]
fn a_warning_names_who_holds_the_post_on_its_day_and_who_stands_in() {
    let house = House::with_units();
    let number = house.assigned(minutes(1));
    house.told(minutes(2));
    house.supervise(at("2026-11-24T00:00:00+08:00"));
    // The handler and the deputy leave in the night; nobody follows them yet.
    let left = "单位,姓名,职务,责任层级,通知手机,离任日期\n\
                城市管理局,乙,副局长,分管负责人,19900000102,2026-11-25\n\
                城市管理局,丁,科员,承办人员,19900000104,2026-11-25\n";
    house.import(Kind::Posts, left);
    house.told(at("2026-11-24T08:00:00+08:00"));
    let yellow = at("2026-11-26T08:30:00+08:00");
    house.supervise(yellow);
    let told = house.told(yellow);
    assert_eq!(tails(&told), ["100", "103"], "each number once");
    let words = "责任人：承办人员空缺，由科室负责人丙（科长）代；科室负责人丙（科长）。";
    assert!(told.iter().all(|(_, text)| text.ends_with(words)), "{told:?}");
    house.supervise(at("2026-11-28T08:30:00+08:00"));
    let of = |name: &str| Some(name.to_owned());
    let expected = [
        (Post::Handler, of("丁"), None),
        (Post::Handler, of("丙"), Some(StandIn::SectionHead)),
        (Post::SectionHead, of("丙"), None),
        (Post::DeputyHead, of("甲"), Some(StandIn::UnitHead)),
    ];
    assert_eq!(named(&house, number), expected);
    house.verified();
}

#[test]
fn of_a_case_that_is_proposed_for_sealing_no_unit_hears_anything() {
    let house = House::with_units();
    let number = house.assigned(minutes(1));
    house.act(minutes(2), number, Role::Operator, Task::ProposeSeal);
    assert!(house.lease_by(UNITS, minutes(3)).is_empty(), "what waits stays here");
    house.supervise(at("2026-12-01T09:00:00+08:00"));
    assert_eq!(
        house.count("SELECT count(*) FROM outbox WHERE template IN ('S20', 'S21', 'S29')"),
        0
    );
    house.act(minutes(4), number, Role::Director, Task::ConfirmSeal);
    assert!(house.sweep(minutes(5)).withdrawn >= 2, "text and mail of the order");
    assert!(house.told(at("2026-12-01T09:00:00+08:00")).is_empty());
    assert!(house.lease_by(MAIL, minutes(5)).is_empty());
}

#[test]
fn where_secrecy_is_asked_for_no_word_of_the_matter_leaves() {
    let house = House::with_units();
    house.text_at(1, minutes(1), CITIZEN, "北宿镇路口路灯不亮");
    let number = house.cases()[0];
    house.act(minutes(1), number, Role::Clerk, Task::SetSecrecy(true));
    house.classify(minutes(2), number);
    let unit = "unit.07".to_owned();
    house.act(minutes(2), number, Role::Clerk, Task::Assign { unit, helpers: vec![] });
    let (text, mail) = (house.told(minutes(3)), house.lease_by(MAIL, minutes(3)));
    let all = format!("{}{}{:?}", text[0].1, mail[0].text, mail[0].subject);
    assert!(!all.contains("路灯") && !all.contains("北宿"), "{all}");
    assert!(all.contains("反映人：要求保密"), "{all}");
}

/// Assigned in the evening, accused before the morning (invariant 3): the unit learns nothing.
#[test]
fn an_order_that_waits_for_the_morning_goes_to_no_unit_that_is_out_by_then() {
    let house = House::with_units();
    let (night, morning) = (at("2026-11-22T22:00:00+08:00"), at("2026-11-23T08:00:00+08:00"));
    let number = house.assigned(night);
    assert!(house.told(night).is_empty(), "it waits");
    house.act(night, number, Role::Clerk, Task::NameAccused("unit.07".to_owned()));
    assert!(house.told(morning).is_empty());
    assert!(house.lease_by(MAIL, morning).is_empty(), "nor the mail, which no one had fetched");
    let waits =
        "SELECT count(*) FROM outbox WHERE template IN ('S19', 'M9') AND state = 'withdrawn'";
    assert_eq!(house.count(waits), 2);
    house.verified();
}

#[test]
fn secrecy_that_is_asked_for_at_night_holds_for_the_order_that_waits() {
    let house = House::with_units();
    let (night, morning) = (at("2026-11-22T22:00:00+08:00"), at("2026-11-23T08:00:00+08:00"));
    let number = house.assigned(night);
    house.act(night, number, Role::Clerk, Task::SetSecrecy(true));
    let (text, mail) = (house.told(morning), house.lease_by(MAIL, morning));
    assert_eq!((text.len(), mail.len()), (1, 1), "{text:?}");
    let all = format!("{}{}{:?}", text[0].1, mail[0].text, mail[0].subject);
    assert!(!all.contains("路灯") && !all.contains("北宿"), "{all}");
    assert!(all.contains("反映人：要求保密"), "{all}");
}

impl House {
    /// One whose directory reaches both units; a classified matter in it.
    fn with_two_units(at: Timestamp) -> (Self, CaseNumber) {
        let house = Self::open();
        let units = "单位编号,单位名称,类别,职能审计,双向承诺,通知手机,通知邮箱\n\
                     07,城市管理局,政府部门,是,是,19900000100,cg@example.cn\n\
                     08,交通运输局,政府部门,是,是,19900000200,jt@example.cn\n";
        house.import(Kind::Units, units);
        house.text_at(1, at, CITIZEN, "北宿镇路口路灯不亮");
        let number = house.cases()[0];
        house.classify(at, number);
        (house, number)
    }

    fn helped(&self, at: Timestamp, number: CaseNumber) {
        let (unit, helpers) = ("unit.07".to_owned(), vec!["unit.08".to_owned()]);
        self.act(at, number, Role::Director, Task::Assign { unit, helpers });
    }
}

/// Who helps is told so, and not who brought the matter; nobody but the unit that handles it signs for it.
#[test]
fn a_unit_that_helps_is_told_beside_the_one_that_handles_it() {
    let (house, number) = House::with_two_units(minutes(1));
    house.helped(minutes(2), number);
    let told = house.told(minutes(3));
    assert_eq!(tails(&told), ["100", "200"]);
    assert!(told[0].1.starts_with("【交办】"), "{told:?}");
    let help = format!(
        "【协办】编号{number}，求助，北宿镇路口路灯不亮。请配合主办单位办理，11月27日24时前办复。登录系统查看。"
    );
    assert_eq!(told[1].1, help);
    let mails = house.lease_by(MAIL, minutes(3));
    let [order, beside] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!((order.template.as_str(), beside.template.as_str()), ("M9", "M11"));
    assert_eq!(beside.to, "jt@example.cn");
    assert!(beside.text.starts_with("交通运输局：\n现将以下事项交你单位协办"), "{}", beside.text);
    assert!(!beside.text.contains("反映人"), "{}", beside.text);
    let rows = house.outbox();
    let of = |template: &str| rows.iter().find(|row| row.template == template).unwrap().recipient;
    assert_eq!([of("S30"), of("M11")], ["unit", "unit"]);
    // Whoever asks what is held of him is not given what units are told.
    let held = serde_json::to_string(&house.held()).unwrap();
    assert!(held.contains(&number.to_string()) && !held.contains("协办"), "{held}");
    assert!(!held.contains("19900000200") && !held.contains("jt@example.cn"), "{held}");
    house.verified();
}

/// 转阅: whoever is to read a case is told that it is there.
#[test]
fn the_readers_of_a_case_are_told_of_it() {
    let (house, number) = House::with_two_units(minutes(1));
    house.act(minutes(2), number, Role::Clerk, Task::Circulate(vec!["unit.08".to_owned()]));
    let told = house.told(minutes(3));
    let read = format!("【阅知】编号{number}，求助，北宿镇路口路灯不亮。请登录系统查看并签阅。");
    assert_eq!(told, [("200".to_owned(), read)]);
    let mails = house.lease_by(MAIL, minutes(3));
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!((mail.template.as_str(), mail.to.as_str()), ("M12", "jt@example.cn"));
    assert_eq!(mail.subject, Some(format!("【转阅单】{number}")));
    house.verified();
}

/// What waits for the morning goes to no helper that is accused by then, and tells less where secrecy is wanted.
#[test]
fn what_a_helper_is_told_in_the_morning_holds_by_then() {
    let (night, morning) = (at("2026-11-22T22:00:00+08:00"), at("2026-11-23T08:00:00+08:00"));
    let (house, number) = House::with_two_units(minutes(1));
    house.helped(night, number);
    house.act(night, number, Role::Clerk, Task::NameAccused("unit.08".to_owned()));
    assert_eq!(tails(&house.told(morning)), ["100"], "the other goes on");
    let mails = house.lease_by(MAIL, morning);
    assert!(mails.iter().all(|mail| mail.to == "cg@example.cn"), "{mails:?}");
    house.verified();
    let (house, number) = House::with_two_units(minutes(1));
    house.helped(night, number);
    house.act(night, number, Role::Clerk, Task::SetSecrecy(true));
    let (texts, mails) = (house.told(morning), house.lease_by(MAIL, morning));
    assert_eq!((tails(&texts), mails.len()), (vec!["100", "200"], 2));
    for told in texts.iter().map(|(_, text)| text).chain(mails.iter().map(|mail| &mail.text)) {
        assert!(!told.contains("路灯") && !told.contains("北宿"), "{told}");
    }
    house.verified();
}

/// A unit that the directory cannot reach keeps no case from going on.
#[test]
fn who_has_no_number_is_not_told() {
    let house = House::with_units();
    house.text_at(1, minutes(1), CITIZEN, "路灯不亮");
    let number = house.cases()[0];
    house.classify(minutes(2), number);
    let unit = "unit.08".to_owned();
    house.act(minutes(2), number, Role::Clerk, Task::Assign { unit, helpers: vec![] });
    assert!(house.told(minutes(3)).is_empty());
    house.sent(minutes(3));
    assert!(house.sent(minutes(4)).concat().contains("已交交通运输局办理"));
    assert_eq!(house.case(number).row.state, "assigned");
}
