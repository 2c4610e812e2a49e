//! Invented people. Each name says that it is invented, and no number can belong to anybody.

use super::MARK;
use super::dice::Dice;
use crate::domain::case::{Actor, Role};
use crate::units::{PhoneNumber, SeatNumber};

const SURNAMES: [&str; 40] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林",
    "何", "郭", "马", "罗", "梁", "宋", "郑", "谢", "韩", "唐", "冯", "于", "董", "萧", "程", "曹",
    "袁", "邓", "许", "傅", "沈", "曾", "彭", "孟",
];

const GIVEN: [&str; 40] = [
    "建华", "桂英", "秀兰", "志强", "玉梅", "海燕", "立新", "春生", "淑芬", "永刚", "晓东", "红霞",
    "德才", "凤英", "大勇", "文静", "金山", "雪梅", "保国", "爱华", "成林", "月娥", "长河", "青松",
    "广平", "素珍", "明远", "家兴", "冬梅", "守义", "新民", "庆丰", "兰芝", "福田", "传宝", "佳慧",
    "振国", "玉泉", "景云", "乐天",
];

/// Names that the two tables can give.
const NAMES: u64 = 1_600;
/// Posts of one unit or town that have names of their own.
const POSTS: u64 = 9;
/// The names from here on are those of the centre; no unit has so many people.
const CENTRE: u64 = 1_400;
/// The names from here on are those of the city's leaders, in the order of the directory.
const LEADERS: u64 = 1_450;
/// The mayor's place among them: it is he who listens and instructs.
const MAYOR: u64 = 1;
/// Numbers 1990000xxxx.
const PHONES: u64 = 10_000;

/// The n-th invented name.
pub(super) fn name(n: u64) -> String {
    let n = n % NAMES;
    let (surname, given) = (n % 40, (n / 40 + n * 7) % 40);
    let of = |table: &[&'static str; 40], at| {
        usize::try_from(at).ok().and_then(|at| table.get(at)).copied().unwrap_or_default()
    };
    format!("{}{}{MARK}", of(&SURNAMES, surname), of(&GIVEN, given))
}

/// The n-th invented mobile number.
pub(super) fn mobile(n: u64) -> Option<PhoneNumber> {
    PhoneNumber::parse(&format!("1990000{:04}", n % PHONES)).ok()
}

/// The n-th invented fixed line, as it is written in a table.
pub(super) fn fixed_line(n: u64) -> String {
    format!("0537-0000{:03}", n % 1_000)
}

/// The n-th of the city's leaders.
pub(super) fn leader(n: u64) -> String {
    name(LEADERS + n)
}

/// Who holds a post of the n-th unit or town: head, deputy, section, handler, others.
pub(super) fn of_office(n: u64, post: u64) -> String {
    name(n * POSTS + post)
}

/// The operators' seats.
const SEATS: [&str; 4] = ["801", "802", "803", "804"];
/// The leader's seat on listening days.
const LEADER_SEAT: &str = "888";

/// An operator's seat.
pub(super) fn seat(dice: &mut Dice) -> Option<SeatNumber> {
    dice.pick(&SEATS).and_then(|seat| SeatNumber::parse(seat).ok())
}

/// The leader's seat.
pub(super) fn leader_seat() -> Option<SeatNumber> {
    SeatNumber::parse(LEADER_SEAT).ok()
}

/// Who acts in the centre and for the city. One person a role: the same person in every case of it.
pub(super) fn of_centre(role: Role) -> Actor {
    if role == Role::CityLeader {
        return Actor::new(&leader(MAYOR), role, None);
    }
    let n = match role {
        Role::Clerk => 0,
        Role::MessageClerk => 1,
        Role::Supervisor => 2,
        Role::CallbackAgent => 3,
        Role::Director => 4,
        Role::Liaison => 5,
        Role::Host => 6,
        Role::VillageOfficer => 7,
        _ => 8,
    };
    Actor::new(&name(CENTRE + n), role, None)
}

/// Who acts for a unit.
pub(super) fn of_unit(role: Role, unit: &str) -> Actor {
    let number: u64 = unit.trim_start_matches("unit.").parse().unwrap_or(0);
    let post = match role {
        Role::UnitLeader => 1,
        Role::UnitContact => 2,
        _ => 3,
    };
    Actor::new(&of_office(number, post), role, Some(unit))
}

/// An operator, known by his seat.
pub(super) fn operator(seat: &SeatNumber) -> Actor {
    Actor::new(seat.as_str(), Role::Operator, None)
}
