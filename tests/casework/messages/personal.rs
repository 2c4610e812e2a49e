//! Messages as personal data: a person is given what came from him and went to him, and when his case, his request
//! or the days of a message are over nobody can read them or tell whose they were. `verify` finds what cannot be.

use super::mails::{ZHANG, plain};
use super::*;
use crate::retention::{act_at, classify, database, retain};
use crate::vault::files;
use mayorline::domain::case::{
    Correction, DeadlineRules, Grade, Identification, PrivacyKind, PrivacyOutcome, RetentionRules,
    Role, Task,
};
use mayorline::store::{
    Administration, CaseName, Held, INBOUND_KEPT_DAYS, NewPrivacyRequest, PrivacyDecision,
};
use mayorline::units::PhoneNumber;

const OTHER: &str = "19900000018";

impl House {
    fn beside(&self, at: Timestamp) -> Administration {
        Administration::open(self.folder.path(), at).unwrap()
    }

    /// A request of the citizen that a second person grants.
    fn granted(&self, kind: PrivacyKind) -> (i64, PrivacyOutcome) {
        self.granted_to(kind, (Some("19900000017"), None))
    }

    /// The same of whoever has this number, this address.
    fn granted_to(
        &self,
        kind: PrivacyKind,
        (phone, mail): (Option<&str>, Option<&str>),
    ) -> (i64, PrivacyOutcome) {
        let new = NewPrivacyRequest {
            kind,
            identified: Identification::CallingNumber,
            cases: vec![],
            phone: phone.map(|phone| PhoneNumber::parse(phone).unwrap()),
            mail: mail.map(str::to_owned),
            name: "孟小样".to_owned(),
            words: "查阅".to_owned(),
            by: "li".to_owned(),
            reply_days: 30,
        };
        let at = minutes(60);
        let id = self.beside(at).ask_privacy(at, &new).unwrap();
        let desk = (Calendar::built_in(), DeadlineRules::default(), [9; 32]);
        let (rules, grant) =
            (RetentionRules::default(), PrivacyDecision::Grant(Correction::default()));
        let done = self.beside(at).decide_privacy(at, desk, &rules, id, &grant, "wang").unwrap();
        (id, done.0)
    }

    pub(super) fn held(&self) -> Held {
        self.held_of((Some("19900000017"), None))
    }

    fn held_of(&self, who: (Option<&str>, Option<&str>)) -> Held {
        let (id, outcome) = self.granted_to(PrivacyKind::Access, who);
        assert_eq!(outcome, PrivacyOutcome::Granted);
        self.beside(minutes(61)).privacy_data(minutes(61), id, "wang").unwrap()
    }

    /// Everything of a person that stands in rows of messages, as it stands in the file.
    fn ciphertexts(&self) -> Vec<Vec<u8>> {
        let sql = "SELECT raw FROM inbound_raw
                   UNION ALL SELECT key FROM inbound WHERE key IS NOT NULL
                   UNION ALL SELECT sender FROM inbound WHERE sender IS NOT NULL
                   UNION ALL SELECT about FROM inbound WHERE about IS NOT NULL
                   UNION ALL SELECT mail_hash FROM case_file WHERE mail_hash IS NOT NULL
                   UNION ALL SELECT body FROM sms_part
                   UNION ALL SELECT private FROM outbox WHERE private IS NOT NULL
                   UNION ALL SELECT key FROM outbox WHERE key IS NOT NULL
                   UNION ALL SELECT party FROM outbox WHERE party <> x''";
        let db = self.db();
        let mut rows = db.prepare(sql).unwrap();
        rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    /// How many of these stand in any file of the folder.
    fn standing(&self, wanted: &[Vec<u8>]) -> usize {
        let mut all = vec![];
        files(self.folder.path(), &mut all);
        let contents: Vec<Vec<u8>> = all.iter().map(|file| std::fs::read(file).unwrap()).collect();
        let stands = |bytes: &&Vec<u8>| {
            contents.iter().any(|content| content.windows(bytes.len()).any(|w| w == &bytes[..]))
        };
        wanted.iter().filter(stands).count()
    }

    fn faults(&self) -> Vec<(String, String)> {
        let report = verify(self.folder.path()).unwrap();
        let told = report.faults.into_iter().filter(|fault| fault.area == "message");
        told.map(|fault| (fault.subject, fault.problem)).collect()
    }
}

/// One text in two parts, one of another person, the answers to both.
fn conversed() -> House {
    let house = House::open();
    let long = "北宿镇三里村自来水停了两天了没人管，老人小孩没法过，请领导过问一下。".repeat(3);
    for (at, data) in parts_of(&long, 7).into_iter().enumerate() {
        let key = u8::try_from(at).unwrap() + 1;
        let id = house.put(MODEM, key, minutes(i64::from(key))).id();
        house.settle(id, minutes(i64::from(key)), part(data));
    }
    house.text_at(20, minutes(20), OTHER, "路灯不亮");
    house.sent(minutes(21));
    house
}

#[test]
fn who_asks_is_given_what_came_from_him_and_went_to_him_and_nothing_of_others() {
    let house = conversed();
    assert_eq!(house.text_at(30, minutes(30), CITIZEN, "帮助"), SettledInbound::Done);
    let held = house.held();
    let ways: Vec<&str> = held.messages.iter().map(|message| message.direction).collect();
    let came = held.messages.iter().filter(|message| message.direction == "in").count();
    assert!(came >= 3 && ways.contains(&"out"), "{:?}", held.messages);
    let number = house.cases()[0].to_string();
    let mut of_case = held.messages.iter().filter(|m| m.case.as_deref() == Some(&number));
    assert!(of_case.any(|message| message.direction == "out"
        && message.text.as_deref().is_some_and(|text| text.contains(&number))));
    let raws: Vec<String> = held
        .messages
        .iter()
        .filter_map(|message| message.came.as_ref()?.raw.clone())
        .map(|raw| String::from_utf8(raw).unwrap())
        .collect();
    for key in [1, 2, 30] {
        assert!(raws.contains(&format!("canaryraw{key}")), "{raws:?}");
    }
    assert!(!raws.contains(&"canaryraw20".to_owned()), "another person's");
    let other = house.cases()[1].to_string();
    let told = serde_json::to_string(&held.messages).unwrap();
    assert!(!told.contains(&other) && !told.contains(OTHER), "{told}");
    // Under seal it is no part of any request.
    act_at(
        house.folder.path(),
        "2026-11-22T11:30:00+08:00",
        CaseName::Number(house.cases()[0]),
        Role::Clerk,
        Task::ProposeSeal,
    )
    .unwrap();
    let held = house.held();
    assert!(held.messages.iter().all(|message| message.case.is_none()), "{:?}", held.messages);
    house.verified();
}

#[test]
fn when_the_days_of_a_case_are_over_nothing_of_its_messages_is_left() {
    let house = conversed();
    let number = CaseName::Number(house.cases()[0]);
    let act = |time: &str, role, task| {
        act_at(house.folder.path(), time, number, role, task).unwrap();
    };
    act("2026-11-22T11:00:00+08:00", Role::Clerk, classify("北宿镇"));
    let answer = Task::Answer { text: "已恢复供水".to_owned(), grade: Some(Grade::Satisfied) };
    act("2026-11-22T12:00:00+08:00", Role::Operator, answer);
    let mine = house.ciphertexts();
    assert!(mine.len() > 8 && house.standing(&mine) == mine.len(), "the search finds");
    retain(&house.handle(), "2040-01-01T03:00:00+08:00");
    let left = house.ciphertexts();
    // The other person's case is open: his text stays.
    let others = mine.iter().filter(|bytes| left.contains(bytes)).count();
    assert!(others > 0 && others < mine.len());
    let House { folder, store } = house;
    store.close();
    let house = House { store: opened(folder.path()), folder };
    let gone: Vec<Vec<u8>> = mine.into_iter().filter(|bytes| !left.contains(bytes)).collect();
    assert_eq!(house.standing(&gone), 0, "nobody can read it or tell whose it was");
    assert_eq!(house.held().messages.len(), 0);
    house.verified();
}

#[test]
fn what_belongs_to_no_case_goes_by_request_and_by_itself() {
    let house = House::open();
    house.text_at(1, minutes(1), CITIZEN, "帮助");
    house.text_at(2, minutes(2), OTHER, "帮助");
    house.sent(minutes(3));
    let said = |house: &House| {
        house.count(
            "SELECT (SELECT count(*) FROM inbound WHERE raw IS NOT NULL)
                          + (SELECT count(*) FROM outbox WHERE private IS NOT NULL)",
        )
    };
    assert_eq!(said(&house), 4);
    // What is still with its carrier is told of first.
    house.sweep(minutes(3) + SignedDuration::from_hours(100));
    assert_eq!(house.granted(PrivacyKind::Deletion).1, PrivacyOutcome::Granted);
    assert_eq!(said(&house), 2, "the other person's stay");
    assert_eq!(house.held().messages.len(), 0);
    let later = minutes(0) + SignedDuration::from_hours(24 * (INBOUND_KEPT_DAYS + 10));
    answered(|answer| house.handle().inbound_tidy(later, answer)).unwrap();
    house.sweep(later);
    assert_eq!(said(&house), 0);
    let known = "SELECT (SELECT count(*) FROM inbound WHERE sender IS NOT NULL)
                      + (SELECT count(*) FROM outbox WHERE party <> x'')";
    assert_eq!(house.count(known), 0, "nor whose they were");
    house.verified();
}

/// A mail that is a case, another person's, and one that belongs to no case, with the answers to all.
fn written() -> House {
    let house = House::open();
    house.mail(1, minutes(1), &plain(ZHANG, "1", "停水", "停水两天了"));
    house.mail(2, minutes(2), &plain("li@x.example", "2", "路灯", "路灯不亮"));
    house.mail(3, minutes(3), &plain(ZHANG, "3", "帮助", "帮助"));
    while !house.mailed(minutes(4)).is_empty() {}
    house
}

#[test]
fn who_names_his_address_is_given_his_mails_and_cases_and_nothing_of_others() {
    let house = written();
    let [his, other] = house.cases()[..] else { panic!("two cases") };
    // However he writes it.
    let named = (None, Some("ZHANG@Citizens.example"));
    let held = house.held_of(named);
    let numbers: Vec<_> = held.cases.iter().filter_map(|case| case.number.clone()).collect();
    assert_eq!((numbers, held.cases[0].mail.as_deref()), (vec![his.to_string()], Some(ZHANG)));
    let ways = |way| held.messages.iter().filter(|message| message.direction == way).count();
    assert_eq!((ways("in"), ways("out")), (2, 2), "{:?}", held.messages);
    let raws = held.messages.iter().filter_map(|message| message.came.as_ref()?.raw.clone());
    let raws: Vec<String> = raws.map(|raw| String::from_utf8(raw).unwrap()).collect();
    assert!(raws.iter().any(|raw| raw.contains("停水两天了")), "{raws:?}");
    let told = serde_json::to_string(&held).unwrap();
    assert!(!told.contains(&other.to_string()) && !told.contains("li@x.example"), "{told}");
    let by_phone = house.held();
    assert_eq!((by_phone.cases.len(), by_phone.messages.len()), (0, 0), "{by_phone:?}");
    // Who adds to the case of another is given what he wrote, and not that case.
    let key = answered(|answer| house.handle().mail_key(answer)).unwrap();
    let to = format!("To: {}", key.case_address(his, "hotline@example.org"));
    let more = String::from_utf8(plain("wang@x.example", "4", "补充", "三楼也停水")).unwrap();
    let more = more.replacen("To: hotline@example.org", &to, 1);
    assert_eq!(house.mail(4, minutes(5), more.as_bytes()), SettledInbound::Done);
    let added = house.held_of((None, Some("wang@x.example")));
    assert_eq!((added.cases.len(), added.messages.len()), (0, 1), "{added:?}");
    // Under seal it is no part of any request, and nothing tells whose it was.
    let (number, time) = (CaseName::Number(his), "2026-11-22T11:30:00+08:00");
    act_at(house.folder.path(), time, number, Role::Clerk, Task::ProposeSeal).unwrap();
    let held = house.held_of(named);
    assert!(held.cases.is_empty() && held.messages.len() == 2, "{:?}", held.messages);
    assert!(held.messages.iter().all(|message| message.case.is_none()), "{:?}", held.messages);
    house.verified();
}

#[test]
fn what_is_known_of_an_address_goes_by_request_and_with_the_days_of_its_case() {
    let house = written();
    let named = (None, Some(ZHANG));
    let number = CaseName::Number(house.cases()[0]);
    let mine = house.ciphertexts();
    assert!(mine.len() > 8 && house.standing(&mine) == mine.len(), "the search finds");
    let unlinked = "SELECT (SELECT count(*) FROM inbound WHERE case_id IS NULL AND raw IS NOT NULL)
        + (SELECT count(*) FROM outbox WHERE case_id IS NULL AND private IS NOT NULL)";
    assert_eq!(house.count(unlinked), 2);
    let (_, outcome) = house.granted_to(PrivacyKind::Deletion, named);
    assert_eq!(outcome, PrivacyOutcome::Partly, "his case is open");
    assert_eq!(house.count(unlinked), 0);
    let act = |time: &str, role, task| {
        act_at(house.folder.path(), time, number, role, task).unwrap();
    };
    act("2026-11-22T11:10:00+08:00", Role::Clerk, classify("北宿镇"));
    let answer = Task::Answer { text: "已恢复供水".to_owned(), grade: Some(Grade::Satisfied) };
    act("2026-11-22T12:00:00+08:00", Role::Operator, answer);
    retain(&house.handle(), "2040-01-01T03:00:00+08:00");
    let left = house.ciphertexts();
    let others = mine.iter().filter(|bytes| left.contains(bytes)).count();
    assert!(others > 0 && others < mine.len(), "the other person's case is open");
    let House { folder, store } = house;
    store.close();
    let house = House { store: opened(folder.path()), folder };
    let gone: Vec<Vec<u8>> = mine.into_iter().filter(|bytes| !left.contains(bytes)).collect();
    assert_eq!(house.standing(&gone), 0, "nobody can read it or tell whose it was");
    assert_eq!(house.count("SELECT count(*) FROM case_file WHERE mail_hash IS NOT NULL"), 1);
    let held = house.held_of(named);
    assert_eq!((held.cases.len(), held.messages.len()), (0, 0), "{held:?}");
    house.verified();
}

#[test]
fn a_mail_that_belongs_to_no_case_goes_after_its_days() {
    let house = written();
    let later = minutes(0) + SignedDuration::from_hours(24 * (INBOUND_KEPT_DAYS + 10));
    house.sweep(minutes(3) + SignedDuration::from_hours(100));
    answered(|answer| house.handle().inbound_tidy(later, answer)).unwrap();
    house.sweep(later);
    let known = "SELECT (SELECT count(*) FROM inbound WHERE case_id IS NULL AND sender IS NOT NULL)
        + (SELECT count(*) FROM outbox WHERE case_id IS NULL AND party <> x'')";
    assert_eq!(house.count(known), 0);
    let held = house.held_of((None, Some(ZHANG)));
    assert_eq!((held.cases.len(), held.messages.len()), (1, 2), "what is his case's stays");
    house.verified();
}

#[test]
fn what_is_no_address_is_not_taken_down() {
    let house = House::open();
    let new = NewPrivacyRequest {
        kind: PrivacyKind::Access,
        identified: Identification::IdentityDocument,
        cases: vec![],
        phone: None,
        mail: Some("孟某某 <zhang@citizens.example>".to_owned()),
        name: "孟小样".to_owned(),
        words: String::new(),
        by: "li".to_owned(),
        reply_days: 30,
    };
    let refused = house.beside(minutes(1)).ask_privacy(minutes(1), &new);
    assert!(matches!(refused, Err(StoreError::Malformed(_))), "{refused:?}");
}

#[test]
fn verify_names_rows_that_do_not_belong_together_and_states_that_cannot_be() {
    let damages: [(&str, &str, &str); 10] = [
        ("DELETE FROM sms_part WHERE number = 1", "inbound 1", "waits for parts"),
        ("UPDATE sms_part SET total = 9 WHERE number = 1", "inbound 1", "another number of parts"),
        (
            "UPDATE inbound_raw SET raw = zeroblob(64)
             WHERE inbound = (SELECT id FROM inbound WHERE id = 20)",
            "inbound 20",
            "cannot be opened",
        ),
        ("DELETE FROM inbound_raw WHERE inbound = 1", "inbound 1", "its bytes are not there"),
        (
            "UPDATE inbound SET key = NULL, raw = NULL WHERE id = 20",
            "inbound 20",
            "its bytes are there",
        ),
        ("UPDATE outbox SET private = zeroblob(64) WHERE id = 1", "outbox 1", "cannot be opened"),
        ("UPDATE outbox SET party = zeroblob(32) WHERE id = 1", "outbox 1", "goes to another"),
        ("DELETE FROM outbox_part WHERE outbox = 1", "outbox 1", "no part of it is"),
        ("UPDATE outbox_part SET state = 'x' WHERE outbox = 1", "outbox 1", "that there is not"),
        ("UPDATE outbox SET expires_at = 0 WHERE id = 1", "outbox 1", "worth nothing"),
    ];
    for (sql, subject, problem) in damages {
        let house = House::open();
        for (at, data) in parts_of(&"路灯".repeat(80), 7).into_iter().enumerate().take(2) {
            let key = u8::try_from(at).unwrap() + 1;
            let id = house.put(MODEM, key, minutes(1)).id();
            house.settle(id, minutes(1), part(data));
        }
        while house.put(MODEM, 19, minutes(2)).id() < 3 {}
        house.text_at(20, minutes(3), OTHER, "路灯不亮");
        house.sent(minutes(4));
        assert_eq!(house.faults(), [], "{sql}");
        let sql = sql.replace("id = 20", "case_id IS NOT NULL");
        assert!(database(house.folder.path()).execute(&sql, []).unwrap() > 0, "{sql}");
        let faults = house.faults();
        let subject = if subject == "inbound 20" { "inbound 4" } else { subject };
        let named = |(whose, what): &(String, String)| whose == subject && what.contains(problem);
        assert!(faults.iter().any(named), "{sql}: {faults:?}");
    }
}
