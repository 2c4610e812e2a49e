//! How a case is shown: every field by what `domain::access` grants of it.

use super::hints::RiskView;
use crate::domain::access::{File, Shown, View, WhySealed, masked_name, view};
use crate::domain::anonymise::anonymise;
use crate::domain::case::{
    Actor, Case, Channel, Given, Grade, Nature, PostTold, Role, Standing, State, Urgency, Warning,
};
use crate::store::{CaseFile, CaseRecording, city_time};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// A value as the body of an answer.
pub(super) fn json(value: &impl Serialize) -> Response {
    let body = serde_json::to_string(value).unwrap_or_default();
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// Whoever asks.
#[derive(Serialize, ToSchema)]
pub(super) struct Me {
    /// Name of the account.
    name: String,
    /// The roles he acts in.
    roles: Vec<Role>,
    /// The unit he belongs to.
    #[schema(required)]
    unit: Option<String>,
}

impl Me {
    pub(super) fn of(actor: &Actor) -> Self {
        Self { name: actor.person.clone(), roles: actor.roles.clone(), unit: actor.unit.clone() }
    }
}

/// Whether a case is under seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SealView {
    /// Proposed; a second person decides.
    Proposed,
    /// In force.
    Sealed,
}

/// A case in a list.
#[derive(Serialize, ToSchema)]
pub(super) struct CaseSummary {
    /// What it is asked for by: its number, or `draft-N`.
    #[schema(example = "26112200012")]
    name: String,
    /// Where it stands.
    state: State,
    /// The same as officials read it.
    title: &'static str,
    /// How it came.
    channel: Option<Channel>,
    /// When it came, RFC 3339 with the city's offset.
    received_at: Option<String>,
    /// What kind of matter.
    nature: Option<Nature>,
    /// Six-digit code of its domain.
    domain: Option<String>,
    /// How urgent.
    urgency: Option<Urgency>,
    /// The unit at work.
    unit: Option<String>,
    /// The citizen's due date, `YYYY-MM-DD`.
    due_on: Option<String>,
    /// What it is about.
    summary: Option<String>,
    /// Whom to call back, masked; in clear only by `POST …/contact` with a reason.
    #[schema(example = "199****0017")]
    contact: Option<String>,
    /// The display name of the caller, masked.
    #[schema(example = "张**")]
    citizen: Option<String>,
    /// Flags that its words raise, for a person to confirm; none for whoever may not read them.
    risks: Vec<RiskView>,
    /// Under seal: nothing else of it is shown.
    seal: Option<SealView>,
}

/// A case.
#[derive(Serialize, ToSchema)]
pub(super) struct CaseView {
    #[serde(flatten)]
    summary: CaseSummary,
    /// The citizen's own words.
    text: Option<String>,
    /// Where it is.
    place: Option<String>,
    /// The answer.
    result: Option<String>,
    /// What becomes of it.
    disposition: Option<&'static str>,
    /// Units that help.
    helpers: Vec<String>,
    /// Who handles it.
    handler: Option<String>,
    /// Who supervises it.
    supervisor: Option<String>,
    /// The unit's due date, `YYYY-MM-DD`.
    unit_due_on: Option<String>,
    /// The citizen wants his contact kept from the unit.
    secrecy: bool,
    /// The leader to whose own telephone it came (市级领导手机), by his post.
    #[schema(example = "市长")]
    addressee: Option<String>,
    /// What waits for a second person.
    waiting: Option<&'static str>,
    /// Its number on the docket.
    docket: Option<String>,
    /// The highest level of the ladder of supervision since the unit's clock began, 0 (催办) to 4 (约谈).
    level: Option<u8>,
    /// The warnings that were given, first to last, with the persons whom they went to then.
    warnings: Vec<WarningView>,
    /// An admonition: proposed, signed by a director, decided or declined by a leader.
    admonition: Option<&'static str>,
    /// The contact could not be put through three times (号码无法接通), for those who may call it.
    contact_dead: bool,
    /// A wrap-up left it without a code of its domain: it is still to be classified.
    uncoded: bool,
    /// The citizen's last grade, for those who ask him or answer for it.
    grade: Option<Grade>,
    /// Which time it is handled, from 1.
    round: u8,
    /// The day it was closed on, `YYYY-MM-DD`.
    closed_on: Option<String>,
    /// The case it was merged into.
    merged_into: Option<String>,
    /// The recordings that may be heard, with a reason.
    recordings: Vec<RecordingView>,
    /// The place of its last event; a command names it as `If-Match: "…"`.
    last_event: i64,
    /// Who did that, roles and person.
    changed_by: Option<String>,
    /// When.
    changed_at: Option<String>,
}

/// A warning of the ladder of supervision.
#[derive(Serialize, ToSchema)]
pub(super) struct WarningView {
    /// Which.
    warning: Warning,
    /// When it was due, RFC 3339 with the city's offset.
    at: String,
    /// It came late, after the service had been down.
    late: bool,
    /// The posts that it went to, each with its person on that day.
    told: Vec<PostTold>,
    /// The first responsible, who got a copy.
    copied: Option<String>,
    /// The same as officials read it.
    #[schema(example = "承办人员丁（科员）；抄送首问负责人801")]
    whom: String,
}

impl From<&Given> for WarningView {
    fn from(given: &Given) -> Self {
        let Given { warning, at, late, told, copied, .. } = given;
        Self {
            warning: *warning,
            at: city_time(*at),
            late: *late,
            told: told.clone(),
            copied: copied.clone(),
            whom: given.whom(),
        }
    }
}

/// A recording of a case.
#[derive(Serialize, ToSchema)]
pub(super) struct RecordingView {
    /// Its number, by which it is asked for.
    recording: i64,
    /// `whole_call` or `message`.
    kind: String,
    /// Its length.
    duration_ms: i64,
}

/// What a person is shown of a case; `None`: he may not know of it.
pub(super) fn shown(actor: &Actor, file: &CaseFile) -> Option<View> {
    view(actor, &File { case: &file.case, creator: &file.creator })
}

/// What it is asked for by.
pub(super) fn name_of(file: &CaseFile) -> String {
    let draft = || format!("draft-{}", file.id);
    file.case.number.map_or_else(draft, |number| number.to_string())
}

impl CaseSummary {
    pub(super) fn of(file: &CaseFile, view: &View) -> Self {
        let case = &file.case;
        let told = case.told_state().unwrap_or(State::Draft);
        let bare = Self {
            name: name_of(file),
            state: told,
            title: told.title(),
            channel: case.channel,
            received_at: case.received_at.map(city_time),
            nature: None,
            domain: None,
            urgency: None,
            unit: None,
            due_on: None,
            summary: None,
            contact: None,
            citizen: None,
            risks: vec![],
            seal: seal_of(case, view),
        };
        if view.sealed.is_some() {
            return bare;
        }
        let known = view.contact > Shown::Topic;
        let display = case.private.display.as_deref().filter(|_| known);
        Self {
            nature: case.nature,
            domain: case.domain.clone(),
            urgency: Some(case.work.urgency),
            unit: case.unit.clone(),
            due_on: case.due.as_ref().map(|due| due.on.to_string()),
            summary: words(view, case.summary.as_deref()),
            contact: case.private.contact.as_ref().filter(|_| known).map(|phone| phone.masked()),
            citizen: display.map(masked_name),
            risks: file
                .risks
                .iter()
                .filter(|_| view.text > Shown::Topic)
                .map(RiskView::from)
                .collect(),
            ..bare
        }
    }
}

fn seal_of(case: &Case, view: &View) -> Option<SealView> {
    view.sealed?;
    let sealed = case.state == Some(State::Sealed);
    Some(if sealed { SealView::Sealed } else { SealView::Proposed })
}

/// Words as they are shown. Whoever may not know the citizen reads them without names, numbers and
/// addresses: they may say who he is.
pub(super) fn words(view: &View, text: Option<&str>) -> Option<String> {
    match view.text {
        Shown::Hidden | Shown::Topic => None,
        _ if reads_whole(view) => text.map(str::to_owned),
        _ => text.map(|text| anonymise(text).0),
    }
}

/// Whether he reads words as they were written.
pub(super) fn reads_whole(view: &View) -> bool {
    view.text == Shown::Clear && view.contact == Shown::Clear
}

impl CaseView {
    pub(super) fn of(file: &CaseFile, view: &View, recordings: Vec<CaseRecording>) -> Self {
        let (case, summary) = (&file.case, CaseSummary::of(file, view));
        let work = &case.work;
        let open = view.sealed.is_none();
        let whole = open && view.text > Shown::Topic;
        let standing = Standing::of(case);
        let recordings = recordings.into_iter().map(|one| RecordingView {
            recording: one.recording,
            kind: one.kind,
            duration_ms: one.duration_ms,
        });
        Self {
            summary,
            text: words(view, case.private.text.as_deref()).filter(|_| open),
            place: words(view, work.place.as_deref()).filter(|_| open),
            result: words(view, work.result.as_deref()).filter(|_| open),
            disposition: work.disposition().map(|one| one.as_str()).filter(|_| open),
            helpers: work.helpers.iter().filter(|_| open).cloned().collect(),
            handler: work.handler.clone().filter(|_| whole),
            supervisor: work.supervisor.clone().filter(|_| whole),
            unit_due_on: case.unit_due.as_ref().map(|due| due.on.to_string()).filter(|_| open),
            secrecy: open && work.secrecy,
            addressee: work.addressee.as_ref().filter(|_| whole).map(|to| to.leader.clone()),
            waiting: work.pending().map(|what| what.as_str()).filter(|_| whole),
            docket: standing.docket.filter(|_| open),
            level: standing.level.filter(|_| open),
            warnings: work.warnings.iter().filter(|_| whole).map(WarningView::from).collect(),
            admonition: standing.admonition.filter(|_| whole),
            contact_dead: open && view.contact == Shown::Clear && standing.contact_dead,
            uncoded: whole && standing.uncoded,
            grade: work.grades.last().map(|(_, grade)| *grade).filter(|_| open && view.rating),
            round: if open { case.round } else { 0 },
            closed_on: case.closed_on.map(|on| on.to_string()).filter(|_| open),
            merged_into: case.merged_into.map(|number| number.to_string()).filter(|_| open),
            recordings: recordings.filter(|_| open).collect(),
            last_event: file.last_event,
            changed_by: Some(file.changed_by.clone()).filter(|_| whole),
            changed_at: Some(city_time(file.changed_at)).filter(|_| whole),
        }
    }

    /// Without the case it was merged into.
    pub(super) fn without_merge(self) -> Self {
        Self { merged_into: None, ..self }
    }
}

/// The content of a sealed case, for the liaison who opened it.
#[derive(Serialize, ToSchema)]
pub(super) struct SealedContent {
    /// The case as if it were not sealed.
    case: CaseView,
    /// Whom to call back, in clear.
    contact: Option<String>,
    /// The number that called, in clear.
    caller: Option<String>,
    /// The display name that the network showed.
    citizen: Option<String>,
}

impl SealedContent {
    pub(super) fn of(file: &CaseFile, view: &View) -> Self {
        let open = View { text: Shown::Clear, contact: Shown::Clear, sealed: None, ..*view };
        let private = &file.case.private;
        Self {
            case: CaseView::of(file, &open, vec![]),
            contact: private.contact.as_ref().map(|phone| phone.as_str().to_owned()),
            caller: private.caller.as_ref().map(|phone| phone.as_str().to_owned()),
            citizen: private.display.clone(),
        }
    }
}

/// Who the citizen is, in clear.
#[derive(Serialize, ToSchema)]
pub(super) struct ContactView {
    /// Whom to call back.
    contact: Option<String>,
    /// The number that called.
    caller: Option<String>,
    /// The address that a mail came from, only in clear.
    mail: Option<String>,
    /// The display name that the network showed.
    citizen: Option<String>,
}

impl ContactView {
    /// In clear or masked, as it is granted.
    pub(super) fn of(case: &Case, granted: Shown) -> Self {
        let private = &case.private;
        let clear = granted == Shown::Clear;
        let number = |phone: &crate::units::PhoneNumber| match clear {
            true => phone.as_str().to_owned(),
            false => phone.masked(),
        };
        let name = |name: &str| if clear { name.to_owned() } else { masked_name(name) };
        Self {
            contact: private.contact.as_ref().map(number),
            caller: private.caller.as_ref().map(number),
            mail: private.mail.clone().filter(|_| clear),
            citizen: private.display.as_deref().map(name),
        }
    }
}

/// Whether he keeps what is sealed.
pub(super) fn keeps(view: &View) -> bool {
    view.sealed == Some(WhySealed::Keeps)
}
