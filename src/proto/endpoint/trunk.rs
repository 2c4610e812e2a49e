//! The trunks of the house: registered, and watched by OPTIONS. Which one a call takes is its
//! user's choice.

use super::super::checks::{SDP_TYPE, dialled};
use super::super::dialog::{MAX_FORWARDS, via_line};
use super::super::prover::Prover;
use super::super::reply::PRODUCT;
use super::super::transaction::TransactionId;
use super::super::trunk::{Step, Trunk};
use super::super::{Event, Flow, TrunkConfig, TrunkId};
use super::call::{host_of, sip_uri};
use super::client::Outgoing;
use super::{Endpoint, Owner, Purpose};
use crate::wire::sip::{Headers, Method, Request, Response, Uri};
use rand::Rng as _;
use std::time::Instant;

/// What each request to a trunk has of its own.
struct Names<'a> {
    branch: &'a str,
    from: String,
    to: String,
    call_id: &'a str,
    cseq: u32,
}

impl Endpoint {
    /// Replaces the trunks. What is configured as before keeps its state; the others begin anew,
    /// down until they have answered; where one is gone, our registration is taken away. An empty
    /// list is right before the end of the service. `Event::TrunkState` tells every change of a trunk
    /// that is configured.
    pub fn set_trunks(&mut self, now: Instant, trunks: Vec<TrunkConfig>) {
        let mut old = std::mem::take(&mut self.trunks);
        let mut ids = Vec::new();
        for config in trunks {
            let id = config.id;
            ids.push(id);
            let kept = old.remove(&id);
            let was_up = kept.as_ref().is_some_and(|trunk| trunk.told_up);
            let trunk = kept.filter(|trunk| trunk.config == config).unwrap_or_else(|| {
                let call_id = format!("{}@{}", self.new_tag(), self.address(&config.flow).ip());
                let tag = self.new_tag();
                let mut trunk = Trunk::new(now, config, call_id, tag);
                trunk.told_up = was_up;
                trunk
            });
            self.trunks.insert(id, trunk);
        }
        let mut gone: Vec<(TrunkId, Trunk)> = old.into_iter().collect();
        gone.sort_unstable_by_key(|(id, _)| *id);
        for (id, trunk) in gone {
            self.timers.arm(Owner::Trunk(id), None);
            self.unregister(now, trunk);
        }
        for id in ids {
            self.trunk_due(now, id);
        }
        self.check_invariants();
    }

    /// Whether calls should go that way; false for a trunk that is not configured.
    #[must_use]
    pub fn trunk_is_up(&self, trunk: TrunkId) -> bool {
        self.trunks.get(&trunk).is_some_and(Trunk::is_up)
    }

    /// Carries out what is due of a trunk.
    pub(super) fn trunk_due(&mut self, now: Instant, id: TrunkId) {
        while let Some(step) = self.trunks.get_mut(&id).and_then(|trunk| trunk.step(now)) {
            match step {
                Step::Register => self.send_register(now, id),
                Step::Probe => self.send_options(now, id),
                Step::Forget(late, fell) => {
                    self.remove_client(late);
                    if fell {
                        let asked = Method::Options;
                        self.tell(Event::TrunkFault { trunk: id, asked, status: 408 });
                    }
                }
            }
        }
        self.touched(id);
    }

    /// Tells a change and sets the deadline anew.
    fn touched(&mut self, id: TrunkId) {
        let Some(trunk) = self.trunks.get_mut(&id) else { return };
        let (up, deadline) = (trunk.is_up(), trunk.poll_timeout());
        let changed = std::mem::replace(&mut trunk.told_up, up) != up;
        self.timers.arm(Owner::Trunk(id), deadline);
        if changed {
            self.tell(Event::TrunkState { trunk: id, up });
        }
    }

    /// The trunks on a connection that is gone.
    pub(super) fn trunks_lost(&mut self, connection: u64) {
        let on = |flow: &Flow| flow.transport.is_reliable() && flow.connection == connection;
        let mut ids: Vec<TrunkId> = self.trunks.keys().copied().collect();
        ids.sort_unstable();
        for id in ids {
            if let Some(trunk) = self.trunks.get_mut(&id).filter(|trunk| on(&trunk.config.flow)) {
                trunk.lose();
                self.touched(id);
            }
        }
    }

    fn send_register(&mut self, now: Instant, id: TrunkId) {
        let branch = self.new_branch();
        let Some(mut trunk) = self.trunks.remove(&id) else { return };
        let seconds = trunk.expires_seconds;
        let request = self.register_request(&mut trunk, &branch, seconds);
        let (flow, prover) = (trunk.config.flow, trunk.prover.as_ref().map(Prover::fresh));
        self.trunks.insert(id, trunk);
        let Some(request) = request else { return };
        let purpose = Purpose::Register(id);
        let sent = self.open_client(now, Outgoing { flow, branch, request, purpose, prover });
        let jitter = self.rng.next_u32() % 100;
        let Some(trunk) = self.trunks.get_mut(&id) else { return };
        match sent {
            Some(transaction) => trunk.registering = Some(transaction),
            // Our own want of room, which says nothing about the trunk.
            None => trunk.register_failed(now, false, jitter),
        }
    }

    /// Takes our registration away from a trunk that is configured no more (RFC 3261 §10.2.2).
    fn unregister(&mut self, now: Instant, mut trunk: Trunk) {
        let branch = self.new_branch();
        if !trunk.is_registered() {
            return;
        }
        let Some(request) = self.register_request(&mut trunk, &branch, 0) else { return };
        let (flow, prover) = (trunk.config.flow, trunk.prover.as_ref().map(Prover::fresh));
        let purpose = Purpose::Unregister;
        self.open_client(now, Outgoing { flow, branch, request, purpose, prover });
    }

    /// Whether a registration that is taken away is not yet answered.
    #[must_use]
    pub fn is_unregistering(&self) -> bool {
        self.clients.values().any(|client| client.purpose == Purpose::Unregister)
    }

    fn register_request(&self, trunk: &mut Trunk, branch: &str, seconds: u32) -> Option<Request> {
        let cseq = trunk.next_cseq();
        let TrunkConfig { flow, domain, registration, .. } = &trunk.config;
        let user = &registration.as_ref()?.user;
        let own = format!("<{}>", sip_uri(user, domain.clone()));
        let from = format!("{own};tag={}", trunk.tag);
        let names = Names { branch, from, to: own, call_id: &trunk.call_id, cseq };
        let mut request = request(Method::Register, flow, domain.clone(), &names);
        request.headers.push("Contact", self.contact_of(flow, user));
        request.headers.push("Expires", seconds.to_string());
        Some(request)
    }

    /// Our Contact with a user part, by which the trunk names the number it calls for.
    fn contact_of(&self, flow: &Flow, user: &str) -> String {
        let user = sip_uri(user, String::new()).user.unwrap_or_default();
        self.contact(flow).replacen("<sip:", &format!("<sip:{user}@"), 1)
    }

    fn send_options(&mut self, now: Instant, id: TrunkId) {
        let (branch, call_id, tag) = (self.new_branch(), self.new_tag(), self.new_tag());
        let Some(trunk) = self.trunks.get(&id) else { return };
        let (flow, domain) = (trunk.config.flow, trunk.config.domain.clone());
        let from = format!("<{}>;tag={tag}", sip_uri(PRODUCT, host_of(self.address(&flow))));
        let to = format!("<{}>", sip_uri("", domain.clone()));
        let names = Names { branch: &branch, from, to, call_id: &call_id, cseq: 1 };
        let mut request = request(Method::Options, &flow, domain, &names);
        request.headers.push("Contact", self.contact(&flow));
        request.headers.push("Accept", SDP_TYPE);
        let purpose = Purpose::Options(id);
        let sent = self.open_client(now, Outgoing { flow, branch, request, purpose, prover: None });
        if let Some(trunk) = self.trunks.get_mut(&id) {
            trunk.probing = sent;
        }
    }

    /// The final answer to a REGISTER of ours; challenges were met before.
    pub(super) fn registration_answered(
        &mut self,
        now: Instant,
        id: TrunkId,
        transaction: TransactionId,
        response: &Response,
    ) {
        let jitter = self.rng.next_u32() % 100;
        let Some(trunk) = self.trunks.get_mut(&id) else { return };
        if trunk.registering != Some(transaction) {
            return;
        }
        let status = response.status;
        match granted(trunk, response) {
            Some(seconds) if status < 300 => trunk.registered(now, seconds),
            _ => {
                let floor = response.headers.number("Min-Expires").ok().flatten().unwrap_or(0);
                if status != 423 || !trunk.ask_longer(now, floor) {
                    // 5xx and 408 say nothing about who we are.
                    let refused = status != 408 && !(500..600).contains(&status);
                    trunk.register_failed(now, refused, jitter);
                    let asked = Method::Register;
                    self.tell(Event::TrunkFault { trunk: id, asked, status });
                }
            }
        }
        self.trunk_due(now, id);
    }

    /// No answer to a REGISTER of ours.
    pub(super) fn registration_timed_out(
        &mut self,
        now: Instant,
        id: TrunkId,
        transaction: TransactionId,
    ) {
        let jitter = self.rng.next_u32() % 100;
        let Some(trunk) = self.trunks.get_mut(&id) else { return };
        if trunk.registering == Some(transaction) {
            trunk.register_failed(now, false, jitter);
            self.tell(Event::TrunkFault { trunk: id, asked: Method::Register, status: 408 });
            self.touched(id);
        }
    }

    /// An OPTIONS of ours was answered. Whoever answers is there, whatever it answers, unless it
    /// says itself that it cannot serve.
    pub(super) fn options_answered(
        &mut self,
        now: Instant,
        id: TrunkId,
        transaction: TransactionId,
        status: u16,
    ) {
        let Some(trunk) = self.trunks.get_mut(&id) else { return };
        if trunk.probing == Some(transaction) {
            let fell = trunk.note_health(now, !matches!(status, 408 | 500 | 502..=504));
            if fell {
                self.tell(Event::TrunkFault { trunk: id, asked: Method::Options, status });
            }
            self.touched(id);
        }
    }
}

/// A request to a trunk outside of any dialog.
fn request(method: Method, flow: &Flow, domain: String, names: &Names<'_>) -> Request {
    let mut headers = Headers::default();
    headers.push("Via", via_line(flow, names.branch));
    headers.push("Max-Forwards", MAX_FORWARDS);
    headers.push("From", names.from.as_str());
    headers.push("To", names.to.as_str());
    headers.push("Call-ID", names.call_id);
    headers.push("CSeq", format!("{} {method}", names.cseq));
    headers.push("User-Agent", PRODUCT);
    let uri: Uri = sip_uri("", domain);
    Request { method, uri, headers, body: Vec::new() }
}

/// How long the registrar keeps us (RFC 3261 §10.2.4): the `expires` of our Contact, else Expires,
/// else what we asked for; `None` when it keeps us not at all.
fn granted(trunk: &Trunk, response: &Response) -> Option<u32> {
    let user = trunk.config.registration.as_ref().map(|registration| registration.user.as_str())?;
    let listed = response.headers.contacts().unwrap_or_default();
    // An older binding of ours may stand beside it; the newest lasts longest.
    let ours = listed.iter().filter(|contact| dialled(&contact.uri) == user);
    let of_contact = ours.filter_map(|contact| contact.params.get("expires")?.parse().ok()).max();
    let general = response.headers.number("Expires").ok().flatten();
    Some(of_contact.or(general).unwrap_or(trunk.expires_seconds)).filter(|seconds| *seconds > 0)
}
