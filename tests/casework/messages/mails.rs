//! What becomes of a mail: the examples of domain.md 5.3 that came by mail, threads, grades, secrecy, seals,
//! and the files that came with them.

use super::*;
use encoding_rs::{GB18030, GBK};
use mayorline::channels::mail::{MAIL_FORM, parsed};
use mayorline::domain::case::{
    Classification, Decision, Guard, Nature, Order, Refusal, Role, Task, Trigger, Urgency,
};
use mayorline::domain::desk::Disposition;
use mayorline::domain::message::mail::House as MailHouse;
use mayorline::domain::message::mail::templates::Desk;
use mayorline::domain::message::{Class, MailSite};
use mayorline::store::{Administration, Waiting};
use std::fmt::Write as _;

pub(super) const BOX: &str = "mailbox";

pub(super) fn site() -> MailSite {
    MailSite {
        house: MailHouse {
            address: "hotline@example.org".to_owned(),
            own_domains: vec!["city.example".to_owned()],
        },
        desk: Desk {
            signer: "受理中心".to_owned(),
            hotline: "0537-5000000".to_owned(),
            texts: String::new(),
        },
    }
}

impl House {
    /// A mail that comes and is settled at once.
    pub(super) fn mail(&self, key: u8, at: Timestamp, mail: &[u8]) -> SettledInbound {
        self.mail_by(BOX, key, at, mail)
    }

    fn mail_by(&self, account: &str, key: u8, at: Timestamp, mail: &[u8]) -> SettledInbound {
        let new = RawInbound {
            medium: Medium::Mail,
            form: MAIL_FORM,
            raw: mail.to_vec(),
            ..raw(account, key, at)
        };
        let put = answered(|answer| self.handle().inbound_put(vec![new], answer)).unwrap();
        let waiting = Waiting {
            id: put[0].id(),
            medium: Medium::Mail,
            account: account.to_owned(),
            form: MAIL_FORM.to_owned(),
            received_at: at,
            attempts: 0,
            raw: None,
        };
        self.settle(waiting.id, at, parsed(&waiting, mail, None).unwrap())
    }

    /// The mails that are sent now, and their server takes each.
    pub(super) fn mailed(&self, at: Timestamp) -> Vec<LeasedMessage> {
        let account = BOX.to_owned();
        let leased =
            answered(|answer| self.handle().outbox_lease(at, account, 100, answer)).unwrap();
        for message in &leased {
            assert!(self.submitting(at, message.id, (1, 1)));
            self.outcome(at, (message.id, 1), PartOutcome::Submitted(None));
        }
        leased
    }

    pub(super) fn why(&self, id: i64) -> String {
        let sql = format!("SELECT state || ' ' || COALESCE(why, '') FROM inbound WHERE id = {id}");
        self.db().query_row(&sql, [], |row| row.get(0)).unwrap()
    }

    pub(super) fn act_on(&self, at: Timestamp, number: CaseNumber, role: Role, task: Task) {
        self.try_on(at, number, role, task).unwrap();
    }

    fn try_on(
        &self,
        at: Timestamp,
        number: CaseNumber,
        role: Role,
        task: Task,
    ) -> Result<(), StoreError> {
        let mut beside = Administration::open(self.folder.path(), at).unwrap();
        beside.speak(rules());
        let desk =
            (Calendar::built_in(), mayorline::domain::case::DeadlineRules::default(), [9; 32]);
        let unit = role.is_of_unit().then_some("unit.07");
        let actor =
            mayorline::domain::case::Actor::new(&format!("a-{}", role.as_str()), role, unit);
        let name = mayorline::store::CaseName::Number(number);
        beside.act(at, desk, name, &Order { actor, task }).map(drop)
    }
}

/// The head of a mail of a citizen; `more`: further lines.
pub(super) fn head(from: &str, id: &str, subject: &str, more: &str) -> String {
    format!(
        "From: {from}\r\nTo: hotline@example.org\r\nSubject: {subject}\r\n\
         Message-ID: <{id}@citizens.example>\r\n{more}MIME-Version: 1.0\r\n"
    )
}

pub(super) fn plain(from: &str, id: &str, subject: &str, text: &str) -> Vec<u8> {
    let head = head(from, id, subject, "");
    format!("{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n").into_bytes()
}

fn quoted_printable(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "={byte:02X}").unwrap();
        out
    })
}

fn encoded_word(charset: &str, bytes: &[u8]) -> String {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(bytes);
    format!("=?{charset}?B?{encoded}?=")
}

pub(super) const ZHANG: &str = "zhang@citizens.example";

/// Rows 29 to 31: labels that are right, too small, and of four bytes.
#[test]
fn examples_29_to_31_are_read_as_they_were_written() {
    let house = House::open();
    let (subject, ..) = GBK.encode("关于千泉街道古路口小学门口占道经营的反映");
    let (body, ..) = GBK.encode("每天下午四点，校门口全是摊位。");
    let first = head("a@x.example", "29", &encoded_word("GBK", &subject), "");
    let first = format!(
        "{first}Content-Type: text/plain; charset=GBK\r\n\
         Content-Transfer-Encoding: quoted-printable\r\n\r\n{}\r\n",
        quoted_printable(&body)
    );
    let labelled = |id: &str, charset: &str, text: &str| {
        let head = head("b@x.example", id, "hukou", "");
        let mut mail =
            format!("{head}Content-Type: text/plain; charset={charset}\r\n\r\n").into_bytes();
        mail.extend_from_slice(&GB18030.encode(text).0);
        mail
    };
    house.mail(1, minutes(1), first.as_bytes());
    house.mail(2, minutes(2), &labelled("30", "gb2312", "名字里有喆、镕、堃怎么办身份证"));
    house.mail(3, minutes(3), &labelled("31", "gb18030", "姓名含䶮和㛃"));
    let texts: Vec<String> =
        house.cases().into_iter().map(|n| house.case(n).text.unwrap()).collect();
    assert!(texts[0].starts_with("主题：关于千泉街道古路口小学门口占道经营的反映\n每天下午四点"));
    assert!(texts[1].contains("喆、镕、堃"), "{}", texts[1]);
    assert!(texts[2].contains("䶮和㛃"), "{}", texts[2]);
    house.verified();
}

fn with_files(from: &str, id: &str, subject: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
    use base64::Engine as _;
    let mut mail = head(from, id, subject, "");
    mail.push_str("Content-Type: multipart/mixed; boundary=b\r\n\r\n");
    for (name, bytes) in files {
        let name = encoded_word("utf-8", name.as_bytes());
        let encoded = base64::engine::general_purpose::STANDARD.encode(bytes);
        write!(
            mail,
            "--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; \
             filename=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}\r\n"
        )
        .unwrap();
    }
    mail.push_str("--b--\r\n");
    mail.into_bytes()
}

/// Row 32: no words at all, two files. A clerk reads them; they come out as they went in.
#[test]
fn example_32_is_a_case_of_its_files() {
    let house = House::open();
    let photo: Vec<u8> = (0..100_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let files: [(&str, &[u8]); 2] = [("情况说明.doc", b"canaryfile"), ("IMG_0012.jpg", &photo)];
    assert_eq!(
        house.mail(1, minutes(1), &with_files(ZHANG, "32", "", &files)),
        SettledInbound::Done
    );
    let number = house.cases()[0];
    let case = house.case(number);
    assert_eq!(case.text.as_deref(), Some("（附件2个：情况说明.doc、IMG_0012.jpg）"));
    assert_eq!(case.mail.as_deref(), Some(ZHANG));
    let listed = house.reader().files_of_case(case.row.id).unwrap();
    let names: Vec<_> = listed.iter().map(|one| one.file.name.clone().unwrap()).collect();
    assert_eq!(names, ["情况说明.doc", "IMG_0012.jpg"]);
    for (one, (_, bytes)) in listed.iter().zip(files) {
        let place = (one.message, one.place);
        let (file, found) = house.reader().file_of_case(case.row.id, place).unwrap();
        assert_eq!((file.size, found.as_slice()), (u64::try_from(bytes.len()).unwrap(), bytes));
    }
    let none = house.reader().file_of_case(case.row.id, (listed[0].message, 3));
    assert!(matches!(none, Err(StoreError::NotFound)), "{none:?}");
    let other = house.reader().file_of_case(case.row.id + 1, (listed[0].message, 1));
    assert!(matches!(other, Err(StoreError::NotFound)), "of another case: {other:?}");
    // Names and bytes stand nowhere in clear.
    for entry in std::fs::read_dir(house.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        for canary in ["canaryfile", "情况说明", ZHANG] {
            let found = bytes.windows(canary.len()).any(|w| w == canary.as_bytes());
            assert!(!found, "{canary} in {}", path.display());
        }
    }
}

/// Rows 33 and 34: a page becomes lines without its scripts; a vacation note is no matter and gets no answer.
#[test]
fn examples_33_and_34_are_lines_of_a_page_and_nothing() {
    let house = House::open();
    let page = "<html><head><script>alert(1)</script></head><body><table><tr><td><table><tr><td>\
                <font>建议延长古城开放时间</font></td></tr></table></td></tr></table>\
                <img src=\"http://192.0.2.1/x.gif\"></body></html>";
    let head33 = head("li@x.example", "33", "jianyi", "");
    let mail = format!("{head33}Content-Type: text/html; charset=utf-8\r\n\r\n{page}\r\n");
    house.mail(1, minutes(1), mail.as_bytes());
    let text = house.case(house.cases()[0]).text.unwrap();
    assert_eq!(text, "主题：jianyi\n建议延长古城开放时间");
    house.mailed(minutes(1));
    let head34 = head("wang@x.example", "34", "zidong", "Auto-Submitted: auto-replied\r\n");
    let mail = format!("{head34}Content-Type: text/plain; charset=utf-8\r\n\r\n我正在休假\r\n");
    assert_eq!(house.mail(2, minutes(2), mail.as_bytes()), SettledInbound::Held);
    assert_eq!((house.cases().len(), house.mailed(minutes(3)).len()), (1, 0));
}

/// Row 35: a report of a server on a mail of ours goes to its row, and one on nothing of ours to a person.
#[test]
fn example_35_goes_to_the_row_it_tells_of() {
    let house = House::open();
    house.mail(1, minutes(1), &plain(ZHANG, "35", "停水", "停水两天了"));
    let number = house.cases()[0];
    house.mailed(minutes(1));
    assigned(&house, number, minutes(2));
    let [notice] = &house.mailed(minutes(3))[..] else { panic!("one notice") };
    assert_eq!((notice.template.as_str(), notice.class), ("M3", Class::Answer));
    let key = answered(|answer| house.handle().mail_key(answer)).unwrap();
    let bounce = |to: &str| {
        format!(
            "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example.org\r\nTo: {to}\r\nSubject: Undelivered\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nsorry\r\n\
             --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n\
             Final-Recipient: rfc822; {ZHANG}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
        )
    };
    let ours = bounce(&key.return_address(notice.id, "hotline@example.org"));
    assert_eq!(house.mail(2, minutes(4), ours.as_bytes()), SettledInbound::Done);
    assert_eq!(house.state(notice.id), "undelivered");
    // The same report once more, and one on a mail that is not ours.
    assert_eq!(house.mail(3, minutes(4), ours.as_bytes()), SettledInbound::Done);
    let theirs = bounce("hotline@example.org");
    assert_eq!(house.mail(4, minutes(5), theirs.as_bytes()), SettledInbound::Held);
    assert_eq!((house.cases().len(), house.outbox().len()), (1, 2), "nothing is written for it");
    // No further mail goes to a bad address.
    house.act_on(minutes(6), number, Role::Clerk, Task::AskMore(vec![]));
    assert!(house.mailed(minutes(7)).is_empty());
    house.verified();
}

/// A server of ours that was away for a day says nothing of an address: what comes next goes out.
#[test]
fn a_mail_that_was_given_up_does_not_make_its_address_a_bad_one() {
    let house = House::open();
    house.mail(1, minutes(1), &plain(ZHANG, "1", "停水", "停水两天了"));
    let number = house.cases()[0];
    house.mailed(minutes(1));
    assigned(&house, number, minutes(2));
    let [notice] = &house.lease_by(BOX, minutes(3))[..] else { panic!("one notice") };
    assert!(house.submitting(minutes(3), notice.id, (1, 1)));
    let day = 24 * 60;
    let away = PartOutcome::Retry("closed", None);
    assert_eq!(house.outcome(minutes(day + 3), (notice.id, 1), away), SendState::Failed);
    house.act_on(minutes(day + 4), number, Role::Clerk, Task::AskMore(vec![]));
    assert_eq!(house.mailed(minutes(day + 5)).len(), 1);
    // One that its server refused says that it is bad.
    house.act_on(minutes(day + 6), number, Role::Clerk, Task::AskMore(vec![]));
    let [refused] = &house.lease_by(BOX, minutes(day + 7))[..] else { panic!("one") };
    assert!(house.submitting(minutes(day + 7), refused.id, (1, 1)));
    let answer = PartOutcome::Rejected("550".to_owned());
    assert_eq!(house.outcome(minutes(day + 7), (refused.id, 1), answer), SendState::Failed);
    house.act_on(minutes(day + 8), number, Role::Clerk, Task::AskMore(vec![]));
    assert!(house.mailed(minutes(day + 9)).is_empty());
}

/// Row 36: the same mail twice is one; the same words once more are a word on their case (催办) while that is
/// open, and of nobody else's.
#[test]
fn example_36_twice_is_once_and_again_asks_about_its_case() {
    let house = House::open();
    let first = plain(ZHANG, "36", "噪声", "化工厂夜里放臭气");
    house.mail(1, minutes(1), &first);
    let again = [&b"Received: by another way\r\n"[..], &first].concat();
    assert_eq!(house.mail(2, minutes(2), &again), SettledInbound::Ignored);
    assert_eq!(house.why(2), "ignored copy");
    let number = house.cases()[0];
    house.mail(3, minutes(3), &plain(ZHANG, "36b", "噪声（再次）", "化工厂夜里放臭气"));
    assert_eq!((house.cases(), house.why(3).as_str()), (vec![number], "done supplement"));
    let text = house.case(number).text.unwrap();
    assert!(text.ends_with("补充】（来信催办，内容与此前来信相同）噪声（再次）"), "{text}");
    // Another sender, other words, another subject and further pictures are matters of their own.
    house.mail(4, minutes(20), &plain("li@x.example", "36c", "噪声", "化工厂夜里放臭气"));
    house.mail(5, minutes(20), &plain(ZHANG, "36d", "噪声（再次）", "化工厂夜里施工"));
    house.mail(6, minutes(20), &plain(ZHANG, "36e", "臭气", "化工厂夜里放臭气"));
    assert_eq!(house.cases().len(), 4);
    let files: [(&str, &[u8]); 1] = [("a.jpg", b"a")];
    house.mail(7, minutes(20), &with_files(ZHANG, "36f", "噪声", &files));
    house.mail(8, minutes(40), &with_files(ZHANG, "36g", "噪声", &files));
    assert_eq!(house.cases().len(), 6, "no words are not the same words");
    assert_eq!(house.mailed(minutes(41)).len(), 2, "one receipt a day for each sender");
    house.verified();
}

/// Row 37: sealed with its files. One neutral mail, which belongs to no case; what its citizen adds by the
/// address of his receipt is locked with it.
#[test]
fn example_37_is_locked_with_its_files_and_its_citizen_hears_neutral_words() {
    let house = House::open();
    let files: [(&str, &[u8]); 1] = [("流水.jpg", b"canaryfile")];
    house.mail(1, minutes(1), &with_files(ZHANG, "37", "举报", &files));
    let number = house.cases()[0];
    house.mailed(minutes(1));
    assert_eq!(house.reader().files_of_case(1).unwrap().len(), 1);
    let _key = crate::vault::liaison(house.folder.path());
    house.act_on(minutes(2), number, Role::Operator, Task::ProposeSeal);
    house.act_on(minutes(3), number, Role::Director, Task::ConfirmSeal);
    let listed = house.reader().files_of_case(1).unwrap();
    assert!(listed.is_empty(), "only the liaison's key opens them: {listed:?}");
    let [neutral] = &house.mailed(minutes(4))[..] else { panic!("one") };
    assert_eq!(neutral.template, "M8");
    assert!(neutral.parameters.is_empty() && neutral.answers.message_id.is_none());
    assert!(neutral.text.contains("已按规定程序转交有关单位办理"), "{}", neutral.text);
    assert!(house.outbox().iter().all(|row| row.case.is_none()), "{:?}", house.outbox());
    let key = answered(|answer| house.handle().mail_key(answer)).unwrap();
    let to = key.case_address(number, "hotline@example.org");
    let more = String::from_utf8(plain(ZHANG, "37b", "补充", "还有录音")).unwrap();
    let more = more.replacen("To: hotline@example.org", &format!("To: {to}"), 1);
    assert_eq!(house.mail(2, minutes(5), more.as_bytes()), SettledInbound::Done);
    assert_eq!(house.why(2), "done supplement");
    assert_eq!(house.count("SELECT count(DISTINCT case_id) FROM inbound"), 1);
    // He cannot be told from a stranger by the number alone.
    let claims = plain(ZHANG, "37c", &format!("关于编号{number}"), "进展如何");
    house.mail(3, minutes(6), &claims);
    assert_eq!(house.cases().len(), 2, "a case of its own");
    house.verified();
}

/// Row 38: 37 people sign. A group of five or more is consulted about before anything is done, and what the
/// consultation decides is done: it is laid before a leader.
#[test]
fn example_38_is_a_group_that_is_consulted_about_and_laid_before_a_leader() {
    let house = House::open();
    let words = "唐村镇某矿塌陷区补偿标准不一，村民三十七人联名";
    house.mail(1, minutes(1), &plain(ZHANG, "38", "实名", words));
    let number = house.cases()[0];
    let found = Classification { nature: Nature::Complaint, group_size: 37, ..help() };
    house.act_on(minutes(2), number, Role::Clerk, Task::Classify(Box::new(found)));
    let consult = |tried: Result<(), StoreError>| {
        let refused = matches!(&tried, Err(StoreError::Refused(Refusal::Guard(Guard::Consult))));
        assert!(refused, "{tried:?}");
    };
    let assign = || Task::Assign { unit: "unit.07".to_owned(), helpers: vec![] };
    let leader = format!("a-{}", Role::CityLeader.as_str());
    let report = || Task::Report { leader: leader.clone(), text: "呈请阅批".to_owned() };
    consult(house.try_on(minutes(3), number, Role::Clerk, assign()));
    consult(house.try_on(minutes(3), number, Role::Director, report()));
    house.act_on(minutes(4), number, Role::Clerk, Task::Consult(Trigger::Group));
    assert_eq!(house.case(number).row.state, "consulting");
    consult(house.try_on(minutes(5), number, Role::Director, report()));
    let decision = Decision {
        lead: None,
        helpers: vec![],
        disposition: Disposition::LeaderReview,
        minutes: "补偿标准须统一，报市领导".to_owned(),
    };
    house.act_on(minutes(6), number, Role::Director, Task::Decide(Box::new(decision)));
    house.act_on(minutes(7), number, Role::Director, report());
    assert_eq!(house.case(number).row.state, "leader_review");
    house.verified();
}

fn help() -> Classification {
    Classification {
        nature: Nature::Help,
        domain: "050100".to_owned(),
        place: "北宿镇".to_owned(),
        urgency: Urgency::Normal,
        group_size: 1,
        repeats: 0,
        duty: None,
        accused: vec![],
    }
}

fn assigned(house: &House, number: CaseNumber, at: Timestamp) {
    house.act_on(at, number, Role::Clerk, Task::Classify(Box::new(help())));
    let unit = "unit.07".to_owned();
    house.act_on(at, number, Role::Clerk, Task::Assign { unit, helpers: vec![] });
}

/// Story 1 of domain.md 3.8 by mail: M1, M3, M5, M6, his word on it closes the case, and it is archived.
#[test]
fn a_case_by_mail_from_its_number_to_the_word_on_its_answer() {
    let house = House::open();
    house.mail(1, minutes(1), &plain("\"张三\" <Zhang@citizens.example>", "1", "路灯", "路灯不亮"));
    let number = house.cases()[0];
    let [receipt] = &house.mailed(minutes(1))[..] else { panic!("one receipt") };
    assert_eq!((receipt.template.as_str(), receipt.class), ("M1", Class::Receipt));
    assert_eq!(receipt.answers.message_id.as_deref(), Some("1@citizens.example"));
    assert!(!receipt.text.contains("发送短信"), "this city takes no texts: {}", receipt.text);
    assigned(&house, number, minutes(2));
    let [told] = &house.mailed(minutes(3))[..] else { panic!("one") };
    assert_eq!((told.template.as_str(), told.to.as_str()), ("M3", "Zhang@citizens.example"));
    assert_eq!(told.answers.message_id.as_deref(), Some("1@citizens.example"));
    house.act_on(minutes(3), number, Role::UnitContact, Task::Sign("王某".to_owned()));
    let text = "路灯已于11月24日修复".to_owned();
    let fed_back = Task::FeedBack { text, contacted: true, evidence: true };
    house.act_on(minutes(4), number, Role::Handler, fed_back);
    let pending = mayorline::domain::case::Pending::Feedback;
    house.act_on(minutes(5), number, Role::UnitLeader, Task::Grant(pending));
    house.act_on(minutes(6), number, Role::Clerk, Task::Review(None));
    let told = house.mailed(minutes(7));
    assert_eq!(told[0].template, "M5");
    assert!(told[0].text.contains("路灯已于11月24日修复"), "{}", told[0].text);
    let asked = house.mailed(minutes(8));
    assert_eq!(asked[0].template, "M6");
    let key = answered(|answer| house.handle().mail_key(answer)).unwrap();
    let own = mayorline::domain::message::mail::OwnId { case: Some(number), outbox: asked[0].id };
    let answers = format!("In-Reply-To: <{}>\r\n", key.message_id(own, "example.org"));
    let head = head(ZHANG, "2", "Re", &answers);
    let word =
        format!("{head}Content-Type: text/plain; charset=utf-8\r\n\r\n1\r\n\r\n> 请您评价\r\n");
    assert_eq!(house.mail(2, minutes(9), word.as_bytes()), SettledInbound::Done);
    assert_eq!(house.why(2), "done rated");
    assert_eq!(house.case(number).row.state, "closed");
    // He is known by his address: none of the ten elements is missing.
    let unpublished = Task::DecidePublication(false, String::new());
    house.act_on(minutes(10), number, Role::Director, unpublished);
    house.act_on(minutes(11), number, Role::Clerk, Task::Archive);
    assert_eq!(house.case(number).row.state, "archived");
    // What comes for a case that is over is a matter of its own, which names it.
    let late = word.replace("<2@", "<3@").replace("1\r\n\r\n> 请您评价", "灯又灭了");
    house.mail(3, minutes(20), late.as_bytes());
    let other = house.cases()[1];
    let text = house.case(other).text.unwrap();
    assert!(
        text.contains(&format!("来信提到编号{number}")) && text.ends_with("灯又灭了"),
        "{text}"
    );
    house.verified();
}

/// M1: 「如需保密您的姓名和联系方式，请直接回复“保密”」.
#[test]
fn one_word_keeps_his_name_from_the_unit() {
    let house = House::open();
    house.mail(1, minutes(1), &plain(ZHANG, "1", "低保", "支书的亲戚有两辆车"));
    let number = house.cases()[0];
    let receipt = house.mailed(minutes(1)).remove(0);
    let key = answered(|answer| house.handle().mail_key(answer)).unwrap();
    let own = mayorline::domain::message::mail::OwnId { case: Some(number), outbox: receipt.id };
    let answers = format!("In-Reply-To: <{}>\r\n", key.message_id(own, "example.org"));
    let head = head(ZHANG, "2", "Re", &answers);
    let word = format!("{head}Content-Type: text/plain; charset=utf-8\r\n\r\n保密。\r\n");
    for (n, minute) in [(2, 2), (3, 3)] {
        let word = word.replace("<2@", &format!("<{n}@"));
        assert_eq!(house.mail(n, minutes(minute), word.as_bytes()), SettledInbound::Done);
        assert_eq!(house.why(i64::from(n)), "done confidential");
    }
    let events = house.case(number).events;
    let asked = events.iter().filter(|event| event.body.to_string().contains("secrecy")).count();
    assert_eq!(asked, 1, "{events:?}");
    assert_eq!(house.cases().len(), 1);
    house.verified();
}

/// T29 by mail: he is asked before. What he quotes may be as long as a mail, and is not what he wrote.
#[test]
fn a_withdrawal_by_mail_takes_what_its_writer_wrote() {
    let house = House::open();
    house.mail(1, minutes(1), &plain(ZHANG, "1", "路灯", "路灯不亮"));
    let number = house.cases()[0];
    let quoted = format!("撤回{number}\r\n\r\n发件人：受理中心\r\n{}", "引文\r\n".repeat(20_000));
    let asked = plain(ZHANG, "2", "撤回", &quoted);
    assert_eq!(house.mail(2, minutes(2), &asked), SettledInbound::Done);
    let text = house.case(number).text.unwrap();
    assert!(text.ends_with(&format!("（邮件要求撤回，待核实）撤回{number}")), "{}", text.len());
    assert_eq!(house.case(number).row.state, "accepted", "somebody may have his mailbox");
    // A stranger is told no more than of a case that is not there.
    let stranger = plain("other@citizens.example", "3", "撤回", &format!("撤回{number}"));
    assert_eq!(house.mail(3, minutes(3), &stranger), SettledInbound::Done);
    assert_eq!(house.why(3), "done withdrawal_unknown");
    house.verified();
}

/// A mailbox that went out of the configuration: what it brought waits for a person.
#[test]
fn what_came_by_a_mailbox_that_is_gone_is_held() {
    let house = House::open();
    let mail = plain(ZHANG, "1", "路灯", "不亮");
    assert_eq!(house.mail_by("gone", 1, minutes(1), &mail), SettledInbound::Held);
    assert_eq!(house.why(1), "held account");
}

/// 20 receipts an hour to all, whatever the senders are called.
#[test]
fn a_wave_of_forged_senders_gets_no_more_than_its_share() {
    let house = House::open();
    for n in 0..40_u8 {
        let from = format!("f{n}@x.example");
        house.mail(n, minutes(1), &plain(&from, &n.to_string(), "路灯", "不亮"));
    }
    assert_eq!((house.cases().len(), house.outbox().len()), (40, 20));
}

/// Failure 15: an answer by `References` alone, by the address alone, by neither.
#[test]
fn an_answer_finds_its_case_by_its_references_or_by_the_address_it_goes_to() {
    let house = House::open();
    house.mail(1, minutes(1), &plain(ZHANG, "1", "路灯", "不亮"));
    let number = house.cases()[0];
    let receipt = house.mailed(minutes(1)).remove(0);
    let key = answered(|answer| house.handle().mail_key(answer)).unwrap();
    let own = mayorline::domain::message::mail::OwnId { case: Some(number), outbox: receipt.id };
    let references =
        format!("References: <1@citizens.example> <{}>\r\n", key.message_id(own, "x.org"));
    let other = "zhang.private@elsewhere.example";
    let body = "Content-Type: text/plain; charset=utf-8\r\n\r\n";
    let by_references = format!("{}{body}第二盏\r\n", head(other, "2", "x", &references));
    let by_address = format!("{}{body}第三盏\r\n", head(other, "3", "x", "")).replacen(
        "To: hotline@example.org",
        &format!("To: {}", key.case_address(number, "hotline@example.org")),
        1,
    );
    let by_neither = format!("{}{body}第四盏\r\n", head(other, "4", "x", ""));
    for (n, mail) in [(2, by_references), (3, by_address), (4, by_neither)] {
        assert_eq!(house.mail(n, minutes(i64::from(n)), mail.as_bytes()), SettledInbound::Done);
    }
    let text = house.case(number).text.unwrap();
    assert!(text.contains("补充】第二盏") && text.contains("补充】第三盏"), "{text}");
    assert!(!text.contains("第四盏"), "{text}");
    assert_eq!(house.cases().len(), 2);
}

/// Failures 3, 5 and 11: the same mail again, in the journal or by another way and after a restart, is the
/// same mail.
#[test]
fn a_mail_that_is_given_again_never_comes_back_as_a_case() {
    let house = House::open();
    let mail = plain(ZHANG, "1", "路灯", "不亮");
    house.mail(1, minutes(1), &mail);
    let number = house.cases()[0];
    house.act_on(minutes(2), number, Role::Operator, Task::SetSecrecy(true));
    let house = house.reopened();
    assert_eq!(house.mail(1, minutes(3), &mail), SettledInbound::Gone);
    let again = [&b"Received: by another way\r\n"[..], &mail].concat();
    assert_eq!(house.mail(2, minutes(4), &again), SettledInbound::Ignored);
    assert_eq!((house.cases(), house.count("SELECT sum(copies) FROM inbound")), (vec![number], 1));
    house.verified();
}
