//! The words of the public pages, Chinese first. What the city itself wrote stays as it was written.

use crate::domain::case::{Grade, Nature, State};
use crate::domain::publication::{PublicNotice, PublicResult};
use crate::domain::report::domain_name;
use jiff::civil::{Date, Weekday};

/// In which language, and whether the city is an invented one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) english: bool,
    pub(super) demo: bool,
}

impl Words {
    /// The one or the other.
    pub(super) fn pick<'a>(self, chinese: &'a str, english: &'a str) -> &'a str {
        if self.english { english } else { chinese }
    }

    /// How the language is named in HTML.
    pub(super) fn language(self) -> &'static str {
        if self.english { "en" } else { "zh-CN" }
    }

    /// A day with its weekday.
    pub(super) fn day(self, date: Date) -> String {
        let (chinese, english) = match date.weekday() {
            Weekday::Monday => ("一", "Monday"),
            Weekday::Tuesday => ("二", "Tuesday"),
            Weekday::Wednesday => ("三", "Wednesday"),
            Weekday::Thursday => ("四", "Thursday"),
            Weekday::Friday => ("五", "Friday"),
            Weekday::Saturday => ("六", "Saturday"),
            Weekday::Sunday => ("日", "Sunday"),
        };
        if self.english {
            format!("{english}, {date}")
        } else {
            format!("{}（星期{chinese}）", self.date(date))
        }
    }

    /// A day.
    pub(super) fn date(self, date: Date) -> String {
        if self.english { date.to_string() } else { date.strftime("%Y年%-m月%-d日").to_string() }
    }

    /// A month.
    pub(super) fn month(self, date: Date) -> String {
        let form = self.pick("%Y年%-m月", "%Y-%m");
        date.strftime(form).to_string()
    }

    pub(super) fn nature(self, nature: Nature) -> &'static str {
        if !self.english {
            return nature.name();
        }
        match nature {
            Nature::Consult => "question",
            Nature::Help => "request for help",
            Nature::Complaint => "complaint",
            Nature::Report => "report",
            Nature::Suggest => "suggestion",
            Nature::Praise => "praise",
            Nature::Other => "other",
        }
    }

    pub(super) fn grade(self, grade: Option<Grade>) -> &'static str {
        match (grade, self.english) {
            (None, false) => "未评价",
            (None, true) => "not rated",
            (Some(grade), false) => grade.title(),
            (Some(Grade::Satisfied), true) => "satisfied",
            (Some(Grade::FairlySatisfied), true) => "fairly satisfied",
            (Some(Grade::BasicallySatisfied), true) => "basically satisfied",
            (Some(Grade::Dissatisfied), true) => "dissatisfied",
        }
    }

    pub(super) fn result(self, result: PublicResult) -> &'static str {
        match (result, self.english) {
            (result, false) => result.title(),
            (PublicResult::Direct, true) => "answered at once",
            (PublicResult::Handled, true) => "handled and answered",
            (PublicResult::Explained, true) => "answered with an explanation",
        }
    }

    pub(super) fn sentence(self, notice: &PublicNotice) -> &'static str {
        match (notice.state, self.english) {
            (_, false) => notice.sentence(),
            (State::Callback, true) => "answered; the citizen is being asked",
            (State::Archived, true) => "closed and filed",
            (_, true) => "closed",
        }
    }

    /// How long it took.
    pub(super) fn days_used(self, days: u32) -> String {
        match (days, self.english) {
            (0, false) => "当日".to_owned(),
            (days, false) => format!("{days}天"),
            (0, true) => "the same day".to_owned(),
            (1, true) => "1 day".to_owned(),
            (days, true) => format!("{days} days"),
        }
    }

    /// The type, by its name and code.
    pub(super) fn kind(self, notice: &PublicNotice) -> String {
        let field = notice.domain.as_deref().and_then(domain_name);
        let nature = notice.nature.map(|nature| self.nature(nature));
        let parts = [nature.map(str::to_owned), field];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }
}
