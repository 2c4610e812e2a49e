//! Where the phones of the seats are (RFC 3261 §10): bindings by seat, each with the flow it came
//! on, so that a phone behind a NAT is reached the way it reached us.

use super::Flow;
use crate::units::SeatNumber;
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Phones of one seat at the same time; a further one takes the place of the oldest.
pub const BINDINGS_MAX: usize = 3;
/// Longest registration.
pub const EXPIRES_SECONDS_MAX: u32 = 3_600;
/// Shortest registration; less is refused with 423.
pub const EXPIRES_SECONDS_MIN: u32 = 60;
/// Longest text of a binding that is kept, in bytes.
pub const BINDING_TEXT_BYTES_MAX: usize = 512;

/// One phone of a seat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Where it wants its requests addressed.
    pub contact: String,
    /// The way to it.
    pub flow: Flow,
    /// Call-ID of its registration.
    pub call_id: String,
    /// The last CSeq of that Call-ID.
    pub cseq: u32,
    /// When it ends unless refreshed.
    pub expires_at: Instant,
    /// What the phone calls itself.
    pub user_agent: Option<String>,
}

/// One wish of a REGISTER.
#[derive(Debug)]
pub(super) struct Wish {
    pub(super) contact: String,
    pub(super) seconds: u32,
}

/// The way a request came, as a binding is found by it.
fn way(flow: &Flow) -> (SocketAddr, u64) {
    (flow.remote, flow.connection)
}

/// All bindings.
#[derive(Debug, Default)]
pub(super) struct Registrar {
    seats: BTreeMap<SeatNumber, Vec<Binding>>,
    ways: HashMap<(SocketAddr, u64), SeatNumber>,
}

impl Registrar {
    /// The bindings of a seat.
    pub(super) fn of(&self, seat: &SeatNumber) -> &[Binding] {
        self.seats.get(seat).map_or(&[], Vec::as_slice)
    }

    /// The seat whose phone a request comes from.
    pub(super) fn seat_on(&self, flow: &Flow) -> Option<&SeatNumber> {
        self.ways.get(&way(flow))
    }

    /// Whether this Call-ID has used this CSeq or a later one (RFC 3261 §10.3 step 7).
    pub(super) fn is_late(&self, seat: &SeatNumber, call_id: &str, cseq: u32) -> bool {
        self.of(seat).iter().any(|b| b.call_id == call_id && b.cseq >= cseq)
    }

    /// Adds, refreshes or (with 0 seconds) removes.
    pub(super) fn put(&mut self, now: Instant, seat: &SeatNumber, wish: &Wish, like: Binding) {
        let bindings = self.seats.entry(seat.clone()).or_default();
        bindings.retain(|b| b.contact != wish.contact);
        if wish.seconds > 0 {
            while bindings.len() >= BINDINGS_MAX {
                bindings.remove(0);
            }
            let expires_at = now + Duration::from_secs(u64::from(wish.seconds));
            bindings.push(Binding { contact: wish.contact.clone(), expires_at, ..like });
        }
        self.index();
    }

    /// Removes all bindings of a seat.
    pub(super) fn clear(&mut self, seat: &SeatNumber) {
        self.seats.remove(seat);
        self.index();
    }

    /// Takes over what was stored before a restart.
    pub(super) fn restore(&mut self, seat: SeatNumber, bindings: Vec<Binding>) {
        self.seats.insert(seat, bindings);
        self.index();
    }

    /// Removes what holds for none of these; gives the seats that lost something.
    pub(super) fn retain(
        &mut self,
        keep: impl Fn(&SeatNumber, &Binding) -> bool,
    ) -> Vec<SeatNumber> {
        let mut changed = Vec::new();
        for (seat, bindings) in &mut self.seats {
            let before = bindings.len();
            bindings.retain(|binding| keep(seat, binding));
            if bindings.len() < before {
                changed.push(seat.clone());
            }
        }
        changed.sort_unstable();
        self.index();
        changed
    }

    /// When the next binding ends.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.seats.values().flatten().map(|binding| binding.expires_at).min()
    }

    /// A house has some ten seats: made anew with each change.
    fn index(&mut self) {
        self.seats.retain(|_, bindings| !bindings.is_empty());
        let all = self.seats.iter();
        self.ways = all
            .flat_map(|(seat, bindings)| bindings.iter().map(|b| (way(&b.flow), seat.clone())))
            .collect();
    }
}
