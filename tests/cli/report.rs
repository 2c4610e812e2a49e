//! `report`, `figures opening`, `case trace` on a stopped folder, and the files read back by other
//! programs: iconv, openpyxl, pdftotext.

use super::{Outcome, run};
use crate::desk::{intake, open, phone, record, store_intake};
use mayorline::domain::call::IntakeKind;
use mayorline::domain::case::{CaseEvent, Nature};
use std::path::Path;
use std::process::Command;

/// The header of the case sheet, word by word.
const HEADER: &str = "编号,反映人,反映时间,反映渠道,类型分类,受理意见,办理时限,处理结果,具体承办人,具体督办人,回访情况";

const DAY: &str = "day-2026-11-22";

/// The interpreter that Debian's packages are for.
const PYTHON: &str = "/usr/bin/python3";

fn filled(folder: &Path, cases: u32) -> Vec<String> {
    let store = open(folder);
    let handle = store.handle();
    let numbers: Vec<_> = (0..cases)
        .map(|n| {
            let mut new = intake(&format!("k{n}"), IntakeKind::Text);
            new.caller.number = Some(phone(n));
            // 䶮 is in GBK, 㛃 is not; the third begins a formula.
            new.caller.display = ["䶮某", "㛃某", "=1+1"].get(n as usize).map(|&s| s.to_owned());
            store_intake(&handle, new).0.unwrap()
        })
        .collect();
    let domain = "050100".to_owned();
    record(&handle, numbers[0], vec![CaseEvent::Classified { nature: Nature::Help, domain }])
        .unwrap();
    store.close();
    numbers.iter().map(ToString::to_string).collect()
}

fn at(folder: &Path, arguments: &[&str]) -> Outcome {
    run(&[arguments, &["--data", folder.to_str().unwrap()]].concat())
}

fn fine(folder: &Path, arguments: &[&str]) -> String {
    let outcome = at(folder, arguments);
    assert_eq!(outcome.code, 0, "{arguments:?}: {outcome:?}");
    outcome.out
}

fn made(folder: &Path) {
    let said = fine(folder, &["report", "make", "day", "--period", "2026-11-22"]);
    assert_eq!(said, format!("{DAY} 第 1 版已生成\n"));
}

/// Exports for a director into a file.
fn export(folder: &Path, format: &str) -> std::path::PathBuf {
    let out = folder.join(format!("report.{format}"));
    let path = out.to_str().unwrap();
    let who = ["--as", "director", "--by", "wang"];
    fine(folder, &[&["report", "show", DAY, "--format", format, "--out", path], &who[..]].concat());
    out
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_report_is_made_once_and_listed_with_its_hash() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 3);
    made(folder.path());
    let again = fine(folder.path(), &["report", "make", "day", "--period", "2026-11-22"]);
    assert!(again.contains("没有变动"), "{again}");
    let list: serde_json::Value =
        serde_json::from_str(&fine(folder.path(), &["report", "list", "--json"])).unwrap();
    assert_eq!(list[0]["report"], DAY);
    assert_eq!(list[0]["version"], 1);
    assert_eq!(list[0]["sha256"].as_str().unwrap().len(), 64);
    let nothing = at(folder.path(), &["report", "diff", DAY]);
    assert_eq!(nothing.code, 66, "{nothing:?}");
    for wrong in [["report", "make", "year"], ["report", "show", "day-2026-13-01"]] {
        assert_eq!(at(folder.path(), &wrong).code, 64, "{wrong:?}");
    }
    assert_eq!(at(folder.path(), &["report", "show", "day-2026-11-21"]).code, 66);
}

#[test]
fn the_log_line_of_an_issue_repeats_the_heads() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 3);
    let make = ["report", "make", "day", "--period", "2026-11-22"];
    let made = at(folder.path(), &make);
    let verified = fine(folder.path(), &["verify"]);
    let head = verified.lines().find_map(|line| line.strip_prefix("head ")).unwrap();
    let line = made.err.lines().find(|line| line.contains("report issued")).unwrap();
    assert!(line.contains(head) && line.contains(&format!("report={DAY} version=1")), "{line}");
    let again = at(folder.path(), &make);
    assert!(again.code == 0 && !again.err.contains("report issued"), "{again:?}");
}

#[test]
fn what_is_typed_in_is_refused_with_the_same_codes_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let narrate = |text| ["report", "narrate", DAY, "--text", text, "--by", "wang"];
    let set = |by| ["figures", "opening", "set", "phone", "1", "--by", by];
    for verb in [&narrate("供水")[..], &set("wang")] {
        assert_eq!(at(folder.path(), verb).code, 66, "no folder: {verb:?}");
    }
    let store = open(folder.path());
    let close = ["figures", "improvement", "close", "7", "--by", "wang"];
    let early = ["report", "make", "day", "--period", "2099-01-01"];
    for wrong in [&narrate(" ")[..], &set(" "), &early] {
        assert_eq!(at(folder.path(), wrong).code, 64, "{wrong:?}");
    }
    assert_eq!(at(folder.path(), &close).code, 66);
    // A service of another version has the folder.
    let db = rusqlite::Connection::open(folder.path().join("mayorline.db")).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    let make = ["report", "make", "day", "--period", "2026-11-22"];
    for verb in [&narrate("供水")[..], &set("wang"), &close, &make] {
        assert_eq!(at(folder.path(), verb).code, 69, "{verb:?}");
    }
    store.close();
}

#[test]
fn whoever_reads_cases_says_who_he_is_and_sees_none_he_is_recused_from() {
    let folder = tempfile::tempdir().unwrap();
    let numbers = filled(folder.path(), 2);
    made(folder.path());
    let show =
        |by: &[&str]| at(folder.path(), &[&["report", "show", DAY, "--as", "clerk"], by].concat());
    for nobody in [&[][..], &["--by", " "]] {
        assert_eq!(show(nobody).code, 64, "{nobody:?}");
    }
    let recuse = ["case", "recuse", &numbers[0], "li", "--as", "chen", "--role", "director"];
    fine(folder.path(), &recuse);
    let recused = show(&["--by", " li "]);
    assert_eq!(recused.code, 0, "{recused:?}");
    assert!(!recused.out.contains(&numbers[0]) && recused.out.contains(&numbers[1]));
    assert!(show(&["--by", "zhao"]).out.contains(&numbers[0]));
}

#[test]
fn an_anchor_on_paper_is_held_against_the_chain() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 3);
    made(folder.path());
    let json = folder.path().join("report.json");
    let out = json.to_str().unwrap();
    fine(folder.path(), &["report", "show", DAY, "--as", "liaison", "--out", out]);
    let of_file = fine(folder.path(), &["verify", "--anchor", out]);
    assert!(of_file.contains("anchor found: event 7\n"), "{of_file}");
    let head = of_file.lines().find_map(|line| line.strip_prefix("head ")).unwrap().to_uppercase();
    let typed = fine(folder.path(), &["verify", "--anchor", &head]);
    assert!(typed.contains("anchor found: event 7\n"), "{typed}");
    let other = at(folder.path(), &["verify", "--anchor", &"ab".repeat(32)]);
    assert_eq!(other.code, 65, "{other:?}");
    assert!(other.out.contains("FAULT anchor abab"), "{other:?}");
    assert_eq!(at(folder.path(), &["verify", "--anchor", "/nowhere/at-all"]).code, 66);
    std::fs::write(&json, "no hash here").unwrap();
    assert_eq!(at(folder.path(), &["verify", "--anchor", out]).code, 65);
}

#[test]
fn a_narrative_is_printed_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 1);
    let text = "北宿镇照明诉求集中，已交城管局现场核查。";
    let narrate = ["report", "narrate", DAY, "--text", text, "--by", "wang"];
    made(folder.path());
    assert_eq!(fine(folder.path(), &narrate), "已登记，列入下一版\n");
    let again = fine(folder.path(), &["report", "make", "day", "--period", "2026-11-22"]);
    assert!(again.contains("第 2 版已生成"), "{again}");
    let diff = fine(folder.path(), &["report", "diff", DAY]);
    assert!(diff.contains("综述") && diff.contains(text), "{diff}");
    let html = std::fs::read_to_string(export(folder.path(), "html")).unwrap();
    assert!(html.contains(text) && html.contains("wang"), "{html}");
    let pdf = output(Command::new("pdftotext").arg(export(folder.path(), "pdf")).arg("-"));
    assert!(pdf.replace(char::is_whitespace, "").contains(text), "{pdf}");
    let names = ["report", "narrate", DAY, "--text", "电话19900000017", "--by", "wang"];
    assert_eq!(at(folder.path(), &names).code, 64);
}

#[test]
fn csv_is_read_back_in_both_encodings_and_has_no_formula() {
    let folder = tempfile::tempdir().unwrap();
    let numbers = filled(folder.path(), 3);
    made(folder.path());
    let utf8 = std::fs::read_to_string(export(folder.path(), "csv")).unwrap();
    let text = utf8.strip_prefix('\u{feff}').expect("a byte order mark");
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines[0], HEADER);
    assert_eq!(lines.len(), 5, "{text}");
    assert!(lines[1].starts_with(&format!("{},䶮某 19900000000,2026-11-22 10:00,", numbers[0])));
    assert!(lines[2].contains(",㛃某 19900000001,"), "{text}");
    assert!(lines[3].contains(",\"'=1+1 19900000002\","), "{text}");
    let file = export(folder.path(), "csv-gb18030");
    let read = output(Command::new("iconv").args(["-f", "GB18030", "-t", "UTF-8"]).arg(&file));
    assert_eq!(read, text);
}

#[test]
fn a_workbook_is_read_back_by_another_program() {
    let folder = tempfile::tempdir().unwrap();
    let numbers = filled(folder.path(), 3);
    made(folder.path());
    let file = export(folder.path(), "xlsx");
    let script = "import sys, openpyxl\n\
                  book = openpyxl.load_workbook(sys.argv[1])\n\
                  print(','.join(book.sheetnames))\n\
                  for row in book.worksheets[0].iter_rows():\n\
                  \x20   assert all(c.data_type in 'sn' and (c.value is None or c.data_type == 's') for c in row)\n\
                  \x20   print(','.join(c.value or '' for c in row))\n";
    let read = output(Command::new(PYTHON).args(["-c", script]).arg(&file).env("PYTHONUTF8", "1"));
    let lines: Vec<&str> = read.lines().collect();
    assert!(lines[0].starts_with("事项清单,一、受理概况,二、诉求分类,"), "{read}");
    assert_eq!(lines[1], HEADER);
    assert!(lines[4].starts_with(&format!("{},=1+1 19900000002,", numbers[2])), "{read}");
    let again = std::fs::read(&file).unwrap();
    assert_eq!(std::fs::read(export(folder.path(), "xlsx")).unwrap(), again, "the same bytes");
}

#[test]
fn a_pdf_can_be_searched_and_a_missing_font_says_what_to_install() {
    let folder = tempfile::tempdir().unwrap();
    let numbers = filled(folder.path(), 3);
    made(folder.path());
    let file = export(folder.path(), "pdf");
    let read = output(Command::new("pdftotext").args(["-layout"]).arg(&file).arg("-"));
    for word in
        ["书记市长公开电话日汇总 2026年11月22日", "反映人", "办复率", "第 1 页", &numbers[2]]
    {
        assert!(read.contains(word), "{word}: {read}");
    }
    let again = std::fs::read(&file).unwrap();
    assert_eq!(std::fs::read(export(folder.path(), "pdf")).unwrap(), again, "the same bytes");
    let out = folder.path().join("x.pdf");
    let missing = at(
        folder.path(),
        &[
            "report",
            "show",
            DAY,
            "--format",
            "pdf",
            "--as",
            "director",
            "--by",
            "wang",
            "--out",
            out.to_str().unwrap(),
            "--set",
            "report.font=/nowhere/font.ttc",
        ],
    );
    assert_eq!(missing.code, 78, "{missing:?}");
    assert!(missing.err.contains("fonts-noto-cjk") && missing.err.contains("report.font"));
    assert!(!out.exists());
}

#[test]
fn a_page_and_json_are_masked_for_their_reader_and_stand_in_the_audit() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 3);
    made(folder.path());
    let show = |more: &[&str]| at(folder.path(), &[&["report", "show", DAY], more].concat());
    let unnamed = show(&[]);
    assert_eq!(unnamed.code, 64, "{unnamed:?}");
    assert_eq!(unnamed.out, "");
    let leader = show(&["--by", "zhou", "--format", "html"]);
    assert_eq!(leader.code, 0, "{leader:?}");
    assert!(leader.out.contains("<td>＊＊＊</td>"), "{}", leader.out);
    assert!(!leader.out.contains("1990000") && !leader.out.contains("䶮"), "{}", leader.out);
    let liaison = show(&["--as", "liaison"]);
    assert!(liaison.code == 0 && !liaison.out.contains("事项清单"), "{liaison:?}");
    assert_eq!(show(&["--as", "administrator", "--by", "zhou"]).code, 64);
    let audit = fine(folder.path(), &["audit", "list", "--json"]);
    let audit: serde_json::Value = serde_json::from_str(&audit).unwrap();
    let rows: Vec<_> = audit.as_array().unwrap().iter().map(|row| &row["kind"]).collect();
    assert_eq!(rows, ["exported"]);
    assert_eq!(
        (&audit[0]["actor"], &audit[0]["subject"]),
        (&"zhou".into(), &format!("{DAY} 第1版").into())
    );
}

#[test]
fn fifty_one_persons_wait_for_a_second_person() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 51);
    made(folder.path());
    let out = folder.path().join("all.csv");
    let show = |more: &[&str]| {
        let to = ["--format", "csv", "--as", "director", "--out", out.to_str().unwrap()];
        at(folder.path(), &[&["report", "show", DAY], &to[..], more].concat())
    };
    let held = show(&["--by", "wang"]);
    assert_eq!(held.code, 65, "{held:?}");
    assert!(held.err.contains("51 人") && held.err.contains("申请 1"), "{held:?}");
    assert!(!out.exists());
    assert_ne!(at(folder.path(), &["report", "approve", "1", "--by", "wang"]).code, 0);
    assert_ne!(show(&["--by", "wang", "--request", "1"]).code, 0);
    assert_eq!(fine(folder.path(), &["report", "approve", "1", "--by", "li"]), "申请 1 已批准\n");
    assert_eq!(show(&["--by", "wang", "--request", "1"]).code, 0);
    assert_eq!(std::fs::read_to_string(&out).unwrap().matches("\r\n").count(), 52);
    assert_ne!(show(&["--by", "wang", "--request", "1"]).code, 0, "once");
    let requests = fine(folder.path(), &["report", "requests", "--json"]);
    assert!(requests.contains("\"approved_by\": \"li\""), "{requests}");
    assert_eq!(fine(folder.path(), &["verify"]).matches("FAULT").count(), 0);
}

#[test]
fn the_totals_of_the_city_come_from_opening_balances_alone() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).close();
    for (channel, count) in
        [("phone", "2667"), ("email", "2210"), ("leader_sms", "475"), ("unstated", "562")]
    {
        let set = ["figures", "opening", "set", channel, count, "--by", "wang"];
        assert_eq!(fine(folder.path(), &set), "已登记\n");
    }
    let totals = fine(folder.path(), &["figures", "totals"]);
    let expected = "公开电话 2667（期初 2667，事项 0）\n电子信箱 2210（期初 2210，事项 0）\n\
                    市级领导手机短信 475（期初 475，事项 0）\n未注明渠道 562（期初 562，事项 0）\n合计 5914\n";
    assert_eq!(totals, expected);
    let wrong = at(folder.path(), &["figures", "opening", "set", "pigeon", "1", "--by", "wang"]);
    assert_eq!(wrong.code, 64, "{wrong:?}");
    let set = ["figures", "indicator", "set", "群众满意度", "89.04", "--period", "2013"];
    let more = ["--unit", "percent", "--source", "统计局", "--by", "wang"];
    assert_eq!(fine(folder.path(), &[&set[..], &more[..]].concat()), "已登记\n");
    let open = ["figures", "improvement", "open", "路灯改造", "--cluster", "domain:0501"];
    let more = ["--owner", "城管局", "--measure", "更换", "--due", "2026-12-31", "--by", "wang"];
    assert_eq!(fine(folder.path(), &[&open[..], &more[..]].concat()), "已登记，序号 1\n");
    let items = fine(folder.path(), &["figures", "improvement", "list"]);
    assert!(items.contains("title=路灯改造") && items.contains("before=0"), "{items}");
}

#[test]
fn the_times_of_a_trace_sheet_add_up() {
    let folder = tempfile::tempdir().unwrap();
    let number = filled(folder.path(), 1).remove(0);
    let json = fine(folder.path(), &["case", "trace", &number, "--json"]);
    let sheet: serde_json::Value = serde_json::from_str(&json).unwrap();
    let rows = sheet["stretches"].as_array().unwrap();
    let sum: i64 = rows.iter().map(|row| row["ms"].as_i64().unwrap()).sum();
    assert_eq!(Some(sum), sheet["ms"].as_i64());
    assert_eq!(rows.first().unwrap()["from"], sheet["from"]);
    assert_eq!(rows.last().unwrap()["to"], sheet["to"]);
    assert!(rows.windows(2).all(|pair| pair[0]["to"] == pair[1]["from"]), "{json}");
    assert!(fine(folder.path(), &["case", "trace", &number]).contains("受理中心"));
    assert_eq!(at(folder.path(), &["case", "trace", "26112200139"]).code, 64);
}

#[test]
fn a_number_of_a_report_names_its_cases() {
    let folder = tempfile::tempdir().unwrap();
    let numbers = filled(folder.path(), 3);
    let data = folder.path().to_str().unwrap();
    let made = run(&["report", "make", "day", "--period", "2026-11-22", "--data", data]);
    assert_eq!(made.code, 0, "{}", made.err);
    let of = ["report", "cases", DAY, "--table", "二、诉求分类", "--row", "求助", "--data", data];
    let told = run(&of);
    let empty = ["上期", "去年同期"].map(|column| format!("二、诉求分类 求助 {column} 0：\n"));
    let expected = format!("二、诉求分类 求助 本期 1：{}\n{}", numbers[0], empty.concat());
    assert_eq!((told.code, told.out), (0, expected), "{}", told.err);
    let json = run(&[&of[..], &["--column", "本期", "--json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(
        (&json[0]["count"], &json[0]["cases"]),
        (&1.into(), &serde_json::json!([numbers[0]]))
    );
    assert_eq!(run(&["report", "cases", "day-2026-11-21", "--data", data]).code, 66);
}
