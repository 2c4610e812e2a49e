//! Who a short text is from, as the network shows it.

use crate::units::PhoneNumber;

/// Digits of the shortest number that an answer is sent to: a landline without its area code.
const ANSWERED_DIGITS_MIN: usize = 7;

/// Who a short text is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sender {
    /// A telephone.
    Phone(PhoneNumber),
    /// A short code, or a name of letters: a machine that is never answered (domain.md 4.3).
    Machine(String),
}

impl Sender {
    /// Reads what the network shows; 106… are the numbers of companies' platforms.
    #[must_use]
    pub fn parse(shown: &str) -> Self {
        let machine = || Self::Machine(shown.chars().take(21).collect());
        match PhoneNumber::parse(shown) {
            Ok(number) => {
                let digits = number.as_str();
                let of_company = digits.starts_with("106") || digits.starts_with("95");
                let short = digits.len() < ANSWERED_DIGITS_MIN || of_company;
                if short { machine() } else { Self::Phone(number) }
            }
            Err(_) => machine(),
        }
    }

    /// The telephone, where it is one.
    #[must_use]
    pub fn phone(&self) -> Option<&PhoneNumber> {
        match self {
            Self::Phone(number) => Some(number),
            Self::Machine(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephones_are_answered_and_machines_are_not() {
        for shown in ["19900000017", "+8619900000017", "053700000000"] {
            assert!(Sender::parse(shown).phone().is_some(), "{shown}");
        }
        for shown in ["10086", "95588", "1069012345678", "CMCC", "支付宝", ""] {
            assert!(Sender::parse(shown).phone().is_none(), "{shown}");
        }
    }
}
