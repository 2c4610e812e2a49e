//! The invented city by itself: the same seed, the sizes, the weights, the 44 messages.

use super::examples::COUNT;
use super::*;
use crate::domain::calendar::Calendar;
use crate::domain::call::IntakeKind;
use crate::domain::case::{DeadlineRules, Grade, Nature, Role};
use crate::domain::directory::import::{Known, read};
use crate::domain::directory::{Counters, Defects, Directory, Version, next_version};
use crate::wire::table;
use jiff::civil::date;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

const UNTIL: Date = date(2026, 6, 30);

fn ground() -> Ground {
    Ground { calendar: Calendar::built_in(), rules: DeadlineRules::default() }
}

fn city(seed: u64) -> City {
    City::new(&Wish::new(seed, UNTIL), &ground())
}

/// Seeds whose cities are counted over.
const SEEDS: u64 = 12;

/// The contacts of the first seeds, made once.
fn scripts(seed: u64) -> &'static [Script] {
    static MADE: [OnceLock<Vec<Script>>; 12] = [const { OnceLock::new() }; 12];
    let made = &MADE[usize::try_from(seed).unwrap()];
    made.get_or_init(|| contacts::all(&Wish::new(seed, UNTIL), &ground()))
}

/// Those that are generated.
fn generated(seed: u64) -> &'static [Script] {
    &scripts(seed)[COUNT..]
}

/// Whoever gives a command or takes something down.
fn actor(deed: &Deed) -> Option<&Actor> {
    match deed {
        Deed::Acts(order) | Deed::ActsOn(_, order) => Some(&order.actor),
        Deed::TakesDown(_, actor, _) | Deed::Merges(_, actor) => Some(actor),
        // Seats have numbers, no names.
        Deed::Rings(_)
        | Deed::HangsUp(_)
        | Deed::Open(..)
        | Deed::LeavesMessage(..)
        | Deed::WrapsUp(..)
        | Deed::CallsBack(..) => None,
    }
}

/// The cells of a column, by the first line of its table.
fn column(city: &City, kind: Kind, title: &str) -> Vec<String> {
    let file = city.tables.iter().find(|file| file.kind == kind).unwrap();
    let rows = table::read(file.csv.as_bytes()).unwrap();
    let at = rows[0].iter().position(|cell| cell.trim_start_matches('\u{feff}') == title).unwrap();
    rows[1..].iter().map(|row| row[at].clone()).collect()
}

fn has(script: &Script, test: impl Fn(&Deed) -> bool) -> bool {
    script.steps.iter().any(|step| test(&step.deed))
}

fn does(script: &Script, test: impl Fn(&Task) -> bool) -> bool {
    has(script, |deed| matches!(deed, Deed::Acts(order) if test(&order.task)))
}

fn intake(script: &Script) -> Option<&NewIntake> {
    script.steps.iter().find_map(|step| match &step.deed {
        Deed::Open(intake, _) | Deed::LeavesMessage(intake, _) => Some(&**intake),
        Deed::TakesDown(intake, ..) => Some(&**intake),
        _ => None,
    })
}

#[test]
fn the_same_seed_gives_the_same_city_and_another_seed_another() {
    assert_eq!(city(7), city(7));
    assert_ne!(city(7).scripts, city(8).scripts);
    let other = City::new(&Wish::new(7, UNTIL.yesterday().unwrap()), &ground());
    assert_ne!(city(7).scripts, other.scripts);
}

#[test]
fn two_months_hold_six_hundred_contacts_each_with_a_key_of_its_own() {
    let wish = Wish::new(7, UNTIL);
    assert_eq!((wish.from(), wish.until), (date(2026, 5, 1), UNTIL));
    let city = city(7);
    assert_eq!(city.scripts.len(), CONTACTS);
    let keys: BTreeSet<_> = city.scripts.iter().map(|script| &script.key).collect();
    assert_eq!(keys.len(), CONTACTS);
    for script in &city.scripts {
        let first = crate::domain::case::local_day(script.steps[0].at);
        assert!(first >= wish.from() && first <= wish.until, "{script:?}");
        assert!(script.steps.is_sorted_by_key(|step| step.at), "{}", script.key);
    }
    let end = arrivals::at(UNTIL, 86_400);
    let steps = city.timeline(end);
    assert!(steps.is_sorted_by_key(|(_, step)| step.at) && steps.iter().all(|(_, s)| s.at < end));
}

/// Rows of a table as the importer reads them.
fn imported(versions: &mut Vec<Version<crate::domain::directory::Record>>, file: &TableFile) {
    let known = Known::of(&Directory::on(UNTIL, versions));
    let records = read(file.kind, &table::read(file.csv.as_bytes()).unwrap(), &known);
    let records = records.unwrap_or_else(|faults| panic!("{}: {faults}", file.name));
    versions.extend(records.iter().map(|record| next_version(record, None, UNTIL).unwrap()));
}

#[test]
fn the_directory_has_the_sizes_of_the_city_and_nothing_is_missing() {
    for seed in [1, 20_260_101, u64::MAX] {
        let mut versions = Vec::new();
        tables::all(seed).iter().for_each(|file| imported(&mut versions, file));
        let directory = Directory::on(UNTIL, &versions);
        let sizes = [directory.units.len(), directory.towns.len(), directory.villages.len()];
        assert_eq!(sizes, [87, 16, 887]);
        assert_eq!(directory.posts.len(), 826);
        let defects = Defects::of(&directory);
        let first = defects.defects.iter().map(|defect| &defect.sentence).next();
        assert_eq!(first, None);
        let persons: Vec<_> = defects.coverage.iter().map(|one| one.persons).collect();
        assert_eq!(persons, [887, 600, 887], "{:?}", defects.coverage);
        assert_eq!(directory.officers.len(), 1_028 + 887 + 887);
        let counters = Counters::of(&directory);
        let sums = (counters.units_audited, counters.quantified, counters.saved_working_days);
        assert_eq!(sums, (86, 276, 2_834));
        let more = (counters.fixed_penalties, counters.strengthened, counters.first_offence_free);
        assert_eq!(more, (2_674, 254, 292));
    }
}

#[test]
fn every_person_and_number_says_that_it_is_invented() {
    let city = city(7);
    for script in &city.scripts {
        let intake = intake(script).unwrap();
        for phone in intake.contact.iter().chain(&intake.caller.number) {
            assert!(phone.as_str().starts_with("1990000"), "{}", script.key);
        }
        assert!(intake.caller.display.iter().all(|name| name.ends_with(MARK)), "{}", script.key);
        for actor in script.steps.iter().filter_map(|step| actor(&step.deed)) {
            let person = &actor.person;
            let is_seat = person.len() == 3 && person.bytes().all(|byte| byte.is_ascii_digit());
            let is_system = *actor == Actor::system();
            assert!(is_seat || is_system || person.ends_with(MARK), "{person}");
        }
    }
    for file in &city.tables {
        for row in table::read(file.csv.as_bytes()).unwrap().iter().skip(1).flatten() {
            let digits = row.chars().filter(char::is_ascii_digit).count();
            let phone = digits >= 7 && row.chars().all(|c| c.is_ascii_digit() || c == '-');
            let invented = row.starts_with("1990000") || row.starts_with("0537-0000");
            assert!(!phone || invented, "{}: {row}", file.name);
        }
    }
}

#[test]
fn the_44_messages_are_there_word_by_word_with_what_the_page_says_of_them() {
    let city = city(7);
    for example in examples() {
        let script = &city.scripts[example.number as usize - 1];
        assert_eq!(script.key, example.key());
        let said = intake(script).and_then(|intake| intake.text.as_deref()).unwrap_or_default();
        let written = has(script, |deed| match deed {
            Deed::WrapsUp(wrap_up, _) => wrap_up.summary.contains(example.said),
            _ => false,
        });
        assert!(written || said.contains(example.said), "{}: {script:?}", example.number);
        let as_told = match example.outcome {
            "直接答复" => does(script, |task| matches!(task, Task::Answer { .. })),
            "三方通话" => {
                use crate::domain::desk::Disposition::ThreeWay;
                does(script, |task| {
                    matches!(task, Task::ChooseDisposition(ThreeWay, _) | Task::SolveInCall { .. })
                })
            }
            "转纪委" => does(script, |task| *task == Task::ConfirmSeal),
            "转阅" => does(script, |task| matches!(task, Task::Circulate(_))),
            "报领导阅批" => does(script, |task| matches!(task, Task::Instruct { .. })),
            "留存" => does(script, |task| {
                matches!(task, Task::Keep(_) | Task::Discard(_) | Task::Decline(..))
            }),
            "自动回复" | "自动记录" => does(script, |task| matches!(task, Task::Keep(_))),
            "代办" => does(script, |task| matches!(task, Task::ChooseLocal { .. })),
            _ => {
                let reopened = has(script, |deed| matches!(deed, Deed::Merges(..)));
                reopened || does(script, |task| matches!(task, Task::Assign { .. }))
            }
        };
        assert!(as_told, "{} {}", example.number, example.outcome);
    }
}

#[test]
fn whoever_speaks_again_has_the_number_of_the_first_time() {
    // Message 8 speaks of the road that an older case is about.
    const AGAIN: [(usize, usize); 4] = [(8, 45), (21, 16), (22, 18), (28, 15)];
    for seed in 0..SEEDS {
        let scripts = scripts(seed);
        let phone = |at: usize| intake(&scripts[at]).unwrap().contact.clone();
        let mut first = BTreeMap::new();
        for (at, script) in scripts.iter().enumerate() {
            let Some(phone) = phone(at) else { continue };
            let Some(before) = first.insert(phone, at) else { continue };
            let told = AGAIN.iter().any(|(one, other)| {
                BTreeSet::from([at, before]) == BTreeSet::from([one - 1, other - 1])
            });
            let again = |task: &Task| matches!(task, Task::Classify(found) if found.repeats > 0);
            assert!(told || does(script, again), "{} has the number of {before}", script.key);
        }
        AGAIN.iter().for_each(|(one, other)| assert_eq!(phone(one - 1), phone(other - 1), "{one}"));
    }
}

#[test]
fn a_grade_by_text_is_recorded_once_the_text_is_there_and_in_time() {
    for seed in 0..SEEDS {
        for (text, case, grade) in [(21, 16, Grade::FairlySatisfied), (22, 18, Grade::Dissatisfied)]
        {
            let deeds = &scripts(seed)[text - 1].steps;
            let (received, kind) = match &deeds[0] {
                Step { at, deed: Deed::TakesDown(intake, ..) } => (*at, intake.kind),
                other => panic!("{other:?}"),
            };
            assert_eq!(kind, IntakeKind::PublicSms);
            let rated: Vec<_> = deeds
                .iter()
                .filter(|step| {
                    matches!(&step.deed,
                Deed::ActsOn(at, order) if *at == case - 1 && order.task == Task::Rate(grade))
                })
                .collect();
            assert_eq!(rated.len(), 1);
            assert!(rated[0].at > received, "{rated:?}");
            // 72 h after the question, which follows the review of the answer.
            let reviewed = scripts(seed)[case - 1].steps.iter().rfind(|step| {
                matches!(&step.deed, Deed::Acts(order) if order.task == Task::Review(None))
                    && step.at < rated[0].at
            });
            let hours = rated[0].at.duration_since(reviewed.unwrap().at).as_hours();
            assert!(hours < 72, "{hours}");
        }
    }
}

#[test]
fn units_are_heard_as_the_page_says() {
    let scripts = scripts(7);
    let views = |n: usize| {
        let views = scripts[n - 1].steps.iter().filter_map(|step| match &step.deed {
            Deed::Acts(order) if matches!(order.task, Task::GiveView(_)) => {
                order.actor.unit.clone()
            }
            _ => None,
        });
        views.collect::<BTreeSet<_>>()
    };
    // 会商 of 5 units, 自然资源和规划局 among them.
    assert!(views(13).len() == 5 && views(13).contains("unit.24"), "{:?}", views(13));
    let solved = |task: &Task| matches!(task, Task::SolveInCall { text, .. } if text.contains("住房和城乡建设局"));
    assert!(does(&scripts[38], solved));
}

#[test]
fn whoever_acts_for_the_city_or_a_unit_stands_in_the_directory() {
    let city = city(7);
    let leaders: BTreeSet<_> = column(&city, Kind::Leaders, "姓名").into_iter().collect();
    let posts: BTreeSet<_> = column(&city, Kind::Posts, "姓名").into_iter().collect();
    let mut seen = [0, 0];
    for step in city.scripts.iter().flat_map(|script| &script.steps) {
        if let Deed::Acts(order) | Deed::ActsOn(_, order) = &step.deed
            && let Task::Report { leader, .. } = &order.task
        {
            assert!(leaders.contains(leader), "{leader}");
        }
        let Some(actor) = actor(&step.deed) else { continue };
        if actor.roles.contains(&Role::CityLeader) {
            assert!(leaders.contains(&actor.person), "{}", actor.person);
            seen[0] += 1;
        }
        if actor.unit.is_some() {
            assert!(posts.contains(&actor.person), "{}", actor.person);
            seen[1] += 1;
        }
    }
    assert!(seen[0] >= 3 && seen[1] > 300, "{seen:?}");
}

#[test]
fn no_fixed_line_has_two_owners() {
    let city = city(7);
    let mut lines: Vec<String> = vec![];
    for kind in [Kind::Units, Kind::Towns, Kind::Leaders, Kind::Posts] {
        lines.extend(column(&city, kind, "公开电话"));
    }
    assert_eq!(lines.len(), 87 + 16 + 8 + 826);
    assert_eq!(lines.iter().collect::<BTreeSet<_>>().len(), lines.len());
}

/// Counts over some seeds, of ten thousand.
fn share(test: impl Fn(&Script) -> bool) -> u64 {
    let (mut hits, mut all) = (0, 0);
    for seed in 0..SEEDS {
        for script in generated(seed) {
            all += 1;
            hits += u64::from(test(script));
        }
    }
    hits * 10_000 / all
}

fn within(what: &str, share: u64, from: u64, to: u64) {
    assert!((from..=to).contains(&share), "{what}: {share} of ten thousand");
}

#[test]
fn contacts_come_by_the_weights_of_the_neighbouring_city() {
    let by = |kinds: &'static [IntakeKind]| {
        share(|script| intake(script).is_some_and(|intake| kinds.contains(&intake.kind)))
    };
    use IntakeKind as K;
    // 95.48 % by telephone, 0.74 % texts, 0.08 % mails.
    within("telephone", by(&[K::Attended, K::Abandoned, K::Voicemail]), 9_400, 9_650);
    within("texts", by(&[K::PublicSms, K::LeaderSms]), 40, 130);
    within("mails", by(&[K::Email]), 0, 30);
    for kind in [&[K::WalkIn], &[K::Radio], &[K::VillageAgent], &[K::Letter]] {
        within("others", by(kind), 10, 260);
    }
    let nature = |wanted| {
        share(|script| {
            let is = |task: &Task| matches!(task, Task::Classify(found) if found.nature == wanted);
            does(script, is)
        })
    };
    // 55.97, 22.05, 6.92 % of those that are a matter; reports partly under seal.
    within("help", nature(Nature::Help), 4_900, 6_000);
    within("questions", nature(Nature::Consult), 1_850, 2_300);
    within("complaints", nature(Nature::Complaint), 500, 800);
}

#[test]
fn what_becomes_of_them_is_what_the_page_says() {
    let of = |test: fn(&Task) -> bool| share(|script| does(script, test));
    // 52.7 % to 73.4 % answered in the call.
    let direct = of(|task| matches!(task, Task::Answer { .. } | Task::SolveInCall { .. }));
    within("answered at once", direct, 5_270, 7_340);
    within("sealed", of(|task| *task == Task::ConfirmSeal), 200, 400);
    let group = |task: &Task| matches!(task, Task::Classify(found) if found.group_size >= 5);
    within("groups", share(|script| does(script, group)), 130, 280);
    let again = |task: &Task| matches!(task, Task::Classify(found) if found.repeats > 0);
    within("repeats", share(|script| does(script, again)), 600, 1_000);
    let nothing = |script: &Script| {
        let wrapped = has(script, |deed| {
            matches!(deed, Deed::WrapsUp(order, _)
                if order.disposition == crate::domain::desk::Disposition::NoMatter)
        });
        wrapped || does(script, |task| matches!(task, Task::Discard(_)))
    };
    within("harassment and spam", share(nothing), 400, 650);
}

#[test]
fn citizens_are_as_content_as_the_page_says() {
    let mut grades = [0_u64; 5];
    for seed in 0..SEEDS {
        for step in generated(seed).iter().flat_map(|script| &script.steps) {
            let Deed::Acts(order) = &step.deed else { continue };
            let grade = match &order.task {
                Task::Rate(grade) => Some(*grade),
                Task::Answer { grade, .. } => *grade,
                _ => None,
            };
            if let Some(at) = grade.and_then(|grade| grade.as_str().parse::<usize>().ok()) {
                grades[at] += 1;
            }
        }
    }
    let all: u64 = grades.iter().sum();
    let of = |at: usize| grades[at] * 1_000 / all;
    // 70 / 15 / 10 / 5, with the grades of second rounds beside them.
    assert!((660..=740).contains(&of(1)), "{grades:?}");
    assert!((120..=180).contains(&of(2)) && (80..=150).contains(&of(3)), "{grades:?}");
    assert!((30..=70).contains(&of(4)), "{grades:?}");
}

#[test]
fn a_seal_takes_two_persons_and_arrivals_follow_the_hours_of_the_day() {
    let ground = ground();
    let (mut busy, mut night, mut all) = (0, 0, 0);
    for script in (0..6).flat_map(scripts) {
        let seals = script.steps.iter().filter_map(|step| match &step.deed {
            Deed::Acts(order) => match order.task {
                Task::ProposeSeal | Task::ConfirmSeal => Some(&order.actor.person),
                _ => None,
            },
            _ => None,
        });
        let persons: BTreeSet<_> = seals.collect();
        assert_ne!(persons.len(), 1, "{}", script.key);
        let at = script.steps[0].at.to_zoned(crate::domain::case::city_zone());
        let minute = i32::from(at.hour()) * 60 + i32::from(at.minute());
        all += 1;
        let hours = (510..690).contains(&minute) || (870..1_050).contains(&minute);
        busy += i32::from(hours && ground.calendar.is_working(at.date()));
        night += i32::from(!(360..1_320).contains(&minute));
    }
    assert!((all * 68 / 100..=all * 85 / 100).contains(&busy), "{busy} of {all}");
    assert!((all / 100..=all * 6 / 100).contains(&night), "{night} of {all}");
}

#[test]
fn every_role_of_the_city_has_a_part() {
    let city = city(7);
    let steps = city.scripts.iter().flat_map(|script| &script.steps);
    let actors = steps.filter_map(|step| actor(&step.deed));
    let roles: BTreeSet<_> = actors.flat_map(|actor| actor.roles.iter().copied()).collect();
    for role in [
        Role::Operator,
        Role::Clerk,
        Role::MessageClerk,
        Role::Supervisor,
        Role::CallbackAgent,
        Role::Director,
        Role::UnitContact,
        Role::Handler,
        Role::UnitLeader,
        Role::CityLeader,
        Role::Host,
        Role::VillageOfficer,
        Role::Liaison,
    ] {
        assert!(roles.contains(&role), "{role:?}");
    }
}

/// Steps that name the case of another contact, which must have its number by then.
fn named_too_soon(scripts: &[Script]) -> Vec<String> {
    let numbered: Vec<Option<Timestamp>> = scripts
        .iter()
        .map(|script| script.steps.iter().find(|step| step.deed.numbers()).map(|step| step.at))
        .collect();
    let mut wrong = vec![];
    for script in scripts {
        for step in &script.steps {
            let (Deed::Merges(other, _) | Deed::ActsOn(other, _) | Deed::WrapsUp(_, Some(other))) =
                &step.deed
            else {
                continue;
            };
            if numbered[*other].is_none_or(|at| at >= step.at) {
                wrong.push(format!("{} names {}", script.key, scripts[*other].key));
            }
        }
    }
    wrong
}

#[test]
fn many_citizens_are_consulted_about_before_a_unit_gets_their_matter() {
    let mut groups = 0;
    for seed in 0..60 {
        let made = contacts::all(&Wish::new(seed, UNTIL), &ground());
        for script in &made {
            let (mut many, mut decided) = (false, false);
            for step in &script.steps {
                let Deed::Acts(order) = &step.deed else { continue };
                match &order.task {
                    Task::Classify(found) => many = found.group_size >= 5 || found.repeats >= 3,
                    Task::Decide(_) => decided = true,
                    Task::Assign { .. } => {
                        groups += usize::from(many);
                        assert!(decided || !many, "seed {seed}: {}", script.key);
                    }
                    _ => {}
                }
            }
        }
    }
    assert!(groups > 60, "{groups}");
}

#[test]
fn a_case_has_its_number_before_another_contact_names_it() {
    const SEED: u64 = 20_260_101;
    let ground = ground();
    let last_days: Vec<_> = (0..12).map(|n| UNTIL.saturating_sub((n * 29).days())).collect();
    // With this day the seed of the command could not be filled.
    let last_days: Vec<_> = last_days.into_iter().chain([date(2026, 9, 20)]).collect();
    // Each seed on one of the days, that of the command on all of them.
    let seeds = (0..60).zip(last_days.iter().cycle());
    for (seed, until) in seeds.chain(last_days.iter().map(|until| (SEED, until))) {
        let scripts = contacts::all(&Wish::new(seed, *until), &ground);
        let wrong = named_too_soon(&scripts);
        assert!(wrong.is_empty(), "seed {seed}, until {until}: {wrong:?}");
    }
}
