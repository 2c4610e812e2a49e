//! Bodies in the words of this program.

use super::MALFORMED;
use super::receipt::Receipt;
use crate::wire::WireError;
use crate::wire::sms::{Carried, Charset, Coding, Part};
use rusmpp_core::pdus::owned::{BindTransceiver, DeliverSm, SubmitSm};
use rusmpp_core::tlvs::owned::{MessageDeliveryRequestTlvValue as DeliverTlv, Tlv, TlvValue};
use rusmpp_core::types::owned::{AnyOctetString, COctetString, OctetString};
use rusmpp_core::values::owned::MessagePayload;
use rusmpp_core::values::{
    DataCoding, EsmClass, InterfaceVersion, MessageState, Npi, RegisteredDelivery, Ton,
};
use std::fmt;
use std::str::FromStr as _;

/// The bit of `esm_class` that says the content begins with a header.
const HAS_HEADER: u8 = 0x40;
/// Bits of `esm_class` that say what a text to us is.
const KIND: u8 = 0x3C;
const RECEIPT: u8 = 0x04;
const INTERMEDIATE: u8 = 0x20;
/// `registered_delivery`: a receipt of success and of failure.
const FINAL_RECEIPT: u8 = 0x01;
/// Longest content outside `message_payload`.
const SHORT_OCTETS: usize = 254;

const FIELD: WireError = WireError::TooLarge("SMPP field");

/// What both sides know, eight characters at most. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(pub String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Who we are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bind {
    /// The account, 15 characters at most.
    pub system_id: String,
    /// Its password.
    pub password: Password,
    /// What kind of service it is; most gateways want none.
    pub system_type: String,
    /// The version we keep to; 0x34 is 3.4.
    pub version: u8,
}

impl Bind {
    /// By version 3.4.
    #[must_use]
    pub fn new(system_id: &str, password: &str, system_type: &str) -> Self {
        Self {
            system_id: system_id.to_owned(),
            password: Password(password.to_owned()),
            system_type: system_type.to_owned(),
            version: 0x34,
        }
    }

    pub(super) fn of(bind: &BindTransceiver) -> Self {
        Self {
            system_id: bind.system_id.as_str().to_owned(),
            password: Password(bind.password.as_str().to_owned()),
            system_type: bind.system_type.as_str().to_owned(),
            version: bind.interface_version.into(),
        }
    }

    pub(super) fn octets(&self) -> Result<BindTransceiver, WireError> {
        Ok(BindTransceiver::builder()
            .system_id(text(&self.system_id)?)
            .password(text(&self.password.0)?)
            .system_type(text(&self.system_type)?)
            .interface_version(InterfaceVersion::from(self.version))
            .build())
    }
}

/// A number or name with its type and plan. `Debug` shows the type alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// Type of number: 0 unknown, 1 international, 2 national, 5 a name.
    pub ton: u8,
    /// Numbering plan: 1 that of telephones.
    pub npi: u8,
    /// 20 characters at most.
    pub value: String,
}

impl Address {
    /// A number as carriers of this country take it: with `+` international, otherwise of no type.
    #[must_use]
    pub fn number(dialled: &str) -> Self {
        match dialled.strip_prefix('+') {
            Some(digits) => Self { ton: 1, npi: 1, value: digits.to_owned() },
            None => Self { ton: 0, npi: 1, value: dialled.to_owned() },
        }
    }

    /// As it would be dialled, with `+` before an international number; a name as it is.
    #[must_use]
    pub fn dialled(&self) -> String {
        let is_bare = self.ton == 1 && !self.value.starts_with('+');
        format!("{}{}", if is_bare { "+" } else { "" }, self.value)
    }

    /// Whether it is a name: nobody can be answered there.
    #[must_use]
    pub fn is_name(&self) -> bool {
        self.ton == 5
    }
}

/// A text, or a part of one: its octets with what says how to read them.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Segment {
    /// How the characters are coded.
    pub coding: u8,
    /// Whether the octets begin with a header.
    pub has_header: bool,
    /// Which part of a long text it is, where that stands beside the octets and not before them (SAR).
    pub part: Option<Part>,
    /// The octets.
    pub octets: Vec<u8>,
}

impl Segment {
    /// A text or part as we send it: with its header before it.
    #[must_use]
    pub fn new(carried: &Carried) -> Self {
        let has_header = carried.part.is_some();
        let coding = match carried.charset {
            Charset::Gsm7 => 0,
            Charset::Ascii => 1,
            Charset::Latin1 => 3,
            Charset::Octets => 4,
            Charset::Ucs2 => 8,
            Charset::Gb18030 => 15,
        };
        Self { coding, has_header, part: None, octets: carried.octets() }
    }

    /// What is to be decoded once all parts are there.
    ///
    /// # Errors
    /// As [`Carried::read`].
    pub fn carried(&self) -> Result<Carried, WireError> {
        let charset = match self.coding {
            1 => Charset::Ascii,
            3 => Charset::Latin1,
            2 | 4 => Charset::Octets,
            // Gateways of this country.
            15 => Charset::Gb18030,
            coding => Coding::of(coding).into(),
        };
        let read = Carried::read(charset, self.has_header, &self.octets)?;
        Ok(Carried { part: read.part.or(self.part), ..read })
    }
}

/// A text to somebody, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submit {
    /// The number that the recipient sees and answers.
    pub source: Address,
    /// Whom it goes to.
    pub destination: Address,
    /// Whether the gateway tells what became of it.
    pub wants_report: bool,
    /// What it says.
    pub segment: Segment,
}

impl Submit {
    pub(super) fn of(submit: &SubmitSm) -> Result<Self, WireError> {
        let esm_class = u8::from(submit.esm_class);
        let short = submit.short_message().as_ref();
        Ok(Self {
            source: address(submit.source_addr_ton, submit.source_addr_npi, &submit.source_addr),
            destination: address(
                submit.dest_addr_ton,
                submit.dest_addr_npi,
                &submit.destination_addr,
            ),
            wants_report: u8::from(submit.registered_delivery) & 0b11 != 0,
            segment: segment(esm_class, submit.data_coding, short, submit.tlvs())?,
        })
    }

    pub(super) fn octets(&self) -> Result<SubmitSm, WireError> {
        if self.segment.octets.len() > SHORT_OCTETS || self.segment.part.is_some() {
            return Err(WireError::Unsupported("SMPP text outside short_message"));
        }
        let wants = if self.wants_report { FINAL_RECEIPT } else { 0 };
        let short = OctetString::from_vec(self.segment.octets.clone()).map_err(|_| FIELD)?;
        Ok(SubmitSm::builder()
            .source_addr_ton(Ton::from(self.source.ton))
            .source_addr_npi(Npi::from(self.source.npi))
            .source_addr(text(&self.source.value)?)
            .dest_addr_ton(Ton::from(self.destination.ton))
            .dest_addr_npi(Npi::from(self.destination.npi))
            .destination_addr(text(&self.destination.value)?)
            .esm_class(EsmClass::from(if self.segment.has_header { HAS_HEADER } else { 0 }))
            .registered_delivery(RegisteredDelivery::from(wants))
            .data_coding(DataCoding::from(self.segment.coding))
            .short_message(short)
            .build())
    }
}

/// What a DELIVER is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A text from somebody.
    Text,
    /// What became of a text of ours in the end.
    Receipt,
    /// What is becoming of it.
    Intermediate,
    /// An acknowledgement of a telephone or something older still.
    Other,
}

/// A text from somebody, or what became of one of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deliver {
    /// Who wrote, or whom our text went to.
    pub source: Address,
    /// The number that was written to.
    pub destination: Address,
    /// What it is.
    pub kind: Kind,
    /// What it says.
    pub segment: Segment,
    /// The text of ours that it is about, where that stands beside the text.
    pub receipted: Option<String>,
    /// What became of it, the same.
    pub state: Option<u8>,
}

impl Deliver {
    /// The text, not decoded yet.
    ///
    /// # Errors
    /// `Unsupported` for a receipt; as [`Segment::carried`].
    pub fn text(&self) -> Result<Carried, WireError> {
        if matches!(self.kind, Kind::Receipt | Kind::Intermediate) {
            return Err(WireError::Unsupported("SMPP receipt as a text"));
        }
        self.segment.carried()
    }

    /// What became of a text of ours.
    ///
    /// # Errors
    /// `Unsupported` for a text, whatever it says: anybody could write one that looks like a receipt.
    /// `Missing` for a receipt that names no text.
    pub fn receipt(&self) -> Result<Receipt, WireError> {
        if !matches!(self.kind, Kind::Receipt | Kind::Intermediate) {
            return Err(WireError::Unsupported("SMPP text as a receipt"));
        }
        let carried = self.segment.carried()?;
        // Gateways write them in ASCII, and name the alphabet that has another sign in the place of `_`.
        let is_default = carried.charset == Charset::Gsm7;
        let charset = if is_default { Charset::Ascii } else { carried.charset };
        let text = Carried::decode([&Carried { charset, ..carried }]).text;
        Receipt::read(&text, self.receipted.as_deref(), self.state)
    }

    pub(super) fn of(deliver: &DeliverSm) -> Result<Self, WireError> {
        let esm_class = u8::from(deliver.esm_class);
        let (short, tlvs) = (deliver.short_message().as_ref(), deliver.tlvs());
        let receipted = value(tlvs, |value| match value {
            TlvValue::ReceiptedMessageId(id) => Some(id.as_str().to_owned()),
            _ => None,
        });
        let state = value(tlvs, |value| match value {
            TlvValue::MessageState(state) => Some(u8::from(*state)),
            _ => None,
        });
        Ok(Self {
            source: address(deliver.source_addr_ton, deliver.source_addr_npi, &deliver.source_addr),
            destination: address(
                deliver.dest_addr_ton,
                deliver.dest_addr_npi,
                &deliver.destination_addr,
            ),
            kind: match esm_class & KIND {
                0 => Kind::Text,
                RECEIPT => Kind::Receipt,
                INTERMEDIATE => Kind::Intermediate,
                _ => Kind::Other,
            },
            segment: segment(esm_class, deliver.data_coding, short, tlvs)?,
            receipted,
            state,
        })
    }

    pub(super) fn octets(&self) -> Result<DeliverSm, WireError> {
        let header = if self.segment.has_header { HAS_HEADER } else { 0 };
        let kind = match self.kind {
            Kind::Text => 0,
            Kind::Receipt => RECEIPT,
            Kind::Intermediate => INTERMEDIATE,
            Kind::Other => 0x08,
        };
        let is_short = self.segment.octets.len() <= SHORT_OCTETS;
        let short = if is_short { self.segment.octets.clone() } else { vec![] };
        let mut tlvs = vec![];
        if !is_short {
            let payload = AnyOctetString::from_vec(self.segment.octets.clone());
            tlvs.push(DeliverTlv::MessagePayload(MessagePayload::new(payload)));
        }
        if let Some(part) = self.segment.part {
            tlvs.push(DeliverTlv::SarMsgRefNum(part.reference));
            tlvs.push(DeliverTlv::SarTotalSegments(part.total));
            tlvs.push(DeliverTlv::SarSegmentSeqnum(part.number));
        }
        if let Some(id) = &self.receipted {
            tlvs.push(DeliverTlv::ReceiptedMessageId(text(id)?));
        }
        if let Some(state) = self.state {
            tlvs.push(DeliverTlv::MessageState(MessageState::from(state)));
        }
        Ok(DeliverSm::builder()
            .source_addr_ton(Ton::from(self.source.ton))
            .source_addr_npi(Npi::from(self.source.npi))
            .source_addr(text(&self.source.value)?)
            .dest_addr_ton(Ton::from(self.destination.ton))
            .dest_addr_npi(Npi::from(self.destination.npi))
            .destination_addr(text(&self.destination.value)?)
            .esm_class(EsmClass::from(header | kind))
            .data_coding(DataCoding::from(self.segment.coding))
            .short_message(OctetString::from_vec(short).map_err(|_| FIELD)?)
            .tlvs(tlvs)
            .build())
    }
}

fn address<const N: usize>(ton: Ton, npi: Npi, value: &COctetString<1, N>) -> Address {
    Address { ton: ton.into(), npi: npi.into(), value: value.as_str().to_owned() }
}

/// The content of a text: `message_payload` counts where there is one (SMPP 3.4 §5.2.22).
fn segment(
    esm_class: u8,
    coding: DataCoding,
    short: &[u8],
    tlvs: &[Tlv],
) -> Result<Segment, WireError> {
    let payload = value(tlvs, |value| match value {
        TlvValue::MessagePayload(payload) => Some(payload.value.as_ref().to_vec()),
        _ => None,
    });
    let number = |found: fn(&TlvValue) -> Option<u16>| value(tlvs, found);
    let reference = number(|value| match value {
        TlvValue::SarMsgRefNum(number) => Some(*number),
        _ => None,
    });
    let total = number(|value| match value {
        TlvValue::SarTotalSegments(number) => Some(u16::from(*number)),
        _ => None,
    });
    let number = number(|value| match value {
        TlvValue::SarSegmentSeqnum(number) => Some(u16::from(*number)),
        _ => None,
    });
    let part = match (reference, total, number) {
        (Some(reference), Some(total), Some(number)) => {
            let (Ok(total), Ok(number)) = (u8::try_from(total), u8::try_from(number)) else {
                return Err(MALFORMED);
            };
            Some(Part { reference, is_wide: true, total, number })
        }
        _ => None,
    };
    Ok(Segment {
        coding: coding.into(),
        has_header: esm_class & HAS_HEADER != 0,
        // A place that cannot be is none (§5.3.2.22 to 24).
        part: part.filter(|part| (1..=part.total).contains(&part.number)),
        octets: payload.unwrap_or_else(|| short.to_vec()),
    })
}

fn value<T>(tlvs: &[Tlv], found: impl Fn(&TlvValue) -> Option<T>) -> Option<T> {
    tlvs.iter().filter_map(Tlv::value).find_map(found)
}

fn text<const N: usize>(text: &str) -> Result<COctetString<1, N>, WireError> {
    COctetString::from_str(text).map_err(|_| FIELD)
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({}, {} characters)", self.ton, self.value.chars().count())
    }
}

/// Says how much there is, never what: it is a citizen's.
impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Segment({:#04x}, {} octets)", self.coding, self.octets.len())
    }
}
