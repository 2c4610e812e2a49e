//! `[[messages.http]]`: a provider of texts over HTTP.

use super::{is_loopback, named};
use crate::domain::message::templates::TemplateId;
use crate::domain::webhook::Target;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// Most headers of a template.
const HEADERS_MAX: usize = 16;
/// Longest value of any key, in bytes.
const VALUE_BYTES_MAX: usize = 4_096;
/// Headers that are ours.
const OWN_HEADERS: [&str; 6] =
    ["connection", "content-length", "content-type", "host", "transfer-encoding", "user-agent"];

/// `[[messages.http]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // Each key is explained in config/mayorline.toml.
pub struct HttpKeys {
    pub account: String,
    pub provider: ProviderKind,
    #[serde(default)]
    pub url: String,
    #[serde(default)]
    pub secret_file: PathBuf,
    #[serde(default)]
    pub ca_file: PathBuf,
    #[serde(default)]
    pub listen: Option<SocketAddr>,
    #[serde(default)]
    pub path_secret_file: PathBuf,
    #[serde(default)]
    pub key_id: String,
    #[serde(default)]
    pub signature: String,
    #[serde(default)]
    pub templates: BTreeMap<String, String>,
    #[serde(default)]
    pub region: String,
    #[serde(default)]
    pub app_id: String,
    #[serde(default)]
    pub username: String,
    #[serde(default)]
    pub number: String,
    #[serde(default)]
    pub public_url: String,
    #[serde(default)]
    pub method: Option<HttpMethod>,
    #[serde(default)]
    pub query: String,
    #[serde(default)]
    pub body: String,
    #[serde(default)]
    pub body_is: Option<BodyForm>,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    #[serde(default)]
    pub reference: String,
    #[serde(default)]
    pub leader: String,
}

/// Who sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum ProviderKind {
    Aliyun,
    Tencent,
    Kannel,
    Template,
    None,
}

/// How a template is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[allow(missing_docs)]
pub enum HttpMethod {
    #[serde(rename = "GET")]
    Get,
    #[default]
    #[serde(rename = "POST")]
    Post,
}

/// How values stand in the body of a template.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum BodyForm {
    #[default]
    Json,
    Form,
}

impl ProviderKind {
    /// As it is written.
    fn name(self) -> &'static str {
        match self {
            Self::Aliyun => "aliyun",
            Self::Tencent => "tencent",
            Self::Kannel => "kannel",
            Self::Template => "template",
            Self::None => "none",
        }
    }

    /// What it cannot do without, and what it may have beside.
    fn keys(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Aliyun => (
                &["url", "secret_file", "key_id", "signature", "templates"],
                &["ca_file", "listen", "path_secret_file"],
            ),
            Self::Tencent => (
                &["url", "secret_file", "key_id", "signature", "templates", "region", "app_id"],
                &["ca_file", "listen", "path_secret_file"],
            ),
            Self::Kannel => (
                &["url", "secret_file", "username", "number", "public_url", "listen"],
                &["ca_file", "path_secret_file"],
            ),
            Self::Template => (
                &["url"],
                &[
                    "secret_file",
                    "ca_file",
                    "listen",
                    "path_secret_file",
                    "method",
                    "query",
                    "body",
                    "body_is",
                    "headers",
                    "reference",
                ],
            ),
            Self::None => (&["listen"], &["path_secret_file"]),
        }
    }
}

impl HttpKeys {
    /// Which keys are given.
    fn given(&self) -> [(&'static str, bool); 19] {
        let path = |path: &PathBuf| !path.as_os_str().is_empty();
        [
            ("url", !self.url.is_empty()),
            ("secret_file", path(&self.secret_file)),
            ("ca_file", path(&self.ca_file)),
            ("listen", self.listen.is_some()),
            ("path_secret_file", path(&self.path_secret_file)),
            ("key_id", !self.key_id.is_empty()),
            ("signature", !self.signature.is_empty()),
            ("templates", !self.templates.is_empty()),
            ("region", !self.region.is_empty()),
            ("app_id", !self.app_id.is_empty()),
            ("username", !self.username.is_empty()),
            ("number", !self.number.is_empty()),
            ("public_url", !self.public_url.is_empty()),
            ("method", self.method.is_some()),
            ("query", !self.query.is_empty()),
            ("body", !self.body.is_empty()),
            ("body_is", self.body_is.is_some()),
            ("headers", !self.headers.is_empty()),
            ("reference", !self.reference.is_empty()),
        ]
    }

    pub(super) fn check(&self) -> Result<(), String> {
        named("messages.http.account", &self.account)?;
        let (needed, allowed) = self.provider.keys();
        let name = self.provider.name();
        for (key, is_given) in self.given() {
            if needed.contains(&key) && !is_given {
                return Err(format!("messages.http.{key}: provider = \"{name}\" needs it"));
            }
            if is_given && !needed.contains(&key) && !allowed.contains(&key) {
                return Err(format!("messages.http.{key}: not of provider = \"{name}\""));
            }
        }
        if self.listen.is_some() == self.path_secret_file.as_os_str().is_empty() {
            let keys = "messages.http.listen and messages.http.path_secret_file";
            return Err(format!("{keys} belong together: set both or none"));
        }
        self.check_listen()?;
        self.check_values()?;
        self.check_template()?;
        if self.provider != ProviderKind::None {
            let path = self.target()?.path;
            let is_service = matches!(self.provider, ProviderKind::Aliyun | ProviderKind::Tencent);
            if is_service && path != "/" {
                return Err(format!("messages.http.url: {path}: {name} is asked without a path"));
            }
        }
        Ok(())
    }

    /// What is brought is not encrypted here: it comes over this machine or the city's own network only.
    fn check_listen(&self) -> Result<(), String> {
        let is_own = |address: IpAddr| match address {
            IpAddr::V4(address) => address.is_loopback() || address.is_private(),
            IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
        };
        match self.listen {
            Some(listen) if !is_own(listen.ip()) => Err(format!(
                "messages.http.listen: {listen}: an address of this machine or of a private network; a proxy \
                 that ends HTTPS stands before it"
            )),
            Some(listen) if listen.port() == 0 => {
                Err("messages.http.listen: a port that the provider is told".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn check_values(&self) -> Result<(), String> {
        let values = [&self.key_id, &self.region, &self.app_id, &self.username, &self.number];
        if values.iter().any(|value| value.len() > 128 || value.chars().any(char::is_whitespace)) {
            return Err(format!(
                "messages.http: {}: no value has blanks or 128 bytes",
                self.account
            ));
        }
        for (code, name) in &self.templates {
            if TemplateId::of_code(code).is_none() || !(1..=128).contains(&name.len()) {
                let known = "the number of one of our texts (S01) and the provider's name of it";
                return Err(format!("messages.http.templates: {code}: {known}"));
            }
        }
        if let Some(kannel) = Some(&self.public_url).filter(|url| !url.is_empty()) {
            let is_plain =
                kannel.bytes().all(|byte| byte.is_ascii_graphic()) && kannel.len() <= 256;
            let is_http = kannel.starts_with("http://") || kannel.starts_with("https://");
            if !is_plain || !is_http || kannel.contains(['?', '#', '"']) || kannel.ends_with('/') {
                return Err(format!(
                    "messages.http.public_url: {kannel}: http:// or https://, as Kannel reaches `listen`, \
                     without a path"
                ));
            }
        }
        Ok(())
    }

    fn check_template(&self) -> Result<(), String> {
        if self.headers.len() > HEADERS_MAX {
            return Err(format!("messages.http.headers must be at most {HEADERS_MAX}"));
        }
        for (name, value) in &self.headers {
            let is_name = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
            if name.is_empty() || !is_name || OWN_HEADERS.contains(&name.as_str()) {
                return Err(format!(
                    "messages.http.headers: {name}: small letters and -, none of ours"
                ));
            }
            if !value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
                return Err(format!("messages.http.headers: {name}: visible ASCII only"));
            }
        }
        let long =
            [&self.query, &self.body, &self.reference].into_iter().chain(self.headers.values());
        if long.into_iter().any(|value| value.len() > VALUE_BYTES_MAX) {
            return Err(format!(
                "messages.http: {}: at most {VALUE_BYTES_MAX} bytes",
                self.account
            ));
        }
        if self.query.chars().any(|c| !c.is_ascii_graphic()) {
            return Err("messages.http.query: as it stands in a URL".to_owned());
        }
        if !self.reference.is_empty() && !self.reference.starts_with('/') {
            return Err("messages.http.reference: a JSON pointer such as /data/id".to_owned());
        }
        // Only of a template is either given.
        if self.method == Some(HttpMethod::Get) && !self.body.is_empty() {
            return Err("messages.http.body: not with method = \"GET\"".to_owned());
        }
        if self.body_is.is_some() && self.body.is_empty() {
            return Err("messages.http.body_is: there is no body".to_owned());
        }
        Ok(())
    }

    /// Where the provider is.
    ///
    /// # Errors
    /// What is wrong with its URL.
    pub fn target(&self) -> Result<Target, String> {
        Target::parse(&self.url).map_err(|fault| format!("messages.http.url: {fault}"))
    }

    pub(super) fn is_loopback(&self) -> bool {
        let is_near = |target: &Target| is_loopback(&target.host);
        let sends_near =
            self.provider == ProviderKind::None || self.target().as_ref().is_ok_and(is_near);
        sends_near && self.listen.is_none_or(|listen| listen.ip().is_loopback())
    }
}
