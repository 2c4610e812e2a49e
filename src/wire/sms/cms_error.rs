//! Why a modem or the network refused a text (3GPP TS 27.005 §3.2.5, TS 24.011 annex E-2).

/// The number behind `+CMS ERROR:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CmsError(pub u16);

/// What a refusal means for the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refused {
    /// It will be refused again: the number, or what was sent.
    ForGood,
    /// It did not go out, and may another time.
    ForNow,
    /// Nobody can tell whether it went out.
    Unclear,
}

impl CmsError {
    /// What it means.
    #[must_use]
    pub fn refused(self) -> Refused {
        match self.0 {
            // Unassigned number, barring, call barred, transfer rejected, unidentified or unknown
            // subscriber, facility rejected, not subscribed or implemented, semantically wrong.
            1 | 8 | 10 | 21 | 28..=30 | 50 | 69 | 81 | 95..=99 => Refused::ForGood,
            // Destination or network out of order, temporary failure, congestion, no resources.
            17 | 22 | 27 | 38 | 41 | 42 | 47 => Refused::ForNow,
            // The centre's own (TS 23.040 §9.2.3.22): what it does not take; no subscription, no such or a
            // barred recipient. 197, a duplicate, means that it has the text already.
            128..=191 | 193 | 195 | 196 => Refused::ForGood,
            // Centre busy or out of order.
            192 | 194 => Refused::ForNow,
            // What the modem was told is wrong.
            303..=305 => Refused::ForGood,
            // No card, no PIN, memory full, no centre, no network: it stayed in the modem.
            300..=302 | 310..=322 | 330 | 331 | 340 => Refused::ForNow,
            // A network that did not answer (332), "unknown error" (500), and what makers add.
            _ => Refused::Unclear,
        }
    }
}
