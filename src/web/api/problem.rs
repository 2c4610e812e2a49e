//! Why something is not done, as JSON: the rule and one sentence, in Chinese first and in English for
//! whoever asks for it (`Accept-Language: en`).

use crate::domain::case::{Guard, Refusal};
use crate::store::StoreError;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Longest wait that a program is told after too many requests, in seconds.
const RETRY_AFTER_SECONDS: u64 = 60;

/// Why something is not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct ProblemBody {
    /// The rule that forbids it, as the city's rules name it, or the part of HTTP.
    #[schema(example = "T9")]
    pub(super) rule: String,
    /// One sentence for whoever asked.
    #[schema(example = "您的角色不能交办，须由受理员或中心主任办理。")]
    pub(super) sentence: String,
}

/// The same before its language is known.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    status: StatusCode,
    rule: &'static str,
    chinese: String,
    english: String,
    /// Further fields of the answer.
    more: Option<serde_json::Value>,
}

impl Problem {
    pub(super) fn new(
        status: StatusCode,
        rule: &'static str,
        chinese: &str,
        english: impl Into<String>,
    ) -> Self {
        let (chinese, english) = (chinese.to_owned(), english.into());
        Self { status, rule, chinese, english, more: None }
    }

    /// With further fields beside rule and sentence.
    pub(super) fn with(self, more: &impl Serialize) -> Self {
        Self { more: serde_json::to_value(more).ok(), ..self }
    }

    /// No such case, or none that this person may know of: the same answer, byte for byte.
    pub(super) fn unknown() -> Self {
        Self::from(Refusal::from(Guard::Unknown))
    }

    /// Nobody is signed in.
    pub(super) fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "3.7",
            "请先登录，或者出示有效的令牌。",
            "sign in, or bring a token that holds",
        )
    }

    /// His roles do not allow it.
    pub(super) fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "3.7",
            "您的角色没有这项权限。",
            "none of your roles may do this",
        )
    }

    /// What was sent cannot be understood; `why` names the field.
    pub(super) fn malformed(why: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "HTTP", "请求内容不合要求。", why)
    }

    /// Nothing can be stored or read now.
    pub(super) fn down() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "HTTP",
            "系统暂时不能读写，请稍后再试。",
            "the store cannot be used at the moment",
        )
    }

    /// A reason must be said first.
    pub(super) fn reason() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "3.7",
            "请写明理由，二至二百字。",
            "say why, in 2 to 200 characters",
        )
    }

    /// What is answered where a part of HTTP itself failed.
    fn of_status(status: StatusCode) -> Self {
        let reason = status.canonical_reason().unwrap_or("failed").to_ascii_lowercase();
        let chinese = match status {
            StatusCode::NOT_FOUND => "没有这个地址。",
            StatusCode::METHOD_NOT_ALLOWED => "该地址不支持这种请求方法。",
            StatusCode::PAYLOAD_TOO_LARGE => "请求内容过大。",
            _ => "请求未能完成。",
        };
        Self::new(status, "HTTP", chinese, reason)
    }

    fn body(&self, english: bool) -> String {
        let sentence = if english { self.english.clone() } else { self.chinese.clone() };
        let body = ProblemBody { rule: self.rule.to_owned(), sentence };
        let mut body = serde_json::to_value(body).unwrap_or_default();
        if let (Some(fields), Some(serde_json::Value::Object(more))) =
            (body.as_object_mut(), self.more.clone())
        {
            fields.extend(more);
        }
        body.to_string()
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = match &refusal {
            Refusal::Guard(Guard::Unknown) => StatusCode::NOT_FOUND,
            Refusal::Role { .. } => StatusCode::FORBIDDEN,
            Refusal::State { .. } | Refusal::Stage { .. } => StatusCode::CONFLICT,
            Refusal::NoNumber => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, refusal.rule(), &refusal.sentence(), refusal.to_string())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(refusal) => refusal.into(),
            StoreError::NotFound => Self::unknown(),
            StoreError::NotAllowed(_) => Self::forbidden(),
            StoreError::Malformed(why) | StoreError::Taken(why) => Self::malformed(why),
            error => {
                tracing::error!(%error, "the store failed a request");
                Self::down()
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Whether English is wanted and Chinese is not: the first language that is named decides.
fn wants_english(headers: &HeaderMap) -> bool {
    let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    wanted.is_some_and(|wanted| wanted.trim_start().to_ascii_lowercase().starts_with("en"))
}

/// Gives every failure its body.
pub(super) async fn speak(request: Request, next: Next) -> Response {
    let english = wants_english(request.headers());
    let mut response = next.run(request).await;
    let status = response.status();
    let known = response.extensions_mut().remove::<Problem>();
    let problem = match known {
        Some(problem) => problem,
        None if status.is_client_error() || status.is_server_error() => Problem::of_status(status),
        None => return response,
    };
    let mut answer = (status, problem.body(english)).into_response();
    let headers = answer.headers_mut();
    for (name, value) in response.headers() {
        if *name != header::CONTENT_TYPE && *name != header::CONTENT_LENGTH {
            headers.append(name, value.clone());
        }
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if status == StatusCode::TOO_MANY_REQUESTS {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
    }
    answer
}
