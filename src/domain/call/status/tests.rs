//! Every state and every deadline has its sentence.

use super::super::words::say;
use super::*;
use crate::domain::case::Voiced;
use crate::domain::speech::{Piece, Rendered};
use crate::units::{CaseNumber, PhoneNumber};
use jiff::civil::date;

fn status(state: State) -> CaseStatus {
    CaseStatus {
        number: CaseNumber::parse("26112200131").unwrap(),
        received_on: date(2026, 11, 22),
        nature: Some("nature.help".to_owned()),
        state,
        unit: Some("unit.07".to_owned()),
        round: 2,
        answered_directly: false,
        closed_on: Some(date(2026, 11, 25)),
        merged_into: CaseNumber::new(2026, 11, 20, 7),
        channel: Some("channel.petition".to_owned()),
        due: Some(Due { on: date(2026, 11, 27), today: date(2026, 11, 24), extended: None }),
        unit_phone: PhoneNumber::parse("05370000000").ok(),
        voiced: Voiced::default(),
    }
}

fn ids(status: &CaseStatus) -> String {
    say(&answer(status, true)).ids.join(" ")
}

fn clips(status: &CaseStatus) -> Vec<String> {
    let pieces = say(&answer(status, true)).pieces.into_iter();
    pieces
        .filter_map(|p| if let Piece::Clip(id) = p { Some(id.to_string()) } else { None })
        .collect()
}

#[test]
fn every_state_has_its_sentence() {
    for (state, expected) in [
        (State::Draft, "L07 ST00 DL08"),
        (State::Accepted, "L07 ST01 DL01 DL02 DL08"),
        (State::Classified, "L07 ST01 DL01 DL02 DL08"),
        (State::Consulting, "L07 ST02 DL01 DL02 DL08"),
        (State::LeaderReview, "L07 ST03 DL01 DL02 DL08"),
        (State::Assigned, "L07 ST04 DL01 DL02 DL08"),
        (State::Handling, "L07 ST05 DL01 DL02 DL08"),
        (State::Feedback, "L07 ST06 DL01 DL02 DL08"),
        (State::Callback, "L07 ST07 DL08"),
        (State::Redo, "L07 ST08 DL01 DL02 DL08"),
        (State::Closed, "L07 ST09 DL08"),
        (State::Archived, "L07 ST09 DL08"),
        (State::Kept, "L07 ST12 DL08"),
        (State::Circulated, "L07 ST11 DL08"),
        (State::Sealed, "L07N ST13"),
        (State::Declined, "L07 ST15N DL08"),
        (State::Merged, "L07 ST14 DL08"),
        (State::Withdrawn, "L07 ST16 DL08"),
    ] {
        assert_eq!(ids(&status(state)), expected, "{state:?}");
    }
}

#[test]
fn the_deadline_is_told_as_days_left_last_day_overdue_or_extended() {
    let told = |today, extended| {
        let due = Due { on: date(2026, 11, 27), today, extended };
        let case = CaseStatus { due: Some(due), unit_phone: None, ..status(State::Handling) };
        ids(&case).replace("L07 ST05 ", "")
    };
    assert_eq!(told(date(2026, 11, 22), None), "DL01 DL02");
    assert_eq!(told(date(2026, 11, 27), None), "DL01 DL03");
    assert_eq!(told(date(2026, 12, 31), None), "DL01 DL04N");
    assert_eq!(told(date(2026, 11, 22), Some("reason.weather")), "DL05 DL02");
    assert_eq!(told(date(2026, 11, 22), Some("reason.unheard")), "DL05N DL02");
}

#[test]
fn days_are_counted_across_months_and_spoken() {
    let due = Due { on: date(2026, 12, 2), today: date(2026, 11, 27), extended: None };
    let case = CaseStatus { due: Some(due), ..status(State::Handling) };
    let words = answer(&case, true);
    assert!(words.contains(&with(PromptId::DL02, "n", Value::Count(5))), "{words:?}");
}

#[test]
fn a_sealed_case_tells_neither_type_nor_unit_nor_day() {
    let spoken = clips(&status(State::Sealed));
    let telling = |id: &String| ["nature.", "unit.", "DL"].iter().any(|part| id.starts_with(part));
    assert!(!spoken.iter().any(telling), "{spoken:?}");
    assert!(clips(&status(State::Handling)).iter().any(telling));
}

#[test]
fn what_is_not_known_is_left_out_and_nothing_untrue_takes_its_place() {
    let bare = |state| CaseStatus {
        nature: None,
        unit: None,
        closed_on: None,
        merged_into: None,
        channel: None,
        due: None,
        unit_phone: None,
        ..status(state)
    };
    assert_eq!(ids(&bare(State::Closed)), "L07N ST09N");
    assert_eq!(ids(&bare(State::Merged)), "L07N ST14N");
    assert_eq!(ids(&bare(State::Declined)), "L07N ST15M");
    assert!(clips(&bare(State::Handling)).contains(&"unit.00".to_owned()));
    let direct = CaseStatus { answered_directly: true, ..bare(State::Closed) };
    assert_eq!(ids(&direct), "L07N ST10");
}

fn rendered(alaw: &[u8]) -> Rendered {
    Rendered { alaw: alaw.into(), slow: [alaw, alaw].concat().into() }
}

fn with_reply(state: State, reply: ReplyTold) -> CaseStatus {
    let voiced = Voiced { number: None, reply: Some(reply) };
    CaseStatus { voiced, unit_phone: None, ..status(state) }
}

#[test]
fn a_reply_is_heard_where_it_is_there_and_else_it_is_said_how_it_comes() {
    let spoken = |announced| ReplyTold::Spoken {
        sentences: vec![rendered(&[1; 160]), rendered(&[2; 320])],
        announced,
    };
    for state in [State::Callback, State::Closed, State::Archived] {
        let first = ids(&with_reply(state, spoken(true)));
        assert!(first.ends_with("DL11 DL06 TTS"), "{state:?}: {first}");
        assert!(ids(&with_reply(state, spoken(false))).ends_with("DL06 TTS"));
        for (reply, seats, said) in [
            (ReplyTold::ByText, true, "DL09"),
            (ReplyTold::ByPerson, true, "DL10"),
            (ReplyTold::ByPerson, false, "DL10N"),
        ] {
            let answer = say(&answer(&with_reply(state, reply), seats)).ids.join(" ");
            assert!(answer.ends_with(&format!(" {said}")), "{state:?}: {answer}");
        }
    }
    // A redo is under way: what was answered before is not told as the answer.
    for state in [State::Redo, State::Handling, State::Sealed, State::Withdrawn] {
        assert!(!ids(&with_reply(state, spoken(true))).contains("DL06"), "{state:?}");
    }
}

#[test]
fn the_sentences_of_an_engine_stand_apart_by_a_breath_and_last_as_long_as_slow_speech() {
    let sentences = vec![rendered(&[1; 160]), rendered(&[2; 320])];
    let plan = say(&[Sentence::Rendered(sentences.clone())]);
    let [Piece::Rendered(first), Piece::Pause(_), Piece::Rendered(second)] = &plan.pieces[..]
    else {
        panic!("{plan:?}");
    };
    assert_eq!((first, second), (&sentences[0], &sentences[1]));
    assert_eq!(plan.rendered_length(), std::time::Duration::from_millis(120));
    assert_eq!(format!("{first:?}"), "Rendered(160)", "nothing of it in a log");
}

#[test]
fn a_number_that_an_engine_said_takes_the_place_of_its_digits_but_not_under_seal() {
    let number = rendered(&[7; 800]);
    let told = |state| {
        let voiced = Voiced { number: Some(number.clone()), reply: None };
        let told = CaseStatus { voiced, unit_phone: None, ..status(state) };
        say(&answer(&told, true)).pieces
    };
    let digits = |piece: &Piece| matches!(piece, Piece::Clip(id) if id.starts_with("d."));
    let open = told(State::Assigned);
    assert!(open.contains(&Piece::Rendered(number.clone())) && !open.iter().any(digits));
    let sealed = told(State::Sealed);
    assert!(!sealed.contains(&Piece::Rendered(number.clone())) && sealed.iter().any(digits));
}
