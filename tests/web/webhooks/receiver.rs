//! A receiver that answers as it is told, and the signature held against Python's own HMAC.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{Receiver as Inbox, Sender, channel};
use tokio::time::timeout;

/// Longest wait for a message.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Got {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn id(&self) -> &str {
        self.header("webhook-id")
    }

    /// How many of its signatures Python finds right with this secret, of how many.
    pub(crate) fn verified(&self, secret: &str) -> (usize, usize) {
        let script = "import sys,json,hmac,hashlib,base64\n\
             g=json.load(sys.stdin)\n\
             key=base64.b64decode(g['secret'].removeprefix('whsec_'))\n\
             told=(g['id']+'.'+g['at']+'.'+g['body']).encode()\n\
             mac='v1,'+base64.b64encode(hmac.new(key,told,hashlib.sha256).digest()).decode()\n\
             all=g['signed'].split(' ')\n\
             print(sum(hmac.compare_digest(mac,one) for one in all),len(all))";
        let given = serde_json::json!({
            "secret": secret, "id": self.id(), "at": self.header("webhook-timestamp"),
            "body": self.body, "signed": self.header("webhook-signature"),
        });
        let mut python = Command::new("python3");
        python.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = python.spawn().unwrap();
        child.stdin.take().unwrap().write_all(given.to_string().as_bytes()).unwrap();
        let told = child.wait_with_output().unwrap();
        assert!(told.status.success());
        let told = String::from_utf8(told.stdout).unwrap();
        let (right, all) = told.trim().split_once(' ').unwrap();
        (right.parse().unwrap(), all.parse().unwrap())
    }
}

/// A running receiver: what it gets is handed on before it answers.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    inbox: Inbox<Got>,
}

impl Receiver {
    /// In clear.
    pub(crate) async fn open() -> Self {
        Self::open_with(None).await
    }

    /// With a certificate.
    pub(crate) async fn open_with(tls: Option<Arc<ServerConfig>>) -> Self {
        Self::open_at("127.0.0.1:0".parse().unwrap(), tls).await
    }

    /// On an address of its own choice, to come back there.
    pub(crate) async fn open_at(at: SocketAddr, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind(at).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, inbox) = channel(256);
        let router = Router::new().route("/{*path}", post(answer)).with_state(tell);
        tokio::spawn(async move {
            let Some(tls) = tls else { return axum_serve(listener, router).await };
            let acceptor = tokio_rustls::TlsAcceptor::from(tls);
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (acceptor, router) = (acceptor.clone(), router.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(stream, router).await;
                    }
                });
            }
        });
        Self { address, inbox }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// The next message.
    pub(crate) async fn next(&mut self) -> Got {
        timeout(PATIENCE, self.inbox.recv()).await.expect("a message comes").unwrap()
    }

    /// Messages that came and were not looked at.
    pub(crate) fn rest(&mut self) -> Vec<Got> {
        std::iter::from_fn(|| self.inbox.try_recv().ok()).collect()
    }
}

async fn axum_serve(listener: TcpListener, router: Router) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(serve(stream, router.clone()));
    }
}

async fn serve(
    stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    router: Router,
) {
    let io = hyper_util::rt::TokioIo::new(stream);
    let service = hyper_util::service::TowerToHyperService::new(router);
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
}

/// By the first part of the path.
async fn answer(
    State(tell): State<Sender<Got>>,
    axum::extract::Path(path): axum::extract::Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body = String::from_utf8(body.to_vec()).unwrap();
    tell.send(Got { path: path.clone(), headers, body }).await.unwrap();
    match path.split('/').next().unwrap() {
        "ok" => StatusCode::NO_CONTENT.into_response(),
        "fail" => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        "gone" => StatusCode::GONE.into_response(),
        "moved" => {
            (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/ok/elsewhere")]).into_response()
        }
        "never" => std::future::pending().await,
        // An answer that never ends.
        "flood" => {
            let piece = Bytes::from(vec![b'x'; 16 * 1_024]);
            let pieces = futures_util::stream::repeat(Ok::<_, std::convert::Infallible>(piece));
            Body::from_stream(pieces).into_response()
        }
        other => panic!("no such behaviour: {other}"),
    }
}

/// An authority of our own in a PEM file, and the server's side of a certificate of it for 127.0.0.1.
pub(crate) fn authority(folder: &Path) -> (PathBuf, Arc<ServerConfig>) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let root = params.self_signed(&key).unwrap();
    let file = folder.join("ca.pem");
    let der = STANDARD.encode(root.der());
    let pem = format!("-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n");
    std::fs::write(&file, pem).unwrap();
    let issuer = Issuer::new(params, key);
    let own = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&own, &issuer).unwrap();
    let server =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![leaf.der().clone()],
                PrivateKeyDer::try_from(own.serialize_der()).unwrap(),
            )
            .unwrap();
    (file, Arc::new(server))
}
