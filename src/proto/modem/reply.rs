//! One line of a modem (TS 27.005 §3, TS 27.007 §9).

use super::Place;
use crate::wire::sms::CmsError;

/// What it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply<'a> {
    Ok,
    /// `ERROR`, or one of another command set.
    Error,
    CmsError(CmsError),
    /// `+CMGL`: the next line is the PDU of this place, of so many octets without its centre.
    Listed(Place, Option<usize>),
    /// `+CMGS`: the network has the text.
    Submitted(u8),
    /// `+CPMS`: places taken and all of them.
    Used(u16, u16),
    /// `+CREG`: whether it is registered.
    Registered(bool),
    /// `+CSQ`.
    Signal(Option<u8>),
    /// `+CPIN`.
    Pin(&'a str),
    /// `+CMTI`, `+CDSI`: something new.
    Notice,
    /// `+CMT`, `+CDS`: the next line is a PDU that is in no place.
    Direct(Option<usize>),
    Other(&'a str),
}

impl<'a> Reply<'a> {
    pub(super) fn of(line: &'a str) -> Self {
        Self::known(line).unwrap_or(Self::Other(line))
    }

    fn known(line: &'a str) -> Option<Self> {
        match line {
            "OK" => return Some(Self::Ok),
            "ERROR" | "NO CARRIER" | "COMMAND NOT SUPPORT" => return Some(Self::Error),
            _ => {}
        }
        let (name, value) = line.split_once(':')?;
        let value = value.trim();
        let field =
            |at: usize| value.split(',').nth(at).map(|field| field.trim().trim_matches('"'));
        let last = || value.rsplit(',').next()?.trim().parse().ok();
        Some(match name {
            "+CMS ERROR" => {
                value.parse().map_or(Self::Error, |code| Self::CmsError(CmsError(code)))
            }
            "+CME ERROR" => Self::Error,
            // Place, state, name, octets: what is cut off names no place.
            "+CMGL" => field(3).and(Some(Self::Listed(field(0)?.parse().ok()?, last())))?,
            "+CMGS" => Self::Submitted(field(0)?.parse().ok()?),
            // With names, as the question is answered, or without, as the command is.
            "+CPMS" => {
                let first = usize::from(field(0)?.parse::<u16>().is_err());
                Self::Used(field(first)?.parse().ok()?, field(first + 1)?.parse().ok()?)
            }
            // Behind the mode, as the question is answered.
            "+CREG" => Self::Registered(matches!(field(1).or_else(|| field(0))?, "1" | "5")),
            "+CSQ" => Self::Signal(field(0)?.parse().ok().filter(|signal| *signal <= 31)),
            "+CPIN" => Self::Pin(value),
            "+CMTI" | "+CDSI" => Self::Notice,
            "+CMT" | "+CDS" => Self::Direct(last()),
            _ => return None,
        })
    }
}
