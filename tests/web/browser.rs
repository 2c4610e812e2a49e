//! The page in a real Chromium: its buttons, its sound, its way back, and what it never does.

use super::chromium::Chromium;
use super::desk::{Sound, TONE_HERTZ};
use super::house::{House, PASSWORD, Wire, seat};
use super::messages::{callbacks, conversation, offer, party, queue, seat_view};
use mayorline::domain::desk::{
    CallBackOutcome, DeskCommand, DeskEvent, DeskReply, Disposition, Outcome, PartyKind,
    PartyState, PartyView, Refusal, SeatState, Supervision, Target,
};
use mayorline::domain::desk_link::{Audience, AudioFor, FromDesk, ToDesk};
use mayorline::units::{OfferId, PartyId};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::time::sleep;

pub(crate) const CALL: &str = "a1-0190-0001";
/// Whether the newest result says that it is done.
const DONE: &str = "document.querySelector('#results li').dataset.result === 'done'";
/// A page is to be back with its sound within this.
const BACK_MAX: Duration = Duration::from_secs(3);

pub(crate) struct Desk {
    pub(crate) house: House,
    pub(crate) page: Chromium,
    wire: Wire,
    number: String,
}

impl Desk {
    /// A person signs in by the form.
    pub(crate) async fn sign_in(number: &str) -> Self {
        let house = House::open().await;
        let wire = Wire::lay(house.address).await;
        let mut page = Chromium::start().await;
        page.open(&format!("http://{}/", wire.address)).await;
        page.wait("location.pathname === '/sign-in'").await;
        let fill = json!([number, PASSWORD]);
        page.value(&format!(
            "(([seat, password]) => {{ const {{ elements }} = document.forms[0]; \
             elements.seat.value = seat; elements.password.value = password; \
             document.forms[0].requestSubmit(); }})({fill})"
        ))
        .await;
        page.wait("document.getElementById('link')?.dataset.up === 'true'").await;
        page.wait("document.getElementById('sound').dataset.sound === 'ready'").await;
        let mut desk = Self { house, page, wire, number: number.to_owned() };
        let FromDesk::Connected { who, .. } = desk.house.next().await else { panic!() };
        assert_eq!(who.seat, seat(number));
        desk
    }

    pub(crate) async fn tell(&self, event: DeskEvent) {
        self.house.tell(Audience::Seat(seat(&self.number)), event).await;
    }

    async fn click(&mut self, selector: &str) {
        self.page.value(&format!("document.querySelector({}).click()", json!(selector))).await;
    }

    /// The next command; it is done.
    pub(crate) async fn command(&mut self) -> DeskCommand {
        self.command_with(DeskReply::Done).await
    }

    pub(crate) async fn command_with(&mut self, reply: DeskReply) -> DeskCommand {
        loop {
            if let FromDesk::Request(request) = self.house.next().await {
                self.house.reply(&self.number.clone(), request.id, reply).await;
                return request.command;
            }
        }
    }

    /// The next offer of sound is taken by `sound`; what it was for.
    async fn connect(&mut self, sound: &Sound) -> AudioFor {
        loop {
            if let FromDesk::AudioOffer { id, wanted, sdp, .. } = self.house.next().await {
                let sdp = sound.accept(&sdp);
                self.house.to_pages.send(ToDesk::AudioAnswer { id, sdp }).await.unwrap();
                return wanted;
            }
        }
    }

    async fn talk(&self, parties: Vec<PartyView>, outcome_missing: bool) {
        self.tell(conversation(parties, outcome_missing)).await;
    }

    fn citizen_and_me(&self) -> Vec<PartyView> {
        vec![
            party(1, PartyKind::Citizen, "199****0017", PartyState::Talking),
            party(2, PartyKind::Seat, &self.number, PartyState::Talking),
        ]
    }

    /// Rings, is answered with F2, and talks.
    async fn answer(&mut self, sound: &Sound) {
        self.tell(seat_view(&self.number, SeatState::Offered, None)).await;
        self.tell(offer(7, Some("19900000017"), None, "路灯不亮")).await;
        let wanted = self.connect(sound).await;
        assert_eq!(wanted, AudioFor::Offer(OfferId(7)), "it asks for sound while it rings");
        self.page.wait("!document.getElementById('offer').hidden").await;
        self.page.wait("document.getElementById('sound').dataset.sound === 'on'").await;
        let flag = "document.querySelector('#cases [data-risk=suicide]').textContent";
        assert_eq!(self.page.value(flag).await, json!("风险提示：轻生（喝农药）"), "and no button");
        self.page.picture("offer").await;
        self.page.key("F2", 113).await;
        assert_eq!(self.command().await, DeskCommand::Answer { offer: OfferId(7) });
        self.tell(DeskEvent::OfferEnded { offer: OfferId(7), how: "answered" }).await;
        self.tell(seat_view(&self.number, SeatState::Talking, Some(CALL))).await;
        self.talk(self.citizen_and_me(), false).await;
        self.page.wait("document.querySelectorAll('.party').length === 2").await;
    }

    /// The loudest frequency that the page plays, in hertz, and its share of the whole power.
    pub(crate) async fn heard_by_the_page(&mut self) -> (f64, f64) {
        let measured = self
            .page
            .value(
                "(async () => { const context = new AudioContext(); await context.resume(); \
                 const analyser = context.createAnalyser(); analyser.fftSize = 16384; \
                 analyser.smoothingTimeConstant = 0; \
                 context.createMediaStreamSource(document.getElementById('remote').srcObject).connect(analyser); \
                 await new Promise((done) => setTimeout(done, 900)); \
                 const bins = new Float32Array(analyser.frequencyBinCount); \
                 analyser.getFloatFrequencyData(bins); \
                 const power = [...bins].map((db) => 10 ** (db / 10)); \
                 const top = power.indexOf(Math.max(...power)); \
                 const near = power.slice(top - 4, top + 5).reduce((a, b) => a + b, 0); \
                 const all = power.reduce((a, b) => a + b, 0); const rate = context.sampleRate; \
                 await context.close(); return [top * rate / 16384, near / all]; })()",
            )
            .await;
        (measured[0].as_f64().unwrap(), measured[1].as_f64().unwrap())
    }

    /// The tone arrives, and the beeps of the fake microphone do.
    async fn both_hear(&mut self, sound: &Sound) {
        let (hertz, share) = self.heard_by_the_page().await;
        assert!((hertz - TONE_HERTZ).abs() < 10.0, "the page hears {hertz} Hz");
        assert!(share > 0.9, "the tone has {share} of the power");
        sound.forget();
        sleep(Duration::from_secs(2)).await;
        let heard = sound.heard();
        println!("the page hears {hertz:.0} Hz ({share:.4} of the power); we hear {heard:?}");
        assert!((90..=110).contains(&heard.packets), "{heard:?}");
        assert_eq!(heard.gaps, 0, "{heard:?}");
        assert!(heard.loud >= 2 && heard.power > 1e-3, "{heard:?}");
    }

    pub(crate) fn no_complaints(&self) {
        assert!(self.page.complaints.is_empty(), "{:?}", self.page.complaints);
    }
}

#[tokio::test]
async fn a_call_is_answered_and_both_sides_hear_each_other() {
    let (mut desk, sound) = (Desk::sign_in("801").await, Sound::open());
    desk.tell(seat_view("801", SeatState::Ready, None)).await;
    desk.house.tell(Audience::Everybody, queue()).await;
    desk.page.wait("document.getElementById('state').dataset.state === 'ready'").await;
    desk.page.picture("ready").await;
    desk.answer(&sound).await;
    desk.both_hear(&sound).await;
    desk.page.picture("talking").await;
    desk.page.key("F4", 115).await;
    assert_eq!(desk.command().await, DeskCommand::HangUp);
    desk.tell(DeskEvent::WrapUp { call: CALL.to_owned(), case: None }).await;
    desk.tell(seat_view("801", SeatState::WrapUp, None)).await;
    desk.page.wait("!document.getElementById('wrap-up').hidden").await;
    desk.page.wait("document.getElementById('remote').srcObject === null").await;
    desk.page.picture("wrap-up").await;
    let submit = "document.getElementById('wrap-up-form').requestSubmit()";
    desk.page.value(submit).await;
    sleep(Duration::from_millis(200)).await;
    assert!(desk.house.from_pages.try_recv().is_err(), "without a disposition nothing is sent");
    desk.page
        .value(
            "(() => { const { elements } = document.getElementById('wrap-up-form'); \
             elements.disposition.value = 'kept'; elements.nature.value = 'help'; \
             elements.summary.value = '路灯不亮'; })()",
        )
        .await;
    desk.page.value(submit).await;
    let DeskCommand::WrapUp { disposition, summary, unit, .. } = desk.command().await else {
        panic!()
    };
    assert_eq!((disposition, summary.as_str()), (Disposition::Kept, "路灯不亮"));
    assert_eq!(unit, None);
    // Who has wrapped up has left the call.
    desk.tell(DeskEvent::Left { call: CALL.to_owned() }).await;
    desk.page.wait("document.getElementById('wrap-up').hidden").await;
    desk.no_complaints();
}

#[tokio::test]
async fn sound_that_breaks_and_a_page_that_is_loaded_anew_are_back_within_three_seconds() {
    let (mut desk, sound) = (Desk::sign_in("801").await, Sound::open());
    desk.answer(&sound).await;
    // The page is loaded anew in the middle of the call.
    let begin = Instant::now();
    desk.page.value("location.reload()").await;
    assert_eq!(desk.connect(&sound).await, AudioFor::Call(CALL.parse().unwrap()));
    while sound.heard().connected.len() < 2 {
        assert!(begin.elapsed() < BACK_MAX, "no sound after the page was loaded anew");
        sleep(Duration::from_millis(5)).await;
    }
    println!("loaded anew: sound is back after {:?}", begin.elapsed());
    desk.page.wait("document.getElementById('sound')?.dataset.sound === 'on'").await;
    desk.both_hear(&sound).await;
    // The desk's connection breaks for a moment; the sound goes on and nothing is lost.
    desk.wire.set(false);
    desk.page.wait("document.getElementById('link').dataset.up === 'false'").await;
    desk.click("#secret").await;
    desk.page.picture("broken").await;
    desk.wire.set(true);
    let back = desk.page.wait("document.getElementById('link').dataset.up === 'true'").await;
    println!("the desk is back {back:?} after the network");
    assert!(back < BACK_MAX);
    assert_eq!(desk.command().await, DeskCommand::Secret { on: true }, "pressed meanwhile");
    let shown = "document.querySelector('#results li').dataset.result === 'done'";
    desk.page.wait(shown).await;
    desk.page.wait("document.querySelectorAll('.party').length === 2").await;
    desk.both_hear(&sound).await;
    desk.no_complaints();
}

#[tokio::test]
async fn sound_that_the_network_swallows_is_asked_for_anew() {
    let (mut desk, sound) = (Desk::sign_in("801").await, Sound::open());
    desk.answer(&sound).await;
    sound.deaf(true);
    desk.page.wait("document.getElementById('sound').dataset.sound === 'lost'").await;
    let begin = Instant::now();
    assert_eq!(desk.connect(&sound).await, AudioFor::Call(CALL.parse().unwrap()));
    sound.deaf(false);
    desk.page.wait("document.getElementById('sound').dataset.sound === 'on'").await;
    println!("swallowed: sound is back {:?} after the page noticed", begin.elapsed());
    assert!(begin.elapsed() < BACK_MAX);
    desk.both_hear(&sound).await;
    desk.no_complaints();
}

#[tokio::test]
async fn every_button_sends_its_command_and_shows_its_result() {
    let mut desk = Desk::sign_in("801").await;
    desk.tell(seat_view("801", SeatState::Ready, None)).await;
    desk.click("#pause").await;
    assert!(matches!(desk.command().await, DeskCommand::Pause { .. }));
    desk.click("#ready").await;
    let refused = DeskReply::Refused { why: Refusal::WrongState };
    assert_eq!(desk.command_with(refused).await, DeskCommand::Ready);
    desk.page
        .wait("document.querySelector('#results li').textContent.includes('当前状态不能这样做')")
        .await;
    let mut parties = desk.citizen_and_me();
    parties.push(party(3, PartyKind::Unit, "水务局", PartyState::Consulting));
    desk.talk(parties, true).await;
    desk.page.wait("document.querySelectorAll('.party').length === 3").await;
    desk.page.picture("three-way").await;
    let button = |party: u32, text: &str| {
        format!(
            "[...document.querySelectorAll('[data-party=\"{party}\"] button')]\
             .find((b) => b.textContent === '{text}').click()"
        )
    };
    let (citizen, unit) = (PartyId(1), PartyId(3));
    for (party, text, expected) in [
        (1, "保持", DeskCommand::Hold { party: citizen, on: true }),
        (1, "静音", DeskCommand::Mute { party: citizen, on: true }),
        (1, "闭听", DeskCommand::Deafen { party: citizen, on: true }),
        (1, "私聊", DeskCommand::Private { with: vec![citizen] }),
        (2, "静音", DeskCommand::Mute { party: PartyId(2), on: true }),
        (3, "并入三方", DeskCommand::Join { party: unit }),
        (3, "转接给他", DeskCommand::Complete { party: unit }),
        (3, "请出", DeskCommand::Drop { party: unit }),
    ] {
        desk.page.value(&button(party, text)).await;
        assert_eq!(desk.command().await, expected);
    }
    for (selector, expected) in [
        ("#no-private", DeskCommand::Private { with: Vec::new() }),
        ("#secret", DeskCommand::Secret { on: true }),
        ("#keypad button:last-child", DeskCommand::Keys { party: citizen, digits: "#".to_owned() }),
        ("#leave", DeskCommand::Leave),
        ("#hang-up", DeskCommand::HangUp),
    ] {
        desk.click(selector).await;
        assert_eq!(desk.command().await, expected, "{selector}");
    }
    desk.page.wait("document.querySelector('#returns button')").await;
    desk.click("#returns button").await;
    assert_eq!(desk.command().await, DeskCommand::Return { call: CALL.parse().unwrap() });
    for (kind, value, verb, expected) in [
        (
            "unit",
            "water",
            "consult",
            DeskCommand::Consult { target: Target::Unit { unit: "water".to_owned() } },
        ),
        ("seat", "802", "hand_over", DeskCommand::HandOver { seat: seat("802") }),
        (
            "seat",
            "802",
            "transfer",
            DeskCommand::Transfer { target: Target::Seat { seat: seat("802") } },
        ),
        (
            "emergency",
            "110",
            "transfer",
            DeskCommand::Transfer { target: Target::Emergency { number: "110".parse().unwrap() } },
        ),
        (
            "outside",
            "19900000018",
            "consult",
            DeskCommand::Consult {
                target: Target::Outside { number: "19900000018".parse().unwrap() },
            },
        ),
    ] {
        desk.page
            .value(&format!(
                "(() => {{ const form = document.getElementById('target'); form.elements.kind.value = '{kind}'; \
                 form.elements.value.value = '{value}'; form.querySelector('[value={verb}]').click(); }})()"
            ))
            .await;
        assert_eq!(desk.command().await, expected);
    }
    desk.page
        .value(
            "(() => { const form = document.getElementById('outcome'); form.elements.result.value = 'promised'; \
             form.elements.result.dispatchEvent(new Event('change')); form.elements.by.value = '2026-11-30'; \
             form.requestSubmit(); })()",
        )
        .await;
    let by = jiff::civil::date(2026, 11, 30);
    let briefing = "(() => { const form = document.getElementById('brief'); \
         form.elements.text.value = ' 张先生，供暖 '; form.requestSubmit(); })()";
    assert_eq!(desk.command().await, DeskCommand::Outcome { outcome: Outcome::Promised { by } });
    desk.page.value(briefing).await;
    assert_eq!(desk.command().await, DeskCommand::Brief { text: "张先生，供暖".to_owned() });
    desk.click("#sign-out").await;
    assert_eq!(desk.command().await, DeskCommand::SignOut);
    desk.no_complaints();
}

#[tokio::test]
async fn a_supervisor_sees_the_seats_and_listens_with_sound() {
    let (mut desk, sound) = (Desk::sign_in("901").await, Sound::open());
    desk.house.tell(Audience::Supervisors, seat_view("801", SeatState::Talking, Some(CALL))).await;
    desk.house.tell(Audience::Supervisors, seat_view("802", SeatState::Paused, None)).await;
    desk.house.tell(Audience::Everybody, queue()).await;
    desk.page.wait("document.querySelectorAll('#seats tr').length === 2").await;
    desk.page.picture("supervisor").await;
    desk.click("[data-seat='801'] [data-mode=listen]").await;
    assert_eq!(desk.connect(&sound).await, AudioFor::Call(CALL.parse().unwrap()));
    let expected =
        DeskCommand::Supervise { call: CALL.parse().unwrap(), mode: Supervision::Listen };
    assert_eq!(desk.command().await, expected);
    desk.page.wait("document.getElementById('sound').dataset.sound === 'on'").await;
    desk.no_complaints();
}

#[tokio::test]
async fn every_button_of_offers_callback_tasks_and_supervision_sends_its_command() {
    let (mut desk, sound) = (Desk::sign_in("901").await, Sound::open());
    desk.tell(seat_view("901", SeatState::Offered, None)).await;
    desk.tell(offer(7, Some("19900000017"), None, "")).await;
    desk.connect(&sound).await;
    desk.page.wait("!document.getElementById('offer').hidden").await;
    desk.click("#decline").await;
    assert_eq!(desk.command().await, DeskCommand::Decline { offer: OfferId(7) });
    desk.tell(DeskEvent::OfferEnded { offer: OfferId(7), how: "declined" }).await;
    desk.page.wait("document.getElementById('remote').srcObject === null").await;

    desk.house.tell(Audience::Operators, callbacks(None)).await;
    desk.page.wait("document.querySelectorAll('#callbacks li').length === 3").await;
    let counts = "['callbacks-open', 'callbacks-overdue'].map((id) => document.getElementById(id).textContent)";
    assert_eq!(desk.page.value(counts).await, json!(["3", "超时 1"]));
    let disabled = "[...document.querySelectorAll('#callbacks button')].map((one) => one.disabled)";
    assert_eq!(desk.page.value(disabled).await, json!([false, false, true]), "one is withheld");
    desk.page.picture("callbacks").await;
    desk.click("#callbacks [data-task='12'] button").await;
    assert_eq!(desk.command().await, DeskCommand::CallBack { task: 12 });
    desk.house.tell(Audience::Operators, callbacks(Some("901"))).await;
    desk.page.wait("!document.getElementById('callback').hidden").await;
    desk.page
        .value(
            "(() => { const form = document.getElementById('callback'); \
             form.elements.outcome.value = 'busy'; form.requestSubmit(); })()",
        )
        .await;
    let outcome = CallBackOutcome::Busy;
    assert_eq!(desk.command().await, DeskCommand::CallBackOutcome { task: 12, outcome });

    desk.house.tell(Audience::Supervisors, seat_view("801", SeatState::Talking, Some(CALL))).await;
    let call: mayorline::units::CallId = CALL.parse().unwrap();
    for (mode, name) in [
        (Supervision::Listen, "listen"),
        (Supervision::Whisper, "whisper"),
        (Supervision::Barge, "barge"),
        (Supervision::Stop, "stop"),
    ] {
        let button = format!("[data-seat='801'] [data-mode={name}]");
        desk.page.wait(&format!("document.querySelector(\"{button}\")")).await;
        desk.click(&button).await;
        if mode == Supervision::Listen {
            assert_eq!(desk.connect(&sound).await, AudioFor::Call(call.clone()));
        }
        assert_eq!(desk.command().await, DeskCommand::Supervise { call: call.clone(), mode });
    }
    desk.page.wait("document.getElementById('remote').srcObject === null").await;
    desk.no_complaints();
}

#[tokio::test]
async fn recordings_are_listed_and_played_by_those_who_say_why() {
    let mut desk = Desk::sign_in("801").await;
    desk.click("#past-card summary").await;
    desk.page.wait("document.querySelector('#past [data-recording]')").await;
    let row = desk.page.value("document.querySelector('#past li').textContent").await;
    assert!(row.as_str().unwrap().contains("199****0017"), "{row}");
    desk.click("#past [data-recording]").await;
    desk.page.value("document.getElementById('playback').requestSubmit()").await;
    sleep(Duration::from_millis(200)).await;
    assert!(desk.house.shelf.heard.lock().unwrap().is_empty(), "without a reason");
    desk.page.value("document.getElementById('playback').elements.reason.value = '  x '").await;
    desk.page.value("document.getElementById('playback').requestSubmit()").await;
    let refused = "document.querySelector('#results li')?.textContent.includes('请写明调听理由')";
    desk.page.wait(refused).await;
    desk.page.value("document.getElementById('playback').elements.reason.value = '核实期限'").await;
    desk.page.picture("recordings").await;
    desk.click("#playback button").await;
    desk.page.wait("document.getElementById('player').src.includes('/playback/')").await;
    let heard = desk.house.shelf.heard.lock().unwrap().clone();
    assert_eq!(heard, [("801".to_owned(), "核实期限 [127.0.0.1]".to_owned())]);
    desk.no_complaints();
}

#[tokio::test]
async fn flags_of_risk_words_are_shown_and_marked_as_false_by_whoever_says_why() {
    let (mut desk, sound) = (Desk::sign_in("801").await, Sound::open());
    desk.answer(&sound).await;
    desk.page.wait("!document.getElementById('known-card').hidden").await;
    desk.page.wait("document.getElementById('false-alarm').hidden").await;
    desk.click("#known [data-risk=suicide] button").await;
    let say = |reason: &str| {
        format!(
            "(() => {{ const form = document.getElementById('false-alarm'); \
             form.elements.reason.value = {}; form.requestSubmit(); }})()",
            json!(reason)
        )
    };
    desk.page.value(&say("  x ")).await;
    let told = "document.querySelector('#results li')?.textContent.includes('请写明误报理由')";
    desk.page.wait(told).await;
    assert!(desk.house.shelf.marked.lock().unwrap().is_empty(), "without a reason");
    desk.page.picture("flags").await;
    desk.page.value(&say("口头语")).await;
    desk.page.wait("document.querySelector('#known [data-risk]') === null").await;
    assert_eq!(desk.page.value(DONE).await, json!(true));
    let marked = desk.house.shelf.marked.lock().unwrap().clone();
    assert_eq!(marked, [("801".to_owned(), "26112200131 口头语".to_owned())]);
    // After the call its caller's cases are there still, and what is typed is looked at.
    desk.page.key("F4", 115).await;
    assert_eq!(desk.command().await, DeskCommand::HangUp);
    desk.tell(DeskEvent::WrapUp { call: CALL.to_owned(), case: None }).await;
    desk.tell(seat_view("801", SeatState::WrapUp, None)).await;
    desk.page.wait("!document.getElementById('wrap-up').hidden").await;
    desk.page.wait("!document.getElementById('known-card').hidden").await;
    desk.page
        .value(
            "(() => { const { summary } = document.getElementById('wrap-up-form').elements; \
             summary.value = '有人要去北京上访'; summary.dispatchEvent(new Event('input')); })()",
        )
        .await;
    desk.page.wait("document.querySelector('#typed-risks [data-risk=petition]')").await;
    let typed = desk.page.value("document.getElementById('typed-risks').textContent").await;
    assert_eq!(typed, json!("风险提示：越级上访（上访、去北京），请人工确认"));
    desk.page.picture("typed-flags").await;
    desk.page.value("document.getElementById('wrap-up-form').reset()").await;
    desk.page.wait("document.getElementById('typed-risks').textContent === ''").await;
    desk.tell(DeskEvent::Left { call: CALL.to_owned() }).await;
    desk.page.wait("document.getElementById('known-card').hidden").await;
    desk.no_complaints();
}

#[tokio::test]
async fn what_a_caller_names_himself_is_text_and_nothing_else() {
    let mut desk = Desk::sign_in("801").await;
    let payloads = [
        "<img src=x onerror=window.hit=1>",
        "<script>window.hit=1</script>",
        "\"><svg onload=window.hit=1>",
        "javascript:window.hit=1",
        "<iframe srcdoc='<script>parent.hit=1</script>'></iframe>",
        "{{constructor.constructor('window.hit=1')()}}",
        "</textarea><script>window.hit=1</script>",
        "\u{202e}<b onmouseover=window.hit=1>x",
    ];
    for (n, payload) in (1..).zip(payloads) {
        desk.tell(offer(n, Some(payload), Some(payload), payload)).await;
        let mut parties = desk.citizen_and_me();
        parties.push(party(3, PartyKind::Unit, payload, PartyState::Talking));
        desk.talk(parties, false).await;
        desk.house
            .tell(
                Audience::Seat(seat("801")),
                DeskEvent::WrapUp { call: payload.to_owned(), case: Some(payload.to_owned()) },
            )
            .await;
        let shown =
            format!("document.getElementById('caller').textContent.includes({})", json!(payload));
        desk.page.wait(&shown).await;
        let cases =
            format!("document.getElementById('cases').textContent.includes({})", json!(payload));
        desk.page.wait(&cases).await;
        desk.tell(DeskEvent::OfferEnded { offer: OfferId(n), how: "withdrawn" }).await;
    }
    sleep(Duration::from_millis(300)).await;
    let hit = desk
        .page
        .value("[window.hit ?? null, document.querySelectorAll('main img, main svg, main iframe, main script').length]")
        .await;
    assert_eq!(hit, json!([null, 0]));
    desk.no_complaints();
}
