//! The pages' server with a directory of three seats, the line's end of both channels in our hand.

use super::http;
use mayorline::domain::desk::{DeskEvent, DeskMessage, DeskReply, SeatRole};
use mayorline::domain::desk_link::{Audience, FromDesk, SeatIdentity, ToDesk};
use mayorline::units::SeatNumber;
use mayorline::web::{DeskLink, SeatDirectory, Sources, Web, WebConfig};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::timeout;

/// Every seat's password.
pub(crate) const PASSWORD: &str = "正确的密码 9";

/// A seat number.
pub(crate) fn seat(number: &str) -> SeatNumber {
    SeatNumber::parse(number).unwrap()
}

struct Directory;

impl SeatDirectory for Directory {
    fn check(&self, number: &SeatNumber, password: &str) -> Option<SeatIdentity> {
        self.find(number).filter(|_| password == PASSWORD)
    }

    fn find(&self, number: &SeatNumber) -> Option<SeatIdentity> {
        let role = match number.as_str() {
            "801" | "802" => SeatRole::Operator,
            "901" => SeatRole::Supervisor,
            _ => return None,
        };
        Some(SeatIdentity { seat: number.clone(), name: "王明".to_owned(), role })
    }
}

fn random() -> Option<[u8; 32]> {
    Some(rand::random())
}

/// A running server.
pub(crate) struct House {
    pub(crate) address: SocketAddr,
    pub(crate) from_pages: Receiver<FromDesk>,
    pub(crate) to_pages: Sender<ToDesk>,
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::open_with(None, 64).await
    }

    pub(crate) async fn open_with(tls: Option<Arc<rustls::ServerConfig>>, room: usize) -> Self {
        let (to_line, from_pages) = channel(room);
        let (to_pages, from_line) = channel(64);
        let config = WebConfig { listen: "127.0.0.1:0".parse().unwrap(), tls, trusted_proxy: None };
        let sources = Sources { monotonic: Instant::now, random };
        let link = DeskLink { to_line, from_line };
        let web = Web::bind(config, Arc::new(Directory), sources, link).await.unwrap();
        let address = web.address().unwrap();
        tokio::spawn(web.run(std::future::pending()));
        Self { address, from_pages, to_pages }
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
