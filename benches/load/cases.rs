//! Cases through the library: to be looked up, and how many can be stored a second.

use jiff::{Timestamp, ToSpan};
use mayorline::domain::calendar::Calendar;
use mayorline::domain::call::{Caller, IntakeKind, NewIntake, StoreReply, StoreRequest};
use mayorline::store::{RequestContext, Store, StoreConfig, StoreHandle};
use mayorline::units::{CaseNumber, PhoneNumber, QueryCode};
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

/// Numbers a day can give out, with room.
const CASES_A_DAY: usize = 9_000;
/// Clients that each wait for their answer before the next case.
const CLIENTS: usize = 128;
const WINDOWS: usize = 3;
const CASES_PER_CLIENT: usize = 24;

fn open(folder: &Path) -> Store {
    let config = StoreConfig::new(folder, Timestamp::now());
    Store::open(config, Calendar::built_in(), [1; 32]).expect("the store opens")
}

fn intake(key: String, at: Timestamp) -> StoreRequest {
    StoreRequest::Open(NewIntake {
        key,
        kind: IntakeKind::Text,
        call: None,
        contact: None,
        mail: None,
        caller: Caller { number: PhoneNumber::parse("19900000017").ok(), display: None },
        received_at: at,
        recording: None,
        text: Some("北宿镇路口的路灯已经一个星期不亮了，晚上走路很不方便。".to_owned()),
        callback: false,
    })
}

/// Stores `cases` cases of the last days and gives their numbers and codes.
pub(crate) fn fill(folder: &Path, cases: usize) -> Vec<(CaseNumber, QueryCode)> {
    let store = open(folder);
    let (send, receive) = sync_channel(cases);
    for n in 0..cases {
        let days = i64::try_from(n / CASES_A_DAY).unwrap_or(0) + 1;
        let at = Timestamp::now().saturating_sub((days * 24).hours()).expect("a day before");
        loop {
            let send = send.clone();
            let reply = Box::new(move |reply| drop(send.send(reply)));
            let request = intake(format!("fill-{n}"), at);
            if store.handle().submit(at, request, RequestContext::default(), reply) {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    drop(send);
    let told = |reply| match reply {
        StoreReply::Opened { number, code } => number.zip(code),
        _ => None,
    };
    let told: Vec<_> = receive.iter().take(cases).filter_map(told).collect();
    store.close();
    told
}

/// Cases a second, each answered after its commit, with many waiting clients.
pub(crate) fn durable_per_second() -> f64 {
    let mut windows: Vec<f64> = (0..WINDOWS).map(|_| window()).collect();
    crate::median(&mut windows)
}

fn window() -> f64 {
    let folder = crate::subject::folder();
    let store = open(folder.path());
    let started = Instant::now();
    let stored: usize = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let handle = store.handle();
                scope.spawn(move || one_client(&handle, client))
            })
            .collect();
        clients.into_iter().map(|client| client.join().expect("a client ends")).sum()
    });
    let rate = stored as f64 / started.elapsed().as_secs_f64();
    assert_eq!(stored, CLIENTS * CASES_PER_CLIENT, "every case is stored");
    store.close();
    rate
}

fn one_client(store: &StoreHandle, client: usize) -> usize {
    let ask = |n: usize| {
        let (send, receive) = sync_channel(1);
        let reply = Box::new(move |reply| drop(send.send(reply)));
        let (at, request) = (Timestamp::now(), intake(format!("{client}-{n}"), Timestamp::now()));
        store.submit(at, request, RequestContext::default(), reply).then(|| receive.recv().ok())
    };
    let opened =
        |n: &usize| matches!(ask(*n), Some(Some(StoreReply::Opened { number: Some(_), .. })));
    (0..CASES_PER_CLIENT).filter(opened).count()
}
