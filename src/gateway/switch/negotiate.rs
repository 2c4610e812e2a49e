//! Offers and answers of a leg, and what they mean to its media.

use super::Switch;
use super::conversation::ConversationId;
use super::leg::Leg;
use crate::gateway::clock::Now;
use crate::gateway::media::MediaCommand;
use crate::media::leg::{Agreed, LegSetup};
use crate::proto::offer_answer::{self, LocalMedia, MediaPlan};
use crate::units::LegId;
use crate::wire::sdp::Session;
use crate::wire::srtp::{MASTER_BYTES, MasterKey};
use rand::RngExt;
use std::net::SocketAddr;

impl Switch {
    /// A new leg: its offer must be readable before sockets are spent on it.
    pub(super) fn incoming(
        &mut self,
        now: Now,
        mut leg: Leg,
        id: LegId,
        conversation: ConversationId,
        offer: Option<Vec<u8>>,
    ) {
        if let Some(bytes) = offer {
            let Ok(session) = Session::parse(&bytes) else {
                return self.endpoint.reject(now.monotonic, id, 488);
            };
            leg.offer = Some(session);
        }
        self.open_media(id, leg, conversation);
    }

    /// Writes our answer or offer; rejects the leg and says `false` when there is no common ground.
    pub(super) fn describe(&mut self, now: Now, id: LegId, address: SocketAddr) -> bool {
        let session_id = self.rng.random_range(1..=u64::from(u32::MAX));
        let advertised = self.config.advertised.unwrap_or_else(|| address.ip());
        let key = self.fresh_key(id);
        let Some(leg) = self.legs.get_mut(&id) else { return false };
        let mut local = LocalMedia {
            address: advertised,
            rtp_port: address.port(),
            session_id,
            session_version: 1,
            key,
        };
        match leg.offer.take() {
            None => leg.described = offer_answer::offer(&local),
            Some(offer) => match offer_answer::answer(&offer, &local) {
                Ok((sdp, plan)) => {
                    leg.described = sdp;
                    local.key = key_of(&plan);
                    leg.plan = Some(plan);
                }
                Err(_) => {
                    self.endpoint.reject(now.monotonic, id, 488);
                    return false;
                }
            },
        }
        leg.local = Some(local);
        true
    }

    /// A key for the description of a leg that may hold one: it travels over TLS (RFC 4568 §7), and
    /// the telephone has not refused SRTP.
    fn fresh_key(&mut self, id: LegId) -> Option<MasterKey> {
        let secret = self.legs.get(&id).is_some_and(Leg::takes_srtp);
        secret.then(|| MasterKey::new(self.rng.random::<[u8; MASTER_BYTES]>()))
    }

    /// Lets packets flow once both sides have described themselves.
    pub(super) fn start_media(&mut self, id: LegId) {
        let ssrc = self.rng.random();
        let first_sequence = self.rng.random();
        let first_timestamp = self.rng.random();
        let Some(leg) = self.legs.get(&id) else { return };
        let Some(plan) = leg.plan else { return };
        let setup = LegSetup {
            ssrc,
            first_sequence,
            first_timestamp,
            cname: format!("{ssrc:08x}"),
            peer: leg.flow.map(|flow| flow.remote.ip()),
            agreed: agreed(&plan),
        };
        self.media(id, MediaCommand::Start(Box::new(setup)));
    }

    /// The answer to our offer, in an ACK or PRACK.
    pub(super) fn answered(&mut self, now: Now, id: LegId, sdp: &[u8]) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Some(local) = &leg.local else { return };
        let plan = Session::parse(sdp)
            .ok()
            .and_then(|answer| offer_answer::accept_answer(&answer, local).ok());
        let Some(plan) = plan else {
            return self.endpoint.hang_up(now.monotonic, id);
        };
        let first = leg.plan.replace(plan).is_none();
        if first {
            self.start_media(id);
        } else {
            self.media(id, MediaCommand::Change(agreed(&plan)));
        }
    }

    /// A re-INVITE or UPDATE: hold, resume, a moved peer, or a request for our description.
    pub(super) fn offered(&mut self, now: Now, id: LegId, sdp: Option<&[u8]>) {
        // A stream that is protected anew counts its packets anew, so no key is taken twice.
        let key = self.legs.get(&id).and_then(|leg| leg.plan.as_ref().and_then(key_of));
        let key = key.or_else(|| self.fresh_key(id));
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Some(local) = leg.local.as_mut() else { return };
        let Some(bytes) = sdp else {
            let ours = leg.described.clone();
            return self.endpoint.accept_offer(now.monotonic, id, ours);
        };
        let next = LocalMedia { session_version: local.session_version + 1, key, ..*local };
        let answer =
            Session::parse(bytes).ok().and_then(|offer| offer_answer::answer(&offer, &next).ok());
        let Some((sdp, plan)) = answer else {
            return self.endpoint.refuse_offer(now.monotonic, id);
        };
        let (sdp, changed) = offer_answer::keep_if_unchanged(&leg.described, sdp);
        if changed {
            *local = LocalMedia { key: key_of(&plan), ..next };
        }
        leg.described.clone_from(&sdp);
        let before = leg.plan.replace(plan).map(|plan| plan.direction.sends());
        self.endpoint.accept_offer(now.monotonic, id, sdp);
        self.media(id, MediaCommand::Change(agreed(&plan)));
        // A seat's hold key: its own music would be heard, or nothing; the room knows better.
        if before.is_some_and(|before| before != plan.direction.sends()) {
            self.phone_holds(now, id, !plan.direction.sends());
        }
    }

    /// What was agreed changed.
    pub(super) fn change_media(&mut self, id: LegId) {
        let Some(plan) = self.legs.get(&id).and_then(|leg| leg.plan) else { return };
        self.media(id, MediaCommand::Change(agreed(&plan)));
    }
}

/// Our key, where SRTP was agreed.
fn key_of(plan: &MediaPlan) -> Option<MasterKey> {
    plan.keys.map(|keys| keys.ours)
}

fn agreed(plan: &MediaPlan) -> Agreed {
    Agreed {
        codec: plan.codec,
        payload_type: plan.payload_type,
        dtmf_payload_type: plan.dtmf_payload_type,
        ptime_ms: plan.ptime_ms,
        remote: plan.remote,
        remote_rtcp: plan.remote_rtcp,
        send: plan.direction.sends(),
        receive: plan.direction.receives(),
        keys: plan.keys,
    }
}
