//! The texts among the example messages of domain.md 5.3, each with what becomes of it: a case, more about
//! one, an answer, or nothing that counts. Their types and units are `domain::suggest`'s.

use super::*;
use mayorline::domain::case::State;

/// What a text becomes where nothing was written before.
fn alone(words: &str) -> (House, SettledInbound) {
    let house = House::open();
    let settled = house.text(1, words);
    (house, settled)
}

/// Messages 15 to 18, 26 and 27: a matter is a case with the citizen's own words, mistakes and all, and he is
/// told its number.
#[test]
fn a_matter_is_a_case_in_the_citizens_own_words() {
    let public = [
        "北宿镇三里村自来水庭了两天了没人官，老人小孩没法过，请领导过问一下",
        "你好我想反应一下，我们村的路登坏了大半年，村里说没钱",
        "低堡怎么申请，我对象有尿毒正",
        "拖欠工姿 工地在开发区 老板电话19900000017",
    ];
    for words in public {
        let (house, settled) = alone(words);
        assert_eq!(settled, SettledInbound::Done, "{words}");
        let case = house.case(house.cases()[0]);
        assert_eq!((case.row.channel.as_str(), case.text.as_deref()), ("public_sms", Some(words)));
        assert_eq!(house.outbox()[0].template, "S01", "{words}");
    }
    for words in
        ["周书记：我是看庄镇教师，乡镇补贴三个月没发，盼复", "李市长 我要反映城管收黑钱 有录音"]
    {
        let house = House::open();
        let settled = house.text_by("leader-phone", 1, noonish(), (CITIZEN, words));
        assert_eq!(settled, SettledInbound::Done, "{words}");
        assert_eq!(house.case(house.cases()[0]).row.channel, "leader_sms", "{words}");
    }
}

/// Messages 19 and 20: a look-up is answered and makes no case, however it is written.
#[test]
fn a_look_up_is_no_matter_however_it_is_written() {
    let house = House::open();
    house.text(1, "路灯不亮");
    let number = house.cases()[0];
    let first = house.sent(minutes(1)).remove(0);
    let at = first.find("查询码").unwrap() + "查询码".len();
    let code: String = first[at..].chars().take(4).collect();
    let wide = |text: &str| -> String {
        let widened = |c: char| char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c);
        text.chars().map(|c| if c.is_ascii_graphic() { widened(c) } else { c }).collect()
    };
    let ways = [
        format!("CX{number} {code}"),
        format!("cx{number}{code}"),
        format!("查询{number} {code}"),
        wide(&format!("CX{number}{code}")),
        format!("CX{number}"),
    ];
    for (n, words) in ways.iter().enumerate() {
        let key = u8::try_from(n).unwrap() + 2;
        let asked_at = minutes(60 * i64::from(key));
        assert_eq!(house.text_at(key, asked_at, CITIZEN, words), SettledInbound::Done, "{words}");
        let told = house.sent(asked_at);
        assert!(told[0].contains(&format!("编号{number}：已经受理")), "{words}: {told:?}");
    }
    assert_eq!(house.cases().len(), 1);
}

/// Messages 21 and 22: a grade where nothing was asked is taken down, for a person to ask what is meant.
#[test]
fn a_grade_that_nobody_asked_for_is_not_lost() {
    for words in ["2", "不满意", "4", "四", "４", "不满意!"] {
        let (house, settled) = alone(words);
        assert_eq!(settled, SettledInbound::Done, "{words}");
        assert_eq!(house.cases().len(), 1, "{words}");
    }
}

/// Message 23: who wants no notices is no case.
#[test]
fn who_wants_no_notices_is_no_case() {
    let (house, settled) = alone("T");
    assert_eq!(settled, SettledInbound::Done);
    assert!(house.cases().is_empty());
    assert_eq!(house.outbox()[0].template, "S25");
}

/// Message 24: an advert is no case and is not answered; a person may still take it for one.
#[test]
fn an_advert_waits_and_is_not_answered() {
    let (house, settled) = alone("【某贷款】额度30万，点击链接领取");
    assert_eq!(settled, SettledInbound::Held);
    assert!(house.cases().is_empty() && house.outbox().is_empty());
    let held = house.reader().held(10).unwrap();
    assert_eq!(held[0].why.as_deref(), Some("advert"));
}

/// Message 25: three parts out of order under a reference of 16 bits.
#[test]
fn parts_under_a_wide_reference_are_one_matter() {
    let words = "我是城前镇的养殖户，去年签了合同建大棚，镇里答应的补贴到现在没给，跑了好几趟都说再等等。\
        棚里的贷款月月要还，一家人就指着这笔钱，请领导给问一问到底什么时候能发下来，要是不发也给句准话，\
        我们也好另想办法。同村还有六户也是这样，大家都签了字，合同和收据都留着，随时可以拿给领导看。";
    let parts = split(words, 0xBEEF, true).unwrap();
    assert_eq!(parts.len(), 3);
    let house = House::open();
    for (key, at) in [(1, 2), (2, 0), (3, 1)] {
        let id = house.put(MODEM, key, minutes(1)).id();
        house.settle(id, minutes(1), part(parts[at].clone()));
    }
    assert_eq!(house.case(house.cases()[0]).text.as_deref(), Some(words));
}

/// Message 28: thanks belong to the matter that they are about, picture and all.
#[test]
fn thanks_belong_to_their_matter() {
    let house = House::open();
    house.text(1, "三里村自来水停了");
    assert_eq!(house.text(2, "谢谢，水来了😀"), SettledInbound::Done);
    assert_eq!(house.cases().len(), 1);
    let case = house.case(house.cases()[0]);
    assert!(case.text.unwrap().ends_with("谢谢，水来了😀"));
    assert_eq!(case.row.state, State::Accepted.as_str());
}
