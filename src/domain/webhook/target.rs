//! Where a message may be sent. A URL is read strictly, because what reads it leniently elsewhere would
//! find another machine in it; what its name leads to is looked at once more before every connection.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Longest URL.
pub const URL_BYTES_MAX: usize = 500;

/// Private networks that the configuration may name.
pub const NETWORKS_MAX: usize = 32;

/// Longest name of a machine (RFC 1035 section 2.3.4).
const HOST_BYTES_MAX: usize = 253;
/// Longest part of it between two dots.
const LABEL_BYTES_MAX: usize = 63;

/// How a receiver is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// In clear, on this machine alone.
    Http,
    /// With a certificate that is verified.
    Https,
}

/// A URL, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// How it is spoken to.
    pub scheme: Scheme,
    /// The name of the machine in small letters, or its address without brackets.
    pub host: String,
    /// The port, written or implied.
    pub port: u16,
    /// Path and query, beginning with `/`.
    pub path: String,
}

/// Why nothing is sent there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TargetFault {
    /// Longer than [`URL_BYTES_MAX`].
    #[error("the URL is longer than {URL_BYTES_MAX} bytes")]
    Long,
    /// Not `https://` or `http://`.
    #[error("the URL must begin with https://, or with http:// for this machine")]
    Scheme,
    /// A name and password in it would stand in lists.
    #[error("the URL must not carry a name or password")]
    Credentials,
    /// A fragment is never sent.
    #[error("the URL must not have a fragment (#)")]
    Fragment,
    /// Empty, too long, or with characters that no name has.
    #[error("the URL names no machine")]
    Host,
    /// Such as `127.1` or `0x7f000001`, which other programs read as an address.
    #[error("the URL names a machine by a number that is no plain address")]
    OddAddress,
    /// No number from 1 to 65535.
    #[error("the port of the URL is none")]
    Port,
    /// White space, control characters or others than ASCII.
    #[error("the URL has characters that must be written as %XX")]
    Characters,
    /// In clear to another machine.
    #[error("http:// is for this machine alone; use https://")]
    Clear,
    /// This configuration sends nothing outside of this machine.
    #[error("webhook.outside is false: nothing is sent to public addresses")]
    Outside,
    /// A private or reserved address in no network of the configuration.
    #[error("a private address that webhook.networks does not name")]
    Private,
}

impl Target {
    /// Reads a URL.
    ///
    /// # Errors
    /// The rule that it breaks.
    ///
    /// ```
    /// use mayorline::domain::webhook::Target;
    /// let target = Target::parse("https://city.example/hook?k=1").unwrap();
    /// assert_eq!((target.host.as_str(), target.port), ("city.example", 443));
    /// assert!(Target::parse("https://127.1/").is_err());
    /// ```
    pub fn parse(url: &str) -> Result<Self, TargetFault> {
        if url.len() > URL_BYTES_MAX {
            return Err(TargetFault::Long);
        }
        if !url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\\"<>^`{|}".contains(&byte)) {
            return Err(TargetFault::Characters);
        }
        let (scheme, rest) = url.split_once("://").ok_or(TargetFault::Scheme)?;
        let (scheme, implied) = match scheme.to_ascii_lowercase().as_str() {
            "https" => (Scheme::Https, 443),
            "http" => (Scheme::Http, 80),
            _ => return Err(TargetFault::Scheme),
        };
        if rest.contains('#') {
            return Err(TargetFault::Fragment);
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.contains('@') {
            return Err(TargetFault::Credentials);
        }
        let (host, port) = host_and_port(authority)?;
        let port = port.map_or(Ok(implied), read_port)?;
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let target = Self { scheme, host, port, path };
        match scheme {
            Scheme::Http if !target.is_this_machine() => Err(TargetFault::Clear),
            _ => Ok(target),
        }
    }

    /// Its address where it is written as one.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// Scheme, machine and port: what may be told of it in the log and in the audit.
    #[must_use]
    pub fn origin(&self) -> String {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        format!("{scheme}://{}", self.authority())
    }

    /// Machine and port, as the header `Host` has them.
    #[must_use]
    pub fn authority(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }

    /// It is spoken to without leaving this machine.
    #[must_use]
    pub fn is_this_machine(&self) -> bool {
        self.host == "localhost" || self.address().is_some_and(|address| address.is_loopback())
    }
}

fn host_and_port(authority: &str) -> Result<(String, Option<&str>), TargetFault> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (address, port) = rest.split_once(']').ok_or(TargetFault::Host)?;
        let address: Ipv6Addr = address.parse().map_err(|_| TargetFault::Host)?;
        let port = match port {
            "" => None,
            _ => Some(port.strip_prefix(':').ok_or(TargetFault::Port)?),
        };
        return Ok((address.to_string(), port));
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    Ok((read_host(host)?, port))
}

fn read_host(host: &str) -> Result<String, TargetFault> {
    let host = host.to_ascii_lowercase();
    let label = |label: &str| {
        (1..=LABEL_BYTES_MAX).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    if host.len() > HOST_BYTES_MAX || !host.split('.').all(label) {
        return Err(TargetFault::Host);
    }
    // What ends in a number is an address for every resolver, however it is written.
    let last = host.rsplit('.').next().unwrap_or_default();
    let hexadecimal = last
        .strip_prefix("0x")
        .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let number = hexadecimal || last.bytes().all(|byte| byte.is_ascii_digit());
    match number && host.parse::<Ipv4Addr>().is_err() {
        true => Err(TargetFault::OddAddress),
        false => Ok(host),
    }
}

fn read_port(text: &str) -> Result<u16, TargetFault> {
    let digits = (1..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let port = text.parse().ok().filter(|port| digits && *port > 0);
    port.ok_or(TargetFault::Port)
}

/// A network as the configuration names it: `10.20.0.0/16`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    /// Reads `address/bits`; `None` where it is none, or the address has bits beyond the network's.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let (address, prefix): (IpAddr, u32) = (address.parse().ok()?, prefix.parse().ok()?);
        let network = Self { address, prefix };
        let fits = prefix > 0 && prefix <= width(address);
        (fits && bits(address) & !network.mask() == 0).then_some(network)
    }

    /// The address lies in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let same = address.is_ipv4() == self.address.is_ipv4();
        same && (bits(address) ^ bits(self.address)) & self.mask() == 0
    }

    /// The leading bits of the 128 that [`bits`] gives.
    fn mask(&self) -> u128 {
        u128::MAX.checked_shl(128 - self.prefix).unwrap_or(0)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The bits of an address, the first one leftmost.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// How far messages may go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// To public addresses.
    pub outside: bool,
    /// To private ones in these networks.
    pub networks: Vec<Network>,
}

impl Reach {
    /// Whether a connection to this address is allowed: one that the name of the target led to.
    ///
    /// # Errors
    /// The rule that forbids it.
    pub fn allows(&self, scheme: Scheme, address: IpAddr) -> Result<(), TargetFault> {
        // ::ffff:10.0.0.1 is 10.0.0.1 by another name.
        let address = address.to_canonical();
        if address.is_loopback() {
            return Ok(());
        }
        if scheme == Scheme::Http {
            return Err(TargetFault::Clear);
        }
        // Nobody is a group of machines, and 0.0.0.0 is this one by another name.
        if address.is_multicast() || address.is_unspecified() {
            return Err(TargetFault::Private);
        }
        if self.networks.iter().any(|network| network.contains(address)) {
            return Ok(());
        }
        match (is_public(address), self.outside) {
            (false, _) => Err(TargetFault::Private),
            (true, false) => Err(TargetFault::Outside),
            (true, true) => Ok(()),
        }
    }

    /// The same of a URL whose machine is written as an address; a name is looked up when it is sent to.
    ///
    /// # Errors
    /// The rule that forbids it.
    pub fn allows_target(&self, target: &Target) -> Result<(), TargetFault> {
        match target.address() {
            Some(address) => self.allows(target.scheme, address),
            None if target.is_this_machine() || self.outside || !self.networks.is_empty() => Ok(()),
            None => Err(TargetFault::Outside),
        }
    }
}

/// Not for private, local, documentary, or other special use (the registries of RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            let special = address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_documentation()
                || address.is_broadcast()
                || a == 0
                || a >= 224
                || (a == 100 && (64..128).contains(&b)) // RFC 6598: behind a carrier's NAT
                || (a == 192 && b == 0 && c == 0) // RFC 6890
                || (a == 192 && b == 88 && c == 99) // RFC 7526: 6to4
                || (a == 198 && (18..20).contains(&b)); // RFC 2544: benchmarks
            !special
        }
        IpAddr::V6(address) => {
            let [a, b, ..] = address.segments();
            // RFC 4291: unicast is 2000::/3; in it are addresses that carry an IPv4 address (Teredo,
            // 6to4), protocol assignments, and those of documentation.
            let special = (a == 0x2001 && (b < 0x0200 || b == 0x0db8))
                || a == 0x2002
                || (a == 0x3fff && b < 0x1000);
            (0x2000..0x4000).contains(&a) && !special
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        for (url, scheme, host, port, path) in [
            ("https://city.example", Scheme::Https, "city.example", 443, "/"),
            ("HTTPS://City.Example:8443/a/b?c=d", Scheme::Https, "city.example", 8443, "/a/b?c=d"),
            ("https://city.example?key=1", Scheme::Https, "city.example", 443, "/?key=1"),
            ("https://203.0.113.5/x", Scheme::Https, "203.0.113.5", 443, "/x"),
            ("https://[2001:DB8::1]:8443/x", Scheme::Https, "2001:db8::1", 8443, "/x"),
            ("http://127.0.0.1:8090/x", Scheme::Http, "127.0.0.1", 8090, "/x"),
            ("http://localhost:1/", Scheme::Http, "localhost", 1, "/"),
            ("http://[::1]/", Scheme::Http, "::1", 80, "/"),
        ] {
            let target = Target::parse(url).unwrap_or_else(|fault| panic!("{url}: {fault}"));
            let path = path.to_owned();
            assert_eq!(target, Target { scheme, host: host.to_owned(), port, path }, "{url}");
        }
        let target = Target::parse("https://[2001:db8::1]:8443/x?key=secret").unwrap();
        assert_eq!(target.origin(), "https://[2001:db8::1]:8443");
    }

    #[test]
    fn what_could_mean_another_machine_is_refused() {
        use TargetFault as F;
        let long = format!("https://a.example/{}", "x".repeat(URL_BYTES_MAX));
        for (url, fault) in [
            ("ftp://a.example/", F::Scheme),
            ("a.example/hook", F::Scheme),
            ("file:///etc/passwd", F::Scheme),
            ("https://", F::Host),
            ("https:///path", F::Host),
            ("https://a..example/", F::Host),
            ("https://a.example./", F::Host),
            ("https://[::1/", F::Host),
            ("https://[fe80::1%25eth0]/", F::Host),
            ("https://[::1]8443/", F::Port),
            ("https://user:word@a.example/", F::Credentials),
            ("https://127.0.0.1@a.example/", F::Credentials),
            ("https://a.example/#x", F::Fragment),
            ("https://a.example:0/", F::Port),
            ("https://a.example:65536/", F::Port),
            ("https://a.example:+80/", F::Port),
            ("https://a.example:/", F::Port),
            ("https://2130706433/", F::OddAddress),
            ("https://0x7f000001/", F::OddAddress),
            ("https://0x7f.1/", F::OddAddress),
            ("https://127.1/", F::OddAddress),
            ("https://0177.0.0.1/", F::OddAddress),
            ("https://1.2.3.4.5/", F::OddAddress),
            ("https://a.example/路灯", F::Characters),
            ("https://a.example/a b", F::Characters),
            ("https://a.example\\@b.example/", F::Characters),
            ("https://a.example/\r\nHost: b", F::Characters),
            ("http://a.example/", F::Clear),
            ("http://10.0.0.1/", F::Clear),
            ("http://localhost.example/", F::Clear),
            (long.as_str(), F::Long),
        ] {
            assert_eq!(Target::parse(url), Err(fault), "{url}");
        }
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_has_its_addresses_and_no_other() {
        let network = Network::parse("10.20.0.0/16").unwrap();
        assert!(
            network.contains(address("10.20.255.1")) && !network.contains(address("10.21.0.1"))
        );
        assert!(!network.contains(address("::a14:1")), "no address of the other kind");
        let six = Network::parse("fd00:7::/32").unwrap();
        assert!(six.contains(address("fd00:7::9")) && !six.contains(address("fd00:8::9")));
        assert!(Network::parse("192.168.1.7/32").unwrap().contains(address("192.168.1.7")));
        for wrong in ["10.20.0.0", "10.20.0.1/16", "10.0.0.0/33", "10.0.0.0/", "x/8", "0.0.0.0/0"] {
            assert_eq!(Network::parse(wrong), None, "{wrong}");
        }
        assert_eq!(network.to_string(), "10.20.0.0/16");
    }

    #[test]
    fn by_default_nothing_leaves_this_machine() {
        let here = Reach::default();
        for loopback in ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"] {
            for scheme in [Scheme::Http, Scheme::Https] {
                assert_eq!(here.allows(scheme, address(loopback)), Ok(()), "{loopback}");
            }
        }
        assert_eq!(here.allows(Scheme::Https, address("8.8.8.8")), Err(TargetFault::Outside));
        let target = Target::parse("https://city.example/").unwrap();
        assert_eq!(here.allows_target(&target), Err(TargetFault::Outside));
    }

    #[test]
    fn private_and_special_addresses_are_reached_by_a_named_network_alone() {
        let outside = Reach { outside: true, networks: vec![] };
        for public in ["8.8.8.8", "223.5.5.5", "2400:3200::1", "::ffff:8.8.8.8", "172.32.0.1"] {
            assert_eq!(outside.allows(Scheme::Https, address(public)), Ok(()), "{public}");
            assert_eq!(outside.allows(Scheme::Http, address(public)), Err(TargetFault::Clear));
        }
        for private in [
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "0.1.2.3",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "fe80::1",
            "fc00::1",
            "fd00::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a00:1",
            "2001::1",
            "2001:db8::1",
            "2002:a00:1::1",
            "3fff::1",
            "::10.0.0.1",
            "5f00::1",
        ] {
            let refused = outside.allows(Scheme::Https, address(private));
            assert_eq!(refused, Err(TargetFault::Private), "{private}");
        }
        let named = ["10.0.0.0/8", "fd00::/8", "224.0.0.0/4", "0.0.0.0/8"];
        let named = named.map(|text| Network::parse(text).unwrap());
        let named = Reach { outside: false, networks: named.to_vec() };
        for allowed in ["10.0.0.1", "::ffff:10.0.0.1", "fd00::1"] {
            assert_eq!(named.allows(Scheme::Https, address(allowed)), Ok(()), "{allowed}");
        }
        for refused in ["192.168.1.1", "224.0.0.1", "0.0.0.0", "fe80::1"] {
            assert!(named.allows(Scheme::Https, address(refused)).is_err(), "{refused}");
        }
        assert_eq!(named.allows(Scheme::Https, address("8.8.8.8")), Err(TargetFault::Outside));
    }
}
