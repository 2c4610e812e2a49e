//! Lengths, and words cut to them.

/// Most messages of one text of ours. Spool and modems are asked for no more, and nobody reads further.
pub const PARTS_MAX: usize = 3;
/// UTF-16 units of a text that fits one message.
const ONE_UNITS: usize = 70;
/// Of each of several, behind the header that joins them.
const EACH_UNITS: usize = 67;

/// Longest result of a case (S06), in UTF-16 units.
pub const RESULT_UNITS_MAX: usize = 100;
/// Longest reason of an extension (S05) and way of law (S13).
pub const REASON_UNITS_MAX: usize = 40;
/// Longest name of a unit or of who listens.
pub const UNIT_UNITS_MAX: usize = 24;
/// Longest summary of a case to a unit (S19).
pub const SUMMARY_UNITS_MAX: usize = 24;
/// Longest list of who answers for a case in its unit (S20, S21, S29): with it a warning takes two messages.
pub const WHOM_UNITS_MAX: usize = 78;
/// Longest state of a case (S10) and nature (S19).
pub const KIND_UNITS_MAX: usize = 12;

/// What stands in place of the rest of a result: the whole is told to who asks.
pub(super) const RESULT_REST: &str = "……详情请查询";
/// What stands in place of any other rest.
pub(super) const REST: &str = "…";

/// UTF-16 units of a text.
#[must_use]
pub fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Messages that a text takes in UTF-16. No character is cut in two, so one may begin a message early.
#[must_use]
pub fn parts(text: &str) -> usize {
    if units(text) <= ONE_UNITS {
        return 1;
    }
    let (mut parts, mut filled) = (1, 0);
    for character in text.chars() {
        if filled + character.len_utf16() > EACH_UNITS {
            (parts, filled) = (parts + 1, 0);
        }
        filled += character.len_utf16();
    }
    parts
}

/// Whether a text with a result (S06, S28) says all of it; a longer one is cut there.
#[must_use]
pub fn is_whole_result(result: &str) -> bool {
    units(bare(&tamed(result))) <= RESULT_UNITS_MAX
}

/// Words of others within our sentence: on one line, without what a carrier takes for a signature, without
/// the full stop that our sentence has itself, and of so many units at most.
pub(super) fn fitted(words: &str, units_max: usize, rest: &str) -> String {
    let tame = tamed(words);
    let tame = bare(&tame);
    if units(tame) <= units_max {
        return tame.to_owned();
    }
    let room = units_max.saturating_sub(units(rest));
    let mut used = 0;
    let fits = |c: &char| {
        used += c.len_utf16();
        used <= room
    };
    let kept: String = tame.chars().take_while(fits).collect();
    let kept = kept.trim_end_matches(|c: char| c.is_whitespace() || "。；，、.;,".contains(c));
    format!("{kept}{rest}")
}

/// Without the marks and blanks at its ends.
fn bare(tame: &str) -> &str {
    tame.trim_matches(|c: char| c.is_whitespace() || "。；，、.;,".contains(c))
}

/// Control characters and runs of blanks are one blank; what does not show is left out.
fn tamed(words: &str) -> String {
    let mut tame = String::with_capacity(words.len());
    for c in words.chars() {
        match c {
            '【' | '［' | '[' => tame.push('（'),
            '】' | '］' | ']' => tame.push('）'),
            '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2069}'
            | '\u{FEFF}' => {}
            c if c.is_whitespace() || c.is_control() => {
                if !tame.ends_with(' ') && !tame.is_empty() {
                    tame.push(' ');
                }
            }
            c => tame.push(c),
        }
    }
    tame
}
