//! The media threads with real sockets on the loopback, and phones that speak to them.

#![allow(clippy::disallowed_methods)] // Real threads keep real time.

use mayorline::gateway::clock::Clock;
use mayorline::gateway::media::{
    Disk, DiskConfig, LegReport, MediaCommand, MediaConfig, MediaPool, PortRange,
};
use mayorline::media::leg::{Agreed, LegSetup};
use mayorline::store::{DataFolder, MASTER_KEY_FILE};
use mayorline::units::LegId;
use mayorline::wire::g711::Codec;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::time::Instant;
use tokio::sync::mpsc::{Receiver, channel};

pub(crate) const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A phone without its SIP.
pub(crate) struct Phone {
    pub(crate) socket: UdpSocket,
    pub(crate) line: SocketAddr,
}

/// A master key, where no store has made one.
fn make_key(data: &Path) {
    let file = data.join(MASTER_KEY_FILE);
    if !file.exists() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, "5a".repeat(32)).unwrap();
    }
}

/// The pool, its disk and the reports of both.
pub(crate) struct Threads {
    pub(crate) pool: MediaPool,
    pub(crate) disk: Disk,
    pub(crate) reports: Receiver<LegReport>,
}

impl Threads {
    pub(crate) fn start(data: &Path, ports: PortRange) -> Self {
        let clock = Clock { monotonic: Instant::now, wall: jiff::Timestamp::now };
        Self::start_on(clock, data, ports)
    }

    pub(crate) fn start_on(clock: Clock, data: &Path, ports: PortRange) -> Self {
        let (sender, reports) = channel(4_096);
        make_key(data);
        let config = DiskConfig { folder: DataFolder::from(data), queue_max: 8_192 };
        let disk = Disk::start(config, sender.clone()).unwrap();
        let config =
            MediaConfig { threads: 2, ports, commands_max: 4_096, realtime_priority: Some(10) };
        let pool = MediaPool::start(&config, clock, &sender, &disk).unwrap();
        Self { pool, disk, reports }
    }

    /// A leg of a group whose packets go to a phone of its own.
    pub(crate) fn phone(&mut self, id: u64, group: u64) -> Phone {
        let socket = UdpSocket::bind((LOOPBACK, 0)).unwrap();
        socket.set_nonblocking(true).unwrap();
        let line = self.pool.open(LegId(id), LOOPBACK, group).unwrap();
        let agreed = Agreed {
            codec: Codec::Pcma,
            payload_type: 8,
            dtmf_payload_type: None,
            ptime_ms: 20,
            remote: Some(socket.local_addr().unwrap()),
            remote_rtcp: None,
            send: true,
            receive: true,
            keys: None,
        };
        let setup = LegSetup {
            ssrc: u32::try_from(id).unwrap(),
            first_sequence: 0,
            first_timestamp: 0,
            cname: "line@mayorline.invalid".to_owned(),
            peer: None,
            agreed,
        };
        self.command(id, MediaCommand::Start(Box::new(setup)));
        Phone { socket, line }
    }

    pub(crate) fn command(&mut self, id: u64, command: MediaCommand) {
        assert!(self.pool.command(LegId(id), command));
        self.pool.flush();
    }

    pub(crate) fn finish(self) -> Receiver<LegReport> {
        self.pool.finish();
        self.disk.finish();
        self.reports
    }
}
