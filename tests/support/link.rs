//! How the citizen's SIP text travels: UDP datagrams, or one TCP connection cut by Content-Length.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::sync::Mutex;
use std::time::Duration;

const RECEIVE_WAIT: Duration = Duration::from_millis(20);
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// More than any message of these tests.
const READ_MAX: usize = 65_536;

/// A way to one server.
pub enum Link {
    /// Datagrams.
    Udp(UdpSocket),
    /// A connection, and what of the next message has come.
    Tcp(TcpStream, Mutex<Vec<u8>>),
}

impl Link {
    /// A fresh port of 127.0.0.1.
    pub fn udp() -> Self {
        Self::udp_on(0)
    }

    /// This port of 127.0.0.1.
    pub fn udp_on(port: u16) -> Self {
        Self::udp_at(([127, 0, 0, 1], port).into())
    }

    /// This address of the loopback.
    pub fn udp_at(address: SocketAddr) -> Self {
        let socket = UdpSocket::bind(address).expect("loopback has that address");
        socket.set_read_timeout(Some(RECEIVE_WAIT)).expect("a timeout can be set");
        Self::Udp(socket)
    }

    /// A connection to `server`.
    pub fn tcp(server: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&server, CONNECT_LIMIT)
            .unwrap_or_else(|e| panic!("{server} takes no connection: {e}"));
        stream.set_read_timeout(Some(RECEIVE_WAIT)).expect("a timeout can be set");
        Self::Tcp(stream, Mutex::default())
    }

    /// Our address.
    pub fn local(&self) -> SocketAddr {
        let address = match self {
            Self::Udp(socket) => socket.local_addr(),
            Self::Tcp(stream, _) => stream.local_addr(),
        };
        address.expect("a bound socket has an address")
    }

    /// The word for Via.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Udp(_) => "UDP",
            Self::Tcp(..) => "TCP",
        }
    }

    /// Sends one message; a peer that is gone is noticed by its silence.
    pub fn send(&self, text: &str, to: SocketAddr) {
        let _ = match self {
            Self::Udp(socket) => socket.send_to(text.as_bytes(), to).map(|_| ()),
            Self::Tcp(stream, _) => (&mut &*stream).write_all(text.as_bytes()),
        };
    }

    /// The next whole message and its sender, or nothing for a moment.
    pub fn receive(&self) -> Option<(Vec<u8>, SocketAddr)> {
        let mut buffer = vec![0u8; READ_MAX];
        match self {
            Self::Udp(socket) => {
                let (len, from) = socket.recv_from(&mut buffer).ok()?;
                buffer.truncate(len);
                Some((buffer, from))
            }
            Self::Tcp(stream, waiting) => {
                let mut waiting = waiting.lock().unwrap();
                let whole = message_len(&waiting);
                if whole.is_none() {
                    match (&mut &*stream).read(&mut buffer) {
                        Ok(0) => std::thread::sleep(RECEIVE_WAIT),
                        Ok(len) => waiting.extend(&buffer[..len]),
                        Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                        Err(_) => std::thread::sleep(RECEIVE_WAIT),
                    }
                }
                let len = whole.or_else(|| message_len(&waiting))?;
                let rest = waiting.split_off(len);
                Some((std::mem::replace(&mut waiting, rest), stream.peer_addr().ok()?))
            }
        }
    }
}

/// The length of the first message in a stream, once all of it is there (RFC 3261 §18.3).
fn message_len(stream: &[u8]) -> Option<usize> {
    let head_len = stream.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&stream[..head_len]).to_lowercase();
    let body = head.lines().find_map(|line| line.strip_prefix("content-length:"))?;
    let len = head_len + body.trim().parse::<usize>().ok()?;
    (stream.len() >= len).then_some(len)
}
