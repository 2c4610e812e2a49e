//! From configuration keys to what each room wants to be told.

use super::config::Config;
use crate::domain::call::CallRules;
use crate::gateway::line::{LineConfig, SeatKeys};
use crate::gateway::media::{DiskConfig, MediaConfig, PortRange};
use crate::gateway::sip::{TcpConfig, TlsPort};
use crate::proto::EndpointConfig;
use crate::store::DataFolder;
use std::time::Duration;

/// A message over TCP must be whole this long after its first byte.
const TCP_MESSAGE_MAX: Duration = Duration::from_secs(30);
/// Messages that may wait for a slow TCP peer.
const TCP_WRITES_MAX: usize = 64;
/// Commands that may wait for one media thread.
const MEDIA_COMMANDS_MAX: usize = 8192;
/// Jobs that may wait for the disk: 2 s of 1,000 recordings, a block and a header each half second.
const DISK_QUEUE_MAX: usize = 8192;
/// Reports, answers and messages that may wait for the line.
const LINE_INPUTS_MAX: usize = 8192;

/// A short call's INVITE and BYE stay known for 64 * T1 = 32 s each (RFC 3261 timer J, RFC 6026 timer
/// L), and a quarter more.
const TRANSACTIONS_PER_CALL_RATE: usize = 80;

/// The SIP endpoint. Its table of transactions holds what the rate of calls makes.
pub(super) fn endpoint(config: &Config) -> EndpointConfig {
    let sip = &config.sip;
    let defaults = EndpointConfig::default();
    let transactions = sip.calls_per_second_max as usize * TRANSACTIONS_PER_CALL_RATE;
    EndpointConfig {
        transactions_max: defaults.transactions_max.max(transactions),
        trusted_peers: sip.trusted_peers.clone(),
        advertised: sip.advertised,
        calls_max: sip.calls_max,
        calls_per_second_max: sip.calls_per_second_max,
        calls_per_source_max: sip.calls_per_source_max,
        refusals_per_source_minute_max: sip.refusals_per_source_minute_max,
        session_expires_seconds: sip.session_expires_seconds,
        realm: config.seats.realm.clone(),
        // Checked with the whole configuration.
        algorithms: config.seats.algorithms().unwrap_or(defaults.algorithms),
        ..defaults
    }
}

/// Sockets and threads.
pub(super) fn line(config: &Config, folder: DataFolder, tls: Option<TlsPort>) -> LineConfig {
    let [first, last] = config.media.ports;
    let priority = config.media.realtime_priority;
    let sign_in = config.seats.sign_in || !config.seats.sign_in_code.is_empty();
    LineConfig {
        udp: config.sip.udp,
        tcp: config.sip.tcp,
        tls,
        tcp_limits: TcpConfig {
            connections_max: config.sip.tcp_connections_max,
            idle_max: Duration::from_secs(config.sip.tcp_idle_seconds),
            message_max: TCP_MESSAGE_MAX,
            writes_max: TCP_WRITES_MAX,
        },
        media: MediaConfig {
            threads: config.media.threads,
            ports: PortRange { first, last },
            commands_max: MEDIA_COMMANDS_MAX,
            realtime_priority: (priority > 0).then_some(priority),
        },
        disk: DiskConfig { folder, queue_max: DISK_QUEUE_MAX },
        inputs_max: LINE_INPUTS_MAX,
        drain_max: Duration::from_secs(config.service.drain_seconds),
        seats: SeatKeys { realm: config.seats.realm.clone(), sign_in },
    }
}

/// The rules of a call.
pub(super) fn rules(config: &Config) -> CallRules {
    let call = &config.call;
    CallRules {
        menu_silence: Duration::from_secs(call.menu_silence_seconds),
        menu_silence_slow: Duration::from_secs(call.menu_silence_slow_seconds),
        message_limit: Duration::from_secs(call.message_minutes_max * 60),
        call_max: Duration::from_secs(call.call_minutes_max * 60),
        survey: config.survey.ask,
        survey_repeats: config.survey.repeats,
        record_calls: config.media.record_calls,
        retention_days: call.retention_days,
        ..CallRules::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_higher_rate_of_calls_gets_the_transactions_that_it_makes() {
        let of = |setting: &str| {
            let config = Config::from_text("", "", &[setting.to_owned()]).ok();
            config.map(|config| endpoint(&config).transactions_max)
        };
        let ordinary = EndpointConfig::default().transactions_max;
        assert_eq!(of("sip.calls_per_second_max=100"), Some(ordinary));
        assert_eq!(of("sip.calls_per_second_max=4000"), Some(320_000));
    }
}
