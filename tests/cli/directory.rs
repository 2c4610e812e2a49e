//! `directory …`, `duty search`, `case suggest` and `case false-alarm`: real files in, what is told out.

use crate::support::service::{Start, json};
use crate::{Outcome, run, text};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use serde_json::{Value, json as value};
use std::path::Path;
use std::time::{Duration, Instant};

const UNITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config/directory/units.csv");
const TOWNS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config/directory/towns.csv");
pub(crate) const DUTIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/directory/duties.csv");

fn import(data: &Path, kind: &str, file: &str, more: &[&str]) -> Outcome {
    let data = ["--data", data.to_str().unwrap()];
    run(&[&["directory", "import", kind, file], more, &data].concat())
}

pub(crate) fn imported(data: &Path, kind: &str, file: &str) -> String {
    let done = import(data, kind, file, &[]);
    assert_eq!((done.code, done.told().as_str()), (0, ""), "{kind}");
    done.out
}

/// A file in the folder, which is given back as the command line takes it.
fn file(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> String {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The shipped units and towns.
pub(crate) fn places(data: &Path) {
    assert_eq!(imported(data, "units", UNITS), "单位已导入：新增87条，变更0条，未变0条。\n");
    assert_eq!(imported(data, "towns", TOWNS), "镇街已导入：新增16条，变更0条，未变0条。\n");
}

#[test]
fn the_shipped_units_are_imported_once_and_a_changed_row_is_a_new_version() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    places(&data);
    assert_eq!(imported(&data, "units", UNITS), "单位已导入：新增0条，变更0条，未变87条。\n");
    let units = json(&data, &["directory", "list", "units"]);
    assert_eq!(units.as_array().unwrap().len(), 87);
    assert_eq!((&units[26]["id"], &units[26]["group"]), (&"unit.27".into(), &"政府部门".into()));
    let (before, after) = ("城管局、城管", "城管局、城管、城管执法");
    let other = std::fs::read_to_string(UNITS).unwrap().replace(before, after);
    let other = file(folder.path(), "units-2.csv", other);
    let tried = import(&data, "units", &other, &["--dry-run"]);
    let expected = "单位可以导入（试运行，未写入）：新增0条，变更1条，未变86条。\n";
    assert_eq!((tried.code, tried.out.as_str()), (0, expected));
    assert_eq!(imported(&data, "units", &other), "单位已导入：新增0条，变更1条，未变86条。\n");
    let versions = json(&data, &["directory", "list", "units", "--versions"]);
    let of_27: Vec<&Value> =
        versions.as_array().unwrap().iter().filter(|one| one["id"] == "unit.27").collect();
    assert_eq!(
        (of_27.len(), &of_27[0]["version"], &of_27[1]["version"]),
        (2, &1.into(), &2.into())
    );
    assert_eq!(
        (&of_27[0]["valid_to"], &of_27[1]["valid_to"]),
        (&of_27[1]["valid_from"], &Value::Null)
    );
    assert_eq!(json(&data, &["directory", "list", "units"]).as_array().unwrap().len(), 87);
    let audit = json(&data, &["audit", "list"]);
    let kinds: Vec<_> = audit.as_array().unwrap().iter().map(|row| &row["kind"]).collect();
    assert_eq!(kinds, ["directory_imported"; 3], "what changed nothing is not noted");
    let reason = audit[2]["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("units-2.csv sha256 ")
            && reason.ends_with("added 0 changed 1 unchanged 86")
    );
    assert_eq!(run(&["verify", "--data", data.to_str().unwrap()]).code, 0);
}

#[test]
fn a_file_with_faults_imports_nothing_and_tells_every_row() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    places(&data);
    let rows = "事项编码,单位,事项名称,事项类型,办理时限,公开\n\
                A-1,城市管理局,路灯维修,服务,5日内,是\n\
                A-2,城市管理局,占道查处,处罚,尽快,是\n\
                A-3,不存在局,违建查处,处罚,5日内,否\n";
    let (gb, ..) = encoding_rs::GB18030.encode(rows);
    let wrong = file(folder.path(), "duties.csv", &gb);
    let refused = import(&data, "duties", &wrong, &[]);
    assert_eq!((refused.code, refused.out.as_str()), (65, ""));
    for sentence in [
        "没有导入任何数据：共2处错误。",
        "第3行“办理时限”列：应写成“5日内”“5个工作日内”或“24小时内”，数字为1至999，现为“尽快”。",
        "第4行“单位”列：通讯录中没有这个单位或镇街，请填编号或全称，现为“不存在局”。",
    ] {
        assert!(refused.err.contains(sentence), "{}", refused.err);
    }
    assert_eq!(json(&data, &["directory", "list", "duties"]), value!([]));
    let old = file(folder.path(), "old.xls", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1");
    let refused = import(&data, "duties", &old, &[]);
    assert!(refused.code == 65 && refused.err.contains("请另存为.xlsx或CSV"), "{refused:?}");
    assert_eq!(import(&data, "duties", "/nonexistent.csv", &[]).code, 66);
    assert_eq!(import(&data, "people", &wrong, &[]).code, 64);
}

/// A workbook as a person makes it: a title, merged cells, numbers as numbers, dates as dates, a
/// formula.
fn posts(day: &str) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let plain = Format::new();
    sheet.merge_range(0, 0, 0, 7, "岗位人员一览表", &plain).unwrap();
    let head = ["单位", "姓名", "职务", "责任层级", "公开电话", "值班电话", "公开", "任职日期"];
    for (at, name) in (0..).zip(head) {
        sheet.write(1, at, name).unwrap();
    }
    sheet.merge_range(2, 0, 5, 0, "城市管理局", &plain).unwrap();
    let levels = ["主要责任人", "分管负责人", "科室负责人", "承办人员"];
    for (row, level) in (2..).zip(levels) {
        sheet.write(row, 1, format!("{}某", ["甲", "乙", "丙", "丁"][row as usize - 2])).unwrap();
        sheet.write(row, 2, level).unwrap();
        sheet.write(row, 3, level).unwrap();
        sheet.write(row, 4, 19_900_000_010_u64 + u64::from(row)).unwrap();
        sheet.write(row, 5, 19_900_000_020_u64 + u64::from(row)).unwrap();
        let public = if row == 2 { "是" } else { "否" };
        sheet
            .write_formula(row, 6, Formula::new("=IF(1,\"是\",\"否\")").set_result(public))
            .unwrap();
        let date = ExcelDateTime::parse_from_str(day).unwrap();
        sheet
            .write_with_format(row, 7, &date, &Format::new().set_num_format("yyyy-mm-dd"))
            .unwrap();
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn a_workbook_of_posts_feeds_lists_public_page_defects_and_masks_private_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    places(&data);
    let book = file(folder.path(), "posts.xlsx", posts("2026-01-01"));
    assert_eq!(imported(&data, "posts", &book), "岗位人员已导入：新增4条，变更0条，未变0条。\n");
    assert_eq!(imported(&data, "posts", &book), "岗位人员已导入：新增0条，变更0条，未变4条。\n");
    let listed = json(&data, &["directory", "list", "posts"]);
    let of = |level: &str| {
        listed.as_array().unwrap().iter().find(|row| row["level"] == level).unwrap().clone()
    };
    let (head, handler) = (of("主要责任人"), of("承办人员"));
    assert_eq!(
        (&head["phone"], &head["duty_phone"]),
        (&"19900000012".into(), &"199****0022".into())
    );
    assert_eq!(
        (&handler["phone"], &handler["from"]),
        (&"199****0015".into(), &"2026-01-01".into())
    );
    let public = json(&data, &["directory", "public"]);
    assert_eq!(public["units"].as_array().unwrap().len(), 87);
    assert_eq!(public["people"].as_array().unwrap().len(), 1);
    let told = public.to_string();
    assert!(
        told.contains("19900000012") && !told.contains("19900000022") && !told.contains("乙某")
    );
    imported(&data, "duties", DUTIES);
    let defects = json(&data, &["directory", "defects"]);
    let of_27 = |row: &&Value| row["subject"] == "27-001" || row["subject"] == "unit.27";
    assert_eq!(defects["defects"].as_array().unwrap().iter().filter(of_27).count(), 0);
    let sentences = defects.to_string();
    assert!(sentences.contains("“城市道路养护维修”没有主要责任人"), "{sentences}");
    assert!(sentences.contains("交通运输局没有公开电话，也没有值班电话"), "{sentences}");
    // Before they took office nobody was there.
    let early = json(&data, &["directory", "list", "posts", "--on", "2025-12-31"]);
    assert_eq!(early, value!([]));
}

#[test]
fn telephones_and_addresses_for_notices_are_checked_kept_and_masked() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    places(&data);
    let head = "姓名,职务,通知手机,通知邮箱";
    let wrong = format!("{head}\n甲某,市长,053700000000,a@b\n");
    let refused = import(&data, "leaders", &file(folder.path(), "wrong.csv", wrong), &[]);
    assert_eq!(refused.code, 65, "{refused:?}");
    for sentence in [
        "第2行“通知手机”列：应为11位手机号，固定电话收不到短信。",
        "第2行“通知邮箱”列：应为一个电子邮箱地址，如abc@example.cn。",
    ] {
        assert!(refused.err.contains(sentence), "{}", refused.err);
    }
    let right = format!("{head}\n甲某,市长,19900000041,mayor@example.cn\n");
    imported(&data, "leaders", &file(folder.path(), "leaders.csv", right));
    let listed = json(&data, &["directory", "list", "leaders"]);
    assert_eq!(
        (&listed[0]["notice_phone"], &listed[0]["notice_mail"]),
        (&"199****0041".into(), &"m***@example.cn".into())
    );
    let public = json(&data, &["directory", "public"]).to_string();
    assert!(!public.contains("0041") && !public.contains("example.cn"), "{public}");
}

#[test]
fn villages_and_their_officers_come_with_their_coverage() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    places(&data);
    let officers = "村居编号,职务,姓名,联系电话,公开\n401,第一书记,赵某,19900000031,是\n\
                    401,联村民警,钱某,,否\n402,联村民警,钱某,,否\n401,民生代办员,孙某,,否\n";
    let officers = file(folder.path(), "officers.csv", officers);
    let early = import(&data, "officers", &officers, &[]);
    assert!(early.code == 65 && early.err.contains("请先导入村居表"), "{early:?}");
    let villages = "村居编号,村居名称,所属镇街\n401,东柳村,北宿镇\n402,西柳村,北宿镇\n";
    imported(&data, "villages", &file(folder.path(), "villages.csv", villages));
    imported(&data, "officers", &officers);
    let defects = json(&data, &["directory", "defects"]);
    let covered: Vec<_> =
        defects["coverage"].as_array().unwrap().iter().map(|row| row["covered"].clone()).collect();
    assert_eq!(
        (covered, &defects["coverage"][1]["persons"]),
        (vec![1.into(), 2.into(), 1.into()], &1.into())
    );
    let told = defects.to_string();
    assert!(
        told.contains("北宿镇西柳村没有第一书记") && told.contains("北宿镇西柳村没有民生代办员")
    );
    assert!(!told.contains("东柳村没有"), "{told}");
}

/// 2,674 penalties beside 276 quantified items, as the source counts them.
fn catalogue() -> String {
    let mut rows =
        "事项编码,单位,事项名称,事项类型,原时限,办理时限,量化,简化,固化,强化,首违不罚,处罚幅度\n"
            .to_owned();
    for n in 0..2674 {
        let free = if n < 292 { "是" } else { "否" };
        rows += &format!(
            "P{n},unit.38,违法行为第{n}项,处罚,,15日内,否,否,是,否,{free},{n}元以上{}元以下\n",
            n + 500
        );
    }
    for n in 0..276 {
        let saved = if n < 74 { 11 } else { 10 };
        let strong = if n < 254 { "是" } else { "否" };
        rows += &format!(
            "Q{n},unit.27,量化事项{n},审批,{}个工作日内,5个工作日内,是,是,否,{strong},否,\n",
            saved + 5
        );
    }
    rows
}

#[test]
fn the_figures_are_sums_of_the_catalogue_and_an_item_is_found_within_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    places(&data);
    imported(&data, "duties", &file(folder.path(), "catalogue.csv", catalogue()));
    assert_eq!(
        json(&data, &["directory", "counters"]),
        value!({
            "units_audited": 86, "quantified": 276, "saved_working_days": 2834,
            "fixed_penalties": 2674, "strengthened": 254, "first_offence_free": 292
        })
    );
    let began = Instant::now();
    let found = json(&data, &["duty", "search", "2600元以上", "市场监督"]);
    let took = began.elapsed();
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(
        (&found[0]["reference"], &found[0]["limit"]),
        (&"P2600/v1".into(), &"15日内".into())
    );
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(json(&data, &["duty", "search", "没有这样的事项"]), value!([]));
    assert_eq!(run(&["duty", "search", "。", "--data", data.to_str().unwrap()]).code, 64);
}

/// Beside a running service: hints on its cases, and nothing of one whose seal is proposed.
#[test]
fn hints_on_a_case_beside_a_service_know_the_past_and_no_sealed_case() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let service = Start::new(data).run();
    places(data);
    imported(data, "duties", DUTIES);
    // What the same citizen writes would be more about his open matter.
    for (from, words) in [
        ("19900000021", "北宿镇羊厂路口路灯不亮"),
        ("19900000022", "北宿镇羊厂路口路灯还是不亮"),
        ("19900000023", "再不修路灯我就不想活了"),
    ] {
        assert!((200..300).contains(&text(service.udp(), from, words)), "{words}");
    }
    let cases = service.json(&["case", "list"]);
    let number = |at: usize| cases[at]["number"].as_str().unwrap().to_owned();
    let (first, second, third) = (number(2), number(1), number(0));
    let hints = service.json(&["case", "suggest", "--number", &second]);
    assert_eq!(hints["units"][0]["unit"], "unit.27");
    assert_eq!(hints["repeats"][0]["number"], first.as_str());
    assert_eq!(hints["risks"], value!([]));
    let typed = ["case", "suggest", "路灯不亮", "--contact", "19900000099"];
    assert_eq!(service.json(&typed)["duplicates"], value!([]));
    let grave = service.json(&["case", "suggest", "--number", &third]);
    assert_eq!(
        (&grave["risks"][0]["group"], &grave["risks"][0]["words"]),
        (&"suicide".into(), &value!(["不想活"]))
    );
    let listed = |risk: &str| -> Vec<String> {
        let rows = service.json(&["case", "list", "--risk", risk]);
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| row["number"].as_str().unwrap().to_owned()).collect()
    };
    for (risk, found) in [("suicide", 1), ("any", 1), ("crowd", 0)] {
        assert_eq!(
            listed(risk),
            [&third][..found].iter().map(|n| (*n).clone()).collect::<Vec<_>>()
        );
    }
    let alarm =
        ["case", "false-alarm", &third, "--risk", "suicide", "--as", "li", "--reason", "口头语"];
    let path = ["--data", data.to_str().unwrap()];
    let marked = run(&[&alarm[..], &path].concat());
    assert_eq!((marked.code, marked.out), (0, format!("{third}：“轻生”风险提示已标为误报\n")));
    assert_eq!(run(&[&alarm[..], &path].concat()).code, 65, "once");
    assert_eq!(listed("any"), <Vec<String>>::new(), "no list has it any more");
    assert_eq!(run(&["case", "list", "--risk", "weather"]).code, 64);
    let grave = service.json(&["case", "suggest", "--number", &third]);
    let alarm = &grave["false_alarms"][0];
    assert_eq!((&alarm["person"], &alarm["reason"]), (&"li".into(), &"口头语".into()));
    assert_eq!(grave["risks"][0]["group"], "suicide");
    let clerk = ["--as", "li", "--role", "clerk"];
    let sealed = run(&[&["case", "seal", &first][..], &clerk, &path].concat());
    assert_eq!(sealed.code, 0, "{sealed:?}");
    let hints = service.json(&["case", "suggest", "--number", &second]);
    assert!(!hints.to_string().contains(&first), "{hints}");
    let refused = run(&[&["case", "suggest", "--number", &first][..], &path].concat());
    assert_eq!((refused.code, refused.out.as_str()), (66, ""), "{refused:?}");
    let alarm = ["case", "false-alarm", &first, "--risk", "minor", "--as", "li", "--reason", "x"];
    assert_eq!(run(&[&alarm[..], &path].concat()).code, 66);
    assert_eq!(service.stop().code(), Some(0));
    assert_eq!(run(&[&["verify"][..], &path].concat()).code, 0);
}
