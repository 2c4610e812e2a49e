//! From configuration keys to what the switch must know of seats, queue and trunks.

use super::config::{Config, TrunkKeys};
use super::exit::{Exit, Failure};
use super::{serve, settings};
use crate::domain::calendar::Calendar;
use crate::domain::directory::Directory;
use crate::domain::queue::{GROUPS_MAX, GroupRules, Members, QueueRules};
use crate::gateway::prompts::Library;
use crate::gateway::switch::{
    DutyUnit, LEADERS_GROUP, ListeningDays, Outgoing, SwitchConfig, Trunk,
};
use crate::proto::{Credentials, Flow, Registration, Transport, TrunkConfig, TrunkId};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

/// Callers may wait for the leader for so long.
const LEADER_WAIT: Duration = Duration::from_secs(3_600);
/// A registration is asked for so long; carriers shorten it.
const REGISTRATION: Duration = Duration::from_secs(3_600);

/// Everything the switch is told.
pub(super) fn switch(
    config: &Config,
    prompts: &Arc<Library>,
    calendar: Calendar,
) -> Result<SwitchConfig, Exit> {
    let refuse = |why: String| Exit::new(Failure::Config, why);
    let time_zone = serve::time_zone(config)?;
    let mut queue = config.queue.rules(time_zone.clone()).map_err(refuse)?;
    let rules = config.listening_day.rules().map_err(refuse)?;
    let listening = ListeningDays { rules, roster: config.listening_day.roster().map_err(refuse)? };
    add_leaders_group(&mut queue, &listening);
    Ok(SwitchConfig {
        gateway: config.service.gateway.clone(),
        rules: Arc::new(settings::rules(config)),
        prompts: Arc::clone(prompts),
        time_zone,
        advertised: config.sip.advertised,
        queue: Arc::new(queue),
        calendar: Arc::new(calendar),
        listening,
        warned: config.queue.warned().map_err(refuse)?,
        duty_group: config.queue.duty_group().map_err(refuse)?,
        room: Arc::new(config.room.rules()),
        dialling: config.outgoing.rules().map_err(refuse)?,
        units: config.directory.units().map_err(refuse)?,
        outgoing: outgoing(config)?,
        page_address: page_address(config),
        sign_in_code: config.seats.sign_in_code().map_err(refuse)?,
    })
}

/// Units get the telephones of the imported directory: for three-way calls where the configuration
/// names none, and the published one.
pub(super) fn add_directory(units: &mut [DutyUnit], directory: &Directory) {
    for unit in units {
        if unit.contacts.is_empty() {
            unit.contacts = directory.duty_phones(&unit.id);
        }
        let published = directory.units.iter().find(|known| known.id == unit.id && known.public);
        if let Some(phone) = published.and_then(|known| known.phone.as_ref()) {
            unit.phone = Some(phone.clone());
        }
    }
}

/// Where callers wait for the leader of a listening day. Nobody serves it of himself: the switch
/// lets in who is on duty, while the window is open.
fn add_leaders_group(queue: &mut QueueRules, listening: &ListeningDays) {
    let known = queue.group(LEADERS_GROUP).is_some() || queue.groups.len() >= GROUPS_MAX;
    if listening.roster.leaders.is_empty() || known {
        return;
    }
    let wait_max =
        queue.groups.first().map_or(LEADER_WAIT, |first| first.wait_max.max(LEADER_WAIT));
    queue.groups.push(GroupRules {
        members: Members::Listed(Vec::new()),
        // The operator has told the leader, or written him, whom he will hear.
        answer: Duration::from_secs(20),
        disposition_required: false,
        wait_max,
        ..GroupRules::new(LEADERS_GROUP)
    });
}

/// Where browsers send their sound: beside the page, or where calls come in when the page stands
/// behind a proxy, which carries no sound.
fn page_address(config: &Config) -> IpAddr {
    let page = config.web.listen.ip();
    let elsewhere = page.is_unspecified() || config.web.trusted_proxy.is_some();
    if elsewhere { config.sip.udp.ip() } else { page }
}

fn outgoing(config: &Config) -> Result<Outgoing, Exit> {
    let keys = &config.outgoing;
    let trunks = (0..).zip(&keys.trunk).map(|(at, trunk)| read_trunk(config, TrunkId(at), trunk));
    Ok(Outgoing {
        number: keys.number.clone(),
        display: Some(keys.display.clone()).filter(|display| !display.is_empty()),
        trunks: trunks.collect::<Result<_, _>>()?,
    })
}

fn read_trunk(config: &Config, id: TrunkId, keys: &TrunkKeys) -> Result<Trunk, Exit> {
    let refuse = |error: std::io::Error| {
        Exit::new(Failure::Config, format!("outgoing.trunk {}: {error}", keys.address))
    };
    let local = local_address(config.sip.udp, keys.address).map_err(refuse)?;
    let flow = Flow { transport: Transport::Udp, local, remote: keys.address, connection: 0 };
    let domain = match keys.domain.is_empty() {
        true => keys.address.to_string(),
        false => keys.domain.clone(),
    };
    let credentials = match keys.password_file.as_os_str().is_empty() {
        true => None,
        false => Some(Credentials {
            realm: keys.realm.clone(),
            user: keys.user.clone(),
            password: std::fs::read_to_string(&keys.password_file)
                .map_err(refuse)?
                .trim_end_matches(['\r', '\n'])
                .to_owned(),
        }),
    };
    let registration = credentials.clone().filter(|_| keys.register).map(|credentials| {
        Registration { user: keys.user.clone(), credentials, expires: REGISTRATION }
    });
    let options = (keys.options_seconds > 0).then(|| Duration::from_secs(keys.options_seconds));
    let config = TrunkConfig { id, flow, domain, registration, options_interval: options };
    Ok(Trunk { config, credentials, asserts: keys.asserts })
}

/// Our address as the trunk sees it: the one we listen on, or the one the way there leads from.
fn local_address(listen: SocketAddr, trunk: SocketAddr) -> std::io::Result<SocketAddr> {
    if !listen.ip().is_unspecified() {
        return Ok(listen);
    }
    let probe = UdpSocket::bind(SocketAddr::new(listen.ip(), 0))?;
    probe.connect(trunk)?;
    Ok(SocketAddr::new(probe.local_addr()?.ip(), listen.port()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::directory::{Level, NoticeTo, Post, Term};
    use crate::units::PhoneNumber;

    #[test]
    fn the_configuration_wins_over_the_directory() {
        let phone = |tail: u32| PhoneNumber::parse(&format!("1990000{tail:04}")).unwrap();
        let post = |unit: &str, level| Post {
            unit: unit.to_owned(),
            name: "王某".to_owned(),
            title: "科长".to_owned(),
            level,
            phone: None,
            duty_phone: Some(phone(if level == Level::Handler { 1 } else { 2 })),
            notice: NoticeTo::default(),
            public: false,
            term: Term::default(),
        };
        let posts = vec![
            post("unit.13", Level::Head),
            post("unit.14", Level::Head),
            post("unit.14", Level::Handler),
        ];
        let directory = Directory { posts, ..Directory::default() };
        let unit = |id: &str, contacts| DutyUnit {
            id: id.to_owned(),
            name: String::new(),
            phone: None,
            contacts,
        };
        let mut units = [unit("unit.13", vec![phone(9)]), unit("unit.14", vec![])];
        add_directory(&mut units, &directory);
        assert_eq!(units[0].contacts, [phone(9)]);
        assert_eq!(units[1].contacts, [phone(1), phone(2)], "the handler first");
    }
}
