//! Texts by smsd.

use super::plan::Plan;
use crate::app::clock;
use crate::app::config::SmsdKeys;
use crate::channels::sms::StorePorts;
use crate::channels::sms::spool::{Spool, SpoolConfig, run};

pub(super) fn plan(keys: &SmsdKeys) -> Plan {
    let account = keys.account.clone();
    let config = SpoolConfig { folder: keys.folder.clone(), modem: keys.modem.clone() };
    let name = account.clone();
    let begin = Box::new(move |store: &_| {
        let ports = StorePorts::new(Clone::clone(store), name.clone());
        let work = move |ended: &super::supervisor::Ended| {
            let spool = Spool::new(config.clone(), ports.clone());
            let mut spool = spool.map_err(|error| error.to_string())?;
            tracing::info!(account = name, "texts come and go by smsd");
            run(&mut spool, clock::system().wall, ended.receiver());
            Ok(())
        };
        Box::new(work) as super::supervisor::Work
    });
    Plan { account, begin }
}
