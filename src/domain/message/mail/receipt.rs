//! Whether a mail gets an automatic receipt. Each rule ends a loop that others have run into.

use super::incoming::{Incoming, is_machine};
use super::{House, MailAround};
use jiff::SignedDuration;

/// Receipts to one sender within 24 hours: two machines face to face end here whatever marks they lack.
pub const MAIL_RECEIPTS_PER_DAY_MAX: u32 = 1;
/// Receipts to all senders within an hour: a wave of forged senders gets no more.
pub const MAIL_RECEIPTS_PER_HOUR_MAX: u32 = 20;
/// Mails of one sender within [`FLOOD_WITHIN`]; a further one waits for a person.
pub const FLOOD_MAILS_MAX: u32 = 5;
/// See [`FLOOD_MAILS_MAX`].
pub const FLOOD_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// Why a mail gets no receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Silence {
    /// `Auto-Submitted` says that a program wrote it (RFC 3834 §2).
    AutoSubmitted,
    /// `X-Autoreply` and its like.
    AutoReply,
    /// `Precedence: bulk`, `list`, `junk` or `auto_reply`.
    Bulk,
    /// A list.
    List,
    /// `X-Auto-Response-Suppress` asks for it.
    Asked,
    /// `Return-Path: <>` (RFC 5321 §4.5.5).
    NullPath,
    /// A report of any kind.
    Report,
    /// Our own address, or one of the city's.
    Own,
    /// `no-reply`, `mailer-daemon` and their like.
    Machine,
    /// Nobody to answer.
    Nobody,
    /// Spam.
    Spam,
    /// Somebody else wrote under this address.
    Forged,
    /// He had [`MAIL_RECEIPTS_PER_DAY_MAX`].
    SenderRests,
    /// The house has sent [`MAIL_RECEIPTS_PER_HOUR_MAX`].
    HouseRests,
}

/// Whether a mail may be acknowledged, and to which address.
///
/// # Errors
/// Why not.
pub fn may_acknowledge(
    mail: &Incoming,
    house: &House,
    around: &MailAround,
) -> Result<String, Silence> {
    by_marks(mail, house)?;
    // RFC 5322 §3.6.2: where answers are wanted; one of several would be a guess.
    let to = match mail.reply_to.as_slice() {
        [one] => Some(one),
        _ => mail.from.as_ref(),
    };
    let to = to.ok_or(Silence::Nobody)?;
    if house.is_own_address(to) || house.is_own_domain(to) {
        return Err(Silence::Own);
    }
    if is_machine(to) {
        return Err(Silence::Machine);
    }
    if around.receipts_of_sender >= MAIL_RECEIPTS_PER_DAY_MAX {
        return Err(Silence::SenderRests);
    }
    if around.receipts_in_hour >= MAIL_RECEIPTS_PER_HOUR_MAX {
        return Err(Silence::HouseRests);
    }
    Ok(to.clone())
}

/// By what a mail says of itself.
pub(super) fn by_marks(mail: &Incoming, house: &House) -> Result<(), Silence> {
    let marks = &mail.traits;
    if marks.is_report || mail.report.is_some() || marks.has_failed_recipients {
        return Err(Silence::Report);
    }
    if marks.has_null_path {
        return Err(Silence::NullPath);
    }
    let is_said =
        |value: &Option<String>, no: &str| value.as_deref().is_some_and(|value| value != no);
    if is_said(&marks.auto_submitted, "no") {
        return Err(Silence::AutoSubmitted);
    }
    if marks.is_autoreply {
        return Err(Silence::AutoReply);
    }
    if marks.is_list {
        return Err(Silence::List);
    }
    let bulk = ["bulk", "list", "junk", "auto_reply", "auto-reply"];
    if marks.precedence.as_deref().is_some_and(|value| bulk.contains(&value)) {
        return Err(Silence::Bulk);
    }
    if marks.is_spam {
        return Err(Silence::Spam);
    }
    let from = mail.from.as_deref().ok_or(Silence::Nobody)?;
    if house.is_own_address(from) || house.is_own_domain(from) {
        return Err(Silence::Own);
    }
    if is_machine(from) {
        return Err(Silence::Machine);
    }
    if marks.is_forged {
        return Err(Silence::Forged);
    }
    // Last: people's programs ask for it too, so it says nothing of who wrote.
    if is_said(&marks.suppress, "none") { Err(Silence::Asked) } else { Ok(()) }
}
