//! Rows that need a call that rings. The service answers at once, so here the endpoint of the
//! service stands behind a real socket and rings until it is told to answer.

use crate::harness::{ANSWER, Ask};
use crate::house::{PATIENCE, Peer, own_address, tag_of};
use mayorline::proto::{Endpoint, EndpointConfig, Event, Flow, Transport};
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// An endpoint that rings and never answers.
struct Bell {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Bell {
    fn hang() -> Self {
        let socket = UdpSocket::bind((own_address(), 0)).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
        let (address, stop) = (socket.local_addr().unwrap(), Arc::new(AtomicBool::new(false)));
        let stopped = stop.clone();
        let thread = Some(std::thread::spawn(move || serve(&socket, &stopped)));
        Self { address, stop, thread }
    }

    fn peer(&self) -> Peer {
        Peer::new(self.address, own_address())
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(socket: &UdpSocket, stop: &AtomicBool) {
    let mut endpoint = Endpoint::new(EndpointConfig::default(), [3; 32]);
    let local = socket.local_addr().unwrap();
    let mut buffer = [0; 65_536];
    while !stop.load(Ordering::Relaxed) {
        if let Ok((length, remote)) = socket.recv_from(&mut buffer) {
            let flow = Flow { transport: Transport::Udp, local, remote, connection: 0 };
            endpoint.receive(Instant::now(), flow, &buffer[..length]);
        }
        let now = Instant::now();
        if endpoint.poll_timeout().is_some_and(|at| at <= now) {
            endpoint.handle_timeout(now);
        }
        while let Some(event) = endpoint.poll_event() {
            match event {
                Event::Incoming { leg, .. } => endpoint.ring(now, leg),
                Event::Offer { leg, .. } => {
                    endpoint.accept_offer(now, leg, ANSWER.as_bytes().to_vec());
                }
                _ => {}
            }
        }
        while let Some(transmit) = endpoint.poll_transmit() {
            let _ = socket.send_to(&transmit.bytes, transmit.flow.remote);
        }
    }
}

fn ringing(peer: &Peer, invite: &Ask) -> String {
    peer.say(invite);
    let answer = peer.wait(PATIENCE, |message| message.status() == Some(180));
    tag_of(&answer.expect("180 with a tag of ours"))
}

#[test]
fn cancel_while_ringing_gives_200_and_a_487_that_is_sent_again_until_its_ack() {
    let bell = Bell::hang();
    let peer = bell.peer();
    let invite = Ask::invite("cancelled");
    let tag = ringing(&peer, &invite);
    let mut cancel = Ask::new("CANCEL", "cancelled", 1);
    cancel.branch.clone_from(&invite.branch);
    assert_eq!(peer.status(&cancel), 200);
    peer.wait(Duration::from_millis(1_900), |_| false);
    let times = peer.times_of(487, "INVITE");
    assert_eq!(times.len(), 3, "{times:?}");
    for (at, expected) in times.iter().zip([0, 500, 1_500]) {
        assert!(at.as_millis().abs_diff(expected) < 150, "{times:?}");
    }
    let mut ack = Ask::within("ACK", "cancelled", 1, &tag);
    ack.branch = invite.branch;
    peer.say(&ack);
    assert!(peer.silent_for(Duration::from_millis(2_300)), "acknowledged");
}

#[test]
fn update_and_info_in_an_early_dialog_are_answered_and_an_unmatched_prack_gets_481() {
    let bell = Bell::hang();
    let peer = bell.peer();
    let tag = ringing(&peer, &Ask::invite("early"));
    assert_eq!(peer.status(&Ask::within("UPDATE", "early", 2, &tag)), 200);
    assert_eq!(peer.status(&Ask::within("INFO", "early", 3, &tag)), 200);
    let prack = Ask::within("PRACK", "early", 4, &tag).field("RAck: 1 1 INVITE");
    assert_eq!(peer.status(&prack), 481);
    assert_eq!(peer.status(&Ask::within("BYE", "early", 5, &tag)), 200);
}

#[test]
fn a_required_100rel_is_sent_again_until_its_prack() {
    let bell = Bell::hang();
    let peer = bell.peer();
    peer.say(&Ask::invite("rel").field("Require: 100rel"));
    let rings = peer.wait(PATIENCE, |message| message.status() == Some(180)).unwrap();
    let rseq = rings.header("rseq").unwrap().to_owned();
    peer.wait(Duration::from_millis(700), |_| false);
    assert_eq!(peer.times_of(180, "INVITE").len(), 2, "sent again after T1");
    let prack = Ask::within("PRACK", "rel", 2, &tag_of(&rings));
    assert_eq!(peer.status(&prack.field(&format!("RAck: {rseq} 1 INVITE"))), 200);
    assert!(peer.silent_for(Duration::from_millis(1_200)));
}
