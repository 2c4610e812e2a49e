//! The WebSocket: who may open it, what is answered, what is borne and what is not, and how a page
//! comes back.

use super::house::{House, seat};
use super::messages::{check_from_page, check_to_page};
use futures_util::{SinkExt, StreamExt};
use mayorline::domain::desk::{DeskCommand, DeskEvent, DeskReply, Refusal};
use mayorline::domain::desk_link::{Audience, AudioFor, AudioRefusal, FromDesk, ToDesk};
use mayorline::units::OfferId;
use mayorline::web::{COMMANDS_BURST_MAX, DESK_MESSAGE_BYTES_MAX, EXCESS_MAX, PAGES_MAX};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// A page's end of the WebSocket.
pub(crate) struct Page {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

async fn open(address: SocketAddr, cookie: &str, origin: Option<&str>) -> Result<Page, Error> {
    let mut request = format!("ws://{address}/desk").into_client_request()?;
    let headers = request.headers_mut();
    headers.insert("Cookie", HeaderValue::from_str(cookie).unwrap());
    if let Some(origin) = origin {
        headers.insert("Origin", HeaderValue::from_str(origin).unwrap());
    }
    connect_async(request).await.map(|(socket, _)| Page { socket })
}

impl Page {
    async fn connect(house: &House, cookie: &str) -> Self {
        let origin = format!("http://{}", house.address);
        open(house.address, cookie, Some(&origin)).await.unwrap()
    }

    /// Connects and says hello; the welcome and what follows it first.
    async fn enter(house: &House, cookie: &str, hello: Value) -> (Self, Value, Value) {
        let mut page = Self::connect(house, cookie).await;
        page.say(&json!({"v": 1, "hello": hello})).await;
        let welcome = page.hear().await;
        let next = page.hear().await;
        (page, welcome["welcome"].clone(), next)
    }

    async fn say(&mut self, message: &Value) {
        check_from_page(message);
        self.socket.send(Message::text(message.to_string())).await.unwrap();
    }

    /// The next message that is no beat, held against the schema.
    async fn hear(&mut self) -> Value {
        loop {
            let next = timeout(Duration::from_secs(10), self.socket.next()).await.unwrap();
            let Message::Text(text) = next.unwrap().unwrap() else { continue };
            let message: Value = serde_json::from_str(&text).unwrap();
            check_to_page(&message);
            if message.get("beat").is_none() {
                return message;
            }
        }
    }

    /// The code that the connection is closed with; `None` when it just ends.
    async fn closed(&mut self) -> Option<u16> {
        loop {
            match timeout(Duration::from_secs(10), self.socket.next()).await.unwrap() {
                Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }
}

fn status(error: &Error) -> u16 {
    match error {
        Error::Http(response) => response.status().as_u16(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn the_desk_opens_only_to_a_signed_in_page_of_our_own() {
    let house = House::open().await;
    let cookie = house.sign_in("801").await;
    let own = format!("http://{}", house.address);
    let refused = |cookie: &str, origin: Option<&str>| {
        let (cookie, origin) = (cookie.to_owned(), origin.map(str::to_owned));
        let address = house.address;
        async move { status(&open(address, &cookie, origin.as_deref()).await.err().unwrap()) }
    };
    assert_eq!(refused(&cookie, Some("http://evil.example")).await, 403);
    assert_eq!(refused(&cookie, None).await, 403);
    assert_eq!(refused("mayorline=0000", Some(&own)).await, 401);
    assert_eq!(refused("", Some(&own)).await, 401);
    assert!(open(house.address, &cookie, Some(&own)).await.is_ok());
}

#[tokio::test]
async fn a_command_reaches_the_line_and_its_answer_the_page() {
    let mut house = House::open().await;
    let cookie = house.sign_in("801").await;
    let (mut page, welcome, state) = Page::enter(&house, &cookie, json!({"page": "p"})).await;
    assert_eq!((&welcome["seat"], &welcome["role"]), (&json!("801"), &json!("operator")));
    assert_eq!(state["snapshot"], json!([]));
    let FromDesk::Connected { who, connection } = house.next().await else { panic!() };
    assert_eq!(who.seat, seat("801"));
    page.say(&json!({"v": 1, "id": 5, "do": "decline", "offer": 3})).await;
    let FromDesk::Request(request) = house.next().await else { panic!() };
    assert_eq!(request.seat, seat("801"));
    assert_eq!(request.command, DeskCommand::Decline { offer: OfferId(3) });
    let why = Refusal::NoSuchOffer;
    house.reply("801", request.id, DeskReply::Refused { why }).await;
    let reply = page.hear().await;
    assert_eq!(
        (&reply["reply"], &reply["result"], &reply["why"]),
        (&json!(5), &json!("refused"), &json!("no_such_offer"))
    );
    drop(page);
    let gone = house.next().await;
    assert_eq!(gone, FromDesk::Gone { seat: seat("801"), connection });
}

#[tokio::test]
async fn an_offer_of_sound_comes_back_with_its_answer_or_why_not() {
    let mut house = House::open().await;
    let cookie = house.sign_in("801").await;
    let (mut page, ..) = Page::enter(&house, &cookie, json!({"page": "p"})).await;
    house.next().await;
    for (id, wanted) in [(1, json!({"offer": 7})), (2, json!({"call": "a1-1-1"}))] {
        let mut message = json!({"v": 1, "id": id, "do": "audio", "sdp": "v=0\r\n"});
        message.as_object_mut().unwrap().extend(wanted.as_object().unwrap().clone());
        page.say(&message).await;
    }
    let FromDesk::AudioOffer { id, wanted, sdp, .. } = house.next().await else { panic!() };
    assert_eq!((wanted, sdp.as_str()), (AudioFor::Offer(OfferId(7)), "v=0\r\n"));
    let sdp = "v=0\r\nanswer".to_owned();
    house.to_pages.send(ToDesk::AudioAnswer { id, sdp }).await.unwrap();
    let reply = page.hear().await;
    assert_eq!((&reply["result"], &reply["sdp"]), (&json!("done"), &json!("v=0\r\nanswer")));
    let FromDesk::AudioOffer { id, .. } = house.next().await else { panic!() };
    let why = AudioRefusal::Busy;
    house.to_pages.send(ToDesk::AudioRefused { id, why }).await.unwrap();
    let reply = page.hear().await;
    assert_eq!((&reply["result"], &reply["why"]), (&json!("refused"), &json!("busy")));
}

#[tokio::test]
async fn a_page_that_comes_back_is_told_what_it_missed() {
    let house = House::open().await;
    let cookie = house.sign_in("801").await;
    let (mut page, welcome, _) = Page::enter(&house, &cookie, json!({"page": "p"})).await;
    let left = |call: &str| DeskEvent::Left { call: call.to_owned() };
    house.tell(Audience::Seat(seat("801")), left("a1-1-1")).await;
    let seen = page.hear().await["seq"].clone();
    drop(page);
    house.tell(Audience::Seat(seat("801")), left("a1-1-2")).await;
    house.tell(Audience::Seat(seat("802")), left("a1-1-9")).await;
    house.tell(Audience::Seat(seat("801")), left("a1-1-3")).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let hello = json!({"page": "p", "run": welcome["run"], "resume": seen});
    let (mut page, welcome, first) = Page::enter(&house, &cookie, hello).await;
    assert_eq!(welcome["resumed"], true);
    assert_eq!(first["call"], "a1-1-2");
    assert_eq!(page.hear().await["call"], "a1-1-3");
}

#[tokio::test]
async fn the_same_page_again_takes_the_place_of_its_old_connection() {
    let house = House::open().await;
    let cookie = house.sign_in("801").await;
    let (mut old, ..) = Page::enter(&house, &cookie, json!({"page": "p"})).await;
    let (_new, ..) = Page::enter(&house, &cookie, json!({"page": "p"})).await;
    assert_eq!(old.closed().await, Some(1000));
    let mut others = Vec::new();
    for n in 1..PAGES_MAX {
        others.push(Page::enter(&house, &cookie, json!({"page": format!("{n}")})).await);
    }
    let mut one_more = Page::connect(&house, &cookie).await;
    one_more.say(&json!({"v": 1, "hello": {"page": "more"}})).await;
    assert_eq!(one_more.closed().await, Some(1013));
}

#[tokio::test]
async fn signing_out_closes_the_pages() {
    let house = House::open().await;
    let cookie = house.sign_in("801").await;
    let (mut page, ..) = Page::enter(&house, &cookie, json!({"page": "p"})).await;
    let mut headers = super::http::own_form(house.address);
    headers.push(format!("Cookie: {cookie}"));
    super::http::ask(house.address, "POST", "/sign-out", &headers, "").await;
    assert_eq!(page.closed().await, Some(1000));
}

#[tokio::test]
async fn what_cannot_be_read_is_answered_and_borne_for_a_while() {
    let mut house = House::open().await;
    let cookie = house.sign_in("801").await;
    let (mut page, ..) = Page::enter(&house, &cookie, json!({"page": "p"})).await;
    house.next().await;
    for text in
        ["", "{", "null", "[1]", r#"{"v":1}"#, r#"{"v":1,"hello":{"page":"q"}}"#, "\u{feff}{}"]
    {
        page.socket.send(Message::text(text)).await.unwrap();
        assert_eq!(page.hear().await["fault"], "malformed", "{text}");
    }
    page.socket.send(Message::text(r#"{"v":9,"id":1,"do":"ready"}"#)).await.unwrap();
    assert_eq!(page.hear().await["fault"], "version");
    page.socket.send(Message::text(r#"{"v":1,"id":1,"do":"explode"}"#)).await.unwrap();
    let reply = page.hear().await;
    assert_eq!((&reply["result"], &reply["why"]), (&json!("refused"), &json!("malformed")));
    for _ in 0..=EXCESS_MAX {
        let _ = page.socket.send(Message::text("{")).await;
    }
    assert_eq!(page.closed().await, Some(1008));
    assert!(matches!(house.next().await, FromDesk::Gone { .. }));
}

#[tokio::test]
async fn a_message_that_is_too_long_or_binary_ends_the_connection() {
    let house = House::open().await;
    let cookie = house.sign_in("801").await;
    let (mut page, ..) = Page::enter(&house, &cookie, json!({"page": "p"})).await;
    let _ = page.socket.send(Message::text("x".repeat(DESK_MESSAGE_BYTES_MAX + 1))).await;
    let code = page.closed().await;
    assert!(matches!(code, None | Some(1008 | 1009)), "{code:?}");
    let (mut page, ..) = Page::enter(&house, &cookie, json!({"page": "p"})).await;
    page.socket.send(Message::binary(vec![0; 8])).await.unwrap();
    assert_eq!(page.closed().await, Some(1003));
}

#[tokio::test]
async fn a_flood_of_commands_is_refused_and_then_cut_off_while_others_go_on() {
    let mut house = House::open_with(1024).await;
    let cookie = house.sign_in("801").await;
    let (mut page, ..) = Page::enter(&house, &cookie, json!({"page": "p"})).await;
    let other = house.sign_in("802").await;
    let (mut calm, ..) = Page::enter(&house, &other, json!({"page": "q"})).await;
    for id in 1..1_000 {
        let ready = json!({"v": 1, "id": id, "do": "ready"}).to_string();
        if page.socket.send(Message::text(ready)).await.is_err() {
            break;
        }
    }
    // What was not read any more may reset the connection before its close is seen.
    let code = page.closed().await;
    assert!(matches!(code, None | Some(1008)), "{code:?}");
    calm.say(&json!({"v": 1, "id": 1, "do": "ready"})).await;
    let mut flood = 0;
    let calm_id = loop {
        match house.next().await {
            FromDesk::Request(request) if request.seat == seat("802") => break request.id,
            FromDesk::Request(_) => flood += 1,
            _ => {}
        }
    };
    assert!(flood <= COMMANDS_BURST_MAX, "{flood} commands came through");
    house.reply("802", calm_id, DeskReply::Done).await;
    assert_eq!(calm.hear().await["result"], "done");
}

#[tokio::test]
async fn a_command_that_the_line_has_no_room_for_fails_at_once() {
    let mut house = House::open_with(1).await;
    let cookie = house.sign_in("801").await;
    let (mut page, ..) = Page::enter(&house, &cookie, json!({"page": "p"})).await;
    house.next().await;
    for id in 1..=2 {
        page.say(&json!({"v": 1, "id": id, "do": "ready"})).await;
    }
    let reply = page.hear().await;
    assert_eq!(
        (&reply["reply"], &reply["result"], &reply["why"]),
        (&json!(2), &json!("failed"), &json!("line_busy"))
    );
}

#[tokio::test]
async fn a_silent_page_is_let_go() {
    let mut house = House::open().await;
    let cookie = house.sign_in("801").await;
    let (mut page, ..) = Page::enter(&house, &cookie, json!({"page": "p"})).await;
    house.next().await;
    assert_eq!(page.closed().await, Some(1001), "no beat was answered");
    assert!(matches!(house.next().await, FromDesk::Gone { .. }));
    let mut mute = Page::connect(&house, &cookie).await;
    assert_eq!(mute.closed().await, Some(1002), "no hello was said");
}
