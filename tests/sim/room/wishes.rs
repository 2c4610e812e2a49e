//! What a seat may think of, sensible or not.

use super::house;
use super::shadow::Shadow;
use crate::dice::Dice;
use mayorline::domain::desk::{
    CallBackOutcome, DeskCommand, Disposition, Outcome, Supervision, Target,
};
use mayorline::units::{PartyId, PhoneNumber};

pub(super) fn command(dice: &mut Dice, shadow: &Shadow) -> DeskCommand {
    let party = party(dice, shadow);
    let on = dice.chance(500);
    let call = super::call_id();
    // Often enough somebody does the sensible thing.
    if let Some(party) = shadow.consulted()
        && dice.chance(250)
    {
        return DeskCommand::Join { party };
    }
    if shadow.guest().is_some() && dice.chance(150) {
        return DeskCommand::Leave;
    }
    match dice.weighted(&[3, 8, 5, 5, 4, 10, 22, 14, 6, 16, 5, 6, 6, 10, 2, 5, 10, 12, 2, 1]) {
        0 => DeskCommand::HangUp,
        1 => DeskCommand::Hold { party, on },
        2 => DeskCommand::Mute { party, on },
        3 => DeskCommand::Deafen { party, on },
        4 => DeskCommand::Drop { party },
        5 => {
            let many = dice.below(3);
            let with = (0..many).map(|_| self::party(dice, shadow)).collect();
            DeskCommand::Private { with }
        }
        6 => DeskCommand::Consult { target: target(dice) },
        7 => DeskCommand::Join { party },
        8 => DeskCommand::Leave,
        9 => DeskCommand::Return { call },
        10 => {
            DeskCommand::HandOver { seat: house::seat(dice.pick::<&str>(&["801", "802", "900"])) }
        }
        11 => DeskCommand::Transfer { target: target(dice) },
        12 => DeskCommand::Complete { party },
        13 => {
            use Supervision::{Barge, Listen, Stop, Whisper};
            let mode = *dice.pick(&[Listen, Whisper, Barge, Stop]);
            DeskCommand::Supervise { call, mode }
        }
        14 => DeskCommand::Keys { party, digits: "12#".to_owned() },
        15 => DeskCommand::Secret { on },
        16 => DeskCommand::Outcome { outcome: outcome(dice) },
        17 => wrap_up(dice),
        18 => DeskCommand::CallBackOutcome { task: 42, outcome: CallBackOutcome::WrongPerson },
        _ => DeskCommand::Ready,
    }
}

fn party(dice: &mut Dice, shadow: &Shadow) -> PartyId {
    let last = u64::from(shadow.last_party());
    let known = shadow.present();
    if known.is_empty() || dice.chance(100) {
        PartyId(u32::try_from(dice.below(last + 2)).unwrap())
    } else {
        *dice.pick(&known)
    }
}

fn target(dice: &mut Dice) -> Target {
    let number = |text: &str| PhoneNumber::parse(text).unwrap();
    match dice.below(12) {
        0..4 => Target::Unit { unit: "unit.07".to_owned() },
        4 => Target::Unit { unit: "unit.08".to_owned() },
        5 => Target::Seat { seat: house::seat(dice.pick::<&str>(&["801", "802", "803", "701"])) },
        6 => Target::Seat { seat: house::seat("900") },
        7 => Target::Outside { number: number(dice.pick::<&str>(&["19900000055", "19900000072"])) },
        8 => Target::Outside { number: number("008529990000") },
        9 => Target::Emergency { number: number("120") },
        10 => Target::Group { group: "legal".to_owned() },
        _ => Target::Unit { unit: "unit.99".to_owned() },
    }
}

fn outcome(dice: &mut Dice) -> Outcome {
    match dice.below(3) {
        0 => Outcome::Solved,
        1 => Outcome::Refused,
        _ => Outcome::Promised { by: jiff::civil::date(2026, 12, 1) },
    }
}

fn wrap_up(dice: &mut Dice) -> DeskCommand {
    let disposition = *dice.pick(&[
        Disposition::Answered,
        Disposition::ThreeWay,
        Disposition::Assigned,
        Disposition::LeaderReview,
    ]);
    let unit = dice.chance(500).then(|| "unit.08".to_owned());
    DeskCommand::WrapUp {
        call: dice.chance(500).then(super::call_id),
        disposition,
        nature: None,
        summary: "路灯不亮".to_owned(),
        unit,
    }
}
