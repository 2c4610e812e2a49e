//! Names of header fields: those that `rsip` has a type for are told apart without comparing text.

use rsip::headers::UntypedHeader as _;

macro_rules! known {
    ($($variant:ident $name:literal,)*) => {
        /// A header field that `rsip` has a type for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Known {
            $(#[doc = $name] $variant,)*
        }

        /// All of them by the length of their names, those of one length as often as they come.
        const ALL: &[(Known, &str)] = &[$((Known::$variant, $name),)*];

        impl Known {
            /// The name as RFC 3261 writes it; `rsip` prints some in another case.
            pub(super) fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The field in `rsip`'s model; the value may hold no line end.
            pub(super) fn typed(self, value: String) -> rsip::Header {
                match self {
                    $(Self::$variant => {
                        rsip::Header::$variant(rsip::headers::$variant::new(value))
                    })*
                }
            }
        }
    };
}
known! {
    To "To",
    Via "Via",
    From "From",
    CSeq "CSeq",
    Date "Date",
    Allow "Allow",
    Route "Route",
    Event "Event",
    Accept "Accept",
    Server "Server",
    CallId "Call-ID",
    Contact "Contact",
    Require "Require",
    Expires "Expires",
    Subject "Subject",
    Warning "Warning",
    Priority "Priority",
    ReplyTo "Reply-To",
    Supported "Supported",
    CallInfo "Call-Info",
    Timestamp "Timestamp",
    UserAgent "User-Agent",
    AlertInfo "Alert-Info",
    ErrorInfo "Error-Info",
    MinExpires "Min-Expires",
    RetryAfter "Retry-After",
    InReplyTo "In-Reply-To",
    Unsupported "Unsupported",
    MaxForwards "Max-Forwards",
    ContentType "Content-Type",
    RecordRoute "Record-Route",
    MimeVersion "MIME-Version",
    Organization "Organization",
    Authorization "Authorization",
    ProxyRequire "Proxy-Require",
    ContentLength "Content-Length",
    AcceptEncoding "Accept-Encoding",
    AcceptLanguage "Accept-Language",
    WwwAuthenticate "WWW-Authenticate",
    ContentEncoding "Content-Encoding",
    ContentLanguage "Content-Language",
    SubscriptionState "Subscription-State",
    ProxyAuthenticate "Proxy-Authenticate",
    AuthenticationInfo "Authentication-Info",
    ContentDisposition "Content-Disposition",
    ProxyAuthorization "Proxy-Authorization",
}

/// The longest known name and one.
const LENGTHS: usize = 20;

/// Where in [`ALL`] the names of a length begin; those of the next length begin where they end.
#[expect(clippy::indexing_slicing, reason = "out of bounds it would not compile")]
const STARTS: [usize; LENGTHS + 1] = {
    let mut starts = [ALL.len(); LENGTHS + 1];
    let mut at = ALL.len();
    while at > 0 {
        at -= 1;
        let length = ALL[at].1.len();
        let sorted = at + 1 == ALL.len() || length <= ALL[at + 1].1.len();
        assert!(sorted && length < LENGTHS, "the names stand by their length");
        let mut shorter = 0;
        while shorter <= length {
            starts[shorter] = at;
            shorter += 1;
        }
    }
    starts
};

/// With which letters the names of a length begin. It tells most unknown names apart.
#[expect(clippy::indexing_slicing, reason = "out of bounds it would not compile")]
const FIRST_LETTERS: [u32; LENGTHS] = {
    let mut letters = [0; LENGTHS];
    let mut at = 0;
    while at < ALL.len() {
        let name = ALL[at].1.as_bytes();
        letters[name.len()] |= letter(name[0]);
        at += 1;
    }
    letters
};

/// A bit for a letter in either case.
const fn letter(byte: u8) -> u32 {
    1 << (byte & 0x1F)
}

impl Known {
    /// The known field of a name in whatever case.
    pub(super) fn of(name: &str) -> Option<Self> {
        let first = letter(*name.as_bytes().first()?);
        if FIRST_LETTERS.get(name.len())? & first == 0 {
            return None;
        }
        let [from, to] = [STARTS.get(name.len())?, STARTS.get(name.len() + 1)?];
        // Most are written as they are printed, which costs less to see.
        let found = ALL.get(*from..*to)?.iter().find(|(_, known)| {
            let begins = known.as_bytes().first().is_some_and(|byte| letter(*byte) == first);
            begins && (*known == name || known.eq_ignore_ascii_case(name))
        });
        found.map(|(known, _)| *known)
    }

    /// A second one makes the message ambiguous (RFC 3261 §7.3.1).
    pub(super) fn is_single(self) -> bool {
        matches!(
            self,
            Self::From
                | Self::To
                | Self::CallId
                | Self::CSeq
                | Self::ContentLength
                | Self::MaxForwards
                | Self::ContentType
                | Self::Expires
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_name_is_found_in_any_case_and_typed_as_itself() {
        for (known, name) in ALL {
            assert_eq!(Known::of(name), Some(*known), "{name}");
            assert_eq!(Known::of(&name.to_ascii_uppercase()), Some(*known), "{name}");
            assert_eq!(known.name(), *name);
            let printed = known.typed("1".to_owned()).to_string();
            assert!(printed.eq_ignore_ascii_case(&format!("{name}: 1")), "{printed}");
        }
        for name in ["", "X", "Vib", "X-Hop-1", "Authentication-Info-And-More", "会话"] {
            assert_eq!(Known::of(name), None, "{name}");
        }
    }
}
