//! What is wrong with a sheet, in sentences that whoever filled it in understands.

use serde::Serialize;
use std::fmt;

/// Faults that are listed; more are only counted.
pub const FAULTS_LISTED_MAX: usize = 500;

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The row as the table program counts it, from 1.
    pub row: usize,
    /// The column by its header; empty where it is about the whole row.
    pub column: String,
    /// What is expected. Never a telephone number.
    pub expected: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { row, column, expected } = self;
        match column.as_str() {
            "" => write!(f, "第{row}行：{expected}。"),
            column => write!(f, "第{row}行“{column}”列：{expected}。"),
        }
    }
}

/// All faults of a sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Faults {
    /// How many there are.
    pub count: usize,
    /// The first [`FAULTS_LISTED_MAX`] of them, by row.
    pub listed: Vec<Fault>,
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "没有导入任何数据：共{}处错误。", self.count)?;
        for fault in &self.listed {
            writeln!(f, "{fault}")?;
        }
        match self.count - self.listed.len() {
            0 => Ok(()),
            more => writeln!(f, "另有{more}处错误没有列出。"),
        }
    }
}

/// Faults while they are gathered.
#[derive(Debug, Default)]
pub(super) struct Report {
    count: usize,
    listed: Vec<Fault>,
}

impl Report {
    pub(super) fn add(&mut self, row: usize, column: &str, expected: impl Into<String>) {
        self.count += 1;
        if self.listed.len() < FAULTS_LISTED_MAX {
            let (column, expected) = (column.to_owned(), expected.into());
            self.listed.push(Fault { row, column, expected });
        }
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn into_faults(self) -> Faults {
        Faults { count: self.count, listed: self.listed }
    }

    pub(super) fn into_result<T>(self, value: T) -> Result<T, Faults> {
        if self.is_empty() { Ok(value) } else { Err(self.into_faults()) }
    }
}
