//! What becomes of the 44 example messages, each as its line of domain.md 5.3 says; with the four older
//! cases that two of them speak of.

use super::arrivals::{at, later};
use super::contacts::Town;
use super::courses::Behaviour;
use super::dice::Dice;
use super::messages::{Example, examples};
use super::people::{of_centre, operator};
use super::story::{Matter, Story};
use super::topics::MATTERS;
use super::{Deed, Script};
use crate::domain::call::IntakeKind;
use crate::domain::case::{
    Actor, AttemptOutcome, DeclineReason, DiscardReason, Grade, KeepReason, LawfulChannel, Nature,
    Order, Role, Task,
};
use crate::domain::desk::Disposition;
use jiff::{Timestamp, ToSpan};

/// The older cases behind the 44: a road that was mended, three nights of stench.
pub(super) const COUNT: usize = 44 + 4;
/// The place of the road among the scripts, and of the first night of stench.
const ROAD: u32 = 44;
const STENCH: u32 = 45;
/// Their topics.
const ROAD_TOPIC: usize = 7;
const STENCH_TOPIC: usize = 29;

/// Who is heard about homes without deeds whose builder has gone: land, building, registry, taxes, law.
const UNFINISHED_HOMES: [&str; 5] = ["unit.24", "unit.26", "unit.58", "unit.63", "unit.21"];

/// The city's own names of dispositions that the page has besides the seven (B2).
const AGENT: &str = "daiban";
const AUTOMATIC: &str = "auto";

/// The tale of all of them, in the order of their numbers, then the older cases.
pub(super) fn scripts(town: &Town<'_>) -> Vec<Script> {
    let mut scripts: Vec<Script> = Vec::with_capacity(COUNT);
    let road = road(town);
    let ends_of_road = road.now;
    let (lamps, wages) = (rated_later(town, 16), rated_later(town, 18));
    let (asked_lamps, asked_wages) = (lamps.now, wages.now);
    let (mut lamps, mut wages) = (Some(lamps), Some(wages));
    for example in examples() {
        let script = match example.number {
            8 => false_answer(town, example, ends_of_road),
            16 => rated(lamps.take(), asked_lamps, Grade::FairlySatisfied),
            18 => rated(wages.take(), asked_wages, Grade::Dissatisfied),
            21 => rating(town, example, asked_lamps, Grade::FairlySatisfied),
            22 => rating(town, example, asked_wages, Grade::Dissatisfied),
            _ => told(town, example),
        };
        scripts.push(script);
    }
    scripts.push(road.end());
    scripts.extend((0..3).map(|n| stench(town, n)));
    scripts
}

/// When an example comes: spread over the weeks in the middle, in office hours unless it says otherwise.
fn comes(town: &Town<'_>, n: u32) -> Timestamp {
    let day = |days: i64| town.wish.from().saturating_add(days.days());
    let listening = town.listening.last().copied().unwrap_or_else(|| day(30));
    match n {
        13 => at(listening, 33_600),
        14 => at(listening, 35_400),
        41 => at(day(18), 84_000),
        42 => at(day(24), 66_000),
        // Behind the answer to the one before it.
        28 => later(town.ground.office(comes(town, 15), 0), 26 * 60),
        _ => {
            let (days, hour) = (i64::from(n * 37 % 36) + 8, i64::from(n % 6));
            town.ground.office(at(day(days), 30_600 + hour * 3_000), 0)
        }
    }
}

/// The story of an example or an older case, before anything has happened: the one at this place among
/// the scripts, told by the citizen of the contact at another, or of its own.
fn begin<'a>(
    town: &Town<'a>,
    (place, sender): (u32, u32),
    key: String,
    comes: Timestamp,
) -> Story<'a> {
    let dice = Dice::of(town.wish.seed, u64::from(place) + 1_000_000_000);
    Story::new(town.ground, (place, key), dice, town.citizen(u64::from(sender)), comes)
}

/// The same of an example that comes then.
fn begin_at<'a>(town: &Town<'a>, example: &Example, comes: Timestamp) -> Story<'a> {
    let place = example.number - 1;
    begin(town, (place, sender(example.number)), example.key(), comes)
}

fn first<'a>(town: &Town<'a>, example: &Example) -> Story<'a> {
    begin_at(town, example, comes(town, example.number))
}

/// The place of the contact whose citizen speaks in the n-th example: some come back to an earlier one.
fn sender(n: u32) -> u32 {
    match n {
        8 => ROAD,
        21 | 22 | 28 => earlier(n) - 1,
        _ => n - 1,
    }
}

/// The example that a text answers: the question about its content, or the water that came.
fn earlier(n: u32) -> u32 {
    match n {
        21 => 16,
        22 => 18,
        _ => 15,
    }
}

/// How a way of the page comes in.
fn written(example: &Example) -> Option<IntakeKind> {
    match (example.channel, example.number) {
        ("短信", 26 | 27) => Some(IntakeKind::LeaderSms),
        ("短信", _) => Some(IntakeKind::PublicSms),
        ("邮件", _) => Some(IntakeKind::Email),
        ("行风热线", _) => Some(IntakeKind::Radio),
        ("代办", _) => Some(IntakeKind::VillageAgent),
        _ => None,
    }
}

fn told(town: &Town<'_>, example: &Example) -> Script {
    let mut story = first(town, example);
    let matter = example.matter();
    match (example.number, example.channel) {
        (9, _) => silent(&mut story, example),
        (24, _) => discarded(&mut story, example),
        (_, "电话" | "领导日") => spoken(&mut story, example, &matter),
        (_, "留言") => recorded(&mut story, &matter),
        _ => read(&mut story, example, &matter),
    }
    story.end()
}

/// Nobody speaks: no number, and a clerk sorts it out.
fn silent(story: &mut Story<'_>, example: &Example) {
    story.abandons_saying(Some(example.said));
    story.rung_back();
    let at = story.office(10, 40);
    story.centre(at, Role::Clerk, Task::Discard(DiscardReason::Misdialled));
}

/// Spam by text.
fn discarded(story: &mut Story<'_>, example: &Example) {
    let received = story.written(IntakeKind::PublicSms, example.said);
    let at = story.soon(1, 5);
    let clerk = of_centre(Role::MessageClerk);
    story.at(at, Deed::TakesDown(Box::new(received), clerk, None));
    let at = story.office(5, 20);
    story.centre(at, Role::Clerk, Task::Discard(DiscardReason::Advertising));
}

fn spoken(story: &mut Story<'_>, example: &Example, matter: &Matter) {
    let (leader, three) = (example.channel == "领导日", example.outcome == "三方通话");
    let unit = three.then_some((matter.topic.unit, false));
    let answered = example.outcome == "直接答复";
    let grade = (answered && example.number != 6).then_some(Grade::Satisfied);
    let Some(talk) = story.calls(leader, unit, grade) else { return };
    if example.outcome == "转纪委" {
        return story.sealed(matter, Some(&talk), Role::Operator);
    }
    story.operator(&talk, 400, Task::Classify(matter.classification()));
    match (example.number, example.outcome) {
        (3, _) => {
            let chosen = Task::ChooseDisposition(Disposition::ThreeWay, None);
            story.operator(&talk, 800, chosen);
            story.wraps_up(&talk, matter, Disposition::ThreeWay, None);
            // Two units that pass it on to each other: one leads, one helps.
            story.assigned_with(matter, vec!["unit.24".to_owned()], Behaviour::OnTime);
        }
        (10, _) => {
            let why = (DeclineReason::Petition, LawfulChannel::Petition);
            story.declined(matter, Some(&talk), why);
        }
        (14, _) => {
            story.wraps_up(&talk, matter, Disposition::LeaderReview, None);
            story.leader(matter, "重复反映，请生态环境局牵头挂号督办。（演示）", true);
        }
        (_, "报领导阅批") => {
            story.wraps_up(&talk, matter, Disposition::LeaderReview, None);
            let text = "请相关部门会商，首问责任在受理中心。（演示）";
            story.leader_with(matter, &UNFINISHED_HOMES, text, false);
        }
        (_, "直接答复") => story.answered(matter, Some(&talk), grade),
        (_, "转阅") => story.circulated(matter, Some(&talk)),
        _ => {
            story.wraps_up(&talk, matter, Disposition::Assigned, None);
            story.assigned(matter, Behaviour::OnTime);
        }
    }
}

/// A spoken message: a seat calls back, and writes down what it is about.
fn recorded(story: &mut Story<'_>, matter: &Matter) {
    story.leaves_message(if matter.is_urgent() { 21 } else { 47 });
    story.classified(matter);
    let at = if matter.is_urgent() { story.soon(5, 40) } else { story.office(5, 40) };
    let Some(talk) = story.called_back(at, AttemptOutcome::Reached) else { return };
    story.wraps_up(&talk, matter, Disposition::Assigned, None);
    story.assigned(matter, Behaviour::OnTime);
}

/// What was written, and read by a clerk.
fn read(story: &mut Story<'_>, example: &Example, matter: &Matter) {
    let Some(kind) = written(example) else { return };
    story.taken_down(kind, matter);
    if example.number == 36 {
        // The same mail once more: the same case.
        let again = story.written(kind, &matter.text);
        let at = story.soon(5, 30);
        story.at(at, Deed::TakesDown(Box::new(again), of_centre(Role::Clerk), None));
    }
    if example.outcome == "转纪委" {
        let by = if kind == IntakeKind::LeaderSms { Role::MessageClerk } else { Role::Clerk };
        return story.sealed(matter, None, by);
    }
    story.classified(matter);
    match (example.number, example.outcome) {
        (36, _) => story.assigned_and_reminded(matter),
        (_, "代办") => {
            story.local(AGENT, Disposition::Assigned);
            story.assigned(matter, Behaviour::OnTime);
        }
        (_, "自动回复" | "自动记录") => {
            story.local(AUTOMATIC, Disposition::Kept);
            story.kept(matter, None, KeepReason::NothingToDo);
        }
        // It belongs to a case that has its result.
        (28, _) => story.kept(matter, None, KeepReason::UnderWay),
        (_, "留存") => story.kept(matter, None, KeepReason::NothingToDo),
        (_, "报领导阅批") => {
            story.leader(matter, "请自然资源和规划局会同唐村镇逐户核对补偿标准。（演示）", false);
        }
        (_, "直接答复") => story.answered(matter, None, None),
        (_, "转阅") => story.circulated(matter, None),
        (_, "三方通话") => story.on_the_air(matter),
        _ => story.assigned(matter, Behaviour::OnTime),
    }
}

/// An example whose citizen answers the question about his content by a text of his own.
fn rated_later<'a>(town: &Town<'a>, n: usize) -> Story<'a> {
    let example = &examples()[n - 1];
    let (mut story, matter) = (first(town, example), example.matter());
    story.taken_down(IntakeKind::PublicSms, &matter);
    story.classified(&matter);
    let at = story.office(5, 30);
    let unit = matter.topic.unit;
    story.centre(at, Role::Clerk, Task::Assign { unit: unit.to_owned(), helpers: vec![] });
    let _ = story.worked(&matter, unit, Behaviour::OnTime);
    story
}

/// When the text with the grade comes.
fn answers(asked: Timestamp) -> Timestamp {
    later(asked, 45)
}

/// That example once the grade has come.
fn rated(story: Option<Story<'_>>, asked: Timestamp, grade: Grade) -> Script {
    let Some(mut story) = story else { return Script { key: String::new(), steps: vec![] } };
    story.now = later(answers(asked), 60 * 24);
    let place = usize::try_from(story.place()).unwrap_or(usize::MAX);
    if let Some(matter) = examples().get(place).map(Example::matter) {
        story.content(&matter, Some(matter.topic.unit), Some(grade));
    }
    story.end()
}

/// The text with the grade: it comes in, whatever the hour, and is recorded on the case that was asked
/// about; a clerk files the text when the office is open.
fn rating(town: &Town<'_>, example: &Example, asked: Timestamp, grade: Grade) -> Script {
    let mut story = begin_at(town, example, answers(asked));
    let matter = example.matter();
    let received = story.written(IntakeKind::PublicSms, &matter.text);
    let at = story.soon(1, 2);
    story.at(at, Deed::TakesDown(Box::new(received), of_centre(Role::MessageClerk), None));
    let order = Order { actor: Actor::system(), task: Task::Rate(grade) };
    let other = usize::try_from(earlier(example.number) - 1).unwrap_or(usize::MAX);
    let at = story.soon(1, 2);
    story.at(at, Deed::ActsOn(other, Box::new(order)));
    let at = story.desk(&matter, 2, 20);
    let accept = story.accept(&matter.summary);
    story.centre(at, Role::Clerk, accept);
    story.classified(&matter);
    story.local(AUTOMATIC, Disposition::Kept);
    story.kept(&matter, None, KeepReason::NothingToDo);
    story.end()
}

/// A road that was reported as mended.
fn road<'a>(town: &Town<'a>) -> Story<'a> {
    let comes = town.ground.office(at(town.wish.from().saturating_add(3.days()), 34_000), 0);
    let mut story = begin(town, (ROAD, ROAD), "demo/road".to_owned(), comes);
    let topic = MATTERS.get(ROAD_TOPIC).copied().unwrap_or(MATTERS[0]);
    let matter = town.matter(&mut story.dice, topic, Nature::Complaint);
    if let Some(talk) = story.calls(false, None, None) {
        story.operator(&talk, 400, Task::Classify(matter.classification()));
        story.wraps_up(&talk, &matter, Disposition::Assigned, None);
    }
    let at = story.office(5, 30);
    let unit = matter.topic.unit;
    story.centre(at, Role::Clerk, Task::Assign { unit: unit.to_owned(), helpers: vec![] });
    let _ = story.worked(&matter, unit, Behaviour::OnTime);
    let at = story.ground.calling(story.now, 90);
    story.centre(at, Role::CallbackAgent, Task::Rate(Grade::BasicallySatisfied));
    story
}

/// Message 8: it was not mended. The old case is taken up again.
fn false_answer(town: &Town<'_>, example: &Example, closed: Timestamp) -> Script {
    let comes = town.ground.office(later(closed, 3 * 24 * 60), 60);
    let (mut story, road) = (begin_at(town, example, comes), usize::try_from(ROAD).unwrap_or(0));
    let matter = example.matter();
    let Some(talk) = story.calls(false, None, None) else { return story.end() };
    story.operator(&talk, 400, Task::Classify(matter.classification()));
    story.reopened(&matter, Some(&talk), road);
    // The unit does it once more on the old case.
    let unit = matter.topic.unit;
    story.once_more(&matter, unit, road);
    story.end()
}

/// One of three nights of stench before the listening day: merged into what the leader hears.
fn stench(town: &Town<'_>, n: u32) -> Script {
    let heard = comes(town, 14);
    let comes = later(heard, -20 * 60 - i64::from(n) * 37);
    let key = format!("demo/stench-{}", n + 1);
    let mut story = begin(town, (STENCH + n, STENCH + n), key, comes);
    let topic = MATTERS.get(STENCH_TOPIC).copied().unwrap_or(MATTERS[0]);
    let matter = town.matter(&mut story.dice, topic, Nature::Complaint);
    if let Some(talk) = story.calls(false, None, None) {
        story.operator(&talk, 400, Task::Classify(matter.classification()));
        story.wraps_up(&talk, &matter, Disposition::Assigned, None);
    }
    // Heard on the listening day before anybody had come to it.
    let at = story.ground.office(later(heard, 30), 10 + i64::from(n));
    story.at(at, Deed::Merges(13, of_centre(Role::Clerk)));
    story.end()
}

impl Story<'_> {
    /// B2: a disposition by the city's own code.
    fn local(&mut self, code: &str, like: Disposition) {
        let at = self.office(2, 10);
        let (code, reason) = (code.to_owned(), None);
        self.centre(at, Role::Clerk, Task::ChooseLocal { code, like, reason });
    }

    /// Who is on the air takes it on for the unit; the answer is in the next programme.
    fn on_the_air(&mut self, matter: &Matter) {
        let Some((seat, call)) = self.rings_up() else { return };
        let at = self.soon(1, 2);
        let text =
            "住房和城乡建设局上线答复：责成供热公司入户测温，下期节目反馈。（演示）".to_owned();
        self.act(at, operator(&seat), Task::SolveInCall { call, text });
        self.after_answer(matter, None, None);
    }

    /// Message 36: the second mail reminds of the same case.
    fn assigned_and_reminded(&mut self, matter: &Matter) {
        let at = self.office(5, 30);
        let unit = matter.topic.unit;
        self.centre(at, Role::Clerk, Task::Assign { unit: unit.to_owned(), helpers: vec![] });
        let at = self.office(10, 20);
        self.centre(at, Role::Clerk, Task::Remind);
        let unit = self.worked(matter, unit, Behaviour::OnTime);
        self.after_answer(matter, Some(unit), None);
    }
}
