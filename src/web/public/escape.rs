//! Text as it stands in HTML and XML: never markup, whatever it says.

/// As text and in attributes of HTML and XML. What XML cannot hold becomes a mark that it was there.
pub(super) fn escaped(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\t' | '\r' => c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        c => c,
    };
    quick_xml::escape::escape(text.chars().map(shown).collect::<String>()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup() {
        assert_eq!(
            escaped("<script>alert(\"1\")</script> & 'x'"),
            "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &apos;x&apos;"
        );
        assert_eq!(escaped("路灯\u{0}已修复\u{1b}\n第二行"), "路灯\u{fffd}已修复\u{fffd}\n第二行");
    }
}
