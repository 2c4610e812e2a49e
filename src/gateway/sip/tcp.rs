//! SIP over TCP and TLS: connections are framed here and their messages handed to the line.

use crate::proto::{Flow, Transmit, Transport};
use crate::wire::sip::{Frame, Framer, Message, PONG, ParseFailure};
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// Limits of TCP and TLS, each.
#[derive(Debug, Clone)]
pub struct TcpConfig {
    /// Connections at once; one more is closed at once.
    pub connections_max: usize,
    /// A connection that sends nothing for this long is closed.
    pub idle_max: Duration,
    /// A message must be whole this long after its first byte.
    pub message_max: Duration,
    /// Messages that may wait for a slow peer before its connection is closed.
    pub writes_max: usize,
}

/// What a connection tells the line.
#[derive(Debug)]
pub enum TcpInput {
    /// A new connection; answers go through the sender.
    Opened(u64, Sender<Vec<u8>>),
    /// One message, or why it is none.
    Message(Flow, Box<Result<Message, ParseFailure>>),
    /// The connection is gone.
    Closed(u64),
}

/// Bytes read at once.
const READ_BYTES: usize = 8192;
/// How long a write may take before the peer is given up.
const WRITE_MAX: Duration = Duration::from_secs(10);

/// The listening sockets and the open connections as the line sees them.
pub struct TcpListeners {
    local: SocketAddr,
    local_tls: Option<SocketAddr>,
    writers: HashMap<u64, Sender<Vec<u8>>>,
}

/// Where TLS is offered, and with which certificate.
pub type TlsPort = (SocketAddr, Arc<rustls::ServerConfig>);

impl TcpListeners {
    /// Binds and accepts in the background; messages arrive on the returned receiver.
    pub async fn bind(
        address: SocketAddr,
        tls: Option<TlsPort>,
        config: TcpConfig,
        inputs_max: usize,
    ) -> io::Result<(Self, Receiver<TcpInput>)> {
        let (inputs, receiver) = channel(inputs_max);
        let listener = TcpListener::bind(address).await?;
        let local = listener.local_addr()?;
        let plain = Door { transport: Transport::Tcp, tls: None, config: config.clone() };
        tokio::spawn(accept(listener, Arc::new(plain), inputs.clone()));
        let mut local_tls = None;
        if let Some((address, certificate)) = tls {
            let listener = TcpListener::bind(address).await?;
            local_tls = Some(listener.local_addr()?);
            let acceptor = Some(TlsAcceptor::from(certificate));
            let secure = Door { transport: Transport::Tls, tls: acceptor, config };
            tokio::spawn(accept(listener, Arc::new(secure), inputs));
        }
        Ok((Self { local, local_tls, writers: HashMap::new() }, receiver))
    }

    /// The bound address of TCP.
    #[must_use]
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// The bound address of TLS.
    #[must_use]
    pub fn local_tls(&self) -> Option<SocketAddr> {
        self.local_tls
    }

    /// Remembers a new connection.
    pub fn opened(&mut self, connection: u64, writer: Sender<Vec<u8>>) {
        self.writers.insert(connection, writer);
    }

    /// Forgets a connection.
    pub fn closed(&mut self, connection: u64) {
        self.writers.remove(&connection);
    }

    /// Sends on the connection of the flow; a peer that does not read loses its connection.
    pub fn send(&mut self, transmit: Transmit) {
        let connection = transmit.flow.connection;
        let Some(writer) = self.writers.get(&connection) else { return };
        if writer.try_send(transmit.bytes).is_err() {
            self.writers.remove(&connection);
        }
    }
}

/// What one listening socket serves.
struct Door {
    transport: Transport,
    tls: Option<TlsAcceptor>,
    config: TcpConfig,
}

async fn accept(listener: TcpListener, door: Arc<Door>, inputs: Sender<TcpInput>) {
    static CONNECTIONS: AtomicU64 = AtomicU64::new(1);
    let places = Arc::new(Semaphore::new(door.config.connections_max));
    loop {
        let Ok((stream, remote)) = listener.accept().await else {
            // Out of descriptors: wait for connections to end.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let Ok(local) = stream.local_addr() else { continue };
        let connection = CONNECTIONS.fetch_add(1, Ordering::Relaxed);
        let flow = Flow { transport: door.transport, local, remote, connection };
        // Small messages that somebody waits for.
        let _ = stream.set_nodelay(true);
        tokio::spawn(open(stream, flow, Arc::clone(&door), inputs.clone(), place));
    }
}

/// Shakes hands where TLS is spoken, then serves.
async fn open(
    stream: TcpStream,
    flow: Flow,
    door: Arc<Door>,
    inputs: Sender<TcpInput>,
    _place: OwnedSemaphorePermit,
) {
    let Some(acceptor) = &door.tls else {
        return serve(stream, flow, &door.config, inputs).await;
    };
    match timeout(door.config.message_max, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => serve(stream, flow, &door.config, inputs).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

async fn serve<S>(stream: S, flow: Flow, config: &TcpConfig, inputs: Sender<TcpInput>)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (reader, writer) = tokio::io::split(stream);
    let (sender, queue) = channel(config.writes_max);
    let pong = sender.clone();
    if inputs.send(TcpInput::Opened(flow.connection, sender)).await.is_err() {
        return;
    }
    let writing = tokio::spawn(write(writer, queue));
    read(reader, flow, config, &inputs, &pong).await;
    drop(pong);
    let _ = inputs.send(TcpInput::Closed(flow.connection)).await;
    let _ = writing.await;
}

async fn read(
    mut reader: ReadHalf<impl AsyncRead>,
    flow: Flow,
    config: &TcpConfig,
    inputs: &Sender<TcpInput>,
    pong: &Sender<Vec<u8>>,
) {
    let mut framer = Framer::default();
    let mut bytes = vec![0; READ_BYTES];
    loop {
        let patience = if framer.is_idle() { config.idle_max } else { config.message_max };
        let Ok(Ok(n)) = timeout(patience, reader.read(&mut bytes)).await else { return };
        if n == 0 {
            return;
        }
        if let Err(error) = framer.push(&bytes[..n]) {
            tracing::debug!(%error, "a TCP connection is closed");
            return;
        }
        loop {
            match framer.poll_frame() {
                Ok(Some(Frame::Message(message))) => {
                    if inputs.send(TcpInput::Message(flow, message)).await.is_err() {
                        return;
                    }
                }
                // RFC 5626 §3.5.1: a double CRLF is answered by a single one.
                Ok(Some(Frame::Ping)) => {
                    if pong.try_send(PONG.to_vec()).is_err() {
                        return;
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    tracing::debug!(%error, "a TCP connection is closed");
                    return;
                }
            }
        }
    }
}

async fn write(mut writer: WriteHalf<impl AsyncWrite>, mut queue: Receiver<Vec<u8>>) {
    while let Some(bytes) = queue.recv().await {
        match timeout(WRITE_MAX, writer.write_all(&bytes)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return,
        }
    }
    let _ = writer.shutdown().await;
}
