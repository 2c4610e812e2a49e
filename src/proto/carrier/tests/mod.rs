//! One session and a gateway, step by step, in both dialects; random lives in `sim`.

mod gate;
mod sim;

use super::*;
use crate::wire::sms::Carried;
use gate::{CmppGate, Gate, Got, SmppGate, Verdict};
use std::time::{Duration, Instant};

const STAMP: u32 = 1_122_201_351;

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn submission(to: &str, text: &str) -> Submission {
    let carried = Carried::split(text, 1, false).unwrap().remove(0);
    Submission { recipient: to.to_owned(), carried }
}

fn part(message: i64) -> PartId {
    PartId { message, number: 1 }
}

/// A session with a gateway that does what the test says.
struct Pair<G: Gate> {
    now: Instant,
    session: Session<G::Dialect>,
    gate: G,
}

impl<G: Gate> Pair<G> {
    fn new(gate: G, config: SessionConfig) -> Self {
        #[allow(clippy::disallowed_methods)] // The beginning of a virtual time.
        let now = Instant::now();
        Self { now, session: Session::new(now, G::dialect(), config), gate }
    }

    /// A session that can send.
    fn up(gate: G, config: SessionConfig) -> Self {
        let mut pair = Self::new(gate, config);
        pair.rise();
        pair
    }

    fn rise(&mut self) {
        self.handle(Input::Timeout);
        assert_eq!(self.outputs(), [Output::Connect]);
        self.handle(Input::Connected(STAMP));
        let [Got::Bind { sequence }] = self.got()[..] else { panic!("it binds") };
        let answer = self.gate.believe(sequence, true);
        self.handle(Input::Heard(&answer));
        assert_eq!(self.events(), [Event::Up]);
    }

    fn handle(&mut self, input: Input<'_>) {
        self.session.handle(self.now, input);
    }

    fn later(&mut self, by: Duration) {
        self.now += by;
        self.handle(Input::Timeout);
    }

    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.session.poll_output()).collect()
    }

    fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.session.poll_event()).collect()
    }

    /// What the gateway hears.
    fn got(&mut self) -> Vec<Got> {
        let outputs = self.outputs();
        let sent = outputs.iter().map(|output| match output {
            Output::Send(octets) => self.gate.hear(octets),
            other => panic!("{other:?}"),
        });
        sent.collect()
    }

    fn submit(&mut self, message: i64, to: &str) -> u32 {
        self.handle(Input::Submit(part(message), &submission(to, "路灯已修复")));
        match &self.got()[..] {
            [Got::Submit { sequence, to: heard, text }] => {
                assert_eq!((heard.as_str(), text.as_str()), (to, "路灯已修复"));
                *sequence
            }
            other => panic!("{other:?}"),
        }
    }

    fn say(&mut self, octets: &[u8]) {
        self.handle(Input::Heard(octets));
    }
}

/// Runs a test in both dialects.
macro_rules! in_both {
    ($($name:ident)*) => {$(
        mod $name {
            #[test]
            fn in_cmpp() {
                let config = super::Cmpp::session(7);
                super::steps::$name(super::Pair::up(super::CmppGate::default(), config), config);
            }
            #[test]
            fn in_smpp() {
                let config = super::Smpp::session(7);
                super::steps::$name(super::Pair::up(super::SmppGate, config), config);
            }
        }
    )*};
}

in_both! {
    a_text_is_taken_under_the_gateway_s_name
    a_text_to_us_is_answered_when_it_is_kept_and_not_before
    a_text_to_us_that_cannot_be_kept_is_to_be_brought_again
    what_is_brought_while_too_much_waits_is_to_be_brought_again
    an_answer_in_time_is_waited_for_and_a_late_one_settles_what_was_uncertain
    a_lost_connection_makes_all_that_was_under_way_uncertain
    a_throttled_account_rests_and_nothing_is_sent
    a_window_that_is_throttled_at_once_rests_once
    nothing_of_a_citizen_shows_in_debug_output
    one_text_to_a_number_is_under_way_and_a_window_of_them_in_all
    a_silent_link_is_tested_and_given_up
    a_gateway_s_test_and_goodbye_are_answered
    pauses_between_connections_grow_and_a_refused_bind_waits_long
    a_stream_that_cannot_be_read_is_given_up
    octets_come_in_any_pieces
    the_end_waits_for_answers_and_says_goodbye
    a_text_to_nobody_is_never_sent
    an_answer_of_an_old_connection_says_nothing
}

mod steps {
    use super::*;

    pub(super) fn a_text_is_taken_under_the_gateway_s_name<G: Gate>(
        mut pair: Pair<G>,
        _: SessionConfig,
    ) {
        let sequence = pair.submit(1, "19900000001");
        let taken = pair.gate.verdict(sequence, Verdict::Taken(439_041_101));
        pair.say(&taken);
        assert_eq!(pair.events(), [Event::Taken(part(1), Some("439041101".to_owned()))]);
        // Said twice it means nothing.
        pair.say(&taken);
        assert_eq!(pair.events(), []);
        let sequence = pair.submit(2, "19900000001");
        let never = pair.gate.verdict(sequence, Verdict::Never);
        pair.say(&never);
        assert!(matches!(&pair.events()[..], [Event::Never(id, _)] if *id == part(2)));
    }

    pub(super) fn a_text_to_us_is_answered_when_it_is_kept_and_not_before<G: Gate>(
        mut pair: Pair<G>,
        _: SessionConfig,
    ) {
        let deliver = pair.gate.deliver(77, "停水两天了");
        pair.say(&deliver);
        let events = pair.events();
        let [Event::Arrived(ticket, pdu)] = &events[..] else { panic!("{events:?}") };
        assert_eq!(G::text_of(pdu), "停水两天了");
        pair.later(seconds(10));
        assert_eq!(pair.outputs(), [], "the store has not answered yet");
        pair.handle(Input::Kept(*ticket, true));
        assert_eq!(pair.got(), [Got::Kept { sequence: 77, is_kept: true }]);
        pair.handle(Input::Kept(*ticket, true));
        assert_eq!(pair.outputs(), [], "once");
    }

    pub(super) fn a_text_to_us_that_cannot_be_kept_is_to_be_brought_again<G: Gate>(
        mut pair: Pair<G>,
        _: SessionConfig,
    ) {
        let deliver = pair.gate.deliver(78, "停水");
        pair.say(&deliver);
        let events = pair.events();
        let [Event::Arrived(ticket, _)] = &events[..] else { panic!("{events:?}") };
        pair.handle(Input::Kept(*ticket, false));
        assert_eq!(pair.got(), [Got::Kept { sequence: 78, is_kept: false }]);
    }

    pub(super) fn what_is_brought_while_too_much_waits_is_to_be_brought_again<G: Gate>(
        mut pair: Pair<G>,
        _: SessionConfig,
    ) {
        for sequence in 0..ARRIVED_MAX {
            let deliver = pair.gate.deliver(u32::try_from(sequence).unwrap() + 1, "停水");
            pair.say(&deliver);
        }
        assert_eq!(pair.events().len(), ARRIVED_MAX);
        assert_eq!(pair.outputs(), []);
        let deliver = pair.gate.deliver(99, "停水");
        pair.say(&deliver);
        assert_eq!(pair.got(), [Got::Kept { sequence: 99, is_kept: false }]);
        assert_eq!(pair.events(), []);
    }

    pub(super) fn an_answer_in_time_is_waited_for_and_a_late_one_settles_what_was_uncertain<
        G: Gate,
    >(
        mut pair: Pair<G>,
        config: SessionConfig,
    ) {
        let sequence = pair.submit(1, "19900000001");
        pair.later(config.answer_wait - seconds(1));
        assert!(!pair.session.is_free(pair.now, "19900000001"));
        let test = pair.gate.test(5);
        pair.say(&test);
        assert_eq!((pair.got(), pair.events()), (vec![Got::TestAnswer], vec![]));
        pair.later(seconds(1));
        assert_eq!(pair.events(), [Event::Uncertain(part(1))]);
        // jsmpp 63: the answer comes after all, and the text is not sent again.
        assert!(pair.session.is_free(pair.now, "19900000001"));
        let taken = pair.gate.verdict(sequence, Verdict::Taken(9));
        pair.say(&taken);
        assert_eq!(pair.events(), [Event::Taken(part(1), Some("9".to_owned()))]);
        pair.later(config.answer_wait);
        let resent = pair.got().into_iter().any(|got| matches!(got, Got::Submit { .. }));
        assert!(!resent, "nothing is sent again");
    }

    pub(super) fn a_lost_connection_makes_all_that_was_under_way_uncertain<G: Gate>(
        mut pair: Pair<G>,
        _: SessionConfig,
    ) {
        pair.submit(1, "19900000001");
        pair.submit(2, "19900000002");
        pair.handle(Input::Lost);
        let events = pair.events();
        assert_eq!(
            events,
            [Event::Uncertain(part(1)), Event::Uncertain(part(2)), Event::Down(Fault::Connection)]
        );
        assert_eq!(pair.session.room(pair.now), 0);
        pair.handle(Input::Submit(part(3), &submission("19900000003", "好")));
        assert_eq!(pair.events(), [Event::Unsent(part(3))]);
        pair.later(seconds(2));
        pair.rise();
        let sequence = pair.submit(3, "19900000003");
        assert!(sequence > 2, "numbers go on, so no old answer is taken for a new one");
    }

    pub(super) fn a_throttled_account_rests_and_nothing_is_sent<G: Gate>(
        mut pair: Pair<G>,
        _: SessionConfig,
    ) {
        let mut pauses = vec![];
        for message in 1..=8 {
            let sequence = pair.submit(message, "19900000001");
            let throttled = pair.gate.verdict(sequence, Verdict::Throttled);
            pair.say(&throttled);
            let events = pair.events();
            let [Event::Throttled(id, until)] = events[..] else { panic!("{events:?}") };
            assert_eq!(id, part(message));
            let pause = until - pair.now;
            pauses.push(pause.as_secs());
            // jasmin 425: nothing overtakes it meanwhile.
            assert_eq!(pair.session.room(pair.now), 0);
            pair.handle(Input::Submit(part(50), &submission("19900000002", "好")));
            assert_eq!(pair.events(), [Event::Unsent(part(50))]);
            pair.later(pause - Duration::from_millis(1));
            assert_eq!(pair.session.room(pair.now), 0);
            pair.later(Duration::from_millis(1));
            for test in pair.got() {
                assert!(matches!(test, Got::Test { .. }), "{test:?}");
            }
            let calm = pair.gate.test_answer(1);
            pair.say(&calm);
            assert!(pair.session.is_free(pair.now, "19900000001"));
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        let sequence = pair.submit(9, "19900000001");
        let taken = pair.gate.verdict(sequence, Verdict::Taken(1));
        pair.say(&taken);
        let sequence = pair.submit(10, "19900000001");
        let throttled = pair.gate.verdict(sequence, Verdict::Throttled);
        pair.say(&throttled);
        let until = pair.now + seconds(1);
        assert_eq!(pair.events().pop(), Some(Event::Throttled(part(10), until)), "from the start");
    }

    pub(super) fn a_window_that_is_throttled_at_once_rests_once<G: Gate>(
        mut pair: Pair<G>,
        config: SessionConfig,
    ) {
        let burst = |pair: &mut Pair<G>, pause: u64| {
            let sequences: Vec<u32> = (1..=i64::try_from(config.window).unwrap())
                .map(|message| pair.submit(message, &format!("199000001{message:02}")))
                .collect();
            let until = pair.now + seconds(pause);
            for (message, sequence) in (1..).zip(sequences) {
                let throttled = pair.gate.verdict(sequence, Verdict::Throttled);
                pair.say(&throttled);
                assert_eq!(pair.events(), [Event::Throttled(part(message), until)]);
            }
            pair.later(seconds(pause));
        };
        burst(&mut pair, 1);
        burst(&mut pair, 2);
        burst(&mut pair, 4);
    }

    pub(super) fn nothing_of_a_citizen_shows_in_debug_output<G: Gate>(
        mut pair: Pair<G>,
        _: SessionConfig,
    ) {
        let submission = submission("19900000001", "路灯");
        let deliver = pair.gate.deliver(1, "停水");
        let mut shown = format!("{:?}", Input::Submit(part(1), &submission));
        shown += &format!("{:?}", Input::Heard(&deliver));
        pair.handle(Input::Submit(part(1), &submission));
        pair.say(&deliver[..20]);
        shown += &format!("{:?}", pair.session);
        pair.say(&deliver[20..]);
        let (outputs, events) = (pair.outputs(), pair.events());
        assert_eq!((outputs.len(), events.len()), (1, 1));
        shown += &format!("{outputs:?}{events:?}");
        assert!(!shown.contains("19900000001"), "{shown}");
        // Octets would stand one after the other.
        assert!(!shown.contains("49, 57, 57"), "{shown}");
    }

    pub(super) fn one_text_to_a_number_is_under_way_and_a_window_of_them_in_all<G: Gate>(
        mut pair: Pair<G>,
        config: SessionConfig,
    ) {
        let first = pair.submit(1, "19900000001");
        assert!(!pair.session.is_free(pair.now, "19900000001"));
        pair.handle(Input::Submit(part(99), &submission("19900000001", "好")));
        assert_eq!((pair.events(), pair.outputs()), (vec![Event::Unsent(part(99))], vec![]));
        for message in 2..=i64::try_from(config.window).unwrap() {
            pair.submit(message, &format!("199000001{message:02}"));
        }
        assert_eq!(pair.session.room(pair.now), 0);
        pair.handle(Input::Submit(part(99), &submission("19900000099", "好")));
        assert_eq!((pair.events(), pair.outputs()), (vec![Event::Unsent(part(99))], vec![]));
        let taken = pair.gate.verdict(first, Verdict::Taken(1));
        pair.say(&taken);
        assert_eq!(pair.session.room(pair.now), 1);
    }

    pub(super) fn a_silent_link_is_tested_and_given_up<G: Gate>(
        mut pair: Pair<G>,
        config: SessionConfig,
    ) {
        pair.later(config.test_after - seconds(1));
        assert_eq!(pair.outputs(), []);
        pair.later(seconds(1));
        let [Got::Test { sequence }] = pair.got()[..] else { panic!("it tests") };
        let answer = pair.gate.test_answer(sequence);
        pair.say(&answer);
        pair.later(config.answer_wait);
        pair.later(config.test_after - config.answer_wait);
        assert!(matches!(pair.got()[..], [Got::Test { .. }]));
        for _ in 1..config.tests_max {
            pair.later(config.answer_wait);
            assert!(matches!(pair.got()[..], [Got::Test { .. }]), "once more");
        }
        pair.later(config.answer_wait);
        assert_eq!(pair.outputs(), [Output::Close]);
        assert_eq!(pair.events(), [Event::Down(Fault::Silent)]);
        pair.later(seconds(2));
        pair.rise();
    }

    pub(super) fn a_gateway_s_test_and_goodbye_are_answered<G: Gate>(
        mut pair: Pair<G>,
        _: SessionConfig,
    ) {
        pair.submit(1, "19900000001");
        let test = pair.gate.test(41);
        pair.say(&test);
        assert_eq!(pair.got(), [Got::TestAnswer]);
        let bye = pair.gate.bye(42);
        pair.say(&bye);
        let outputs = pair.outputs();
        let [Output::Send(answer), Output::Close] = &outputs[..] else { panic!("{outputs:?}") };
        assert_eq!(pair.gate.hear(answer), Got::ByeAnswer);
        assert_eq!(pair.events(), [Event::Uncertain(part(1)), Event::Down(Fault::Goodbye)]);
        pair.later(seconds(2));
        pair.rise();
    }

    pub(super) fn pauses_between_connections_grow_and_a_refused_bind_waits_long<G: Gate>(
        mut pair: Pair<G>,
        config: SessionConfig,
    ) {
        pair.handle(Input::Lost);
        pair.events();
        for wanted in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            let pause = pair.session.poll_timeout().unwrap() - pair.now;
            let (least, most) = (seconds(wanted).mul_f64(0.75), seconds(wanted).mul_f64(1.25));
            assert!((least..most).contains(&pause), "{wanted}: {pause:?}");
            pair.later(pause);
            assert_eq!(pair.outputs(), [Output::Connect]);
            pair.handle(Input::Lost);
            assert_eq!(pair.events(), [Event::Down(Fault::Connection)]);
        }
        // Nobody answers at all.
        pair.later(seconds(75));
        assert_eq!(pair.outputs(), [Output::Connect]);
        pair.later(config.connect_wait);
        assert_eq!(pair.outputs(), [Output::Close]);
        assert_eq!(pair.events(), [Event::Down(Fault::Silent)]);
        pair.later(seconds(75));
        assert_eq!(pair.outputs(), [Output::Connect]);
        pair.handle(Input::Connected(STAMP));
        let [Got::Bind { sequence }] = pair.got()[..] else { panic!("it binds") };
        let refusal = pair.gate.believe(sequence, false);
        pair.say(&refusal);
        assert_eq!(pair.outputs(), [Output::Close]);
        assert!(matches!(&pair.events()[..], [Event::Down(Fault::Refused(_))]));
        let pause = pair.session.poll_timeout().unwrap() - pair.now;
        assert!((seconds(225)..seconds(375)).contains(&pause), "{pause:?}");
    }

    pub(super) fn a_stream_that_cannot_be_read_is_given_up<G: Gate>(
        mut pair: Pair<G>,
        _: SessionConfig,
    ) {
        pair.submit(1, "19900000001");
        pair.say(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        assert_eq!(pair.outputs(), [Output::Close]);
        assert_eq!(pair.events(), [Event::Uncertain(part(1)), Event::Down(Fault::Stream)]);
        pair.say(b"and more");
        assert_eq!((pair.outputs(), pair.events()), (vec![], vec![]));
    }

    pub(super) fn octets_come_in_any_pieces<G: Gate>(mut pair: Pair<G>, _: SessionConfig) {
        let mut stream = pair.gate.deliver(1, "停水");
        stream.extend(pair.gate.test(2));
        stream.extend(pair.gate.deliver(3, "停电"));
        for octet in stream {
            pair.say(&[octet]);
        }
        let texts: Vec<String> = pair
            .events()
            .iter()
            .map(|event| match event {
                Event::Arrived(_, pdu) => G::text_of(pdu),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(
            (texts, pair.got()),
            (vec!["停水".into(), "停电".into()], vec![Got::TestAnswer])
        );
    }

    pub(super) fn the_end_waits_for_answers_and_says_goodbye<G: Gate>(
        mut pair: Pair<G>,
        _: SessionConfig,
    ) {
        let sequence = pair.submit(1, "19900000001");
        pair.handle(Input::Stop);
        assert_eq!((pair.session.room(pair.now), pair.outputs()), (0, vec![]));
        let taken = pair.gate.verdict(sequence, Verdict::Taken(1));
        pair.say(&taken);
        assert_eq!(pair.events(), [Event::Taken(part(1), Some("1".to_owned()))]);
        let [Got::Bye { sequence }] = pair.got()[..] else { panic!("goodbye") };
        let answer = pair.gate.bye_answer(sequence);
        pair.say(&answer);
        assert_eq!(pair.outputs(), [Output::Close]);
        assert!(pair.session.is_stopped() && pair.session.poll_timeout().is_none());
    }

    pub(super) fn a_text_to_nobody_is_never_sent<G: Gate>(mut pair: Pair<G>, _: SessionConfig) {
        let long = "1".repeat(40);
        pair.handle(Input::Submit(part(1), &submission(&long, "好")));
        assert_eq!(pair.events(), [Event::Never(part(1), "unwritable".to_owned())]);
        assert_eq!(pair.outputs(), []);
    }

    pub(super) fn an_answer_of_an_old_connection_says_nothing<G: Gate>(
        mut pair: Pair<G>,
        _: SessionConfig,
    ) {
        let sequence = pair.submit(1, "19900000001");
        let deliver = pair.gate.deliver(5, "停水");
        pair.say(&deliver);
        let events = pair.events();
        let [Event::Arrived(ticket, _)] = events[..] else { panic!("{events:?}") };
        pair.handle(Input::Lost);
        pair.events();
        pair.later(seconds(2));
        pair.rise();
        // The store was slow; the text is brought again by itself.
        pair.handle(Input::Kept(ticket, true));
        assert_eq!(pair.outputs(), []);
        let taken = pair.gate.verdict(sequence, Verdict::Taken(1));
        pair.say(&taken);
        assert_eq!(pair.events(), []);
    }
}

#[test]
fn a_gateway_that_does_not_know_the_secret_is_not_believed() {
    use crate::wire::cmpp;
    let mut pair = Pair::new(CmppGate::default(), Cmpp::session(1));
    pair.handle(Input::Timeout);
    pair.handle(Input::Connected(STAMP));
    pair.outputs();
    let connect =
        cmpp::Connect::new("901234", &cmpp::Secret::new("x".into()), cmpp::Version::V2, 1);
    let accepted = cmpp::ConnectStatus::Accepted;
    let secret = cmpp::Secret::new("guess".into());
    let answer = cmpp::ConnectResp::new(accepted, &connect, &secret, cmpp::Version::V2);
    let pdu = cmpp::Pdu { sequence: 1, body: cmpp::Body::ConnectResp(answer) };
    pair.say(&pdu.write(cmpp::Version::V2).unwrap());
    assert_eq!(pair.events(), [Event::Down(Fault::Refused("authenticator".to_owned()))]);
}

#[test]
fn a_text_that_cannot_be_read_is_handed_up_and_answered() {
    // A DELIVER of 3.0 to a service that keeps to 2.0.
    let mut pair = Pair::up(CmppGate::default(), Cmpp::session(1));
    let mut octets = vec![0, 0, 0, 24, 0, 0, 0, 5, 0, 0, 0, 9];
    octets.extend([1, 2, 3, 4, 5, 6, 7, 8, 0xFF, 0xFF, 0xFF, 0xFF]);
    pair.say(&octets);
    let events = pair.events();
    let [Event::Arrived(ticket, pdu)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(pdu, &octets);
    pair.handle(Input::Kept(*ticket, true));
    let [Output::Send(answer)] = &pair.outputs()[..] else { panic!("answered") };
    assert_eq!(answer[8..], [0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 0]);
    // A deliver_sm that is no PDU at all behind its header.
    let mut pair = Pair::up(SmppGate, Smpp::session(1));
    let octets = [0, 0, 0, 18, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 9, 0xFF, 0xFF];
    pair.say(&octets);
    assert!(matches!(&pair.events()[..], [Event::Arrived(_, pdu)] if pdu == &octets));
}

#[test]
fn commands_that_are_not_known_are_answered_so_where_the_protocol_can() {
    let mut pair = Pair::up(SmppGate, Smpp::session(1));
    let data_sm = [0, 0, 0, 16, 0, 0, 1, 3, 0, 0, 0, 0, 0, 0, 0, 9];
    pair.say(&data_sm);
    let nack = [0, 0, 0, 16, 0x80, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 9];
    assert_eq!(pair.outputs(), [Output::Send(nack.to_vec())]);
    // An answer that was not asked for is answered by nothing, or two sides would never end.
    let data_sm_resp = [0, 0, 0, 16, 0x80, 0, 1, 3, 0, 0, 0, 0, 0, 0, 0, 9];
    pair.say(&data_sm_resp);
    assert_eq!(pair.outputs(), []);
    let sequence = pair.submit(1, "19900000001");
    let mut nack = nack;
    nack[12..].copy_from_slice(&sequence.to_be_bytes());
    pair.say(&nack);
    assert_eq!(pair.events(), [Event::Never(part(1), "nack 0x3".to_owned())]);
    let sequence = pair.submit(2, "19900000001");
    nack[8..12].copy_from_slice(&0x58_u32.to_be_bytes());
    nack[12..].copy_from_slice(&sequence.to_be_bytes());
    pair.say(&nack);
    let until = pair.now + seconds(1);
    assert_eq!(pair.events(), [Event::Throttled(part(2), until)], "throttled, by whatever answer");
}

#[test]
fn a_gateway_that_still_holds_our_last_connection_is_asked_again_soon() {
    let mut pair = Pair::new(SmppGate, Smpp::session(1));
    pair.handle(Input::Timeout);
    pair.handle(Input::Connected(STAMP));
    pair.outputs();
    let already = [0, 0, 0, 16, 0x80, 0, 0, 9, 0, 0, 0, 5, 0, 0, 0, 1];
    pair.say(&already);
    assert_eq!(pair.events(), [Event::Down(Fault::Busy("0x5".to_owned()))]);
    assert!(pair.session.poll_timeout().unwrap() - pair.now < seconds(2));
}
