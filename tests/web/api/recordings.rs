//! Recordings of a call by the cases that came of it: who hears them, when, and what is told of them.

use super::world::World;
use crate::folder::{
    PATIENCE, call_id, call_record, call_started, citizen_leg, intake, noonish, seat, write_tracks,
};
use crate::http::Answer;
use jiff::{Timestamp, ToSpan};
use mayorline::domain::call::{
    Entry, EntryKind, IntakeKind, RecordingKind, StoreReply, StoreRequest,
};
use mayorline::store::{CallAccount, CaseName, RequestContext, recording_file};
use serde_json::{Value, json};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

/// A case of the call, taken down by seat 801.
fn of_the_call(world: &World, key: &str) -> String {
    let mut new = intake(key, IntakeKind::Attended);
    new.call = Some(call_id(1));
    let context = RequestContext { seat: Some(seat("801")), ..RequestContext::default() };
    let (send, receive) = sync_channel(1);
    let reply = Box::new(move |reply| send.send(reply).unwrap());
    assert!(world.handle().submit(noonish(), StoreRequest::Open(new), context, reply));
    match receive.recv_timeout(PATIENCE).unwrap() {
        StoreReply::Opened { number: Some(number), .. } => number.to_string(),
        other => panic!("not stored: {other:?}"),
    }
}

/// A recorded call; a case of it that unit.07 handles; the path of the recording.
fn recorded(world: &World) -> (String, String) {
    let (handle, call) = (world.handle(), call_id(1));
    assert!(handle.call_started(call_started(&call)));
    let day = jiff::civil::date(2026, 11, 22);
    let file = recording_file(day, &call, RecordingKind::WholeCall, 1);
    let summary = write_tracks(world.folder.path(), &file, 2);
    let kind = EntryKind::Recording(RecordingKind::WholeCall, summary);
    let record = call_record(&call, vec![Entry { at: Duration::from_secs(30), kind }]);
    let (parties, tracks, legs) = (vec![], vec![], vec![citizen_leg()]);
    assert!(handle.call_accounted(noonish(), CallAccount { record, legs, parties, tracks }));
    let case = of_the_call(world, "of the call");
    world.hand_over(&case, "unit.07");
    let file = world.reader().file(CaseName::parse(&case).unwrap(), false).unwrap();
    let rows = world.reader().recordings_of(&file).unwrap();
    let path = format!("/cases/{case}/recordings/{}", rows[0].recording);
    (case, path)
}

async fn hear(world: &World, account: &str, path: &str) -> Answer {
    world.post(account, path, json!({"reason": "核实承诺"})).await
}

#[tokio::test]
async fn a_recording_is_heard_by_those_of_the_matrix_who_say_why() {
    let world = World::open().await;
    let (case, path) = recorded(&world);
    for name in ["801", "clerk", "supervisor", "director", "callback_agent"] {
        let sound = hear(&world, name, &path).await;
        let told = (sound.status, sound.header("content-length"), sound.body.is_empty());
        assert_eq!(told, (200, Some("1000"), false), "{name}");
        let silent = world.post(name, &path, json!({"reason": " "})).await;
        assert_eq!(silent.status, 422, "{name}");
        let shown = world.get(name, &format!("/cases/{case}")).await;
        let shown: Value = serde_json::from_str(&shown.body).unwrap();
        assert_eq!(shown["recordings"][0]["kind"], "whole_call", "{name}: {shown}");
    }
    let heard = world.shelf.heard.lock().unwrap().clone();
    let names: Vec<_> = heard.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["801", "clerk", "supervisor", "director", "callback_agent"]);
    assert!(heard.iter().all(|(_, reason)| reason == "核实承诺 [127.0.0.1]"), "{heard:?}");
    // Who reads the case and may not hear it, another operator, and who does not read it.
    let unknown = world.get("handler", &format!("/cases/{}", world.unknown())).await;
    for name in ["handler", "unit_leader", "city_leader", "host", "operator", "handler9", "liaison"]
    {
        let refused = hear(&world, name, &path).await;
        assert_eq!(World::bytes(&refused), World::bytes(&unknown), "{name}");
    }
    assert_eq!(hear(&world, "clerk", &format!("/cases/{case}/recordings/99")).await.status, 404);
    assert_eq!(world.shelf.heard.lock().unwrap().len(), 5, "what is refused is not heard");
}

#[tokio::test]
async fn a_case_of_the_same_call_that_is_sealed_takes_its_recording_away() {
    let world = World::open().await;
    let (case, path) = recorded(&world);
    let sibling = of_the_call(&world, "sibling");
    assert_eq!(hear(&world, "clerk", &path).await.status, 200);
    world.seal(&sibling);
    for name in ["801", "clerk", "director", "liaison"] {
        assert_eq!(hear(&world, name, &path).await.status, 404, "{name}");
    }
    let shown = world.get("clerk", &format!("/cases/{case}")).await;
    let shown: Value = serde_json::from_str(&shown.body).unwrap();
    assert_eq!(shown["recordings"], json!([]), "{shown}");
}

fn within_a_day() -> Timestamp {
    noonish() + 24.hours()
}

fn after_a_day() -> Timestamp {
    noonish() + 24.hours() + 1.second()
}

#[tokio::test]
async fn an_operator_hears_his_own_calls_for_a_day() {
    for (wall, status) in [(within_a_day as fn() -> Timestamp, 200), (after_a_day, 404)] {
        let world = World::open_at(wall).await;
        let (_, path) = recorded(&world);
        assert_eq!(hear(&world, "801", &path).await.status, status);
        assert_eq!(hear(&world, "clerk", &path).await.status, 200, "a clerk later, too");
    }
}

#[tokio::test]
async fn a_history_names_neither_the_call_nor_its_recording() {
    let world = World::open().await;
    let (case, _) = recorded(&world);
    for name in ["handler", "unit_leader", "801", "clerk"] {
        let history = world.get(name, &format!("/cases/{case}/history")).await;
        assert_eq!(history.status, 200, "{name}");
        assert!(history.body.contains("\"received\""), "{name}: {}", history.body);
        for hidden in [call_id(1).as_str(), ".wav", "sha256", "of the call"] {
            assert!(!history.body.contains(hidden), "{name}: {hidden} in {}", history.body);
        }
    }
}
