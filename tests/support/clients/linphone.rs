//! linphonec with its own home: plays a WAV as the microphone, records what it hears.

use super::{Program, Seat, Transport};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A running linphonec.
pub struct Linphone {
    program: Program,
    folder: tempfile::TempDir,
}

impl Linphone {
    /// Starts one that calls `server` as `user`, speaks `microphone` (8 kHz WAV) and answers by
    /// itself.
    pub fn start(user: &str, server: SocketAddr, microphone: &Path) -> Self {
        let port = super::super::free_udp_port();
        Self::with(&configuration(user, server, port), &["-a"], microphone)
    }

    /// Starts one that registers as a seat and rings until it is answered.
    pub fn at_seat(seat: Seat<'_>, microphone: &Path) -> Self {
        Self::with(&at_seat(seat), &[], microphone)
    }

    fn with(configuration: &str, arguments: &[&str], microphone: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let home = folder.path();
        // It stops at its first start when these are missing.
        for data in [".local/share/linphone", ".config/linphone"] {
            std::fs::create_dir_all(home.join(data)).expect("the folder can be written");
        }
        let file = home.join("linphonerc");
        std::fs::write(&file, configuration).expect("the folder can be written");
        let mut command = Command::new("linphonec");
        command.env("HOME", home).current_dir(home).args(arguments).arg("-c").arg(&file);
        let mut program = Program::start(&mut command);
        program.wait_printed("Warning: video is disabled", Duration::from_secs(10));
        // Without it the offer names an IPv6 address wherever the machine has one.
        program.type_in("ipv6 disable\n");
        program.type_in("soundcard use files\n");
        program.type_in(&format!("play {}\n", microphone.display()));
        program.type_in(&format!("record {}\n", home.join("heard.wav").display()));
        Self { program, folder }
    }

    /// Calls a number and waits until audio flows.
    pub fn dial(&mut self, number: &str, server: SocketAddr) {
        self.program.type_in(&format!("call sip:{number}@{server}\n"));
        self.program.wait_printed("Media streams established", Duration::from_secs(10));
        // It prints this before its stream runs; on a busy machine a key typed at once was lost.
        std::thread::sleep(Duration::from_secs(1));
    }

    /// Presses keys in the call, one every 400 ms.
    pub fn press(&mut self, keys: &str) {
        for key in keys.chars() {
            self.program.type_in(&format!("{key}\n"));
            std::thread::sleep(Duration::from_millis(400));
        }
    }

    /// Hangs up.
    pub fn hang_up(&mut self) {
        self.program.type_in("terminate\n");
        self.program.wait_printed(" ended (", Duration::from_secs(5));
    }

    /// Lifts the handset.
    pub fn lift(&mut self) {
        self.program.type_in("answer\n");
    }

    /// Its hold key.
    pub fn hold(&mut self, on: bool) {
        self.program.type_in(if on { "pause\n" } else { "resume\n" });
    }

    /// Holds the call it has and calls somebody beside it.
    pub fn consult(&mut self, number: &str, server: SocketAddr) {
        self.hold(true);
        self.program.wait_printed("Pausing call", Duration::from_secs(5));
        self.program.type_in(&format!("call sip:{number}@{server}\n"));
    }

    /// Its transfer key: the first call goes to whom the second one reached.
    pub fn hand_over(&mut self) {
        self.program.type_in("transfer 1 --to-call 2\n");
    }

    /// Waits for words in its output, the n-th time.
    pub fn wait_printed_times(&self, words: &str, times: usize, limit: Duration) {
        self.program.wait_printed_times(words, times, limit);
    }

    /// Quits and gives what it heard.
    pub fn quit(mut self) -> Vec<i16> {
        self.program.type_in("quit\n");
        self.program.wait_exit(Duration::from_secs(10));
        let heard: PathBuf = self.folder.path().join("heard.wav");
        assert!(heard.exists(), "linphonec heard nothing\n{}", self.output());
        read_unfinished(&heard)
    }

    /// What it printed.
    pub fn output(&self) -> String {
        self.program.output()
    }
}

/// Its WAV has a header of 44 bytes whose length is not always that of the audio.
fn read_unfinished(file: &Path) -> Vec<i16> {
    let bytes = std::fs::read(file).expect("the file can be read");
    let rate = bytes.get(24..28).expect("a WAV header is there");
    assert_eq!(rate, super::super::audio::RATE_HZ.to_le_bytes(), "another rate than 8 kHz");
    bytes[44..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// A seat's telephone. With one port alone it has no other way than the one that is tried.
fn at_seat(seat: Seat<'_>) -> String {
    let Seat { number, password, registrar, transport } = seat;
    let port = |of: &[Transport]| if of.contains(&transport) { -1 } else { 0 };
    let (udp, tcp) = (port(&[Transport::Udp]), port(&[Transport::Tcp]));
    let tls = port(&[Transport::Tls, Transport::TlsSrtp]);
    let (srtp, mandatory) = match transport {
        Transport::TlsSrtp => ("srtp", 1),
        _ => ("none", 0),
    };
    format!(
        "[sip]\nsip_port={udp}\nsip_tcp_port={tcp}\nsip_tls_port={tls}\n\
         bind_address=127.0.0.1\nguess_hostname=0\ndefault_proxy=0\nuse_ipv6=0\n\
         use_rfc2833=1\nuse_info=0\nverify_server_certs=0\nverify_server_cn=0\n\
         media_encryption={srtp}\nmedia_encryption_mandatory={mandatory}\n\
         register_only_when_network_is_up=0\n\n\
         [proxy_0]\nreg_proxy=<sip:{registrar};transport={}>\n\
         reg_identity=sip:{number}@{registrar}\nreg_expires=3600\nreg_sendregister=1\n\
         publish=0\n\n\
         [auth_info_0]\nusername={number}\npasswd={password}\nrealm=mayorline\n\n\
         [rtp]\naudio_rtp_port=-1\nbind_address=127.0.0.1\n\n\
         [net]\nfirewall_policy=nat_address\nnat_address=127.0.0.1\n\n[sound]\nechocancellation=0\n\n\
         [video]\nautomatically_initiate=0\nautomatically_accept=0\n",
        transport.name()
    )
}

fn configuration(user: &str, server: SocketAddr, port: u16) -> String {
    format!(
        "[sip]\nsip_port={port}\nsip_tcp_port=0\nsip_tls_port=0\nbind_address=127.0.0.1\n\
         guess_hostname=0\ncontact=sip:{user}@127.0.0.1\ndefault_proxy=0\nuse_ipv6=0\n\
         use_rfc2833=1\nuse_info=0\n\n[proxy_0]\nreg_proxy=<sip:{server}>\n\
         reg_identity=sip:{user}@127.0.0.1\nreg_sendregister=0\npublish=0\n\n\
         [rtp]\naudio_rtp_port=-1\nbind_address=127.0.0.1\n\n\
         [net]\nfirewall_policy=nat_address\nnat_address=127.0.0.1\n\n[sound]\nechocancellation=0\n\n\
         [video]\nautomatically_initiate=0\nautomatically_accept=0\n"
    )
}
