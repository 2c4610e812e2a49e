//! CSV and XLSX as Excel and WPS write them.

use super::*;
use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};

fn csv(text: &str) -> Result<Table, TableError> {
    read(text.as_bytes())
}

#[test]
fn a_file_reads_the_same_in_every_encoding_that_offices_use() {
    let text = "单位,电话\r\n城市管理局,1\r\n";
    let rows = [["单位", "电话"], ["城市管理局", "1"]];
    assert_eq!(csv(text).unwrap(), rows);
    assert_eq!(csv(&format!("\u{FEFF}{text}")).unwrap(), rows);
    let (gb, ..) = encoding_rs::GB18030.encode(text);
    assert_eq!(read(&gb).unwrap(), rows);
    assert_eq!(csv(&text.replace(',', "\t")).unwrap(), rows);
    assert_eq!(csv(&text.replace("\r\n", "\n")).unwrap(), rows);
    assert_eq!(csv(text.trim_end()).unwrap(), rows, "no end of line at the end");
}

#[test]
fn quotation_marks_hold_commas_line_ends_and_themselves() {
    assert_eq!(csv("a,\"b,c\nd\",\"e\"\"f\"\ng").unwrap()[0], ["a", "b,c\nd", "e\"f"]);
    assert_eq!(csv("a\n\"b,c\n").unwrap_err(), TableError::Quote(2));
    assert_eq!(csv("a,\"b\" c").unwrap_err(), TableError::Quote(1));
    assert_eq!(csv("a,\"b\nD2,\"c").unwrap_err(), TableError::Quote(1), "a row would be lost");
    assert_eq!(csv("5\" 管,x").unwrap(), [["5\" 管", "x"]]);
    assert_eq!(csv("a\n\nb").unwrap().len(), 3, "blank rows count");
}

#[test]
fn what_is_no_table_is_told() {
    assert_eq!(read(b""), Err(TableError::Empty));
    assert_eq!(csv(",,\n,"), Err(TableError::Empty));
    assert_eq!(read(b"\xFF\xFF\xFF"), Err(TableError::Encoding));
    assert_eq!(read(b"\xD0\xCF\x11\xE0\xA1\xB1"), Err(TableError::OldExcel));
    assert!(matches!(read(b"PK\x03\x04 broken"), Err(TableError::Workbook(_))));
    assert_eq!(read(&vec![b'a'; TABLE_BYTES_MAX + 1]), Err(TableError::TooLarge));
    assert_eq!(csv(&"a\n".repeat(TABLE_ROWS_MAX + 1)), Err(TableError::TooManyRows));
    assert_eq!(csv(&"a,".repeat(TABLE_COLUMNS_MAX + 2)), Err(TableError::TooManyColumns(1)));
    assert_eq!(csv(&format!("a{}", ",".repeat(500))).unwrap()[0].len(), TABLE_COLUMNS_MAX);
}

/// Numbers, dates, formulas, merged cells and stray cells, as Excel stores them.
#[test]
fn a_workbook_reads_as_what_its_cells_show() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let day = Format::new().set_num_format("yyyy/m/d");
    sheet.merge_range(0, 0, 0, 3, "通讯录", &Format::new()).unwrap();
    for (at, name) in (0..).zip(["单位", "电话", "日期", "合计"]) {
        sheet.write(1, at, name).unwrap();
    }
    sheet.merge_range(2, 0, 3, 0, "城市管理局", &Format::new()).unwrap();
    sheet.write(2, 1, 19_900_000_017_u64).unwrap();
    let date = ExcelDateTime::from_ymd(2026, 11, 22).unwrap();
    sheet.write_with_format(2, 2, &date, &day).unwrap();
    sheet.write_formula(2, 3, Formula::new("=1+1").set_result("2")).unwrap();
    sheet.write(3, 1, "0537-0000123").unwrap();
    sheet.write(3, 2, 46_348).unwrap();
    sheet.write(3, 3, true).unwrap();
    sheet.write(5, 0, "末行").unwrap();
    sheet.write(5, 1, 2.5).unwrap();
    let rows = read(&book.save_to_buffer().unwrap()).unwrap();
    assert_eq!(rows.len(), 6);
    assert_eq!(rows[0], ["通讯录", "通讯录", "通讯录", "通讯录"]);
    assert_eq!(rows[2], ["城市管理局", "19900000017", "2026-11-22", "2"]);
    assert_eq!(rows[3], ["城市管理局", "0537-0000123", "46348", "是"]);
    assert!(rows[4].is_empty(), "row 5 is blank");
    assert_eq!(rows[5], ["末行", "2.5"]);
}

/// One cell in the last row and column must not fill the memory with blank ones.
#[test]
fn a_stray_cell_far_away_is_told_and_costs_nothing() {
    let mut book = Workbook::new();
    book.add_worksheet().write(1_048_575, 0, "x").unwrap();
    assert_eq!(read(&book.save_to_buffer().unwrap()), Err(TableError::TooManyRows));
    let mut book = Workbook::new();
    book.add_worksheet().write(0, 16_383, "x").unwrap();
    assert_eq!(read(&book.save_to_buffer().unwrap()), Err(TableError::TooManyColumns(1)));
    // One text that is shared by many cells, and areas that lie over one another.
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for cell in 0..1_200_u32 {
        sheet.write(cell, 0, "长".repeat(10_000)).unwrap();
    }
    let outcome = read(&book.save_to_buffer().unwrap()).map(|rows| rows.len());
    assert_eq!(outcome, Err(TableError::TooMuch));
    let empty = Workbook::new().save_to_buffer().unwrap();
    assert_eq!(read(&empty), Err(TableError::Empty));
}

proptest! {
    #[test]
    fn any_rows_that_are_quoted_are_read_back(
        rows in proptest::collection::vec(
            proptest::collection::vec("[\\PC\",\\n\\r\\t]{0,8}", 2..5), 1..6)
    ) {
        let quote = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
        let line = |row: &Vec<String>| row.iter().map(quote).collect::<Vec<_>>().join(",");
        let text = rows.iter().map(line).collect::<Vec<_>>().join("\r\n");
        match csv(&text) {
            Ok(read) => prop_assert_eq!(read, rows),
            Err(error) => prop_assert_eq!(error, TableError::Empty),
        }
    }

    #[test]
    fn no_bytes_stop_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
        let _ = read(&[ZIP, &bytes].concat());
    }
}
