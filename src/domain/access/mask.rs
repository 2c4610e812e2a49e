//! Names as they are shown masked: 张**. Numbers mask themselves
//! ([`PhoneNumber::masked`](crate::units::PhoneNumber::masked)).

/// The first character and two stars, however long the name is, so that its length tells nothing;
/// a name of nothing but white space stays empty.
///
/// ```
/// use mayorline::domain::access::masked_name;
/// assert_eq!((masked_name("张三"), masked_name("欧阳修文"), masked_name(" ")),
///            ("张**".to_owned(), "欧**".to_owned(), String::new()));
/// ```
#[must_use]
pub fn masked_name(name: &str) -> String {
    match name.trim().chars().next() {
        // A number as a display name is a number.
        Some(first) if first.is_ascii_digit() || first == '+' => "***".to_owned(),
        Some(first) => format!("{first}**"),
        None => String::new(),
    }
}
