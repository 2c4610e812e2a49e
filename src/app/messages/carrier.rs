//! Texts by a line to a carrier.

use super::plan::{Plan, authorities, refuse, secret};
use super::supervisor::{Ended, Work};
use crate::app::clock;
use crate::app::config::{CmppKeys, SmppKeys};
use crate::app::exit::Exit;
use crate::channels::sms::carrier::{CarrierConfig, Protocol, run};
use crate::proto::carrier::{CmppConfig, SmppConfig};
use crate::store::StoreHandle;
use crate::wire::cmpp::Secret;
use crate::wire::smpp::Password;
use rustls::ClientConfig;
use std::sync::Arc;

/// The longest password of SMPP (3.4, 5.2.2).
const PASSWORD_BYTES_MAX: usize = 8;

/// What is needed of an account beside the store.
struct Account {
    name: String,
    host: String,
    port: u16,
    protocol: Protocol,
    tls: Option<Arc<ClientConfig>>,
}

pub(super) fn cmpp(keys: &CmppKeys) -> Result<Plan, Exit> {
    let protocol = Protocol::Cmpp(CmppConfig {
        version: keys.version.into(),
        source_id: keys.source_id.clone(),
        secret: Secret::new(secret("cmpp.secret_file", &keys.secret_file)?),
        service: keys.service.clone(),
        number: keys.number.clone(),
        proves_gateway: keys.proves_gateway,
    });
    let (name, host, port) = (keys.account.clone(), keys.host.clone(), keys.port);
    Ok(plan(Account { name, host, port, protocol, tls: None }))
}

pub(super) fn smpp(keys: &SmppKeys) -> Result<Plan, Exit> {
    const KEY: &str = "smpp.password_file";
    let password = secret(KEY, &keys.password_file)?;
    if password.len() > PASSWORD_BYTES_MAX {
        let file = keys.password_file.display();
        return Err(refuse(
            KEY,
            format!("{file}: SMPP has {PASSWORD_BYTES_MAX} characters at most"),
        ));
    }
    let protocol = Protocol::Smpp(SmppConfig {
        system_id: keys.system_id.clone(),
        password: Password(password),
        system_type: keys.system_type.clone(),
        number: keys.number.clone(),
    });
    let tls = match keys.tls {
        true => Some(authorities("smpp.ca_file", &keys.ca_file)?),
        false => None,
    };
    let (name, host, port) = (keys.account.clone(), keys.host.clone(), keys.port);
    Ok(plan(Account { name, host, port, protocol, tls }))
}

fn plan(account: Account) -> Plan {
    let name = account.name.clone();
    let begin = Box::new(move |store: &StoreHandle| -> Work {
        let store = store.clone();
        Box::new(move |ended: &Ended| {
            let clock = clock::system();
            let seed = clock::seed().map_err(|error| error.to_string())?;
            let config = CarrierConfig {
                account: account.name.clone(),
                host: account.host.clone(),
                port: account.port,
                protocol: account.protocol.clone(),
                tls: account.tls.clone(),
                store: store.clone(),
                clock: clock.monotonic,
                wall: clock.wall,
                seed: u64::from_le_bytes(*seed.first_chunk().unwrap_or(&[0; 8])),
            };
            tracing::info!(account = account.name, "texts come and go by a carrier");
            run(config, ended.future()).map_err(|error| error.to_string())
        })
    });
    Plan { account: name, begin }
}
