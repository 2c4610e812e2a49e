//! Telephones of others at the seats: they register with their password, ring, are lifted, talk,
//! hold and hang up, by every transport.

use crate::handset::Handset;
use crate::line::House;
use crate::seats::{CITIZEN_HZ, SEAT_HZ, SOON, account};
use crate::support::audio::{level_db, tone_ms, tone_share, tones, write_wav};
use crate::support::citizen::Call;
use crate::support::clients::baresip::Baresip;
use crate::support::clients::linphone::Linphone;
use crate::support::clients::{Seat, Transport};
use crate::support::wait_for;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// baresip reads a password up to the first blank.
pub(crate) const PASSWORD: &str = "correct-horse-battery-staple";
/// The recording notice and the seat's number are said into the talk.
const NOTICE_LIMIT: Duration = Duration::from_secs(25);
/// How long the citizen says his tone in each call.
const SPOKEN_MS: u32 = 3_000;
/// A foreign phone begins to play out late and conceals where this machine is busy.
const HEARD_MS_MIN: usize = 2_000;
/// Half a second.
const WINDOW: usize = 4_000;

pub(crate) fn baresip_at_a_seat_over_udp() {
    // Its library gives up where SHA-256 is offered at all.
    at_a_seat::<Baresip>(Transport::Udp, "19900000051", &[MD5]);
}

pub(crate) fn baresip_at_a_seat_over_tcp() {
    at_a_seat::<Baresip>(Transport::Tcp, "19900000052", &[MD5]);
}

pub(crate) fn baresip_at_a_seat_over_tls_by_srtp() {
    at_a_seat::<Baresip>(Transport::TlsSrtp, "19900000053", &[MD5]);
}

pub(crate) fn baresip_at_a_seat_over_tls_without_srtp() {
    at_a_seat::<Baresip>(Transport::Tls, "19900000054", &[MD5]);
}

pub(crate) fn linphone_at_a_seat_over_udp() {
    at_a_seat::<Linphone>(Transport::Udp, "19900000055", &[]);
}

pub(crate) fn linphone_at_a_seat_over_tcp() {
    at_a_seat::<Linphone>(Transport::Tcp, "19900000056", &[]);
}

pub(crate) fn linphone_at_a_seat_over_tls_by_srtp() {
    at_a_seat::<Linphone>(Transport::TlsSrtp, "19900000057", &[]);
}

pub(crate) const MD5: &str = "seats.digest=[\"MD5\"]";

fn at_a_seat<P: Handset>(transport: Transport, from: &str, settings: &[&str]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let house = house(folder.path(), settings);
    let registrar = house.service.address(transport.name());
    two_calls::<P>(&house, folder.path(), (registrar, transport), from);
    assert!(house.service.stop().success());
}

/// The phone is offered the call and hangs up the first time; the second time the citizen does.
pub(crate) fn two_calls<P: Handset>(
    house: &House,
    folder: &Path,
    (registrar, transport): (SocketAddr, Transport),
    from: &str,
) {
    let seat = Seat { number: "801", password: PASSWORD, registrar, transport };
    let mut phone = P::at_seat(seat, &microphone(folder));
    registered(house, transport, &phone);

    let call = house.dial(from);
    phone.printed(P::RINGS, 1, SOON);
    phone.lift();
    hears_the_seat(house, &call, &phone);
    call.speak(&tones(&[CITIZEN_HZ], 8_000.0, SPOKEN_MS));
    phone.hold(true);
    std::thread::sleep(Duration::from_millis(1_500));
    let from_here = call.heard().audio().len();
    std::thread::sleep(Duration::from_millis(1_500));
    hears_music(&call.samples(from_here));
    phone.hold(false);
    hears_the_seat(house, &call, &phone);
    phone.hang_up();
    phone.printed(P::OVER, 1, SOON);
    // The citizen is asked how it was, and need not answer.
    std::thread::sleep(Duration::from_secs(1));
    assert!(!call.ended(), "the citizen's call goes on to the survey");
    call.hang_up();

    // The wrap-up lasts a second in this house.
    std::thread::sleep(Duration::from_secs(2));
    let call = house.dial(from);
    phone.printed(P::RINGS, 2, SOON);
    phone.lift();
    hears_the_seat(house, &call, &phone);
    call.speak(&tones(&[CITIZEN_HZ], 8_000.0, SPOKEN_MS));
    call.hang_up();
    phone.printed(P::OVER, 2, SOON);

    let heard = tone_ms(&phone.quit(), CITIZEN_HZ, 0.8);
    println!("{from}: the phone heard {heard} ms of the citizen's tone");
    assert!(heard > HEARD_MS_MIN, "the phone heard {heard} ms of {SPOKEN_MS} ms in each call");
}

/// With a seat 801, TLS, and little to be done after a call.
pub(crate) fn house(folder: &Path, settings: &[&str]) -> House {
    let (certificate, key) = certificate(folder);
    let house = House::with(|start| {
        let start = start
            .set("sip.tls=127.0.0.1:0")
            .set(&format!("sip.tls_certificate={}", certificate.display()))
            .set(&format!("sip.tls_key={}", key.display()))
            .set(
                "queue.group=[{ name = \"operators\", wrap_up_seconds = 1, \
                 disposition_required = false }]",
            );
        settings.iter().fold(start, |start, setting| start.set(setting))
    });
    house.service.add_seat("801", "operator", PASSWORD);
    // A running service takes the change within a second.
    std::thread::sleep(Duration::from_millis(1_300));
    house
}

/// Made as an administrator makes one.
fn certificate(folder: &Path) -> (PathBuf, PathBuf) {
    let (certificate, key) = (folder.join("chain.pem"), folder.join("key.pem"));
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]);
    command.args(["-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]);
    command.args(["-addext", "subjectAltName=IP:127.0.0.1"]);
    command.arg("-keyout").arg(&key).arg("-out").arg(&certificate);
    let made = command.output().unwrap_or_else(|e| panic!("openssl: {e}: run tests/install.sh"));
    assert!(made.status.success(), "openssl: {}", String::from_utf8_lossy(&made.stderr));
    (certificate, key)
}

/// The seat's tone for as long as the longest of these tests.
pub(crate) fn microphone(folder: &Path) -> PathBuf {
    let file = folder.join("seat.wav");
    write_wav(&file, &tones(&[SEAT_HZ], 8_000.0, 120_000));
    file
}

/// The service lists the phone by the transport it was told to use.
pub(crate) fn registered<P: Handset>(house: &House, transport: Transport, phone: &P) {
    let listed = wait_for(Duration::from_secs(10), || {
        std::thread::sleep(Duration::from_millis(100));
        let seats = house.service.json(&["seat", "list"]);
        let name = seats[0]["phones"][0]["transport"].as_str()?.to_lowercase();
        Some(name)
    });
    let printed = || format!("{}\n{}", phone.output(), house.service.stderr());
    let listed = listed.unwrap_or_else(|| panic!("the phone does not register\n{}", printed()));
    assert_eq!(listed, transport.name());
}

/// Waits until the citizen hears the seat's tone and nothing else for half a second.
pub(crate) fn hears_the_seat<P: Handset>(house: &House, call: &Call, phone: &P) {
    let clear = wait_for(NOTICE_LIMIT, || {
        std::thread::sleep(Duration::from_millis(200));
        let from = call.heard().audio().len().checked_sub(WINDOW)?;
        let last = call.samples(from);
        (level_db(&last) > -30.0 && tone_share(&last, SEAT_HZ) > 0.95).then_some(())
    });
    if clear.is_some() {
        return;
    }
    let half_seconds = call.samples(0);
    let heard: Vec<String> = half_seconds
        .rchunks_exact(WINDOW)
        .take(20)
        .map(|last| format!("{:.2} at {:.0} dB", tone_share(last, SEAT_HZ), level_db(last)))
        .collect();
    call.request("BYE", "", "");
    let legs = &account(house)["legs"];
    panic!("the citizen does not hear the seat, but {heard:?}\n{legs:#}\n{}", phone.output());
}

/// Music while the phone holds, and nothing of its tone.
pub(crate) fn hears_music(samples: &[i16]) {
    let share = tone_share(samples, SEAT_HZ);
    assert!(share < 0.05, "held, the citizen still hears the seat: {share:.3}");
    let level = level_db(samples);
    assert!(level > -60.0, "held, the citizen is left in silence: {level:.1} dB");
}
