//! What leaders are told of a day: after its report, once, with their own texts that wait.

use super::*;
use mayorline::domain::case::{Role, Task};

const LEADERS: &str = "姓名,职务,通知手机,通知邮箱\n\
                       甲,市长,19900000041,mayor@example.cn\n\
                       乙,副市长,19900000042,\n\
                       丙,秘书长,,\n";

impl House {
    /// As the service looks every half minute: reports, then the leaders.
    fn look(&self, at: Timestamp) -> usize {
        answered(|answer| self.handle().report(at, answer)).unwrap();
        answered(|answer| self.handle().tell_leaders(at, answer)).unwrap()
    }

    fn digests(&self, at: Timestamp) -> Vec<(String, String)> {
        let sent = self.sent_by(UNITS, at);
        let digests = sent.into_iter().filter(|text| text.template == "S22");
        digests.map(|text| (text.to[8..].to_owned(), text.text)).collect()
    }
}

#[test]
fn leaders_are_told_of_a_day_after_its_report_and_once() {
    let mut house = House::open();
    house.import(Kind::Leaders, LEADERS);
    let number = house.assigned(minutes(1));
    house.text_by("leader-phone", 7, minutes(3), ("19900000018", "停水了"));
    house.text_by("leader-phone", 8, minutes(4), ("19900000019", "城管收黑钱"));
    let sealed = house.cases()[2];
    house.act(minutes(5), sealed, Role::Operator, Task::ProposeSeal);
    assert_eq!(house.look(at("2026-11-23T08:09:59+08:00")), 0, "not before its time");
    let morning = at("2026-11-23T08:10:00+08:00");
    assert_eq!(house.look(morning), 1);
    assert_eq!(house.look(morning), 0);
    house = house.reopened();
    assert_eq!(house.look(morning + SignedDuration::from_mins(5)), 0, "also after a restart");
    let told = house.digests(morning);
    let text = |own: u32| {
        format!(
            "【日汇总】11月22日：收3件，电话0短信3邮件0，交办1，办复0，超期0，不满意0。您名下短信{own}件待阅。"
        )
    };
    // In the order of the directory, which is that of their names.
    assert_eq!(told, [("042".to_owned(), text(0)), ("041".to_owned(), text(1))]);
    let mails = house.lease_by(MAIL, morning);
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!(mail.subject.as_deref(), Some("【日汇总】2026年11月22日"));
    assert!(
        mail.text.contains("受理3件，其中电话0、短信3、邮件0、热线0；交办1，办复0"),
        "{}",
        mail.text
    );
    assert!(mail.text.contains("热点：城乡建设与管理·路灯（050100）1件。"), "{}", mail.text);
    for private in [number.to_string().as_str(), "停水", "19900000017", "黑钱"] {
        assert!(!mail.text.contains(private), "B10: no personal data: {}", mail.text);
    }
    let row = house.outbox().into_iter().find(|row| row.template == "S22").unwrap();
    assert_eq!((row.recipient, row.case), ("leader", None));
    house.verified();
}

#[test]
fn of_days_without_the_service_leaders_are_told_afterwards_in_order_and_of_a_week_at_most() {
    let house = House::open();
    house.import(Kind::Leaders, LEADERS);
    house.text_at(1, minutes(1), CITIZEN, "路灯不亮");
    assert_eq!(house.look(at("2026-11-23T09:00:00+08:00")), 1);
    house.sent_by(UNITS, at("2026-11-23T09:00:00+08:00"));
    let back = at("2026-11-27T07:30:00+08:00");
    // Of Wednesday it is not yet time on Friday before ten past eight: of Thursday.
    assert_eq!(house.look(back), 3);
    let told: Vec<String> =
        (0..3).flat_map(|_| house.digests(at("2026-11-27T09:00:00+08:00"))).map(|t| t.1).collect();
    let days: Vec<&str> = told.iter().filter_map(|text| text.split('：').next()).collect();
    assert_eq!(days.len(), 6, "{told:?}");
    let first: Vec<&str> = days.iter().step_by(2).copied().collect();
    assert_eq!(first, ["【日汇总】11月23日", "【日汇总】11月24日", "【日汇总】11月25日"]);
    let later = at("2026-12-20T09:00:00+08:00");
    // Reports come twenty a look.
    house.look(later);
    assert_eq!(house.count("SELECT count(*) FROM outbox WHERE template = 'S22'") % 2, 0);
    let told = house
        .count("SELECT count(*) FROM outbox WHERE template = 'S22' AND created_at > 1797000000000");
    assert!(told <= 14, "{told}");
}

#[test]
fn a_report_that_cannot_be_read_keeps_no_later_day_from_the_leaders() {
    let house = House::open();
    house.import(Kind::Leaders, LEADERS);
    house.text_at(1, minutes(1), CITIZEN, "路灯不亮");
    assert_eq!(house.look(at("2026-11-23T09:00:00+08:00")), 1);
    let issued = at("2026-11-24T08:05:00+08:00");
    answered(|answer| house.handle().report(issued, answer)).unwrap();
    let damage = "DROP TRIGGER report_is_append_only_update;
                  UPDATE report SET content = '' WHERE kind = 'day' AND period = '2026-11-23'";
    house.db().execute_batch(damage).unwrap();
    assert_eq!(house.look(at("2026-11-24T09:00:00+08:00")), 0);
    assert_eq!(house.look(at("2026-11-25T09:00:00+08:00")), 1, "of the 24th");
}

/// A8: a text to a leader's telephone is addressed to him.
#[test]
fn a_text_to_a_leaders_telephone_is_a_case_addressed_to_him() {
    let house = House::open();
    house.text_by("leader-phone", 1, minutes(1), ("19900000018", "看庄镇乡镇补贴三个月没发"));
    house.text_at(2, minutes(2), CITIZEN, "路灯不亮");
    let [to_leader, to_city] = house.cases()[..] else { panic!() };
    assert_eq!(house.case(to_leader).row.channel, "leader_sms");
    let body = "SELECT count(*) FROM event WHERE body ->> 'event' = 'addressed'
                    AND body ->> 'leader' = '市长' AND body ->> 'person' = 'wangyi'";
    assert_eq!(house.count(body), 1);
    assert_eq!(house.case(to_city).row.channel, "public_sms");
    house.verified();
}
