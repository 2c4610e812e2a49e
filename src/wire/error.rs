//! The one error of this room: what a peer sent cannot be used. Counted and dropped or answered.

/// Why bytes from the network were not understood. Never carries the bytes themselves, so it may
/// be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Not this protocol at all, or cut off in the middle.
    #[error("malformed {0}")]
    Malformed(&'static str),
    /// A named limit of `docs/limits.md` is exceeded.
    #[error("{0} exceeds its limit")]
    TooLarge(&'static str),
    /// A part that the grammar makes mandatory is absent.
    #[error("missing {0}")]
    Missing(&'static str),
    /// Understood, but of a kind this service does not speak.
    #[error("unsupported {0}")]
    Unsupported(&'static str),
}
