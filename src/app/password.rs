//! Passwords come from files: never from the command line, where every user of the machine could
//! read them, and never into a log.

use super::exit::{Exit, Failure};
use crate::store::PASSWORD_CHARS_MAX;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Shortest password. A phone keeps it, so nobody needs to remember it.
pub const PASSWORD_CHARS_MIN: usize = 12;

/// Characters of it that must differ.
const DIFFERENT_MIN: usize = 5;

/// Kinds of characters (letters, digits, others) that it must have.
const KINDS_MIN: usize = 2;

/// Reads the password of a seat and refuses a weak one. Warns when others can read the file.
pub(super) fn read(path: &Path, seat: &str) -> Result<String, Exit> {
    let place = path.display();
    let failed = |error: std::io::Error| {
        let missing = error.kind() == std::io::ErrorKind::NotFound;
        let failure = if missing { Failure::NoInput } else { Failure::Io };
        Exit::new(failure, format!("{place}: {error}"))
    };
    let file = File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode();
    if mode & 0o077 != 0 {
        eprintln!("mayorline: warning: {place} can be read by others (chmod 600 {place})");
    }
    let mut bytes = Vec::new();
    // Room for a line's end and one character too many.
    let limit = u64::try_from(PASSWORD_CHARS_MAX).unwrap_or(0) + 3;
    file.take(limit).read_to_end(&mut bytes).map_err(failed)?;
    // What is no UTF-8 has other characters than the rule allows.
    let text = String::from_utf8_lossy(&bytes);
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    check(line, seat).map_err(|why| Exit::new(Failure::Data, format!("{place}: {why}")))?;
    Ok(line.to_owned())
}

/// The rule, in the words of the one refused.
fn check(password: &str, seat: &str) -> Result<(), &'static str> {
    // Other characters are sent in different encodings by different phones (RFC 7616 §4).
    if !password.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err("the password must be one line of printable ASCII characters");
    }
    if !(PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&password.len()) {
        return Err("the password must have 12 to 128 characters");
    }
    let mut different: Vec<u8> = password.bytes().collect();
    different.sort_unstable();
    different.dedup();
    let has = |kind: fn(&u8) -> bool| usize::from(password.bytes().any(|byte| kind(&byte)));
    let kinds = has(u8::is_ascii_alphabetic)
        + has(u8::is_ascii_digit)
        + has(|byte| !byte.is_ascii_alphanumeric());
    if different.len() < DIFFERENT_MIN || kinds < KINDS_MIN {
        return Err("the password must have 5 different characters and two of the kinds \
                    letters, digits, others");
    }
    if password.contains(seat) {
        return Err("the password must not contain the seat's number or the account's name");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weak_password_is_refused_with_the_part_of_the_rule_it_breaks() {
        for (password, rule) in [
            ("", "12 to 128"),
            ("abc-123-def", "12 to 128"),
            (&"ab1-".repeat(33), "12 to 128"),
            ("路灯不亮-路灯不亮-路灯", "printable ASCII"),
            ("two\nlines-of-it", "printable ASCII"),
            ("ababababab12", "5 different"),
            ("abcdefghijkl", "two of the kinds"),
            ("738291640573", "two of the kinds"),
            ("seat-801-secret", "seat's number"),
        ] {
            let refused = check(password, "801").unwrap_err();
            assert!(refused.contains(rule), "{password:?}: {refused}");
        }
        for good in ["abcdefghijk1", "kite river 7 lamp", &"ab1-x".repeat(25)] {
            assert_eq!(check(good, "801"), Ok(()), "{good}");
        }
    }
}
