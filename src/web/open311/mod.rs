//! Open311 GeoReport v2 below `/open311/v2`, as XML and JSON: published cases for everybody, and
//! requests that the programs of partners bring. docs/open311.md says what of the standard there is.
//!
//! * `services`: discovery, services, what can be told with a request.
//! * `requests`: published cases. What is told of one is `domain::publication`; a name, a telephone or
//!   the words of a citizen are never among it.
//! * `posted`: requests that are brought, and their numbers by token.
//! * `partner`: whose key it is, and how often anybody may ask.
//! * `answer`: one value in both forms, and the lists of faults.

mod answer;
mod partner;
mod posted;
mod requests;
mod services;

pub use partner::{
    OPEN311_POSTS_PER_MINUTE_MAX, OPEN311_READS_PER_MINUTE_MAX, PARTNERS_MAX, Partner,
};
pub use requests::OPEN311_PAGE_MAX;

use super::api::ApiConfig;
use super::pace::{Pace, source};
use super::pages::{Peer, Shared};
use super::turns::{Turns, Unread};
use crate::store::{Reader, StoreError, StoreHandle};
use answer::Faults;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension, Request, State};
use axum::http::Method;
use axum::http::header::HeaderMap;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use partner::Subject;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Largest body of a request, in bytes: 4,000 Chinese characters of a form, and the rest of it.
pub const OPEN311_BODY_BYTES_MAX: usize = 64 * 1_024;
/// Questions that are answered from the store at once; further ones wait for their turn.
pub const OPEN311_READS_AT_ONCE_MAX: usize = 1;
/// So long a question waits for its turn.
const TURN_WAIT: Duration = Duration::from_secs(5);
/// Longest name of the city.
pub const JURISDICTION_CHARS_MAX: usize = 100;

/// Whom the city answers as, and who may bring requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open311Config {
    /// How others reach this server, without `/` at its end; empty: by the name that they used.
    pub public_url: String,
    /// The city's `jurisdiction_id`; empty: what is asked for is not looked at.
    pub jurisdiction: String,
    /// Whom to ask.
    pub contact: String,
    /// How to come by a key.
    pub key_service: String,
    /// Who may bring requests.
    pub partners: Vec<Partner>,
}

/// What all handlers work with.
struct House {
    shared: Arc<Shared>,
    store: StoreHandle,
    wall: fn() -> Timestamp,
    config: Open311Config,
    pace: Mutex<Pace<Subject>>,
    reads: Turns,
}

type On = State<Arc<House>>;

impl House {
    /// Counts; refuses who asks too often.
    fn count(&self, subject: Subject) -> Result<(), Faults> {
        let now = (self.shared.sources.monotonic)();
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        let max = subject.per_minute_max();
        if pace.count(subject, max, now) { Ok(()) } else { Err(Faults::too_many()) }
    }

    /// Whose questions are counted.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Subject {
        Subject::Address(source(self.shared.client(peer, headers)))
    }

    /// Refuses what is asked of another city.
    fn check_city(&self, named: Option<&str>) -> Result<(), Faults> {
        match named {
            Some(named) if !self.is_ours(named) => Err(Faults::no_city()),
            _ => Ok(()),
        }
    }

    fn is_ours(&self, jurisdiction: &str) -> bool {
        let own = &self.config.jurisdiction;
        own.is_empty() || jurisdiction.is_empty() || own == jurisdiction
    }

    /// Reads the store, one question at a time.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Faults> {
        self.reads.read(read).await.map_err(|unread| match unread {
            Unread::Busy => Faults::down(),
            Unread::Failed(error) => error.into(),
        })
    }
}

/// Counts whoever asks; who brings is counted once his key is known.
async fn paced(
    State(house): On,
    Extension(Peer(peer)): Extension<Peer>,
    request: Request,
    next: Next,
) -> Response {
    let subject = house.client(peer, request.headers());
    let counted = match *request.method() == Method::POST {
        true => Ok(()),
        false => house.count(subject),
    };
    match counted {
        Ok(()) => next.run(request).await,
        Err(faults) => faults.into_response(),
    }
}

/// Every path there is, below `/open311/v2`; `None`: it is not served. What ends in nothing is XML.
pub(super) fn router(shared: &Arc<Shared>, config: ApiConfig) -> Option<Router> {
    let ApiConfig { folder, store, wall, open311, .. } = config;
    let house = Arc::new(House {
        shared: Arc::clone(shared),
        store,
        wall,
        config: open311?,
        pace: Mutex::default(),
        reads: Turns::new(folder, OPEN311_READS_AT_ONCE_MAX, TURN_WAIT),
    });
    let mut router = Router::new();
    for ending in ["", ".xml", ".json"] {
        let path = |name: &str| format!("/{name}{ending}");
        router = router
            .route(&path("discovery"), get(services::discovery))
            .route(&path("services"), get(services::list))
            .route(&path("requests"), get(requests::list).post(posted::bring));
    }
    let router = router
        .route("/services/{code}", get(services::definition))
        .route("/requests/{request}", get(requests::show))
        .route("/tokens/{token}", get(posted::number))
        .fallback(|| async { axum::http::StatusCode::NOT_FOUND })
        .layer(from_fn_with_state(Arc::clone(&house), paced))
        .layer(from_fn(answer::speak))
        .layer(DefaultBodyLimit::max(OPEN311_BODY_BYTES_MAX))
        .with_state(house);
    Some(router)
}

/// The name before the ending of its form.
fn stem(name: &str) -> &str {
    name.strip_suffix(".json").or_else(|| name.strip_suffix(".xml")).unwrap_or(name)
}

/// Parameters by their names, each once and in UTF-8.
#[derive(Debug, Default, PartialEq, Eq)]
struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// As they were sent; blanks around a value are none of it, and an empty one was not given.
    fn of(pairs: Vec<(String, String)>) -> Result<Self, Faults> {
        let mut known = Self::default();
        for (name, value) in pairs {
            // What is not UTF-8 comes as this; refused, because it would be kept as something else.
            if name.contains('\u{fffd}') || value.contains('\u{fffd}') {
                return Err(Faults::malformed("请求参数应为 UTF-8 编码。"));
            }
            if known.0.iter().any(|(other, _)| *other == name) {
                return Err(Faults::malformed(format!("{name}: 参数重复。")));
            }
            known.0.push((name, value));
        }
        Ok(known)
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// All attributes that have a value.
    fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(name, value)| {
            let code = name.strip_prefix("attribute[")?.strip_suffix(']')?;
            let value = value.trim();
            (!value.is_empty()).then_some((code, value))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn parameters_are_given_once_in_utf_8_and_empty_ones_are_none() {
        let given = [("status", " open "), ("lat", ""), ("attribute[nature]", "help")];
        let known = Parameters::of(pairs(&given)).unwrap();
        assert_eq!(
            (known.get("status"), known.get("lat"), known.get("long")),
            (Some("open"), None, None)
        );
        assert_eq!(known.attributes().collect::<Vec<_>>(), [("nature", "help")]);
        assert!(Parameters::of(pairs(&[("a", "1"), ("a", "2")])).is_err());
        assert!(Parameters::of(pairs(&[("a", "\u{fffd}")])).is_err());
    }

    #[test]
    fn a_name_is_what_stands_before_its_form() {
        for name in ["050100", "050100.xml", "050100.json"] {
            assert_eq!(stem(name), "050100");
        }
        assert_eq!(stem("050100.csv"), "050100.csv");
    }
}
