//! Contacts that people take down: of whoever may accept it a case, of others a draft.

use super::asked::{WORDS_MAX, json};
use super::hints::HintsView;
use super::people::Person;
use super::problem::{Problem, ProblemBody};
use super::views::json as answer;
use super::{On, waiting};
use crate::domain::access::{Access, Function, best};
use crate::domain::call::{Caller, NewIntake};
use crate::domain::case::{
    Actor, AnonymousReason, Channel, DISPLAY_CHARS_MAX, Guard, Refusal, State, TEXT_CHARS_MAX,
    Task, may_accept,
};
use crate::store::{CaseNow, PersonIntake, TextOfCase};
use crate::units::PhoneNumber;
use crate::web::hex;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a citizen told a person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TakenDown {
    /// Makes sending it twice harmless; the same key gives the same case.
    key: Option<String>,
    /// What it is about, without names: from whoever accepts it, and from nobody else.
    summary: Option<String>,
    /// The citizen's words, at most 20,000 characters.
    text: String,
    /// How it came: `walk_in` unless told otherwise, `email`, `letter`, `leader_sms`, `public_sms`,
    /// `radio` or `village_agent`.
    channel: Option<Channel>,
    /// His name, at most 200 characters.
    citizen: Option<String>,
    /// His telephone number.
    phone: Option<String>,
    /// Why there is none; also from whoever accepts it alone.
    anonymous: Option<AnonymousReason>,
}

/// A case that was made.
#[derive(Serialize, ToSchema)]
pub(super) struct Made {
    /// What it is asked for by: its number, or `draft-N`.
    name: String,
    /// Where it stands.
    state: State,
    /// What it seems to be: units, cases that may be the same, words of risk. `null`: they could not be
    /// looked for; the case is stored.
    hints: Option<HintsView>,
}

/// Take a contact down (来访、来信、短信、热线、代办). Whoever may accept it gives its summary and
/// gets a number at once; of others it is a draft.
#[utoipa::path(post, path = "/api/v1/cases", tag = "cases", request_body = TakenDown, responses(
    (status = 201, description = "Stored", body = Made),
    (status = 400, description = "Not understood", body = ProblemBody),
    (status = 401, description = "Nobody is signed in", body = ProblemBody),
    (status = 403, description = "No role takes contacts down", body = ProblemBody),
    (status = 404, description = "The key is that of a case he may not know of", body = ProblemBody),
    (status = 413, description = "Too large", body = ProblemBody),
    (status = 422, description = "A rule forbids it", body = ProblemBody),
    (status = 429, description = "Too many requests", body = ProblemBody),
    (status = 503, description = "Nothing can be stored", body = ProblemBody),
))]
pub(super) async fn take_down(
    Shared(house): On,
    Extension(person): Extension<Person>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let actor = person.actor;
    if best(&actor.roles, Function::CreateCase) == Access::None {
        return Err(Problem::forbidden());
    }
    let given: TakenDown = json(body)?;
    let random = (house.shared.sources.random)().ok_or_else(Problem::down)?;
    let api = house.api.clone();
    let wish = wish(given, actor, api.now(), &hex(&random[..16]))?;
    let made = waiting(move || {
        let (now, actor) = (api.now(), wish.actor.clone());
        let mut said = said(&wish);
        let CaseNow { id, number, state, .. } =
            api.ask(|store, answer| store.take_down(now, wish, answer))?;
        said.id = id;
        let name = number.map_or_else(|| format!("draft-{id}"), |number| number.to_string());
        let hints = api.reader().ok().and_then(|reader| {
            let hints = reader.hints(&said, now);
            let hints = hints.inspect_err(|error| tracing::warn!(%error, "no hints on a contact"));
            Some(HintsView::of(&reader, &actor, hints.ok()?))
        });
        Ok(Made { name, state, hints })
    })
    .await?;
    Ok((StatusCode::CREATED, answer(&made)).into_response())
}

/// What hints are looked for by.
fn said(wish: &PersonIntake) -> TextOfCase {
    let summary = match &wish.accept {
        Some(Task::Accept { summary, .. }) => summary.as_str(),
        _ => "",
    };
    TextOfCase {
        id: 0,
        text: format!("{summary} {}", wish.intake.text.as_deref().unwrap_or_default()),
        contact: wish.intake.contact.clone(),
        received_at: wish.intake.received_at,
    }
}

fn wish(
    given: TakenDown,
    actor: Actor,
    now: Timestamp,
    random: &str,
) -> Result<PersonIntake, Problem> {
    let accepts = may_accept(&actor);
    given.check(accepts)?;
    let TakenDown { key, summary, text, channel, citizen, phone, anonymous } = given;
    let kind = channel.unwrap_or(Channel::WalkIn).taken_down();
    let kind = kind.ok_or_else(|| Problem::malformed("channel: the line takes that in itself"))?;
    let key = key.unwrap_or_else(|| random.to_owned());
    let phone = phone.map(|phone| PhoneNumber::parse(&phone)).transpose();
    let phone = phone.map_err(|_| Problem::malformed("phone: no telephone number"))?;
    if accepts && phone.is_none() && anonymous.is_none() {
        return Err(Refusal::from(Guard::Contact).into());
    }
    let intake = NewIntake {
        key: format!("person/{}/{key}", actor.person),
        kind,
        call: None,
        contact: phone,
        mail: None,
        caller: Caller { number: None, display: citizen },
        received_at: now,
        recording: None,
        text: Some(text),
        callback: false,
    };
    let accept = summary.map(|summary| Task::Accept { summary, anonymous });
    Ok(PersonIntake { intake, actor, accept })
}

impl TakenDown {
    /// What would be cut or dropped is refused instead, so that nobody believes it was kept.
    fn check(&self, accepts: bool) -> Result<(), Problem> {
        let chars = |text: &Option<String>| text.as_deref().map_or(0, |text| text.chars().count());
        let blank = self.key.as_deref().is_some_and(|key| key.trim().is_empty());
        let fault = if blank || chars(&self.key) > WORDS_MAX {
            "key must have 1 to 100 characters"
        } else if self.text.chars().count() > TEXT_CHARS_MAX {
            "text must have at most 20,000 characters"
        } else if chars(&self.citizen) > DISPLAY_CHARS_MAX {
            "citizen must have at most 200 characters"
        } else if accepts && self.summary.is_none() {
            "summary is missing"
        } else if !accepts && (self.summary.is_some() || self.anonymous.is_some()) {
            "summary and anonymous are of whoever accepts the case; yours is a draft"
        } else {
            return Ok(());
        };
        Err(Problem::malformed(fault))
    }
}
