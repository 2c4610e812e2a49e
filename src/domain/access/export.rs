//! Exports of who the citizens are: up to fifty by one person, more by two (domain.md 3.7).

/// Persons that one person exports alone.
pub const EXPORT_ALONE_MAX: usize = 50;

/// Whether an export of so many persons needs a second person.
#[must_use]
pub fn needs_second_person(persons: usize) -> bool {
    persons > EXPORT_ALONE_MAX
}

/// Whether the second person is another than the one who asked, and somebody at all. Spaces around
/// a name make no other person of it.
#[must_use]
pub fn is_second_person(asked_by: &str, second: &str) -> bool {
    !second.trim().is_empty() && second.trim() != asked_by.trim()
}

/// A field of a CSV file (RFC 4180), quoted. What a spreadsheet would take for a formula is text.
#[must_use]
pub fn csv_field(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guard = if formula { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifty_persons_are_exported_by_one_and_fifty_one_by_two() {
        assert!(!needs_second_person(0) && !needs_second_person(50) && needs_second_person(51));
    }

    #[test]
    fn the_second_person_is_another_one() {
        assert!(is_second_person("wang", "li"));
        for second in ["wang", " wang ", "", "  "] {
            assert!(!is_second_person("wang", second), "{second:?}");
        }
    }

    #[test]
    fn a_field_is_quoted_and_is_no_formula() {
        for (text, field) in [
            ("路灯", "\"路灯\""),
            ("a \"b\",\n", "\"a \"\"b\"\",\n\""),
            ("=HYPERLINK(1)", "\"'=HYPERLINK(1)\""),
            ("+86", "\"'+86\""),
            ("-1", "\"'-1\""),
            ("@x", "\"'@x\""),
            ("", "\"\""),
        ] {
            assert_eq!(csv_field(text), field);
        }
    }
}
