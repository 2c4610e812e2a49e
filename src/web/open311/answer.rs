//! Answers in both forms of the standard, XML and JSON, from one value; and failures as its lists of
//! code and description.

use crate::store::StoreError;
use axum::extract::Request;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::http::header::{self, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use std::io;

/// Whoever asks too often may ask again after so many seconds.
const RETRY_AFTER_SECONDS: u32 = 60;

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// What the standard requires, and what is answered where none is named.
    Xml,
    /// By the ending `.json`.
    Json,
}

impl Format {
    /// By the ending of a path.
    pub(super) fn of(path: &str) -> Self {
        if path.ends_with(".json") { Self::Json } else { Self::Xml }
    }

    /// Its media type in the discovery.
    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Xml => "text/xml",
            Self::Json => "application/json",
        }
    }
}

/// What is told.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// Nothing is known: an empty element, `null`.
    Nothing,
    /// A text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Yes or no.
    Truth(bool),
    /// Fields by their names, in their order.
    Fields(Vec<(&'static str, Self)>),
    /// A list, with the name of an element of it.
    List(&'static str, Vec<Self>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Into::into)
    }
}

impl Value {
    fn json(&self) -> serde_json::Value {
        match self {
            Self::Nothing => serde_json::Value::Null,
            Self::Text(text) => text.as_str().into(),
            Self::Number(number) => (*number).into(),
            Self::Truth(truth) => (*truth).into(),
            Self::Fields(fields) => {
                fields.iter().map(|(name, value)| ((*name).to_owned(), value.json())).collect()
            }
            Self::List(_, values) => values.iter().map(Self::json).collect(),
        }
    }

    fn xml(&self, name: &str, out: &mut Writer<Vec<u8>>) -> io::Result<()> {
        out.write_event(Event::Start(BytesStart::new(name)))?;
        match self {
            Self::Nothing => (),
            Self::Text(text) => write_text(text, out)?,
            Self::Number(number) => write_text(&number.to_string(), out)?,
            Self::Truth(truth) => write_text(if *truth { "true" } else { "false" }, out)?,
            Self::Fields(fields) => {
                for (name, value) in fields {
                    value.xml(name, out)?;
                }
            }
            Self::List(item, values) => {
                for value in values {
                    value.xml(item, out)?;
                }
            }
        }
        out.write_event(Event::End(BytesEnd::new(name)))
    }
}

fn write_text(text: &str, out: &mut Writer<Vec<u8>>) -> io::Result<()> {
    let text: String = text.chars().filter(|c| may_stand_in_xml(*c)).collect();
    out.write_event(Event::Text(BytesText::new(&text)))
}

/// XML 1.0 §2.2: other characters make a document unreadable, also where they are escaped.
fn may_stand_in_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
}

/// An answer: the name of its root in XML, and what it tells.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub(super) root: &'static str,
    pub(super) value: Value,
}

impl Answer {
    /// As it is sent.
    pub(super) fn body(&self, format: Format) -> String {
        match format {
            Format::Json => self.value.json().to_string(),
            Format::Xml => {
                let mut out = Writer::new(Vec::new());
                let head = Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None));
                // Writing into memory cannot fail.
                let _ = out.write_event(head);
                let _ = self.value.xml(self.root, &mut out);
                String::from_utf8(out.into_inner()).unwrap_or_default()
            }
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = StatusCode::OK.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// One fault of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) code: StatusCode,
    pub(super) description: String,
}

/// Why something is not done; at least one fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Faults(pub(super) Vec<Fault>);

impl Faults {
    /// One fault.
    pub(super) fn one(code: StatusCode, description: impl Into<String>) -> Self {
        Self(vec![Fault { code, description: description.into() }])
    }

    /// What was sent cannot be understood.
    pub(super) fn malformed(description: impl Into<String>) -> Self {
        Self::one(StatusCode::BAD_REQUEST, description)
    }

    /// No such request, or none that is published: the same answer, byte for byte.
    pub(super) fn no_request() -> Self {
        Self::one(StatusCode::NOT_FOUND, "service_request_id: 没有公开的这一事项。")
    }

    /// It is asked of another city.
    pub(super) fn no_city() -> Self {
        Self::one(StatusCode::NOT_FOUND, "jurisdiction_id: 本系统不办理该地区的事项。")
    }

    /// The key is missing or wrong.
    pub(super) fn no_key() -> Self {
        Self::one(StatusCode::FORBIDDEN, "api_key: 缺少接口密钥，或者密钥无效。")
    }

    /// Whoever asks does it too often.
    pub(super) fn too_many() -> Self {
        Self::one(StatusCode::TOO_MANY_REQUESTS, "请求过于频繁，请一分钟后再试。")
    }

    /// Nothing can be stored or read now.
    pub(super) fn down() -> Self {
        Self::one(StatusCode::SERVICE_UNAVAILABLE, "系统暂时不能读写，请稍后再试。")
    }

    /// Where a part of HTTP itself failed.
    fn of_status(status: StatusCode) -> Self {
        let description = match status {
            StatusCode::NOT_FOUND => "没有这个地址。",
            StatusCode::METHOD_NOT_ALLOWED => "该地址不支持这种请求方法。",
            StatusCode::PAYLOAD_TOO_LARGE => "请求内容过大。",
            StatusCode::REQUEST_TIMEOUT => "请求没有按时收全。",
            _ => "请求未能完成。",
        };
        Self::one(status, description)
    }

    /// A fault of what was asked for comes before what was not found.
    fn status(&self) -> StatusCode {
        let malformed = self.0.iter().find(|fault| fault.code == StatusCode::BAD_REQUEST);
        let first = malformed.or_else(|| self.0.first());
        first.map_or(StatusCode::INTERNAL_SERVER_ERROR, |fault| fault.code)
    }

    fn answer(self) -> Answer {
        let errors = self.0.into_iter().map(|fault| {
            Value::Fields(vec![
                ("code", Value::Number(fault.code.as_u16().into())),
                ("description", fault.description.into()),
            ])
        });
        Answer { root: "errors", value: Value::List("error", errors.collect()) }
    }
}

impl From<FormRejection> for Faults {
    fn from(rejection: FormRejection) -> Self {
        match rejection {
            FormRejection::InvalidFormContentType(_) => Self::malformed(
                "Content-Type: 应为 application/x-www-form-urlencoded；图片请用 media_url 给出链接。",
            ),
            other if other.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Self::of_status(StatusCode::PAYLOAD_TOO_LARGE)
            }
            _ => Self::malformed("请求参数不是 UTF-8 编码的表单。"),
        }
    }
}

impl From<StoreError> for Faults {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::no_request(),
            StoreError::Refused(refusal) => Self::malformed(refusal.sentence()),
            error => {
                tracing::error!(%error, "the store failed a request of Open311");
                Self::down()
            }
        }
    }
}

impl IntoResponse for Faults {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self.answer());
        response
    }
}

/// Gives every answer its form, and every failure its list.
pub(super) async fn speak(request: Request, next: Next) -> Response {
    let format = Format::of(request.uri().path());
    let mut response = next.run(request).await;
    let status = response.status();
    let answer = match response.extensions_mut().remove::<Answer>() {
        Some(answer) => answer,
        None if status.is_success() => return response,
        None => Faults::of_status(status).answer(),
    };
    let mut spoken = (status, answer.body(format)).into_response();
    let headers = spoken.headers_mut();
    for (name, value) in response.headers() {
        if *name != header::CONTENT_TYPE && *name != header::CONTENT_LENGTH {
            headers.append(name, value.clone());
        }
    }
    let kind = match format {
        Format::Xml => "text/xml; charset=utf-8",
        Format::Json => "application/json; charset=utf-8",
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if status == StatusCode::TOO_MANY_REQUESTS {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
    }
    spoken
}

#[cfg(test)]
mod tests {
    use super::*;
    use quick_xml::Reader;

    fn sample() -> Answer {
        let fields = vec![
            ("description", Value::from("灯 <1> & \"2\" ]]> '3'\u{0}\u{b}\u{fffe}")),
            ("address", Value::Nothing),
            ("order", Value::Number(-3)),
            ("metadata", Value::Truth(true)),
            ("values", Value::List("value", vec![Value::from("a"), Value::from("b")])),
        ];
        Answer { root: "requests", value: Value::List("request", vec![Value::Fields(fields)]) }
    }

    /// The document as another reads it: the name of every element with its own text.
    fn read(xml: &str) -> Vec<(String, String)> {
        let (mut reader, mut open, mut found) = (Reader::from_str(xml), vec![], vec![]);
        loop {
            match reader.read_event().unwrap() {
                Event::Start(tag) => {
                    open.push((tag.name().into_inner().to_owned(), String::new()));
                }
                Event::Text(text) => {
                    if let Some((_, own)) = open.last_mut() {
                        *own += &text.xml10_content();
                    }
                }
                Event::GeneralRef(entity) => {
                    let known = match &*entity.xml10_content() {
                        "lt" => "<",
                        "gt" => ">",
                        "amp" => "&",
                        "quot" => "\"",
                        "apos" => "'",
                        other => panic!("{other}"),
                    };
                    open.last_mut().unwrap().1 += known;
                }
                Event::End(_) => found.push(open.pop().unwrap()),
                Event::Eof => break,
                _ => (),
            }
        }
        assert!(open.is_empty(), "{xml}");
        found
    }

    #[test]
    fn what_is_written_as_xml_is_read_back_whole() {
        let xml = sample().body(Format::Xml);
        assert!(
            xml.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?><requests><request>"),
            "{xml}"
        );
        let found = read(&xml);
        let pairs: Vec<_> = found.iter().map(|(name, own)| (name.as_str(), own.as_str())).collect();
        assert_eq!(
            pairs,
            [
                ("description", "灯 <1> & \"2\" ]]> '3'"),
                ("address", ""),
                ("order", "-3"),
                ("metadata", "true"),
                ("value", "a"),
                ("value", "b"),
                ("values", ""),
                ("request", ""),
                ("requests", ""),
            ]
        );
    }

    #[test]
    fn the_same_is_written_as_json() {
        let json: serde_json::Value = serde_json::from_str(&sample().body(Format::Json)).unwrap();
        let one = &json[0];
        assert_eq!(one["description"], "灯 <1> & \"2\" ]]> '3'\u{0}\u{b}\u{fffe}");
        assert_eq!((&one["address"], &one["order"]), (&serde_json::Value::Null, &(-3).into()));
        assert_eq!((&one["metadata"], &one["values"][1]), (&true.into(), &"b".into()));
    }

    #[test]
    fn a_list_of_faults_has_the_status_of_the_gravest() {
        let found = Faults(vec![
            Fault { code: StatusCode::NOT_FOUND, description: "service_code".to_owned() },
            Fault { code: StatusCode::BAD_REQUEST, description: "phone".to_owned() },
        ]);
        assert_eq!(found.status(), StatusCode::BAD_REQUEST);
        assert_eq!(
            found.answer().body(Format::Json),
            r#"[{"code":404,"description":"service_code"},{"code":400,"description":"phone"}]"#
        );
        assert_eq!(Faults::no_request().status(), StatusCode::NOT_FOUND);
    }
}
