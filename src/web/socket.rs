//! One connection of a page: who says hello is welcomed, what is missed is told, every command gets
//! its answer. A beat each second shows both sides that the other is there.

use super::hub::Joined;
use super::pages::Shared;
use super::protocol::{self, Fault, FromPage, Hello};
use super::session::TokenHash;
use crate::domain::desk::DeskRequest;
use crate::domain::desk_link::{ConnectionId, FromDesk, SeatIdentity};
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

/// Messages that wait for one page.
pub const OUTBOX_MAX: usize = 1_024;
/// Commands of one page a second, and how many at once.
pub const COMMANDS_PER_SECOND_MAX: u32 = 20;
/// Commands at once.
pub const COMMANDS_BURST_MAX: u32 = 40;
/// Commands beyond the rate, or messages that cannot be read, before the connection is closed.
pub const EXCESS_MAX: u32 = 100;

/// Until a page has said who it is.
const HELLO_WAIT: Duration = Duration::from_secs(5);
/// A sign of life, so that a page notices a broken network within its 3 s.
const BEAT: Duration = Duration::from_secs(1);
/// A page that has not answered for so long is gone.
const SILENCE_MAX: Duration = Duration::from_secs(4);
/// One message must have left within this.
const WRITE_MAX: Duration = Duration::from_secs(5);

/// Serves a connection until its end.
pub(super) async fn serve(
    shared: Arc<Shared>,
    who: SeatIdentity,
    token: TokenHash,
    mut socket: WebSocket,
) {
    let Some(hello) = hello(&mut socket).await else {
        return close(socket, close_code::PROTOCOL, "say hello first").await;
    };
    let (sender, outbox) = channel(OUTBOX_MAX);
    let joined = shared.hub().join(&who, &hello, sender);
    let Some(Joined { connection, replaced, first }) = joined else {
        return close(socket, close_code::AGAIN, "too many pages of this seat").await;
    };
    shared.page(&token, true);
    let seat = who.seat.clone();
    // What must not be lost waits for its room; this task alone waits. The line must not take the
    // page for two because its old connection is slow to end.
    if let Some(connection) = replaced {
        let _ = shared.to_line.send(FromDesk::Gone { seat: seat.clone(), connection }).await;
    }
    if shared.to_line.send(FromDesk::Connected { who, connection }).await.is_ok() {
        let mut page = Page {
            now: (shared.sources.monotonic)(),
            shared: Arc::clone(&shared),
            token,
            connection,
            socket,
            allowance: COMMANDS_BURST_MAX,
            excess: 0,
        };
        let why = page.run(first, outbox).await;
        close(page.socket, why.0, why.1).await;
    }
    shared.hub().leave(connection);
    shared.page(&token, false);
    let _ = shared.to_line.send(FromDesk::Gone { seat, connection }).await;
}

async fn hello(socket: &mut WebSocket) -> Option<Hello> {
    match timeout(HELLO_WAIT, socket.recv()).await {
        Ok(Some(Ok(Message::Text(text)))) => match protocol::read(&text) {
            Ok(FromPage::Hello(hello)) => Some(hello),
            _ => None,
        },
        _ => None,
    }
}

async fn close(mut socket: WebSocket, code: u16, reason: &'static str) {
    let frame = CloseFrame { code, reason: reason.into() };
    let _ = timeout(WRITE_MAX, socket.send(Message::Close(Some(frame)))).await;
}

/// Why a connection ends.
type End = (u16, &'static str);

struct Page {
    shared: Arc<Shared>,
    token: TokenHash,
    connection: ConnectionId,
    socket: WebSocket,
    /// When something was heard last.
    now: Instant,
    allowance: u32,
    excess: u32,
}

impl Page {
    async fn run(&mut self, first: Vec<Arc<str>>, mut outbox: Receiver<Arc<str>>) -> End {
        for text in first {
            if let Err(end) = self.send(&text).await {
                return end;
            }
        }
        let mut beat = beats();
        loop {
            let turn = tokio::select! {
                text = outbox.recv() => match text {
                    Some(text) => self.send(&text).await,
                    None => Err((close_code::NORMAL, "signed out, or opened elsewhere")),
                },
                message = self.socket.recv() => self.receive(message).await,
                _ = beat.tick() => self.beat().await,
            };
            if let Err(end) = turn {
                return end;
            }
        }
    }

    async fn send(&mut self, text: &str) -> Result<(), End> {
        match timeout(WRITE_MAX, self.socket.send(Message::text(text))).await {
            Ok(Ok(())) => Ok(()),
            _ => Err((close_code::AWAY, "too slow")),
        }
    }

    async fn beat(&mut self) -> Result<(), End> {
        self.allowance = (self.allowance + COMMANDS_PER_SECOND_MAX).min(COMMANDS_BURST_MAX);
        let silence = (self.shared.sources.monotonic)().duration_since(self.now);
        if silence >= SILENCE_MAX {
            return Err((close_code::AWAY, "silent"));
        }
        if !self.shared.is_signed_in(&self.token) {
            return Err((close_code::NORMAL, "signed out, or opened elsewhere"));
        }
        self.send(&protocol::beat()).await
    }

    async fn receive(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        let text = match message {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(()),
            Some(Ok(Message::Binary(_))) => {
                return Err((close_code::UNSUPPORTED, "text only"));
            }
            Some(Ok(Message::Close(_))) | None => return Err((close_code::NORMAL, "")),
            Some(Err(_)) => return Err((close_code::POLICY, "unreadable or too long")),
        };
        self.now = (self.shared.sources.monotonic)();
        match protocol::read(&text) {
            Ok(FromPage::Beat) => Ok(()),
            Ok(FromPage::Hello(_)) => self.fault(Fault::Malformed).await,
            Ok(FromPage::Command(id, command)) => {
                let fault = command.as_ref().err().copied();
                self.request(id, fault, |id, who| {
                    command.ok().map(|command| {
                        FromDesk::Request(DeskRequest { seat: who.clone(), id, command })
                    })
                })
            }
            Ok(FromPage::Audio(id, wanted, sdp)) => {
                let connection = self.connection;
                self.request(id, None, |id, seat| {
                    let seat = seat.clone();
                    Some(FromDesk::AudioOffer { connection, seat, id, wanted, sdp })
                })
            }
            Err(fault) => self.fault(fault).await,
        }
    }

    /// One of too many, or unreadable, is borne; a hundred are not.
    fn strike(&mut self) -> Result<(), End> {
        self.excess += 1;
        if self.excess > EXCESS_MAX { Err((close_code::POLICY, "too much")) } else { Ok(()) }
    }

    async fn fault(&mut self, fault: Fault) -> Result<(), End> {
        self.strike()?;
        self.send(&protocol::fault(fault)).await
    }

    fn request(
        &mut self,
        id: u64,
        fault: Option<Fault>,
        message: impl FnOnce(u64, &crate::units::SeatNumber) -> Option<FromDesk>,
    ) -> Result<(), End> {
        let too_fast = self.allowance == 0;
        self.allowance = self.allowance.saturating_sub(1);
        let refused = if too_fast { Some(Fault::TooFast) } else { fault };
        if refused.is_some() {
            self.strike()?;
        }
        let mut hub = self.shared.hub();
        let Some(line_id) = hub.request(self.connection, id, refused, self.now) else {
            return Ok(());
        };
        let message = hub.seat_of(self.connection).and_then(|seat| message(line_id, &seat));
        if message.is_none_or(|message| self.shared.to_line.try_send(message).is_err()) {
            hub.undelivered(line_id);
        }
        Ok(())
    }
}

fn beats() -> Interval {
    let mut beats = interval(BEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beats
}
