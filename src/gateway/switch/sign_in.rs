//! The sign-in code of the telephones: one that dials it makes its seat ready, and dialled again it
//! signs the seat out. How that went is heard by two tones (positive and negative indication tones
//! of ITU-T E.182): rising, the seat is ready; falling, it is signed out; low, it owes a wrap-up.
//!
//! ```text
//! INVITE of the code -> 200, tones, BYE -> Wish::Ready or Wish::SignOut
//! ```
//! The wish follows the end of that call, since a telephone that still talks could not be offered one.

use super::conversation::ConversationId;
use super::keys::sample;
use super::leg::{Leg, MediaState, Part};
use super::{Output, Step, Switch};
use crate::domain::desk::SeatState;
use crate::domain::queue::Wish;
use crate::gateway::clock::Now;
use crate::gateway::media::{MediaCommand, MediaReport};
use crate::media::player::{Playlist, Segment};
use crate::proto::Flow;
use crate::store::LegEnd;
use crate::units::{LegId, SeatNumber};
use std::net::SocketAddr;
use std::sync::Arc;

/// The dial tone of this country, and a tone above it.
const LOW_HZ: f64 = 450.0;
const HIGH_HZ: f64 = 600.0;
/// Each of two tones lasts half a second.
const TONE_SAMPLES: usize = 4_000;
/// About -12 dBm0.
const PEAK: f64 = 8_000.0;

/// A telephone that has dialled the code.
#[derive(Debug)]
pub(super) struct SigningIn {
    /// No conversation comes of it; the number groups its sockets.
    pub(super) conversation: ConversationId,
    seat: SeatNumber,
    /// What its seat wants once it is over; `None` is refused.
    wish: Option<Wish>,
}

impl Switch {
    /// A call of a seat's telephone to the sign-in code. False: it dialled something else.
    pub(super) fn sign_in_call(
        &mut self,
        now: Now,
        (leg_id, flow): (LegId, Flow),
        seat: &SeatNumber,
        called: &str,
        offer: Option<&[u8]>,
    ) -> bool {
        if self.config.sign_in_code.as_deref() != Some(called) {
            return false;
        }
        let conversation = self.next_conversation();
        let dialled = SigningIn { conversation, seat: seat.clone(), wish: None };
        let leg = Leg::new(flow, now, Part::SigningIn(Box::new(dialled)));
        self.incoming(now, leg, leg_id, conversation, offer.map(<[u8]>::to_vec));
        true
    }

    /// Its sockets are there: answer, and say by tones what is going to happen.
    pub(super) fn sign_in_opened(&mut self, now: Now, leg_id: LegId, address: SocketAddr) {
        if !self.describe(now, leg_id, address) {
            self.legs.remove(&leg_id);
            return self.outputs.push_back(Output::CloseMedia(leg_id));
        }
        let Some(Part::SigningIn(dialled)) = self.legs.get(&leg_id).map(|leg| &leg.part) else {
            return;
        };
        let wish = self.wish_of_code(&dialled.seat);
        let heard = tones(wish.as_ref());
        let Some(leg) = self.legs.get_mut(&leg_id) else { return };
        if let Part::SigningIn(dialled) = &mut leg.part {
            dialled.wish = wish;
        }
        (leg.media, leg.answered) = (MediaState::Open, Some(now.monotonic));
        let sdp = leg.described.clone();
        self.endpoint.answer(now.monotonic, leg_id, sdp);
        self.start_media(leg_id);
        self.media(leg_id, MediaCommand::Play { play: 0, list: Arc::new(heard), over: false });
    }

    /// Who is not ready becomes so; who is, goes. A wrap-up that is owed comes first.
    fn wish_of_code(&self, seat: &SeatNumber) -> Option<Wish> {
        match self.seats.state(seat)? {
            SeatState::SignedOut | SeatState::Paused if self.last_owed_by(seat).is_some() => None,
            SeatState::SignedOut | SeatState::Paused => Some(Wish::Ready),
            _ => Some(Wish::SignOut),
        }
    }

    /// Whether the tones are over, or nobody can hear them any more.
    pub(super) fn sign_in_heard(&self, leg: LegId, report: &MediaReport) -> bool {
        matches!(report, MediaReport::PlayDone(_) | MediaReport::Lost)
            && matches!(self.legs.get(&leg).map(|leg| &leg.part), Some(Part::SigningIn(_)))
    }

    /// The call of the code is over: what it asked for happens now.
    pub(super) fn sign_in_over(&mut self, now: Now, leg_id: LegId, by: LegEnd) {
        let Some(leg) = self.legs.get_mut(&leg_id) else { return };
        if let Part::SigningIn(dialled) = &mut leg.part
            && let Some(wish) = dialled.wish.take()
        {
            let seat = dialled.seat.clone();
            self.steps.push_back(Step::Wish(seat, wish));
        }
        self.drop_leg(now, leg_id, by);
    }
}

/// What the telephone hears.
fn tones(wish: Option<&Wish>) -> Playlist {
    let pitches = match wish {
        Some(Wish::Ready) => [LOW_HZ, HIGH_HZ],
        Some(_) => [HIGH_HZ, LOW_HZ],
        None => [LOW_HZ, LOW_HZ],
    };
    let sound: Vec<u8> = pitches
        .into_iter()
        .flat_map(|pitch| (0..TONE_SAMPLES).map(move |at| sample(at, &[pitch], PEAK)))
        .collect();
    Playlist { segments: vec![Segment::Alaw(Arc::from(sound))] }
}
