//! The discovery, the services of the city, and what can be told with a request.

use super::answer::{Answer, Faults, Format, Value};
use super::{House, On, Parameters, stem};
use crate::domain::open311::{Attribute, Service, service, services};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::http::header::{self, HeaderMap};

/// Since when the interface is as it is.
const CHANGESET: &str = "2026-11-28T00:00:00+08:00";
/// The standard, as its discovery names it.
const SPECIFICATION: &str = "http://wiki.open311.org/GeoReport_v2";
/// Longest name of a machine.
const HOST_BYTES_MAX: usize = 255;

type Pairs = Result<Form<Vec<(String, String)>>, FormRejection>;

/// What there is, and where.
pub(super) async fn discovery(State(house): On, headers: HeaderMap) -> Answer {
    let kind = if house.shared.config.demo { "test" } else { "production" };
    let formats = [Format::Xml, Format::Json].map(|format| Value::from(format.media_type()));
    let endpoint = Value::Fields(vec![
        ("specification", SPECIFICATION.into()),
        ("url", format!("{}/open311/v2", base(&house, &headers)).into()),
        ("changeset", CHANGESET.into()),
        ("type", kind.into()),
        ("formats", Value::List("format", formats.into())),
    ]);
    let value = Value::Fields(vec![
        ("changeset", CHANGESET.into()),
        ("contact", house.config.contact.as_str().into()),
        ("key_service", house.config.key_service.as_str().into()),
        ("endpoints", Value::List("endpoint", vec![endpoint])),
    ]);
    Answer { root: "discovery", value }
}

/// How this server is reached: as it is configured, or as the one who asks has reached it.
fn base(house: &House, headers: &HeaderMap) -> String {
    if !house.config.public_url.is_empty() {
        return house.config.public_url.clone();
    }
    let scheme = if house.shared.config.is_secure() { "https" } else { "http" };
    let named = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let fits = |b: u8| b.is_ascii_alphanumeric() || b".-:[]".contains(&b);
    let named = named.filter(|host| host.len() <= HOST_BYTES_MAX && host.bytes().all(fits));
    match named {
        Some(host) => format!("{scheme}://{host}"),
        None => format!("{scheme}://{}", house.shared.config.listen),
    }
}

/// All services.
pub(super) async fn list(State(house): On, asked: Pairs) -> Result<Answer, Faults> {
    let Form(pairs) = asked?;
    house.check_city(Parameters::of(pairs)?.get("jurisdiction_id"))?;
    let all = services().into_iter().map(shown).collect();
    Ok(Answer { root: "services", value: Value::List("service", all) })
}

fn shown(service: Service) -> Value {
    let description = service.description();
    let Service { code, name, group } = service;
    let keywords = if name == group { name.clone() } else { format!("{name},{group}") };
    Value::Fields(vec![
        ("service_code", code.into()),
        ("service_name", name.into()),
        ("description", description.into()),
        ("metadata", Value::Truth(true)),
        // A request has its number once a person has accepted it.
        ("type", "batch".into()),
        ("keywords", keywords.into()),
        ("group", group.into()),
    ])
}

/// What can be told with a request of one service.
pub(super) async fn definition(
    State(house): On,
    Path(name): Path<String>,
    asked: Pairs,
) -> Result<Answer, Faults> {
    let Form(pairs) = asked?;
    house.check_city(Parameters::of(pairs)?.get("jurisdiction_id"))?;
    let known = service(stem(&name)).ok_or_else(unknown)?;
    let attributes = Attribute::ALL.iter().zip(1..).map(|(attribute, order)| {
        let values = attribute
            .values()
            .into_iter()
            .map(|(key, name)| Value::Fields(vec![("key", key.into()), ("name", name.into())]));
        Value::Fields(vec![
            ("variable", Value::Truth(true)),
            ("code", attribute.code().into()),
            ("datatype", attribute.datatype().into()),
            ("required", Value::Truth(false)),
            ("datatype_description", attribute.datatype_description().into()),
            ("order", Value::Number(order)),
            ("description", attribute.title().into()),
            ("values", Value::List("value", values.collect())),
        ])
    });
    let value = Value::Fields(vec![
        ("service_code", known.code.into()),
        ("attributes", Value::List("attribute", attributes.collect())),
    ]);
    Ok(Answer { root: "service_definition", value })
}

/// There is no such service.
pub(super) fn unknown() -> Faults {
    Faults::one(StatusCode::NOT_FOUND, "service_code: 没有这一服务。")
}
