//! Plans and pieces; the readings themselves have their table in `tests/speech`.

use super::lexicon::{Lexicon, Saying, Tune};
use super::script::{Format, Part, Script, ScriptError};
use super::{BETWEEN_PROMPTS, Piece, Plan, PromptId, Value, plan, say, say_time};
use crate::units::{CaseNumber, PhoneNumber, QueryCode};
use jiff::ToSpan;
use jiff::civil::{date, time};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

fn case() -> CaseNumber {
    CaseNumber::parse("26112200131").unwrap()
}

/// A plan as words: clip texts in order, a pause as a blank, between pieces of a number as a dash.
fn heard(plan: &Plan) -> String {
    let texts = texts();
    let between_pieces = [Saying::First, Saying::Again].map(|s| Lexicon::builtin().piece_pause(s));
    plan.pieces
        .iter()
        .map(|piece| match piece {
            Piece::Clip(id) => texts[id.as_ref()].as_str(),
            Piece::Pause(length) if between_pieces.contains(length) => "-",
            Piece::Pause(_) => " ",
            Piece::Tone => "*",
            Piece::Rendered(_) => "+",
        })
        .collect()
}

fn ids(plan: &Plan) -> Vec<&str> {
    let mut ids = Vec::new();
    for piece in &plan.pieces {
        if let Piece::Clip(id) = piece {
            ids.push(id.as_ref());
        }
    }
    ids
}

fn texts() -> BTreeMap<String, String> {
    let pieces = Lexicon::builtin().clips().map(|(id, text)| (id.to_string(), text.to_owned()));
    let parts = Script::builtin().prompts().flat_map(|(_, parts)| parts);
    let sentences = parts.filter_map(|part| match part {
        Part::Clip(id, text) => Some((id.to_string(), text.clone())),
        _ => None,
    });
    pieces.chain(sentences).collect()
}

/// A value of the right kind for a slot.
fn sample(format: Format) -> Value<'static> {
    match format {
        Format::Digits => Value::Digits("19900000017"),
        Format::Cardinal | Format::Liang | Format::Ordinal => Value::Number(2),
        Format::Ymd | Format::Md | Format::Wd => Value::Date(date(2026, 12, 1)),
        Format::Time => Value::Time(time(14, 30, 0, 0)),
        Format::Word => Value::Word("unit.08"),
    }
}

#[test]
fn script_and_enum_name_the_same_prompts() {
    let script: BTreeSet<&str> = Script::builtin().prompts().map(|(id, _)| id).collect();
    let named: BTreeSet<&str> = PromptId::ALL.iter().map(|id| id.as_str()).collect();
    assert_eq!(script, named);
    assert_eq!(named.len(), PromptId::ALL.len());
    assert!(named.len() >= 127 + 40, "{}", named.len());
}

#[test]
fn case_number_is_said_in_pairs_and_twice() {
    let plan = plan(PromptId::M05, &[("case_no", Value::Case(case()))]);
    assert_eq!(plan.ids, ["M05"]);
    assert_eq!(
        heard(&plan),
        "留言已登记，编号是二六-幺幺-二二 零零-幺三 幺 我重复一遍 二六-幺幺-二二 零零-幺三 幺"
    );
    let number = ["d.26.m", "d.11.m", "d.22.m", "d.00.m", "d.13.m", "d.1.f"];
    assert_eq!(ids(&plan)[1..7], number);
}

#[test]
fn pauses_leave_time_to_write_and_more_when_the_number_is_said_again() {
    let said = plan(PromptId::M05, &[("case_no", Value::Case(case()))]);
    let pauses: Vec<u128> = said
        .pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::Pause(length) => Some(length.as_millis()),
            _ => None,
        })
        .collect();
    // Between: the ends of two sentences, before and after 我重复一遍.
    let between = [250, 120];
    let (first, again) = ([150, 150, 450, 150, 450], [300, 300, 700, 300, 700]);
    assert_eq!(pauses, [&first[..], &between, &again].concat());
    // domain.md 4.2, row 2: at least 250 ms between groups.
    let least = Duration::from_millis(250);
    assert!(Lexicon::builtin().group_pause(Saying::First) >= least);
    let code = Value::Code(QueryCode::parse("4821").unwrap());
    let said = plan(PromptId::M06, &[("pin", code)]);
    assert_eq!(heard(&said), "您的查询码是四八-二幺 我重复一遍 四八-二幺");
}

#[test]
fn code_and_telephone_number_are_said_digit_by_digit() {
    let code = QueryCode::parse("0000").unwrap();
    let said = plan(PromptId::M06, &[("pin", Value::Code(code))]);
    assert_eq!(ids(&said), ["M06.1", "d.00.m", "d.00.f", "M06.2", "d.00.m", "d.00.f"]);
    let phone = PhoneNumber::parse("19900000017").unwrap();
    let said = plan(PromptId::Q07, &[("phone", Value::Phone(&phone))]);
    assert_eq!(heard(&said), "您输入的是幺九-九 零零-零零 零零-幺七 确认请按一，重新输入请按二");
    let said = plan(PromptId::Q05, &[("tail4", Value::Digits(phone.tail4()))]);
    assert!(heard(&said).contains("尾号零零-幺七 确认"), "{}", heard(&said));
}

#[test]
fn debug_output_shows_no_digit_that_is_read() {
    let code = Value::Code(QueryCode::parse("4821").unwrap());
    let phone = PhoneNumber::parse("19900000017").unwrap();
    let shown = format!("{:?}", plan(PromptId::M06, &[("pin", code)]));
    assert!(shown.contains("Clip(M06.1), Clip(d.*), Pause(150ms), Clip(d.*)"), "{shown}");
    let values = [code, Value::Phone(&phone), Value::Digits("0017")];
    assert_eq!(format!("{values:?}"), "[Code(****), Phone(199****0017), Digits(*4)]");
}

#[test]
fn status_sentence_has_date_nature_and_unit() {
    let said = plan(
        PromptId::L07,
        &[
            ("case_no", Value::Case(case())),
            ("date", Value::Date(date(2026, 11, 22))),
            ("type", Value::Word("nature.help")),
        ],
    );
    assert!(
        heard(&said).ends_with(" 您于二零二六年十一月二十二日反映的求助事项"),
        "{}",
        heard(&said)
    );
    let said = plan(PromptId::ST05, &[("dept", Value::Word("unit.08"))]);
    assert_eq!(heard(&said), format!("{}正在办理", texts()["unit.08"]));
    let said = plan(
        PromptId::DL01,
        &[("date", Value::Date(date(2026, 12, 1))), ("wd", Value::Date(date(2026, 12, 1)))],
    );
    assert_eq!(heard(&said), "最迟答复日期是二零二六年十二月一日 星期二");
    let said = plan(PromptId::DL02, &[("n", Value::Number(2))]);
    assert_eq!(heard(&said), "距离答复期限还有两天");
    let said = plan(PromptId::DL02, &[("n", Value::Number(23))]);
    assert_eq!(heard(&said), "距离答复期限还有二十三天");
}

#[test]
fn unknown_unit_is_said_as_the_unit_in_charge() {
    for values in [&[("dept", Value::Word("unit.999"))][..], &[]] {
        assert_eq!(heard(&plan(PromptId::ST05, values)), "承办单位正在办理");
    }
}

#[test]
fn missing_or_wrong_value_leaves_the_slot_out() {
    let said = plan(PromptId::DL02, &[("n", Value::Word("unit.01"))]);
    assert_eq!(heard(&said), "距离答复期限还有");
    let said = plan(PromptId::M05, &[]);
    assert_eq!(heard(&said), "留言已登记，编号是 我重复一遍 ");
}

#[test]
fn every_slot_of_the_script_has_a_spoken_form() {
    for (id, parts) in Script::builtin().prompts() {
        let id = *PromptId::ALL.iter().find(|prompt| prompt.as_str() == id).unwrap();
        let slots = parts.iter().filter_map(|part| match part {
            Part::Slot(slot) => Some(slot),
            _ => None,
        });
        let slots: Vec<_> = slots.collect();
        let values: Vec<_> =
            slots.iter().map(|slot| (slot.name.as_str(), sample(slot.format))).collect();
        let clips = parts.iter().filter(|part| matches!(part, Part::Clip(..))).count();
        let said = plan(id, &values);
        assert!(ids(&said).len() >= clips + slots.len(), "{id:?}: {}", heard(&said));
        for slot in &slots {
            if slot.format == Format::Word {
                let said = plan(id, &[]);
                assert!(ids(&said).len() > clips.min(1) - 1, "{id:?} {}", slot.name);
            }
        }
    }
}

#[test]
fn every_number_date_and_time_is_covered_by_pieces() {
    let texts = texts();
    let check = |spoken: &str| {
        let covered: String = Lexicon::builtin()
            .number(spoken)
            .iter()
            .map(|id| texts[id.as_ref()].as_str())
            .collect();
        assert_eq!(covered, spoken);
    };
    for n in (0..3_000).chain((3_000..100_000_000).step_by(104_729)) {
        check(&say::cardinal(n));
        check(&say::liang(n));
        check(&say::ordinal(n));
    }
    for measure in ["天", "次", "位", "分钟", "件", "小时", "个", "个工作日", "秒"] {
        (0..120).for_each(|n| check(&say::count(n, measure)));
    }
    for day in date(2024, 1, 1).series(1.day()).take(5_000) {
        check(&say_time::ymd(day));
        check(say_time::weekday(day));
    }
    for hour in 0..24 {
        (0..60).for_each(|minute| check(&say_time::time(time(hour, minute, 0, 0))));
    }
    for text in ["36.9", "-0.5", "99.7"] {
        check(&say::decimal(text));
        check(&say::percent(text));
    }
    check(&say::money(123_405));
}

#[test]
fn every_run_of_digits_is_covered_and_ends_with_its_tune() {
    let texts = texts();
    for n in 0..100_000_u32 {
        let spoken = say::digits(&n.to_string());
        let pieces = Lexicon::builtin().digits(&spoken, Tune::Final);
        let covered: String = pieces.iter().map(|id| texts[id.as_ref()].as_str()).collect();
        assert_eq!(covered, spoken);
        let (last, before) = pieces.split_last().unwrap();
        assert!(last.ends_with(".f") && before.iter().all(|id| id.ends_with(".m")));
    }
}

#[test]
fn prompts_follow_each_other_with_a_breath() {
    let both = plan(PromptId::G01, &[]).then(plan(PromptId::G02, &[]));
    assert_eq!(both.ids, ["G01", "G02"]);
    assert_eq!(both.pieces[1], Piece::Pause(BETWEEN_PROMPTS));
    assert_eq!(both.pieces.len(), 3);
    assert_eq!(Plan::default().then(Plan::default()), Plan::default());
    assert!(Plan::default().is_silent() && !both.is_silent());
    assert_eq!(plan(PromptId::M01, &[]).then_tone().pieces.last(), Some(&Piece::Tone));
}

#[test]
fn neighbouring_pauses_do_not_add_up() {
    let mut plan = Plan::default();
    plan.pause(Duration::from_millis(100));
    plan.pause(Duration::from_millis(250));
    plan.pause(Duration::from_millis(50));
    assert_eq!(plan.pieces, [Piece::Pause(Duration::from_millis(250))]);
}

#[test]
fn nothing_said_without_seats_promises_a_person() {
    // B01 says that nobody can be reached; everything else must not speak of a person at all.
    let promises = ["人工服务", "接人工", "话务员将", "为您接通", "话务员正在"];
    let quiet = |id: &str| id.ends_with('N') || (id.starts_with('B') && id != "B01");
    for (id, parts) in Script::builtin().prompts().filter(|(id, _)| quiet(id)) {
        for part in parts {
            let Part::Clip(_, text) = part else { continue };
            let denied = text.contains("无法转接人工") || text.contains("没有人工");
            let promise = promises.iter().find(|promise| text.contains(**promise));
            assert!(promise.is_none() || denied, "{id}: {text}");
        }
    }
}

#[test]
fn script_errors_name_the_prompt() {
    let unclosed = "[[prompt]]\nid = \"T1\"\ntext = \"编号{case_no\"";
    let unknown = "[[prompt]]\nid = \"T2\"\ntext = \"编号{case_no:roman}。\"";
    for (source, id) in [(unclosed, "T1"), (unknown, "T2")] {
        let error = Script::read(source).unwrap_err();
        assert!(matches!(&error, ScriptError::Slot { .. }) && error.to_string().contains(id));
    }
    assert!(matches!(Script::read("x = 1"), Err(ScriptError::Toml(_))));
    assert!(Lexicon::read("digit = 3").is_err());
}
