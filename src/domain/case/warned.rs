//! Whom a warning of the ladder went to by name (domain.md 3.5, E4, B4): the persons who held its posts on
//! the day it was made, and who stood in where a post had none. What was told stays as it was then.

use super::fold::Case;
use super::reasons::{Post, StandIn};
use super::supervision::Warning;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A post that a warning went to, with its person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PostTold {
    /// The unit.
    pub unit: String,
    /// The post.
    pub post: Post,
    /// Who is told: the person of the post, or of the one that stands in; none: nobody by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What he is there (职务).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The post has no current person: who is told in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<StandIn>,
}

/// A warning that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Which.
    pub warning: Warning,
    /// Which start of the unit's clock it belongs to.
    pub clock: u16,
    /// When it was due.
    pub at: Timestamp,
    /// It came late, after the service had been down.
    pub late: bool,
    /// Whom it went to.
    pub posts: Vec<Post>,
    /// Who held these posts then.
    pub told: Vec<PostTold>,
    /// The first responsible, who got a copy.
    pub copied: Option<String>,
}

impl Given {
    /// Whom it went to, in words.
    #[must_use]
    pub fn whom(&self) -> String {
        whom(&self.told, self.copied.as_deref())
    }
}

impl StandIn {
    /// A post that stands in for one below it.
    #[must_use]
    pub fn of(post: Post) -> Option<Self> {
        match post {
            Post::Handler => None,
            Post::SectionHead => Some(Self::SectionHead),
            Post::DeputyHead => Some(Self::DeputyHead),
            Post::UnitHead => Some(Self::UnitHead),
        }
    }
}

impl PostTold {
    /// `承办人员丁（科员）`, or who is told in the place of the post.
    #[must_use]
    pub fn words(&self) -> String {
        let (post, name) = (self.post.title(), self.name.as_deref().unwrap_or_default());
        let title = self.title.as_deref().filter(|title| !title.is_empty());
        let who = title.map_or_else(|| name.to_owned(), |title| format!("{name}（{title}）"));
        match self.instead {
            None => format!("{post}{who}"),
            Some(StandIn::Colleague) => format!("{post}已离岗，由{who}代"),
            Some(above @ (StandIn::SectionHead | StandIn::DeputyHead | StandIn::UnitHead)) => {
                format!("{post}空缺，由{}{who}代", above.title())
            }
            Some(StandIn::DutyTelephone) => format!("{post}空缺，请单位值班电话转达"),
            Some(StandIn::UnitTelephone) => format!("{post}空缺，请单位转达"),
            Some(StandIn::Nobody) => format!("{post}空缺，单位也无值班电话"),
        }
    }
}

/// All of them, and who got a copy, as officials read it; empty where nobody is named.
#[must_use]
pub fn whom(told: &[PostTold], copied: Option<&str>) -> String {
    let copied = copied.map(|person| format!("抄送首问负责人{person}"));
    told.iter().map(PostTold::words).chain(copied).collect::<Vec<_>>().join("；")
}

/// The units whose posts a warning of a case goes to, none where it stays in the centre: those that have not
/// read it; the one that had it on the docket; else the one that has it.
#[must_use]
pub fn units_warned(case: &Case, warning: Warning, at: Timestamp) -> Vec<&str> {
    if warning.posts().is_empty() {
        return vec![];
    }
    let work = &case.work;
    let units: Vec<&str> = match warning {
        Warning::Reading => {
            let unread = work.readers.iter().filter(|(_, read)| read.is_none());
            unread.map(|(unit, _)| unit.as_str()).collect()
        }
        Warning::ThirdDocket => {
            let docket = work.dockets.iter().find(|docket| docket.at == at);
            docket.and_then(|docket| docket.unit.as_deref()).into_iter().collect()
        }
        _ => case.unit.as_deref().into_iter().collect(),
    };
    units.into_iter().filter(|unit| !work.accused.contains(*unit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: Option<&str>, title: Option<&str>, instead: Option<StandIn>) -> PostTold {
        let own = |text: Option<&str>| text.map(str::to_owned);
        let (unit, post) = ("unit.07".to_owned(), Post::Handler);
        PostTold { unit, post, name: own(name), title: own(title), instead }
    }

    #[test]
    fn a_person_is_named_with_his_post_and_a_vacancy_says_who_stands_in() {
        for (one, words) in [
            (told(Some("丁"), Some("科员"), None), "承办人员丁（科员）"),
            (told(Some("丁"), Some(""), None), "承办人员丁"),
            (
                told(Some("戊"), Some("科员"), Some(StandIn::Colleague)),
                "承办人员已离岗，由戊（科员）代",
            ),
            (
                told(Some("丙"), Some("科长"), Some(StandIn::SectionHead)),
                "承办人员空缺，由科室负责人丙（科长）代",
            ),
            (told(None, None, Some(StandIn::DutyTelephone)), "承办人员空缺，请单位值班电话转达"),
            (told(None, None, Some(StandIn::UnitTelephone)), "承办人员空缺，请单位转达"),
            (told(None, None, Some(StandIn::Nobody)), "承办人员空缺，单位也无值班电话"),
        ] {
            assert_eq!(one.words(), words);
        }
        let named = [told(Some("丁"), Some("科员"), None)];
        assert_eq!(whom(&named, Some("801")), "承办人员丁（科员）；抄送首问负责人801");
        assert_eq!(whom(&[], Some("801")), "抄送首问负责人801");
        assert_eq!(whom(&[], None), "");
    }

    /// The chain of events keeps its form: a warning of an older program reads and writes as before.
    #[test]
    fn a_warning_without_names_keeps_its_form() {
        use crate::domain::case::{CaseEvent, Record};
        let old = serde_json::json!({
            "event": "warned", "warning": "red_card", "clock": 1, "at": 1_795_795_200_000_i64,
            "late": false, "posts": ["deputy_head"],
        });
        let event: CaseEvent = serde_json::from_value(old.clone()).unwrap();
        let CaseEvent::Record(record) = &event else { panic!("{event:?}") };
        let Record::Warned { told, copied, .. } = &**record else { panic!("{record:?}") };
        assert!(told.is_empty() && copied.is_none());
        assert_eq!(serde_json::to_value(&event).unwrap(), old);
    }
}
