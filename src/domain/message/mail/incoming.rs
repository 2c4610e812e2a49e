//! What is known of a mail that came in.

use std::fmt;

/// A mail in plain values, as `wire::mime` reads it. `Debug` tells nothing of whom and what.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Incoming {
    /// Whoever signed it, the first of several.
    pub from: Option<String>,
    /// Where he wants the answer.
    pub reply_to: Vec<String>,
    /// All addresses that it was sent or delivered to.
    pub recipients: Vec<String>,
    /// What it says it answers: `In-Reply-To`, then `References` with the newest first.
    pub answers: Vec<String>,
    /// One line.
    pub subject: String,
    /// What a person reads.
    pub text: String,
    /// Files in it.
    pub attachments: usize,
    /// The marks of programs.
    pub traits: Traits,
    /// Message-ID of a mail that it encloses: in a bounce of any form, but also in what somebody passes on.
    pub encloses: Option<String>,
    /// What it tells of a mail of ours: a report of delivery.
    pub report: Option<Delivered>,
}

/// The marks of programs (messaging 2.3). A sender can leave out any of them, so the counts of
/// [`may_acknowledge`](super::may_acknowledge) hold without them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Traits {
    /// `Auto-Submitted`, in lower case.
    pub auto_submitted: Option<String>,
    /// `Precedence`, in lower case.
    pub precedence: Option<String>,
    /// A `List-…` field.
    pub is_list: bool,
    /// `X-Auto-Response-Suppress`, in lower case.
    pub suppress: Option<String>,
    /// `X-Autoreply` and its like.
    pub is_autoreply: bool,
    /// `Return-Path: <>`.
    pub has_null_path: bool,
    /// multipart/report.
    pub is_report: bool,
    /// `X-Failed-Recipients`.
    pub has_failed_recipients: bool,
    /// The spam filter before us says so.
    pub is_spam: bool,
    /// The own server proved that it is not of the domain that it claims (DMARC).
    pub is_forged: bool,
}

/// What a report says became of a mail of ours.
#[derive(Clone, PartialEq, Eq)]
pub struct Delivered {
    /// It is given up for somebody.
    pub failed: bool,
    /// It arrived with somebody.
    pub delivered: bool,
    /// The status of the first that failed: `5.1.1`.
    pub status: Option<String>,
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("answers", &self.answers.len())
            .field("text_bytes", &self.text.len())
            .field("traits", &self.traits)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Delivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { failed, delivered, status, .. } = self;
        f.debug_struct("Delivered")
            .field("failed", failed)
            .field("delivered", delivered)
            .field("status", status)
            .finish_non_exhaustive()
    }
}

/// Before the `@`.
pub(super) fn local_part(address: &str) -> String {
    address.rsplit_once('@').map_or(address, |(local, _)| local).to_lowercase()
}

/// Addresses of machines that nobody reads.
pub(super) fn is_machine(address: &str) -> bool {
    const NAMES: [&str; 14] = [
        "mailer-daemon",
        "mailer_daemon",
        "maildaemon",
        "postmaster",
        "no-reply",
        "noreply",
        "no_reply",
        "donotreply",
        "do-not-reply",
        "do_not_reply",
        "bounce",
        "bounces",
        "notification",
        "notifications",
    ];
    let local = local_part(address);
    let base = local.split('+').next().unwrap_or_default();
    NAMES.contains(&base)
        || base.starts_with("bounce-")
        || base.ends_with("-noreply")
        || base.ends_with("-bounces")
}
