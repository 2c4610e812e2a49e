//! Who says what and when: the generated contacts, by the weights of domain.md 2.2 and 5.

use super::arrivals::{Ground, at};
use super::courses::Behaviour;
use super::dice::Dice;
use super::story::{Answered, Citizen, Matter, Story};
use super::tables::{CITIZEN_PHONES, Village, each_village};
use super::topics::{MATTERS, NO_MATTERS, QUESTIONS, READINGS, SEALED, Topic};
use super::{Deed, Script, Wish, examples, people};
use crate::domain::call::IntakeKind;
use crate::domain::case::{
    AttemptOutcome, DeclineReason, DiscardReason, Grade, KeepReason, LawfulChannel, Nature, Role,
    Task,
};
use crate::domain::listening_day::ListeningRules;
use jiff::Timestamp;
use jiff::civil::Date;

/// Channels of ten thousand contacts (domain.md 2.2: telephone 9,548, texts 74, mails 8). What came
/// there by a messenger that this city does not have is spread over the ways it has.
const CHANNELS: [(Way, u64); 10] = [
    (Way::Call, 9_000),
    (Way::Abandoned, 400),
    (Way::Voicemail, 148),
    (Way::Written(IntakeKind::PublicSms), 40),
    (Way::Written(IntakeKind::LeaderSms), 34),
    (Way::Written(IntakeKind::Email), 8),
    (Way::Written(IntakeKind::WalkIn), 150),
    (Way::Written(IntakeKind::Radio), 100),
    (Way::Written(IntakeKind::VillageAgent), 70),
    (Way::Written(IntakeKind::Letter), 50),
];

/// Natures of ten thousand matters (domain.md 2.2); what is none of them is no matter.
const NATURES: [(Nature, u64); 7] = [
    (Nature::Help, 5_597),
    (Nature::Consult, 2_205),
    (Nature::Report, 874),
    (Nature::Complaint, 692),
    (Nature::Suggest, 93),
    (Nature::Praise, 6),
    (Nature::Other, 533),
];

/// Of a thousand contacts: sealed, groups, repeats (domain.md 5.1: 3 %, 2 %, 8 %). Questions have no
/// group, and the first contacts nothing to repeat.
const SEALED_PER_MILLE: u64 = 30;
const GROUPS_PER_MILLE: u64 = 26;
const REPEATS_PER_MILLE: u64 = 88;
/// Repeats that are merged into the case before.
const MERGED_PER_MILLE: u64 = 600;
/// How units keep their dates (domain.md 5.2): on time, late, returned, extended.
const BEHAVIOURS: [(u8, u64); 4] = [(0, 900), (1, 60), (2, 20), (3, 20)];
/// Callers on listening days, of a thousand.
const LISTENING_PER_MILLE: u64 = 60;
/// Citizens who want their contact kept from the unit, and written contacts without any.
const SECRECY_PER_MILLE: u64 = 30;
const ANONYMOUS_PER_MILLE: u64 = 80;
/// Grades that are keyed in at the end of the call in which it was answered.
const SURVEYED_PER_MILLE: u64 = 650;
/// Nobody calls on the last evening any more: what begins is to end.
const LAST_SECOND: i64 = 19 * 3600;

/// The way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Call,
    Abandoned,
    Voicemail,
    Written(IntakeKind),
}

/// What becomes of a matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    Answered,
    ThreeWay(bool),
    Assigned,
    Leader,
    Circulated,
    Kept,
    Declined,
    Withdrawn,
}

/// What becomes of a thousand matters of a nature.
fn courses(nature: Nature) -> &'static [(Course, u64)] {
    use Course as C;
    match nature {
        Nature::Consult => &[(C::Answered, 950), (C::ThreeWay(true), 40), (C::Assigned, 10)],
        Nature::Help => &[
            (C::Answered, 600),
            (C::ThreeWay(true), 55),
            (C::ThreeWay(false), 25),
            (C::Assigned, 300),
            (C::Leader, 8),
            (C::Declined, 7),
            (C::Withdrawn, 5),
        ],
        Nature::Complaint => &[
            (C::Answered, 300),
            (C::ThreeWay(true), 60),
            (C::ThreeWay(false), 40),
            (C::Assigned, 530),
            (C::Leader, 40),
            (C::Declined, 20),
            (C::Withdrawn, 10),
        ],
        Nature::Report => &[(C::Answered, 400), (C::Assigned, 570), (C::Leader, 30)],
        Nature::Suggest | Nature::Praise => &[(C::Circulated, 900), (C::Kept, 100)],
        Nature::Other => &[(C::Kept, 1_000)],
    }
}

/// What the generated contacts are made from.
pub(super) struct Town<'a> {
    pub(super) wish: &'a Wish,
    pub(super) ground: &'a Ground,
    pub(super) villages: Vec<Village>,
    pub(super) listening: Vec<Date>,
}

impl<'a> Town<'a> {
    pub(super) fn new(wish: &'a Wish, ground: &'a Ground) -> Self {
        let days = ListeningRules::default().next(&ground.calendar, wish.from(), 6);
        let listening = days.into_iter().map(|day| day.date).filter(|day| *day <= wish.until);
        let villages = each_village(wish.seed);
        Self { wish, ground, villages, listening: listening.collect() }
    }

    /// A village, or the town where it lies.
    fn place(&self, dice: &mut Dice) -> (String, &'static str) {
        let village = dice.pick(&self.villages);
        village.map_or_else(Default::default, |(_, name, town)| (format!("{town}{name}"), *town))
    }

    /// The n-th citizen.
    pub(super) fn citizen(&self, n: u64) -> Citizen {
        let phone = people::mobile(CITIZEN_PHONES + n);
        Citizen { phone, name: Some(people::name(n * 7 + self.wish.seed % 1_000)) }
    }

    /// A topic as it is said of a place.
    pub(super) fn matter(&self, dice: &mut Dice, topic: Topic, nature: Nature) -> Matter {
        let (place, _) = self.place(dice);
        let (place, text, summary) = match nature {
            Nature::Consult => ("无".to_owned(), topic.text.to_owned(), topic.summary.to_owned()),
            _ => {
                let summary = format!("{place}{}：{}", topic.summary, topic.text);
                (place.clone(), format!("{place}{}", topic.text), summary)
            }
        };
        let (group_size, repeats, secrecy) = (1, 0, dice.chance(SECRECY_PER_MILLE));
        Matter { topic, nature, place, text, summary, group_size, repeats, secrecy }
    }
}

/// Every contact: the examples first, then the generated ones.
pub(super) fn all(wish: &Wish, ground: &Ground) -> Vec<Script> {
    let town = Town::new(wish, ground);
    let mut scripts = examples::scripts(&town);
    let mut cases: Vec<Earlier> = vec![];
    for n in 0..wish.generated {
        let index = scripts.len();
        scripts.push(one(&town, n, index, &mut cases));
    }
    scripts
}

/// A case that a unit got, for those who speak of it again.
#[derive(Debug, Clone)]
struct Earlier {
    script: usize,
    /// When it got its number: nobody names it before.
    at: Timestamp,
    citizen: Citizen,
    matter: Matter,
}

fn one(town: &Town<'_>, n: usize, index: usize, cases: &mut Vec<Earlier>) -> Script {
    let number = u32::try_from(index).unwrap_or(0);
    let mut dice = Dice::of(town.wish.seed, u64::from(number));
    let (key, months) =
        (format!("demo/{}/{:06}", town.wish.seed, n + 1), (town.wish.from(), town.wish.until));
    let (comes, leader) = comes(town, &mut dice, months);
    let citizen = town.citizen(u64::from(number));
    let before = cases.iter().rev().take(60).find(|case| {
        // A few days later, while it is under way or was closed not long ago.
        (1..12 * 24).contains(&(comes.duration_since(case.at).as_hours()))
    });
    if dice.chance(REPEATS_PER_MILLE)
        && let Some(earlier) = before.cloned()
    {
        let mut story =
            Story::new(town.ground, (number, key), dice, earlier.citizen.clone(), comes);
        said_again(&mut story, earlier);
        return story.end();
    }
    let way = dice.weighted(&CHANNELS, |(_, weight)| *weight).map_or(Way::Call, |(way, _)| *way);
    let nature = dice.weighted(&NATURES, |(_, weight)| *weight).map_or(Nature::Help, |n| n.0);
    let mut story = Story::new(town.ground, (number, key), dice, citizen, comes);
    if nature == Nature::Other {
        no_matter(town, &mut story, way);
        return story.end();
    }
    if story.dice.chance(SEALED_PER_MILLE) {
        denounced(town, &mut story, way);
        return story.end();
    }
    let matter = matter_of(town, &mut story.dice, nature);
    let course = story.dice.weighted(courses(nature), |(_, weight)| *weight);
    let course = course.map_or(Course::Answered, |(course, _)| *course);
    // Whoever is never reached has no case, and what was written waits for a clerk.
    let citizen = story.citizen.clone();
    let numbered = told(&mut story, &matter, way, course, leader);
    if let Some(at) = numbered.filter(|_| course == Course::Assigned) {
        cases.push(Earlier { script: index, at, citizen, matter });
    }
    story.end()
}

/// When a contact comes, and whether a leader takes it.
fn comes(town: &Town<'_>, dice: &mut Dice, months: (Date, Date)) -> (Timestamp, bool) {
    if dice.chance(LISTENING_PER_MILLE)
        && let Some(day) = dice.pick(&town.listening).copied()
    {
        return (at(day, 32_400 + dice.between(0, 7_000)), dice.chance(500));
    }
    let last = at(town.wish.until, LAST_SECOND);
    let tries = (0..50).map(|_| town.ground.arrival(dice, months)).find(|at| *at < last);
    (tries.unwrap_or_else(|| at(months.0, 36_000)), false)
}

fn matter_of(town: &Town<'_>, dice: &mut Dice, nature: Nature) -> Matter {
    let table: &[Topic] = match nature {
        Nature::Consult => &QUESTIONS,
        Nature::Suggest | Nature::Praise => &READINGS,
        _ => &MATTERS,
    };
    let topic = dice.weighted(table, |topic| topic.weight).copied().unwrap_or(MATTERS[0]);
    let mut matter = town.matter(dice, topic, nature);
    if nature != Nature::Consult && dice.chance(GROUPS_PER_MILLE) {
        matter.group_size = u16::try_from(dice.between(5, 40)).unwrap_or(5);
    }
    matter
}

/// The same citizen speaks of the same matter again.
fn said_again(story: &mut Story<'_>, earlier: Earlier) {
    let mut matter = Matter { repeats: 1, ..earlier.matter };
    matter.summary = format!("再次反映：{}", matter.summary);
    let Some(talk) = story.calls(false, None, None) else { return };
    story.operator(&talk, 400, Task::Classify(matter.classification()));
    if story.dice.chance(MERGED_PER_MILLE) && matter.group_size == 1 {
        return story.merged(&matter, Some(&talk), earlier.script);
    }
    let disposition = crate::domain::desk::Disposition::Assigned;
    story.wraps_up(&talk, &matter, disposition, None);
    story.assigned(&matter, Behaviour::OnTime);
}

/// 5.1: harassment, spam, wrong numbers: kept apart from the cases where they are no case yet.
fn no_matter(town: &Town<'_>, story: &mut Story<'_>, way: Way) {
    let (reason, words) = story.dice.pick(&NO_MATTERS).copied().unwrap_or(("misdialled", ""));
    let reason = DiscardReason::parse(reason).unwrap_or(DiscardReason::Misdialled);
    let topic = Topic { domain: "990000", ..MATTERS[0] };
    let mut matter = town.matter(&mut story.dice, topic, Nature::Other);
    (matter.text, matter.summary) = (words.to_owned(), words.to_owned());
    match way {
        Way::Call if story.dice.chance(400) => {
            // The line had numbered it when it was answered.
            let Some(talk) = story.calls(false, None, None) else { return };
            let none = crate::domain::desk::Disposition::NoMatter;
            return story.wraps_up(&talk, &matter, none, None);
        }
        Way::Written(kind) => {
            let received = story.written(kind, words);
            let at = story.soon(5, 60);
            let clerk = people::of_centre(Role::MessageClerk);
            story.at(at, Deed::TakesDown(Box::new(received), clerk, None));
        }
        _ => {
            story.abandons();
            story.rung_back();
        }
    }
    let at = story.office(5, 90);
    story.centre(at, Role::Clerk, Task::Discard(reason));
}

/// What goes to the discipline commission.
fn denounced(town: &Town<'_>, story: &mut Story<'_>, way: Way) {
    let topic = story.dice.weighted(&SEALED, |topic| topic.weight).copied().unwrap_or(SEALED[0]);
    let matter = town.matter(&mut story.dice, topic, Nature::Report);
    match way {
        Way::Written(kind) => {
            story.taken_down(kind, &matter);
            story.sealed(&matter, None, Role::Clerk);
        }
        _ => {
            let talk = story.calls(false, None, None);
            story.sealed(&matter, talk.as_ref(), Role::Operator);
        }
    }
}

/// A matter by its way in and its course; gives when it got its number, where it did.
fn told(
    story: &mut Story<'_>,
    matter: &Matter,
    way: Way,
    course: Course,
    leader: bool,
) -> Option<Timestamp> {
    match way {
        Way::Call => spoken(story, matter, course, leader),
        Way::Abandoned => missed(story, matter, course),
        Way::Voicemail => {
            let seconds = u32::try_from(story.dice.between(12, 60)).unwrap_or(30);
            story.leaves_message(seconds);
            story.classified(matter);
            let at = story.office(10, 60);
            let reached = story.called_back(at, AttemptOutcome::Reached);
            followed(story, matter, course, reached.as_ref());
        }
        Way::Written(kind) => {
            if story.dice.chance(ANONYMOUS_PER_MILLE) {
                story.citizen = Citizen { phone: None, name: None };
            }
            story.taken_down(kind, matter);
            story.classified(matter);
            followed(story, matter, course, None);
        }
    }
    story.numbered()
}

/// A call that was answered by a person.
fn spoken(story: &mut Story<'_>, matter: &Matter, course: Course, leader: bool) {
    let surveyed = course == Course::Answered && story.dice.chance(SURVEYED_PER_MILLE);
    let grade = surveyed.then(|| story.grade());
    let unit = match course {
        Course::ThreeWay(solved) if matter.group_size == 1 => Some((matter.topic.unit, solved)),
        _ => None,
    };
    let Some(talk) = story.calls(leader, unit, grade) else { return };
    story.operator(&talk, 400, Task::Classify(matter.classification()));
    story.keeps_secret(matter, Some(&talk));
    if let Some((_, solved)) = unit {
        return story.three_way(matter, &talk, solved);
    }
    match course {
        Course::Answered => story.answered(matter, Some(&talk), grade),
        _ => followed(story, matter, course, Some(&talk)),
    }
}

/// What follows on a classified matter.
fn followed(story: &mut Story<'_>, matter: &Matter, course: Course, talk: Option<&Answered>) {
    use crate::domain::desk::Disposition as D;
    let wrap = |story: &mut Story<'_>, disposition| {
        if let Some(talk) = talk {
            story.wraps_up(talk, matter, disposition, None);
        }
    };
    match course {
        Course::Answered => story.answered(matter, talk, None),
        Course::Circulated if matter.group_size == 1 => story.circulated(matter, talk),
        Course::Kept if matter.group_size == 1 => {
            story.kept(matter, talk, KeepReason::NothingConcrete);
        }
        Course::Declined => {
            let why = (DeclineReason::LegalRoute, LawfulChannel::Litigation);
            story.declined(matter, talk, why);
        }
        Course::Withdrawn if matter.group_size == 1 && !matter.is_urgent() => {
            wrap(story, D::Assigned);
            story.withdrawn(matter);
        }
        Course::Leader if !matter.is_urgent() => {
            wrap(story, D::LeaderReview);
            story.leader(matter, "请主办单位限期办结，办理结果报我。（演示）", false);
        }
        _ => {
            wrap(story, D::Assigned);
            let behaviour = behaviour(story, matter);
            story.assigned(matter, behaviour);
        }
    }
}

fn behaviour(story: &mut Story<'_>, matter: &Matter) -> Behaviour {
    let kind = story.dice.weighted(&BEHAVIOURS, |(_, weight)| *weight).map_or(0, |kind| kind.0);
    match kind {
        1 if matter.is_urgent() => Behaviour::Late(story.dice.between(1, 12)),
        // One in eight lets it lie until an admonition is proposed.
        1 if story.dice.chance(125) => Behaviour::Late(story.dice.between(250, 280)),
        1 => Behaviour::Late(story.dice.between(9, 80)),
        // Whom a consultation names cannot give it back.
        2 if matter.group_size == 1 && matter.topic.unit != "unit.41" => {
            Behaviour::Returned("unit.41")
        }
        3 if !matter.is_urgent() => Behaviour::Extended,
        _ => Behaviour::OnTime,
    }
}

/// A caller who left: called back; three times in vain for one in six.
fn missed(story: &mut Story<'_>, matter: &Matter, course: Course) {
    story.abandons();
    if story.dice.chance(160) {
        for minutes in [20, 26 * 60, 50 * 60] {
            let from = super::arrivals::later(story.now, minutes);
            let at = story.ground.calling(from, 0);
            let _ = story.called_back(at, AttemptOutcome::NoAnswer);
        }
        return;
    }
    let at = story.soon(4, 26);
    let Some(talk) = story.called_back(at, AttemptOutcome::Reached) else { return };
    let accept = story.accept(&matter.summary);
    story.operator(&talk, 300, accept);
    story.operator(&talk, 400, Task::Classify(matter.classification()));
    match course {
        Course::Answered | Course::ThreeWay(_) => {
            let grade = Some(Grade::Satisfied);
            story.answered(matter, Some(&talk), grade);
        }
        _ => followed(story, matter, course, Some(&talk)),
    }
}
