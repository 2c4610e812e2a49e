//! What must hold for any bytes at all, for targets that no other test crate checks.

use mayorline::app::config::Config;

/// Separates the file from the `--set` lines behind it.
const SETTINGS: char = '\0';

/// A configuration is read within its bounds or refused in words.
pub(crate) fn config(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let (file, settings) = text.split_once(SETTINGS).unwrap_or((&text, ""));
    let settings: Vec<String> = settings.lines().map(str::to_owned).collect();
    match Config::from_text("fuzz.toml", file, &settings) {
        Ok(config) => {
            assert!((1..=100_000).contains(&config.sip.calls_max));
            assert!((1..=64).contains(&config.media.threads));
            assert!(config.media.ports[0] < config.media.ports[1]);
            true
        }
        Err(exit) => {
            assert!(!exit.message.is_empty(), "a refusal says why");
            false
        }
    }
}
