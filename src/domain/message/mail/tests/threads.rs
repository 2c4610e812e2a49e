//! Whose case it is (messaging 3: failures 6, 7, 14 and 15).

use super::*;

#[test]
fn an_answer_by_its_references_alone() {
    let mut mail = citizen("还是没修");
    mail.answers = vec![
        "other@example.com".into(),
        key().message_id(OwnId { case: Some(case()), outbox: 9 }, "example.org"),
    ];
    assert_eq!(judged(&mail, &MailAround::default()), MailVerdict::Supplement(case()));
    // Of a mail on a case under seal only the store knows which it was.
    mail.answers = vec![key().message_id(OwnId { case: None, outbox: 9 }, "example.org")];
    let around = MailAround { answered_case: Some(case()), ..MailAround::default() };
    assert_eq!(judged(&mail, &around), MailVerdict::Supplement(case()));
    assert_eq!(judged(&mail, &MailAround::default()), MailVerdict::Open { related: None });
}

#[test]
fn an_answer_by_the_address_alone() {
    let mut mail = citizen("还是没修");
    mail.recipients = vec![key().case_address(case(), "hotline@example.org").to_uppercase()];
    assert_eq!(judged(&mail, &MailAround::default()), MailVerdict::Supplement(case()));
}

#[test]
fn a_number_in_the_subject_is_believed_of_a_party_only() {
    let mut mail = citizen("还是没修");
    let party = MailAround { is_party: true, ..MailAround::default() };
    for subject in [
        "回复：【受理通知】您反映的事项已登记，编号26112200131",
        "Re: [ZC-26112200131]",
        "编号：２６１１２２００１３１",
    ] {
        mail.subject = subject.into();
        assert_eq!(judged(&mail, &party), MailVerdict::Supplement(case()), "{subject}");
        let stranger = MailVerdict::Open { related: Some(case()) };
        assert_eq!(judged(&mail, &MailAround::default()), stranger, "{subject}");
        mail.traits.is_forged = true;
        assert_eq!(judged(&mail, &party), stranger, "{subject}: his server says it was not he");
        mail.traits.is_forged = false;
    }
}

#[test]
fn an_answer_by_neither_is_a_matter_of_its_own() {
    let mut mail = citizen("还是没修");
    for subject in ["编号26112200132", "电话19900000017", "26112200131", "编号", "回复：路灯", ""]
    {
        mail.subject = subject.into();
        let party = MailAround { is_party: true, ..MailAround::default() };
        assert_eq!(judged(&mail, &party), MailVerdict::Open { related: None }, "{subject}");
    }
}

#[test]
fn what_is_not_sealed_by_us_proves_nothing() {
    let own = OwnId { case: Some(case()), outbox: 9 };
    let id = key().message_id(own, "example.org");
    let (what, seal) = id.split_once('@').unwrap().0.rsplit_once('.').unwrap();
    for odd in [
        format!("{what}.aaaaaaaaaa@example.org"),
        format!("{what}.{}@example.org", &seal[..9]),
        format!("26112200131.10.{seal}@example.org"),
        format!("m.9.{seal}@example.org"),
        format!("26112200131.-9.{seal}@example.org"),
        format!("26112200131.09.{seal}@example.org"),
        "26112200131.9.@example.org".to_owned(),
        String::new(),
        "@".to_owned(),
    ] {
        assert_eq!(key().own_id(&odd), None, "{odd}");
    }
    assert_eq!(key().own_id(&id), Some(own));
    assert_eq!(key().own_id(&format!("<{id}>")), Some(own));
    assert_eq!(MailKey::new(&[8; 32]).own_id(&id), None, "of another house");
    let address = key().case_address(case(), "hotline@example.org");
    assert_eq!(key().case_of(&address), Some(case()));
    assert_eq!(key().returned(&address), None, "a seal is good for one use");
    assert_eq!(key().case_of(&key().return_address(9, "hotline@example.org")), None);
    assert_eq!(key().case_of("hotline+26112200131.aaaaaaaaaa@example.org"), None);
    assert!(!format!("{:?}", key()).contains('7'));
}

/// Nothing is made up out of sender, subject and second, so nothing collides.
#[test]
fn mails_without_an_id_are_each_a_matter() {
    let mail = citizen("路灯不亮");
    for _ in 0..2 {
        assert_eq!(judged(&mail, &MailAround::default()), MailVerdict::Open { related: None });
    }
    let copy = MailAround { is_copy: true, ..MailAround::default() };
    assert_eq!(judged(&mail, &copy), MailVerdict::Copy);
}

/// 36 of the examples: the second is a 催办 of the case of the first.
#[test]
fn the_same_once_more_asks_about_its_case() {
    let around = MailAround { again: Some(case()), ..MailAround::default() };
    let mail = citizen("化工厂夜里放臭气");
    assert_eq!(judged(&mail, &around), MailVerdict::Remind(case()));
    let own = MailVerdict::Open { related: None };
    assert_eq!(judged(&mail, &MailAround::default()), own);
    let mut forged = mail.clone();
    forged.traits.is_forged = true;
    assert_eq!(judged(&forged, &around), own, "his server says it was not he");
    let pictures = Incoming { attachments: 1, ..mail.clone() };
    assert_eq!(judged(&pictures, &around), own);
    assert_eq!(judged(&citizen("……"), &around), own, "no words");
    let grown = MailAround { supplements: 50, ..around };
    assert_eq!(judged(&mail, &grown), own);
    let once = subject_once("噪声");
    for subject in ["噪声（再次）", "再次反映：噪声", "【第二次】噪声", "催办 噪声！"]
    {
        assert_eq!(subject_once(subject), once, "{subject}");
    }
    assert_ne!(subject_once("噪声和臭气（再次）"), once);
}

#[test]
fn a_case_that_has_grown_gets_a_sister() {
    let mut mail = citizen("还是没修");
    mail.recipients = vec![key().case_address(case(), "hotline@example.org")];
    let around = MailAround { supplements: 50, ..MailAround::default() };
    assert_eq!(judged(&mail, &around), MailVerdict::Open { related: Some(case()) });
}

#[test]
fn the_head_of_a_mail_of_ours() {
    let answers = Reference {
        message_id: Some("c@example.com".into()),
        references: (0..30).map(|n| format!("{n}@example.com")).collect(),
    };
    let own = OwnId { case: Some(case()), outbox: 9 };
    let receipt = MailHead::new(MailKind::Receipt, own, &answers, &house(), &key());
    assert_eq!((receipt.envelope_from.as_str(), receipt.auto_submitted), ("", "auto-replied"));
    assert_eq!((receipt.from.as_str(), receipt.suppress), ("hotline@example.org", "All"));
    assert_eq!(receipt.in_reply_to.as_deref(), Some("c@example.com"));
    assert_eq!(
        (receipt.references.len(), receipt.references.last().unwrap().as_str()),
        (20, "c@example.com")
    );
    assert_eq!(key().case_of(&receipt.reply_to.unwrap()), Some(case()));
    assert_eq!(key().own_id(&receipt.message_id), Some(own));
    let sealed = OwnId { case: None, outbox: 9 };
    let notice = MailHead::new(MailKind::Notice, sealed, &Reference::default(), &house(), &key());
    assert_eq!((notice.auto_submitted, notice.reply_to.clone()), ("auto-generated", None));
    assert_eq!(key().returned(&notice.envelope_from), Some(9));
    assert!(!notice.message_id.contains("2611"), "a case under seal is not named");
    let again = MailHead::new(MailKind::Notice, sealed, &Reference::default(), &house(), &key());
    assert_eq!(notice, again, "the same on every try");
}
