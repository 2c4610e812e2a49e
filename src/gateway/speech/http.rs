//! An engine that is a service: one POST for each sentence, on a connection of its own. Redirects are not
//! followed: where a citizen's reply goes is decided by the configuration.

use super::{GLANCE, SpeechBounds, SpeechFault, is_set};
use crate::client::{Connection, End, connect, head, read, secured};
use crate::domain::webhook::Target;
use axum::body::Body;
use axum::http::{Method, Request, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::body::Incoming;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::ClientConfig;
use serde_json::{Value, json};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::time::timeout;

/// Longest wait for a connection.
pub const SPEECH_CONNECT_WAIT: Duration = Duration::from_secs(5);

/// What a request looks like, and the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpForm {
    /// `POST /v1/audio/speech` as OpenAI's interface has it and most side services understand it.
    OpenAi {
        /// The model.
        model: String,
        /// The voice.
        voice: String,
    },
    /// Any other: `{text}` in the body stands for the sentence.
    Template {
        /// The body.
        body: String,
        /// Of the body.
        content_type: String,
        /// Where in a JSON answer the sound stands in base64, as a JSON pointer; empty: the answer is the
        /// sound.
        audio_at: String,
    },
}

/// A service.
#[derive(Clone)]
pub struct HttpEngine {
    /// Where it is.
    pub target: Target,
    /// How it is asked.
    pub form: HttpForm,
    /// A header that says who asks, such as `authorization`, and its value.
    pub key: Option<(String, String)>,
    /// Whose certificates are believed.
    pub tls: Arc<ClientConfig>,
    /// What a sentence may cost.
    pub bounds: SpeechBounds,
}

impl fmt::Debug for HttpEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpEngine({})", self.target.origin())
    }
}

impl HttpEngine {
    /// The bytes that it gave for a sentence.
    pub(super) fn speak(&self, text: &str, stop: &AtomicBool) -> Result<Vec<u8>, SpeechFault> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|_| SpeechFault::Http)?;
        let spoken = runtime.block_on(async {
            tokio::select! {
                answer = timeout(self.bounds.timeout, self.ask(text)) => {
                    answer.unwrap_or(Err(SpeechFault::Slow(self.bounds.timeout.as_secs())))
                }
                () = stopped(stop) => Err(SpeechFault::Stopped),
            }
        });
        // A resolver that hangs keeps its thread, not us.
        runtime.shutdown_background();
        let answer = spoken?;
        match &self.form {
            HttpForm::Template { audio_at, .. } if !audio_at.is_empty() => {
                inside(&answer, audio_at, self.bounds.bytes_max)
            }
            HttpForm::OpenAi { .. } | HttpForm::Template { .. } => Ok(answer),
        }
    }

    async fn ask(&self, text: &str) -> Result<Vec<u8>, SpeechFault> {
        let origin = || self.target.origin();
        let stream = timeout(SPEECH_CONNECT_WAIT, connect(&self.target)).await;
        let stream = stream.ok().and_then(Result::ok);
        let stream = stream.ok_or_else(|| SpeechFault::Connect(origin()))?;
        let request = self.request(text).ok_or(SpeechFault::Http)?;
        let stream = secured(&self.target, Some(&self.tls), stream).await;
        let stream = stream.map_err(|_| SpeechFault::Tls(origin()))?;
        let connection = Connection::open(stream).await;
        let mut connection = connection.map_err(|_| SpeechFault::Http)?;
        let answer = connection.ask(request).await.map_err(|_| SpeechFault::Http)?;
        match answer.status().as_u16() {
            200 => self.sound(answer.into_body()).await,
            status => Err(SpeechFault::Status(status)),
        }
    }

    fn request(&self, text: &str) -> Option<Request<Body>> {
        let (content_type, body) = self.form.written(text);
        let mut request = head(&self.target, &self.target.path)
            .method(Method::POST)
            .header(header::CONTENT_TYPE, content_type);
        if let Some((name, value)) = &self.key {
            request = request.header(name, value);
        }
        request.body(Body::from(body)).ok()
    }

    async fn sound(&self, mut body: Incoming) -> Result<Vec<u8>, SpeechFault> {
        let bytes_max = self.bounds.bytes_max;
        // Base64 is a third longer than what it holds.
        let (read, end) = read(&mut body, bytes_max.saturating_mul(2)).await;
        let is_large = read.len() > bytes_max && !self.form.is_wrapped();
        match end {
            End::Broken => Err(SpeechFault::Http),
            End::Long => Err(SpeechFault::Large(bytes_max)),
            End::Whole if is_large => Err(SpeechFault::Large(bytes_max)),
            End::Whole => Ok(read),
        }
    }
}

impl HttpForm {
    /// Content type and body of the request for a sentence.
    fn written(&self, text: &str) -> (&str, String) {
        match self {
            Self::OpenAi { model, voice } => {
                let asked = json!({"model": model, "voice": voice, "input": text, "response_format": "wav"});
                ("application/json", asked.to_string())
            }
            Self::Template { body, content_type, .. } => {
                (content_type, body.replace("{text}", &escaped(content_type, text)))
            }
        }
    }

    fn is_wrapped(&self) -> bool {
        matches!(self, Self::Template { audio_at, .. } if !audio_at.is_empty())
    }
}

/// The sentence as it may stand inside a body of that type.
fn escaped(content_type: &str, text: &str) -> String {
    let content_type = content_type.to_ascii_lowercase();
    if content_type.contains("json") {
        let quoted = Value::from(text).to_string();
        let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        return inner.unwrap_or_default().to_owned();
    }
    if content_type.contains("xml") {
        return quick_xml::escape::escape(text).into_owned();
    }
    if content_type.contains("urlencoded") {
        return utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    }
    text.to_owned()
}

/// The sound inside a JSON answer.
fn inside(answer: &[u8], audio_at: &str, bytes_max: usize) -> Result<Vec<u8>, SpeechFault> {
    let answer: Value = serde_json::from_slice(answer).map_err(|_| SpeechFault::Format)?;
    let sound = answer.pointer(audio_at).and_then(Value::as_str).ok_or(SpeechFault::Format)?;
    let sound = STANDARD.decode(sound).map_err(|_| SpeechFault::Format)?;
    if sound.len() > bytes_max { Err(SpeechFault::Large(bytes_max)) } else { Ok(sound) }
}

async fn stopped(stop: &AtomicBool) {
    while !is_set(stop) {
        tokio::time::sleep(GLANCE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_no_code_whatever_it_holds() {
        let text = "他说\"好\\\",<a>&'\"";
        let template = |content_type: &str, body: &str| HttpForm::Template {
            body: body.to_owned(),
            content_type: content_type.to_owned(),
            audio_at: String::new(),
        };
        let json = template("application/json; charset=utf-8", r#"{"a":{"text":"{text}"}}"#);
        let read: Value = serde_json::from_str(&json.written(text).1).unwrap();
        assert_eq!(read["a"]["text"], text);
        let ssml = template("application/ssml+xml", "<speak>{text}</speak>");
        let written = ssml.written(text).1;
        assert_eq!(written, "<speak>他说&quot;好\\&quot;,&lt;a&gt;&amp;&apos;&quot;</speak>");
        let form = template("application/x-www-form-urlencoded", "tex={text}&lan=zh");
        assert_eq!(form.written("灯&a").1, "tex=%E7%81%AF%26a&lan=zh");
        let plain = template("text/plain", "{text}");
        assert_eq!(plain.written(text).1, text);
        let open_ai = HttpForm::OpenAi { model: "kokoro".into(), voice: "zf_xiaobei".into() };
        let read: Value = serde_json::from_str(&open_ai.written(text).1).unwrap();
        assert_eq!((read["input"].as_str(), &read["response_format"]), (Some(text), &json!("wav")));
    }

    #[test]
    fn the_sound_of_a_json_answer_stands_where_it_is_said_to() {
        let answer = br#"{"data":{"audio":"AQID"},"code":0}"#;
        assert_eq!(inside(answer, "/data/audio", 3).unwrap(), [1, 2, 3]);
        assert_eq!(inside(answer, "/data/audio", 2), Err(SpeechFault::Large(2)));
        for (answer, at) in [
            (&answer[..], "/data/sound"),
            (&answer[..], "/code"),
            (b"{}", "/data/audio"),
            (b"RIFF", "/data/audio"),
            (br#"{"a":"?"}"#, "/a"),
        ] {
            assert_eq!(inside(answer, at, 1_000), Err(SpeechFault::Format));
        }
    }
}
