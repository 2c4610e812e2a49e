//! Single answers of a modem. Whatever order they may come in is tried in `tests/channels/sms/dialogue.rs`.

#![allow(clippy::disallowed_methods, reason = "time begins somewhere")]

use super::*;

const PDU: &str = "0891689109000005F0040D91689109000000F1000862112202311523044F60597D";

/// A machine with what it said last.
struct Bench {
    machine: Modem,
    now: Instant,
    actions: Vec<Action>,
}

impl Bench {
    fn new(pin: Option<&str>) -> Self {
        let config = ModemConfig { in_device: false, pin: pin.map(str::to_owned) };
        let mut bench =
            Self { machine: Modem::new(config), now: Instant::now(), actions: Vec::new() };
        bench.machine.handle(bench.now, Input::Connected);
        assert_eq!(bench.written(), ["\u{1B}\rAT\r"]);
        bench.says("OK");
        bench.waits(DRAIN);
        bench
    }

    /// Through the start and the first look.
    fn ready() -> Self {
        let mut bench = Self::new(None);
        for answer in ["", "", "+CPIN: READY", "460001990000001", "", "+CPMS: 0,20,0,20", ""] {
            bench.answers(answer);
        }
        bench.looks("");
        bench
    }

    /// Answers a look at a card.
    fn looks(&mut self, listed: &str) {
        for answer in ["+CREG: 0,1", "+CSQ: 23,0", "+CPMS: \"SM\",17,20,\"SM\",17,20", listed] {
            self.answers(answer);
        }
    }

    fn drain(&mut self) {
        self.actions.extend(std::iter::from_fn(|| self.machine.poll_action()));
    }

    fn says(&mut self, line: &str) {
        self.machine.handle(self.now, Input::Bytes(format!("\r\n{line}\r\n").as_bytes()));
        self.drain();
    }

    fn answers(&mut self, lines: &str) {
        if !lines.is_empty() {
            self.says(lines);
        }
        self.says("OK");
    }

    fn waits(&mut self, time: Duration) {
        self.now += time;
        self.machine.handle_timeout(self.now);
        self.drain();
    }

    fn written(&mut self) -> Vec<String> {
        self.drain();
        let text = |action: Action| match action {
            Action::Write(bytes) => Some(String::from_utf8(bytes).unwrap()),
            _ => None,
        };
        std::mem::take(&mut self.actions).into_iter().filter_map(text).collect()
    }

    fn told(&mut self) -> Vec<Action> {
        self.drain();
        let mut told = std::mem::take(&mut self.actions);
        told.retain(|action| !matches!(action, Action::Write(_)));
        told
    }

    fn send(&mut self) {
        let submission = Submission { key: 7, octets: 19, line: "00".to_owned() };
        self.machine.handle(self.now, Input::Send(submission));
        self.drain();
    }
}

#[test]
fn a_start_asks_one_thing_after_the_other_and_ends_with_a_look() {
    let mut bench = Bench::ready();
    assert_eq!(
        bench.written(),
        [
            "ATE0\r",
            "AT+CMEE=1\r",
            "AT+CPIN?\r",
            "AT+CIMI\r",
            "AT+CMGF=0\r",
            "AT+CPMS=\"SM\",\"SM\",\"SM\"\r",
            "AT+CNMI=2,1,0,2,0\r",
            "AT+CREG?\r",
            "AT+CSQ\r",
            "AT+CPMS?\r",
            "AT+CMGL=4\r"
        ]
    );
    assert_eq!(bench.machine.imsi(), "460001990000001");
    assert!(bench.machine.is_free());
    assert_eq!(bench.machine.poll_timeout(), Some(bench.now + POLL));
}

#[test]
fn a_modem_that_keeps_no_reports_tells_them_at_once() {
    let mut bench = Bench::new(None);
    for answer in ["", "", "+CPIN: READY", "460001990000001", "", "+CPMS: 0,20,0,20"] {
        bench.answers(answer);
    }
    bench.says("+CMS ERROR: 303");
    assert_eq!(bench.written().last().unwrap(), "AT+CNMI=2,1,0,1,0\r");
    bench.says("ERROR");
    bench.looks("");
    assert!(bench.machine.is_free());
    bench.says("+CDS: 24");
    bench.says(PDU);
    let report = Action::Journal { place: None, pdu: PDU.to_owned() };
    assert_eq!(bench.told().last(), Some(&report));
}

#[test]
fn a_card_that_fills_up_is_seen() {
    let mut bench = Bench::ready();
    let look = Look { is_registered: true, signal: Some(23), used: 17, places: 20 };
    assert_eq!(bench.told(), [Action::Looked(look)]);
    assert!(look.is_filling() && !Look { used: 15, ..look }.is_filling());
    assert!(!Look::default().is_filling());
}

#[test]
fn a_pin_is_given_once() {
    let mut bench = Bench::new(Some("1234"));
    bench.answers("");
    bench.answers("");
    bench.answers("+CPIN: SIM PIN");
    assert_eq!(bench.written().last().unwrap(), "AT+CPIN=\"1234\"\r");
    bench.says("+CME ERROR: 16");
    assert_eq!(bench.told(), [Action::NeedsPin]);
    // It is asked again whether a person has unlocked the card, but nothing is given.
    bench.waits(POLL);
    assert_eq!(bench.written(), ["AT+CPIN?\r"]);
    bench.answers("+CPIN: SIM PIN");
    assert_eq!(bench.told(), [Action::NeedsPin]);
    bench.waits(POLL);
    bench.answers("+CPIN: READY");
    assert_eq!(bench.written().last().unwrap(), "AT+CIMI\r");
}

#[test]
fn a_pin_that_is_taken_is_given_again_after_a_power_cut() {
    let mut bench = Bench::new(Some("1234"));
    for _ in 0..2 {
        bench.answers("");
        bench.answers("");
        bench.answers("+CPIN: SIM PIN");
        assert_eq!(bench.written().last().unwrap(), "AT+CPIN=\"1234\"\r");
        bench.answers("");
        assert_eq!(bench.written(), ["AT+CIMI\r"]);
        bench.machine.handle(bench.now, Input::Disconnected);
        bench.machine.handle(bench.now, Input::Connected);
        bench.says("OK");
        bench.waits(DRAIN);
    }
}

#[test]
fn a_pin_whose_answer_was_lost_is_not_given_again_to_a_card_that_still_asks() {
    let mut bench = Bench::new(Some("1234"));
    bench.answers("");
    bench.answers("");
    bench.answers("+CPIN: SIM PIN");
    assert_eq!(bench.written().last().unwrap(), "AT+CPIN=\"1234\"\r");
    bench.waits(ANSWER);
    bench.says("OK");
    bench.waits(DRAIN);
    bench.waits(POLL);
    assert_eq!(bench.written().last().unwrap(), "AT+CPIN?\r");
    bench.answers("+CPIN: SIM PIN");
    assert_eq!(bench.written(), [""; 0]);
    // It was taken after all, so it may be given when the card asks anew.
    bench.waits(POLL);
    bench.answers("+CPIN: READY");
    assert_eq!(bench.written().last().unwrap(), "AT+CIMI\r");
    bench.machine.handle(bench.now, Input::Disconnected);
    bench.machine.handle(bench.now, Input::Connected);
    bench.says("OK");
    bench.waits(DRAIN);
    bench.answers("");
    bench.answers("");
    bench.answers("+CPIN: SIM PIN");
    assert_eq!(bench.written().last().unwrap(), "AT+CPIN=\"1234\"\r");
}

#[test]
fn a_locked_card_whose_answer_lost_its_end_is_asked_again() {
    let mut bench = Bench::new(Some("1234"));
    bench.answers("");
    bench.answers("");
    bench.says("+CPIN: SIM PIN");
    bench.waits(ANSWER);
    bench.says("OK");
    bench.written();
    bench.waits(DRAIN);
    assert_eq!(bench.written(), ["AT+CPIN?\r"]);
    bench.answers("+CPIN: SIM PIN");
    assert_eq!(bench.written(), ["AT+CPIN=\"1234\"\r"]);
}

#[test]
fn no_pin_is_given_where_the_card_wants_its_puk() {
    let mut bench = Bench::new(Some("1234"));
    bench.answers("");
    bench.answers("");
    bench.answers("+CPIN: SIM PUK");
    assert_eq!(bench.told(), [Action::NeedsPin]);
    bench.waits(ANSWER);
    assert!(bench.written().is_empty());
}

#[test]
fn a_text_is_deleted_only_when_the_store_has_it() {
    let mut bench = Bench::ready();
    bench.told();
    bench.says("+CMTI: \"SM\",3");
    assert_eq!(bench.written(), ["AT+CMGL=4\r"]);
    bench.says("+CMGL: 3,0,,24");
    // What comes unasked may stand between.
    bench.says("+CMTI: \"SM\",4");
    bench.answers(PDU);
    let journal = Action::Journal { place: Some(3), pdu: PDU.to_owned() };
    assert_eq!(bench.told()[0], journal);
    assert!(bench.written().is_empty());
    bench.machine.handle(bench.now, Input::Committed(3));
    assert_eq!(bench.written(), ["AT+CMGD=3\r"]);
    // The look for the one that was told meanwhile.
    bench.answers("");
    assert_eq!(bench.written(), ["AT+CMGL=4\r"]);
}

#[test]
fn a_list_may_take_long_while_texts_of_it_come() {
    let mut bench = Bench::ready();
    bench.told();
    bench.says("+CMTI: \"SM\",1");
    assert_eq!(bench.written(), ["AT+CMGL=4\r"]);
    for place in 1..=20 {
        bench.waits(ANSWER - DRAIN);
        bench.says(&format!("+CMGL: {place},0,,24\r\n{PDU}"));
        assert!(bench.written().is_empty(), "it is not called");
    }
    // The same place over and over is no sign of life.
    bench.waits(ANSWER - DRAIN);
    bench.says(&format!("+CMGL: 20,0,,24\r\n{PDU}"));
    bench.waits(DRAIN);
    assert_eq!(bench.written(), ["\u{1B}\rAT\r"]);
}

#[test]
fn a_pdu_that_is_too_short_is_looked_at_three_times() {
    let mut bench = Bench::ready();
    bench.told();
    let short = &PDU[..PDU.len() - 4];
    let listed = format!("+CMGL: 3,1,,24\r\n{short}");
    bench.waits(POLL);
    bench.looks(&listed);
    // It was news, and so there is a second list at once.
    bench.answers(&listed);
    let is_taken = |action: &Action| matches!(action, Action::Journal { .. });
    assert!(!bench.told().iter().any(is_taken));
    bench.waits(POLL);
    bench.looks(&listed);
    assert_eq!(bench.told().into_iter().filter(is_taken).count(), 1);
}

#[test]
fn a_text_that_is_on_no_card_is_handed_over_at_once() {
    let mut bench = Bench::ready();
    bench.told();
    bench.says("+CMT: ,24");
    bench.says(PDU);
    assert_eq!(bench.told(), [Action::Journal { place: None, pdu: PDU.to_owned() }]);
}

#[test]
fn a_text_goes_behind_its_prompt_and_has_the_reference_of_its_answer() {
    let mut bench = Bench::ready();
    bench.told();
    bench.send();
    assert_eq!(bench.written(), ["AT+CMGS=19\r"]);
    assert!(!bench.machine.is_free());
    // An answer to something else is none to this.
    bench.says("OK");
    bench.machine.handle(bench.now, Input::Bytes(b"\r\n> "));
    assert_eq!(bench.written(), ["00\u{1A}"]);
    bench.says("OK");
    assert!(bench.told().is_empty());
    bench.answers("+CMGS: 200");
    assert_eq!(bench.told(), [Action::Settled { key: 7, sent: Sent::Submitted(200) }]);
    assert!(bench.machine.is_free());
}

#[test]
fn what_is_refused_before_its_prompt_was_not_sent() {
    let mut bench = Bench::ready();
    bench.told();
    for (answer, sent) in
        [("ERROR", Sent::NotSent), ("+CMS ERROR: 331", Sent::Refused(CmsError(331)))]
    {
        bench.send();
        bench.says(answer);
        assert_eq!(bench.told(), [Action::Settled { key: 7, sent }]);
    }
    bench.send();
    bench.waits(ANSWER);
    assert_eq!(bench.told(), [Action::Settled { key: 7, sent: Sent::NotSent }]);
}

#[test]
fn a_text_without_an_answer_is_uncertain_until_it_comes_late() {
    let mut bench = Bench::ready();
    bench.told();
    bench.send();
    bench.machine.handle(bench.now, Input::Bytes(b"\r\n> "));
    bench.waits(SUBMIT - Duration::from_secs(1));
    assert!(bench.told().is_empty());
    bench.waits(Duration::from_secs(1));
    assert_eq!(bench.told(), [Action::Settled { key: 7, sent: Sent::Uncertain }]);
    bench.answers("+CMGS: 9");
    assert_eq!(bench.told(), [Action::Settled { key: 7, sent: Sent::Submitted(9) }]);
}

#[test]
fn a_modem_that_never_answers_has_its_port_opened_again() {
    let mut bench = Bench::ready();
    bench.waits(POLL);
    bench.told();
    for _ in 0..CALLS_MAX {
        bench.waits(ANSWER);
        assert!(bench.told().is_empty());
    }
    bench.waits(ANSWER);
    assert_eq!(bench.told(), [Action::Reopen]);
    assert_eq!(bench.machine.poll_timeout(), None);
}

#[test]
fn nothing_of_a_citizen_shows_in_debug_output() {
    let line = "0011000B919109000000F1".to_owned();
    let sent = format!("{:?}", Input::Send(Submission { key: 7, octets: 19, line }));
    assert_eq!(sent, "Submission(7, 19 octets)");
    assert_eq!(format!("{:?}", Input::Bytes(PDU.as_bytes())), format!("Bytes({})", PDU.len()));
}

#[test]
fn lines_without_end_are_passed_over() {
    let mut bench = Bench::ready();
    bench.told();
    let noise = vec![b'x'; 100 * LINE_BYTES_MAX];
    bench.machine.handle(bench.now, Input::Bytes(&noise));
    bench.says("");
    bench.says("+CMTI: \"SM\",3");
    assert_eq!(bench.written().last().unwrap(), "AT+CMGL=4\r");
}
