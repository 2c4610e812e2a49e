//! What is told of a case, and nothing at all of one under seal.

use super::*;

#[test]
fn every_step_of_a_case_is_told_with_where_it_stands_and_no_word_of_the_citizen() {
    let house = House::open();
    house.subscribe(&[]);
    let (case, code) = new_case(&house.handle(), "k");
    house.classify(case);
    house.act(case, Role::Clerk, Task::Assign { unit: "unit.07".to_owned(), helpers: vec![] });
    house.act(case, Role::UnitContact, Task::Sign("王某".to_owned()));
    let text = "已修复，联系人张三丰".to_owned();
    house.act(case, Role::Handler, Task::FeedBack { text, contacted: true, evidence: true });
    house.act(case, Role::UnitLeader, Task::Grant(Pending::Feedback));
    house.act(case, Role::Clerk, Task::Review(None));
    let told = house.told();
    let told: Vec<_> = told.iter().map(|(kind, status)| format!("{kind} {status}")).collect();
    assert_eq!(
        told,
        [
            "case.accepted accepted",
            "case.classified classified",
            "case.assigned assigned",
            "case.handling_started handling",
            "case.fed_back feedback",
            "case.answered callback",
        ]
    );
    for (body, id) in house.bodies().iter().zip(house.ids()) {
        for hidden in ["1990000", "路灯", "北宿", "张三丰", "王某", "a-clerk", &code.reveal()]
        {
            let number = case.to_string();
            assert!(!body.replace(&number, "").contains(hidden), "{hidden}: {body}");
        }
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!((&body["id"], &body["case"]["number"]), (&id.into(), &case.to_string().into()));
        assert_eq!(body["at"], "2026-11-22T10:00:00.000+08:00");
    }
    let assigned: Value = serde_json::from_str(&house.bodies()[2]).unwrap();
    assert_eq!(
        (&assigned["case"]["unit"], &assigned["case"]["round"]),
        (&"unit.07".into(), &1.into())
    );
    assert!(assigned["case"]["due_on"].is_string() && assigned["case"]["unit_due_on"].is_string());
    house.is_sound();
}

#[test]
fn a_subscription_is_told_of_what_it_asked_for_and_a_draft_tells_nothing() {
    let house = House::open();
    house.handled("before anybody subscribed");
    house.subscribe(&[HookKind::Assigned, HookKind::Closed]);
    house.subscribe(&[HookKind::Accepted]);
    store_intake(&house.handle(), intake("draft", IntakeKind::Abandoned));
    house.handled("k");
    let told: Vec<_> = house.told().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(told, ["case.accepted", "case.assigned"]);
}

#[test]
fn of_a_case_under_seal_there_is_nothing_from_its_proposal_on() {
    let house = House::open();
    house.subscribe(&[]);
    let (open, sealed) = (house.handled("open"), house.handled("sealed"));
    let first = house.ids().remove(4);
    assert_eq!(house.told().len(), 8);
    // One is told already, one is on its way when the seal is proposed.
    house.attempt(noonish(), &first, Outcome::Delivered { status: 200 });
    let under_way = house.ids().remove(5);
    assert!(!house.stands(&under_way), "nobody sends it");
    assert!(house.lease(noonish(), &under_way).is_some() && house.stands(&under_way));
    house.act(sealed, Role::Clerk, Task::ProposeSeal);
    let none_of_it = |house: &House| {
        let bodies = house.bodies();
        assert!(bodies.iter().all(|body| !body.contains(&sealed.to_string())), "{bodies:?}");
        assert_eq!(bodies.len(), 4, "those of the other case stay");
    };
    none_of_it(&house);
    assert!(!house.stands(&under_way), "its receiver may be connected, and it does not go");
    let settled = house.settle(noonish(), &under_way, Outcome::Delivered { status: 200 });
    assert_eq!(settled.state, SettledState::Withdrawn);
    house.act(sealed, Role::Director, Task::ConfirmSeal);
    none_of_it(&house);
    house.act(sealed, Role::Liaison, Task::FileReceipt("2026-7".to_owned()));
    none_of_it(&house);
    assert_eq!(house.told()[0], ("case.accepted".to_owned(), "accepted".to_owned()));
    house.is_sound();
    // A message that came into the table by another way is not sent, and `verify` finds it.
    let db = house.db();
    let leased = house.ids().remove(1);
    assert!(house.lease(noonish(), &leased).is_some() && house.stands(&leased));
    db.execute(
        "UPDATE case_file SET seal_proposed = 1 WHERE number = ?1",
        [i64::try_from(open.as_u64()).unwrap()],
    )
    .unwrap();
    let ids = house.ids();
    assert_eq!((house.due(noonish()), house.lease(noonish(), &ids[0])), (vec![], None));
    assert!(!house.stands(&leased));
    let report = verify(house.folder.path()).unwrap();
    let found = report.faults.iter().filter(|fault| fault.area == "webhook").count();
    assert_eq!(found, 4, "{report:?}");
}

#[test]
fn a_refused_seal_tells_nothing_of_itself_and_what_follows_is_told_again() {
    let house = House::open();
    house.subscribe(&[]);
    let case = house.handled("k");
    house.act(case, Role::Clerk, Task::ProposeSeal);
    house.act(case, Role::Director, Task::RefuseSeal);
    assert_eq!(house.told(), []);
    let text = "已修复".to_owned();
    house.act(case, Role::Handler, Task::FeedBack { text, contacted: true, evidence: true });
    house.act(case, Role::UnitLeader, Task::Grant(Pending::Feedback));
    assert_eq!(house.told(), [("case.fed_back".to_owned(), "feedback".to_owned())]);
}

#[test]
fn a_talk_that_goes_to_the_discipline_commission_at_once_is_never_told() {
    let house = House::open();
    house.subscribe(&[]);
    let call = call_id(1);
    assert!(house.handle().call_started(call_started(&call)));
    let wrap_up = WrapUp {
        seat: seat("801"),
        call,
        disposition: Disposition::Discipline,
        nature: Some(Nature::Report),
        summary: "举报".to_owned(),
        unit: None,
        outcome: None,
    };
    let order = WrapUpOrder { case: None, wrap_up };
    let handle = house.handle();
    let done = answered(|answer| handle.wrap_up(noonish(), order, answer)).unwrap();
    assert!(done.number.is_some());
    assert_eq!(house.bodies(), Vec::<String>::new());
    house.is_sound();
}

#[test]
fn a_message_is_stored_with_its_event_or_not_at_all() {
    let house = House::open();
    house.subscribe(&[]);
    let (case, _) = new_case(&house.handle(), "k");
    assert_eq!(house.told().len(), 1);
    let classified = CaseEvent::Classified { nature: Nature::Help, domain: "050100".to_owned() };
    // The second cannot follow the first, so neither is stored.
    let refused = record(&house.handle(), case, vec![classified.clone(), CaseEvent::Archived]);
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    assert_eq!(house.told().len(), 1);
    record(&house.handle(), case, vec![classified]).unwrap();
    assert_eq!(house.told().len(), 2);
    house.is_sound();
}

#[test]
fn verify_finds_a_message_that_says_something_else_and_a_secret_of_another() {
    let house = House::open();
    house.subscribe(&[]);
    house.subscribe(&[]);
    new_case(&house.handle(), "k");
    let db = house.db();
    let changed = db.execute("UPDATE webhook_delivery SET body = 'x' WHERE webhook = 1", []);
    assert!(changed.is_err(), "what is told is never changed");
    db.execute_batch(
        "DROP TRIGGER webhook_delivery_is_fixed;
         UPDATE webhook_delivery SET body = replace(body, 'case.accepted', 'case.closed')
         WHERE webhook = 1;
         UPDATE webhook SET secret = (SELECT secret FROM webhook WHERE id = 1) WHERE id = 2;",
    )
    .unwrap();
    let report = verify(house.folder.path()).unwrap();
    let found: Vec<_> = report.faults.iter().map(|fault| fault.problem.as_str()).collect();
    assert_eq!(found, ["its secret cannot be opened", "its body is not what its row says"]);
    assert_eq!((report.webhooks, report.deliveries), (2, 2));
}
