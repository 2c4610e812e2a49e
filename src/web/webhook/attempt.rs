//! One attempt: a name is looked up, the address held against what is allowed and connected to as it is,
//! so that no second look-up leads elsewhere; it is asked once more whether the message is to be sent;
//! then one POST, whose answer is its status alone.
//! Redirects are not followed: where messages go is decided by a person.

use super::signature::signatures;
use crate::client::{Connection, Stream, head, read, secured};
use crate::domain::webhook::{Reach, Target};
use crate::store::{Outcome, Parcel};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use hyper::body::Incoming;
use rustls::ClientConfig;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Longest attempt, from the look-up of the name to the status of the answer.
pub const ATTEMPT_WAIT: Duration = Duration::from_secs(10);

/// Bytes of an answer that are read before the connection is closed.
pub const RESPONSE_BYTES_MAX: usize = 64 * 1_024;

/// Addresses of one name that are tried.
pub const ADDRESSES_TRIED_MAX: usize = 4;

/// Each of them has so long to take a connection: a dead one leaves time for the next.
pub const CONNECT_WAIT: Duration = Duration::from_secs(2);

/// The rest of an answer is read for so long.
const REST_WAIT: Duration = Duration::from_secs(1);

/// Why an attempt failed, in a word that is listed.
type Fault = &'static str;

/// What all attempts share.
#[derive(Debug)]
pub(super) struct Road {
    /// How far messages may go.
    pub(super) reach: Reach,
    /// Whose certificates are believed.
    pub(super) tls: Arc<ClientConfig>,
    /// Threads that may look up a name.
    pub(super) names: Arc<Semaphore>,
}

/// Sends a message; `seconds` is the time, since 1970. Never longer than [`ATTEMPT_WAIT`] and the rest of
/// the answer. `stands` is waited for when the receiver is connected, directly before the first byte of the
/// message: whether it is still to be sent. `None`: it was not, and nothing of it has left.
pub(super) async fn send(
    road: &Road,
    parcel: &Parcel,
    seconds: i64,
    stands: impl Future<Output = bool>,
) -> Option<Outcome> {
    let answered = timeout(ATTEMPT_WAIT, post(road, parcel, seconds, stands)).await;
    let mut answer = match answered.unwrap_or(Err("timeout")) {
        Ok(answer) => answer?,
        Err(fault) => return Some(Outcome::Failed { status: None, fault, later: None }),
    };
    // Whoever closes with something unread makes the other side see an error.
    let _ = timeout(REST_WAIT, read(&mut answer.body, RESPONSE_BYTES_MAX)).await;
    Some(answer.outcome)
}

/// An answer; its connection ends with it.
struct Answer {
    outcome: Outcome,
    body: Incoming,
    _connection: Connection,
}

async fn post(
    road: &Road,
    parcel: &Parcel,
    seconds: i64,
    stands: impl Future<Output = bool>,
) -> Result<Option<Answer>, Fault> {
    let target = Target::parse(&parcel.url).map_err(|_| "url")?;
    let stream = connect(road, &target).await?;
    let request = request(&target, parcel, seconds).ok_or("url")?;
    let stream = secured(&target, Some(&road.tls), stream).await.map_err(|error| {
        tracing::debug!(webhook = parcel.webhook, %error, "no TLS with a receiver");
        "tls"
    })?;
    exchange(stream, request, stands).await
}

/// The first allowed address that answers.
async fn connect(road: &Road, target: &Target) -> Result<TcpStream, Fault> {
    let addresses: Vec<SocketAddr> = match target.address() {
        Some(address) => vec![SocketAddr::new(address, target.port)],
        None => {
            let (host, port) = (target.host.clone(), target.port);
            let look = move || (host.as_str(), port).to_socket_addrs();
            look_up(&road.names, look).await?.collect()
        }
    };
    let allowed =
        addresses.into_iter().filter(|at| road.reach.allows(target.scheme, at.ip()).is_ok());
    first(allowed).await
}

/// Looks a name up on a thread of its own. The resolver of the system cannot be stopped: an attempt that is
/// over leaves its thread behind, so that a thread is given back only when it is done. Where none is free
/// a name is not known.
async fn look_up<T: Send + 'static>(
    names: &Arc<Semaphore>,
    look: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Fault> {
    let permit = Arc::clone(names).try_acquire_owned().map_err(|_| "name")?;
    let looked = tokio::task::spawn_blocking(move || {
        let found = look();
        drop(permit);
        found
    });
    looked.await.ok().and_then(Result::ok).ok_or("name")
}

/// A connection to the first of these addresses that takes one.
async fn first(addresses: impl Iterator<Item = SocketAddr>) -> Result<TcpStream, Fault> {
    let mut fault = "address";
    for address in addresses.take(ADDRESSES_TRIED_MAX) {
        match timeout(CONNECT_WAIT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(_)) | Err(_) => fault = "connect",
        }
    }
    Err(fault)
}

fn request(target: &Target, parcel: &Parcel, seconds: i64) -> Option<Request<Body>> {
    let signed = signatures(&parcel.secrets, &parcel.id, seconds, &parcel.body);
    head(target, &target.path)
        .method(Method::POST)
        .header(header::CONTENT_TYPE, "application/json")
        .header("webhook-id", &parcel.id)
        .header("webhook-timestamp", seconds)
        .header("webhook-signature", signed)
        .body(Body::from(parcel.body.clone()))
        .ok()
}

async fn exchange(
    stream: Box<dyn Stream>,
    request: Request<Body>,
    stands: impl Future<Output = bool>,
) -> Result<Option<Answer>, Fault> {
    if !stands.await {
        return Ok(None);
    }
    let mut connection = Connection::open(stream).await.map_err(|_| "http")?;
    let answer = connection.ask(request).await.map_err(|_| "http")?;
    let later = answer.headers().get(header::RETRY_AFTER);
    let later = later.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let outcome = outcome(answer.status(), later);
    Ok(Some(Answer { outcome, body: answer.into_body(), _connection: connection }))
}

fn outcome(status: StatusCode, later: Option<u64>) -> Outcome {
    let code = status.as_u16();
    if status.is_success() {
        return Outcome::Delivered { status: code };
    }
    if status == StatusCode::GONE {
        return Outcome::Gone;
    }
    let fault = if status.is_redirection() { "redirect" } else { "status" };
    Outcome::Failed { status: Some(code), fault, later }
}

// All addresses of a name that are tried may be dead, and it is said in time that they are.
const _: () =
    assert!(CONNECT_WAIT.as_secs() * (ADDRESSES_TRIED_MAX as u64) < ATTEMPT_WAIT.as_secs());

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::{TcpListener, TcpSocket};
    use tokio::time::Instant;

    /// A machine that is not there: its queue of connections is full, so the kernel drops what comes.
    async fn dead() -> (SocketAddr, (TcpListener, Vec<TcpStream>)) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut queued = vec![];
        while let Ok(Ok(stream)) = timeout(CONNECT_WAIT, TcpStream::connect(address)).await {
            queued.push(stream);
        }
        (address, (listener, queued))
    }

    #[tokio::test]
    async fn a_dead_address_leaves_time_for_the_next_one() {
        let (dead, _queued) = dead().await;
        let living = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = living.local_addr().unwrap();
        let begun = Instant::now();
        let stream = first([dead, here].into_iter()).await.unwrap();
        let waited = begun.elapsed();
        assert_eq!(stream.peer_addr().unwrap(), here);
        assert!(waited >= CONNECT_WAIT && waited < ATTEMPT_WAIT, "{waited:?}");
        assert_eq!(first([dead].into_iter()).await.unwrap_err(), "connect");
        assert_eq!(first(std::iter::empty()).await.unwrap_err(), "address", "none is allowed");
    }

    #[tokio::test]
    async fn a_resolver_that_hangs_keeps_its_thread_and_the_next_name_is_not_known() {
        let names = Arc::new(Semaphore::new(1));
        let (go, wait) = std::sync::mpsc::sync_channel::<()>(1);
        let hangs = look_up(&names, move || wait.recv().map_err(io::Error::other));
        let mut hangs = Box::pin(hangs);
        // The attempt is over, its thread is not.
        assert!(timeout(Duration::ZERO, &mut hangs).await.is_err());
        drop(hangs);
        assert_eq!(look_up(&names, || Ok(1)).await, Err("name"));
        go.send(()).unwrap();
        // The thread comes back.
        let permit = timeout(ATTEMPT_WAIT, names.acquire()).await.unwrap().unwrap();
        drop(permit);
        assert_eq!(look_up(&names, || Ok(1)).await, Ok(1));
        let fault = look_up(&names, || Err::<(), _>(io::Error::other("no such name"))).await;
        assert_eq!(fault, Err("name"));
    }

    #[test]
    fn only_2xx_is_success_and_only_410_is_gone() {
        let of = |code| outcome(StatusCode::from_u16(code).unwrap(), None);
        for code in [200, 201, 204, 299] {
            assert_eq!(of(code), Outcome::Delivered { status: code });
        }
        assert_eq!(of(410), Outcome::Gone);
        for (code, fault) in
            [(301, "redirect"), (307, "redirect"), (404, "status"), (503, "status")]
        {
            assert_eq!(of(code), Outcome::Failed { status: Some(code), fault, later: None });
        }
    }
}
