//! The samples of domain.md 4.3, and what holds for any values.

use super::*;
use crate::domain::case::Nature;
use crate::units::{CaseNumber, PhoneNumber, QueryCode};
use jiff::civil::{date, time};
use proptest::prelude::*;

fn case() -> CaseNumber {
    CaseNumber::parse("26112200131").unwrap()
}

fn code() -> QueryCode {
    QueryCode::parse("4821").unwrap()
}

fn digest() -> DayDigest {
    DayDigest {
        day: date(2026, 11, 22),
        received: 16,
        calls: 9,
        texts: 3,
        mails: 4,
        assigned: 11,
        answered: 12,
        overdue: 0,
        dissatisfied: 1,
        own: 2,
    }
}

/// Every text with words of others in the places for them.
fn all<'a>(words: [&'a str; 8], phone: &'a PhoneNumber) -> [ShortText<'a>; 31] {
    let (case, code, due, later) = (case(), code(), date(2026, 11, 27), date(2026, 12, 4));
    let [unit, reason, result, state, channel, leaders, summary, whom] = words;
    let nature = Nature::Complaint;
    [
        ShortText::Ack { case, code, days: 5, due },
        ShortText::AckShort { case, code },
        ShortText::AskMore { case },
        ShortText::Assigned { case, unit, due },
        ShortText::Extended { case, due: later, reason },
        ShortText::Reply { case, result, unit, phone },
        ShortText::Survey { case },
        ShortText::SurveyThanks,
        ShortText::UnsatisfiedRedo { case, due: later },
        ShortText::Status { case, state, unit, due },
        ShortText::StatusNeutral { case },
        ShortText::BadQuery,
        ShortText::RejectLegal { case, channel },
        ShortText::Emergency,
        ShortText::Merged { case },
        ShortText::Missed { minutes: 30 },
        ShortText::ListeningDay {
            date: date(2026, 12, 1),
            from: time(9, 0, 0, 0),
            to: time(11, 0, 0, 0),
            leaders,
        },
        ShortText::EvaluationNotice,
        ShortText::UnitAssign { case, nature, summary, days: 1, due, hour: 18 },
        ShortText::UnitWarn { case, days: 1, whom },
        ShortText::UnitOverdue { case, days: 1, whom },
        ShortText::LeaderDigest(digest()),
        ShortText::OneTimeCode { code: OneTimeCode::parse("482193").unwrap(), minutes: 5 },
        ShortText::Help,
        ShortText::Stopped,
        ShortText::WithdrawAsked { case },
        ShortText::StatusBare { case, state },
        ShortText::ReplyBare { case, result, unit },
        ShortText::UnitRemind { case, whom },
        ShortText::UnitHelp { case, nature, summary, due, hour: 18 },
        ShortText::UnitRead { case, nature, summary },
    ]
}

fn phone(digits: &str) -> PhoneNumber {
    PhoneNumber::parse(digits).unwrap()
}

/// Number, units, messages, text: as printed in domain.md 4.3, and behind them our own. A warning says who
/// answers for the case beside what is printed (domain.md E4, B4).
const SAMPLES: [(&str, usize, usize, &str); 31] = [
    (
        "S01",
        85,
        2,
        "【邹城社情民意】您反映的事项已登记，编号26112200131，查询码4821。承办单位将在5日内答复，最迟11月27日。回复CX加编号加查询码可查进度。请勿外泄查询码。",
    ),
    (
        "S02",
        50,
        1,
        "【邹城社情民意】已收到您的短信，编号26112200131，查询码4821，我们会尽快办理并答复您。",
    ),
    (
        "S03",
        53,
        1,
        "【邹城社情民意】编号26112200131：请补充事发地点（镇街、村居、路段）和时间，直接回复本短信即可。",
    ),
    ("S04", 44, 1, "【邹城社情民意】编号26112200131已交市城市管理局办理，最迟11月27日答复您。"),
    (
        "S05",
        53,
        1,
        "【邹城社情民意】编号26112200131情况较复杂，经批准办理期限延至12月4日，原因：需更换地下管线。",
    ),
    (
        "S06",
        71,
        2,
        "【邹城社情民意】编号26112200131办理结果：北宿镇路口路灯已于11月24日修复。承办单位：市城市管理局，电话053700000000。",
    ),
    (
        "S07",
        59,
        1,
        "【邹城社情民意】编号26112200131已答复。请评价：回复1满意，2比较满意，3基本满意，4不满意。感谢您的监督。",
    ),
    ("S08", 19, 1, "【邹城社情民意】已收到您的评价，谢谢。"),
    (
        "S09",
        55,
        1,
        "【邹城社情民意】编号26112200131：您的意见已收到，我们已要求承办单位重新办理，最迟12月4日答复您。",
    ),
    (
        "S10",
        49,
        1,
        "【邹城社情民意】编号26112200131：正在办理，承办单位市城市管理局，最迟11月27日答复。",
    ),
    ("S11", 43, 1, "【邹城社情民意】编号26112200131：您反映的事项已按规定程序转交有关单位办理。"),
    (
        "S12",
        39,
        1,
        "【邹城社情民意】未找到对应事项，请核对编号和查询码后再试，或拨打公开电话查询。",
    ),
    (
        "S13",
        63,
        1,
        "【邹城社情民意】编号26112200131：该事项依法应通过诉讼（仲裁、行政复议）途径解决，请向有关机关提出，详情可来电咨询。",
    ),
    ("S14", 39, 1, "【邹城社情民意】紧急情况请立即拨打110、119或120。我们已通知值班人员。"),
    (
        "S15",
        46,
        1,
        "【邹城社情民意】您反映的事项与编号26112200131相同，已合并办理，进展将一并告知您。",
    ),
    (
        "S16",
        50,
        1,
        "【邹城社情民意】您刚才的来电未能及时接通，很抱歉，我们将在30分钟内回拨。也可直接回复短信说明事项。",
    ),
    (
        "S17",
        54,
        1,
        "【邹城社情民意】12月1日（周二）9:00至11:00，市政府领导接听公开电话，欢迎来电反映情况。退订回T。",
    ),
    (
        "S18",
        49,
        1,
        "【邹城社情民意】本市近期开展部门民主评议电话访问，访问员不会询问银行卡、密码，感谢配合。拒访回T。",
    ),
    (
        "S19",
        59,
        1,
        "【交办】编号26112200131，投诉，北宿镇路灯不亮。请1个工作日内签收，11月27日18时前办复。登录系统查看。",
    ),
    (
        "S20",
        64,
        1,
        "【预警】编号26112200131距办复时限不足1个工作日，请抓紧办理并反馈。责任人：承办人员丁（科员）；抄送首问负责人801。",
    ),
    (
        "S21",
        68,
        1,
        "【超期】编号26112200131已超办复时限1天，已列入督办，请立即反馈并说明原因。责任人：承办人员丁（科员）；抄送首问负责人801。",
    ),
    (
        "S22",
        56,
        1,
        "【日汇总】11月22日：收16件，电话9短信3邮件4，交办11，办复12，超期0，不满意1。您名下短信2件待阅。",
    ),
    ("S23", 34, 1, "【邹城社情民意】登录验证码482193,5分钟内有效，请勿告知他人。"),
    (
        "S24",
        53,
        1,
        "【邹城社情民意】直接发送短信即可反映事项。CX加编号加查询码查进度，撤回加编号加查询码申请撤回，退订回T。",
    ),
    ("S25", 35, 1, "【邹城社情民意】已停止向您发送通知类短信，您所反映事项的答复不受影响。"),
    ("S26", 42, 1, "【邹城社情民意】编号26112200131：已收到您的撤回申请，我们将来电与您核实。"),
    ("S27", 27, 1, "【邹城社情民意】编号26112200131：正在办理。"),
    (
        "S28",
        56,
        1,
        "【邹城社情民意】编号26112200131办理结果：北宿镇路口路灯已于11月24日修复。承办单位：市城市管理局。",
    ),
    (
        "S29",
        57,
        1,
        "【催办】编号26112200131：请尽快签收、办理，按期办复。责任人：承办人员丁（科员）；抄送首问负责人801。",
    ),
    (
        "S30",
        59,
        1,
        "【协办】编号26112200131，投诉，北宿镇路灯不亮。请配合主办单位办理，11月27日18时前办复。登录系统查看。",
    ),
    ("S31", 40, 1, "【阅知】编号26112200131，投诉，北宿镇路灯不亮。请登录系统查看并签阅。"),
];

const SAMPLE_WORDS: [&str; 8] = [
    "市城市管理局",
    "需更换地下管线",
    "北宿镇路口路灯已于11月24日修复",
    "正在办理",
    "诉讼（仲裁、行政复议）",
    "市政府领导",
    "北宿镇路灯不亮",
    "承办人员丁（科员）；抄送首问负责人801",
];

#[test]
fn each_sample_of_the_table_is_written_in_the_listed_units_and_messages() {
    let phone = phone("053700000000");
    let signature = Signature::default();
    for (text, (code, units, parts, sample)) in all(SAMPLE_WORDS, &phone).iter().zip(SAMPLES) {
        let written = text.write(&signature);
        assert_eq!((written.template.code(), written.text.as_str()), (code, sample));
        assert_eq!((written.units(), written.parts()), (units, parts), "{code}");
    }
}

#[test]
fn the_rows_stand_in_order_and_are_found_by_their_numbers() {
    for (at, template) in TEMPLATES.iter().enumerate() {
        assert_eq!(template.code, format!("S{:02}", at + 1));
        assert_eq!(template.id.template(), template);
        assert_eq!(TemplateId::of_code(template.code), Some(template.id));
    }
    assert_eq!(TemplateId::of_code("S32"), None);
}

#[test]
fn the_values_come_in_the_order_of_the_text_and_no_placeholder_is_left() {
    let phone = phone("053700000000");
    for text in all(SAMPLE_WORDS, &phone) {
        let written = text.write(&Signature::default());
        let names: Vec<&str> = written.params.iter().map(|param| param.name).collect();
        let wanted: Vec<&str> = text.template().placeholders().collect();
        assert_eq!(names, wanted, "{text:?}");
        assert!(!written.text.contains(['{', '}']), "{text:?}");
        assert!(written.params.iter().all(|param| !param.value.is_empty()), "{text:?}");
    }
}

#[test]
fn the_signature_is_of_the_city_and_only_on_texts_to_citizens() {
    let phone = phone("053700000000");
    let other = Signature::parse("曲阜12345热线").unwrap();
    for text in all(SAMPLE_WORDS, &phone) {
        let (here, there) = (text.write(&Signature::default()).text, text.write(&other).text);
        match text.template().head {
            Head::Signature => {
                let rest = here.strip_prefix("【邹城社情民意】").unwrap();
                assert_eq!(there.strip_prefix("【曲阜12345热线】"), Some(rest));
            }
            Head::Own(_) => assert_eq!(here, there),
        }
        assert!(!text.template().text.contains("邹城"), "{text:?}");
    }
    for refused in ["", "市", "【市】", "邹城 市", "一二三四五六七八九十一二三", "a\nb"]
    {
        assert!(Signature::parse(refused).is_err(), "{refused}");
    }
}

#[test]
fn a_long_result_is_cut_and_says_where_the_rest_is() {
    let (case, phone) = (case(), phone("053700000000"));
    let result = "经查，该路段路灯线路老化，已安排更换。".repeat(10);
    let text =
        ShortText::Reply { case, result: &result, unit: "市城市管理局", phone: &phone };
    let written = text.write(&Signature::default());
    let value = &written.params[1].value;
    assert!(value.ends_with("……详情请查询"), "{value}");
    assert!(units(value) <= RESULT_UNITS_MAX && units(value) > RESULT_UNITS_MAX - 4, "{value}");
    assert_eq!(written.parts(), 3);
    assert!(written.text.ends_with("……详情请查询。承办单位：市城市管理局，电话053700000000。"));
    // What just fits is whole.
    let whole = "满".repeat(RESULT_UNITS_MAX);
    let text = ShortText::Reply { case, result: &whole, unit: "局", phone: &phone };
    assert_eq!(text.write(&Signature::default()).params[1].value, whole);
    assert!(is_whole_result(&format!("{whole}。\n")) && !is_whole_result(&result));
}

#[test]
fn words_of_others_stay_within_our_sentence() {
    let (case, due) = (case(), date(2026, 11, 27));
    let unit = "【某贷款】市\r\n城市\u{200B}管理局。。";
    let text = ShortText::Assigned { case, unit, due }.write(&Signature::default()).text;
    assert_eq!(
        text,
        "【邹城社情民意】编号26112200131已交（某贷款）市 城市管理局办理，最迟11月27日答复您。"
    );
}

#[test]
fn secrets_and_words_do_not_show_in_debug_output() {
    let phone = phone("19900000017");
    for text in all(SAMPLE_WORDS, &phone) {
        let written = text.write(&Signature::default());
        let shown = format!("{text:?} {written:?} {:?}", written.params);
        for secret in ["4821", "路灯", "管理局", "19900000017", "26112200131"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
    let code = OneTimeCode::parse("004821").unwrap();
    assert_eq!((format!("{code:?}"), code.reveal()), ("******".to_owned(), "004821".to_owned()));
    assert_eq!(OneTimeCode::new(4_821), Some(code));
    assert_eq!(OneTimeCode::new(1_000_000), None);
    assert!(OneTimeCode::parse("48219").is_err() && OneTimeCode::parse("48219x").is_err());
}

proptest! {
    #[test]
    fn messages_are_counted_as_they_are_cut(text in "([一-十]|😀|[a-z]){0,300}") {
        // One character that seven bits do not have, as every text here has.
        let text = format!("【{text}");
        prop_assert_eq!(parts(&text), crate::wire::sms::parts_of(&text));
    }

    #[test]
    fn no_words_make_a_text_of_more_messages_than_allowed(
        words in proptest::array::uniform8("([\u{4E00}-\u{4E20}😀。【】 \n]|[a-z]){0,300}"),
    ) {
        let words = [0, 1, 2, 3, 4, 5, 6, 7].map(|at: usize| words[at].as_str());
        let phone = phone("12345678901234567890");
        let signature = Signature::parse("一二三四五六七八九十十二").unwrap();
        for text in all(words, &phone) {
            let written = text.write(&signature);
            prop_assert!(written.parts() <= PARTS_MAX, "{written:?}");
            prop_assert_eq!(written.text.matches('【').count(), 1);
            let is_plain = !written.text.contains(['\n', '{', '}']);
            prop_assert!(is_plain, "{written:?}");
        }
    }
}

/// Providers are told each text word by word before it is sent: whoever configures one reads them there.
#[test]
fn each_template_stands_in_its_document() {
    let page = include_str!("../../../../docs/texts.zh-CN.md");
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| S")).collect();
    let expected: Vec<String> = TEMPLATES
        .iter()
        .map(|template| {
            let head = match template.head {
                Head::Signature => "签名",
                Head::Own(head) => head,
            };
            format!("| {} | {head} | {} |", template.code, template.text)
        })
        .collect();
    assert_eq!(rows, expected);
}
