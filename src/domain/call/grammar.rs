//! Any bytes as the life of a call: the body of the fuzz target `call_machine`, and of a property
//! test that runs it in every build.

use super::contract::{
    Action, Caller, EndedBy, Incoming, Input, Lookup, PlayId, RecordId, RecordingSummary,
    StoreReply, Ticket,
};
use super::machine::Call;
use super::people::{
    AfterPerson, Hours, ListeningDay, NextListeningDay, NoPerson, OnDuty, Place, Seats, Tell,
};
use super::rules::CallRules;
use crate::units::{CallId, CaseNumber, Digit, PhoneNumber, QueryCode, SeatNumber};
use jiff::civil::{Time, date};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The last numbers that the call gave out.
#[derive(Default)]
struct Seen {
    play: u32,
    record: u32,
    ticket: u32,
    finished: u32,
    /// A person is looked for.
    seeking: bool,
    /// A person is there.
    talking: bool,
}

/// What may be said over a talk (I12).
const OVER_TALK: [&str; 8] = ["G02", "G05", "D05", "X05", "X06N", "X08", "X13", "X14"];

/// Leads one call through the inputs that the bytes spell: two bytes are an input and the time
/// before it. After the last byte only timeouts follow.
///
/// # Panics
/// When the call does not end within its limit, or ends other than once.
pub fn drive(bytes: &[u8], start: Instant) {
    let rules = Arc::new(CallRules::default());
    let over_at = start + rules.longest() + rules.ending_max();
    let (mut now, mut seen) = (start, Seen::default());
    let mut call = Call::new(rules, incoming(bytes.first().copied().unwrap_or(0)), start);
    drain(&mut call, &mut seen);
    for pair in bytes.chunks_exact(2) {
        now += Duration::from_millis(u64::from(pair[1]) * 40);
        while let Some(at) = call.poll_timeout().filter(|&at| at <= now) {
            call.handle(at, Input::Timeout);
            drain(&mut call, &mut seen);
        }
        let input = input(pair[0], &seen);
        seen.told(&input);
        call.handle(now, input);
        drain(&mut call, &mut seen);
    }
    while let Some(at) = call.poll_timeout() {
        assert!(at <= over_at, "C6: a call ends within its limit");
        call.handle(at, Input::Timeout);
        drain(&mut call, &mut seen);
    }
    assert!(call.is_over() && seen.finished == 1, "C2: a call is accounted for once");
}

impl Seen {
    /// Follows what the people do.
    fn told(&mut self, input: &Input) {
        match input {
            Input::Person { .. } if self.seeking => {
                (self.seeking, self.talking) = (false, true);
            }
            Input::NobodyComes(_) => self.seeking = false,
            Input::PersonGone(_) => self.talking = false,
            _ => {}
        }
    }

    /// Ends the search (I13).
    fn ended(&mut self) {
        assert!(std::mem::take(&mut self.seeking), "I13: a search ends once");
    }
}

fn drain(call: &mut Call, seen: &mut Seen) {
    while let Some(action) = call.poll_action() {
        assert_eq!(seen.finished, 0, "C2: nothing follows the account");
        match action {
            Action::Play { play, .. } | Action::Replay { play, .. } => {
                assert!(!seen.talking, "I12: a talk is not played into");
                seen.play = play.0;
            }
            Action::PlayOver { play, plan, .. } => {
                assert!(plan.ids.iter().all(|id| OVER_TALK.contains(id)), "I12: {:?}", plan.ids);
                seen.play = play.0;
            }
            Action::Seek { .. } => {
                assert!(!seen.seeking && !seen.talking, "I13: one search at a time");
                seen.seeking = true;
            }
            Action::StopSeeking(_) | Action::KeepPlace(_) => seen.ended(),
            Action::Record { record, .. } => seen.record = record.0,
            Action::Store(ticket, _) => seen.ticket = ticket.0,
            Action::Finish(_) => {
                assert!(!seen.seeking, "I13: a search ends");
                seen.finished += 1;
            }
            _ => {}
        }
    }
}

/// The input of a byte. Ids are mostly the last ones given out, sometimes older.
fn input(byte: u8, seen: &Seen) -> Input {
    let back = u32::from(byte >> 6);
    let reply = |reply| Input::Stored(Ticket(seen.ticket.saturating_sub(back)), reply);
    let record = RecordId(seen.record.saturating_sub(back));
    match byte & 0x3F {
        key @ 0..=31 => Digit::from_event(key & 0x0F).map_or(Input::Timeout, Input::Digit),
        32..=41 => Input::PlayDone(PlayId(seen.play.saturating_sub(back))),
        42 | 43 => Input::Confirmed,
        44..=47 => Input::Recorded(record, summary(u64::from(byte >> 4))),
        48 => Input::RecordFailed(record),
        49 | 50 => reply(StoreReply::Opened {
            number: CaseNumber::new(2026, 11, 22, 1 + u16::from(byte)),
            code: QueryCode::new(u16::from(byte)),
        }),
        51 => reply(StoreReply::Opened { number: None, code: None }),
        52 => reply(StoreReply::Unavailable),
        53 => reply(StoreReply::LookedUp(Lookup::Wrong)),
        54 => reply(StoreReply::LookedUp(Lookup::Locked)),
        55 => Input::MediaLost,
        56 => Input::Drain,
        57 => Input::HungUp(EndedBy::Citizen),
        58 => Input::HungUp(EndedBy::Service),
        59 | 60 => Input::Person {
            seat: SeatNumber::parse("801").ok().filter(|_| back > 0),
            tell: match back {
                1 => Tell::Leader("title.mayor".to_owned()),
                2 => Tell::Nothing,
                _ => Tell::Seat,
            },
        },
        61 => Input::Place(Place { ahead: back, minutes: (seen.play & 1 == 0).then_some(back) }),
        62 => Input::PersonGone(match back {
            0 => AfterPerson::Survey,
            1 => AfterPerson::Goodbye,
            _ => AfterPerson::Wait { group: None, leader: back == 3 },
        }),
        _ if back == 0 => Input::NobodyComes(NoPerson::Absent),
        _ if back == 3 => Input::NobodyComes(NoPerson::TooMany),
        _ if back == 1 => Input::ListeningOver(next_day()),
        _ => Input::Timeout,
    }
}

fn hours() -> Hours {
    Hours { open: Time::constant(9, 0, 0, 0), close: Time::constant(11, 0, 0, 0) }
}

fn next_day() -> Option<NextListeningDay> {
    Some(NextListeningDay { date: date(2026, 12, 1), hours: hours() })
}

fn seats(byte: u8) -> Seats {
    let listening = match byte >> 3 & 7 {
        0 | 5 => return Seats::None,
        2 => return Seats::Closed { hours: Some(hours()), duty: Some("duty".to_owned()) },
        3 => return Seats::Closed { hours: None, duty: None },
        4 => Some(ListeningDay::Open { title: Some("title.mayor".to_owned()) }),
        1 => Some(ListeningDay::Over(next_day())),
        _ => None,
    };
    let (holiday, brief) = (byte & 0x40 != 0, byte & 0x80 != 0);
    Seats::Open(OnDuty { group: "g".to_owned(), holiday, brief, listening })
}

fn summary(seconds: u64) -> RecordingSummary {
    let speech = Duration::from_secs(seconds);
    RecordingSummary { file: "f.wav".to_owned(), duration: speech, speech, sha256: [0; 32] }
}

fn incoming(byte: u8) -> Incoming {
    let number = PhoneNumber::parse("19900000017").ok().filter(|_| byte & 1 == 0);
    Incoming {
        call: CallId::new("g1", 0, 1),
        caller: Caller { number, display: None },
        called: "12345".to_owned(),
        at: jiff::Timestamp::UNIX_EPOCH,
        seats: seats(byte),
        store_up: byte & 6 != 0,
    }
}

#[cfg(test)]
#[path = "../../../tests/fuzz/campaign.rs"]
mod campaign;

#[cfg(test)]
mod tests {
    use super::campaign;
    use proptest::prelude::*;

    #[test]
    #[allow(clippy::disallowed_methods)] // the origin of a virtual clock
    fn the_seeds_of_the_call_machine_and_their_mutations_lead_a_call_to_its_end() {
        campaign::run("call_machine", |bytes| {
            super::drive(bytes, std::time::Instant::now());
            true
        });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]
        #[test]
        fn any_bytes_lead_a_call_to_its_end(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            #[allow(clippy::disallowed_methods)] // the origin of a virtual clock
            super::drive(&bytes, std::time::Instant::now());
        }
    }
}
