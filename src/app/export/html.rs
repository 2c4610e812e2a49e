//! A page to be printed: no script, nothing loaded from elsewhere.

use super::NOTHING;
use crate::domain::report::{Document, Table};
use quick_xml::escape::escape;
use std::fmt::Write;

const STYLE: &str = "body{font-family:'Noto Sans CJK SC','WenQuanYi Micro Hei',sans-serif;margin:1.5em}\
    h1{font-size:1.4em}h2{font-size:1.1em;margin:1.2em 0 .4em}\
    table{border-collapse:collapse;width:100%}th,td{border:1px solid #888;padding:.2em .4em;\
    font-size:.8em;text-align:left;vertical-align:top;word-break:break-word}th{background:#eee}\
    thead{display:table-header-group}tr{break-inside:avoid}@page{size:A4 landscape;margin:12mm}";

/// The page.
pub(super) fn write(document: &Document) -> String {
    let title = escape(&document.title);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
    );
    // Writing to a String cannot fail.
    for line in &document.lines {
        let _ = writeln!(page, "<p>{}</p>", escape(line));
    }
    for table in &document.tables {
        write_table(table, &mut page);
    }
    page.push_str("</body>\n</html>\n");
    page
}

fn write_table(table: &Table, page: &mut String) {
    let row = |cells: &[String], tag: &str| -> String {
        let cells = cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", escape(cell)));
        format!("<tr>{}</tr>\n", cells.collect::<String>())
    };
    let _ = writeln!(page, "<h2>{}</h2>", escape(&table.title));
    let head = row(&table.header, "th");
    let _ = write!(page, "<table>\n<thead>\n{head}</thead>\n<tbody>\n");
    page.extend(table.rows.iter().map(|cells| row(cells, "td")));
    page.push_str("</tbody>\n</table>\n");
    if table.rows.is_empty() {
        let _ = writeln!(page, "<p>{NOTHING}</p>");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_typed_is_text_and_nothing_else() {
        let rows = vec![vec!["<script>alert(\"1\")</script>&".to_owned()]];
        let header = vec!["甲".to_owned()];
        let table = Table { title: "表".to_owned(), header, rows, key_columns: 1 };
        let page = write(&Document { title: "题".to_owned(), lines: vec![], tables: vec![table] });
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("<td>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;</td>"));
        assert!(!page.contains("<p>无</p>"), "{page}");
    }

    #[test]
    fn an_empty_table_says_that_there_is_nothing() {
        let header = vec!["甲".to_owned()];
        let table = Table { title: "表".to_owned(), header, rows: vec![], key_columns: 1 };
        let page = write(&Document { title: "题".to_owned(), lines: vec![], tables: vec![table] });
        assert!(page.contains("</table>\n<p>无</p>\n"), "{page}");
    }
}
