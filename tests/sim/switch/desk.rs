//! What the people at the model seats want, seeded, and the house they sit in.

use jiff::{Timestamp, ToSpan};
use mayorline::domain::calendar::Calendar;
use mayorline::domain::desk::{
    CallBackOutcome, DeskCommand, DeskRequest, Disposition, Outcome, PauseReason, SeatRole,
    Supervision, Target,
};
use mayorline::domain::dial_rules::DialRules;
use mayorline::domain::listening_day::{Leader, ListeningRules, Override, Roster};
use mayorline::domain::queue::{GroupRules, Members, QueueRules, Strategy};
use mayorline::gateway::clock::Now;
use mayorline::gateway::prompts::Library;
use mayorline::gateway::switch::{
    DutyUnit, LEADERS_GROUP, ListeningDays, Outgoing, Seat, Switch, SwitchConfig, Trunk,
};
use mayorline::proto::digest::{Algorithm, Secret};
use mayorline::proto::{
    Account, Binding, Endpoint, EndpointConfig, Flow, Transport, TrunkConfig, TrunkId,
};
use mayorline::units::{CallId, OfferId, PartyId, PhoneNumber, SeatNumber};
use rand::RngExt;
use rand::rngs::StdRng;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Seats of operators; the last one is a supervisor's.
pub(super) const SEATS: usize = 4;
/// Behind them the leader's, who takes calls within his window only.
pub(super) const LEADER: usize = SEATS;
/// The window, as seconds after the beginning.
pub(super) const WINDOW: (i64, i64) = (20, 80);
/// Calls at once in an ordinary house.
pub(super) const CALLS_MAX: usize = 60;
/// Ports of the seats' telephones.
pub(super) const SEAT_PORTS: u16 = 7_000;
/// The port that the first trunk leads to; the next ones follow.
pub(super) const TRUNK_PORT: u16 = 7_500;
/// Numbers that seats dial, each once: this and the number of the wish.
pub(super) const DIALLED_FROM: u64 = 19_900_003_000;
/// Of their wishes for a number so many are for one that is not dialled.
const ABROAD_PERCENT: u32 = 20;

pub(super) fn seat(index: usize) -> SeatNumber {
    SeatNumber::parse(&format!("80{}", index + 1)).unwrap()
}

fn number(digits: &str) -> PhoneNumber {
    PhoneNumber::parse(digits).unwrap()
}

pub(super) fn flow(port: u16) -> Flow {
    Flow {
        transport: Transport::Udp,
        local: SocketAddr::from(([127, 0, 0, 1], 5060)),
        remote: SocketAddr::from(([127, 0, 0, 1], port)),
        connection: 0,
    }
}

/// The switch of the house with its seats, telephones and trunk.
pub(super) fn switch(rng: &mut StdRng, prompts: Arc<Library>, now: Now) -> Switch {
    switch_where(rng, prompts, now, true)
}

/// What the houses of different seeds do not have in common.
pub(super) struct House {
    pub(super) limits: EndpointConfig,
    pub(super) trunks: Vec<Trunk>,
    pub(super) dialling: DialRules,
}

/// The same with limits, trunks and rules on numbers of its own.
pub(super) fn switch_of(rng: &mut StdRng, prompts: Arc<Library>, now: Now, house: House) -> Switch {
    furnished(rng, prompts, now, true, house)
}

/// The limits of an ordinary day: the callers of a seed find room.
pub(super) fn limits() -> EndpointConfig {
    EndpointConfig { calls_max: CALLS_MAX, ..EndpointConfig::default() }
}

/// Where a disposition is required before the next call, or is not.
pub(super) fn switch_where(
    rng: &mut StdRng,
    prompts: Arc<Library>,
    now: Now,
    disposition_required: bool,
) -> Switch {
    let trunk = TrunkConfig {
        id: TrunkId(0),
        flow: flow(TRUNK_PORT),
        domain: "carrier.example".to_owned(),
        registration: None,
        options_interval: None,
    };
    let trunks = vec![Trunk { config: trunk, credentials: None, asserts: false }];
    let house = House { limits: limits(), trunks, dialling: DialRules::default() };
    furnished(rng, prompts, now, disposition_required, house)
}

fn furnished(
    rng: &mut StdRng,
    prompts: Arc<Library>,
    now: Now,
    disposition_required: bool,
    house: House,
) -> Switch {
    let strategy = match rng.random_range(0..4) {
        0 => Strategy::RingAll,
        1 => Strategy::RoundRobin,
        _ => Strategy::LongestIdle,
    };
    let group = GroupRules { strategy, disposition_required, ..GroupRules::new("operators") };
    let leaders =
        GroupRules { members: Members::Listed(Vec::new()), ..GroupRules::new(LEADERS_GROUP) };
    let unit = DutyUnit {
        id: "unit.13".to_owned(),
        name: "城市管理局".to_owned(),
        phone: None,
        contacts: vec![number("19900000021"), number("19900000022")],
    };
    let config = SwitchConfig {
        gateway: "sim".into(),
        rules: Arc::default(),
        prompts,
        time_zone: zone(),
        advertised: None,
        queue: Arc::new(QueueRules::new(vec![group, leaders])),
        calendar: Arc::new(Calendar::built_in()),
        listening: listening(),
        warned: Vec::new(),
        duty_group: None,
        room: Arc::default(),
        dialling: house.dialling,
        units: vec![unit],
        outgoing: Outgoing {
            number: "053712345000".to_owned(),
            display: None,
            trunks: house.trunks,
        },
        page_address: [127, 0, 0, 1].into(),
        sign_in_code: None,
    };
    let endpoint = Endpoint::new(house.limits, rng.random());
    let mut switch = Switch::new(config, endpoint, rng.random(), now);
    switch.open_trunks(now, SocketAddr::from(([127, 0, 0, 1], 5060)));
    switch.set_seats(now, (0..=LEADER).map(configured).collect());
    for index in 0..=LEADER {
        switch.restore_bindings(now, seat(index), vec![binding(index, now)]);
    }
    switch
}

/// Today is a listening day, wherever the seed has put its beginning.
fn listening() -> ListeningDays {
    let begins = began().to_zoned(zone());
    let at = |seconds: i64| begins.saturating_add(seconds.seconds()).time();
    let (date, why) = (begins.date(), "simulated".to_owned());
    let rules = ListeningRules {
        window: (at(WINDOW.0), at(WINDOW.1)),
        overrides: vec![Override::Add { date, why }],
        ..ListeningRules::default()
    };
    let leader =
        Leader { title: "市长".to_owned(), seat: seat(LEADER), deputy: None, away: Vec::new() };
    let roster = Roster { begins: date, leaders: vec![leader], fixed: BTreeMap::new() };
    ListeningDays { rules, roster }
}

/// When every simulation begins.
pub(super) fn began() -> Timestamp {
    Timestamp::from_second(1_795_312_800).unwrap()
}

fn zone() -> jiff::tz::TimeZone {
    jiff::tz::TimeZone::get("Asia/Shanghai").unwrap()
}

pub(super) fn configured(index: usize) -> Seat {
    let secret = Secret::new(Algorithm::Sha256, seat(index).as_str(), "mayorline", "x");
    Seat {
        account: Account { seat: seat(index), sha256: secret, md5: None },
        name: "王芳".to_owned(),
        role: match index {
            LEADER => SeatRole::Leader,
            _ if index + 1 == SEATS => SeatRole::Supervisor,
            _ => SeatRole::Operator,
        },
        groups: Vec::new(),
        ready_when_reachable: true,
    }
}

fn binding(index: usize, now: Now) -> Binding {
    let port = SEAT_PORTS + u16::try_from(index).unwrap();
    Binding {
        contact: format!("sip:{}@127.0.0.1:{port}", seat(index)),
        flow: flow(port),
        call_id: format!("r{index}"),
        cseq: 1,
        expires_at: now.monotonic + Duration::from_secs(3_600),
        user_agent: None,
    }
}

/// Something that somebody at a seat wants, sensible or not.
pub(super) fn wish(
    id: u64,
    (call, offer): (Option<&str>, Option<OfferId>),
    owed: impl Fn(&SeatNumber) -> Option<CallId>,
    rng: &mut StdRng,
) -> DeskRequest {
    let offer = offer.unwrap_or_else(|| OfferId(rng.random_range(1..40)));
    let party = PartyId(rng.random_range(0..4));
    let on = rng.random();
    let call = call.and_then(|call| CallId::parse(call).ok());
    let command = match (rng.random_range(0..36), call) {
        (0..3, _) => DeskCommand::Ready,
        (3, _) => DeskCommand::Pause { reason: PauseReason::Break },
        (4, _) => DeskCommand::SignOut,
        (5, _) => DeskCommand::Decline { offer },
        (26..28, _) => DeskCommand::Answer { offer },
        (6, _) => DeskCommand::HangUp,
        (7, _) => DeskCommand::Hold { party, on },
        (8, _) => DeskCommand::Mute { party, on },
        (9, _) => DeskCommand::Drop { party },
        (10, _) => DeskCommand::Private { with: vec![party] },
        (11..14, _) => DeskCommand::Consult { target: target(id, rng) },
        (14..16, _) => DeskCommand::Join { party },
        (16, _) => DeskCommand::Leave,
        (17, _) => DeskCommand::HandOver { seat: seat(rng.random_range(0..=LEADER)) },
        (18, _) => DeskCommand::Transfer { target: target(id, rng) },
        (19, _) => DeskCommand::Complete { party },
        (20, Some(call)) => DeskCommand::Return { call },
        (21, Some(call)) => DeskCommand::Supervise { call, mode: Supervision::Listen },
        (22, Some(call)) => DeskCommand::Supervise { call, mode: Supervision::Barge },
        (28, Some(call)) => DeskCommand::Supervise { call, mode: Supervision::Whisper },
        (29, Some(call)) => DeskCommand::Supervise { call, mode: Supervision::Stop },
        (30, _) => DeskCommand::Deafen { party, on },
        (31, _) => DeskCommand::Keys { party, digits: "27#".to_owned() },
        (32..34, _) => DeskCommand::Secret { on },
        (34, _) => {
            let task = rng.random_range(1..3);
            DeskCommand::CallBackOutcome { task, outcome: CallBackOutcome::NoAnswer }
        }
        (23, _) => DeskCommand::CallBack { task: rng.random_range(1..9) },
        (24, _) => DeskCommand::Outcome { outcome: Outcome::Solved },
        (25, _) if on => {
            DeskCommand::Brief { text: "张先生，钢山街道，供暖".to_owned() }
        }
        _ => DeskCommand::WrapUp {
            call: None,
            disposition: Disposition::Answered,
            nature: None,
            summary: String::new(),
            unit: None,
        },
    };
    // A leader who calls back or returns rings himself, at any hour.
    let own = matches!(command, DeskCommand::CallBack { .. } | DeskCommand::Return { .. });
    let seats = if own { SEATS } else { LEADER + 1 };
    let index = match &command {
        DeskCommand::Supervise { .. } if on => SEATS - 1,
        _ => rng.random_range(0..seats),
    };
    let seat = seat(index);
    let command = match command {
        DeskCommand::WrapUp { disposition, nature, summary, unit, .. } if on => {
            DeskCommand::WrapUp { call: owed(&seat), disposition, nature, summary, unit }
        }
        other => other,
    };
    DeskRequest { seat, id, command }
}

fn target(id: u64, rng: &mut StdRng) -> Target {
    match rng.random_range(0..6) {
        0 => Target::Seat { seat: seat(rng.random_range(0..=LEADER)) },
        1 if rng.random() => Target::Group { group: LEADERS_GROUP.to_owned() },
        1 => Target::Group { group: "operators".to_owned() },
        2 | 4 if rng.random_range(0..100) < ABROAD_PERCENT => {
            Target::Outside { number: number("00852990000017") }
        }
        2 | 4 => Target::Outside { number: number(&(DIALLED_FROM + id).to_string()) },
        3 => Target::Emergency { number: number("110") },
        _ => Target::Unit { unit: "unit.13".to_owned() },
    }
}
