//! A text as a page.

use quick_xml::escape::escape;

/// The lines as paragraphs of a page; nothing in them is taken for more than words.
#[must_use]
pub fn page(title: &str, text: &str) -> String {
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head><meta charset=\"utf-8\"><title>{}</title></head>\n\
         <body>\n",
        escape(title)
    );
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        page.push_str("<p>");
        page.push_str(&escape(line));
        page.push_str("</p>\n");
    }
    page.push_str("</body>\n</html>\n");
    page
}
