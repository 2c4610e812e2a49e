//! Listening to recordings (调听): what a person may hear, the reason that is asked for, and the
//! sound in the pieces that a browser wants (RFC 9110 §14). A browser names a row and says why; for
//! that it gets a grant of its session, and with it the sound. It never names a file.

use super::pages::{App, Peer, Shared};
use super::session::{TokenHash, hash};
use super::{NotHeard, Sound, hex};
use crate::domain::desk_link::SeatIdentity;
use crate::domain::playback::reason;
use crate::units::SeatNumber;
use axum::body::Body;
use axum::extract::{Extension, Form, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Recordings that may be heard at once; the oldest must be asked for again.
pub const GRANTS_MAX: usize = 128;
/// How long a recording may be heard after its reason was given.
const GRANT_LIFE: Duration = Duration::from_secs(30 * 60);
/// Bytes that are read at once.
const PIECE_BYTES: u64 = 16 * 1_024;

struct Grant {
    session: TokenHash,
    sound: Arc<dyn Sound>,
    since: Instant,
}

/// What may be heard now, by the hash of its token.
#[derive(Default)]
pub(super) struct Grants(HashMap<TokenHash, Grant>);

impl Grants {
    fn give(&mut self, token: &str, session: TokenHash, sound: Arc<dyn Sound>, now: Instant) {
        self.0.retain(|_, grant| now.duration_since(grant.since) < GRANT_LIFE);
        if self.0.len() >= GRANTS_MAX {
            let oldest = self.0.iter().min_by_key(|(_, grant)| grant.since);
            if let Some(oldest) = oldest.map(|(token, _)| *token) {
                self.0.remove(&oldest);
            }
        }
        self.0.insert(hash(token), Grant { session, sound, since: now });
    }

    fn find(&self, token: &str, session: &TokenHash, now: Instant) -> Option<Arc<dyn Sound>> {
        let grant = self.0.get(&hash(token)).filter(|grant| grant.session == *session)?;
        (now.duration_since(grant.since) < GRANT_LIFE).then(|| Arc::clone(&grant.sound))
    }
}

/// A value as the JSON of an answer.
pub(super) fn answer(status: StatusCode, body: &impl Serialize) -> Response {
    let body = serde_json::to_string(body).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

fn refuse(why: NotHeard) -> Response {
    let status = match why {
        NotHeard::NotAllowed => StatusCode::FORBIDDEN,
        NotHeard::NoSuchRecording => StatusCode::NOT_FOUND,
        NotHeard::ReasonMissing => StatusCode::BAD_REQUEST,
        NotHeard::StoreDown => StatusCode::SERVICE_UNAVAILABLE,
    };
    answer(status, &json!({ "why": why }))
}

/// Who asks, as the directory has him now.
pub(super) async fn person(
    shared: &Arc<Shared>,
    headers: &HeaderMap,
) -> Option<(TokenHash, SeatIdentity)> {
    let (token, seat): (TokenHash, SeatNumber) = shared.seat(headers)?;
    let directory = Arc::clone(&shared.directory);
    let found = tokio::task::spawn_blocking(move || directory.find(&seat)).await;
    Some((token, found.ok()??))
}

/// `GET /calls`: the calls whose recordings the person may hear.
pub(super) async fn calls(State(shared): App, headers: HeaderMap) -> Response {
    let Some((_, who)) = person(&shared, &headers).await else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let archive = Arc::clone(&shared.archive);
    match tokio::task::spawn_blocking(move || archive.calls(&who)).await {
        Ok(Ok(calls)) => answer(StatusCode::OK, &calls),
        Ok(Err(why)) => refuse(why),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Which recording, and why.
#[derive(serde::Deserialize)]
pub(super) struct Wish {
    recording: i64,
    #[serde(default)]
    reason: String,
}

/// `POST /playback`: a grant to hear a recording, once the audit has stored who hears it and why.
pub(super) async fn ask(
    State(shared): App,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
    Form(wish): Form<Wish>,
) -> Response {
    if !shared.is_ours(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let Some((session, who)) = person(&shared, &headers).await else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let Some(reason) = reason(&wish.reason) else { return refuse(NotHeard::ReasonMissing) };
    let reason = format!("{reason} [{}]", shared.client(peer, &headers));
    let archive = Arc::clone(&shared.archive);
    let opened =
        tokio::task::spawn_blocking(move || archive.open(&who, wish.recording, reason)).await;
    let sound = match opened {
        Ok(Ok(sound)) => sound,
        Ok(Err(why)) => return refuse(why),
        Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    let Some(random) = (shared.sources.random)() else { return refuse(NotHeard::StoreDown) };
    let token = hex(&random);
    shared.grants().give(&token, session, sound, (shared.sources.monotonic)());
    answer(StatusCode::CREATED, &json!({ "play": token }))
}

/// `GET /playback/{token}`: the sound, or the piece of it that is asked for.
pub(super) async fn sound(
    State(shared): App,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> Response {
    let Some((session, _)) = shared.seat(&headers) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let found = shared.grants().find(&token, &session, (shared.sources.monotonic)());
    let Some(sound) = found else { return StatusCode::NOT_FOUND.into_response() };
    let length = sound.bytes();
    let wanted = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let whole = (0, length.saturating_sub(1));
    let (status, (first, last)) = match wanted.and_then(|wanted| range(wanted, length)) {
        None => (StatusCode::OK, whole),
        Some(Some(piece)) => (StatusCode::PARTIAL_CONTENT, piece),
        Some(None) => {
            let all = [(header::CONTENT_RANGE, format!("bytes */{length}"))];
            return (StatusCode::RANGE_NOT_SATISFIABLE, all).into_response();
        }
    };
    let mut response = Body::from_stream(pieces(sound, first, last + 1)).into_response();
    *response.status_mut() = status;
    let fields = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "audio/wav".to_owned()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::CONTENT_LENGTH, (last + 1 - first).to_string()),
        (header::CONTENT_RANGE, format!("bytes {first}-{last}/{length}")),
    ] {
        let named = name != header::CONTENT_RANGE || status == StatusCode::PARTIAL_CONTENT;
        if let (true, Ok(value)) = (named, value.parse()) {
            fields.insert(name, value);
        }
    }
    response
}

/// The bytes from `from` to before `end`, read as they are taken.
pub(super) fn pieces(
    sound: Arc<dyn Sound>,
    from: u64,
    end: u64,
) -> impl futures_util::Stream<Item = io::Result<Vec<u8>>> {
    futures_util::stream::unfold(from, move |at| {
        let sound = Arc::clone(&sound);
        async move {
            let wanted = PIECE_BYTES.min(end.saturating_sub(at));
            if wanted == 0 {
                return None;
            }
            let read = tokio::task::spawn_blocking(move || {
                let mut piece = vec![0; usize::try_from(wanted).unwrap_or(0)];
                let n = sound.read_at(at, &mut piece)?;
                piece.truncate(n);
                Ok(piece)
            });
            let piece = read.await.unwrap_or_else(|error| Err(io::Error::other(error)));
            let next = piece.as_ref().map_or(end, |piece| match piece.len() {
                0 => end,
                n => at + n as u64,
            });
            Some((piece, next))
        }
    })
}

/// The first and last byte of `bytes=a-b`, `bytes=a-` or `bytes=-n`; inside `None` when there are
/// no such bytes. `None`: it is not understood, and the whole is sent (RFC 9110 §14.2).
fn range(text: &str, length: u64) -> Option<Option<(u64, u64)>> {
    let (first, last) = text.strip_prefix("bytes=")?.trim().split_once('-')?;
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    let end = length.saturating_sub(1);
    let (first, last) = match (number(first), number(last)) {
        (Some(first), Some(last)) if first > last => return None,
        (Some(first), Some(last)) => (first, last.min(end)),
        (Some(first), None) if last.is_empty() => (first, end),
        (None, Some(count)) if first.is_empty() => (length.saturating_sub(count), end),
        _ => return None,
    };
    let nothing = first > end || length == 0;
    Some((!nothing).then_some((first, last)))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // The beginning of a virtual time.
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_has_them() {
        for (text, expected) in [
            ("bytes=0-", Some(Some((0, 99)))),
            ("bytes=0-0", Some(Some((0, 0)))),
            ("bytes=10-19", Some(Some((10, 19)))),
            ("bytes=90-1000", Some(Some((90, 99)))),
            ("bytes=-10", Some(Some((90, 99)))),
            ("bytes=-1000", Some(Some((0, 99)))),
            ("bytes=99-", Some(Some((99, 99)))),
            ("bytes=100-", Some(None)),
            ("bytes=100-200", Some(None)),
            ("bytes=99999999999999999999999-", Some(None)),
            ("bytes=-0", Some(None)),
            ("bytes=20-10", None),
            ("bytes=0-1,5-6", None),
            ("bytes=-", None),
            ("bytes=a-b", None),
            ("bytes=+1-2", None),
            ("pages=1-2", None),
            ("", None),
        ] {
            assert_eq!(range(text, 100), expected, "{text}");
        }
        assert_eq!(range("bytes=0-", 0), Some(None));
    }

    struct Nothing;

    impl Sound for Nothing {
        fn bytes(&self) -> u64 {
            0
        }

        fn read_at(&self, _: u64, _: &mut [u8]) -> io::Result<usize> {
            Ok(0)
        }
    }

    #[test]
    fn a_grant_is_of_one_session_for_half_an_hour_and_there_are_not_too_many() {
        let (mut grants, now) = (Grants::default(), Instant::now());
        let (mine, other) = (hash("mine"), hash("other"));
        grants.give("t", mine, Arc::new(Nothing), now);
        assert!(grants.find("t", &mine, now).is_some());
        assert!(grants.find("t", &other, now).is_none());
        assert!(grants.find("u", &mine, now).is_none());
        assert!(grants.find("t", &mine, now + GRANT_LIFE).is_none());
        for n in 0..GRANTS_MAX as u64 {
            let at = now + Duration::from_millis(n + 1);
            grants.give(&n.to_string(), mine, Arc::new(Nothing), at);
        }
        assert_eq!(grants.0.len(), GRANTS_MAX);
        assert!(grants.find("t", &mine, now).is_none());
    }
}
