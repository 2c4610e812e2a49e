//! A text as a page.

/// The lines as paragraphs of a page; nothing in them is taken for more than words.
#[must_use]
pub fn page(title: &str, text: &str) -> String {
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head><meta charset=\"utf-8\"><title>{}</title></head>\n\
         <body>\n",
        escaped(title)
    );
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        page.push_str("<p>");
        page.push_str(&escaped(line));
        page.push_str("</p>\n");
    }
    page.push_str("</body>\n</html>\n");
    page
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
