//! REGISTER, and who a request from a seat's phone is from.

use super::super::authentication::{Account, Claim, Denied};
use super::super::checks::{Rejection, check_require, dialled};
use super::super::digest::Proof;
use super::super::registrar::{
    BINDING_TEXT_BYTES_MAX, Binding, EXPIRES_SECONDS_MAX, EXPIRES_SECONDS_MIN, Wish,
};
use super::super::{Event, Flow};
use super::receive::Incoming;
use super::send::rejected;
use super::{Endpoint, Owner};
use crate::units::SeatNumber;
use crate::wire::sip::{Headers, NameAddr, Uri};
use std::time::Instant;

impl Endpoint {
    /// Replaces the seats that may register; bindings of seats that are gone end.
    pub fn set_accounts(&mut self, accounts: Vec<Account>) {
        self.authentication.set_accounts(accounts);
        let authentication = &self.authentication;
        let changed = self.registrar.retain(|seat, _| authentication.knows(seat));
        self.tell_bindings(changed);
    }

    /// Takes over bindings that were stored before a restart; what has expired is left out.
    pub fn restore_bindings(&mut self, now: Instant, seat: SeatNumber, bindings: Vec<Binding>) {
        let live = bindings.into_iter().filter(|binding| binding.expires_at > now).collect();
        self.registrar.restore(seat.clone(), live);
        self.tell_bindings(vec![seat]);
    }

    /// The phones of a seat.
    #[must_use]
    pub fn bindings(&self, seat: &SeatNumber) -> &[Binding] {
        self.registrar.of(seat)
    }

    /// REGISTER (RFC 3261 §10.3).
    pub(super) fn receive_register(&mut self, now: Instant, incoming: &Incoming) {
        if let Err(rejection) = check_require(&incoming.request.headers) {
            return self.refuse(now, incoming, rejection);
        }
        let seat = match self.prove(now, incoming) {
            Ok(seat) => seat,
            Err(denied) => return self.challenge(now, incoming, denied),
        };
        match self.register(now, incoming, &seat) {
            Ok(()) => self.confirm_registration(now, incoming, &seat),
            Err(rejection) => {
                let response = rejected(&incoming.reply, Some(&self.new_tag()), rejection);
                self.respond_new(now, incoming, &response);
            }
        }
    }

    /// The seat that a request proves to be from.
    pub(super) fn prove(
        &mut self,
        now: Instant,
        incoming: &Incoming,
    ) -> Result<SeatNumber, Denied> {
        let headers = &incoming.request.headers;
        // RFC 7616 §3.4.6, by the user part: phones write port and transport as they like.
        let called = dialled(&incoming.request.uri);
        let proof = proof_for(headers, self.authentication.realm())
            .filter(|proof| Uri::parse(&proof.uri).is_ok_and(|uri| dialled(&uri) == called));
        let claim = Claim {
            method: incoming.request.method.as_str(),
            proof: proof.as_ref(),
            source: incoming.flow.remote.ip(),
        };
        let seat = self.authentication.check(now, &claim)?;
        // The first use of a nonce (RFC 7616 §3.4.2): each challenge is given back once.
        if proof.and_then(|proof| proof.count()) == Some(1) {
            self.admission.forgive(incoming.flow.remote.ip());
        }
        Ok(seat)
    }

    /// Whether an INVITE must prove to be from a seat: it comes from a seat's phone or says so.
    /// Everybody else is a citizen and may call.
    pub(super) fn claims_seat(&self, incoming: &Incoming) -> bool {
        self.registrar.seat_on(&incoming.flow).is_some()
            || proof_for(&incoming.request.headers, self.authentication.realm()).is_some()
    }

    /// 401 with both challenges; addresses that ask too often get silence. The same for unknown
    /// numbers, wrong passwords and locked pairs.
    pub(super) fn challenge(&mut self, now: Instant, incoming: &Incoming, denied: Denied) {
        let known = self.registrar.seat_on(&incoming.flow).is_some() && denied != Denied::Wrong;
        if !known && !self.admission.may_refuse(&self.config, now, incoming.flow.remote.ip()) {
            return;
        }
        let challenges = self.authentication.challenges(now, denied == Denied::Stale);
        let with = challenges.iter().fold(Rejection::new(401), |rejection, challenge| {
            rejection.with("WWW-Authenticate", challenge.to_string())
        });
        let tag = self.salted_tag(&incoming.origin);
        let response = rejected(&incoming.reply, Some(&tag), with);
        self.transmit(incoming.reply.flow, response.to_bytes());
    }

    fn register(
        &mut self,
        now: Instant,
        incoming: &Incoming,
        seat: &SeatNumber,
    ) -> Result<(), Rejection> {
        let headers = &incoming.request.headers;
        // RFC 3261 §10.3 step 4: a seat binds phones to its own address only.
        let owner = headers.to().map_err(|_| Rejection::new(400))?;
        if dialled(&owner.uri) != seat.as_str() {
            return Err(Rejection::new(403));
        }
        let call_id = kept(incoming.call_id());
        if self.registrar.is_late(seat, &call_id, incoming.cseq) {
            return Err(Rejection::new(500));
        }
        if headers.get("Contact") == Some("*") {
            if headers.number("Expires") != Ok(Some(0)) {
                return Err(Rejection::new(400));
            }
            self.registrar.clear(seat);
            self.tell_bindings(vec![seat.clone()]);
            return Ok(());
        }
        let wishes = wishes(headers)?;
        let before = places(self.registrar.of(seat));
        for wish in &wishes {
            let like = Binding {
                contact: String::new(),
                flow: incoming.flow,
                call_id: call_id.clone(),
                cseq: incoming.cseq,
                expires_at: now,
                user_agent: headers.get("User-Agent").map(kept),
            };
            self.registrar.put(now, seat, wish, like);
        }
        if wishes.is_empty() {
            return Ok(());
        }
        if before != places(self.registrar.of(seat)) {
            self.tell_bindings(vec![seat.clone()]);
        }
        self.timers.arm(Owner::Registrar, self.registrar.poll_timeout());
        Ok(())
    }

    /// 200 with every binding and what is left of it (RFC 3261 §10.3 step 8).
    fn confirm_registration(&mut self, now: Instant, incoming: &Incoming, seat: &SeatNumber) {
        let tag = self.new_tag();
        let mut response = incoming.reply.respond(200, Some(&tag));
        for binding in self.registrar.of(seat) {
            let left = binding.expires_at.saturating_duration_since(now).as_secs();
            response.headers.push("Contact", format!("<{}>;expires={left}", binding.contact));
        }
        self.respond_new(now, incoming, &response);
    }

    /// Bindings whose time is over.
    pub(super) fn registrar_due(&mut self, now: Instant) {
        let changed = self.registrar.retain(|_, binding| binding.expires_at > now);
        self.tell_bindings(changed);
    }

    /// The phones of a connection that is gone cannot be reached any more.
    pub(super) fn drop_bindings_of(&mut self, connection: u64) {
        let changed = self.registrar.retain(|_, binding| binding.flow.connection != connection);
        self.tell_bindings(changed);
    }

    fn tell_bindings(&mut self, seats: Vec<SeatNumber>) {
        for seat in seats {
            let bindings = self.registrar.of(&seat).to_vec();
            self.tell(Event::Registered { seat, bindings });
        }
        self.timers.arm(Owner::Registrar, self.registrar.poll_timeout());
    }
}

/// The proof for our realm among those of a request (RFC 3261 §22.3).
fn proof_for(headers: &Headers, realm: &str) -> Option<Proof> {
    let mut given = headers.values("Authorization").chain(headers.values("Proxy-Authorization"));
    given.find_map(|value| Proof::parse(value).filter(|proof| proof.realm == realm))
}

fn wishes(headers: &Headers) -> Result<Vec<Wish>, Rejection> {
    let bad = |_| Rejection::new(400);
    let general = headers.number("Expires").map_err(bad)?;
    let contacts = headers.contacts().map_err(bad)?;
    contacts.iter().map(|contact| wish(contact, general)).collect()
}

fn wish(contact: &NameAddr, general: Option<u32>) -> Result<Wish, Rejection> {
    let own = contact.params.get("expires").map(str::parse::<u32>);
    let asked = match own {
        Some(seconds) => seconds.ok(),
        None => general,
    };
    let seconds = asked.unwrap_or(EXPIRES_SECONDS_MAX).min(EXPIRES_SECONDS_MAX);
    if (1..EXPIRES_SECONDS_MIN).contains(&seconds) {
        return Err(Rejection::new(423).with("Min-Expires", EXPIRES_SECONDS_MIN.to_string()));
    }
    let contact = contact.uri.to_string();
    if contact.len() > BINDING_TEXT_BYTES_MAX {
        return Err(Rejection::new(400));
    }
    Ok(Wish { contact, seconds })
}

/// What a change of a seat's phones is told by: a mere refresh is not.
fn places(bindings: &[Binding]) -> Vec<(String, Flow)> {
    let mut places: Vec<_> = bindings.iter().map(|b| (b.contact.clone(), b.flow)).collect();
    places.sort_by(|a, b| a.0.cmp(&b.0));
    places
}

fn kept(text: &str) -> String {
    text.chars().take(BINDING_TEXT_BYTES_MAX / 4).collect()
}
