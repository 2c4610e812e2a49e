//! The running program with people at it: pages in Chromium that speak a tone, telephones, citizens.

use super::chromium::Chromium;
use super::support::audio::{self, level_db, loudest, tone_share, tones};
use super::support::citizen::{Call, Dial};
use super::support::free_udp_port;
use super::support::phone::{Habit, Phone};
use super::support::service::{Service, Start};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::sleep;

pub(crate) const PASSWORD: &str = "correct horse battery staple";
/// A registration, a ring, a talk on the loopback.
pub(crate) const SOON: Duration = Duration::from_secs(5);
/// Everybody says a tone of his own.
pub(crate) const CITIZEN_HZ: f64 = 440.0;
pub(crate) const PAGE_HZ: f64 = 1_250.0;
pub(crate) const OTHER_HZ: f64 = 2_050.0;
/// Their peak, of 32,768.
const AMPLITUDE: f64 = 5_000.0;
/// The duty telephone of unit.13, and every other number that the trunk leads to.
const DUTY: &str = "19900000021";
/// Own tone, as a share of what is heard: -45 dB.
const RESIDUE_MAX: f64 = 3.2e-5;

/// The service, its seats, and the telephone behind its trunk.
pub(crate) struct Live {
    pub(crate) service: Service,
    pub(crate) outside: Arc<Phone>,
    _folder: TempDir,
}

impl Live {
    /// With these seats: number and role.
    pub(crate) fn open(seats: &[(&str, &str)]) -> Self {
        let port = free_udp_port();
        let folder = TempDir::new().unwrap();
        let trunk =
            format!("outgoing.trunk=[{{ address = \"127.0.0.1:{port}\", options_seconds = 0 }}]");
        let contact =
            format!("directory.contact=[{{ unit = \"unit.13\", numbers = [\"{DUTY}\"] }}]");
        let start = Start::new(folder.path()).set("outgoing.number=053712345000");
        let service = start.set(&trunk).set(&contact).run();
        let outside = Phone::outside(service.udp(), DUTY, port).habit(Habit::Rings);
        for (number, role) in seats {
            service.add_seat(number, role, PASSWORD);
        }
        // A running service takes the change within a second.
        std::thread::sleep(Duration::from_millis(1_300));
        Self { service, outside: Arc::new(outside), _folder: folder }
    }

    /// Where the pages are.
    pub(crate) fn pages(&self) -> SocketAddr {
        let url = self.service.word("web");
        url.trim_start_matches("http://").trim_end_matches('/').parse().unwrap()
    }

    pub(crate) fn dial(&self, from: &str) -> Arc<Call> {
        let call = Dial::new(self.service.udp(), "12345").from(from).call();
        Arc::new(call.unwrap_or_else(|error| panic!("{error:?}\n{}", self.service.stderr())))
    }

    /// A registered telephone of a seat.
    pub(crate) fn phone(&self, number: &str, habit: Habit) -> Arc<Phone> {
        let mut phone = Phone::new(self.service.udp(), number, PASSWORD).habit(habit);
        assert_eq!(phone.register(), Some(200), "seat {number} cannot register");
        Arc::new(phone)
    }

    /// The audit: actor, kind, subject, reason.
    pub(crate) fn audit(&self) -> Vec<[String; 4]> {
        let path = self.service.data().join("mayorline.db");
        let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let sql = "SELECT actor, kind, subject, reason FROM audit ORDER BY seq";
        let mut rows = db.prepare(sql).unwrap();
        let rows =
            rows.query_map([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]));
        rows.unwrap().map(Result::unwrap).collect()
    }

    /// The audit without the seats that were added, as `actor kind`.
    pub(crate) fn audited(&self) -> Vec<String> {
        let rows = self.audit().into_iter().filter(|[actor, ..]| actor != "administrator");
        rows.map(|[actor, kind, ..]| format!("{actor} {kind}")).collect()
    }
}

/// Whoever can speak a tone and be asked what was heard.
#[derive(Clone)]
pub(crate) enum Voice {
    Citizen(Arc<Call>),
    Phone(Arc<Phone>),
}

impl Voice {
    fn bytes(&self) -> usize {
        match self {
            Self::Citizen(call) => call.heard().audio().len(),
            Self::Phone(phone) => phone.heard().audio().len(),
        }
    }

    pub(crate) fn samples(&self, from: usize) -> Vec<i16> {
        match self {
            Self::Citizen(call) => call.samples(from),
            Self::Phone(phone) => phone.samples(from),
        }
    }

    fn speak(&self, hz: f64, ms: u32) {
        let tone = tones(&[hz], AMPLITUDE, ms);
        match self {
            Self::Citizen(call) => drop(call.speak(&tone)),
            Self::Phone(phone) => drop(phone.speak(&tone)),
        }
    }

    /// Waits until the service says nothing to it any more.
    pub(crate) fn wait_quiet(&self) {
        audio::wait_quiet(|| self.samples(0));
    }
}

/// A page in Chromium whose microphone gives a tone when it is told to.
pub(crate) struct Person {
    pub(crate) page: Chromium,
    _voice: TempDir,
}

/// A steady tone is what noise suppression takes away, so the microphone is taken as it is; it is
/// silent until the person speaks.
const MICROPHONE: &str = "{ const devices = navigator.mediaDevices; \
     const real = devices?.getUserMedia.bind(devices); \
     if (real) devices.getUserMedia = async () => { \
       const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false }; \
       const stream = await real({ audio: plain }); \
       window.microphone = stream.getAudioTracks()[0]; \
       window.microphone.enabled = false; return stream; }; }";

impl Person {
    /// Signs in by the form; the seat is reachable then.
    pub(crate) async fn sign_in(live: &Live, number: &str) -> Self {
        let mut this = Self::sign_in_during_a_call(live, number).await;
        this.sound("ready").await;
        this
    }

    /// The same while the seat talks: what the sound is then, the page says.
    pub(crate) async fn sign_in_during_a_call(live: &Live, number: &str) -> Self {
        let voice = TempDir::new().unwrap();
        let file = voice.path().join("tone.wav");
        audio::write_wav(&file, &tones(&[PAGE_HZ], AMPLITUDE, 60_000));
        let capture = format!("--use-file-for-fake-audio-capture={}", file.display());
        let mut page = Chromium::start_with(&[capture]).await;
        page.before_every_page(MICROPHONE).await;
        page.open(&format!("http://{}/", live.pages())).await;
        let mut this = Self { page, _voice: voice };
        this.fill_in(number, PASSWORD).await;
        this.page.wait("document.getElementById('link')?.dataset.up === 'true'").await;
        this
    }

    /// Fills the form of the sign-in page and sends it.
    pub(crate) async fn fill_in(&mut self, number: &str, password: &str) {
        self.page.wait("location.pathname === '/sign-in' && document.forms.length > 0").await;
        let fill = json!([number, password]);
        self.page
            .value(&format!(
                "(([seat, password]) => {{ const {{ elements }} = document.forms[0]; \
                 elements.seat.value = seat; elements.password.value = password; \
                 document.forms[0].requestSubmit(); }})({fill})"
            ))
            .await;
    }

    /// Clicks what can be clicked.
    pub(crate) async fn click(&mut self, selector: &str) {
        let found = format!("document.querySelector({})", json!(selector));
        self.page.wait(&format!("{found} && !{found}.disabled")).await;
        self.page.value(&format!("{found}.click()")).await;
    }

    /// Clicks a button of a party by its words.
    pub(crate) async fn click_at(&mut self, party: &str, words: &str) {
        let found = format!(
            "[...document.querySelectorAll({})].find((one) => one.textContent === {})",
            json!(format!("{party} button")),
            json!(words)
        );
        self.page.wait(&found).await;
        self.page.value(&format!("{found}.click()")).await;
    }

    /// Waits until the newest result of that command is this.
    pub(crate) async fn result(&mut self, command: &str, result: &str) {
        let newest = format!("document.querySelector('#results li[data-do={command}]')");
        self.page.wait(&format!("{newest}?.dataset.result === '{result}'")).await;
    }

    /// Everything that the page shows.
    pub(crate) async fn shows(&mut self) -> String {
        self.page.value("document.body.innerText").await.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until its seat is in that state.
    pub(crate) async fn state(&mut self, state: &str) {
        let shown = format!("document.getElementById('state').dataset.state === '{state}'");
        self.page.wait(&shown).await;
    }

    /// Waits until its sound is such.
    pub(crate) async fn sound(&mut self, sound: &str) {
        let shown = format!("document.getElementById('sound').dataset.sound === '{sound}'");
        self.page.wait(&shown).await;
    }

    /// Waits until so many parties talk.
    pub(crate) async fn talking(&mut self, count: usize) {
        let shown = format!(
            "document.querySelectorAll('.party[data-state=talking]').length === {count} \
             && document.querySelectorAll('.party').length === {count}"
        );
        self.page.wait(&shown).await;
    }

    /// Takes the call that is offered, by the button.
    pub(crate) async fn answer(&mut self) {
        self.page.wait("!document.getElementById('offer').hidden").await;
        self.sound("on").await;
        self.click("#answer").await;
        self.result("answer", "done").await;
    }

    pub(crate) async fn speaks(&mut self, on: bool) {
        self.page.value(&format!("window.microphone.enabled = {on}")).await;
    }

    /// Two seconds of what it plays, at 8 kHz.
    pub(crate) async fn hears(&mut self) -> Vec<i16> {
        let heard = self
            .page
            .value(
                "(async () => { const context = new AudioContext({ sampleRate: 8000 }); \
                 await context.resume(); const analyser = context.createAnalyser(); \
                 analyser.fftSize = 16384; const { srcObject } = document.getElementById('remote'); \
                 context.createMediaStreamSource(srcObject).connect(analyser); \
                 await new Promise((done) => setTimeout(done, 2200)); \
                 const samples = new Float32Array(analyser.fftSize); \
                 analyser.getFloatTimeDomainData(samples); await context.close(); \
                 return [...samples].map((x) => Math.round(x * 32768)); })()",
            )
            .await;
        let samples = heard.as_array().unwrap().iter().map(Value::as_i64);
        samples.map(|sample| sample.unwrap().clamp(-32_768, 32_767) as i16).collect()
    }

    pub(crate) fn no_complaints(&self) {
        assert!(self.page.complaints.is_empty(), "{:?}", self.page.complaints);
    }
}

/// What somebody heard: the level in dB of full scale, and of it the share of each tone, in the
/// order of [`CITIZEN_HZ`], [`PAGE_HZ`], [`OTHER_HZ`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heard {
    pub(crate) db: f64,
    pub(crate) shares: [f64; 3],
}

fn judge(samples: &[i16]) -> Heard {
    let loud = loudest(samples).expect("half a second");
    let shares = [CITIZEN_HZ, PAGE_HZ, OTHER_HZ].map(|hz| tone_share(loud, hz));
    Heard { db: level_db(loud), shares }
}

/// All say their tones at once, the page too where it has sound; what each heard, the page in the
/// middle.
pub(crate) async fn all_speak(
    citizen: Option<&Arc<Call>>,
    person: &mut Person,
    other: Option<&Arc<Phone>>,
) -> [Option<Heard>; 3] {
    let voices = [
        citizen.map(|call| (Voice::Citizen(Arc::clone(call)), CITIZEN_HZ)),
        other.map(|phone| (Voice::Phone(Arc::clone(phone)), OTHER_HZ)),
    ];
    let plays = "document.getElementById('remote').srcObject !== null";
    let plays = person.page.value(plays).await == true;
    if plays {
        person.speaks(true).await;
    }
    let speaking: Vec<_> = voices
        .into_iter()
        .map(|voice| {
            tokio::task::spawn_blocking(move || {
                let (voice, hz) = voice?;
                let from = voice.bytes();
                voice.speak(hz, 4_000);
                Some(judge(&voice.samples(from)))
            })
        })
        .collect();
    // All tones are there.
    sleep(Duration::from_millis(1_000)).await;
    let page = if plays { Some(judge(&person.hears().await)) } else { None };
    let mut heard = Vec::new();
    for one in speaking {
        heard.push(one.await.unwrap());
    }
    if plays {
        person.speaks(false).await;
    }
    let heard = [heard[0], page, heard[1]];
    println!("heard by citizen, page, other: {heard:.5?}");
    heard
}

/// Those that `whom` names are heard alike within 1 dB, and nothing else.
pub(crate) fn hears(who: &str, heard: Option<Heard>, whom: &[usize]) {
    let heard = heard.unwrap_or_else(|| panic!("{who} has no sound"));
    for (tone, share) in heard.shares.iter().enumerate() {
        if whom.contains(&tone) {
            let alike = share * whom.len() as f64;
            // 1 dB between two that share all there is; some is lost to the codec.
            assert!((0.88..=1.12).contains(&alike), "{who} hears {tone} at {share:.4}: {heard:?}");
        } else {
            assert!(*share < RESIDUE_MAX, "{who} hears {tone} at {share:.6}: {heard:?}");
        }
    }
    if let [one, other] = whom {
        let db = 10.0 * (heard.shares[*one] / heard.shares[*other]).log10();
        assert!(db.abs() <= 1.0, "{who} hears the others {db:.2} dB apart: {heard:?}");
    }
    // A-law of 5,000 of 32,768 peak, one or two of them: -19.3 or -16.3 dB, +-1 dB (A5).
    let expected = if whom.len() == 1 { -19.3 } else { -16.3 };
    assert!((heard.db - expected).abs() <= 1.0, "{who} hears at {:.1} dB", heard.db);
}
