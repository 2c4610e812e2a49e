//! Who hears whom, from nothing but where everybody stands.
//!
//! Parties of one circle hear each other. Who is held hears nobody and is heard by nobody. A watcher
//! hears what the seat hears that he watches, and that seat; only that seat hears his whisper. While
//! somebody is rung, the seat that wants him hears his line (ring tone, announcements).

use super::contract::Hearing;
use super::party::{FLOOR, Line, Party, Watch};
use crate::units::PartyId;

/// What `party` is to hear.
pub(super) fn hearing(parties: &[Party], party: &Party) -> Hearing {
    if party.line != Line::Up {
        return Hearing::default();
    }
    let of: Vec<PartyId> = parties
        .iter()
        .filter(|other| other.id != party.id && hears(parties, party, other))
        .map(|other| other.id)
        .collect();
    let music = of.is_empty() && wants_music(parties, party);
    Hearing { of, music }
}

fn hears(parties: &[Party], listener: &Party, speaker: &Party) -> bool {
    if listener.held || listener.deaf || speaker.held || speaker.muted {
        return false;
    }
    match (&listener.watch, &speaker.watch) {
        (None, None) if speaker.talks() => listener.circle == speaker.circle,
        (None, None) => hears_the_line(listener, speaker),
        (None, Some(watch)) => {
            speaker.line == Line::Up && watch.whispers && watch.seat == Some(listener.id)
        }
        (Some(watch), None) => speaker.talks() && watches(parties, watch, speaker),
        (Some(_), Some(_)) => false,
    }
}

/// Whether a watcher hears `speaker`: what his seat hears, or the floor while no seat is there.
fn watches(parties: &[Party], watch: &Watch, speaker: &Party) -> bool {
    let seat = watch.seat.and_then(|seat| parties.iter().find(|party| party.id == seat));
    match seat.filter(|seat| seat.talks()) {
        Some(seat) => !seat.held && seat.circle == speaker.circle,
        None => speaker.circle == FLOOR,
    }
}

/// Early media: the seat hears the line of whom it has rung, one way.
fn hears_the_line(seat: &Party, rung: &Party) -> bool {
    let Some(dial) = &rung.dial else { return false };
    let there = rung.line == Line::Asked || dial.rings;
    there && dial.by == Some(seat.id) && seat.circle == rung.circle && seat.is_operator()
}

/// Nobody waits in silence: who is held, hears nothing by order, or has nobody to talk to hears
/// music. A seat that waits for an answer or has muted itself knows why it is quiet.
fn wants_music(parties: &[Party], party: &Party) -> bool {
    if party.watch.is_some() {
        return false;
    }
    let company = parties.iter().any(|other| {
        other.id != party.id && other.talks() && !other.held && other.circle == party.circle
    });
    if party.card().is_some() {
        party.held || (!party.joined && !company)
    } else {
        party.held || party.deaf || !company
    }
}

/// Whether two parties hear each other now.
pub(super) fn hear_each_other(one: &Party, other: &Party) -> bool {
    one.hears.of.contains(&other.id) && other.hears.of.contains(&one.id)
}
