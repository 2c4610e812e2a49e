//! What a text asks for is done once, and answered within bounds.

use super::*;
use mayorline::domain::message::{REPLIES_PER_HOUR_MAX, SIP_UNVOUCHED_ACCOUNT, SUPPLEMENTS_MAX};

/// The code that the citizen was sent.
fn code_of(text: &str) -> String {
    let at = text.find("查询码").unwrap() + "查询码".len();
    text[at..].chars().take(4).collect()
}

#[test]
fn a_new_matter_is_a_numbered_case_and_its_sender_is_told_number_code_and_date() {
    let house = House::open();
    assert_eq!(house.text(1, "北宿镇路口路灯不亮"), SettledInbound::Done);
    let number = house.cases()[0];
    let case = house.case(number);
    assert_eq!(case.row.channel, "public_sms");
    assert_eq!(case.row.state, "accepted");
    let sent = house.sent(minutes(1));
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(
        sent[0].starts_with(&format!("【邹城社情民意】您反映的事项已登记，编号{number}，")),
        "{sent:?}"
    );
    assert!(sent[0].contains("最迟11月27日"), "{sent:?}");
    house.verified();
}

#[test]
fn a_text_to_a_leader_is_a_case_of_that_way() {
    let house = House::open();
    let settled = house.text_by("leader-phone", 1, noonish(), (CITIZEN, "市长您好，村里的路坏了"));
    assert_eq!(settled, SettledInbound::Done);
    assert_eq!(house.case(house.cases()[0]).row.channel, "leader_sms");
    let row = house.outbox().remove(0);
    assert_eq!((row.account.as_str(), row.template.as_str()), ("leader-phone", "S02"));
}

#[test]
fn what_comes_next_from_the_same_sender_is_more_about_his_open_matter() {
    let house = House::open();
    house.text(1, "北宿镇路口路灯不亮");
    assert_eq!(house.text(2, "就在小学门口"), SettledInbound::Done);
    assert_eq!(house.cases().len(), 1);
    let words = house.case(house.cases()[0]).text.unwrap();
    assert_eq!(words, "北宿镇路口路灯不亮\n【11月22日10:02补充】就在小学门口");
    // Another sender has nothing to do with it.
    house.text_at(3, minutes(3), "19900000018", "就在小学门口");
    assert_eq!(house.cases().len(), 2);
    // Nor has what he writes a week later.
    let later = at("2026-11-30T10:00:00+08:00");
    house.text_at(4, later, CITIZEN, "另外一件事，停水了");
    assert_eq!(house.cases().len(), 3);
    house.verified();
}

#[test]
fn whom_nobody_vouches_for_commands_nothing_and_nobody_is_answered() {
    let house = House::open();
    house.text(1, "北宿镇路口路灯不亮");
    let commands = [format!("CX{}", house.cases()[0]), "T".to_owned(), "帮助".to_owned()];
    for (key, words) in (2..).zip(&commands) {
        let at = minutes(i64::from(key));
        let settled = house.text_by(SIP_UNVOUCHED_ACCOUNT, key, at, (CITIZEN, words.as_str()));
        assert_eq!(settled, SettledInbound::Done, "{words}");
    }
    let opened = house.text_by(SIP_UNVOUCHED_ACCOUNT, 9, minutes(9), ("19900000018", "停水了"));
    assert_eq!((opened, house.cases().len()), (SettledInbound::Done, 5));
    assert_eq!(house.case(house.cases()[4]).row.channel, "text");
    assert_eq!(house.outbox().len(), 1, "the first, by the city's own number");
    assert_eq!(house.count("SELECT count(*) FROM notices_stopped"), 0);
    house.verified();
}

#[test]
fn one_matter_takes_only_so_many_texts() {
    let house = House::open();
    let texts = u8::try_from(SUPPLEMENTS_MAX).unwrap() + 2;
    for key in 1..=texts {
        house.text_at(key, minutes(i64::from(key)), CITIZEN, &format!("第{key}条"));
    }
    assert_eq!(house.cases().len(), 2, "nothing is lost, and no case grows without end");
}

/// Hardening T14: texts that waited are older than our answer to the first of them.
#[test]
fn what_waited_behind_a_full_matter_fills_the_next() {
    let house = House::open();
    let texts = u8::try_from(SUPPLEMENTS_MAX).unwrap() + 4;
    for key in 1..=texts {
        let came = noonish() + SignedDuration::from_secs(i64::from(key));
        let id = house.put(MODEM, key, came).id();
        house.settle(id, minutes(30), whole(CITIZEN, &format!("第{key}条")));
    }
    assert_eq!(house.cases().len(), 2);
}

/// Failure 28: the same words in a minute are one text whatever their ids; two texts of one second are two.
#[test]
fn copies_are_known_by_their_words_and_different_words_are_different_texts() {
    let house = House::open();
    let second = noonish();
    assert_eq!(house.text_at(1, second, CITIZEN, "路灯不亮"), SettledInbound::Done);
    assert_eq!(house.text_at(2, second, CITIZEN, "路灯不亮"), SettledInbound::Ignored);
    assert_eq!(house.text_at(3, second, CITIZEN, "停水了"), SettledInbound::Done);
    assert_eq!(house.count("SELECT count(*) FROM inbound WHERE why = 'copy'"), 1);
    assert_eq!(house.count("SELECT count(*) FROM inbound WHERE why = 'supplement'"), 1);
}

#[test]
fn a_machine_waits_for_a_person_and_is_never_answered() {
    let house = House::open();
    for (key, from) in [(1, "10086"), (2, "CMCC"), (3, "1069012345678")] {
        let settled = house.text_at(key, noonish(), from, "您的话费余额不足10元");
        assert_eq!(settled, SettledInbound::Held, "{from}");
    }
    assert!(house.cases().is_empty() && house.outbox().is_empty());
}

#[test]
fn a_look_up_is_answered_to_whoever_has_the_code_and_to_his_own_telephone() {
    let house = House::open();
    house.text(1, "路灯不亮");
    let number = house.cases()[0];
    let code = code_of(&house.sent(minutes(1))[0]);
    let asked = |key: u8, from: &str, words: &str| {
        assert_eq!(
            house.text_at(key, minutes(60 * i64::from(key)), from, words),
            SettledInbound::Done
        );
        let sent = house.sent(minutes(60 * i64::from(key)));
        assert_eq!(sent.len(), 1, "{sent:?}");
        sent[0].clone()
    };
    let stands = format!("【邹城社情民意】编号{number}：已经受理，正在分类。");
    assert_eq!(asked(2, "19900000018", &format!("cx{number} {code}")), stands);
    assert_eq!(asked(3, CITIZEN, &format!("查询{number}")), stands);
    let unknown = "【邹城社情民意】未找到对应事项，请核对编号和查询码后再试，或拨打公开电话查询。";
    assert_eq!(asked(4, "19900000018", &format!("CX{number}")), unknown, "not his telephone");
    let other = if code == "0000" { "0001" } else { "0000" };
    assert_eq!(asked(5, "19900000018", &format!("CX{number} {other}")), unknown);
    assert_eq!(asked(6, "19900000018", "CX"), unknown);
}

/// Texts and calls count wrong codes together: five lock a case, for the right code too.
#[test]
fn guessing_codes_by_text_locks_the_case() {
    let house = House::open();
    house.text(1, "路灯不亮");
    let number = house.cases()[0];
    let code = code_of(&house.sent(minutes(1))[0]);
    let wrong: Vec<_> = (0..6).map(|n| format!("{n:04}")).filter(|c| *c != code).take(5).collect();
    for (n, wrong) in wrong.iter().enumerate() {
        let key = u8::try_from(n).unwrap() + 2;
        let from = format!("199000001{key:02}");
        house.text_at(key, minutes(2), &from, &format!("CX{number} {wrong}"));
    }
    house.text_at(20, minutes(3), "19900000120", &format!("CX{number} {code}"));
    let last = house.sent(minutes(3)).pop().unwrap();
    assert!(last.contains("未找到对应事项"), "{last}");
}

/// Hardening T14: a flood is answered so often and no more; all of it is taken.
#[test]
fn two_machines_that_answer_each_other_end_soon() {
    let house = House::open();
    for key in 1..=20 {
        let settled = house.text_at(
            key,
            minutes(i64::from(key)),
            CITIZEN,
            &format!("帮助{}", "？".repeat(key.into())),
        );
        assert_eq!(settled, SettledInbound::Done);
    }
    assert_eq!(house.outbox().len(), usize::try_from(REPLIES_PER_HOUR_MAX).unwrap());
}

#[test]
fn who_wants_no_notices_is_told_so_once_and_his_case_is_answered_all_the_same() {
    let house = House::open();
    assert_eq!(house.text(1, "退订"), SettledInbound::Done);
    assert_eq!(house.text(2, "路灯不亮"), SettledInbound::Done);
    let templates: Vec<_> = house.outbox().into_iter().map(|row| row.template).collect();
    assert_eq!(templates, ["S01", "S25"]);
    assert_eq!(house.count("SELECT count(*) FROM notices_stopped"), 1);
}

#[test]
fn a_withdrawal_by_text_is_confirmed_by_a_call() {
    let house = House::open();
    house.text(1, "路灯不亮");
    let number = house.cases()[0];
    let code = code_of(&house.sent(minutes(1))[0]);
    assert_eq!(house.text(2, &format!("撤回{number} {code}")), SettledInbound::Done);
    assert_eq!(house.case(number).row.state, "accepted", "somebody may have his telephone");
    assert_eq!(house.count("SELECT count(*) FROM callback_task WHERE done_at IS NULL"), 1);
    let answer = house.sent(minutes(2)).pop().unwrap();
    assert!(answer.ends_with("已收到您的撤回申请，我们将来电与您核实。"), "{answer}");
}

/// S14: whoever writes of danger is told whom to call before anything else, and a person calls him back.
#[test]
fn words_of_danger_are_answered_at_once_and_call_a_person() {
    let house = House::open();
    house.text(1, "建材市场后边起火了，快来人！");
    let told = house.sent(minutes(1));
    assert_eq!(told, ["【邹城社情民意】紧急情况请立即拨打110、119或120。我们已通知值班人员。"]);
    let told = house.sent(minutes(1));
    assert!(told[0].contains("您反映的事项已登记"), "{told:?}");
    let open = "SELECT count(*) FROM callback_task WHERE done_at IS NULL";
    assert_eq!(house.count(open), 1);
    // Again within ten minutes: it joins the case, and nobody is told the same twice.
    house.text(3, "着火了着火了，怎么还不来");
    assert_eq!(house.count(open), 1);
    assert!(house.sent(minutes(3)).is_empty());
    house.text(15, "又起火了");
    assert_eq!(house.sent(minutes(15)).len(), 1);
    // A loop of two machines ends here too.
    house.text_at(40, minutes(26), CITIZEN, "第三次着火");
    assert!(house.sent(minutes(26)).is_empty(), "three answers an hour");
    assert_eq!(house.cases().len(), 1);
    house.verified();
}
