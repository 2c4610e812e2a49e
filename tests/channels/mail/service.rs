//! The running program behind a real Dovecot and a real Postfix: what a citizen with a mailbox sees.

use super::city::{ADDRESS, City, letter, number_in};
use base64::Engine as _;
use encoding_rs::GB18030;
use std::time::{Duration, Instant};

/// Mails of the crash test, each of a sender of its own.
const MAILS: usize = 12;

/// A body in GB 18030 with a picture, as a program of 2003 sends it.
fn old_program(user: &str, id: &str, picture: &[u8]) -> Vec<u8> {
    let (text, ..) =
        GB18030.encode("北宿镇三里村镕堃家门口的路灯canaryzqxj不亮，䶮老师的孩子晚上看不见路。");
    let subject = base64::engine::general_purpose::STANDARD.encode(GB18030.encode("路灯不亮").0);
    let name = base64::engine::general_purpose::STANDARD.encode(GB18030.encode("照片.jpg").0);
    let picture = base64::engine::general_purpose::STANDARD.encode(picture);
    let mut mail = format!(
        "From: =?GB2312?B?1cXI/Q==?= <{user}@citizens.example>\r\nTo: {ADDRESS}\r\n\
         Subject: =?gb2312?B?{subject}?=\r\nMessage-ID: <{id}@citizens.example>\r\n\
         Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\n\
         Content-Type: text/plain; charset=gb2312\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    )
    .into_bytes();
    mail.extend_from_slice(&text);
    mail.extend_from_slice(
        format!(
            "\r\n--b\r\nContent-Type: image/jpeg; name=\"=?gb2312?B?{name}?=\"\r\n\
             Content-Disposition: attachment; filename=\"=?gb2312?B?{name}?=\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{picture}\r\n--b--\r\n"
        )
        .as_bytes(),
    );
    mail
}

#[test]
fn a_citizen_writes_is_told_his_number_and_answers_over_a_kill() {
    let city = City::new();
    let service = city.serve();
    let began = Instant::now();
    city.dovecot.deliver([old_program("zhang", "first", b"canarypicture")]);
    city.until("a case", &service, || !city.cases().is_empty());
    // The bound that is promised is measured by the bench; here other tests run beside.
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    let case = city.cases().remove(0);
    assert_eq!((&case["channel"], &case["state"]), (&"email".into(), &"accepted".into()));
    let number = case["number"].as_str().unwrap().to_owned();
    let shown = city.case(&number);
    let text = shown["text"].as_str().unwrap();
    assert!(text.starts_with("主题：路灯不亮\n北宿镇三里村镕堃家门口"), "{text}");
    assert!(text.contains("䶮老师") && text.ends_with("（附件1个：照片.jpg）"), "{text}");
    assert_eq!(shown["mail"], "z***@citizens.example");
    city.until("answered", &service, || city.got("zhang").len() == 1);
    let receipt = city.got("zhang").remove(0);
    assert_eq!(receipt.signals.auto_submitted.as_deref(), Some("auto-replied"));
    assert_eq!(receipt.signals.return_path.as_deref(), Some(""), "nobody answers it");
    assert_eq!(receipt.in_reply_to, ["first@citizens.example"]);
    assert_eq!(receipt.subject, format!("【受理通知】您反映的事项已登记，编号{number}"));
    assert!(receipt.text.contains("查询码：") && receipt.text.contains("0537-5000000"));
    assert!(receipt.html.as_deref().unwrap_or_default().contains("受理中心"));
    let stderr = service.stderr();
    for secret in ["zhang@", "canaryzqxj", "查询码", "照片"] {
        assert!(!stderr.contains(secret), "{stderr}");
    }
    for secret in ["canaryzqxj", "canarypicture", "zhang@citizens.example"] {
        assert!(city.holding(secret.as_bytes()).is_empty(), "{secret}");
    }
    service.kill();
    // He answers while nobody is there, to the address that the receipt names.
    let to = &receipt.reply_to[0].address;
    let answers = format!("In-Reply-To: <{}>\r\n", receipt.message_id.as_ref().unwrap());
    let mut more =
        letter("zhang", "second", ("Re", "又坏了两盏\r\n\r\n发件人：受理中心\r\n您好", &answers));
    let ours = format!("To: {ADDRESS}");
    let at = more.windows(ours.len()).position(|window| window == ours.as_bytes()).unwrap();
    drop(more.splice(at..at + ours.len(), format!("To: {to}").into_bytes()));
    city.dovecot.deliver([more]);
    let service = city.serve();
    let text = || city.case(&number)["text"].as_str().unwrap().to_owned();
    city.until("more about it", &service, || text().contains("补充】又坏了两盏"));
    assert!(!text().contains("您好"), "what he quotes is not his: {}", text());
    assert_eq!((city.cases().len(), city.got("zhang").len()), (1, 1), "nothing is doubled");
    city.verified();
    assert!(service.stop().success());
}

/// kill -9 at any moment: what a server took from us is never sent again by itself, and no mail is lost.
#[test]
fn kills_between_the_steps_lose_and_double_nothing() {
    let city = City::new();
    let mails =
        (0..MAILS).map(|n| letter(&format!("k{n}"), &format!("k{n}"), ("路灯", "不亮", "")));
    city.dovecot.deliver(mails);
    // From the moment of `ready`: before the first look, amid the mails, amid their receipts.
    for pause in [0, 150, 300, 450, 700, 1_000, 1_400, 1_900] {
        let service = city.serve();
        std::thread::sleep(Duration::from_millis(pause));
        service.kill();
    }
    let service = city.serve();
    city.until("all are cases", &service, || city.cases().len() == MAILS);
    let is_open = |row: &serde_json::Value| row["state"] == "queued";
    city.until("all are sent", &service, || {
        let outbox = city.outbox();
        outbox.len() == MAILS && !outbox.iter().any(is_open)
    });
    assert_eq!(city.cases().len(), MAILS);
    let arrived: Vec<usize> = (0..MAILS).map(|n| city.got(&format!("k{n}")).len()).collect();
    let submitted = city.outbox().iter().filter(|row| row["state"] == "submitted").count();
    assert!(arrived.iter().all(|count| *count <= 1), "answered twice: {arrived:?}");
    assert!(arrived.iter().sum::<usize>() >= submitted, "{arrived:?}, {submitted} submitted");
    city.verified();
    assert!(service.stop().success());
}

/// Failure 13 of messaging 3, with Postfix's own report: a notice that cannot be delivered comes back into
/// its row, and nothing is written for it.
#[test]
fn a_notice_that_bounces_is_known_and_answered_by_nothing() {
    let city = City::new();
    let service = city.serve();
    let mail = letter("ghost", "ghost", ("停水", "停水两天了", ""));
    let mail = String::from_utf8(mail)
        .unwrap()
        .replace("ghost@citizens.example\r\nTo", "ghost@gone.example\r\nTo");
    city.dovecot.deliver([mail.into_bytes()]);
    city.until("a case", &service, || city.cases().len() == 1);
    let number = city.cases()[0]["number"].as_str().unwrap().to_owned();
    let clerk = ["--as", "li", "--role", "clerk"];
    let coded = ["--nature", "help", "--domain", "050100", "--place", "北宿镇"];
    city.verb(&[&["case", "classify", &number][..], &clerk, &coded].concat());
    city.verb(&[&["case", "assign", &number][..], &clerk, &["--to", "unit.07"]].concat());
    let stands = |template: &str| {
        let outbox = city.outbox();
        let row = outbox.iter().find(|row| row["template"] == template);
        row.map(|row| row["state"].as_str().unwrap().to_owned()).unwrap_or_default()
    };
    city.until("a notice that bounced", &service, || stands("M3") == "undelivered");
    assert_eq!(city.outbox().len(), 2, "the receipt and the notice: {:?}", city.outbox());
    assert_eq!((city.cases().len(), city.held().len()), (1, 0), "a bounce is no matter");
    // What else is told of it goes to nobody: the address is known to be bad.
    city.verb(&[&["case", "ask-more", &number][..], &clerk].concat());
    assert_eq!(city.outbox().len(), 2);
    city.verified();
    assert!(service.stop().success());
}

/// Failure 12: two machines face to face. The other side answers each mail of ours, whatever ours says.
#[test]
fn two_machines_face_to_face_end_after_one_receipt() {
    let city = City::new();
    let service = city.serve();
    let mut answered = 0;
    city.dovecot.deliver([letter("robot", "r0", ("路灯", "不亮", ""))]);
    city.until("a receipt", &service, || !city.got("robot").is_empty());
    for round in 1..=8 {
        let got = city.got("robot");
        assert!(got.len() <= 1, "{}", got.len());
        for mail in got.iter().skip(answered) {
            answered += 1;
            // A responder without any mark: only the counts can tell.
            let subject = format!("自动回复：{}", mail.subject);
            let more = format!("In-Reply-To: <{}>\r\n", mail.message_id.as_ref().unwrap());
            city.dovecot.deliver([letter(
                "robot",
                &format!("r{round}"),
                (&subject, "我在休假", &more),
            )]);
        }
        let marked = "Auto-Submitted: auto-replied\r\nPrecedence: bulk\r\n";
        city.dovecot.deliver([letter("robot", &format!("m{round}"), ("休假", "我在休假", marked))]);
    }
    city.until("all are settled", &service, || city.held().len() >= 8);
    assert_eq!(city.got("robot").len(), 1);
    assert_eq!(city.cases().len(), 1);
    assert!(service.stop().success());
}

/// Failures 6, 7 and 14 of messaging 3, and 36 of the examples: no Message-ID, the same second, a stranger
/// with a number, the same mail twice.
#[test]
fn strangers_join_no_case_and_the_same_mail_is_one() {
    let city = City::new();
    let service = city.serve();
    city.dovecot.deliver([letter("li", "li1", ("噪声", "夜里施工", ""))]);
    city.until("a case", &service, || city.cases().len() == 1);
    let number = city.cases()[0]["number"].as_str().unwrap().to_owned();
    let subject = format!("关于编号{number}");
    let bare = |text: &str| {
        let mail = String::from_utf8(letter("wang", "x", ("投诉", text, ""))).unwrap();
        mail.replace("Message-ID: <x@citizens.example>\r\n", "").into_bytes()
    };
    city.dovecot.deliver([
        letter("stranger", "s1", (&subject, "请把处理情况发给我", "")),
        // The same by another way: its server wrote other lines above it.
        [&b"Received: from elsewhere\r\n"[..], &letter("li", "li1", ("噪声", "夜里施工", ""))]
            .concat(),
        bare("第一件"),
        bare("第二件"),
        // He himself, by the number alone.
        letter("li", "li2", (&subject, "今晚又在施工", "")),
    ]);
    city.until("settled", &service, || city.cases().len() == 4);
    let text = || city.case(&number)["text"].as_str().unwrap().to_owned();
    city.until("his own joined", &service, || text().contains("补充】今晚又在施工"));
    assert!(!text().contains("请把处理情况"), "{}", text());
    let cases = city.cases();
    let texts: Vec<String> = cases
        .iter()
        .map(|case| {
            city.case(case["number"].as_str().unwrap())["text"].as_str().unwrap().to_owned()
        })
        .collect();
    let stranger = texts.iter().find(|text| text.contains("请把处理情况")).unwrap();
    assert!(stranger.contains(&format!("来信提到编号{number}")), "{stranger}");
    city.until("told", &service, || city.got("stranger").len() == 1);
    let told = city.got("stranger").remove(0);
    assert_ne!(number_in(&told.subject), number, "a number of his own");
    assert!(!told.text.contains("夜里施工"));
    assert!(service.stop().success());
}

/// Failure 1: a mail that nobody can read waits for a person, and keeps no other.
#[test]
fn what_a_person_must_decide_is_shown_and_taken() {
    let city = City::new();
    let service = city.serve();
    let spam = "X-Spam-Flag: YES\r\n";
    city.dovecot.deliver([
        letter("bank", "b1", ("贷款", "额度30万", spam)),
        letter("list", "l1", ("周报", "第三期", "List-Id: <x.example>\r\n")),
        letter("chen", "c1", ("路灯", "不亮", "")),
    ]);
    city.until("all are settled", &service, || city.held().len() == 2 && city.cases().len() == 1);
    let held = city.held();
    assert_eq!((&held[0]["why"], &held[1]["why"]), (&"spam".into(), &"list".into()));
    let id = held[0]["id"].to_string();
    let shown = city.verb(&["message", "show", &id, "--as", "li"]);
    assert!(shown.contains("bank@citizens.example\n主题：贷款\n额度30万"), "{shown}");
    let taken = city.verb(&["message", "take", &id, "--as", "li"]);
    assert!(taken.starts_with(&format!("message {id} case ")), "{taken}");
    assert_eq!(city.held().len(), 1);
    assert!(city.got("bank").is_empty() && city.got("list").is_empty());
    assert!(service.stop().success());
}
