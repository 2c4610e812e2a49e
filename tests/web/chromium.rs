//! A real Chromium, driven by its DevTools protocol over a WebSocket. A driver crate would bring a
//! hundred and fifty others for the dozen calls that are wanted here.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

/// How long something may take to show.
const WAIT: Duration = Duration::from_secs(20);

/// One browser with one page; ended when dropped.
pub(crate) struct Chromium {
    child: Child,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    last_id: u64,
    /// Exceptions and refused content, as the page reported them.
    pub(crate) complaints: Vec<String>,
    _profile: TempDir,
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Chromium {
    /// Starts it with a fake microphone that beeps, at 1280 by 720.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With these arguments more.
    pub(crate) async fn start_with(more: &[String]) -> Self {
        let profile = TempDir::new().unwrap();
        let mut child = Command::new("chromium")
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args([
                "--headless=new",
                "--no-sandbox",
                "--remote-debugging-port=0",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                "--autoplay-policy=no-user-gesture-required",
                "--window-size=1280,720",
                "--disable-gpu",
                "--disable-quic",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-proxy-server",
            ])
            .args(more)
            .arg("about:blank")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("chromium, installed by tests/install.sh");
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let browser = lines
            .find_map(|line| Some(line.unwrap().strip_prefix("DevTools listening on ")?.to_owned()))
            .expect("chromium says where it listens");
        // What it says later must be taken off the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let config = WebSocketConfig::default().max_message_size(Some(64 << 20));
        let config = config.max_frame_size(Some(64 << 20));
        let endpoint = Self::page(&browser).await;
        let (socket, _) = connect_async_with_config(endpoint, Some(config), false).await.unwrap();
        let mut this =
            Self { child, socket, last_id: 0, complaints: Vec::new(), _profile: profile };
        for domain in ["Page.enable", "Runtime.enable", "Log.enable"] {
            this.call(domain, json!({})).await;
        }
        this.screen(1280, 720).await;
        this
    }

    /// Makes the page so wide and high.
    pub(crate) async fn screen(&mut self, width: u32, height: u32) {
        let screen =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", screen).await;
    }

    /// The endpoint of the first page.
    async fn page(browser: &str) -> String {
        let host = browser.strip_prefix("ws://").unwrap().split('/').next().unwrap();
        let address = host.parse().unwrap();
        let begin = Instant::now();
        loop {
            let list = super::http::get(address, "/json/list", "").await;
            let list: Value = serde_json::from_str(&list.body).unwrap_or_default();
            let pages = list.as_array().into_iter().flatten();
            let page = pages.clone().find(|target| target["type"] == "page");
            if let Some(endpoint) = page.and_then(|page| page["webSocketDebuggerUrl"].as_str()) {
                return endpoint.to_owned();
            }
            assert!(begin.elapsed() < WAIT, "chromium has no page");
            sleep(Duration::from_millis(50)).await;
        }
    }

    async fn call(&mut self, method: &str, params: Value) -> Value {
        self.try_call(method, params).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    async fn try_call(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.last_id += 1;
        let id = self.last_id;
        let text = json!({"id": id, "method": method, "params": params}).to_string();
        self.socket.send(Message::text(text)).await.unwrap();
        loop {
            let next = timeout(WAIT, self.socket.next()).await.expect(method).unwrap();
            let Message::Text(text) = next.unwrap() else { continue };
            let message: Value = serde_json::from_str(&text).unwrap();
            if message["id"] == id {
                let error = message.get("error").cloned();
                return error.map_or_else(|| Ok(message["result"].clone()), Err);
            }
            self.note(&message);
        }
    }

    fn note(&mut self, message: &Value) {
        let params = &message["params"];
        match message["method"].as_str() {
            Some("Runtime.exceptionThrown") => {
                self.complaints.push(params["exceptionDetails"].to_string());
            }
            // A page that is cut off on purpose says so; that is no fault of the page.
            Some("Log.entryAdded")
                if params["entry"]["level"] == "error"
                    && params["entry"]["source"] != "network" =>
            {
                self.complaints.push(params["entry"].to_string());
            }
            _ => {}
        }
    }

    /// Runs a script in every page before any of its own.
    pub(crate) async fn before_every_page(&mut self, script: &str) {
        self.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": script})).await;
    }

    pub(crate) async fn open(&mut self, url: &str) {
        self.call("Page.navigate", json!({"url": url})).await;
        self.wait("document.readyState === 'complete'").await;
    }

    /// Runs in every page that is opened from now on, before anything of its own.
    pub(crate) async fn before_all(&mut self, script: &str) {
        self.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": script})).await;
    }

    /// The value of an expression, promises awaited.
    pub(crate) async fn value(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "awaitPromise": true, "returnByValue": true,
            "userGesture": true});
        let result = self.call("Runtime.evaluate", params).await;
        let fault = result.get("exceptionDetails");
        assert!(fault.is_none(), "{expression}: {}", fault.unwrap());
        result["result"]["value"].clone()
    }

    /// Waits until an expression holds; how long it took.
    pub(crate) async fn wait(&mut self, expression: &str) -> Duration {
        let begin = Instant::now();
        loop {
            let params = json!({"expression": format!("!!({expression})"), "returnByValue": true});
            // A page that is about to be another cannot say; it is asked again.
            let result = self.try_call("Runtime.evaluate", params).await;
            if result.is_ok_and(|result| result["result"]["value"] == true) {
                return begin.elapsed();
            }
            if begin.elapsed() > WAIT {
                let text = self.value("document.body.innerText").await;
                panic!("never: {expression}\n{text}\n{:?}", self.complaints);
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// A key as a person presses it.
    pub(crate) async fn key(&mut self, key: &str, code: u32) {
        for kind in ["rawKeyDown", "keyUp"] {
            let params = json!({"type": kind, "key": key, "code": key,
                "windowsVirtualKeyCode": code, "nativeVirtualKeyCode": code});
            self.call("Input.dispatchKeyEvent", params).await;
        }
    }

    /// A picture of the page, as PNG in base64, into a folder named by `MAYORLINE_SCREENSHOTS`.
    pub(crate) async fn picture(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("MAYORLINE_SCREENSHOTS") else { return };
        let shot = self.call("Page.captureScreenshot", json!({"format": "png"})).await;
        let path = std::path::Path::new(&folder).join(format!("{name}.png.base64"));
        std::fs::write(path, shot["data"].as_str().unwrap()).unwrap();
    }
}
