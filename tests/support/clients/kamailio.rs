//! Kamailio as a proxy on the way: it stays on the route of every call (Record-Route) and tells
//! which requests came along it.

use super::Program;
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Past this it stops by itself, whatever became of the test.
const LIFE_SECONDS_MAX: &str = "240";
const START_LIMIT: Duration = Duration::from_secs(10);
const MODULE_FOLDERS: [&str; 2] =
    ["/usr/lib/x86_64-linux-gnu/kamailio/modules/", "/usr/lib/aarch64-linux-gnu/kamailio/modules/"];

/// A running Kamailio.
pub struct Kamailio {
    program: Program,
    _folder: tempfile::TempDir,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Kamailio {
    /// One on this port of 127.0.0.1. What is addressed to itself goes to `next`, everything else
    /// where its Request-URI or Route says.
    pub fn start(port: u16, next: SocketAddr) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let file = folder.path().join("kamailio.cfg");
        std::fs::write(&file, configuration(address, next)).expect("the folder can be written");
        // It has processes of its own; timeout ends them all, also when this test is gone.
        let mut command = Command::new("timeout");
        command.args([LIFE_SECONDS_MAX, "kamailio", "-DD", "-E", "-m", "32", "-M", "8"]);
        command.arg("-f").arg(&file).arg("-w").arg(folder.path());
        command.arg("-Y").arg(folder.path()).arg("-P").arg(folder.path().join("pid"));
        let mut program = Program::start(&mut command);
        let answers = super::super::wait_for(START_LIMIT, || answers(address).then_some(()));
        if answers.is_none() {
            program.terminate(START_LIMIT);
            panic!("kamailio does not answer: run tests/install.sh\n{}", program.output());
        }
        Self { program, _folder: folder, address }
    }

    /// How many requests of this method came along the route of a call from that address.
    pub fn routed(&self, method: &str, from: SocketAddr) -> usize {
        self.program.output().matches(&format!("along the route: {method} from {from}")).count()
    }

    /// The same from everybody else.
    pub fn routed_from_others(&self, method: &str, than: SocketAddr) -> usize {
        let all = self.program.output().matches(&format!("along the route: {method} from")).count();
        all - self.routed(method, than)
    }

    /// What it printed.
    pub fn output(&self) -> String {
        self.program.output()
    }
}

impl Drop for Kamailio {
    fn drop(&mut self) {
        self.program.terminate(START_LIMIT);
    }
}

/// Whether it answers an OPTIONS.
fn answers(address: SocketAddr) -> bool {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback has a free port");
    socket.set_read_timeout(Some(Duration::from_millis(200))).expect("a timeout can be set");
    let local = socket.local_addr().expect("a bound socket has an address");
    let options = format!(
        "OPTIONS sip:{address} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bKup;rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:up@{local}>;tag=up\r\nTo: <sip:{address}>\r\n\
         Call-ID: up-{local}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    );
    let sent = socket.send_to(options.as_bytes(), address).is_ok();
    sent && socket.recv_from(&mut [0; 2048]).is_ok()
}

fn configuration(address: SocketAddr, next: SocketAddr) -> String {
    let modules = MODULE_FOLDERS
        .iter()
        .find(|path| Path::new(path).is_dir())
        .expect("Kamailio's modules are installed: run tests/install.sh");
    let load = ["tm", "sl", "rr", "pv", "maxfwd", "siputils", "textops", "xlog"];
    let load: String = load.iter().map(|name| format!("loadmodule \"{name}.so\"\n")).collect();
    format!(
        "#!KAMAILIO\ndebug=2\nlog_stderror=yes\nfork=yes\nchildren=2\ndisable_tcp=yes\n\
         auto_aliases=no\ndns=no\nrev_dns=no\nlisten=udp:{address}\nmpath=\"{modules}\"\n{load}\
         modparam(\"rr\", \"enable_full_lr\", 1)\n"
    ) + &ROUTE.replace("NEXT", &next.to_string())
}

const ROUTE: &str = r#"
request_route {
    if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
    if (is_method("OPTIONS") && uri == myself && $rU == $null) {
        sl_send_reply("200", "Up");
        exit;
    }
    if (is_method("CANCEL")) {
        if (t_check_trans()) { t_relay(); }
        exit;
    }
    if (has_totag()) {
        if (loose_route()) {
            xlog("L_ERR", "along the route: $rm from $si:$sp\n");
            t_relay();
            exit;
        }
        if (is_method("ACK") && t_check_trans()) { t_relay(); exit; }
        if (!is_method("ACK")) { sl_send_reply("404", "No Route"); }
        exit;
    }
    if (is_method("INVITE")) { record_route(); }
    if (uri == myself) { $du = "sip:NEXT"; }
    t_relay();
}
"#;
