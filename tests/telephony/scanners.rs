//! SIPVicious against the running line: it learns nothing, guesses nothing, and who talks goes on
//! talking.

use crate::line::House;
use crate::seats::{CITIZEN_HZ, SEAT_HZ, SOON, quiet};
use crate::support::audio::{tone_ms, tones};
use crate::support::clients::sipvicious;
use crate::support::free_udp_port;
use crate::support::phone::{Algorithm, Habit, Phone};
use crate::support::sip::Message;
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const PASSWORD: &str = "correct-horse-battery-staple";
/// In every list of guesses.
const WEAK: &str = "sunshine2024";
/// Answers to one address in a minute (docs/limits.md).
const ANSWERS_MAX: usize = 30;
const TOOL_LIMIT: Duration = Duration::from_secs(40);
/// Both talk so long; all the tools are run meanwhile.
const TALK_MS: u32 = 45_000;

pub(crate) fn sipvicious_learns_and_guesses_nothing_while_people_talk() {
    // svcrack knows MD5 only.
    let house = House::with(|start| start.set("seats.digest=[\"MD5\"]"));
    house.service.add_seat("801", "operator", PASSWORD);
    house.service.add_seat("802", "operator", WEAK);
    std::thread::sleep(Duration::from_millis(1_300));
    let server = house.service.udp();
    let phone = Phone::at(elsewhere(20), server, "801", PASSWORD).algorithm(Algorithm::Md5);
    let mut phone = phone.habit(Habit::Answers(Duration::ZERO));
    assert_eq!(phone.register(), Some(200));
    let call = house.dial("19900000071");
    assert!(phone.wait_talking(SOON));
    std::thread::sleep(Duration::from_secs(1));
    quiet(|| call.samples(0));
    let (at_call, at_phone) = (call.heard().audio().len(), phone.heard().audio().len());
    std::thread::scope(|scope| {
        scope.spawn(|| call.speak(&tones(&[CITIZEN_HZ], 8_000.0, TALK_MS)));
        scope.spawn(|| phone.speak(&tones(&[SEAT_HZ], 8_000.0, TALK_MS)));
        scope.spawn(|| svmap_is_met_with_silence(server));
        // Both come from the same address, whatever they are told to bind.
        scope.spawn(|| {
            svwar_finds_no_seat(server);
            svcrack_guesses_nothing(server);
        });
    });
    std::thread::sleep(Duration::from_millis(300));
    let talked = TALK_MS as usize;
    let heard = [
        tone_ms(&call.samples(at_call), SEAT_HZ, 0.9),
        tone_ms(&phone.samples(at_phone), CITIZEN_HZ, 0.9),
    ];
    println!("citizen and seat heard {heard:?} ms of {talked} ms beside the scanners");
    assert!(heard.iter().all(|ms| *ms + 100 >= talked), "{heard:?} ms of {talked} ms were heard");
    assert!(!call.ended());
    call.hang_up();
    assert!(house.service.stop().success());
}

/// Another address of the loopback than that of citizens and scanners.
fn elsewhere(last: u8) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, last], 0))
}

/// Sixty probes of each kind: at most thirty answers, and no version in any.
fn svmap_is_met_with_silence(server: SocketAddr) {
    let targets = vec![server.ip().to_string(); 59];
    for (from, method) in [("127.0.0.9", "OPTIONS"), ("127.0.0.10", "REGISTER")] {
        let port = free_udp_port().to_string();
        let mut arguments = vec!["-b", from, "-d", "-m", method, "-P", &port];
        arguments.extend(targets.iter().map(String::as_str));
        let told = sipvicious::run("svmap", server, &arguments, TOOL_LIMIT);
        let answers = told.matches("b'SIP/2.0 ").count();
        println!("svmap {method}: {answers} answers to 60 probes");
        assert!((1..=ANSWERS_MAX).contains(&answers), "{method}: {answers} answers\n{told}");
        for word in ["User-Agent:", env!("CARGO_PKG_VERSION")] {
            assert!(!told.contains(word), "{word} is told to a scanner\n{told}");
        }
    }
}

/// Numbers of seats and others are answered alike; a registrar that tells them apart is read.
fn svwar_finds_no_seat(server: SocketAddr) {
    let (leaky, over) = (UdpSocket::bind("127.0.0.1:0").unwrap(), AtomicBool::new(false));
    let address = leaky.local_addr().unwrap();
    let told = std::thread::scope(|scope| {
        scope.spawn(|| tell_apart(&leaky, &over));
        let told = svwar(address, &[]);
        over.store(true, Ordering::Relaxed);
        told
    });
    assert!(told.contains("| 801 "), "svwar finds what there is to be found\n{told}");
    for arguments in [&["--force"][..], &[][..], &["--force", "-m", "OPTIONS"][..]] {
        let told = svwar(server, arguments);
        let found = told.lines().any(|line| line.contains("| 80") || line.contains("exists"));
        assert!(!found, "{arguments:?}: svwar finds something\n{told}");
        assert!(!told.contains("Traceback"), "{arguments:?}: it ran to its end\n{told}");
        assert!(!told.contains("No server response"), "{arguments:?}: it was answered\n{told}");
    }
}

fn svwar(server: SocketAddr, more: &[&str]) -> String {
    let port = free_udp_port().to_string();
    let mut arguments = vec!["-e", "800-803", "-P", &port, "--maximumtime", "3"];
    arguments.extend(more);
    sipvicious::run("svwar", server, &arguments, TOOL_LIMIT)
}

/// A registrar as they should not be: 401 to seat 801, 404 to everybody else.
fn tell_apart(socket: &UdpSocket, over: &AtomicBool) {
    socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let mut buffer = [0; 4096];
    while !over.load(Ordering::Relaxed) {
        let Ok((len, from)) = socket.recv_from(&mut buffer) else { continue };
        let Some(request) = Message::parse(&buffer[..len]) else { continue };
        let known = request.header("to").is_some_and(|to| to.contains("sip:801@"));
        let status = if known { "401 Unauthorized" } else { "404 Not Found" };
        let answer = request.response(status, "sip:leaky@127.0.0.1", "");
        // It looks for its tag in this spelling alone.
        socket.send_to(answer.replace("from:", "From:").as_bytes(), from).unwrap();
    }
}

/// The weak password behind five wrong ones is not found, and then its address is locked; the same
/// tool finds it where it is the first guess, and a phone elsewhere registers all the time.
fn svcrack_guesses_nothing(server: SocketAddr) {
    let folder = tempfile::tempdir().unwrap();
    let told = svcrack(server, folder.path(), &[WEAK]);
    assert!(told.contains(WEAK), "svcrack finds what it guesses at once\n{told}");
    let guesses = ["wrong-1", "wrong-2", "wrong-3", "wrong-4", "wrong-5", WEAK, "wrong-6"];
    let told = svcrack(server, folder.path(), &guesses);
    assert!(!told.contains(WEAK), "svcrack guessed the password\n{told}");
    let register = |from: SocketAddr| {
        Phone::at(from, server, "802", WEAK).algorithm(Algorithm::Md5).register()
    };
    let guesser = SocketAddr::from(([127, 0, 0, 1], 0));
    assert_eq!(register(guesser), Some(401), "after five failures the right one is not heard");
    assert_eq!(register(elsewhere(17)), Some(200), "that of a phone elsewhere is");
}

fn svcrack(server: SocketAddr, folder: &Path, words: &[&str]) -> String {
    let (list, port) = (folder.join("words.txt"), free_udp_port().to_string());
    std::fs::write(&list, words.join("\n") + "\n").unwrap();
    let list = list.to_str().unwrap();
    let arguments = ["-u", "802", "-d", list, "-P", &port, "--maximumtime", "3"];
    sipvicious::run("svcrack", server, &arguments, TOOL_LIMIT)
}
