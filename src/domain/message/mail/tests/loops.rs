//! Marks of machines, and what happens where they are missing (messaging 3: failures 12 and 13).

use super::*;

fn with(change: impl FnOnce(&mut Incoming)) -> Incoming {
    let mut mail = citizen("路灯不亮");
    change(&mut mail);
    mail
}

#[test]
fn each_mark_of_a_machine_is_answered_by_silence() {
    let some = |text: &str| Some(text.to_owned());
    type Change<'a> = Box<dyn FnOnce(&mut Incoming) + 'a>;
    let cases: Vec<(Change<'_>, Silence)> = vec![
        (Box::new(|m| m.traits.auto_submitted = some("auto-replied")), Silence::AutoSubmitted),
        (Box::new(|m| m.traits.auto_submitted = some("auto-generated")), Silence::AutoSubmitted),
        (Box::new(|m| m.traits.auto_submitted = some("")), Silence::AutoSubmitted),
        (Box::new(|m| m.traits.precedence = some("bulk")), Silence::Bulk),
        (Box::new(|m| m.traits.precedence = some("list")), Silence::Bulk),
        (Box::new(|m| m.traits.precedence = some("auto_reply")), Silence::Bulk),
        (Box::new(|m| m.traits.is_list = true), Silence::List),
        (Box::new(|m| m.traits.suppress = some("all")), Silence::Asked),
        (Box::new(|m| m.traits.is_autoreply = true), Silence::AutoReply),
        (Box::new(|m| m.traits.has_null_path = true), Silence::NullPath),
        (Box::new(|m| m.traits.is_report = true), Silence::Report),
        (Box::new(|m| m.traits.has_failed_recipients = true), Silence::Report),
        (Box::new(|m| m.traits.is_spam = true), Silence::Spam),
        (Box::new(|m| m.traits.is_forged = true), Silence::Forged),
        (Box::new(|m| m.from = some("hotline@example.org")), Silence::Own),
        (Box::new(|m| m.from = some("Hotline+x@EXAMPLE.org")), Silence::Own),
        (Box::new(|m| m.from = some("li@example.org")), Silence::Own),
        (Box::new(|m| m.from = some("li@city.example")), Silence::Own),
        (Box::new(|m| m.from = some("MAILER-DAEMON@example.com")), Silence::Machine),
        (Box::new(|m| m.from = some("no-reply@example.com")), Silence::Machine),
        (Box::new(|m| m.from = some("noreply+1@example.com")), Silence::Machine),
        (Box::new(|m| m.from = some("bounce-123@example.com")), Silence::Machine),
        (Box::new(|m| m.from = None), Silence::Nobody),
        (Box::new(|m| m.reply_to = vec!["hotline@example.org".into()]), Silence::Own),
        (Box::new(|m| m.reply_to = vec!["postmaster@example.com".into()]), Silence::Machine),
    ];
    for (change, silence) in cases {
        assert_eq!(acknowledged(&with(change), &MailAround::default()), Err(silence));
    }
}

#[test]
fn a_person_gets_one_receipt_where_he_wants_it() {
    let none = MailAround::default();
    assert_eq!(acknowledged(&citizen("x"), &none).as_deref(), Ok("zhang@example.com"));
    let elsewhere = with(|m| m.reply_to = vec!["zhang@work.example".into()]);
    assert_eq!(acknowledged(&elsewhere, &none).as_deref(), Ok("zhang@work.example"));
    let two = with(|m| m.reply_to = vec!["a@example.com".into(), "b@example.com".into()]);
    assert_eq!(acknowledged(&two, &none).as_deref(), Ok("zhang@example.com"));
    let unmarked = with(|m| {
        m.traits.auto_submitted = Some("no".into());
        m.traits.suppress = Some("none".into());
        m.traits.precedence = Some("first-class".into());
    });
    assert!(acknowledged(&unmarked, &none).is_ok());
    let had = MailAround { receipts_of_sender: 1, ..none.clone() };
    assert_eq!(acknowledged(&citizen("x"), &had), Err(Silence::SenderRests));
    let wave = MailAround { receipts_in_hour: 20, ..none };
    assert_eq!(acknowledged(&citizen("x"), &wave), Err(Silence::HouseRests));
}

/// Another responder answers each mail of ours at once and bears no mark at all.
#[test]
fn two_machines_face_to_face_exchange_one_receipt_in_a_thousand_mails() {
    let (mut receipts, mut cases, mut held) = (0_u32, 0, 0);
    for exchange in 0..1_000_u32 {
        let mail = citizen(&format!("您的邮件已收到 {exchange}"));
        // A thousand mails in ten minutes: all are of this sender.
        let around = MailAround {
            mails_of_sender: exchange,
            receipts_of_sender: receipts,
            receipts_in_hour: receipts,
            ..MailAround::default()
        };
        match judged(&mail, &around) {
            MailVerdict::Open { .. } => {
                cases += 1;
                receipts += u32::from(acknowledged(&mail, &around).is_ok());
            }
            MailVerdict::Hold("flood") => held += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((receipts, cases, held), (1, 5, 995));
}

/// A notice to an address that bounces: whatever comes back writes nothing new.
#[test]
fn a_bounce_is_no_case_and_is_never_answered() {
    let none = MailAround::default();
    let failed = bounce(12, true, false);
    let verdict = MailVerdict::Bounced { outbox: Some(12), status: Some("5.1.1".into()) };
    assert_eq!(judged(&failed, &none), verdict);
    assert_eq!(acknowledged(&failed, &none), Err(Silence::Report));
    assert_eq!(judged(&bounce(12, false, true), &none), MailVerdict::Arrived { outbox: Some(12) });
    assert_eq!(
        judged(&bounce(12, false, false), &none),
        MailVerdict::Nothing("report"),
        "it goes on trying"
    );
    // Without a word of the standard: the address that it came back to says which.
    let mut bare = citizen("用户不存在");
    bare.from = Some("PostMaster@example.com".into());
    bare.traits.has_null_path = true;
    bare.recipients = vec![key().return_address(34, "hotline@example.org")];
    assert_eq!(judged(&bare, &none), MailVerdict::Bounced { outbox: Some(34), status: None });
    bare.recipients = vec!["hotline@example.org".into()];
    assert_eq!(
        judged(&bare, &none),
        MailVerdict::Bounced { outbox: None, status: None },
        "an operator looks"
    );
    // What it encloses, without a report and without an address.
    bare.encloses = bounce(56, true, false).encloses;
    assert_eq!(judged(&bare, &none), MailVerdict::Bounced { outbox: Some(56), status: None });
    // Somebody passes on a mail of ours.
    let mut passed_on = citizen("请看附件");
    passed_on.encloses = bounce(56, true, false).encloses;
    assert_eq!(judged(&passed_on, &none), MailVerdict::Open { related: None });
    // A forged report names a row that nobody sealed.
    let mut forged = bounce(12, true, false);
    forged.encloses = Some("26112200131.12.aaaaaaaaaa@example.org".into());
    assert!(matches!(judged(&forged, &none), MailVerdict::Bounced { outbox: None, .. }));
}

#[test]
fn a_vacation_note_is_nothing_and_other_machines_wait_for_a_person() {
    let none = MailAround::default();
    let mut note = citizen("我正在休假");
    note.traits.auto_submitted = Some("auto-replied".into());
    assert_eq!(judged(&note, &none), MailVerdict::Hold("machine"));
    note.answers = vec![key().message_id(OwnId { case: Some(case()), outbox: 3 }, "example.org")];
    assert_eq!(judged(&note, &none), MailVerdict::Nothing("auto-reply"));
    note.answers.clear();
    note.recipients = vec![key().return_address(3, "hotline@example.org")];
    assert_eq!(judged(&note, &none), MailVerdict::Nothing("auto-reply"));
    let held = [
        (with(|m| m.traits.is_list = true), "list"),
        (with(|m| m.traits.precedence = Some("junk".into())), "list"),
        (with(|m| m.traits.is_spam = true), "spam"),
        (with(|m| m.from = Some("hotline@example.org".into())), "own address"),
        (with(|m| m.from = Some("no-reply@example.com".into())), "machine"),
        (
            with(|m| {
                m.from = Some("no-reply@example.com".into());
                m.traits.suppress = Some("all".into());
            }),
            "machine",
        ),
        (with(|m| m.traits.auto_submitted = Some("auto-generated".into())), "machine"),
    ];
    for (mail, why) in held {
        assert_eq!(judged(&mail, &none), MailVerdict::Hold(why));
    }
    let kept = [
        with(|m| m.traits.suppress = Some("all".into())),
        with(|m| m.from = None),
        with(|m| m.from = Some("li@city.example".into())),
        with(|m| m.traits.is_forged = true),
    ];
    for mail in kept {
        assert_eq!(judged(&mail, &none), MailVerdict::Open { related: None });
    }
}

#[test]
fn the_sixth_mail_in_ten_minutes_waits_for_a_person() {
    let flood = |mails_of_sender| {
        judged(&citizen("x"), &MailAround { mails_of_sender, ..MailAround::default() })
    };
    assert_eq!(flood(4), MailVerdict::Open { related: None });
    assert_eq!(flood(5), MailVerdict::Hold("flood"));
}
