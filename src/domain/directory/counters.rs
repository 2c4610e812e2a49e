//! The six figures of the duty standards (E2), from sums over the catalogue.

use super::duty::{DutyItem, DutyKind};
use super::record::{Directory, Version};
use serde::Serialize;

/// 86个市直部门量化管理职能276项,压缩审批时限2834个工作日,固化行政处罚权2674项,强化职能254项,
/// 对292项轻微违规行为落实首违不罚.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Units whose duties were audited.
    pub units_audited: usize,
    /// Quantified items.
    pub quantified: usize,
    /// Working days saved by all simplified items together.
    pub saved_working_days: u64,
    /// Fixed penalties.
    pub fixed_penalties: usize,
    /// Strengthened items.
    pub strengthened: usize,
    /// Penalties whose first slight offence goes free.
    pub first_offence_free: usize,
}

impl Counters {
    /// Counts what holds.
    #[must_use]
    pub fn of(directory: &Directory) -> Self {
        let count = |test: fn(&DutyItem) -> bool| {
            directory.duties.iter().filter(|Version { record, .. }| test(record)).count()
        };
        let simplified = directory.duties.iter().filter(|item| item.record.done.simplified);
        let saved = simplified.filter_map(|item| item.record.saved_days());
        Self {
            units_audited: directory.units.iter().filter(|unit| unit.duty_audited).count(),
            quantified: count(|item| item.done.quantified),
            saved_working_days: saved.map(u64::from).sum(),
            fixed_penalties: count(|item| item.kind == DutyKind::Penalty && item.done.fixed),
            strengthened: count(|item| item.done.strengthened),
            first_offence_free: count(|item| item.done.first_offence_free),
        }
    }
}
