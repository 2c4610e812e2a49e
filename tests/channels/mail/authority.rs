//! An authority of our own and a certificate of `localhost`.

use base64::Engine as _;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;

/// Writes `cert.pem`, `key.pem` and the authority's `ca.pem`, and gives who believes in them.
pub(crate) fn certify(folder: &Path) -> Arc<ClientConfig> {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = params.self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);
    let host_key = KeyPair::generate().unwrap();
    let host = CertificateParams::new(vec!["localhost".to_owned()])
        .unwrap()
        .signed_by(&host_key, &issuer)
        .unwrap();
    std::fs::write(folder.join("cert.pem"), pem("CERTIFICATE", host.der())).unwrap();
    std::fs::write(folder.join("key.pem"), pem("PRIVATE KEY", &host_key.serialize_der())).unwrap();
    std::fs::write(folder.join("ca.pem"), pem("CERTIFICATE", root.der())).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(root.der().clone()).unwrap();
    believing(roots)
}

fn pem(kind: &str, der: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", lines.join("\n"))
}

/// Who believes in nobody of ours.
pub(super) fn stranger() -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let key = KeyPair::generate().unwrap();
    roots
        .add(CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap().der().clone())
        .unwrap();
    believing(roots)
}

fn believing(roots: RootCertStore) -> Arc<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

/// The side that shows the certificate.
pub(super) fn serving(cert: &[u8], key: &[u8]) -> Arc<rustls::ServerConfig> {
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(cert).unwrap()],
            PrivateKeyDer::from_pem_slice(key).unwrap(),
        )
        .unwrap();
    Arc::new(config)
}
