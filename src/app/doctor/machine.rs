//! The machine under the line: disk, clock, time zone, scheduling, address.

use super::{Finding, port};
use crate::app::config::Config;
use crate::app::serve;
use crate::domain::case::local_day;
use crate::gateway::clock::Clock;
use jiff::civil::date;
use jiff::tz::TimeZone;
use std::fs::File;
use std::io::{self, Write};
use std::net::UdpSocket;
use std::path::Path;
use std::time::Duration;
use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};

/// Below this much free space recordings are in danger: a day of ten lines busy all day is 27 GB.
const FREE_BYTES_MIN: u64 = 2 << 30;
/// A commit that takes longer than this keeps citizens waiting for their number.
const FLUSH_MAX: Duration = Duration::from_millis(500);

/// Looks at everything that needs no call.
pub(super) fn look(config: &Config, data: &Path, clock: Clock) -> Vec<Finding> {
    vec![
        Finding::new("disk", disk(data, clock)),
        Finding::new("clock", wall(clock)),
        Finding::new("time zone", zone(config, clock)),
        Finding::new("holiday tables", holidays(config, clock)),
        Finding::new("real-time scheduling", realtime(config)),
        Finding::new("address", address(config)),
        Finding::new("telephone port", port::look(config, clock)),
        Finding::new("audio ports", ports(config)),
    ]
}

fn disk(data: &Path, clock: Clock) -> Result<String, String> {
    let complain = |error: io::Error| format!("{} cannot be written: {error}", data.display());
    std::fs::create_dir_all(data).map_err(complain)?;
    let probe = data.join(".doctor");
    let started = (clock.monotonic)();
    let written = File::create(&probe).and_then(|mut file| {
        file.write_all(&[0; 4096])?;
        file.sync_all()
    });
    let took = (clock.monotonic)().saturating_duration_since(started);
    // The probe has served; an error was reported by the write.
    let _ = std::fs::remove_file(&probe);
    written.map_err(complain)?;
    let space = rustix::fs::statvfs(data).map_err(|error| complain(error.into()))?;
    let free = space.f_bavail * space.f_frsize;
    if free < FREE_BYTES_MIN {
        return Err(format!("only {} MB are free in {}", free >> 20, data.display()));
    }
    if took > FLUSH_MAX {
        return Err(format!(
            "a flush takes {} ms: the disk is too slow or failing",
            took.as_millis()
        ));
    }
    Ok(format!("{} GB free, a flush takes {:.1} ms", free >> 30, took.as_secs_f64() * 1000.0))
}

fn wall(clock: Clock) -> Result<String, String> {
    let now = (clock.wall)();
    let built = date(2026, 11, 1).to_zoned(TimeZone::UTC).map_err(|error| error.to_string())?;
    if now < built.timestamp() {
        return Err(format!("it says {now}, which is in the past: set it and start time service"));
    }
    Ok(now.strftime("%F %T UTC").to_string())
}

fn zone(config: &Config, clock: Clock) -> Result<String, String> {
    let name = &config.service.time_zone;
    let zone = TimeZone::get(name).map_err(|error| error.to_string())?;
    let local = (clock.wall)().to_zoned(zone);
    Ok(format!("{name}, it is {} there", local.strftime("%F %T")))
}

fn holidays(config: &Config, clock: Clock) -> Result<String, String> {
    let calendar = serve::calendar(config).map_err(|exit| exit.message)?;
    let today = local_day((clock.wall)());
    match calendar.year_wanted(today) {
        None => Ok(format!("{} is there", today.year())),
        Some(year) => {
            let missing = format!(
                "{year} is missing: dates that touch it are provisional until \
                 deadline.calendar_folder has a {year}.toml by the notice of the State Council"
            );
            if year == today.year() { Err(missing) } else { Ok(missing) }
        }
    }
}

fn realtime(config: &Config) -> Result<String, String> {
    let wanted = config.media.realtime_priority;
    let Some(value) = ThreadPriorityValue::try_from(wanted).ok().filter(|_| wanted > 0) else {
        return Ok("not asked for (media.realtime_priority = 0)".to_owned());
    };
    let asked = std::thread::spawn(move || {
        set_thread_priority_and_policy(
            thread_native_id(),
            ThreadPriority::Crossplatform(value),
            ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo),
        )
    });
    match asked.join() {
        Ok(Ok(())) => Ok(format!("SCHED_FIFO {wanted} is granted")),
        Ok(Err(_)) | Err(_) => Err("SCHED_FIFO is refused, audio may stutter under load: grant \
                                    LimitRTPRIO or set media.realtime_priority = 0"
            .to_owned()),
    }
}

fn address(config: &Config) -> Result<String, String> {
    let bound = config.sip.udp;
    match config.sip.advertised {
        _ if bound.ip().is_loopback() => {
            Ok(format!("{bound}: only this machine can call; set sip.udp to be reached"))
        }
        Some(advertised) => Ok(format!("{bound}, shown to callers as {advertised}")),
        None if is_private(bound.ip()) => Err(format!(
            "{bound} is private or a wildcard: if callers come through NAT their audio will be \
             missing until sip.advertised is set"
        )),
        None => Ok(bound.to_string()),
    }
}

/// A call needs an even port and the next one.
fn ports(config: &Config) -> Result<String, String> {
    let ([first, last], ip) = (config.media.ports, config.sip.udp.ip());
    let free = |port: &u16| {
        let bound = |port: u16| UdpSocket::bind((ip, port));
        bound(*port).is_ok_and(|_rtp| bound(*port + 1).is_ok())
    };
    let first_even = first.saturating_add(first % 2);
    match (first_even..last).step_by(2).find(free) {
        Some(port) => Ok(format!("{port} and {} of {first} to {last} are free", port + 1)),
        None => Err(format!(
            "no pair of ports from {first} to {last} is free on {ip}, every call would be refused: \
             stop the program that holds them or set media.ports"
        )),
    }
}

fn is_private(ip: std::net::IpAddr) -> bool {
    match ip {
        std::net::IpAddr::V4(ip) => ip.is_private() || ip.is_unspecified(),
        std::net::IpAddr::V6(ip) => ip.is_unspecified() || (ip.segments()[0] & 0xFE00) == 0xFC00,
    }
}

#[cfg(test)]
mod tests;
