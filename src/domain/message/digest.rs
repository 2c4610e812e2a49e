//! What a leader is told of a day (S22, M10): figures of its report and counts of what was done on it.

use super::mail::templates::{Desk as MailDesk, MailDigest, MailText, WrittenMail};
use super::templates::{DayDigest, ShortText, Signature, Written};
use crate::domain::figures::KpiName;
use crate::domain::report::{Axis, Content, Hot, Names};

/// Hot issues that a mail of the day names.
const TOPICS_MAX: usize = 3;

/// What was done on a day, as events; none of a case under seal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DayCounts {
    /// Cases that were given to a unit.
    pub assigned: u32,
    /// Cases whose answer reached the citizen.
    pub answered: u32,
    /// Cases whose unit went over its time.
    pub overdue: u32,
    /// Cases whose citizen was asked to the end.
    pub callbacks: u32,
    /// Cases that were graded as bad.
    pub dissatisfied: u32,
}

/// A day as leaders are told of it.
#[derive(Debug, Clone, Copy)]
pub struct DayTold<'a> {
    /// The report of the day, as it may be told now.
    pub content: &'a Content,
    /// What was done on it.
    pub counts: DayCounts,
}

impl DayTold<'_> {
    /// As a text to a leader with so many texts that nobody has looked at.
    #[must_use]
    pub fn text(&self, own: u32) -> Written {
        let counts = self.counts;
        let digest = DayDigest {
            day: self.content.from,
            received: count(self.content.accepted),
            calls: self.by(CALLS),
            texts: self.by(TEXTS),
            mails: self.by(MAILS),
            assigned: counts.assigned,
            answered: counts.answered,
            overdue: counts.overdue,
            dissatisfied: counts.dissatisfied,
            own,
        };
        // Texts to officials begin with what they are, never with a signature.
        ShortText::LeaderDigest(digest).write(&Signature::default())
    }

    /// As a mail.
    #[must_use]
    pub fn mail(&self) -> WrittenMail {
        let (content, counts) = (self.content, self.counts);
        let title = KpiName::RepliedInTime.title();
        let on_time = content.figures.iter().find(|figure| figure.title == title);
        let topics = self.topics();
        let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
        let digest = MailDigest {
            day: content.from,
            received: count(content.accepted),
            calls: self.by(CALLS),
            texts: self.by(TEXTS),
            mails: self.by(MAILS),
            radio: self.by(RADIO),
            assigned: counts.assigned,
            answered: counts.answered,
            on_time_permille: on_time.and_then(|figure| figure.permille),
            overdue: counts.overdue,
            callbacks: counts.callbacks,
            dissatisfied: counts.dissatisfied,
            topics: &topics,
        };
        MailText::DailyDigest(digest).write(&MailDesk::default())
    }

    fn by(&self, channels: &[&str]) -> u32 {
        let rows = self.content.channels.iter();
        let of = rows.filter(|row| channels.contains(&row.channel.as_str()));
        u32::try_from(of.map(|row| row.count).sum::<u64>()).unwrap_or(u32::MAX)
    }

    /// What most matters were about, with how many.
    fn topics(&self) -> Vec<String> {
        let names = Names::default();
        let domains = self.content.hot.iter().filter(|hot| hot.axis == Axis::Domain);
        let topic = |hot: &Hot| format!("{}{}件", names.domain(&hot.key), hot.count);
        domains.take(TOPICS_MAX).map(topic).collect()
    }
}

const CALLS: &[&str] = &["phone", "phone_leader_day", "voicemail", "callback_request", "abandoned"];
const TEXTS: &[&str] = &["text", "leader_sms", "public_sms"];
const MAILS: &[&str] = &["email"];
const RADIO: &[&str] = &["radio"];

fn count(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}
