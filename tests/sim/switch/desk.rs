//! What the people at the model seats want, seeded, and the house they sit in.

use mayorline::domain::calendar::Calendar;
use mayorline::domain::desk::{
    DeskCommand, DeskRequest, Disposition, Outcome, PauseReason, SeatRole, Supervision, Target,
};
use mayorline::domain::dial_rules::DialRules;
use mayorline::domain::queue::{GroupRules, QueueRules, Strategy};
use mayorline::gateway::clock::Now;
use mayorline::gateway::prompts::Library;
use mayorline::gateway::switch::{DutyUnit, Outgoing, Seat, Switch, SwitchConfig, Trunk};
use mayorline::proto::digest::{Algorithm, Secret};
use mayorline::proto::{
    Account, Binding, Endpoint, EndpointConfig, Flow, Transport, TrunkConfig, TrunkId,
};
use mayorline::units::{OfferId, PartyId, PhoneNumber, SeatNumber};
use rand::RngExt;
use rand::rngs::StdRng;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Seats of the house; the last one is a supervisor's.
pub(super) const SEATS: usize = 4;
/// Ports of the seats' telephones.
pub(super) const SEAT_PORTS: u16 = 7_000;
/// The port that the trunk leads to.
pub(super) const TRUNK_PORT: u16 = 7_500;

pub(super) fn seat(index: usize) -> SeatNumber {
    SeatNumber::parse(&format!("80{}", index + 1)).unwrap()
}

fn number(digits: &str) -> PhoneNumber {
    PhoneNumber::parse(digits).unwrap()
}

fn flow(port: u16) -> Flow {
    Flow {
        transport: Transport::Udp,
        local: SocketAddr::from(([127, 0, 0, 1], 5060)),
        remote: SocketAddr::from(([127, 0, 0, 1], port)),
        connection: 0,
    }
}

/// The switch of the house with its seats, telephones and trunk.
pub(super) fn switch(rng: &mut StdRng, prompts: Arc<Library>, now: Now) -> Switch {
    let strategy = match rng.random_range(0..4) {
        0 => Strategy::RingAll,
        1 => Strategy::RoundRobin,
        _ => Strategy::LongestIdle,
    };
    let group = GroupRules { strategy, ..GroupRules::new("operators") };
    let trunk = TrunkConfig {
        id: TrunkId(0),
        flow: flow(TRUNK_PORT),
        domain: "carrier.example".to_owned(),
        registration: None,
        options_interval: None,
    };
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
        time_zone: jiff::tz::TimeZone::get("Asia/Shanghai").unwrap(),
        advertised: None,
        queue: Arc::new(QueueRules::new(vec![group])),
        calendar: Arc::new(Calendar::built_in()),
        room: Arc::default(),
        dialling: DialRules::default(),
        units: vec![unit],
        outgoing: Outgoing {
            number: "053712345000".to_owned(),
            display: None,
            trunks: vec![Trunk { config: trunk, credentials: None, asserts: false }],
        },
        page_address: [127, 0, 0, 1].into(),
    };
    let endpoint = EndpointConfig { calls_max: 60, ..EndpointConfig::default() };
    let endpoint = Endpoint::new(endpoint, rng.random());
    let mut switch = Switch::new(config, endpoint, rng.random(), now);
    switch.open_trunks(now, SocketAddr::from(([127, 0, 0, 1], 5060)));
    switch.set_seats(now, (0..SEATS).map(configured).collect());
    for index in 0..SEATS {
        switch.restore_bindings(now, seat(index), vec![binding(index, now)]);
    }
    switch
}

pub(super) fn configured(index: usize) -> Seat {
    let secret = Secret::new(Algorithm::Sha256, seat(index).as_str(), "mayorline", "x");
    let last = index + 1 == SEATS;
    Seat {
        account: Account { seat: seat(index), sha256: secret, md5: None },
        name: "王芳".to_owned(),
        role: if last { SeatRole::Supervisor } else { SeatRole::Operator },
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
    rng: &mut StdRng,
) -> DeskRequest {
    let offer = offer.unwrap_or_else(|| OfferId(rng.random_range(1..40)));
    let party = PartyId(rng.random_range(0..4));
    let on = rng.random();
    let call = call.and_then(|call| mayorline::units::CallId::parse(call).ok());
    let command = match (rng.random_range(0..28), call) {
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
        (11..14, _) => DeskCommand::Consult { target: target(rng) },
        (14..16, _) => DeskCommand::Join { party },
        (16, _) => DeskCommand::Leave,
        (17, _) => DeskCommand::HandOver { seat: seat(rng.random_range(0..SEATS)) },
        (18, _) => DeskCommand::Transfer { target: target(rng) },
        (19, _) => DeskCommand::Complete { party },
        (20, Some(call)) => DeskCommand::Return { call },
        (21, Some(call)) => DeskCommand::Supervise { call, mode: Supervision::Listen },
        (22, Some(call)) => DeskCommand::Supervise { call, mode: Supervision::Barge },
        (23, _) => DeskCommand::CallBack { task: rng.random_range(1..9) },
        (24, _) => DeskCommand::Outcome { outcome: Outcome::Solved },
        _ => DeskCommand::WrapUp {
            disposition: Disposition::Answered,
            nature: None,
            summary: String::new(),
            unit: None,
        },
    };
    DeskRequest { seat: seat(rng.random_range(0..SEATS)), id, command }
}

fn target(rng: &mut StdRng) -> Target {
    match rng.random_range(0..6) {
        0 => Target::Seat { seat: seat(rng.random_range(0..SEATS)) },
        1 => Target::Group { group: "operators".to_owned() },
        2 => Target::Outside { number: number("13900000033") },
        3 => Target::Emergency { number: number("110") },
        _ => Target::Unit { unit: "unit.13".to_owned() },
    }
}
