//! Delivery reports (RFC 3464 in RFC 6522), and what older programs write in their place.

use super::address::{self, Mailbox};
use super::head::Head;
use super::tree::{Leaf, Leaves};
use super::{REPORTED_MAX, ids};

/// What became of a mail of ours, as another server tells it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// One for each recipient that is told of.
    pub deliveries: Vec<Delivery>,
    /// Message-ID of the mail that it is about, from what is enclosed of it; without `<>`.
    pub original_id: Option<String>,
}

/// What became of a mail for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Whom it could not be given to.
    pub recipient: Option<Mailbox>,
    /// What the server did.
    pub action: Action,
    /// Enhanced status (RFC 3463): `5.1.1`.
    pub status: Option<String>,
}

/// What a server did with a mail (RFC 3464 §2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Given up.
    Failed,
    /// Not yet; it goes on trying.
    Delayed,
    /// Delivered.
    Delivered,
    /// Passed on to where no reports come from.
    Relayed,
    /// Delivered to a list of others.
    Expanded,
}

/// Most bytes of an enclosed part that are looked at for its Message-ID.
const ENCLOSED_BYTES_MAX: usize = 65_536;

/// The report of a mail, where it has one or encloses a mail.
pub(super) fn read(leaves: &Leaves<'_>, text: &str, has_failed: bool) -> Option<Report> {
    let mut report = Report::default();
    for leaf in &leaves.all {
        match leaf.media_type.as_str() {
            "message/delivery-status" | "message/global-delivery-status" => {
                let bytes = start_of(leaf);
                report.deliveries.extend(deliveries(&bytes));
            }
            "message/rfc822"
            | "message/global"
            | "text/rfc822-headers"
            | "message/global-headers"
                if report.original_id.is_none() =>
            {
                let bytes = start_of(leaf);
                let (head, _) = Head::read(&bytes, 0..bytes.len());
                report.original_id = ids(&head, "message-id").into_iter().next();
            }
            _ => {}
        }
    }
    report.deliveries.truncate(REPORTED_MAX);
    if has_failed && report.original_id.is_none() {
        report.original_id = quoted_id(text);
    }
    (report != Report::default()).then_some(report)
}

fn start_of(leaf: &Leaf<'_>) -> Vec<u8> {
    let body = leaf.bytes.get(..ENCLOSED_BYTES_MAX).unwrap_or(leaf.bytes);
    leaf.transfer.undo(body).0.into_owned()
}

/// RFC 3464 §2.1: fields of the mail, an empty line, then fields of each recipient.
fn deliveries(bytes: &[u8]) -> Vec<Delivery> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() && found.len() < REPORTED_MAX {
        let (head, next) = Head::read(bytes, at..bytes.len());
        found.extend(delivery(&head));
        if head.is_empty() && next == at {
            break;
        }
        at = next;
    }
    found
}

fn delivery(head: &Head<'_>) -> Option<Delivery> {
    let action = match head.token("action")?.as_str() {
        "failed" => Action::Failed,
        "delayed" => Action::Delayed,
        "delivered" => Action::Delivered,
        "relayed" => Action::Relayed,
        "expanded" => Action::Expanded,
        _ => return None,
    };
    let recipient = ["final-recipient", "original-recipient"].iter().find_map(|name| {
        let value = head.first(name)?;
        let text = String::from_utf8_lossy(&value);
        let text = text.rsplit(';').next().unwrap_or_default();
        Some(Mailbox { address: address::address(text)?, name: None })
    });
    let status = head.token("status");
    let is_status = |text: &String| {
        text.split('.').count() == 3
            && text.len() <= 11
            && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    };
    let status = status.and_then(|text| text.split_ascii_whitespace().next().map(str::to_owned));
    Some(Delivery { recipient, action, status: status.filter(is_status) })
}

/// Exim and others copy the head of the mail into their text.
fn quoted_id(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (name, value) = line.trim_start_matches(['>', ' ']).split_once(':')?;
        name.eq_ignore_ascii_case("message-id").then(|| super::ids_of(value).into_iter().next())?
    })
}
