//! What is counted and published about the cases (统计分析, domain.md 6.4): goals beside honest values.
//!
//! Every figure names its cases: those that count, those that miss, and those that are left out with
//! the reason. Nothing is worked out twice: a figure is a look at [`Facts`], and these are a fold of
//! events.

mod burst;
mod calls;
mod facts;
mod kpi;
mod worst_day;

pub use burst::{Burst, BurstRules, Sighting, bursts};
pub use calls::{
    ANSWERED_IN_TIME, CallExcluded, CallFacts, CallKpi, CallKpiName, CountedCall, HUNG_UP_EARLY,
    Wish, measure_calls,
};
pub use facts::{Facts, FactsOfEvents, Reply};
pub use kpi::{Excluded, KeyFigure, Kpi, KpiName, Measured, measure};
