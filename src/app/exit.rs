//! Exit codes of sysexits.h, so that a service manager can tell a typing error from a full disk.

use std::fmt;
use std::process::ExitCode;

/// Why the program ends without success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// 64: the command line is wrong.
    Usage,
    /// 65: stored data or prompts are wrong.
    Data,
    /// 66: something asked for does not exist.
    NoInput,
    /// 69: a needed service or socket is not to be had.
    Unavailable,
    /// 70: a fault of the program.
    Software,
    /// 74: reading or writing failed.
    Io,
    /// 78: the configuration is wrong.
    Config,
}

impl Failure {
    /// The number of sysexits.h.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Usage => 64,
            Self::Data => 65,
            Self::NoInput => 66,
            Self::Unavailable => 69,
            Self::Software => 70,
            Self::Io => 74,
            Self::Config => 78,
        }
    }
}

/// A failure with the sentence that explains it to the administrator.
#[derive(Debug)]
pub struct Exit {
    /// The kind.
    pub failure: Failure,
    /// What happened, in one line.
    pub message: String,
}

impl Exit {
    /// A failure with its explanation.
    pub fn new(failure: Failure, message: impl fmt::Display) -> Self {
        Self { failure, message: message.to_string() }
    }

    /// Says it on standard error and gives the code.
    #[must_use]
    pub fn report(&self) -> ExitCode {
        eprintln!("mayorline: {}", self.message);
        ExitCode::from(self.failure.code())
    }
}
