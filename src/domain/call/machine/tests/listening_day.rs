//! The day on which leaders listen (领导接听日).

use super::people::{staffed, taken};
use super::*;
use crate::domain::call::{Hours, ListeningDay, NextListeningDay, Tell};
use jiff::civil::time;

fn on(incoming: &mut Incoming, day: ListeningDay) {
    staffed(incoming);
    if let Seats::Open(duty) = &mut incoming.seats {
        duty.listening = Some(day);
    }
}

fn open(incoming: &mut Incoming) {
    on(incoming, ListeningDay::Open { title: Some("title.mayor".to_owned()) });
}

fn next() -> Option<NextListeningDay> {
    let hours = Hours { open: time(9, 0, 0, 0), close: time(11, 0, 0, 0) };
    Some(NextListeningDay { date: date(2026, 12, 15), hours })
}

#[test]
fn who_listens_is_told_after_the_notice_and_a_key_skips_it() {
    let mut talk = Talk::with(open);
    talk.hear();
    assert_snapshot!(talk.story(), @r"
    answer
    seek operators from Arrival
    say G01 G02
    say D01 D02 D03 G03
    music on
    ");
    let mut talk = Talk::with(|incoming| on(incoming, ListeningDay::Open { title: None }));
    talk.hear();
    assert!(talk.story().contains("say D01 D03 G03"));
}

#[test]
fn who_waits_for_the_leader_hears_his_place_among_those_who_do() {
    let mut talk = Talk::with(open);
    talk.hear().person("801").hear().story();
    talk.back_to("leaders").place(2, Some(10)).pass(20).place(0, None).pass(20);
    talk.give(taken("900", Tell::Leader("title.mayor".to_owned())));
    assert_snapshot!(talk.story(), @r"
    > person leaves
    seek leaders from Head
    music on
    > 20 s
    say D04
    say G04
    > 20 s
    say D04 Q04
    music off
    say over D05
    ");
}

#[test]
fn who_still_waits_when_the_window_ends_is_told_and_keeps_his_place() {
    let mut talk = Talk::with(open);
    talk.hear().person("801").hear().back_to("leaders").story();
    talk.place(5, None).pass(1).give(Input::ListeningOver(next())).place(2, Some(4)).pass(40);
    assert_snapshot!(talk.story(), @r"
    > 1 s
    say D04
    > 40 s
    say D06 D07
    say Q01 Q02 G04
    say Q04
    ");
}

#[test]
fn after_the_window_the_next_day_is_told_before_the_menu() {
    let mut talk = Talk::with(|incoming| on(incoming, ListeningDay::Over(next())));
    talk.hear();
    assert!(talk.story().contains("say D06 D07 G03"));
    let mut talk = Talk::with(open);
    talk.give(Input::ListeningOver(None)).hear();
    assert!(talk.story().contains("say D06 G03"), "the window ended under the greeting");
}

#[test]
fn the_next_listening_day_is_told_with_day_and_window() {
    let mut call = Talk::with(|incoming| on(incoming, ListeningDay::Over(next())));
    call.hear();
    let words = crate::domain::speech::plan(
        PromptId::D07,
        &[
            ("date", crate::domain::speech::Value::Date(date(2026, 12, 15))),
            ("wd", crate::domain::speech::Value::Date(date(2026, 12, 15))),
            ("open", crate::domain::speech::Value::Time(time(9, 0, 0, 0))),
            ("close", crate::domain::speech::Value::Time(time(11, 0, 0, 0))),
        ],
    );
    let said = super::super::super::words::say(&super::super::super::line::listening_over(next()));
    assert!(said.pieces.ends_with(&words.pieces), "{said:?}");
    assert!(words.pieces.len() > 8, "{words:?}");
}
