//! The description of the interface in OpenAPI 3.1, worked out from the handlers and their values.

use super::{
    acting, administration, cases, drill, exports, files, flags, intake, messages, opening, people,
    reports, webhooks,
};
use crate::web::public::json as public;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "书记市长公开电话 mayorline",
        version = "1",
        description = "Cases of the city's public line for programs and pages of people with accounts. \
            What is not for the one who asks does not exist for him. Where the city is an invented one, \
            every answer says so by the header `Mayorline-Demo: 1`."
    ),
    paths(
        people::sign_in, people::session, people::sign_out,
        cases::list, intake::take_down, cases::show, cases::history,
        acting::command,
        opening::contact, opening::sealed_content, opening::recording, files::list, files::open,
        flags::mark,
        exports::ask, exports::list, exports::confirm, exports::fetch,
        reports::kpi, drill::cases,
        administration::accounts, administration::audit,
        messages::list, messages::decide, messages::accounts, messages::held,
        webhooks::list, webhooks::add, webhooks::confirm, webhooks::remove, webhooks::rotate,
        webhooks::resume, webhooks::test, webhooks::deliveries, webhooks::resend,
        public::notices, public::listening_days,
    ),
    security(("session" = []), ("token" = [])),
)]
struct Document;

/// The description as JSON.
#[must_use]
pub fn openapi() -> String {
    let mut document = Document::openapi();
    let components = document.components.get_or_insert_with(Default::default);
    let cookie = ApiKey::Cookie(ApiKeyValue::new("mayorline-api"));
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    document.to_pretty_json().unwrap_or_default()
}

/// `GET /api/v1/openapi.json`.
pub(super) async fn serve() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], openapi()).into_response()
}
