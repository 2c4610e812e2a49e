//! Versions over days, what is missing, what is counted, what is public, what is found.

use super::*;
use crate::domain::case::{Post as Rung, PostTold};
use crate::domain::search::Question;
use crate::units::PhoneNumber;
use jiff::civil::{Date, date};

const DAY: Date = date(2026, 11, 22);

fn phone(tail: u32) -> Option<PhoneNumber> {
    PhoneNumber::parse(&format!("1990000{tail:04}")).ok()
}

fn item(code: &str, kind: DutyKind) -> DutyItem {
    DutyItem {
        code: code.to_owned(),
        unit: "unit.27".to_owned(),
        name: format!("事项{code}"),
        kind,
        basis: String::new(),
        old_limit: None,
        limit: "5日内".parse().ok(),
        done: FourIzations::default(),
        band: String::new(),
        words: vec![],
        domain: String::new(),
        persons: [const { String::new() }; 4],
        public: true,
        term: Term::default(),
    }
}

fn post(name: &str, level: Level, tail: Option<u32>) -> Post {
    Post {
        unit: "unit.27".to_owned(),
        name: name.to_owned(),
        title: level.title().to_owned(),
        level,
        phone: None,
        duty_phone: tail.and_then(phone),
        notice: NoticeTo::default(),
        public: false,
        term: Term::default(),
    }
}

fn unit(id: &str, name: &str) -> Unit {
    Unit {
        id: id.to_owned(),
        name: name.to_owned(),
        group: UnitGroup::Government,
        duty_audited: true,
        pledged: true,
        lead_post: String::new(),
        phone: None,
        public: true,
        aliases: vec![],
        notice: NoticeTo::default(),
    }
}

fn first(record: Record) -> Version<Record> {
    next_version(&record, None, DAY).unwrap()
}

#[test]
fn a_changed_row_is_a_new_version_and_the_old_one_keeps_its_days() {
    let mut duty = item("A", DutyKind::Service);
    duty.term.from = Some(date(2026, 1, 1));
    let mut old = first(Record::Duty(Box::new(duty.clone())));
    assert_eq!((old.version, old.valid_from), (1, date(2026, 1, 1)));
    assert_eq!(next_version(&old.record, Some(&old), DAY), None, "the same again");
    duty.limit = "3日内".parse().ok();
    duty.term.from = Some(date(2027, 1, 1));
    let new = next_version(&Record::Duty(Box::new(duty)), Some(&old), DAY).unwrap();
    assert_eq!((new.version, new.valid_from), (2, date(2027, 1, 1)), "it is announced");
    old.valid_to = Some(new.valid_from);
    let versions = [old, new];
    for (day, limit) in [
        (date(2025, 12, 31), None),
        (date(2026, 1, 1), Some("5日内")),
        (date(2026, 12, 31), Some("5日内")),
        (date(2027, 1, 1), Some("3日内")),
    ] {
        let directory = Directory::on(day, &versions);
        let found = directory.duties.first().and_then(|item| item.record.limit);
        assert_eq!(found.map(|limit| limit.to_string()).as_deref(), limit, "{day}");
    }
}

#[test]
fn one_who_has_left_is_no_longer_there_the_day_after() {
    let mut gone = post("王某", Level::Head, None);
    gone.term.to = Some(DAY);
    let versions = [first(Record::Post(gone))];
    let count = |day| Directory::on(day, &versions).posts.len();
    assert_eq!((count(DAY), count(DAY.tomorrow().unwrap())), (1, 0));
}

#[test]
fn what_is_missing_is_told() {
    let mut named = item("B", DutyKind::Service);
    named.persons[3] = "李某".to_owned();
    let officer = |village: &str, role| Officer {
        village: village.to_owned(),
        role,
        name: "赵某".to_owned(),
        phone: phone(17),
        substitute: String::new(),
        public: true,
        term: Term::default(),
    };
    let wrap = |item| Version { version: 1, valid_from: DAY, valid_to: None, record: item };
    let village = |code: &str, name: &str| Village { code: code.into(), name: name.into() };
    let mut directory = Directory {
        units: vec![unit("unit.27", "城市管理局"), unit("unit.28", "交通运输局")],
        towns: vec![Town {
            code: "04".into(),
            name: "北宿镇".into(),
            phone: phone(1),
            public: true,
        }],
        villages: vec![village("0401", "东柳村"), village("0402", "西柳村")],
        posts: vec![
            post("甲", Level::Head, Some(1)),
            post("乙", Level::Deputy, None),
            post("丙", Level::Section, None),
            post("丁", Level::Handler, Some(2)),
        ],
        officers: vec![
            officer("0401", OfficerRole::FirstSecretary),
            officer("0401", OfficerRole::Police),
            officer("0402", OfficerRole::Police),
            officer("0401", OfficerRole::Agent),
            officer("0402", OfficerRole::TeamMember),
        ],
        duties: vec![wrap(item("A", DutyKind::Service)), wrap(named)],
        ..Directory::default()
    };
    let told = |directory: &Directory| -> Vec<String> {
        Defects::of(directory).defects.into_iter().map(|defect| defect.sentence).collect()
    };
    assert_eq!(
        told(&directory),
        [
            "北宿镇西柳村没有第一书记",
            "北宿镇西柳村没有民生代办员",
            "“事项B”的承办人员李某已不在岗",
            "交通运输局没有公开电话，也没有值班电话",
        ]
    );
    let covered: Vec<_> = Defects::of(&directory).coverage.iter().map(|c| c.covered).collect();
    assert_eq!(covered, [1, 2, 1]);
    assert_eq!(Defects::of(&directory).coverage[1].persons, 1, "one officer of two villages");
    // Two handlers, and nobody named: nobody knows whose it is.
    directory.posts.push(post("戊", Level::Handler, None));
    assert!(told(&directory).contains(&"“事项A”没有指定承办人员，本单位现有2人".to_owned()));
    directory.posts.retain(|post| post.level != Level::Section);
    assert!(told(&directory).contains(&"“事项A”没有科室负责人".to_owned()));
}

#[test]
fn handlers_are_rung_before_heads_and_every_number_once() {
    let directory = Directory {
        posts: vec![
            post("甲", Level::Head, Some(1)),
            post("乙", Level::Other, Some(5)),
            post("丙", Level::Section, Some(2)),
            post("丁", Level::Handler, Some(3)),
            post("戊", Level::Handler, Some(3)),
        ],
        ..Directory::default()
    };
    let tails: Vec<_> =
        directory.duty_phones("unit.27").iter().map(|p| p.tail4().to_owned()).collect();
    assert_eq!(tails, ["0003", "0002", "0001", "0005"]);
    assert!(directory.duty_phones("unit.28").is_empty());
}

#[test]
fn a_unit_is_told_by_its_own_number_then_by_those_of_its_posts_and_each_once() {
    let told = |tail: u32| NoticeTo { phone: phone(tail), mail: None };
    let mut of_city = unit("unit.27", "城市管理局");
    of_city.notice = NoticeTo { phone: phone(9), mail: Some("cg@example.cn".to_owned()) };
    let in_post = |name: &str, level, tail| Post { notice: told(tail), ..post(name, level, None) };
    let directory = Directory {
        units: vec![of_city, unit("unit.28", "交通运输局")],
        posts: vec![
            in_post("甲", Level::Deputy, 1),
            in_post("乙", Level::Section, 2),
            in_post("丙", Level::Handler, 3),
            in_post("丁", Level::Handler, 9),
            post("戊", Level::Handler, Some(5)),
            in_post("己", Level::Handler, 4),
            in_post("庚", Level::Handler, 6),
        ],
        ..Directory::default()
    };
    let tails = |unit: &str, posts: &[Rung]| -> Vec<String> {
        let told = directory.posts_told(unit, posts, Answering::default());
        let phones = directory.notice_phones(unit, &told);
        phones.iter().map(|phone| phone.tail4().to_owned()).collect()
    };
    assert_eq!(tails("unit.27", &[]), ["0009"]);
    assert_eq!(tails("unit.27", &[Rung::DeputyHead]), ["0009", "0001"]);
    let many = tails("unit.27", &[Rung::Handler, Rung::SectionHead]);
    assert_eq!(many, ["0009", "0003", "0004", "0006"], "at most four");
    assert!(tails("unit.28", &[Rung::Handler]).is_empty());
    assert_eq!(directory.notice_mail("unit.27"), Some("cg@example.cn"));
    let defects = Defects::of(&directory).defects;
    let untold = defects.iter().filter(|defect| defect.kind == DefectKind::UnitNotice);
    let untold: Vec<_> = untold.map(|defect| defect.sentence.as_str()).collect();
    assert_eq!(untold, ["交通运输局没有通知手机，也没有通知邮箱"]);
    let shown = format!("{directory:?}");
    assert!(!shown.contains("cg@example.cn"), "an address is nothing for a log");
}

/// Each person with his post, and who stands in.
fn words(directory: &Directory, posts: &[Rung], answering: Answering<'_>) -> Vec<String> {
    let told = directory.posts_told("unit.27", posts, answering);
    told.iter().map(PostTold::words).collect()
}

#[test]
fn a_warning_goes_to_who_signed_then_to_whom_the_item_names_then_to_whoever_holds_the_post() {
    let directory = Directory {
        units: vec![unit("unit.27", "城市管理局")],
        posts: vec![
            post("甲", Level::Head, None),
            post("丙", Level::Section, None),
            post("丁", Level::Handler, None),
            post("戊", Level::Handler, None),
        ],
        ..Directory::default()
    };
    let all = |answering| words(&directory, &[Rung::Handler], answering);
    let mut named = item("A", DutyKind::Service);
    named.persons = ["", "", "", "戊"].map(str::to_owned);
    let by_item = Answering { item: Some(&named), handler: None };
    let both = ["承办人员丁（承办人员）", "承办人员戊（承办人员）"];
    assert_eq!(all(Answering::default()), both);
    assert_eq!(all(by_item), [both[1]]);
    assert_eq!(all(Answering { handler: Some("丁"), ..by_item }), [both[0]]);
    assert_eq!(all(Answering { handler: Some("路人"), ..by_item }), [both[1]]);
    let mut left = named.clone();
    left.persons = ["", "", "", "庚"].map(str::to_owned);
    let told = all(Answering { item: Some(&left), handler: None });
    assert_eq!(told[0], "承办人员已离岗，由丁（承办人员）代");
    let elsewhere = DutyItem { unit: "unit.28".to_owned(), ..left.clone() };
    let told = all(Answering { item: Some(&elsewhere), handler: None });
    assert_eq!(told, both, "an item of another unit names nobody here");
}

#[test]
fn a_post_without_a_person_falls_to_the_next_up_then_to_the_duty_telephone() {
    let ladder = [Rung::Handler, Rung::DeputyHead];
    let mut directory = Directory {
        units: vec![unit("unit.27", "城市管理局")],
        posts: vec![post("丙", Level::Section, None), post("甲", Level::Head, None)],
        ..Directory::default()
    };
    let told = |directory: &Directory| words(directory, &ladder, Answering::default());
    assert_eq!(
        told(&directory),
        [
            "承办人员空缺，由科室负责人丙（科室负责人）代",
            "分管负责人空缺，由主要责任人甲（主要责任人）代"
        ]
    );
    directory.posts = vec![post("值班", Level::Other, Some(5))];
    let vacant = |how: &str| [format!("承办人员空缺，{how}"), format!("分管负责人空缺，{how}")];
    assert_eq!(told(&directory), vacant("请单位值班电话转达"));
    let posts = directory.posts_told("unit.27", &ladder, Answering::default());
    assert_eq!(directory.notice_phones("unit.27", &posts), [phone(5).unwrap()]);
    directory.posts.clear();
    assert_eq!(told(&directory), vacant("单位也无值班电话"));
    directory.units[0].notice.phone = phone(9);
    assert_eq!(told(&directory), vacant("请单位转达"));
}

#[test]
fn a_plain_address_is_taken_for_one() {
    for good in ["a@b.cn", "zhang.san+dd@mail.example.gov.cn", "x_1@163.com"] {
        assert!(is_mail_address(good), "{good}");
    }
    let long = format!("{}@example.cn", "a".repeat(250));
    for bad in [
        "",
        "a",
        "a@b",
        "@b.cn",
        "a@",
        "a@b..cn",
        "a b@c.cn",
        "张<a@b.cn>",
        "a@b.cn,c@d.cn",
        "a@中.cn",
        &long,
    ] {
        assert!(!is_mail_address(bad), "{bad}");
    }
}

#[test]
fn a_record_without_notices_reads_and_writes_as_before_there_were_any() {
    let plain = Record::Unit(unit("unit.27", "城市管理局"));
    let json = serde_json::to_string(&plain).unwrap();
    assert!(!json.contains("notice"), "{json}");
    assert_eq!(serde_json::from_str::<Record>(&json).unwrap(), plain);
    let Record::Unit(mut told) = plain else { unreachable!() };
    told.notice = NoticeTo { phone: phone(9), mail: Some("cg@example.cn".to_owned()) };
    let told = Record::Unit(told);
    let json = serde_json::to_string(&told).unwrap();
    assert_eq!(serde_json::from_str::<Record>(&json).unwrap(), told);
}

/// The sums of the catalogue reproduce the figures of the source (E2).
#[test]
fn the_counters_are_sums_of_the_catalogue() {
    let mut duties = Vec::new();
    for n in 0..2674_usize {
        let mut penalty = item(&format!("P{n}"), DutyKind::Penalty);
        penalty.done.fixed = true;
        penalty.done.first_offence_free = n < 292;
        duties.push(penalty);
    }
    for n in 0..276_usize {
        let mut quantified = item(&format!("Q{n}"), DutyKind::Approval);
        // 2,834 = 276 × 10 + 74.
        let saved = if n < 74 { 11 } else { 10 };
        quantified.old_limit = Limit::new(5 + saved, LimitUnit::WorkingDays);
        quantified.limit = Limit::new(5, LimitUnit::WorkingDays);
        quantified.done.quantified = true;
        quantified.done.simplified = true;
        quantified.done.strengthened = n < 254;
        duties.push(quantified);
    }
    let wrap = |item| Version { version: 1, valid_from: DAY, valid_to: None, record: item };
    let mut units: Vec<Unit> = (1..=87).map(|n| unit(&format!("unit.{n:02}"), "局")).collect();
    units[44].duty_audited = false;
    let duties = duties.into_iter().map(wrap).collect();
    let directory = Directory { units, duties, ..Directory::default() };
    let counters = Counters::of(&directory);
    assert_eq!(
        [
            counters.units_audited as u64,
            counters.quantified as u64,
            counters.saved_working_days,
            counters.fixed_penalties as u64,
            counters.strengthened as u64,
            counters.first_offence_free as u64,
        ],
        [86, 276, 2834, 2674, 254, 292]
    );
}

#[test]
fn the_public_sees_what_is_marked_and_no_private_number() {
    let mut shown = post("甲", Level::Head, Some(1));
    (shown.public, shown.phone) = (true, phone(7));
    let mut no_limit = item("B", DutyKind::Service);
    no_limit.limit = None;
    let mut hidden = item("C", DutyKind::Service);
    hidden.public = false;
    let wrap = |item| Version { version: 3, valid_from: DAY, valid_to: None, record: item };
    let directory = Directory {
        units: vec![unit("unit.27", "城市管理局")],
        posts: vec![shown, post("乙", Level::Deputy, Some(2))],
        duties: [item("A", DutyKind::Service), no_limit, hidden].map(wrap).to_vec(),
        ..Directory::default()
    };
    let view = PublicView::of(&directory);
    let person = PublicPerson {
        place: "城市管理局".into(),
        title: "主要责任人".into(),
        name: "甲".into(),
        phone: Some("19900000007".into()),
    };
    assert_eq!(view.people, [person]);
    let duties: Vec<_> = view.duties.iter().map(|duty| duty.reference.as_str()).collect();
    assert_eq!(duties, ["A/v3"]);
    let text = serde_json::to_string(&view).unwrap();
    assert!(!text.contains("19900000001") && !text.contains('乙'), "{text}");
}

#[test]
fn an_item_is_found_by_any_words_of_it_and_by_name_first() {
    let mut light = item("CG-1", DutyKind::Service);
    light.name = "路灯维修".to_owned();
    let mut fine = item("CG-2", DutyKind::Penalty);
    (fine.name, fine.band) = ("占道经营处罚".to_owned(), "500元以上5000元以下".to_owned());
    fine.words = vec!["损坏路灯".to_owned()];
    let wrap = |item| Version { version: 1, valid_from: DAY, valid_to: None, record: item };
    let units = vec![unit("unit.27", "城市管理局")];
    let duties = vec![wrap(fine), wrap(light)];
    let directory = Directory { units, duties, ..Directory::default() };
    let found = |words: &str| -> Vec<String> {
        let question = Question::parse(words).unwrap();
        find_duties(&directory, &question).into_iter().map(|item| item.reference).collect()
    };
    assert_eq!(found("路灯"), ["CG-1/v1", "CG-2/v1"]);
    assert_eq!(found("占道 ５００"), ["CG-2/v1"]);
    assert_eq!(found("城市管理 cg"), ["CG-2/v1", "CG-1/v1"]);
    assert!(found("燃气").is_empty());
}
