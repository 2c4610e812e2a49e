//! Any order of events, commands, answers and broken connections: a page that comes back knows what
//! the hub knows, and every command is answered exactly once.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

/// What may happen.
#[derive(Debug, Clone)]
enum Step {
    Seat(SeatState, Option<PauseReason>),
    Offer(u64),
    OfferEnded(u64),
    Conversation(u8),
    Left(u8),
    WrapUp,
    Figures(u32),
    Command,
    /// The line answers the oldest command that waits.
    Reply,
    /// The connection breaks; what was on its way is lost.
    Break,
    ComeBack,
    /// So many things at once that the log is too short.
    Burst,
}

fn step() -> impl Strategy<Value = Step> {
    let states = [
        (SeatState::Ready, None),
        (SeatState::Talking, None),
        (SeatState::WrapUp, None),
        (SeatState::Paused, Some(PauseReason::Paperwork)),
        (SeatState::Paused, Some(PauseReason::Meal)),
    ];
    prop_oneof![
        1 => prop::sample::select(states.to_vec()).prop_map(|(state, why)| Step::Seat(state, why)),
        1 => (0..3_u64).prop_map(Step::Offer),
        1 => (0..3_u64).prop_map(Step::OfferEnded),
        1 => (0..3_u8).prop_map(Step::Conversation),
        1 => (0..3_u8).prop_map(Step::Left),
        1 => Just(Step::WrapUp),
        1 => any::<u32>().prop_map(Step::Figures),
        4 => Just(Step::Command),
        4 => Just(Step::Reply),
        3 => Just(Step::Break),
        3 => Just(Step::ComeBack),
        1 => Just(Step::Burst),
    ]
}

/// A page as `link.js` and `desk.js` are one.
#[derive(Default)]
struct Model {
    seq: Option<u64>,
    known: BTreeMap<String, Value>,
    /// Commands that wait for their answer, all answers, and those that were given up.
    waiting: Vec<u64>,
    answered: Vec<u64>,
    given_up: Vec<u64>,
    last_id: u64,
}

impl Model {
    fn hear(&mut self, message: &Value) {
        if let Some(seq) = message["seq"].as_u64() {
            assert!(self.seq.is_none_or(|last| seq > last) || message["snapshot"].is_array());
            self.seq = Some(seq);
        }
        if let Some(snapshot) = message["snapshot"].as_array() {
            self.known.clear();
            snapshot.iter().for_each(|event| self.apply(event));
        } else if let Some(id) = message["reply"].as_u64() {
            self.waiting.retain(|waiting| *waiting != id);
            // An answer to what was given up already tells the page nothing.
            if !self.given_up.contains(&id) {
                self.answered.push(id);
            }
        } else if message["event"].is_string() {
            self.apply(message);
        }
    }

    fn apply(&mut self, event: &Value) {
        let mut state = event.clone();
        state.as_object_mut().unwrap().retain(|key, _| key != "v" && key != "seq");
        let key = |name: &str, of: &str| format!("{name} {}", event[of]);
        match event["event"].as_str().unwrap() {
            "offer_ended" => drop(self.known.remove(&key("offer", "offer"))),
            "left" => {
                self.known.remove(&key("conversation", "call"));
                if self.known.get("wrap_up").is_some_and(|owed| owed["call"] == event["call"]) {
                    self.known.remove("wrap_up");
                }
            }
            "seat" => {
                // Who has used up the time for the work after a call may still do it.
                let owes = match event["state"].as_str().unwrap() {
                    "wrap_up" | "talking" => true,
                    "paused" => event["reason"] == "paperwork",
                    _ => false,
                };
                if !owes {
                    self.known.remove("wrap_up");
                }
                self.known.insert(key("seat", "seat"), state);
            }
            "offer" => drop(self.known.insert(key("offer", "offer"), state)),
            "conversation" => drop(self.known.insert(key("conversation", "call"), state)),
            "queue" => drop(self.known.insert(key("queue", "group"), state)),
            "wrap_up" => drop(self.known.insert("wrap_up".to_owned(), state)),
            other => panic!("{other}"),
        }
    }
}

fn offer(number: u64) -> DeskEvent {
    DeskEvent::Offer(crate::domain::desk::OfferView {
        offer: OfferId(number),
        call: format!("a1-{number}"),
        group: "main".to_owned(),
        caller: None,
        display: None,
        waited_ms: 0,
        cases: Vec::new(),
        briefing: None,
    })
}

struct World {
    hub: Hub,
    page: Model,
    open: Option<Open>,
    /// Requests that the line has, oldest first.
    line: VecDeque<u64>,
    now: Instant,
}

impl World {
    fn tell(&mut self, event: DeskEvent) {
        self.hub.deliver(to_seat(event));
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Seat(state, reason) => self.tell(seat_paused("801", state, reason)),
            Step::Offer(number) => self.tell(offer(number)),
            Step::OfferEnded(number) => {
                self.tell(DeskEvent::OfferEnded { offer: OfferId(number), how: "declined" });
            }
            Step::Conversation(n) => self.tell(conversation(&format!("a1-{n}"), n == 1)),
            Step::Left(n) => self.tell(DeskEvent::Left { call: format!("a1-{n}") }),
            Step::WrapUp => {
                self.tell(DeskEvent::WrapUp { call: "a1-1".to_owned(), case: None });
            }
            Step::Figures(waiting) => {
                self.hub.deliver(ToDesk::Event(Audience::Everybody, Box::new(queue(waiting))));
            }
            Step::Command => self.command(),
            Step::Reply => {
                if let Some(id) = self.line.pop_front() {
                    let reply = DeskMessage::Reply(id, DeskReply::Done);
                    self.hub.deliver(ToDesk::Message(number("801"), reply));
                }
            }
            Step::Break => {
                if let Some(open) = self.open.take() {
                    self.hub.leave(open.connection);
                }
            }
            Step::ComeBack => self.come_back(),
            Step::Burst => {
                for n in 0..LOG_MAX as u64 {
                    self.tell(DeskEvent::OfferEnded { offer: OfferId(1_000 + n), how: "declined" });
                }
            }
        }
        self.hear();
    }

    fn hear(&mut self) {
        let Some(open) = &mut self.open else { return };
        for message in drain(&mut open.outbox) {
            self.page.hear(&message);
        }
    }

    fn command(&mut self) {
        self.page.last_id += 1;
        let id = self.page.last_id;
        self.page.waiting.push(id);
        self.send(id);
    }

    fn send(&mut self, id: u64) {
        let Some(connection) = self.open.as_ref().map(|open| open.connection) else { return };
        self.line.extend(self.hub.request(connection, id, None, self.now));
        self.hear();
    }

    fn come_back(&mut self) {
        let (sender, outbox) = channel(2_048);
        let hello = hello("p", self.page.seq);
        let joined = self.hub.join(&operator(), &hello, sender).unwrap();
        let first = values(&joined.first);
        let welcome = first[0]["welcome"].clone();
        self.open = Some(Open { connection: joined.connection, first: Vec::new(), outbox });
        // As the page does: what the service has not received is sent again, what it has and cannot
        // tell of any more is given up.
        let received = welcome["received"].as_u64().unwrap();
        if welcome["resumed"] == false {
            let given_up: Vec<_> =
                self.page.waiting.iter().copied().filter(|id| *id <= received).collect();
            self.page.waiting.retain(|id| *id > received);
            self.page.given_up.extend(given_up);
        }
        for message in &first[1..] {
            self.page.hear(message);
        }
        let again: Vec<_> = self.page.waiting.iter().copied().filter(|id| *id > received).collect();
        again.into_iter().for_each(|id| self.send(id));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn a_page_that_comes_back_knows_what_the_hub_knows(steps in vec(step(), 0..60)) {
        let mut world = World {
            hub: Hub::new("run".to_owned()),
            page: Model::default(),
            open: None,
            line: VecDeque::new(),
            now: Instant::now(),
        };
        steps.iter().for_each(|step| world.take(step));
        world.come_back();
        while !world.line.is_empty() {
            world.take(&Step::Reply);
        }
        let known: Vec<_> = world.page.known.into_values().collect();
        let state: Vec<_> = world.hub.state(&operator()).into_iter().map(Value::Object).collect();
        prop_assert_eq!(known.len(), state.len());
        prop_assert!(state.iter().all(|one| known.contains(one)), "{:?}\n{:?}", known, state);
        prop_assert!(world.page.waiting.is_empty(), "unanswered: {:?}", world.page.waiting);
        let mut answered = world.page.answered.clone();
        answered.extend(&world.page.given_up);
        answered.sort_unstable();
        let every: Vec<_> = (1..=world.page.last_id).collect();
        prop_assert_eq!(answered, every, "every command once");
    }
}
