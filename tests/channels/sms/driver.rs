//! Our own driver on the emulated modem that smsd and gammu-smsd take for a real one, with the real store.

use super::city::{ACCOUNT, City, Door};
use crate::support::modem::{Direct, Modem, Order, Terminal, deliver};
use crate::support::wait_for;
use jiff::{SignedDuration, Timestamp};
use mayorline::channels::sms::Settled;
use mayorline::channels::sms::modem::{Driver, DriverConfig, Line, Times, run};
use mayorline::proto::modem::{Input, ModemConfig, POLL, SUBMIT};
use mayorline::store::SettledInbound;
use mayorline::wire::sms::{CmsError, decode};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(60);

fn config(line: Line) -> DriverConfig {
    DriverConfig { account: ACCOUNT.to_owned(), line, modem: ModemConfig::default() }
}

/// The thread of a driver; ends with the value.
struct Running {
    ending: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    fn start(city: &City, line: Line) -> Self {
        let (ending, end) = sync_channel(1);
        let door = city.door();
        let times = Times { monotonic: Instant::now, wall: Timestamp::now };
        let thread = std::thread::spawn(move || run(config(line), door, times, &end));
        Self { ending: Some(ending), thread: Some(thread) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.ending.take());
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(std::thread::panicking() || matches!(ended, Some(Ok(()))), "the driver broke down");
    }
}

fn read_until(city: &City, modem: &Modem, what: &str, holds: impl Fn() -> bool) {
    let held = wait_for(LIMIT, || {
        city.read();
        holds().then_some(())
    });
    assert!(held.is_some(), "not {what}\n{}\n{:?}", modem.log(), city.outbox());
}

fn text_and_receipt(line: impl FnOnce(&Modem) -> Line) {
    let (modem, city) = (Modem::start(), City::open());
    let _running = Running::start(&city, line(&modem));
    let text = format!("{}😀路灯坏了三天", "城东新区解放路".repeat(12));
    modem.receive_text("+8619900000001", &text, 3, Order::Reversed);
    read_until(&city, &modem, "a case", || city.cases().len() == 1);
    assert_eq!(city.cases()[0].text.as_deref(), Some(text.as_str()));
    let receipt = city.outbox()[0].id;
    read_until(&city, &modem, "delivered", || city.state(receipt) == "delivered");
    let sent = modem.submitted();
    let words = decode(sent.iter().map(|sent| &sent.text.data)).text;
    assert!(words.contains(&city.cases()[0].row.number.clone().unwrap()), "{words}");
    assert!(wait_for(LIMIT, || (modem.held() == 0).then_some(())).is_some());
}

#[test]
fn a_text_becomes_a_case_and_its_receipt_is_delivered_over_tcp() {
    text_and_receipt(|modem| Line::Tcp(modem.address));
}

#[test]
fn the_same_on_a_serial_port() {
    let mut terminal = None;
    text_and_receipt(|modem| {
        let path = terminal.insert(Terminal::start(modem)).path.clone();
        Line::Serial(path, 115_200)
    });
}

/// messaging.md 3, 18 and 21: gammu#522, #19, #442, chan-dongle#47. A card of thirty places that is full
/// and says nothing.
#[test]
fn two_hundred_and_fifty_five_parts_backwards_become_one_case() {
    let (modem, city) = (Modem::with_places(30), City::open());
    modem.fault(|faults| faults.without_notice = true);
    let text: String = ('一'..).take(67 * 255).collect();
    modem.receive_text("+8619900000001", &text, 200, Order::Reversed);
    assert_eq!(modem.used(), 30);
    let _running = Running::start(&city, Line::Tcp(modem.address));
    read_until(&city, &modem, "a case", || city.cases().len() == 1);
    assert_eq!(city.cases()[0].text.as_deref(), Some(text.as_str()));
}

/// messaging.md 3, 20: gammu#537.
#[test]
fn a_number_that_is_refused_parks_alone() {
    let (modem, city) = (Modem::start(), City::open());
    modem.fault(|faults| {
        faults.refused.insert("+8619900000038".to_owned(), 38);
        faults.refused.insert("+8619900000030".to_owned(), 30);
    });
    let again = city.receipt_for("+8619900000038", "停水了");
    let never = city.receipt_for("+8619900000030", "停电了");
    let good = city.receipt_for("+8619900000001", "路灯坏了");
    let _running = Running::start(&city, Line::Tcp(modem.address));
    read_until(&city, &modem, "delivered", || city.state(good) == "delivered");
    assert_eq!(city.settled(again)[0], Settled::Retry(Some(CmsError(38))));
    assert_eq!(city.settled(never)[0], Settled::Rejected(CmsError(30)));
    assert_eq!((city.state(again), city.state(never)), ("queued".to_owned(), "failed".to_owned()));
}

#[test]
fn a_modem_that_comes_back_is_opened_again() {
    let (modem, city) = (Modem::start(), City::open());
    let address = modem.address;
    let _running = Running::start(&city, Line::Tcp(address));
    assert!(wait_for(LIMIT, || modem.log().contains("CMGL").then_some(())).is_some());
    drop(modem);
    let modem = Modem::again_at(address);
    modem.receive_text("+8619900000001", "路灯坏了", 3, Order::Right);
    read_until(&city, &modem, "a case", || city.cases().len() == 1);
}

/// The driver without a port, on a clock of the test.
struct Bench<'a> {
    line: Direct<'a>,
    driver: Driver<Door>,
    now: Instant,
    wall: Timestamp,
}

impl<'a> Bench<'a> {
    fn new(modem: &'a Modem, city: &City) -> Self {
        let (now, wall) = (Instant::now(), Timestamp::now());
        let driver = Driver::new(config(Line::Tcp(modem.address)), city.door(), now);
        let mut bench = Self { line: Direct::new(modem), driver, now, wall };
        bench.driver.handle(now, wall, Input::Connected);
        bench
    }

    /// Lets time pass, second by second.
    fn pass(&mut self, seconds: u64) {
        for _ in 0..seconds {
            loop {
                let written = self.driver.written();
                let said = self.line.type_in(&written);
                if written.is_empty() && said.is_empty() {
                    break;
                }
                self.driver.handle(self.now, self.wall, Input::Bytes(&said));
            }
            self.now += Duration::from_secs(1);
            self.wall += SignedDuration::from_secs(1);
            self.driver.handle_timeout(self.now, self.wall);
        }
    }
}

#[test]
fn what_the_store_cannot_take_stays_on_the_card() {
    let (modem, city) = (Modem::start(), City::open());
    city.told().calls_left = Some(0);
    modem.receive_text("+8619900000001", "路灯坏了", 3, Order::Right);
    let mut bench = Bench::new(&modem, &city);
    bench.pass(POLL.as_secs() * 2);
    assert_eq!((modem.held(), city.waiting().len()), (1, 0));
    city.told().calls_left = None;
    bench.pass(POLL.as_secs());
    assert_eq!((modem.held(), city.waiting().len()), (0, 1));
}

#[test]
fn a_driver_that_ends_between_commit_and_deletion_makes_one_case() {
    let (modem, city) = (Modem::start(), City::open());
    modem.fault(|faults| faults.deletions_without_effect = usize::MAX);
    modem.receive_text("+8619900000001", "路灯坏了", 3, Order::Right);
    let mut bench = Bench::new(&modem, &city);
    bench.pass(3);
    assert_eq!((modem.held(), city.waiting().len()), (1, 1), "{}", modem.log());
    modem.fault(|faults| faults.deletions_without_effect = 0);
    let mut again = Bench::new(&modem, &city);
    again.pass(POLL.as_secs());
    assert_eq!(modem.held(), 0);
    assert_eq!(city.read(), [SettledInbound::Done]);
    assert!(city.cases().len() == 1 && city.told().copies > 0);
}

/// messaging.md 3, 30, for a driver of our own.
#[test]
fn a_lost_answer_is_uncertain_until_the_report_and_nothing_is_sent_again() {
    let (modem, city) = (Modem::start(), City::open());
    modem.hold_reports();
    modem.fault(|faults| faults.answers_lost = 1);
    let receipt = city.receipt_for("+8619900000001", "路灯坏了");
    let mut bench = Bench::new(&modem, &city);
    bench.pass(10);
    assert_eq!(modem.submitted().len(), 1, "{}", modem.log());
    assert!(city.settled(receipt).is_empty());
    bench.pass(SUBMIT.as_secs() + 30);
    assert_eq!(city.settled(receipt)[0], Settled::Uncertain);
    assert_eq!(city.state(receipt), "uncertain");
    let sent = modem.submitted().len();
    bench.pass(600);
    assert_eq!(modem.submitted().len(), sent, "nothing is sent again");
}

#[test]
fn silence_and_a_full_card_are_told() {
    let (modem, city) = (Modem::with_places(5), City::open());
    let mut bench = Bench::new(&modem, &city);
    bench.pass(POLL.as_secs() * 2);
    assert_eq!(city.told().faults, [None, None]);
    modem.fault(|faults| faults.silent = true);
    bench.pass(POLL.as_secs() * 4);
    assert_eq!(city.told().faults.last(), Some(&Some("silent")));
    modem.fault(|faults| (faults.silent, faults.deletions_without_effect) = (false, usize::MAX));
    // The port was given up: it is opened again.
    assert!(bench.driver.wants_reopen());
    bench.driver.handle(bench.now, bench.wall, Input::Connected);
    for (tail, pdu) in (0..4).flat_map(|tail| deliver("+8619900000001", "满", tail)).enumerate() {
        assert!(tail < 4);
        modem.receive(pdu);
    }
    bench.pass(POLL.as_secs() * 3);
    assert_eq!(bench.driver.last_look().used, 4);
    assert_eq!(city.told().faults.last(), Some(&Some("memory")));
}
