//! Whose certificates are believed: those of a file that the configuration names and no others, or else
//! those that the machine believes.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use std::path::Path;
use std::sync::Arc;

/// Why nobody can be believed.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file cannot be read or is not PEM.
    #[error("{file}: {source}")]
    File {
        /// Which.
        file: String,
        /// Why.
        source: rustls::pki_types::pem::Error,
    },
    /// It has no certificate.
    #[error("{0}: no certificate in it")]
    Empty(String),
    /// One of its certificates cannot be used.
    #[error("the certificates cannot be used: {0}")]
    Rustls(#[from] rustls::Error),
}

/// How receivers are spoken to: TLS 1.2 or 1.3, the certificate verified. `file` is PEM with one or more
/// authorities; `None`: those of the machine, and none where it has none.
///
/// # Errors
/// When the file cannot be used.
pub fn trust(file: Option<&Path>) -> Result<Arc<ClientConfig>, TrustError> {
    let mut roots = RootCertStore::empty();
    match file {
        Some(file) => {
            let name = file.display().to_string();
            let failed = |source| TrustError::File { file: name.clone(), source };
            let all = CertificateDer::pem_file_iter(file)
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(failed)?;
            for certificate in all {
                roots.add(certificate)?;
            }
            if roots.is_empty() {
                return Err(TrustError::Empty(name));
            }
        }
        None => {
            let found = rustls_native_certs::load_native_certs();
            let (added, passed) = roots.add_parsable_certificates(found.certs);
            tracing::debug!(added, passed, "certificate authorities of the machine");
            if added == 0 {
                let errors = &found.errors;
                tracing::warn!(
                    ?errors,
                    "no certificate authority on this machine: no receiver is believed over https, \
                    see webhook.ca_file"
                );
            }
        }
    }
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
