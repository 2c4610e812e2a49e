//! The pages' server with a directory of three seats, the line's end of both channels in our hand.

use super::http;
use jiff::Timestamp;
use mayorline::domain::desk::{DeskEvent, DeskMessage, DeskReply, SeatRole};
use mayorline::domain::desk_link::{Audience, FromDesk, SeatIdentity, ToDesk};
use mayorline::domain::suggest::RiskGroup;
use mayorline::store::{PastCall, PastRecording};
use mayorline::units::{CaseNumber, SeatNumber};
use mayorline::web::{
    Archive, DeskLink, NotHeard, NotMarked, SeatDirectory, Sound, Sources, Web, WebConfig,
};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::watch;
use tokio::time::timeout;

/// Every seat's password.
pub(crate) const PASSWORD: &str = "正确的密码 9";

/// A seat number.
pub(crate) fn seat(number: &str) -> SeatNumber {
    SeatNumber::parse(number).unwrap()
}

/// Two operators, a supervisor and a leader.
pub(crate) struct Directory;

impl SeatDirectory for Directory {
    fn check(&self, number: &SeatNumber, password: &str) -> Option<(SeatIdentity, Timestamp)> {
        let found = self.find(number).filter(|_| password == PASSWORD);
        found.map(|who| (who, Timestamp::UNIX_EPOCH))
    }

    fn find(&self, number: &SeatNumber) -> Option<SeatIdentity> {
        let role = match number.as_str() {
            "801" | "802" => SeatRole::Operator,
            "901" => SeatRole::Supervisor,
            "701" => SeatRole::Leader,
            _ => return None,
        };
        Some(SeatIdentity { seat: number.clone(), name: "王明".to_owned(), role })
    }
}

/// Recording 1 may be heard by all but leaders; it is 1,000 bytes that count up.
#[derive(Default)]
pub(crate) struct Shelf {
    /// Who has heard it and why.
    pub(crate) heard: Mutex<Vec<(String, String)>>,
    /// Who has marked which case's flag (suicide, the only one) as false and why.
    pub(crate) marked: Mutex<Vec<(String, String)>>,
}

impl Archive for Shelf {
    fn calls(&self, who: &SeatIdentity) -> Result<Vec<PastCall>, NotHeard> {
        if who.role == SeatRole::Leader {
            return Err(NotHeard::NotAllowed);
        }
        Ok(vec![PastCall {
            call: "a1-0190-0001".to_owned(),
            caller: Some("199****0017".to_owned()),
            started_at: "2026-11-26T10:02:03.000+08:00".to_owned(),
            seats: vec![who.seat.to_string()],
            recordings: vec![PastRecording {
                recording: 1,
                kind: "whole_call".to_owned(),
                duration_ms: 65_000,
            }],
        }])
    }

    fn open(
        &self,
        who: &SeatIdentity,
        recording: i64,
        reason: String,
    ) -> Result<Arc<dyn Sound>, NotHeard> {
        match (who.role, recording) {
            (SeatRole::Leader, _) => Err(NotHeard::NotAllowed),
            (_, 1) => {
                self.heard.lock().unwrap().push((who.seat.to_string(), reason));
                Ok(Arc::new(Counting))
            }
            _ => Err(NotHeard::NoSuchRecording),
        }
    }

    fn mark_false(
        &self,
        who: &SeatIdentity,
        (case, risk): (CaseNumber, RiskGroup),
        reason: String,
    ) -> Result<(), NotMarked> {
        match who.role {
            SeatRole::Leader | SeatRole::Assistant => Err(NotMarked::NotAllowed),
            _ if risk != RiskGroup::Suicide => Err(NotMarked::NoSuchFlag),
            _ => {
                let marked = (who.seat.to_string(), format!("{case} {reason}"));
                self.marked.lock().unwrap().push(marked);
                Ok(())
            }
        }
    }

    fn play(&self, person: &str, _: i64, reason: String) -> Result<Arc<dyn Sound>, NotHeard> {
        self.heard.lock().unwrap().push((person.to_owned(), reason));
        Ok(Arc::new(Counting))
    }
}

struct Counting;

impl Sound for Counting {
    fn bytes(&self) -> u64 {
        1_000
    }

    fn read_at(&self, from: u64, into: &mut [u8]) -> std::io::Result<usize> {
        let bytes = (from..1_000).map(|n| (n % 251) as u8);
        Ok(into.iter_mut().zip(bytes).map(|(to, byte)| *to = byte).count())
    }
}

/// The clock and the random source of the machine.
pub(crate) fn sources() -> Sources {
    Sources { monotonic: Instant::now, random }
}

fn random() -> Option<[u8; 32]> {
    Some(rand::random())
}

/// A running server.
pub(crate) struct House {
    pub(crate) address: SocketAddr,
    pub(crate) from_pages: Receiver<FromDesk>,
    pub(crate) to_pages: Sender<ToDesk>,
    pub(crate) shelf: Arc<Shelf>,
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::open_with(64).await
    }

    /// With so much room on the way to the line.
    pub(crate) async fn open_with(room: usize) -> Self {
        let (to_line, from_pages) = channel(room);
        let (to_pages, from_line) = channel(64);
        let listen = "127.0.0.1:0".parse().unwrap();
        let config = WebConfig {
            listen,
            tls: None,
            trusted_proxy: None,
            api: None,
            public: None,
            demo: false,
        };
        let link = DeskLink { to_line, from_line };
        let shelf = Arc::new(Shelf::default());
        let from = (Arc::new(Directory) as _, Arc::clone(&shelf) as _);
        let web = Web::bind(config, from, sources(), link).await.unwrap();
        let address = web.address().unwrap();
        tokio::spawn(web.run(std::future::pending()));
        Self { address, from_pages, to_pages, shelf }
    }

    /// Signs in; the cookie.
    pub(crate) async fn sign_in(&self, number: &str) -> String {
        let answer = http::sign_in(self.address, number, PASSWORD).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")));
        let cookie = answer.header("set-cookie").unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// What comes next from the pages.
    pub(crate) async fn next(&mut self) -> FromDesk {
        timeout(Duration::from_secs(10), self.from_pages.recv()).await.unwrap().unwrap()
    }

    pub(crate) async fn tell(&self, to: Audience, event: DeskEvent) {
        self.to_pages.send(ToDesk::Event(to, Box::new(event))).await.unwrap();
    }

    pub(crate) async fn reply(&self, number: &str, id: u64, reply: DeskReply) {
        let message = ToDesk::Message(seat(number), DeskMessage::Reply(id, reply));
        self.to_pages.send(message).await.unwrap();
    }
}

/// A network between a page and the server that can swallow everything for a while, as a cable that
/// is pulled: connections stay open and nothing gets through.
pub(crate) struct Wire {
    pub(crate) address: SocketAddr,
    intact: watch::Sender<bool>,
}

impl Wire {
    pub(crate) async fn lay(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (intact, watched) = watch::channel(true);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = TcpStream::connect(server).await else { continue };
                let ((near_in, near_out), (far_in, far_out)) =
                    (near.into_split(), far.into_split());
                tokio::spawn(carry(near_in, far_out, watched.clone()));
                tokio::spawn(carry(far_in, near_out, watched.clone()));
            }
        });
        Self { address, intact }
    }

    /// Pulls the cable, or plugs it in again.
    pub(crate) fn set(&self, intact: bool) {
        self.intact.send(intact).unwrap();
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut intact: watch::Receiver<bool>) {
    let mut bytes = [0; 16_384];
    while let Ok(n) = from.read(&mut bytes).await {
        let plugged = intact.wait_for(|intact| *intact).await.is_ok();
        if n == 0 || !plugged || to.write_all(&bytes[..n]).await.is_err() {
            return;
        }
    }
}
