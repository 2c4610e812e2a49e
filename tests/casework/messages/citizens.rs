//! What a citizen is told by text of his case, from its number to the question how content he is.

use super::*;
use mayorline::domain::case::{
    Actor, Classification, DeadlineRules, Nature, Order, Role, Task, Urgency,
};
use mayorline::store::CaseName;

impl House {
    /// As the command line acts.
    pub(super) fn act(&self, at: Timestamp, number: CaseNumber, role: Role, task: Task) {
        let mut beside = Administration::open(self.folder.path(), at).unwrap();
        beside.speak(rules());
        let desk = (Calendar::built_in(), DeadlineRules::default(), [9; 32]);
        let unit = role.is_of_unit().then_some("unit.07");
        let actor = Actor::new(&format!("a-{}", role.as_str()), role, unit);
        beside.act(at, desk, CaseName::Number(number), &Order { actor, task }).unwrap();
    }

    /// Why it is refused.
    fn try_act(&self, at: Timestamp, number: CaseNumber, role: Role, task: Task) -> String {
        let mut beside = Administration::open(self.folder.path(), at).unwrap();
        let desk = (Calendar::built_in(), DeadlineRules::default(), [9; 32]);
        let actor = Actor::new("a-1", role, None);
        let order = Order { actor, task };
        beside.act(at, desk, CaseName::Number(number), &order).unwrap_err().to_string()
    }

    pub(super) fn classify(&self, at: Timestamp, number: CaseNumber) {
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
        self.act(at, number, Role::Clerk, Task::Classify(Box::new(found)));
    }

    pub(super) fn assigned(&self, at: Timestamp) -> CaseNumber {
        self.text_at(1, at, CITIZEN, "北宿镇路口路灯不亮");
        let number = self.cases()[0];
        self.sent(at);
        self.classify(at, number);
        let unit = "unit.07".to_owned();
        self.act(at, number, Role::Clerk, Task::Assign { unit, helpers: vec![] });
        number
    }
}

/// Story 1 of domain.md 3.8 by text: told at each step, asked, and his word closes the case.
#[test]
fn a_case_by_text_from_its_number_to_the_word_on_its_answer() {
    let house = House::open();
    let number = house.assigned(minutes(1));
    let told = house.sent(minutes(2));
    let expected = format!("【邹城社情民意】编号{number}已交承办单位办理，最迟11月27日答复您。");
    assert_eq!(told, [expected]);
    let handler = "王某".to_owned();
    house.act(minutes(3), number, Role::UnitContact, Task::Sign(handler));
    let text = "路灯已于11月24日修复".to_owned();
    let fed_back = Task::FeedBack { text, contacted: true, evidence: true };
    house.act(minutes(4), number, Role::Handler, fed_back);
    let pending = mayorline::domain::case::Pending::Feedback;
    house.act(minutes(5), number, Role::UnitLeader, Task::Grant(pending));
    house.act(minutes(6), number, Role::Clerk, Task::Review(None));
    let told = house.sent(minutes(7));
    assert_eq!(told.len(), 1, "one after the other: {told:?}");
    assert!(told[0].contains("办理结果：路灯已于11月24日修复。承办单位"), "{told:?}");
    let asked = house.sent(minutes(8));
    assert!(asked[0].contains("请评价：回复1满意"), "{asked:?}");
    assert_eq!(house.text_at(9, minutes(9), CITIZEN, "1"), SettledInbound::Done);
    assert_eq!(house.case(number).row.state, "closed");
    assert_eq!(house.sent(minutes(10)), ["【邹城社情民意】已收到您的评价，谢谢。"]);
    house.verified();
}

/// S03: what is missing is asked for by text, and the answer joins the case.
#[test]
fn a_citizen_is_asked_for_more_and_his_answer_joins_the_case() {
    let house = House::open();
    house.text_at(1, minutes(1), CITIZEN, "我们村的路登坏了大半年");
    let number = house.cases()[0];
    house.sent(minutes(1));
    let asked_at = minutes(3 * 24 * 60);
    house.act(asked_at, number, Role::MessageClerk, Task::AskMore(vec![]));
    let told = house.sent(asked_at);
    let asked = format!(
        "【邹城社情民意】编号{number}：请补充事发地点（镇街、村居、路段）和时间，直接回复本短信即可。"
    );
    assert_eq!(told, [asked]);
    // Nine days after he wrote: the question keeps the case open for its answer.
    let later = minutes(9 * 24 * 60);
    assert_eq!(house.text_at(9, later, CITIZEN, "看庄镇东村，从国庆节起"), SettledInbound::Done);
    assert_eq!(house.cases(), [number]);
    let words = house.case(number).text.unwrap();
    assert!(words.ends_with("补充】看庄镇东村，从国庆节起"), "{words}");
    house.verified();
}

#[test]
fn who_has_no_mobile_telephone_is_not_asked_by_text() {
    let house = House::open();
    let mut told = intake("call-1", mayorline::domain::call::IntakeKind::Text);
    told.caller.number = mayorline::units::PhoneNumber::parse("053700000000").ok();
    let (number, _) = store_intake(&house.handle(), told);
    let refused = house.try_act(minutes(1), number.unwrap(), Role::Clerk, Task::AskMore(vec![]));
    assert!(refused.contains("no mobile number to ask by"), "{refused}");
}

/// 4, with a reason: a supervisor decides what follows, and the reason stands with the case.
#[test]
fn a_bad_word_waits_for_a_supervisor_with_its_reason() {
    let house = House::open();
    let number = house.assigned(minutes(1));
    let (text, handler) = ("修好了".to_owned(), "王某".to_owned());
    house.act(minutes(3), number, Role::UnitContact, Task::Sign(handler));
    house.act(
        minutes(4),
        number,
        Role::Handler,
        Task::FeedBack { text, contacted: true, evidence: true },
    );
    let pending = mayorline::domain::case::Pending::Feedback;
    house.act(minutes(5), number, Role::UnitLeader, Task::Grant(pending));
    house.act(minutes(6), number, Role::Clerk, Task::Review(None));
    while !house.sent(minutes(8)).is_empty() {}
    assert_eq!(house.text_at(9, minutes(9), CITIZEN, "4，灯又灭了"), SettledInbound::Done);
    let case = house.case(number);
    assert_eq!(case.row.state, "callback");
    assert!(case.text.unwrap().ends_with("补充】灯又灭了"));
}

/// T12 and B9: what waits of a case under seal is withdrawn, its citizen hears neutral words, and a list
/// of messages is no place to find it.
#[test]
fn of_a_sealed_case_one_neutral_text_is_sent_and_nothing_is_listed() {
    let house = House::open();
    house.text_at(1, minutes(1), CITIZEN, "城管收黑钱 有录音");
    let number = house.cases()[0];
    house.act(minutes(2), number, Role::Operator, Task::ProposeSeal);
    assert!(house.lease(minutes(3)).is_empty(), "the receipt waits while it is proposed");
    assert!(house.outbox().is_empty());
    let accounts = house.reader().message_accounts(minutes(3)).unwrap();
    assert!(accounts.iter().all(|account| account.queued == 0), "{accounts:?}");
    for id in [1, 99] {
        let decided = house.decide(minutes(3), id, SendDecision::Withdraw);
        assert!(matches!(decided, Err(StoreError::NotFound)), "{id}: {decided:?}");
    }
    house.act(minutes(4), number, Role::Director, Task::ConfirmSeal);
    assert_eq!(house.sweep(minutes(5)).withdrawn, 1);
    let told = house.sent(minutes(5));
    let neutral =
        format!("【邹城社情民意】编号{number}：您反映的事项已按规定程序转交有关单位办理。");
    assert_eq!(told, [neutral]);
    let listed = house.outbox();
    assert!(listed.iter().all(|row| row.case.is_none() && row.template == "S11"), "{listed:?}");
    // What he writes next has nothing to do with it.
    assert_eq!(house.text_at(9, minutes(9), CITIZEN, "路灯不亮"), SettledInbound::Done);
    assert_eq!(house.cases().len(), 2);
}

/// Nobody is woken: what is told in the evening arrives in the morning.
#[test]
fn what_is_told_in_the_night_leaves_in_the_morning() {
    let house = House::open();
    let night = at("2026-11-22T22:30:00+08:00");
    house.assigned(night);
    assert!(house.sent(at("2026-11-23T07:59:00+08:00")).is_empty());
    assert_eq!(house.sent(at("2026-11-23T08:00:00+08:00")).len(), 1);
}

/// D8: who was not reached is told that he is called back.
#[test]
fn who_left_before_anybody_answered_is_told_that_he_is_called_back() {
    let house = House::open();
    let mut missed = intake("call-1", mayorline::domain::call::IntakeKind::Abandoned);
    (missed.callback, missed.text) = (true, None);
    store_intake(&house.handle(), missed);
    let told = house.sent(noonish());
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("我们将在30分钟内回拨"), "{told:?}");
}

/// What was told of a case that is erased is erased with it, and keeps no other message from its end.
#[test]
fn a_message_of_an_erased_case_is_forgotten_with_it() {
    let house = House::open();
    house.text_at(1, minutes(1), CITIZEN, "路灯不亮");
    house.text_at(2, minutes(1), "19900000018", "停水了");
    let gone = "UPDATE case_key SET holder = NULL, wrapped = x'' WHERE case_id = 1";
    house.db().execute(gone, []).unwrap();
    let later = minutes(24 * 60 + 2);
    assert_eq!(house.sweep(later).expired, 2);
    let kept = "SELECT count(*) FROM outbox WHERE private IS NOT NULL";
    assert_eq!(house.count(kept), 1);
    assert!(house.outbox().iter().any(|row| row.to.is_none()), "{:?}", house.outbox());
}
