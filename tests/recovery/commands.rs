//! Commands of people, of the interface and of the command line: killed at random instants, and on a
//! disk that is full.

use crate::child;
use crate::desk::*;
use mayorline::domain::calendar::Calendar;
use mayorline::domain::case::{
    Actor, Classification, DeadlineRules, Nature, Order, Role, Task, Urgency,
};
use mayorline::store::{
    Administration, CaseName, CaseNow, PersonOrder, Reader, StoreError, StoreHandle, verify,
};
use mayorline::units::CaseNumber;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io::Write;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

const CYCLES: u64 = 12;

const KILLED: &str = "commands::no_acknowledged_command_is_missing_after_twelve_kills";
const FULL: &str = "commands::a_full_disk_refuses_commands_and_loses_none";

/// The states of a case in the order it goes through them here.
const STATES: [&str; 3] = ["accepted", "classified", "assigned"];

/// Cases that wait to be classified when the disk becomes full.
const WAITING: u32 = 40;

/// Room that is left then, in bytes: for a few commands and by far not for all.
const ROOM: u64 = 1 << 17;

fn clerk(task: Task) -> Order {
    Order { actor: Actor::new("clerk", Role::Clerk, None), task }
}

fn classify() -> Order {
    clerk(Task::Classify(Box::new(Classification {
        nature: Nature::Help,
        domain: "050100".to_owned(),
        place: "北宿镇".to_owned(),
        urgency: Urgency::Normal,
        group_size: 1,
        repeats: 0,
        duty: None,
        accused: vec![],
    })))
}

fn assign() -> Order {
    clerk(Task::Assign { unit: "unit.07".to_owned(), helpers: vec![] })
}

/// As the interface does it; `None`: the store did not take it.
fn over_the_interface(
    handle: &StoreHandle,
    number: CaseNumber,
    order: Order,
) -> Option<Result<CaseNow, StoreError>> {
    let (send, receive) = sync_channel(1);
    let wish = PersonOrder { case: CaseName::Number(number), seen: None, order };
    let taken = handle.act(noonish(), wish, Box::new(move |done| send.send(done).unwrap()));
    taken.then(|| receive.recv_timeout(PATIENCE).unwrap())
}

/// As the command line does it, beside the running store.
fn on_the_machine(
    beside: &mut Administration,
    number: CaseNumber,
    order: &Order,
) -> Result<CaseNow, StoreError> {
    let desk = (Calendar::built_in(), DeadlineRules::default(), [9; 32]);
    beside.act(noonish(), desk, CaseName::Number(number), order)
}

/// Prints a line for each command that was acknowledged until it is killed.
fn work_until_killed(cycle: &str) {
    let data = child::data();
    let store = open(&data);
    let handle = store.handle();
    let mut beside = Administration::open(&data, noonish()).unwrap();
    let mut out = std::io::stdout();
    for n in 0_u32.. {
        let (number, _) = new_case(&handle, &format!("{cycle}-{n}"));
        let classified = over_the_interface(&handle, number, classify()).unwrap().unwrap();
        let mut acknowledge = |done: CaseNow| {
            let line = format!("ack {} {number}\n", done.state.as_str());
            out.write_all(line.as_bytes()).unwrap();
            out.flush().unwrap();
        };
        acknowledge(classified);
        acknowledge(on_the_machine(&mut beside, number, &assign()).unwrap());
    }
}

#[test]
fn no_acknowledged_command_is_missing_after_twelve_kills() {
    if let Some(cycle) = child::role() {
        return work_until_killed(&cycle);
    }
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = vec![];
    for cycle in 0..CYCLES {
        let delay = Duration::from_millis(200 + cycle * 7919 % CYCLES * 40);
        let command = child::command(KILLED, &cycle.to_string(), folder.path(), "");
        acknowledged.extend(child::acknowledged(command, delay));
    }
    assert!(acknowledged.len() > 40, "only {} were carried out", acknowledged.len());
    open(folder.path()).close();
    let reader = Reader::open(folder.path()).unwrap();
    let rank = |state: &str| STATES.iter().position(|known| *known == state).unwrap();
    for (state, number) in &acknowledged {
        let found = reader.case(number.parse().unwrap()).unwrap().row.state;
        assert!(rank(&found) >= rank(state), "{number} is {found} and was {state}");
    }
    let report = verify(folder.path()).unwrap();
    assert!(report.is_sound(), "{report:?}");
}

/// Limits every file to `bytes`.
fn limit(bytes: Option<u64>) {
    let maximum = getrlimit(Resource::Fsize).maximum;
    setrlimit(Resource::Fsize, Rlimit { current: bytes.or(maximum), maximum }).unwrap();
}

fn work_on_a_full_disk() {
    let data = child::data();
    let store = open(&data);
    let handle = store.handle();
    let mut beside = Administration::open(&data, noonish()).unwrap();
    let waiting: Vec<CaseNumber> =
        (0..WAITING).map(|n| new_case(&handle, &format!("w{n}")).0).collect();
    let log = data.join("mayorline.db-wal");
    limit(Some(std::fs::metadata(log).unwrap().len() + ROOM));
    let mut done = 0;
    let refused = loop {
        assert!(done < waiting.len(), "the disk never became full");
        match over_the_interface(&handle, waiting[done], classify()) {
            Some(Ok(_)) => done += 1,
            refused => break refused,
        }
    };
    assert!(done > 0, "the disk was full from the start");
    let ours =
        |error: &StoreError| matches!(error, StoreError::Sqlite(_) | StoreError::Unavailable);
    assert!(refused.as_ref().is_none_or(|it| it.as_ref().is_err_and(ours)), "{refused:?}");
    // The command line says what is wrong, and nothing is half done.
    let told = loop {
        assert!(done < waiting.len(), "the disk never became full");
        match on_the_machine(&mut beside, waiting[done], &classify()) {
            Ok(_) => done += 1,
            Err(error) => break error.to_string(),
        }
    };
    assert!(told.starts_with("database: "), "{told}");
    let reader = Reader::open(&data).unwrap();
    let state = |number: CaseNumber| reader.case(number).unwrap().row.state;
    assert_eq!(state(waiting[done]), "accepted");
    limit(None);
    let mut waited = 0;
    while !handle.is_up() {
        waited += 1;
        assert!(waited < 100, "the store did not come back");
        std::thread::sleep(Duration::from_millis(50));
    }
    for number in &waiting[done..] {
        over_the_interface(&handle, *number, classify()).unwrap().unwrap();
    }
    assert!(waiting.iter().all(|number| state(*number) == "classified"));
    drop(beside);
    store.close();
    println!("{done} commands before the disk was full");
}

#[test]
fn a_full_disk_refuses_commands_and_loses_none() {
    if child::role().is_some() {
        return work_on_a_full_disk();
    }
    let folder = tempfile::tempdir().unwrap();
    // The write would kill the process: the shell makes the kernel return an error.
    let output = child::command(FULL, "fill", folder.path(), "trap '' XFSZ;").output().unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("before the disk was full"), "{out}\n{err}");
    let report = verify(folder.path()).unwrap();
    assert!(report.is_sound(), "{report:?}");
}
