//! A transfer that a phone asked for (RFC 3515), and what Replaces names (RFC 3891).

use super::checks::unescape;
use super::reply::Reply;
use super::transaction::TransactionId;
use std::time::Instant;

/// How far a REFER has come.
#[derive(Debug)]
pub(super) enum Transfer {
    /// Our user has not decided.
    Asked {
        transaction: TransactionId,
        reply: Reply,
        /// It is refused when nobody decided by then.
        until: Instant,
        /// CSeq of the REFER, by which NOTIFY names it.
        cseq: u32,
        /// The phone wants no NOTIFY (RFC 4488).
        silent: bool,
    },
    /// NOTIFYs tell how it goes; the id from the second transfer of a dialog on.
    Running { id: Option<u32> },
}

impl Transfer {
    /// When it is refused.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        match self {
            Self::Asked { until, .. } => Some(*until),
            Self::Running { .. } => None,
        }
    }

    /// Whether nobody decided in time.
    pub(super) fn is_late(&self, now: Instant) -> bool {
        self.poll_timeout().is_some_and(|until| now >= until)
    }
}

/// A dialog as the side that named it sees it: `to_tag` is ours.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Replaces {
    pub(super) call_id: String,
    pub(super) to_tag: String,
    pub(super) from_tag: String,
    pub(super) early_only: bool,
}

impl Replaces {
    /// `call-id;to-tag=a;from-tag=b` (RFC 3891 §6.1); `None` where a part lacks.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let mut parts = value.split(';').map(str::trim);
        let call_id = parts.next().filter(|id| !id.is_empty())?.to_owned();
        let (mut to_tag, mut from_tag, mut early_only) = (None, None, false);
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "to-tag" if to_tag.is_none() => to_tag = Some(value.trim().to_owned()),
                "from-tag" if from_tag.is_none() => from_tag = Some(value.trim().to_owned()),
                "to-tag" | "from-tag" => return None,
                "early-only" => early_only = true,
                _ => {}
            }
        }
        Some(Self { call_id, to_tag: to_tag?, from_tag: from_tag?, early_only })
    }

    /// Out of the `?…` part of a Refer-To; `Some(None)` where it is there and cannot be read.
    pub(super) fn of_uri(headers: &str) -> Option<Option<Self>> {
        headers.split('&').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            name.eq_ignore_ascii_case("Replaces").then(|| Self::parse(&unescape(value)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaces_names_a_dialog_whole_or_not_at_all() {
        let whole = Replaces::parse("a@b ; to-tag=1;from-tag=2;early-only;x=y").unwrap();
        assert_eq!((whole.call_id.as_str(), whole.early_only), ("a@b", true));
        for text in ["", ";to-tag=1;from-tag=2", "a;to-tag=1", "a;to-tag=1;to-tag=2;from-tag=3"] {
            assert_eq!(Replaces::parse(text), None, "{text}");
        }
        let inside = Replaces::of_uri("X=1&replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2");
        assert_eq!(inside.unwrap().unwrap(), Replaces { early_only: false, ..whole });
        assert_eq!(Replaces::of_uri("Replaces=a"), Some(None));
        assert_eq!(Replaces::of_uri("Subject=b"), None);
    }
}
