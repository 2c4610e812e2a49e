//! Seats register and prove themselves; strangers learn nothing.

use super::harness::{Ask, Line, udp};
use mayorline::proto::digest::{Algorithm, Secret};
use mayorline::proto::{Account, EndpointConfig, Event, FAILURES_MAX, LOCK_SECONDS};
use mayorline::units::SeatNumber;
use md5::Md5;
use sha2::{Digest as _, Sha256};

const PASSWORD: &str = "ein gutes 密码";

pub(super) fn seat(number: &str) -> SeatNumber {
    SeatNumber::parse(number).unwrap()
}

pub(super) fn account(number: &str, with_md5: bool) -> Account {
    let secret = |algorithm| Secret::new(algorithm, number, "mayorline", PASSWORD);
    let md5 = with_md5.then(|| secret(Algorithm::Md5));
    Account { seat: seat(number), sha256: secret(Algorithm::Sha256), md5 }
}

pub(super) fn line() -> Line {
    let mut line = Line::new();
    line.endpoint.set_accounts(vec![account("801", true), account("802", false)]);
    line
}

pub(super) fn hash(md5: bool, text: &str) -> String {
    let bytes = if md5 { Md5::digest(text).to_vec() } else { Sha256::digest(text).to_vec() };
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a phone needs to prove itself.
#[derive(Clone)]
pub(super) struct Proof {
    pub(super) user: &'static str,
    pub(super) password: &'static str,
    pub(super) md5: bool,
    pub(super) nonce: String,
    pub(super) count: u32,
}

impl Proof {
    pub(super) fn of(user: &'static str, nonce: &str) -> Self {
        Self { user, password: PASSWORD, md5: false, nonce: nonce.to_owned(), count: 1 }
    }

    /// For a REGISTER.
    pub(super) fn field(&self) -> String {
        self.field_for("REGISTER", "sip:127.0.0.1")
    }

    /// RFC 7616 §3.4.
    pub(super) fn field_for(&self, method: &str, uri: &str) -> String {
        let Self { user, password, md5, nonce, count } = self;
        let secret = hash(*md5, &format!("{user}:mayorline:{password}"));
        let request = hash(*md5, &format!("{method}:{uri}"));
        let response = hash(*md5, &format!("{secret}:{nonce}:{count:08x}:cn:auth:{request}"));
        let name = if *md5 { "MD5" } else { "SHA-256" };
        format!(
            "Authorization: Digest username=\"{user}\", realm=\"mayorline\", nonce=\"{nonce}\", \
             uri=\"{uri}\", algorithm={name}, response=\"{response}\", qop=auth, \
             nc={count:08x}, cnonce=\"cn\""
        )
    }
}

fn register(number: &str, cseq: u32, expires: u32) -> Ask {
    let mut ask = Ask::new("REGISTER", "phone", cseq)
        .field(&format!("Contact: <sip:{number}@127.0.0.2:5070>"))
        .field(&format!("Expires: {expires}"));
    ask.uri = "sip:127.0.0.1".to_owned();
    ask.to_user = Some(number.to_owned());
    ask
}

fn nonce_of(line: &mut Line, ask: &Ask) -> String {
    let answer = line.answer_to(ask);
    assert_eq!(answer.status, 401);
    let challenges: Vec<&str> = answer.headers.values("WWW-Authenticate").collect();
    assert!(challenges[0].contains("SHA-256") && challenges[1].contains("MD5"), "RFC 8760 §2.4");
    parameter(challenges[0], "nonce")
}

pub(super) fn parameter(challenge: &str, name: &str) -> String {
    let (_, rest) = challenge.split_once(&format!("{name}=\"")).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

fn bindings(line: &Line) -> Vec<(String, usize)> {
    let told = line.events.iter().filter_map(|event| match event {
        Event::Registered { seat, bindings } => Some((seat.to_string(), bindings.len())),
        _ => None,
    });
    told.collect()
}

/// Registers 801 and gives the nonce.
pub(super) fn registered(line: &mut Line, expires: u32) -> String {
    let nonce = nonce_of(line, &register("801", 1, expires));
    let proof = Proof::of("801", &nonce).field();
    let answer = line.answer_to(&register("801", 2, expires).field(&proof));
    assert_eq!(answer.status, 200);
    nonce
}

#[test]
fn a_phone_registers_is_listed_refreshed_and_goes() {
    let mut line = line();
    let nonce = registered(&mut line, 600);
    assert_eq!(bindings(&line), [("801".to_owned(), 1)]);
    let binding = &line.endpoint.bindings(&seat("801"))[0];
    assert_eq!((binding.contact.as_str(), binding.flow), ("sip:801@127.0.0.2:5070", line.flow));
    line.pass(100_000);
    let again = Proof { count: 2, ..Proof::of("801", &nonce) }.field();
    let answer = line.answer_to(&register("801", 3, 600).field(&again));
    let listed = answer.headers.get("Contact").unwrap();
    assert_eq!(listed, "<sip:801@127.0.0.2:5070>;expires=600");
    assert_eq!(bindings(&line).len(), 1, "a refresh is no change");
    let query = Proof { count: 3, ..Proof::of("801", &nonce) }.field();
    let asked = line.answer_to(&register("801", 4, 600).without("Contact").field(&query));
    assert_eq!((asked.status, asked.headers.values("Contact").count()), (200, 1));
    let leave = Proof { count: 4, ..Proof::of("801", &nonce) }.field();
    assert_eq!(line.answer_to(&register("801", 5, 0).field(&leave)).status, 200);
    assert_eq!(bindings(&line).last(), Some(&("801".to_owned(), 0)));
    line.assert_quiet();
}

#[test]
fn a_registration_that_is_not_refreshed_ends() {
    let mut line = line();
    registered(&mut line, 60);
    line.pass(59_000);
    assert_eq!(line.endpoint.bindings(&seat("801")).len(), 1);
    line.pass(1_500);
    assert_eq!(bindings(&line), [("801".to_owned(), 1), ("801".to_owned(), 0)]);
    line.assert_quiet();
}

#[test]
fn a_phone_behind_a_stream_is_gone_with_its_connection() {
    let mut line = line().over_tcp(7);
    registered(&mut line, 600);
    line.endpoint.connection_closed(line.now, 7);
    line.drain();
    assert_eq!(bindings(&line).last(), Some(&("801".to_owned(), 0)));
}

#[test]
fn too_short_a_registration_is_refused_with_the_shortest() {
    let mut line = line();
    let nonce = nonce_of(&mut line, &register("801", 1, 30));
    let proof = Proof::of("801", &nonce).field();
    let answer = line.answer_to(&register("801", 2, 30).field(&proof));
    assert_eq!((answer.status, answer.headers.get("Min-Expires")), (423, Some("60")));
}

#[test]
fn a_star_takes_all_away_and_only_with_expires_zero() {
    let mut line = line();
    let nonce = registered(&mut line, 600);
    for (cseq, expires, status) in [(3, 600, 400), (4, 0, 200)] {
        let proof = Proof { count: cseq, ..Proof::of("801", &nonce) }.field();
        let ask = register("801", cseq, expires).without("Contact").field("Contact: *");
        assert_eq!(line.answer_to(&ask.field(&proof)).status, status);
    }
    assert!(line.endpoint.bindings(&seat("801")).is_empty());
}

#[test]
fn a_seat_binds_phones_to_nobody_but_itself() {
    let mut line = line();
    let nonce = nonce_of(&mut line, &register("802", 1, 600));
    let proof = Proof::of("801", &nonce).field();
    assert_eq!(line.answer_to(&register("802", 2, 600).field(&proof)).status, 403);
    assert!(bindings(&line).is_empty());
}

#[test]
fn md5_is_taken_where_the_seat_has_it_and_not_where_it_has_sha_256_only() {
    for (number, user, status) in [("801", "801", 200), ("802", "802", 401)] {
        let mut line = line();
        let nonce = nonce_of(&mut line, &register(number, 1, 600));
        let proof = Proof { md5: true, ..Proof::of(user, &nonce) }.field();
        assert_eq!(line.answer_to(&register(number, 2, 600).field(&proof)).status, status);
    }
}

/// Some phones end a registration at a challenge that they do not know, wherever it stands.
#[test]
fn a_house_may_ask_for_one_algorithm_alone() {
    for (md5, name) in [(true, "MD5"), (false, "SHA-256")] {
        let algorithm = if md5 { Algorithm::Md5 } else { Algorithm::Sha256 };
        let only = EndpointConfig { algorithms: vec![algorithm], ..EndpointConfig::default() };
        let mut line = Line::with(only);
        line.endpoint.set_accounts(vec![account("801", true)]);
        let answer = line.answer_to(&register("801", 1, 600));
        let challenges: Vec<&str> = answer.headers.values("WWW-Authenticate").collect();
        assert_eq!(challenges.len(), 1);
        assert!(challenges[0].contains(&format!("algorithm={name}")), "{}", challenges[0]);
        let nonce = parameter(challenges[0], "nonce");
        let other = Proof { md5: !md5, ..Proof::of("801", &nonce) }.field();
        let refused = line.answer_to(&register("801", 2, 600).field(&other));
        assert_eq!(refused.status, 401, "what was not asked for proves nothing");
        let proof = Proof { md5, ..Proof::of("801", &nonce) }.field();
        assert_eq!(line.answer_to(&register("801", 3, 600).field(&proof)).status, 200);
    }
}

#[test]
fn a_proof_is_good_once_and_a_nonce_for_its_lifetime() {
    let mut line = line();
    let nonce = registered(&mut line, 600);
    let replay = Proof::of("801", &nonce).field();
    let answer = line.answer_to(&register("801", 3, 600).branch("r1").field(&replay));
    assert_eq!(answer.status, 401, "the same count a second time");
    assert!(
        answer.headers.get("WWW-Authenticate").unwrap().contains("stale=true"),
        "the password was right: a phone whose requests overtook each other asks nobody for it"
    );
    assert_eq!(bindings(&line).len(), 1, "a replay does nothing");
    line.pass(301_000);
    let late = Proof { count: 2, ..Proof::of("801", &nonce) }.field();
    let answer = line.answer_to(&register("801", 4, 600).branch("r2").field(&late));
    assert_eq!(answer.status, 401);
    assert!(answer.headers.get("WWW-Authenticate").unwrap().contains("stale=true"));
    let forged = Proof::of("801", &format!("{}0", &nonce[..nonce.len() - 1])).field();
    let answer = line.answer_to(&register("801", 5, 600).branch("r3").field(&forged));
    assert_eq!(answer.status, 401, "a nonce that is not ours");
}

#[test]
fn strangers_cannot_tell_a_number_that_exists_from_one_that_does_not() {
    let answers: Vec<String> = ["801", "899"]
        .into_iter()
        .map(|number| {
            let mut line = line();
            let user: &'static str = number;
            let nonce = nonce_of(&mut line, &register(number, 1, 600));
            let guess = Proof { password: "12345678", ..Proof::of(user, &nonce) };
            let ask = register(number, 2, 600).field(&guess.field());
            let answer = line.answer_to(&ask);
            let text = String::from_utf8(answer.to_bytes()).unwrap();
            let (tag, fresh) = (line.tag(), answer.headers.get("WWW-Authenticate").unwrap());
            text.replace(&tag, "T").replace(&parameter(fresh, "nonce"), "N").replace(number, "X")
        })
        .collect();
    assert_eq!(answers[0], answers[1]);
    assert!(answers[0].starts_with("SIP/2.0 401 "));
}

#[test]
fn five_wrong_passwords_lock_the_guesser_and_not_the_seats_own_phone() {
    let mut line = line();
    let guess = |line: &mut Line, cseq: u32, password| {
        let nonce = nonce_of(line, &register("801", cseq * 2, 600));
        let proof = Proof { password, ..Proof::of("801", &nonce) }.field();
        line.answer_to(&register("801", cseq * 2 + 1, 600).field(&proof)).status
    };
    for cseq in 1..=FAILURES_MAX {
        assert_eq!(guess(&mut line, cseq, "12345678"), 401);
    }
    assert_eq!(guess(&mut line, 20, PASSWORD), 401, "locked, whatever it knows by now");
    let own = udp("127.0.0.9:5070");
    let stranger = std::mem::replace(&mut line.flow, own);
    assert_eq!(guess(&mut line, 30, PASSWORD), 200, "the phone of the seat is elsewhere");
    line.flow = stranger;
    line.pass(LOCK_SECONDS * 1_000);
    assert_eq!(guess(&mut line, 40, PASSWORD), 200, "the lock ends");
}

#[test]
fn guessers_are_answered_no_more_after_a_while_and_challenges_cost_no_memory() {
    let mut line = line();
    let mut answered = 0;
    for cseq in 1..=1_000 {
        answered += line.statuses(&register("801", cseq, 600)).len();
    }
    assert_eq!(answered, 30, "refusals_per_source_minute_max");
    assert_eq!(line.endpoint.counts(), Default::default());
}

/// Sixty telephones behind one address ask at the same instant, and again as RFC 3261 §17.1.2.2 says
/// while they hear nothing; each proves itself as soon as it is asked to.
#[test]
fn sixty_telephones_behind_one_address_register_at_once() {
    const PHONES: u16 = 60;
    let mut line = line();
    let numbers: Vec<&'static str> =
        (0..PHONES).map(|at| &*format!("{}", 8_100 + at).leak()).collect();
    line.endpoint.set_accounts(numbers.iter().map(|number| account(number, false)).collect());
    let mut waiting: Vec<(usize, u16)> = (0..).zip(5_100..5_100 + PHONES).collect();
    for (round, pause) in (1..).zip([0, 500, 1_000, 2_000]) {
        line.pass(pause);
        let mut challenged = Vec::new();
        for &(at, port) in &waiting {
            line.flow = udp(&format!("127.0.0.2:{port}"));
            let mut ask = register(numbers[at], 1, 600);
            ask.call = format!("phone-{at}");
            ask.branch = format!("z9hG4bK-{at}");
            let before = line.sent.len();
            line.ask(&ask);
            if let Some(answer) = line.responses_from(before).first() {
                let challenge = answer.headers.get("WWW-Authenticate").unwrap();
                challenged.push((at, port, parameter(challenge, "nonce")));
            }
        }
        for (at, port, nonce) in challenged {
            line.flow = udp(&format!("127.0.0.2:{port}"));
            let proof = Proof::of(numbers[at], &nonce).field();
            let mut ask = register(numbers[at], 2, 600).field(&proof);
            ask.call = format!("phone-{at}");
            ask.branch = format!("z9hG4bK-{at}-proof");
            assert_eq!(line.answer_to(&ask).status, 200, "round {round}");
            waiting.retain(|(waits, _)| *waits != at);
        }
    }
    assert_eq!(waiting, [], "these telephones were never heard");
    for number in &numbers {
        assert_eq!(line.endpoint.bindings(&seat(number)).len(), 1, "{number}");
    }
    // A guesser behind the same address is answered as often as any other, and no more.
    line.flow = udp("127.0.0.2:9");
    let answered: usize =
        (1..=100).map(|cseq| line.statuses(&register("8999", cseq, 600)).len()).sum();
    assert_eq!(answered, 30, "refusals_per_source_minute_max");
}

#[test]
fn a_call_from_a_seats_phone_proves_its_seat_and_a_citizens_needs_no_proof() {
    let mut line = line();
    let nonce = registered(&mut line, 600);
    let statuses = line.statuses(&Ask::invite("from-seat"));
    assert_eq!(statuses, [401], "it comes from the phone of a seat");
    let mut again = Ask::invite("from-seat");
    again.cseq = 2;
    let proof =
        |count, uri: &str| Proof { count, ..Proof::of("801", &nonce) }.field_for("INVITE", uri);
    let elsewhere = again.clone().branch("elsewhere").field(&proof(2, "sip:110@127.0.0.1"));
    assert_eq!(line.statuses(&elsewhere), [401], "RFC 7616 §3.4.6: proved for another number");
    again.cseq = 3;
    let uri = again.uri.clone();
    line.ask(&again.branch("again").field(&proof(3, &uri)));
    line.flow = udp("127.0.0.3:5070");
    line.ask(&Ask::invite("from-citizen"));
    let seats: Vec<Option<String>> = line
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Incoming { seat, .. } => Some(seat.as_ref().map(ToString::to_string)),
            _ => None,
        })
        .collect();
    assert_eq!(seats, [Some("801".to_owned()), None]);
}

#[test]
fn a_seat_that_is_taken_away_loses_its_phones_and_a_restart_gives_them_back() {
    let mut line = line();
    registered(&mut line, 600);
    let kept = line.endpoint.bindings(&seat("801")).to_vec();
    line.endpoint.set_accounts(vec![account("802", false)]);
    line.drain();
    assert_eq!(bindings(&line).last(), Some(&("801".to_owned(), 0)));
    let mut restarted = Line::new();
    restarted.endpoint.set_accounts(vec![account("801", true)]);
    restarted.endpoint.restore_bindings(restarted.now, seat("801"), kept);
    restarted.drain();
    assert_eq!(bindings(&restarted), [("801".to_owned(), 1)]);
    restarted.pass(600_000);
    assert_eq!(bindings(&restarted).last(), Some(&("801".to_owned(), 0)));
}

#[test]
fn phones_behind_one_address_keep_their_way_open_without_end() {
    let mut line = line();
    registered(&mut line, 600);
    for cseq in 1..=100 {
        let mut options = Ask::new("OPTIONS", &format!("o{cseq}"), cseq);
        options.uri = "sip:127.0.0.1".to_owned();
        assert_eq!(line.statuses(&options), [200]);
    }
    let sent = line.sent.len();
    for ping in [&b"\r\n\r\n"[..], b"\r\n", b"\0", b"\0\0\0\0", b"jaK"] {
        line.raw(ping);
    }
    assert_eq!(line.sent.len(), sent, "a ping over UDP has no answer");
    assert_eq!(line.endpoint.bindings(&seat("801")).len(), 1);
}

#[test]
fn an_address_that_tries_many_numbers_proves_nothing_until_its_failures_are_over() {
    let config = EndpointConfig { refusals_per_source_minute_max: 10_000, ..Default::default() };
    let mut line = Line::with(config);
    line.endpoint.set_accounts(vec![account("801", true)]);
    let attempt = |line: &mut Line, cseq: u32, user: &'static str, password| {
        let nonce = nonce_of(line, &register("801", 2 * cseq, 600));
        let proof = Proof { password, ..Proof::of(user, &nonce) }.field();
        line.answer_to(&register("801", 2 * cseq + 1, 600).field(&proof)).status
    };
    let invented = ["900", "901", "902", "903", "904", "905", "906", "907"];
    let more = ["910", "911", "912", "913", "914", "915", "916", "917"];
    let mut cseq = 1;
    for user in invented.into_iter().chain(more) {
        assert_eq!(attempt(&mut line, cseq, user, "guess"), 401);
        cseq += 1;
    }
    assert_eq!(attempt(&mut line, cseq, "801", PASSWORD), 401, "NUMBERS_PER_ADDRESS_MAX");
    let own = udp("127.0.0.9:5070");
    let scanner = std::mem::replace(&mut line.flow, own);
    assert_eq!(attempt(&mut line, cseq + 1, "801", PASSWORD), 200, "another address");
    line.flow = scanner;
    line.pass(LOCK_SECONDS * 1_000);
    assert_eq!(attempt(&mut line, cseq + 2, "801", PASSWORD), 200, "it ends");
}
