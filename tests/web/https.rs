//! The pages over HTTPS, on their own thread, and where they must not be served.

use super::house::{Directory, PASSWORD, Shelf, sources};
use super::http::{Answer, escape};
use mayorline::web::{Archive, DeskLink, SeatDirectory, Web, WebConfig, WebThread};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::channel;

/// A certificate for 127.0.0.1, and a client that knows it alone.
fn certificate() -> (Arc<ServerConfig>, Arc<ClientConfig>) {
    let signed = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signed.signing_key.serialize_der()).unwrap();
    let certificate = signed.cert.der().clone();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (Arc::new(server), Arc::new(client))
}

async fn ask(address: SocketAddr, client: &Arc<ClientConfig>, request: &str) -> Answer {
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::IpAddress(address.ip().into());
    let connector = tokio_rustls::TlsConnector::from(Arc::clone(client));
    let mut stream = connector.connect(name, stream).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text).await;
    Answer::read(&String::from_utf8_lossy(&text))
}

fn from() -> (Arc<dyn SeatDirectory>, Arc<dyn Archive>) {
    (Arc::new(Directory), Arc::new(Shelf::default()))
}

fn link() -> DeskLink {
    DeskLink { to_line: channel(8).0, from_line: channel(8).1 }
}

#[tokio::test]
async fn over_https_the_cookie_is_for_https_alone() {
    let (server, client) = certificate();
    let (to_pages, from_line) = channel(8);
    let link = DeskLink { to_line: channel(8).0, from_line };
    let listen = "127.0.0.1:0".parse().unwrap();
    let config = WebConfig {
        listen,
        tls: Some(server),
        trusted_proxy: None,
        api: None,
        public: None,
        demo: false,
    };
    let thread = WebThread::start(config, from(), sources(), link).unwrap();
    let address = thread.address();
    // One that never speaks TLS holds nobody up.
    let _idle = TcpStream::connect(address).await.unwrap();
    for (scheme, status) in [("https", 303), ("http", 403)] {
        let body = format!("seat=801&password={}", escape(PASSWORD));
        let request = format!(
            "POST /sign-in HTTP/1.1\r\nHost: {address}\r\nOrigin: {scheme}://{address}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = ask(address, &client, &request).await;
        assert_eq!(answer.status, status, "{scheme}");
        assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"));
        if status == 303 {
            let cookie = answer.header("set-cookie").unwrap();
            assert!(
                cookie.starts_with("__Host-mayorline=") && cookie.contains("; Secure"),
                "{cookie}"
            );
        }
    }
    tokio::task::spawn_blocking(|| thread.finish()).await.unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "it has ended");
    drop(to_pages);
}

#[tokio::test]
async fn outside_loopback_nothing_is_served_without_https() {
    let bind = |tls, trusted_proxy: Option<IpAddr>| {
        let listen = "0.0.0.0:0".parse().unwrap();
        Web::bind(
            WebConfig { listen, tls, trusted_proxy, api: None, public: None, demo: false },
            from(),
            sources(),
            link(),
        )
    };
    let error = bind(None, None).await.err().unwrap().to_string();
    assert!(error.contains("needs HTTPS") && error.contains("web.tls_certificate"), "{error}");
    assert!(bind(Some(certificate().0), None).await.is_ok());
    assert!(bind(None, Some("127.0.0.1".parse().unwrap())).await.is_ok());
}
