//! The service centre. An SMS-SUBMIT becomes the SMS-DELIVER that the recipient's telephone gets
//! (3GPP TS 23.040 §9.2.2), and so texts of citizens are made as well: by our own codec for what a telephone
//! sends, turned round here octet by octet.

use mayorline::wire::sms::{Deliver, Destination, Incoming, Submit, Validity, split};

/// The centre's own number, +8619900000500, before every PDU that comes from it.
const CENTRE: [u8; 9] = [0x08, 0x91, 0x68, 0x91, 0x09, 0x00, 0x00, 0x05, 0xF0];
/// 2026-11-22 20:13:50 at +8 hours, but for the second.
const SENT: [u8; 5] = [0x62, 0x11, 0x22, 0x02, 0x31];
const ZONE: u8 = 0x23;
/// Bits of the first octet.
const HAS_HEADER: u8 = 0x40;
const WANTS_REPORT: u8 = 0x20;

/// What a SUBMIT says before the validity period.
struct Head<'a> {
    first: u8,
    /// Length, type and digits of the recipient.
    recipient: &'a [u8],
    protocol: u8,
    scheme: u8,
    /// Length and content.
    data: &'a [u8],
}

impl<'a> Head<'a> {
    /// `None` for what is no SUBMIT.
    fn read(transfer: &'a [u8]) -> Option<Self> {
        let (&first, rest) = transfer.split_first()?;
        // Reserved bits aside: type SUBMIT. Then the reference that the modem replaces.
        let rest = (first & 0b11 == 0b01).then(|| rest.get(1..))??;
        let digits = usize::from(*rest.first()?);
        let (recipient, rest) = rest.split_at_checked(2 + digits.div_ceil(2))?;
        let (&[protocol, scheme], rest) = rest.split_first_chunk::<2>()?;
        let validity = [0, 7, 1, 7][usize::from(first >> 3 & 0b11)];
        Some(Self { first, recipient, protocol, scheme, data: rest.get(validity..)? })
    }

    fn delivered(&self, second: u8) -> Vec<u8> {
        // Type DELIVER, no more texts to come.
        let mut pdu = vec![self.first & HAS_HEADER | 0x04];
        pdu.extend_from_slice(self.recipient);
        pdu.extend([self.protocol, self.scheme]);
        pdu.extend(SENT);
        pdu.extend([swapped(second), ZONE]);
        pdu.extend_from_slice(self.data);
        pdu
    }
}

/// Two decimal digits in swapped half octets.
fn swapped(number: u8) -> u8 {
    ((number % 10) << 4) | (number / 10 % 10)
}

/// A submitted transfer PDU as the recipient's telephone would read it, and whether it asks for a report.
pub(super) fn taken(transfer: &[u8]) -> Option<(Deliver, bool)> {
    let head = Head::read(transfer)?;
    match Incoming::parse_transfer(&head.delivered(0)).ok()? {
        Incoming::Deliver(text) => Some((text, head.first & WANTS_REPORT != 0)),
        Incoming::StatusReport(_) => None,
    }
}

/// The PDUs, with their centre, of a text from this number; every reference has a second of its own.
pub fn deliver(from: &str, text: &str, reference: u16) -> Vec<Vec<u8>> {
    let destination = Destination::number(from).expect("a number");
    let second = u8::try_from(reference % 60).expect("below 60");
    let parts = split(text, reference, false).expect("no longer than 255 parts");
    let pdu = |data| {
        let (destination, validity) = (destination.clone(), Validity::of_minutes(5));
        let submit = Submit { destination, wants_report: false, validity, data }.write();
        let delivered = Head::read(&submit).expect("our own is read").delivered(second);
        [&CENTRE[..], &delivered].concat()
    };
    parts.into_iter().map(pdu).collect()
}

/// The PDU of a report on a submitted transfer PDU.
pub(super) fn report(transfer: &[u8], reference: u8, status: u8) -> Vec<u8> {
    let head = Head::read(transfer).expect("what the network took is a SUBMIT");
    let mut pdu = CENTRE.to_vec();
    // Type STATUS-REPORT, no more texts to come.
    pdu.extend([0x06, reference]);
    pdu.extend_from_slice(head.recipient);
    for second in [0, 5] {
        pdu.extend(SENT);
        pdu.extend([swapped(second), ZONE]);
    }
    pdu.push(status);
    pdu
}
