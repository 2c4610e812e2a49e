//! Long texts: joined as octets, in any order, and never lost with a part that is missing.

use super::*;

const LONG: &str = "我是北宿镇居民，我们小区门口的路灯从上个月开始就不亮了😀，晚上老人孩子出门都看不见路，\
    前天还有一位老人摔了一跤。物业说不归他们管，供电所说要找城管，城管说要等预算。请市长帮忙协调一下，\
    尽快修好，谢谢😀！另外小区北门的井盖也松动了，车一过就响，晚上影响休息，也请一并处理。";

fn put_parts(
    house: &House,
    parts: &[UserData],
    first_key: u8,
    at: Timestamp,
) -> Vec<SettledInbound> {
    let mut settled = vec![];
    for (n, data) in parts.iter().enumerate() {
        let id = house.put(MODEM, first_key + u8::try_from(n).unwrap(), at).id();
        settled.push(house.settle(id, at, part(data.clone())));
    }
    settled
}

fn words_of(house: &House, at: usize) -> String {
    house.case(house.cases()[at]).text.unwrap_or_default()
}

/// Failure 19, and hardening: parts in every order, the same twice, over a restart.
#[test]
fn parts_in_any_order_and_again_make_one_text() {
    let parts = parts_of(LONG, 7);
    assert_eq!(parts.len(), 3);
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [2, 0, 1]] {
        let mut house = House::open();
        for (n, at) in order.into_iter().enumerate() {
            let id = house.put(MODEM, u8::try_from(n).unwrap(), minutes(1)).id();
            let settled = house.settle(id, minutes(1), part(parts[at].clone()));
            let expected = if n < 2 { SettledInbound::Parts } else { SettledInbound::Done };
            assert_eq!(settled, expected, "{order:?}");
            // The carrier gives it again under another id.
            let id = house.put(MODEM, 100 + u8::try_from(n).unwrap(), minutes(1)).id();
            if n < 2 {
                let again = house.settle(id, minutes(1), part(parts[at].clone()));
                assert_eq!(again, SettledInbound::Ignored, "{order:?}");
            }
            house = house.reopened();
        }
        assert_eq!(words_of(&house, 0), LONG, "{order:?}");
        assert_eq!(house.count("SELECT count(*) FROM sms_part"), 0);
        house.verified();
    }
}

/// Failure 18: the last part never comes, or comes a day late.
#[test]
fn a_missing_part_is_waited_for_ten_minutes_and_added_when_it_comes_after_all() {
    let house = House::open();
    let parts = parts_of(LONG, 7);
    put_parts(&house, &parts[..2], 1, noonish());
    let tidy = |at| answered(|answer| house.handle().inbound_tidy(at, answer)).unwrap();
    assert_eq!(tidy(minutes(9)), 0);
    assert!(house.cases().is_empty());
    assert_eq!(tidy(minutes(10)), 1);
    let words = words_of(&house, 0);
    assert!(
        words.contains("（收到不完整短信 2/3）我是北宿镇居民") && words.ends_with("……"),
        "{words}"
    );
    assert_eq!(tidy(minutes(20)), 0, "told once");
    let id = house.put(MODEM, 9, minutes(30)).id();
    assert_eq!(house.settle(id, minutes(30), part(parts[2].clone())), SettledInbound::Done);
    assert_eq!(house.cases().len(), 1);
    let words = words_of(&house, 0);
    assert!(words.contains("【11月22日10:30补充】（迟到的第3段，共3段）"), "{words}");
}

/// A reference counts to 255 and begins again: another text under it is another text.
#[test]
fn a_reference_that_is_used_again_mixes_no_two_texts() {
    let house = House::open();
    let (first, second) = (parts_of(LONG, 7), parts_of(&LONG.replace("路灯", "水管"), 7));
    put_parts(&house, &first[..2], 1, noonish());
    put_parts(&house, &second, 11, minutes(5));
    assert_eq!(house.cases().len(), 1, "the second is more about the first");
    assert!(words_of(&house, 0).contains("（收到不完整短信 2/3）"));
    assert!(words_of(&house, 0).contains("小区门口的水管从上个月"));
    assert_eq!(house.count("SELECT count(*) FROM sms_part"), 0);
}

/// Failure 18: 255 parts, any order, one missing.
#[test]
fn the_longest_text_is_joined_and_one_without_a_part_is_told() {
    let long: String = "路灯不亮".chars().cycle().take(67 * 255).collect();
    let parts = parts_of(&long, 1);
    assert_eq!(parts.len(), 255);
    let house = House::open();
    let mut raws: Vec<_> = (0..254).map(|key| raw(MODEM, key, noonish())).collect();
    raws.reverse();
    let taken = answered(|answer| house.handle().inbound_put(raws, answer)).unwrap();
    for (journalled, data) in taken.iter().zip(parts.iter().rev()) {
        let settled = house.settle(journalled.id(), noonish(), part(data.clone()));
        assert_eq!(settled, SettledInbound::Parts);
    }
    let tidied = answered(|answer| house.handle().inbound_tidy(minutes(10), answer)).unwrap();
    assert_eq!(tidied, 1);
    assert!(words_of(&house, 0).contains("（收到不完整短信 254/255）……"));
}

/// Failure 1 among the parts: a text that belongs to a damaged case, and a part that is damaged, wait for a
/// person; the others are told.
#[test]
fn a_text_that_cannot_be_told_keeps_no_other() {
    let house = House::open();
    house.text(1, "路灯不亮");
    house.db().execute("UPDATE case_key SET wrapped = x'01'", []).unwrap();
    let of = |from: &str, data: UserData| {
        let words = Words::Data(data);
        let from = from.to_owned();
        Parsed::Text(Box::new(InboundText { from, to: None, sent_at: None, words }))
    };
    for (key, from) in [(2, CITIZEN), (3, "19900000018"), (4, "19900000019")] {
        let id = house.put(MODEM, key, minutes(2)).id();
        let data = parts_of(LONG, 7).remove(0);
        assert_eq!(house.settle(id, minutes(2), of(from, data)), SettledInbound::Parts);
    }
    house.db().execute("UPDATE sms_part SET body = x'01' WHERE inbound = 3", []).unwrap();
    let tidied = answered(|answer| house.handle().inbound_tidy(minutes(12), answer));
    assert!(tidied.is_ok(), "{tidied:?}");
    let held: Vec<_> = house.reader().held(10).unwrap();
    let held: Vec<_> = held.iter().map(|row| (row.id, row.why.as_deref().unwrap())).collect();
    assert_eq!(held, [(2, "settle"), (3, "damaged")]);
    assert_eq!(house.cases().len(), 2, "the third is a case");
    assert_eq!(house.count("SELECT count(*) FROM inbound WHERE state = 'parts'"), 0);
}
