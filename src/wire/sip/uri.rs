//! SIP, SIPS and tel URIs (RFC 3261 §19.1, RFC 3966); other schemes are kept as text.

use super::lexis::{cut, decimal, is_host_byte, is_no_uri_byte, span};
use super::limits::{PARAMS_MAX, URI_BYTES_MAX};
use crate::wire::WireError;
use std::fmt;
use std::net::Ipv6Addr;

const MALFORMED: WireError = WireError::Malformed("URI");

/// The scheme of a [`Uri`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum UriScheme {
    /// `sip:`
    Sip,
    /// `sips:`
    Sips,
    /// `tel:`; the number stands in [`Uri::user`].
    Tel,
    /// Any other; the rest stands in [`Uri::user`] unparsed.
    Other(String),
}

/// `;name=value` pairs in order, values unescaped only of their quotes; a flag has no value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Params(pub Vec<(String, Option<String>)>);

impl Params {
    /// The value of a parameter by its case-insensitive name; a flag gives `Some("")`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(found.1.as_deref().unwrap_or(""))
    }

    /// Sets or replaces a parameter.
    pub fn set(&mut self, name: &str, value: Option<String>) {
        match self.0.iter_mut().find(|(key, _)| key.eq_ignore_ascii_case(name)) {
            Some(pair) => pair.1 = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }
}

/// An address of record or contact.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Uri {
    /// The scheme.
    pub scheme: UriScheme,
    /// The part before `@`, escapes kept as sent; for tel: the number.
    pub user: Option<String>,
    /// Host name or address, IPv6 in brackets; empty for tel:.
    pub host: String,
    /// The port where one is written.
    pub port: Option<u16>,
    /// `;transport=udp;lr` and the like.
    pub params: Params,
    /// Everything after `?`, as sent.
    pub headers: Option<String>,
}

impl Uri {
    /// Reads a URI without angle brackets.
    ///
    /// ```
    /// use mayorline::wire::sip::Uri;
    /// let uri = Uri::parse("sip:12345@[2001:db8::9]:5070;transport=tcp")?;
    /// assert_eq!((uri.user.as_deref(), uri.port), (Some("12345"), Some(5070)));
    /// # Ok::<(), mayorline::wire::WireError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, WireError> {
        let Parts { scheme, user, host, port, params, headers } = Parts::of(text)?;
        Ok(Self {
            scheme: match scheme {
                Scheme::Sip => UriScheme::Sip,
                Scheme::Sips => UriScheme::Sips,
                Scheme::Tel => UriScheme::Tel,
                Scheme::Other(scheme) => UriScheme::Other(scheme.to_owned()),
            },
            user: user.map(str::to_owned),
            host: host.to_owned(),
            port,
            params: owned_params(params)?,
            headers: headers.map(str::to_owned),
        })
    }

    /// Refuses what [`Self::parse`] refuses, and keeps nothing.
    pub(super) fn check(text: &str) -> Result<(), WireError> {
        uri_params(Parts::of(text)?.params).try_for_each(|pair| pair.map(drop))
    }
}

/// [`UriScheme`] of a URI that is not kept.
enum Scheme<'a> {
    Sip,
    Sips,
    Tel,
    Other(&'a str),
}

/// A URI taken apart; its parameters have not been looked at.
struct Parts<'a> {
    scheme: Scheme<'a>,
    user: Option<&'a str>,
    host: &'a str,
    port: Option<u16>,
    params: &'a str,
    headers: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Result<Self, WireError> {
        if text.len() > URI_BYTES_MAX {
            return Err(WireError::TooLarge("URI"));
        }
        if text.bytes().any(is_no_uri_byte) {
            return Err(MALFORMED);
        }
        let (scheme, rest) = cut(text, b':').ok_or(MALFORMED)?;
        if !is_scheme(scheme) || rest.is_empty() {
            return Err(MALFORMED);
        }
        match () {
            () if scheme.eq_ignore_ascii_case("sip") => Self::sip(Scheme::Sip, rest),
            () if scheme.eq_ignore_ascii_case("sips") => Self::sip(Scheme::Sips, rest),
            () if scheme.eq_ignore_ascii_case("tel") => Self::tel(rest),
            () => Ok(Self::opaque(Scheme::Other(scheme), rest, "")),
        }
    }

    fn sip(scheme: Scheme<'a>, rest: &'a str) -> Result<Self, WireError> {
        // RFC 3261 §25.1: `;` and `?` may stand in the user part, `@` only behind it.
        let (user, rest) = match cut(rest, b'@') {
            Some((user, rest)) if !user.is_empty() => (Some(user), rest),
            Some(_) => return Err(MALFORMED),
            None => (None, rest),
        };
        let (rest, headers) = match cut(rest, b'?') {
            Some((rest, headers)) => (rest, Some(headers)),
            None => (rest, None),
        };
        let (host_port, params) = cut(rest, b';').unwrap_or((rest, ""));
        let (host, port) = host_port_of(host_port)?;
        Ok(Self { scheme, user, host, port, params, headers })
    }

    fn tel(rest: &'a str) -> Result<Self, WireError> {
        let (number, params) = cut(rest, b';').unwrap_or((rest, ""));
        // RFC 3966 §3, with the letters of local numbers left out and the hex digits kept.
        let legal = number.bytes().all(|b| b.is_ascii_hexdigit() || b"+-.()*#".contains(&b));
        if number.is_empty() || !legal {
            return Err(MALFORMED);
        }
        Ok(Self::opaque(Scheme::Tel, number, params))
    }

    fn opaque(scheme: Scheme<'a>, user: &'a str, params: &'a str) -> Self {
        Self { scheme, user: Some(user), host: "", port: None, params, headers: None }
    }
}

/// RFC 3986 §3.1.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}

/// Names and values of URI parameters.
fn uri_params(text: &str) -> impl Iterator<Item = Result<(&str, Option<&str>), WireError>> {
    let pairs = text.split(';').filter(|pair| !pair.is_empty());
    pairs.enumerate().map(|(at, pair)| {
        if at == PARAMS_MAX {
            return Err(WireError::TooLarge("parameter list"));
        }
        let (name, value) = match cut(pair, b'=') {
            Some((name, value)) => (name, Some(value)),
            None => (pair, None),
        };
        if name.is_empty() { Err(MALFORMED) } else { Ok((name, value)) }
    })
}

fn owned_params(text: &str) -> Result<Params, WireError> {
    let owned = |(name, value): (&str, Option<&str>)| (name.to_owned(), value.map(str::to_owned));
    Ok(Params(uri_params(text).map(|pair| pair.map(owned)).collect::<Result<_, _>>()?))
}

/// `host`, `host:port`, `[IPv6]` or `[IPv6]:port`.
pub(super) fn host_port_of(text: &str) -> Result<(&str, Option<u16>), WireError> {
    const HOST: WireError = WireError::Malformed("host");
    let (host, tail) = match text.strip_prefix('[') {
        Some(inner) => {
            let (address, _) = inner.split_once(']').ok_or(HOST)?;
            let host = is_ipv6(address).then(|| text.split_at_checked(address.len() + 2));
            host.flatten().ok_or(HOST)?
        }
        None => span(text, is_host_byte),
    };
    if host.is_empty() {
        return Err(HOST);
    }
    if tail.is_empty() {
        return Ok((host, None));
    }
    let digits = tail.strip_prefix(':').ok_or(HOST)?;
    let port = decimal(digits, u64::from(u16::MAX)).and_then(|port| u16::try_from(port).ok());
    Ok((host, Some(port.ok_or(WireError::Malformed("port"))?)))
}

/// RFC 5118 §4.10: the grammar of RFC 3261 writes a third colon before an embedded IPv4 address,
/// and both forms are to be tolerated.
fn is_ipv6(text: &str) -> bool {
    let legal = |text: &str| text.parse::<Ipv6Addr>().is_ok();
    legal(text) || (text.contains('.') && legal(&text.replacen(":::", "::", 1)))
}

impl fmt::Display for UriScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sip => "sip",
            Self::Sips => "sips",
            Self::Tel => "tel",
            Self::Other(scheme) => scheme,
        })
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.scheme)?;
        if let Some(user) = &self.user {
            f.write_str(user)?;
            if matches!(self.scheme, UriScheme::Sip | UriScheme::Sips) {
                f.write_str("@")?;
            }
        }
        f.write_str(&self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        for (name, value) in &self.params.0 {
            match value {
                Some(value) => write!(f, ";{name}={value}")?,
                None => write!(f, ";{name}")?,
            }
        }
        match &self.headers {
            Some(headers) => write!(f, "?{headers}"),
            None => Ok(()),
        }
    }
}
