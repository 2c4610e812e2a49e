//! What the writer himself wrote: programs put the mail that is answered below, behind a line of theirs.

/// Longest text above a quotation that is looked at for a command, in characters.
const LOOKED_AT_CHARS: usize = 2_000;

/// Beginnings of the lines that programs put above what they quote: QQ, 163, Foxmail, Outlook, Apple, Gmail.
const BEFORE_QUOTES: [&str; 11] = [
    "-----原始邮件",
    "------------------原始邮件",
    "----原始邮件",
    "-----OriginalMessage",
    "----回复的原邮件",
    "----转发的原邮件",
    "发件人：",
    "发件人:",
    "From:",
    "________________________________",
    "发自我的",
];

/// The words above the first quotation.
///
/// ```
/// use mayorline::domain::message::mail::own_words;
/// let text = "4，还是没修\n\n------------------ 原始邮件 ------------------\n发件人: 受理中心";
/// assert_eq!(own_words(text), "4，还是没修");
/// ```
#[must_use]
pub fn own_words(text: &str) -> String {
    let lines = text.lines().take_while(|line| !begins_quote(line));
    let own: Vec<&str> = lines.collect();
    own.join("\n").trim().chars().take(LOOKED_AT_CHARS).collect()
}

fn begins_quote(line: &str) -> bool {
    let bare = line.trim_start();
    if bare == ">" || bare.starts_with(">>") {
        return true;
    }
    // Blanks beside the dashes come and go.
    let packed: String = bare.chars().filter(|c| *c != ' ').take(60).collect();
    // 「在 2026-11-22 20:13:51，"某某" <a@example.com> 写道：」, 「On …, … wrote:」, 「… 于2026年11月22日周日 写道：」
    let is_wrote = bare.ends_with("写道：") || bare.ends_with("写道:") || bare.ends_with("wrote:");
    bare.starts_with("> ") || BEFORE_QUOTES.iter().any(|mark| packed.starts_with(mark)) || is_wrote
}
