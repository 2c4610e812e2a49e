//! Logs go to standard error, for the service manager's journal.

use super::config::{Log, LogFormat};
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry, fmt};

/// Below level info only our own lines are written, whatever is asked for: what a protocol crate tells
/// there is what went over the wire, a citizen's number on its way to the page of a seat too.
struct OwnBelowInfo;

impl<S: Subscriber> Layer<S> for OwnBelowInfo {
    fn enabled(&self, line: &Metadata<'_>, _: Context<'_, S>) -> bool {
        *line.level() <= Level::INFO || is_own(line.target())
    }
}

fn is_own(target: &str) -> bool {
    let own = env!("CARGO_CRATE_NAME");
    target.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Starts logging; a second call changes nothing.
pub(super) fn start(log: &Log) {
    let filter = EnvFilter::try_new(&log.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match log.format {
        LogFormat::Text => lines.with_ansi(false).boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    // Fails only when logging has been started before.
    let _ = tracing_subscriber::registry().with(lines).with(filter).with(OwnBelowInfo).try_init();
}

#[cfg(test)]
mod tests {
    use super::is_own;

    #[test]
    fn our_own_lines_are_those_of_this_crate_and_of_no_other() {
        for own in ["mayorline", "mayorline::store::writer"] {
            assert!(is_own(own), "{own}");
        }
        for other in ["tungstenite::protocol", "mayorline_other", "hyper", "log", ""] {
            assert!(!is_own(other), "{other}");
        }
    }
}
