//! A seat's console: signs in like a page, gives commands, keeps what it is told. It speaks the desk
//! protocol as `docs/desk-protocol.md` has it and shares nothing with the product.

use super::wait_for;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::mpsc::{Sender, channel};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// A command is answered within this, a dial that nobody answers included.
const REPLY_LIMIT: Duration = Duration::from_secs(60);

/// One console.
pub struct Desk {
    said: Sender<Value>,
    told: Arc<Mutex<Vec<Value>>>,
    ids: AtomicU64,
    address: SocketAddr,
    cookie: String,
    _thread: JoinHandle<()>,
}

impl Desk {
    /// Signs in and opens the desk.
    pub fn open(address: SocketAddr, seat: &str, password: &str) -> Self {
        let cookie = sign_in(address, seat, password);
        let (said, mut to_say) = channel::<Value>(64);
        let told = Arc::new(Mutex::new(Vec::new()));
        let (kept, own) = (Arc::clone(&told), cookie.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async move {
                let mut request = format!("ws://{address}/desk").into_client_request().unwrap();
                let headers = request.headers_mut();
                headers.insert("Cookie", own.parse().unwrap());
                headers.insert("Origin", format!("http://{address}").parse().unwrap());
                let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
                let hello = json!({"v": 1, "hello": {"page": format!("p{}", address.port())}});
                socket.send(Message::text(hello.to_string())).await.unwrap();
                loop {
                    tokio::select! {
                        message = to_say.recv() => {
                            let Some(message) = message else { return };
                            socket.send(Message::text(message.to_string())).await.unwrap();
                        }
                        heard = socket.next() => {
                            let text = match heard {
                                Some(Ok(Message::Text(text))) => text,
                                Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                                other => {
                                    let closed = json!({"closed": format!("{other:?}")});
                                    return kept.lock().unwrap().push(closed);
                                }
                            };
                            let message: Value = serde_json::from_str(&text).unwrap();
                            if message.get("beat").is_some() {
                                let beat = json!({"v": 1, "beat": true}).to_string();
                                socket.send(Message::text(beat)).await.unwrap();
                            } else {
                                kept.lock().unwrap().push(message);
                            }
                        }
                    }
                }
            });
        });
        let ids = AtomicU64::new(1);
        let desk = Self { said, told, ids, address, cookie, _thread: thread };
        desk.wait("welcome", |message| message.get("welcome").is_some());
        desk
    }

    /// Sends a form as the page does; the answer, head and body.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> String {
        posted(self.address, path, &self.cookie, fields)
    }

    /// Gives a command and waits for its answer.
    pub fn command(&self, command: Value) -> Value {
        let id = self.begin(&command);
        self.answer(id)
    }

    /// Gives a command whose answer comes later, as that to a dialling does.
    pub fn begin(&self, command: &Value) -> u64 {
        let id = self.ids.fetch_add(1, Ordering::Relaxed);
        let mut message = command.clone();
        message["v"] = json!(1);
        message["id"] = json!(id);
        let sent = self.said.try_send(message);
        assert!(sent.is_ok(), "the desk is closed: {:?}", self.told.lock().unwrap().last());
        id
    }

    /// Waits for the answer to that command.
    pub fn answer(&self, id: u64) -> Value {
        let answer = wait_for(REPLY_LIMIT, || {
            let told = self.told.lock().unwrap();
            told.iter().find(|message| message["reply"] == id).cloned()
        });
        answer.unwrap_or_else(|| panic!("command {id} is not answered"))
    }

    /// Gives a command that must be done.
    pub fn done(&self, command: Value) {
        let answer = self.command(command.clone());
        assert_eq!(answer["result"], "done", "{command}: {answer}");
    }

    /// Waits for something that was said; the newest that fits.
    pub fn wait(&self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let found = wait_for(REPLY_LIMIT, || {
            let told = self.told.lock().unwrap();
            told.iter().rev().find(|message| fits(message)).cloned()
        });
        found.unwrap_or_else(|| panic!("no {what}; told: {:#?}", self.told.lock().unwrap()))
    }

    /// Waits for an event of that name.
    pub fn event(&self, name: &str, fits: impl Fn(&Value) -> bool) -> Value {
        self.wait(name, |message| message["event"] == name && fits(message))
    }

    /// Every event of that name so far, in their order.
    pub fn events(&self, name: &str) -> Vec<Value> {
        let told = self.told.lock().unwrap();
        told.iter().filter(|message| message["event"] == name).cloned().collect()
    }

    /// The parties of the conversation as it was shown last.
    pub fn parties(&self) -> Vec<Value> {
        let told = self.told.lock().unwrap();
        let last = told.iter().rev().find(|message| message["event"] == "conversation");
        last.and_then(|view| view["parties"].as_array().cloned()).unwrap_or_default()
    }

    /// The state of its own seat as it was told last.
    pub fn seat_state(&self) -> Option<String> {
        let told = self.told.lock().unwrap();
        let last = told.iter().rev().find(|message| message["event"] == "seat")?;
        last["state"].as_str().map(str::to_owned)
    }

    /// Waits until the party of that kind is in that state; gives its number.
    pub fn party(&self, kind: &str, state: &str) -> u64 {
        let found = wait_for(REPLY_LIMIT, || {
            let parties = self.parties();
            let found = parties.iter().find(|p| p["kind"] == kind && p["state"] == state);
            found.and_then(|party| party["party"].as_u64())
        });
        found.unwrap_or_else(|| panic!("no {kind} is {state}: {:#?}", self.parties()))
    }
}

/// The cookie of a session.
fn sign_in(address: SocketAddr, seat: &str, password: &str) -> String {
    let answer = posted(address, "/sign-in", "", &[("seat", seat), ("password", password)]);
    let cookie = answer.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        let is_cookie = name.eq_ignore_ascii_case("set-cookie");
        is_cookie.then(|| value.split(';').next().unwrap_or_default().to_owned())
    });
    cookie.unwrap_or_else(|| panic!("seat {seat} cannot sign in: {answer}"))
}

/// What is answered to a form of the page.
fn posted(address: SocketAddr, path: &str, cookie: &str, fields: &[(&str, &str)]) -> String {
    let escape = |text: &str| -> String { text.bytes().map(|b| format!("%{b:02X}")).collect() };
    let fields: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
    let body = fields.join("&");
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\
         Cookie: {cookie}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).expect("the pages are served");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}
