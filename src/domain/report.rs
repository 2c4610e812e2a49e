//! What is reported (日汇总、周报告、月分析; domain.md C1 to C7): which periods are ready, what a report
//! says, the case sheet of ten elements, and what differs between two versions.
//!
//! A report is a look at the facts of its period as of one instant, so the same events give the same
//! bytes whenever it is worked out. It holds counts and numbers of cases and no citizen's words: the
//! case sheet is folded anew from the events each time it is shown, masked for its reader.

mod anchor;
mod channel;
mod content;
mod difference;
mod document;
mod drill;
mod hot;
mod improvement;
mod outcome;
mod period;
mod rights;
mod sheet;
mod trace;
mod words;

pub use anchor::{Anchor, Anchors, hashes_in};
pub use channel::{CHANNELS, ChannelRow, channel_rows, channel_title};
pub use content::{Compared, Content, DEFECTS_MAX, Defect, Figure, Material, Narrative, compose};
pub use difference::{Change, difference};
pub use document::{Document, Issue, SHEET_TITLE, Table, document};
pub use drill::{Behind, Older, behind};
pub use hot::{Axis, HOT_MAX, Hot};
pub use improvement::{Cluster, EFFECT_DAYS, Improvement, ImprovementRow};
pub use outcome::{Outcome, OutcomePeriod, OutcomeRow, OutcomeUnit, hundredths, outcome_rows};
pub use period::{
    DAYS_MISSED_MAX, MONTHS_MISSED_MAX, Period, ReportKind, WEEKS_MISSED_MAX, gathered_until,
    missing,
};
pub use rights::{Rights, Rows};
pub use sheet::{HEADER, SEALED, SheetRow, Subject, city_minute, sheet_row};
pub use trace::{Share, Stretch, Trace, trace};
pub(in crate::domain) use words::PARTS;
pub use words::{DOMAINS, Names, domain_name};
