//! Texts by a modem that we drive ourselves.

use super::plan::{Plan, refuse, secret};
use super::supervisor::{Ended, Work};
use crate::app::clock;
use crate::app::config::{ModemKeys, ModemMemory};
use crate::app::exit::Exit;
use crate::channels::sms::StorePorts;
use crate::channels::sms::modem::{DriverConfig, Times, run};
use crate::proto::modem::ModemConfig;
use crate::store::StoreHandle;

pub(super) fn plan(keys: &ModemKeys) -> Result<Plan, Exit> {
    let account = keys.account.clone();
    let line = keys.line().map_err(|why| refuse("modem", why))?;
    let pin = match keys.pin_file.as_os_str().is_empty() {
        true => None,
        false => Some(pin(keys)?),
    };
    let modem = ModemConfig { in_device: keys.memory == ModemMemory::Device, pin };
    let config = DriverConfig { account: account.clone(), line, modem };
    let begin = Box::new(move |store: &StoreHandle| -> Work {
        let ports = StorePorts::new(store.clone(), config.account.clone());
        Box::new(move |ended: &Ended| {
            let clock = clock::system();
            let times = Times { monotonic: clock.monotonic, wall: clock.wall };
            tracing::info!(account = config.account, "texts come and go by a modem");
            run(config.clone(), ports.clone(), times, ended.receiver());
            Ok(())
        })
    });
    Ok(Plan { account, begin })
}

/// A card takes four to eight digits, and is locked when it has refused three.
fn pin(keys: &ModemKeys) -> Result<String, Exit> {
    const KEY: &str = "modem.pin_file";
    let pin = secret(KEY, &keys.pin_file)?;
    let is_pin = (4..=8).contains(&pin.len()) && pin.bytes().all(|byte| byte.is_ascii_digit());
    match is_pin {
        true => Ok(pin),
        false => Err(refuse(KEY, format!("{}: 4 to 8 digits", keys.pin_file.display()))),
    }
}
