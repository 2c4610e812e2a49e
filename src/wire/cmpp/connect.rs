//! Who a service says it is, and how a gateway believes it (CMPP_CONNECT).

use super::fields::{Reader, Writer};
use super::{CONNECT, CONNECT_RESP, Version};
use crate::wire::WireError;
use md5::{Digest as _, Md5};
use std::fmt;

/// Octets of the service's number (企业代码).
const SOURCE: usize = 6;
/// Octets of MD5.
const DIGEST: usize = 16;
/// Zero octets between number and secret, as the protocol has it.
const ZEROS: [u8; 9] = [0; 9];

/// What both sides know. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The secret as it was agreed.
    #[must_use]
    pub fn new(secret: String) -> Self {
        Self(secret)
    }

    /// `AuthenticatorSource`: that we know the secret, bound to our number and the time.
    /// `MD5(Source_Addr + nine zero octets + secret + MMDDHHMMSS)`, the time as ten digits.
    fn of_source(&self, source: &str, timestamp: u32) -> [u8; DIGEST] {
        let mut md5 = Md5::new();
        md5.update(source);
        md5.update(ZEROS);
        md5.update(&self.0);
        md5.update(format!("{timestamp:010}"));
        md5.finalize().into()
    }

    /// `AuthenticatorISMG`: that the gateway knows it too. `MD5(Status + AuthenticatorSource + secret)`.
    fn of_gateway(&self, status: &[u8], source: &[u8; DIGEST]) -> [u8; DIGEST] {
        let mut md5 = Md5::new();
        md5.update(status);
        md5.update(source);
        md5.update(&self.0);
        md5.finalize().into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Who we are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connect {
    /// The service's number, six digits.
    pub source: String,
    /// That the secret is known.
    pub authenticator: [u8; DIGEST],
    /// The highest version we speak, as its octet.
    pub version: u8,
    /// Month, day, hour, minute and second of the city as one number: 1122201351 is 22 November 20:13:51.
    pub timestamp: u32,
}

impl Connect {
    /// The service's CONNECT at that time.
    #[must_use]
    pub fn new(source: &str, secret: &Secret, version: Version, timestamp: u32) -> Self {
        let authenticator = secret.of_source(source, timestamp);
        Self { source: source.to_owned(), authenticator, version: version.octet(), timestamp }
    }

    /// Whether the secret is known to who sent it.
    #[must_use]
    pub fn is_by(&self, secret: &Secret) -> bool {
        self.authenticator == secret.of_source(&self.source, self.timestamp)
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(Self {
            source: reader.text(SOURCE)?,
            authenticator: reader.array()?,
            version: reader.u8()?,
            timestamp: reader.u32()?,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer) -> Result<u32, WireError> {
        writer.text(&self.source, SOURCE)?;
        writer.octets(&self.authenticator);
        writer.u8(self.version);
        writer.u32(self.timestamp);
        Ok(CONNECT)
    }
}

/// What a gateway says to a CONNECT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConnectStatus {
    /// We are believed.
    Accepted,
    /// The PDU was wrong (1).
    Structure,
    /// From that address nobody may connect (2).
    Address,
    /// The secret is wrong, or the clock (3).
    Authentication,
    /// The version is too high (4).
    Version,
    /// Anything else.
    Other(u32),
}

impl ConnectStatus {
    fn of(status: u32) -> Self {
        match status {
            0 => Self::Accepted,
            1 => Self::Structure,
            2 => Self::Address,
            3 => Self::Authentication,
            4 => Self::Version,
            other => Self::Other(other),
        }
    }

    /// As it stands in the answer.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::Accepted => 0,
            Self::Structure => 1,
            Self::Address => 2,
            Self::Authentication => 3,
            Self::Version => 4,
            Self::Other(other) => other,
        }
    }
}

/// Whether we are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectResp {
    /// Whether, and why not.
    pub status: ConnectStatus,
    /// That the gateway knows the secret; zero where it refuses.
    pub authenticator: [u8; DIGEST],
    /// The highest version it speaks, as its octet.
    pub version: u8,
    /// Whether the status stands in one octet, as in 2.0, or in four: the answer comes before a version is
    /// agreed, so it tells by its length.
    pub is_narrow: bool,
}

impl ConnectResp {
    /// The answer of a gateway that knows the secret.
    #[must_use]
    pub fn new(status: ConnectStatus, to: &Connect, secret: &Secret, version: Version) -> Self {
        let (number, is_narrow) = (status.number(), version == Version::V2);
        let authenticator = secret.of_gateway(&octets_of(number, is_narrow), &to.authenticator);
        Self { status, authenticator, version: version.octet(), is_narrow }
    }

    /// Whether the gateway that answered our CONNECT knows the secret. Some that speak 3.0 take the lowest
    /// octet of the status alone.
    #[must_use]
    pub fn is_by(&self, secret: &Secret, to: &Connect) -> bool {
        [true, false].into_iter().any(|is_narrow| {
            let status = octets_of(self.status.number(), is_narrow);
            self.authenticator == secret.of_gateway(&status, &to.authenticator)
        })
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let is_narrow = reader.left() == 1 + DIGEST + 1;
        let status = if is_narrow { u32::from(reader.u8()?) } else { reader.u32()? };
        Ok(Self {
            status: ConnectStatus::of(status),
            authenticator: reader.array()?,
            version: reader.u8()?,
            is_narrow,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer) -> u32 {
        writer.octets(&octets_of(self.status.number(), self.is_narrow));
        writer.octets(&self.authenticator);
        writer.u8(self.version);
        CONNECT_RESP
    }
}

fn octets_of(status: u32, is_narrow: bool) -> Vec<u8> {
    if is_narrow {
        vec![u8::try_from(status).unwrap_or(u8::MAX)]
    } else {
        status.to_be_bytes().to_vec()
    }
}
