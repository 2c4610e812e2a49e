//! What smsd tells about its modems in the file `status` of its folder of statistics. It writes the file
//! whenever a state has changed, and with a modem that answers that is every second.

use jiff::civil::DateTime;

/// How long a modem may have been at it when it says that it rests. One that does not answer says so too,
/// after the time that smsd waited for it.
const ROUND_SECONDS_MAX: i64 = 10;
const TIME: &str = "%y-%m-%d %H:%M:%S";

/// What is told of one modem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// It finished a round of looking and sending in good time.
    pub is_well: bool,
    /// Texts sent, by smsd's counter.
    pub sent: u64,
    /// Texts received since smsd started or wrote its statistics.
    pub received: u64,
}

impl Status {
    /// Reads the line of a modem; `None` where there is none, as while the file is written.
    #[must_use]
    pub fn parse(text: &str, modem: &str) -> Option<Self> {
        let mut lines = text.lines();
        let written = lines.find_map(|line| line.strip_prefix("Status:"))?;
        let written = time(written.split(',').next()?)?;
        let line = lines.find_map(|line| line.strip_prefix(modem)?.strip_prefix(':'))?;
        let mut fields = line.split(',').map(str::trim);
        let began = time(fields.next()?)?;
        let state = fields.next()?;
        let mut count = || fields.next()?.parse().ok();
        let (sent, _failed, received) = (count()?, count()?, count()?);
        let round = written.duration_since(began).as_secs();
        let is_well = state == "Idle" && (0..=ROUND_SECONDS_MAX).contains(&round);
        Some(Self { is_well, sent, received })
    }
}

fn time(text: &str) -> Option<DateTime> {
    DateTime::strptime(TIME, text.trim()).ok()
}
