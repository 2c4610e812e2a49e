//! Comma-separated values (RFC 4180) of a table.

use crate::domain::access::csv_line;
use crate::domain::report::Table;
use encoding_rs::GB18030;

/// UTF-8 with a byte order mark, so that a spreadsheet knows it.
pub(super) fn with_mark(table: &Table) -> Vec<u8> {
    format!("\u{feff}{}", text(table)).into_bytes()
}

/// GB18030, which has every character; those outside GBK take four bytes.
pub(super) fn gb18030(table: &Table) -> Vec<u8> {
    GB18030.encode(&text(table)).0.into_owned()
}

fn text(table: &Table) -> String {
    std::iter::once(&table.header).chain(&table.rows).map(csv_line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(cells: &[&str]) -> Table {
        let row: Vec<String> = cells.iter().map(|&cell| cell.to_owned()).collect();
        let (title, header) = (String::new(), vec!["甲".to_owned()]);
        Table { title, header, rows: vec![row], key_columns: 1 }
    }

    #[test]
    fn what_would_be_a_formula_is_a_text() {
        for cell in ["=1+1", "+86", "-2", "@SUM(A1)", "\t=1", "＝1"] {
            let text = text(&table(&[cell]));
            assert_eq!(text, format!("甲\r\n\"'{cell}\"\r\n"));
        }
        assert_eq!(text(&table(&["1-1", "a=b", "199"])), "甲\r\n1-1,a=b,199\r\n");
    }

    #[test]
    fn quotes_commas_and_line_ends_stay_in_their_cell() {
        assert_eq!(
            text(&table(&["a,b", "say \"hi\"\nnow"])),
            "甲\r\n\"a,b\",\"say \"\"hi\"\"\nnow\"\r\n"
        );
    }

    #[test]
    fn rare_characters_take_four_bytes() {
        let bytes = gb18030(&table(&["䶮㛃"]));
        assert_eq!(bytes[4..], [0xfe, 0x9f, 0x82, 0x30, 0xb7, 0x31, 13, 10]);
        assert_eq!(with_mark(&table(&["甲"]))[..3], [0xef, 0xbb, 0xbf]);
    }
}
