//! The hearing matrix against a model that is written the other way round: everybody hears
//! everybody, and then what must not be is struck out, sentence by sentence of the rules.

use super::super::hearing::hearing;
use super::super::party::{Line, Party, Watch, Who};
use super::*;
use crate::domain::desk::PartyKind;
use proptest::prelude::*;

#[derive(Debug, Clone)]
struct Drawn {
    up: bool,
    seat: bool,
    circle: u32,
    joined: bool,
    held: bool,
    muted: bool,
    deaf: bool,
    watch: Option<(bool, Option<u32>)>,
}

prop_compose! {
    fn drawn()(
        up in prop::bool::weighted(0.85),
        seat: bool,
        circle in 0_u32..3,
        joined in prop::bool::weighted(0.8),
        held in prop::bool::weighted(0.2),
        muted in prop::bool::weighted(0.2),
        deaf in prop::bool::weighted(0.2),
        watch in prop::option::weighted(0.25, (any::<bool>(), prop::option::of(0_u32..7))),
    ) -> Drawn {
        Drawn { up, seat, circle, joined, held, muted, deaf, watch: watch.filter(|_| seat) }
    }
}

fn party(at: usize, drawn: &Drawn) -> Party {
    let id = PartyId(u32::try_from(at).unwrap());
    let (kind, who) = if drawn.seat {
        (PartyKind::Seat, Who::Seat(card("801")))
    } else {
        (PartyKind::Outside, Who::Outside { number: phone("19900000055"), unit: None })
    };
    let line = if drawn.up { Line::Up } else { Line::Gone };
    let mut party = Party::new(id, kind, who, line);
    party.circle = drawn.circle;
    party.joined = drawn.joined;
    party.held = drawn.held;
    party.muted = drawn.muted;
    party.deaf = drawn.deaf;
    party.watch = drawn.watch.map(|(whispers, seat)| Watch { whispers, seat: seat.map(PartyId) });
    party
}

/// The model: a full square with what must not be heard struck out.
fn model(all: &[Drawn]) -> Vec<Vec<bool>> {
    let n = all.len();
    let mut square = vec![vec![true; n]; n];
    let mut strike = |rule: &dyn Fn(usize, usize) -> bool| {
        for (by, row) in square.iter_mut().enumerate() {
            for (of, heard) in row.iter_mut().enumerate() {
                *heard &= !rule(by, of);
            }
        }
    };
    let watching = |at: usize| all[at].watch.is_some();
    // The seat that a watcher watches, if it is there and takes part.
    let watched = |at: usize| {
        let seat = all[at].watch?.1?;
        let seat = usize::try_from(seat).unwrap();
        (seat < n && all[seat].up && !watching(seat)).then_some(seat)
    };
    strike(&|by, of| by == of);
    strike(&|by, of| !all[by].up || !all[of].up);
    strike(&|by, of| all[by].held || all[of].held);
    strike(&|by, _| all[by].deaf);
    strike(&|_, of| all[of].muted);
    strike(&|by, of| !watching(by) && !watching(of) && all[by].circle != all[of].circle);
    // Nobody hears a watcher, but the seat he whispers to.
    strike(&|by, of| match all[of].watch {
        Some((whispers, _)) => !whispers || watched(of) != Some(by),
        None => false,
    });
    // A watcher is where his seat is; without one he is on the floor.
    strike(&|by, of| {
        watching(by)
            && match watched(by) {
                Some(seat) => all[seat].held || all[of].circle != all[seat].circle,
                None => all[of].circle != 0,
            }
    });
    square
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn everybody_hears_whom_the_rules_name_and_no_one_else(
        all in prop::collection::vec(drawn(), 1..7)
    ) {
        let parties: Vec<Party> = all.iter().enumerate().map(|(at, d)| party(at, d)).collect();
        let square = model(&all);
        for (at, one) in parties.iter().enumerate() {
            let heard = hearing(&parties, one);
            let expected: Vec<PartyId> = (0..all.len())
                .filter(|&of| square[at][of])
                .map(|of| PartyId(u32::try_from(of).unwrap()))
                .collect();
            prop_assert_eq!(&heard.of, &expected, "party {}", at);
            prop_assert!(!heard.music || heard.of.is_empty());
        }
    }

    /// Nobody from outside sits in silence: he hears somebody, or music, or a line on which
    /// somebody is but does not speak.
    #[test]
    fn nobody_from_outside_waits_in_silence(all in prop::collection::vec(drawn(), 1..7)) {
        let parties: Vec<Party> = all.iter().enumerate().map(|(at, d)| party(at, d)).collect();
        for (one, drawn) in parties.iter().zip(&all).filter(|(_, d)| d.up && !d.seat) {
            let heard = hearing(&parties, one);
            let quiet = all.iter().enumerate().any(|(at, other)| {
                other.up && other.muted && !other.held && other.watch.is_none()
                    && other.circle == drawn.circle && parties[at].id != one.id
            });
            prop_assert!(!heard.of.is_empty() || heard.music || quiet);
        }
    }
}
