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

/// Begins what a spreadsheet would take for a formula, full-width forms too.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// A line of a CSV file (RFC 4180) with its end; a field is quoted where it must be. What a spreadsheet
/// would take for a formula is made a text by an apostrophe.
#[must_use]
pub fn csv_line<'a>(fields: impl IntoIterator<Item = &'a String>) -> String {
    let fields: Vec<String> = fields.into_iter().map(|field| csv_field(field)).collect();
    fields.join(",") + "\r\n"
}

fn csv_field(text: &str) -> String {
    let mark = if text.starts_with(FORMULA) { "'" } else { "" };
    let quoted = text.contains([',', '"', '\n', '\r']) || !mark.is_empty();
    if quoted { format!("\"{mark}{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
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

    fn line(fields: &[&str]) -> String {
        csv_line(&fields.iter().map(|&field| field.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn what_would_be_a_formula_is_a_text() {
        for field in
            ["=HYPERLINK(1)", "+86", "-1", "@x", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠1"]
        {
            assert_eq!(line(&["甲", field]), format!("甲,\"'{field}\"\r\n"));
        }
        assert_eq!(line(&["1-1", "a=b", "199", ""]), "1-1,a=b,199,\r\n");
    }

    #[test]
    fn quotes_commas_and_line_ends_stay_in_their_field() {
        assert_eq!(line(&["路灯", "a,b"]), "路灯,\"a,b\"\r\n");
        assert_eq!(line(&["a \"b\",\n", "c\rd"]), "\"a \"\"b\"\",\n\",\"c\rd\"\r\n");
    }
}
