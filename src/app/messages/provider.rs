//! Texts by a provider over HTTP.

use super::plan::{Plan, authorities, refuse, secret};
use super::supervisor::{Ended, Work};
use crate::app::clock;
use crate::app::config::{BodyForm, HttpKeys, HttpMethod, ProviderKind};
use crate::app::exit::Exit;
use crate::channels::sms::http::{
    Aliyun, Generic, HttpAccount, HttpConfig, Kannel, Provider, Secret, Tencent,
};
use crate::domain::webhook::{Scheme, Target};
use crate::store::StoreHandle;
use rustls::ClientConfig;
use std::sync::Arc;

/// Letters and digits of the secret that stands in the paths a provider brings to: nobody guesses so many.
const PATH_SECRET_CHARS_MIN: usize = 16;
/// A path is no place for more.
const PATH_SECRET_CHARS_MAX: usize = 128;

pub(super) fn plan(keys: &HttpKeys) -> Result<Plan, Exit> {
    let path_secret = path_secret(keys)?;
    let sent_by = sender(keys, &path_secret)?;
    let (provider, tls) = sent_by.map_or((None, None), |(sender, tls)| (Some(sender), tls));
    let (account, listen) = (keys.account.clone(), keys.listen);
    let name = account.clone();
    let begin = Box::new(move |store: &StoreHandle| -> Work {
        let config = HttpConfig {
            account: name,
            provider,
            listen,
            secret: path_secret,
            store: store.clone(),
            tls,
            wall: clock::system().wall,
            random: || clock::seed().ok(),
        };
        Box::new(move |ended: &Ended| {
            let account = HttpAccount::bind(config.clone());
            let account = account.map_err(|error| format!("messages.http.listen: {error}"))?;
            let listen = account.address().map(tracing::field::display);
            tracing::info!(account = config.account, listen, "texts come and go by a provider");
            account.run(ended.future()).map_err(|error| error.to_string())
        })
    });
    Ok(Plan { account, begin })
}

/// What stands first in the paths; empty where nothing is brought.
fn path_secret(keys: &HttpKeys) -> Result<Secret, Exit> {
    const KEY: &str = "http.path_secret_file";
    if keys.listen.is_none() {
        return Ok(Secret(String::new()));
    }
    let secret = secret(KEY, &keys.path_secret_file)?;
    let known = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let fits = (PATH_SECRET_CHARS_MIN..=PATH_SECRET_CHARS_MAX).contains(&secret.len());
    if fits && secret.chars().all(known) {
        return Ok(Secret(secret));
    }
    let file = keys.path_secret_file.display();
    let (least, most) = (PATH_SECRET_CHARS_MIN, PATH_SECRET_CHARS_MAX);
    Err(refuse(KEY, format!("{file}: {least} to {most} letters, digits, - and _")))
}

type Sender = (Provider, Option<Arc<ClientConfig>>);

/// Who sends, and whose certificates are believed of it.
fn sender(keys: &HttpKeys, path_secret: &Secret) -> Result<Option<Sender>, Exit> {
    if keys.provider == ProviderKind::None {
        return Ok(None);
    }
    let endpoint = keys.target().map_err(|why| refuse("http", why))?;
    let tls = match endpoint.scheme {
        Scheme::Https => Some(authorities("http.ca_file", &keys.ca_file)?),
        Scheme::Http => None,
    };
    let key = match keys.secret_file.as_os_str().is_empty() {
        true => Secret(String::new()),
        false => Secret(secret("http.secret_file", &keys.secret_file)?),
    };
    provider(keys, endpoint, (key, path_secret)).map(|provider| Some((provider, tls)))
}

fn provider(
    keys: &HttpKeys,
    endpoint: Target,
    (secret, path_secret): (Secret, &Secret),
) -> Result<Provider, Exit> {
    Ok(match keys.provider {
        ProviderKind::Aliyun => Provider::Aliyun(Box::new(Aliyun {
            endpoint,
            key_id: keys.key_id.clone(),
            secret,
            signature: keys.signature.clone(),
            templates: keys.templates.clone(),
        })),
        ProviderKind::Tencent => Provider::Tencent(Box::new(Tencent {
            endpoint,
            region: keys.region.clone(),
            app_id: keys.app_id.clone(),
            key_id: keys.key_id.clone(),
            secret,
            signature: keys.signature.clone(),
            templates: keys.templates.clone(),
        })),
        ProviderKind::Kannel => Provider::Kannel(Box::new(Kannel {
            endpoint,
            username: keys.username.clone(),
            password: secret,
            from: keys.number.clone(),
            report_url: format!("{}/{}/kannel-report", keys.public_url, path_secret.0),
        })),
        ProviderKind::Template | ProviderKind::None => {
            let generic = Generic {
                endpoint,
                method: match keys.method.unwrap_or_default() {
                    HttpMethod::Get => "GET",
                    HttpMethod::Post => "POST",
                },
                query: keys.query.clone(),
                body: keys.body.clone(),
                is_json: keys.body_is.unwrap_or_default() == BodyForm::Json,
                headers: keys.headers.clone().into_iter().collect(),
                secret,
                reference: Some(keys.reference.clone()).filter(|pointer| !pointer.is_empty()),
            };
            generic.check().map_err(|why| refuse("http", format!("{}: {why}", keys.account)))?;
            Provider::Generic(Box::new(generic))
        }
    })
}
