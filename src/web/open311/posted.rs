//! Requests that partners' programs bring, and their numbers by token. Whatever is wrong with one is
//! said in one answer.

use super::answer::{Answer, Fault, Faults, Value};
use super::partner::{Subject, who};
use super::{House, On, Parameters, stem};
use crate::domain::open311::{Attribute, GROUP_MAX, Service, service};
use crate::store::{BroughtRequest, NewRequest, StoreError};
use crate::units::PhoneNumber;
use crate::web::pages::Peer;
use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Form, Path, State};
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use jiff::Timestamp;
use std::time::Duration;

/// Longest description (GeoReport v2).
const DESCRIPTION_CHARS_MAX: usize = 4_000;
/// Longest address.
const ADDRESS_CHARS_MAX: usize = 500;
/// Longest first or last name, and id of an address.
const NAME_CHARS_MAX: usize = 100;
/// Longest mail address.
const MAIL_CHARS_MAX: usize = 254;
/// Longest link.
const LINK_CHARS_MAX: usize = 2_000;
/// Longest `Idempotency-Key`.
const KEY_CHARS_MAX: usize = 100;
/// An answer of the store must come within this.
const STORE_WAIT: Duration = Duration::from_secs(10);
/// What whoever brought a request is told.
const NOTICE: &str = "已收到。工作人员将回拨所留电话核实，受理后可凭 token 查询编号。";

/// Takes a request.
pub(super) async fn bring(
    State(house): On,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Answer, Faults> {
    let Form(pairs) = form?;
    let given = Parameters::of(pairs)?;
    let Some(partner) = who(&house.config.partners, given.get("api_key").unwrap_or_default())
    else {
        let address = house.client(peer, &headers);
        house.count(address.clone())?;
        tracing::info!(from = ?address, "a request of Open311 without a partner's key");
        return Err(Faults::no_key());
    };
    house.count(Subject::Partner(partner.name.clone()))?;
    let key = retry_key(&headers)?;
    let new = read(&given, &house, &partner.name, key)?;
    let now = (house.wall)();
    let brought = house.store.answered(|store, answer| store.bring(now, new, answer));
    let brought = tokio::time::timeout(STORE_WAIT, brought).await;
    let BroughtRequest { token, number } = brought.unwrap_or(Err(StoreError::Unavailable))?;
    tracing::info!(partner = %partner.name, "a request of Open311 is stored");
    // One of the two: the token is asked with while there is no number.
    let name = match number {
        Some(number) => ("service_request_id", Value::from(number.to_string())),
        None => ("token", token.into()),
    };
    let fields = vec![name, ("service_notice", NOTICE.into()), ("account_id", Value::Nothing)];
    Ok(requests(Value::Fields(fields)))
}

/// The number of a request that was accepted, by its token.
pub(super) async fn number(State(house): On, Path(name): Path<String>) -> Result<Answer, Faults> {
    let token = stem(&name).to_owned();
    let asked = token.clone();
    let found = house.read(move |reader| match reader.request_number(&asked) {
        Err(StoreError::NotFound) => Ok(None),
        found => found.map(Some),
    });
    let Some(number) = found.await? else {
        let description = "token: 没有这一凭证，或者该请求尚未受理。";
        return Err(Faults::one(StatusCode::NOT_FOUND, description));
    };
    let number = number.to_string();
    Ok(requests(Value::Fields(vec![
        ("service_request_id", number.into()),
        ("token", token.into()),
    ])))
}

/// A list of one, as the standard answers.
fn requests(one: Value) -> Answer {
    Answer { root: "service_requests", value: Value::List("request", vec![one]) }
}

/// What makes a repetition one, where the program names it (`Idempotency-Key`).
fn retry_key(headers: &HeaderMap) -> Result<Option<String>, Faults> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().ok().map(str::trim).filter(|key| !key.is_empty());
    match key.filter(|key| key.len() <= KEY_CHARS_MAX) {
        Some(key) => Ok(Some(key.to_owned())),
        None => Err(Faults::malformed("Idempotency-Key: 应为 1 至 100 个 ASCII 字符。")),
    }
}

/// The request of a form, or everything that is wrong with it.
fn read(
    given: &Parameters,
    house: &House,
    partner: &str,
    key: Option<String>,
) -> Result<NewRequest, Faults> {
    let mut form = Reading { given, faults: vec![] };
    if given.get("jurisdiction_id").is_some_and(|named| !house.is_ours(named)) {
        form.faults.extend(Faults::no_city().0);
    }
    let service = form.service();
    let place = form.place();
    let details = form.details();
    let citizen = form.citizen();
    let contact = form.contact();
    let description = form.text("description", DESCRIPTION_CHARS_MAX);
    match (service, contact) {
        (Some(service), Some(contact)) if form.faults.is_empty() => {
            let head = format!("【网络提交 {partner}】{}（{}）", service.name, service.code);
            let lines = [vec![head], place, details].concat().join("\n");
            let said = description.unwrap_or_else(|| "（未填写具体说明）".to_owned());
            let text = format!("{lines}\n{said}");
            Ok(NewRequest { partner: partner.to_owned(), key, contact, citizen, text })
        }
        _ => Err(Faults(form.faults)),
    }
}

/// A form that is read, with what was wrong with it so far.
struct Reading<'a> {
    given: &'a Parameters,
    faults: Vec<Fault>,
}

impl Reading<'_> {
    fn refuse(&mut self, code: StatusCode, description: &str) {
        self.faults.push(Fault { code, description: description.to_owned() });
    }

    fn malformed(&mut self, description: &str) {
        self.refuse(StatusCode::BAD_REQUEST, description);
    }

    /// A text that is no longer than it may be; a longer one is refused, not cut.
    fn text(&mut self, name: &str, chars_max: usize) -> Option<String> {
        let text = self.given.get(name)?;
        if text.chars().count() > chars_max {
            self.malformed(&format!("{name}: 不得超过 {chars_max} 个字符。"));
            return None;
        }
        Some(text.to_owned())
    }

    fn service(&mut self) -> Option<Service> {
        let Some(code) = self.given.get("service_code") else {
            self.malformed("service_code: 缺少服务代码。");
            return None;
        };
        let known = service(code);
        if known.is_none() {
            self.refuse(StatusCode::NOT_FOUND, "service_code: 没有这一服务。");
        }
        known
    }

    /// Where: coordinates, words or an id of the partner's own.
    fn place(&mut self) -> Vec<String> {
        let mut lines = vec![];
        let before = self.faults.len();
        let words = self.text("address_string", ADDRESS_CHARS_MAX);
        lines.extend(words.map(|words| format!("地点：{words}")));
        let id = self.text("address_id", NAME_CHARS_MAX);
        lines.extend(id.map(|id| format!("地点编号：{id}")));
        match (self.given.get("lat"), self.given.get("long")) {
            (Some(lat), Some(long)) => match (degrees(lat, 90.0), degrees(long, 180.0)) {
                (Some(lat), Some(long)) => lines.push(format!("坐标：纬度 {lat}，经度 {long}")),
                _ => self.malformed("lat, long: 应为 WGS 84 的十进制度数。"),
            },
            (None, None) => (),
            _ => self.malformed("lat, long: 应同时给出。"),
        }
        if lines.is_empty() && self.faults.len() == before {
            self.malformed("lat 和 long、address_string、address_id: 至少给出一种地点。");
        }
        lines
    }

    /// Attributes, the citizen's mail address and the link to a picture, as lines for a person.
    fn details(&mut self) -> Vec<String> {
        let mut lines = vec![];
        for (code, value) in self.given.attributes() {
            let known = Attribute::ALL.into_iter().find(|attribute| attribute.code() == code);
            let read = known.map(|attribute| (attribute, told(attribute, value)));
            match read {
                Some((attribute, Some(told))) => {
                    lines.push(format!("{}：{told}", attribute.title()));
                }
                Some((_, None)) => self.malformed(&format!("attribute[{code}]: 取值不合要求。")),
                None => self.malformed(&format!("attribute[{code}]: 没有这一属性。")),
            }
        }
        if let Some(mail) = self.text("email", MAIL_CHARS_MAX) {
            match mail.split_once('@') {
                Some((user, host)) if !user.is_empty() && !host.is_empty() => {
                    lines.push(format!("电子邮箱：{mail}"));
                }
                _ => self.malformed("email: 不是电子邮箱地址。"),
            }
        }
        if let Some(link) = self.text("media_url", LINK_CHARS_MAX) {
            let is_link = link.starts_with("https://") || link.starts_with("http://");
            match is_link && !link.contains(char::is_whitespace) {
                // Kept as words: nothing here ever fetches it.
                true => lines.push(format!("图片链接：{link}")),
                false => self.malformed("media_url: 应以 http:// 或 https:// 开头。"),
            }
        }
        lines
    }

    /// The citizen's name: a Chinese one with the family's name first.
    fn citizen(&mut self) -> Option<String> {
        let first = self.text("first_name", NAME_CHARS_MAX);
        let last = self.text("last_name", NAME_CHARS_MAX);
        match (first, last) {
            (Some(first), Some(last)) if first.is_ascii() && last.is_ascii() => {
                Some(format!("{first} {last}"))
            }
            (Some(first), Some(last)) => Some(format!("{last}{first}")),
            (first, last) => first.or(last),
        }
    }

    fn contact(&mut self) -> Option<PhoneNumber> {
        let Some(phone) = self.given.get("phone") else {
            self.malformed("phone: 缺少联系电话，受理前须回拨核实。");
            return None;
        };
        let phone = PhoneNumber::parse(phone).ok();
        if phone.is_none() {
            self.malformed("phone: 不是电话号码。");
        }
        phone
    }
}

/// Degrees up to a bound, written as a plain number.
fn degrees(text: &str, max: f64) -> Option<f64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b"+-.".contains(&b));
    let value: f64 = text.parse().ok().filter(|_| plain)?;
    (value.abs() <= max).then_some(value)
}

/// The value of an attribute for a person; `None` where it is none.
fn told(attribute: Attribute, value: &str) -> Option<String> {
    match attribute {
        Attribute::Nature => {
            let values = attribute.values();
            values.iter().find(|(key, _)| *key == value).map(|(_, name)| (*name).to_owned())
        }
        Attribute::OccurredAt => value.parse::<Timestamp>().ok().map(crate::store::city_time),
        Attribute::GroupSize => {
            let size: u16 = value.parse().ok()?;
            (1..=GROUP_MAX).contains(&size).then(|| size.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_plain_numbers_within_their_bounds() {
        assert_eq!(degrees("35.405", 90.0), Some(35.405));
        assert_eq!(degrees("-180", 180.0), Some(-180.0));
        for none in ["", "90.1", "NaN", "inf", "1e1", "35,4", "北纬35"] {
            assert_eq!(degrees(none, 90.0), None, "{none}");
        }
    }

    #[test]
    fn attributes_are_told_as_a_person_reads_them() {
        assert_eq!(told(Attribute::Nature, "complaint").as_deref(), Some("投诉"));
        assert_eq!(told(Attribute::GroupSize, "12").as_deref(), Some("12"));
        let at = told(Attribute::OccurredAt, "2026-11-22T02:00:00Z");
        assert_eq!(at.as_deref(), Some("2026-11-22T10:00:00.000+08:00"));
        for (attribute, none) in [
            (Attribute::Nature, "投诉"),
            (Attribute::GroupSize, "0"),
            (Attribute::GroupSize, "10000"),
            (Attribute::OccurredAt, "昨天"),
        ] {
            assert_eq!(told(attribute, none), None, "{none}");
        }
    }

    #[test]
    fn a_name_is_put_together_as_it_is_said() {
        let of = |first: &str, last: &str| {
            let pairs = [("first_name", first), ("last_name", last)];
            let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let given = Parameters::of(pairs.into()).unwrap();
            Reading { given: &given, faults: vec![] }.citizen()
        };
        assert_eq!(of("三丰", "张").as_deref(), Some("张三丰"));
        assert_eq!(of("Ann", "Lee").as_deref(), Some("Ann Lee"));
        assert_eq!((of("", "王").as_deref(), of("", "")), (Some("王"), None));
    }
}
