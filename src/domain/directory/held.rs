//! Who holds the posts of a unit (E4): the persons that a warning names, and who stands in where a post has
//! none: the next post up, else the unit's duty telephone.

use super::duty::DutyItem;
use super::notice::NOTICE_PHONES_MAX;
use super::people::{Level, Post};
use super::record::Directory;
use crate::domain::case::{Post as Rung, PostTold, StandIn};
use crate::units::PhoneNumber;

/// What a case says of the persons who answer for it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Answering<'a> {
    /// The duty item that it cites, as it holds today.
    pub item: Option<&'a DutyItem>,
    /// Who signed for it in its unit (具体承办人).
    pub handler: Option<&'a str>,
}

impl Level {
    /// The level of a post of the ladder.
    #[must_use]
    pub fn of(post: Rung) -> Self {
        match post {
            Rung::Handler => Self::Handler,
            Rung::SectionHead => Self::Section,
            Rung::DeputyHead => Self::Deputy,
            Rung::UnitHead => Self::Head,
        }
    }
}

impl Directory {
    /// The current persons of these posts of a unit. Where several hold a post, the one who signed for the
    /// case or whom the duty item names goes before the others; at most [`NOTICE_PHONES_MAX`] of a post.
    #[must_use]
    pub fn posts_told(
        &self,
        unit: &str,
        posts: &[Rung],
        answering: Answering<'_>,
    ) -> Vec<PostTold> {
        posts.iter().flat_map(|post| self.post_told(unit, *post, answering)).collect()
    }

    fn post_told(&self, unit: &str, post: Rung, answering: Answering<'_>) -> Vec<PostTold> {
        let told = |holder: Option<&Post>, instead: Option<StandIn>| PostTold {
            unit: unit.to_owned(),
            post,
            name: holder.map(|holder| holder.name.clone()),
            title: holder.map(|holder| holder.title.clone()),
            instead,
        };
        for rung in Rung::ALL.iter().copied().filter(|rung| *rung >= post) {
            let (holders, named_left) = self.holders(unit, rung, answering);
            if holders.is_empty() {
                continue;
            }
            let colleague = named_left.then_some(StandIn::Colleague);
            let instead = if rung == post { colleague } else { StandIn::of(rung) };
            return holders.into_iter().map(|holder| told(Some(holder), instead)).collect();
        }
        vec![told(None, Some(self.stand_in(unit)))]
    }

    /// Who holds a post of a unit, who can be told first; whether the person that the duty item names for
    /// it has left it.
    fn holders(&self, unit: &str, rung: Rung, answering: Answering<'_>) -> (Vec<&Post>, bool) {
        let level = Level::of(rung);
        let is_held = |post: &&Post| post.unit == unit && post.level == level;
        let mut held: Vec<&Post> = self.posts.iter().filter(is_held).collect();
        let item = answering.item.filter(|item| item.unit == unit);
        let by_item = item.map(|item| item.person(level)).filter(|name| !name.is_empty());
        let signed = answering.handler.filter(|_| rung == Rung::Handler);
        let is_here = |name: &&str| held.iter().any(|post| post.name == **name);
        let one = signed.into_iter().chain(by_item).find(is_here);
        let named_left = one.is_none() && by_item.is_some();
        if let Some(name) = one {
            held.retain(|post| post.name == name);
        }
        held.sort_by_key(|post| post.notice.phone.is_none());
        held.truncate(NOTICE_PHONES_MAX);
        (held, named_left)
    }

    fn stand_in(&self, unit: &str) -> StandIn {
        let told = self.unit_notice(unit).is_some_and(|notice| notice.phone.is_some());
        match (self.duty_phones(unit).is_empty(), told) {
            (false, _) => StandIn::DutyTelephone,
            (true, true) => StandIn::UnitTelephone,
            (true, false) => StandIn::Nobody,
        }
    }

    /// Where somebody who is told can be told by text.
    pub(super) fn phone_of(&self, told: &PostTold) -> Option<PhoneNumber> {
        match &told.name {
            Some(name) => {
                let is_he = |post: &&Post| {
                    post.unit == told.unit
                        && post.name == *name
                        && told.title.as_ref() == Some(&post.title)
                };
                self.posts.iter().find(is_he).and_then(|post| post.notice.phone.clone())
            }
            None if told.instead == Some(StandIn::DutyTelephone) => {
                self.duty_phones(&told.unit).into_iter().find(PhoneNumber::is_mobile)
            }
            None => None,
        }
    }
}
