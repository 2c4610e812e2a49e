//! An HTTP client of a few lines that shares no code with the server.

use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(key, value)| (key.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Self { status, headers, body: body.to_owned() }
    }
}

/// Asks; `headers` are whole lines.
pub(crate) async fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[String],
    body: &str,
) -> Answer {
    let mut request =
        format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for header in headers {
        request += &format!("{header}\r\n");
    }
    request += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = Vec::new();
    while !is_whole(&text) && stream.read_buf(&mut text).await.unwrap() > 0 {}
    Answer::read(&String::from_utf8_lossy(&text))
}

/// Whether the body is as long as its head says; servers may keep the connection.
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer).to_ascii_lowercase();
    let Some(head) = text.split("\r\n\r\n").next().filter(|head| head.len() < text.len()) else {
        return false;
    };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length = length.and_then(|length| length.trim().parse::<usize>().ok());
    let head_bytes = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    length.is_some_and(|length| answer.len() >= head_bytes + 4 + length)
}

pub(crate) async fn get(address: SocketAddr, path: &str, cookie: &str) -> Answer {
    ask(address, "GET", path, &[format!("Cookie: {cookie}")], "").await
}

/// What is sent by a form of our own page.
pub(crate) fn own_form(address: SocketAddr) -> Vec<String> {
    vec![
        format!("Origin: http://{address}"),
        "Content-Type: application/x-www-form-urlencoded".to_owned(),
    ]
}

/// `text` as it stands in a form.
pub(crate) fn escape(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

pub(crate) async fn sign_in(address: SocketAddr, seat: &str, password: &str) -> Answer {
    let body = format!("seat={}&password={}", escape(seat), escape(password));
    ask(address, "POST", "/sign-in", &own_form(address), &body).await
}
