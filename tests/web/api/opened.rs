//! What is opened with a reason, what is taken down, and lists in pages.

use super::world::{PHONE, WORDS, World};
use crate::folder::{intake, noonish};
use crate::http::Answer;
use crate::support::numbers::leave;
use jiff::Timestamp;
use mayorline::domain::call::{IntakeKind, NewIntake};
use mayorline::domain::case::{DISPLAY_CHARS_MAX, Role, TEXT_CHARS_MAX, Task};
use mayorline::store::{Administration, LiaisonKey};
use serde_json::{Value, json};

fn body(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

/// A body with further fields.
fn with(body: &Value, more: &Value) -> Value {
    let mut body = body.clone();
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// The audit's entries that are about cases: who, what, to which, why.
fn audited(world: &World) -> Vec<(String, String, String, String)> {
    let rows = world.reader().audit(Timestamp::MIN, Timestamp::MAX, 1_000).unwrap();
    let rows = rows.into_iter().filter(|row| row.kind != "account_changed");
    rows.map(|row| (row.actor, row.kind, row.subject, row.reason)).collect()
}

#[tokio::test]
async fn a_contact_is_shown_after_its_reason_stands_in_the_audit() {
    let world = World::open().await;
    let case = world.accepted("k");
    let path = format!("/cases/{case}/contact");
    for silent in
        [json!({"reason": ""}), json!({"reason": " \n x"}), json!({"reason": "x".repeat(201)})]
    {
        let refused = world.post("clerk", &path, silent.clone()).await;
        assert_eq!((refused.status, refused.body.contains(PHONE)), (422, false), "{silent}");
    }
    assert_eq!(world.post("clerk", &path, json!({})).await.status, 400);
    assert_eq!(audited(&world), []);
    let shown = world.post("clerk", &path, json!({"reason": "核实\n住址"})).await;
    assert_eq!(body(&shown)["contact"], PHONE);
    let entry = ("clerk", "contact_shown", case.as_str(), "核实 住址 [127.0.0.1]");
    let told = audited(&world);
    let (actor, kind, subject, reason) = &told[0];
    assert_eq!((actor.as_str(), kind.as_str(), subject.as_str(), reason.as_str()), entry);
    // Whoever is shown it masked has opened nothing.
    world.post("unit_leader", &path, json!({"reason": "核实"})).await;
    assert_eq!(audited(&world).len(), 1);
}

#[tokio::test]
async fn the_liaison_alone_opens_what_is_sealed_and_says_why() {
    let world = World::open().await;
    let (case, open) = (world.sealed("sealed"), world.handled("open", "unit.07"));
    let path = format!("/cases/{case}/sealed-content");
    assert_eq!(world.post("liaison", &path, json!({"reason": ""})).await.status, 422);
    let shown = world.get("liaison", &format!("/cases/{case}")).await;
    assert!(!shown.body.contains("路灯") && !shown.body.contains("199"), "{}", shown.body);
    let opened = world.post("liaison", &path, json!({"reason": "办理举报"})).await;
    let told = body(&opened);
    assert_eq!((&told["case"]["text"], &told["contact"]), (&WORDS.into(), &PHONE.into()));
    assert_eq!(audited(&world)[0].1, "seal_opened");
    let ordinary = format!("/cases/{open}/sealed-content");
    assert_eq!(world.post("liaison", &ordinary, json!({"reason": "办理举报"})).await.status, 404);
}

#[tokio::test]
async fn what_is_sealed_to_the_liaisons_key_is_not_said_to_have_been_opened() {
    let world = World::open().await;
    let proposed = world.proposed("proposed");
    let mut beside = Administration::open(world.folder.path(), noonish()).unwrap();
    let key = LiaisonKey::random().unwrap();
    beside.add_liaison_key(noonish(), key.public()).unwrap();
    let sealed = world.sealed("sealed");
    let open = async |case: &str| {
        let path = format!("/cases/{case}/sealed-content");
        world.post("liaison", &path, json!({"reason": "办理举报"})).await
    };
    let refused = open(&sealed).await;
    assert_eq!((refused.status, &body(&refused)["rule"]), (409, &"T12".into()));
    let sentence = "内容已用纪委联络员的密钥封存，请用 mayorline seal read 查阅。";
    assert_eq!(body(&refused)["sentence"], sentence);
    let opened =
        |world: &World| audited(world).iter().filter(|(_, kind, ..)| kind == "seal_opened").count();
    assert_eq!(opened(&world), 0, "nothing was opened, so nothing is said to have been");
    // A proposed seal is not in force yet: the service still has the key.
    assert_eq!(body(&open(&proposed).await)["contact"], PHONE);
    assert_eq!(opened(&world), 1);
}

#[tokio::test]
async fn whoever_may_takes_a_contact_down_and_sending_it_twice_makes_one_case() {
    let world = World::open().await;
    let given = json!({
        "key": "k1", "summary": "北宿镇路灯不亮", "text": WORDS, "citizen": "张三丰", "phone": PHONE,
    });
    let mut draft = given.clone();
    draft.as_object_mut().unwrap().remove("summary");
    for (name, status, state) in [
        ("clerk", 201, "accepted"),
        ("operator", 201, "accepted"),
        ("supervisor", 201, "draft"),
        ("director", 201, "draft"),
        ("host", 201, "draft"),
        ("village_officer", 201, "draft"),
        ("message_clerk", 201, "draft"),
        ("callback_agent", 403, ""),
        ("unit_contact", 403, ""),
        ("handler", 403, ""),
        ("unit_leader", 403, ""),
        ("city_leader", 403, ""),
        ("liaison", 403, ""),
        ("evaluator", 403, ""),
        ("auditor", 403, ""),
        ("administrator", 403, ""),
        ("security", 403, ""),
    ] {
        // Whoever accepts says what it is about; of others it is a draft, and nothing is dropped.
        let given = if state == "draft" {
            for more in [json!({"summary": "北宿镇路灯不亮"}), json!({"anonymous": "will_not_say"})]
            {
                let refused = world.post(name, "/cases", with(&draft, &more)).await;
                assert_eq!(refused.status, 400, "{name} {more}: {}", refused.body);
            }
            &draft
        } else {
            &given
        };
        let made = world.post(name, "/cases", given.clone()).await;
        assert_eq!(made.status, status, "{name}: {}", made.body);
        if status != 201 {
            continue;
        }
        assert_eq!(body(&made)["state"], state, "{name}");
        let again = world.post(name, "/cases", given.clone()).await;
        assert_eq!(again.body, made.body, "{name}: the same key");
        let case = body(&made)["name"].as_str().unwrap().to_owned();
        // "Own" is what one took down oneself.
        let shown = world.get(name, &format!("/cases/{case}")).await;
        assert_eq!((shown.status, &body(&shown)["channel"]), (200, &"walk_in".into()), "{name}");
    }
    let unsaid = world.post("clerk", "/cases", with(&draft, &json!({"key": "k2"}))).await;
    assert_eq!(unsaid.status, 400, "whoever accepts says what it is about: {}", unsaid.body);
    let draft = body(&world.post("director", "/cases", draft).await);
    let accept = json!({"do": "accept", "summary": "路灯不亮"});
    let done = world.command("clerk", draft["name"].as_str().unwrap(), accept).await;
    assert_eq!((done.status, &body(&done)["state"]), (200, &"accepted".into()), "{}", done.body);
    let nameless = json!({"summary": "路灯不亮", "text": "路灯不亮"});
    let refused = world.post("clerk", "/cases", nameless).await;
    assert_eq!((refused.status, &body(&refused)["rule"]), (422, &"T2".into()));
    let secret = world.secret_of("operator").await;
    let contact = format!("/cases/{secret}/contact");
    let shown = world.post("operator", &contact, json!({"reason": "核实"})).await;
    assert_eq!(body(&shown)["contact"], PHONE, "creator only");
}

#[tokio::test]
async fn what_is_taken_down_tells_by_which_channel_it_came() {
    let world = World::open().await;
    let given = json!({"summary": "路灯不亮", "text": "路灯不亮", "phone": PHONE});
    for channel in ["email", "letter", "leader_sms", "public_sms", "radio", "village_agent"] {
        let made = world.post("clerk", "/cases", with(&given, &json!({"channel": channel}))).await;
        assert_eq!(made.status, 201, "{channel}: {}", made.body);
        let path = format!("/cases/{}", body(&made)["name"].as_str().unwrap());
        assert_eq!(body(&world.get("clerk", &path).await)["channel"], channel);
    }
    for channel in
        ["phone", "voicemail", "text", "abandoned", "callback_request", "upload", "pigeon"]
    {
        let refused =
            world.post("clerk", "/cases", with(&given, &json!({"channel": channel}))).await;
        assert_eq!(refused.status, 400, "{channel}: {}", refused.body);
    }
}

#[tokio::test]
async fn what_is_too_long_to_be_kept_is_refused_and_not_cut() {
    let world = World::open().await;
    let given = json!({"summary": "路灯不亮", "text": "路灯不亮", "phone": PHONE});
    for (field, chars) in [("text", TEXT_CHARS_MAX), ("citizen", DISPLAY_CHARS_MAX), ("key", 100)] {
        let of = |chars: usize| with(&given, &json!({field: "a".repeat(chars)}));
        let refused = world.post("clerk", "/cases", of(chars + 1)).await;
        assert_eq!(refused.status, 400, "{field}: {}", refused.body);
        let made = world.post("clerk", "/cases", of(chars)).await;
        assert_eq!(made.status, 201, "{field}: {}", made.body);
        let path = format!("/cases/{}", body(&made)["name"].as_str().unwrap());
        let text = body(&world.get("clerk", &path).await)["text"].as_str().unwrap().chars().count();
        assert_eq!(text, if field == "text" { chars } else { 4 }, "{field}: nothing is cut");
    }
    assert_eq!(world.post("clerk", "/cases", with(&given, &json!({"key": " "}))).await.status, 400);
}

#[tokio::test]
async fn an_old_key_tells_neither_a_seal_nor_a_recusal() {
    let world = World::open().await;
    let unknown = World::bytes(&world.get("clerk", &format!("/cases/{}", world.unknown())).await);
    let given = |key: &str| json!({"key": key, "summary": "举报", "text": "举报", "phone": PHONE});
    let number = async |key: &str| {
        let made = world.post("clerk", "/cases", given(key)).await;
        assert_eq!(made.status, 201, "{}", made.body);
        body(&made)["name"].as_str().unwrap().to_owned()
    };
    let (sealed, recused) = (number("sealed").await, number("recused").await);
    assert_eq!(number("sealed").await, sealed, "his own case, as long as he may know of it");
    let seal = [(Role::Clerk, Task::ProposeSeal), (Role::Director, Task::ConfirmSeal)];
    for (role, task) in seal {
        world.act(&sealed, role, "", task);
        let again = world.post("clerk", "/cases", given("sealed")).await;
        assert_eq!(World::bytes(&again), unknown);
    }
    world.act(&recused, Role::Director, "", Task::Recuse("clerk".to_owned()));
    let again = world.post("clerk", "/cases", given("recused")).await;
    assert_eq!(World::bytes(&again), unknown);
    assert_ne!(number("another").await, recused, "a new key is a new case");
}

#[tokio::test]
async fn whoever_takes_a_contact_down_is_told_what_it_seems_to_be() {
    let world = World::open().await;
    let given =
        |phone: &str, text: &str| json!({"summary": "路灯不亮", "text": text, "phone": phone});
    let lamp = "北宿镇羊厂路口路灯不亮";
    let first = body(&world.post("clerk", "/cases", given(PHONE, lamp)).await);
    let hints = &first["hints"];
    assert_eq!((&hints["duplicates"], &hints["risks"]), (&json!([]), &json!([])), "{first}");
    let again = body(&world.post("clerk", "/cases", given(PHONE, lamp)).await);
    let duplicates = &again["hints"]["duplicates"];
    assert_eq!(
        (&duplicates[0]["number"], &duplicates[0]["percent"]),
        (&first["name"], &100.into())
    );
    assert_eq!(again["hints"]["repeats"], json!([]), "{again}");
    let grave = format!("{lamp}，再不管我就喝农药");
    let other = body(&world.post("operator", "/cases", given("19900000018", &grave)).await);
    let repeats = other["hints"]["repeats"].as_array().unwrap();
    assert_eq!(repeats.len(), 2, "{other}");
    let risk = &other["hints"]["risks"][0];
    assert_eq!((&risk["risk"], &risk["words"]), (&"suicide".into(), &json!(["喝农药"])));
    // The flag stays with the case, and raises nothing by itself.
    let case = format!("/cases/{}", other["name"].as_str().unwrap());
    let shown = body(&world.get("clerk", &case).await);
    assert_eq!(
        (&shown["risks"][0]["risk"], &shown["urgency"]),
        (&"suicide".into(), &"normal".into())
    );
    // What is under seal is named to nobody.
    world.act(first["name"].as_str().unwrap(), Role::Clerk, "", Task::ProposeSeal);
    let third = body(&world.post("clerk", "/cases", given(PHONE, lamp)).await);
    assert!(!third["hints"].to_string().contains(first["name"].as_str().unwrap()), "{third}");
    assert_eq!(third["hints"]["duplicates"][0]["number"], again["name"]);
}

#[tokio::test]
async fn a_risk_word_flags_a_case_whatever_way_it_came() {
    let world = World::open().await;
    for kind in [IntakeKind::Text, IntakeKind::Attended] {
        let text = Some("有人说要去北京上访".to_owned());
        let new = NewIntake { text, ..intake(&format!("{kind:?}"), kind) };
        let case = world.store(new);
        let shown = body(&world.get("director", &format!("/cases/{case}")).await);
        let risk = &shown["risks"][0];
        assert_eq!(
            (&risk["risk"], &risk["title"]),
            (&"petition".into(), &"越级上访".into()),
            "{shown}"
        );
        assert_eq!(risk["words"], json!(["上访", "去北京"]));
    }
    let letter =
        json!({"channel": "letter", "summary": "信访", "text": "要去北京上访", "phone": PHONE});
    assert_eq!(world.post("clerk", "/cases", letter).await.status, 201);
    let listed = body(&world.get("clerk", "/cases").await);
    let listed = listed["cases"].as_array().unwrap();
    assert_eq!(listed.len(), 3);
    assert!(listed.iter().all(|case| case["risks"][0]["risk"] == "petition"), "{listed:?}");
}

#[tokio::test]
async fn a_flag_is_listed_by_its_concern_until_whoever_classifies_marks_it_as_false() {
    let world = World::open().await;
    let mut names = vec![];
    for text in ["要去北京上访", "再不管我就喝农药", "路灯不亮", "全村人要去北京上访"]
    {
        let given = json!({"summary": "信访", "text": text, "phone": PHONE});
        let made = body(&world.post("clerk", "/cases", given).await);
        names.push(made["name"].as_str().unwrap().to_owned());
    }
    world.act(&names[3], Role::Clerk, "", Task::ProposeSeal);
    let listed = async |account: &str, risk: &str| {
        let list = world.get(account, &format!("/cases?risk={risk}")).await;
        assert_eq!(list.status, 200, "{account} {risk}: {}", list.body);
        let list = body(&list);
        let cases = list["cases"].as_array().unwrap().iter();
        cases.map(|case| case["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (first, second) = (names[0].clone(), names[1].clone());
    assert_eq!(listed("clerk", "petition").await, std::slice::from_ref(&first));
    assert_eq!(listed("clerk", "any").await, [second.clone(), first.clone()]);
    assert!(listed("clerk", "crowd").await.is_empty());
    // Who is shown the topic alone, and who decides on a seal, learn nothing by asking.
    assert!(listed("host", "any").await.is_empty());
    assert_eq!(listed("director", "any").await.len(), 2);
    assert_eq!(world.get("clerk", "/cases?risk=weather").await.status, 400);
    let (path, sealed) = (format!("/cases/{first}"), format!("/cases/{}", names[3]));
    let before = body(&world.get("clerk", &path).await);
    let mark = async |account: &str, path: &str, risk: &str, reason: &str| {
        let given = json!({"risk": risk, "reason": reason});
        world.post(account, &format!("{path}/false-alarms"), given).await
    };
    for (account, path, risk, reason, status) in [
        ("city_leader", path.as_str(), "petition", "口头语", 403),
        ("handler", path.as_str(), "petition", "口头语", 403),
        ("clerk", path.as_str(), "petition", " x", 422),
        ("clerk", path.as_str(), "weather", "口头语", 400),
        ("clerk", path.as_str(), "suicide", "口头语", 409),
        ("clerk", sealed.as_str(), "petition", "口头语", 404),
        ("director", sealed.as_str(), "petition", "口头语", 404),
        ("clerk", path.as_str(), "petition", "口头语", 200),
        ("clerk", path.as_str(), "petition", "口头语", 409),
    ] {
        let answer = mark(account, path, risk, reason).await;
        assert_eq!(answer.status, status, "{account} {risk} {reason}: {}", answer.body);
    }
    assert_eq!(listed("clerk", "any").await, [second]);
    let after = body(&world.get("clerk", &path).await);
    assert_eq!((&before["risks"][0]["risk"], &after["risks"]), (&"petition".into(), &json!([])));
    for field in ["state", "disposition", "urgency", "unit", "last_event"] {
        assert_eq!(after[field], before[field], "{field}");
    }
}

impl World {
    /// A case with secrecy that an account took down.
    async fn secret_of(&self, account: &str) -> String {
        let given = json!({"key": "s", "summary": "举报", "text": "举报", "phone": PHONE});
        let made = body(&self.post(account, "/cases", given).await);
        let case = made["name"].as_str().unwrap().to_owned();
        let secrecy = json!({"do": "secrecy"});
        assert_eq!(self.command(account, &case, secrecy).await.status, 200);
        case
    }
}

#[tokio::test]
async fn lists_come_in_pages_that_miss_and_repeat_nothing() {
    let world = World::open().await;
    let mut all: Vec<String> = (0..7).map(|n| world.accepted(&format!("k{n}"))).collect();
    all.push(world.assigned("other", "unit.09", IntakeKind::CallbackRequest));
    world.sealed("sealed");
    let (mut seen, mut after) = (vec![], String::new());
    loop {
        let page = body(&world.get("clerk", &format!("/cases?limit=3{after}")).await);
        let cases = page["cases"].as_array().unwrap();
        assert!(cases.len() <= 3);
        seen.extend(cases.iter().map(|case| case["name"].as_str().unwrap().to_owned()));
        match page["next"].as_i64() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    all.reverse();
    assert_eq!(seen, all, "newest first, without the sealed one");
    let names = async |query: &str| {
        let answer = world.get("clerk", &format!("/cases?{query}")).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.body);
        body(&answer)["cases"].as_array().unwrap().len()
    };
    assert_eq!(names("state=assigned").await, 1);
    assert_eq!(names("unit=unit.09").await, 1);
    assert_eq!(names("channel=callback_request").await, 1);
    assert_eq!(names("from=2026-11-22&to=2026-11-22").await, 8);
    assert_eq!(names("from=2026-11-23").await, 0);
    for wrong in ["limit=0", "limit=101", "state=vanished", "from=someday", "more=1"] {
        let refused = world.get("clerk", &format!("/cases?{wrong}")).await;
        assert_eq!(refused.status, 400, "{wrong}: {}", refused.body);
    }
    let of_unit = body(&world.get("handler9", "/cases").await);
    assert_eq!(of_unit["cases"].as_array().unwrap().len(), 1, "{of_unit}");
    assert_eq!(of_unit["cases"][0]["name"], all[0]);
}

/// domain.md 6.3: a day has 9,999 numbers, and whoever asks for one more is told so in words.
#[tokio::test]
async fn past_the_last_number_of_the_day_nothing_is_accepted_and_nothing_half_stored() {
    let world = World::open().await;
    let given = json!({"text": "路灯不亮", "phone": PHONE});
    let draft = body(&world.post("director", "/cases", given.clone()).await);
    let draft = draft["name"].as_str().unwrap();
    let db = rusqlite::Connection::open(world.folder.path().join("mayorline.db")).unwrap();
    leave(world.folder.path(), 261_122, 0);
    let accept = json!({"do": "accept", "summary": "路灯不亮"});
    let numbered = with(&given, &json!({"key": "k", "summary": "路灯不亮"}));
    for refused in [
        world.command("clerk", draft, accept.clone()).await,
        world.post("clerk", "/cases", numbered.clone()).await,
    ] {
        assert_eq!((refused.status, &body(&refused)["rule"]), (503, &"6.3".into()));
        let sentence = "今天的事项编号已用完，请立即报告管理员。";
        assert_eq!(body(&refused)["sentence"], sentence);
    }
    let cases = world.reader().cases(10).unwrap();
    assert_eq!((cases.len(), cases[0].state.as_str()), (1, "draft"));
    // As after midnight.
    db.execute_batch("DROP TRIGGER day_sequence_is_kept; DELETE FROM day_sequence").unwrap();
    assert_eq!(world.command("clerk", draft, accept).await.status, 200);
    assert_eq!(world.post("clerk", "/cases", numbered).await.status, 201);
}
