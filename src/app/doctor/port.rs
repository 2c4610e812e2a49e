//! The port that telephones call: free, held by a running line, or by a program that is none.

use super::dial::unspecified;
use super::reachable;
use crate::app::config::Config;
use crate::gateway::clock::Clock;
use crate::wire::sip::{Framing, Message};
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::time::Duration;

/// A line is asked this often who it is, each time after `TRY_WAIT` of silence.
const TRIES: u32 = 4;
/// RFC 3261 T1.
const TRY_WAIT: Duration = Duration::from_millis(500);
/// What a line of ours says of itself in `Server`.
const OURS: &str = env!("CARGO_PKG_NAME");

/// Whether a line could answer here, or does.
pub(super) fn look(config: &Config, clock: Clock) -> Result<String, String> {
    let (udp, tcp) = (config.sip.udp, config.sip.tcp);
    match UdpSocket::bind(udp) {
        Ok(_free) => {
            TcpListener::bind(tcp).map_err(|error| refused("sip.tcp", tcp, &error))?;
            Ok(format!("{udp} is free: no line is running"))
        }
        Err(error) if error.kind() == ErrorKind::AddrInUse && is_line(udp, clock) => {
            Ok(format!("{udp} is held by a running line"))
        }
        Err(error) => Err(refused("sip.udp", udp, &error)),
    }
}

fn refused(key: &str, address: SocketAddr, error: &io::Error) -> String {
    if error.kind() == ErrorKind::AddrInUse {
        return format!(
            "{address} is taken by another program, the line cannot start: stop that program or \
             set {key}"
        );
    }
    format!("{address} cannot be bound: {error}: {key} must be an address of this machine")
}

/// Asks whoever holds the port what it is (OPTIONS, RFC 3261 §11). A port that does not answer is
/// held by something else.
fn is_line(held: SocketAddr, clock: Clock) -> bool {
    let to = reachable(held);
    let Ok(socket) = UdpSocket::bind((unspecified(to), 0)) else { return false };
    let asks = socket.connect(to).and_then(|()| socket.set_read_timeout(Some(TRY_WAIT)));
    let (Ok(()), Ok(local)) = (asks, socket.local_addr()) else { return false };
    let id = format!("doctor-{}", (clock.wall)().as_nanosecond());
    let options = format!(
        "OPTIONS sip:{to} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bK{id};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:doctor@{local}>;tag=doctor\r\nTo: <sip:{to}>\r\n\
         Call-ID: {id}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    );
    let mut bytes = vec![0; 65_535];
    for _ in 0..TRIES {
        // What is not sent or not answered is asked again; silence is the answer in the end.
        let asked = socket.send(options.as_bytes()).and_then(|_| socket.recv(&mut bytes));
        let answer = asked.ok().and_then(|n| Message::parse(&bytes[..n], Framing::Datagram).ok());
        if let Some(Message::Response(response)) = answer {
            return response.headers.get("Server").is_some_and(|name| name.starts_with(OURS));
        }
    }
    false
}
