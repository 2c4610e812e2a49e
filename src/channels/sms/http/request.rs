//! What is asked of a provider for a text of ours, and what its answer means.

use super::kannel;
use super::signature::{Secret, Signed, acs3, hex, percent, tc3};
use super::template::{Generic, of_other};
use crate::domain::webhook::Target;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt;

/// How long an account rests that a provider says sends too much, in seconds.
const THROTTLED_SECONDS: u64 = 60;

/// Aliyun's service of texts (SendSms, 2017-05-25).
#[derive(Debug, Clone)]
pub struct Aliyun {
    /// Where it is.
    pub endpoint: Target,
    /// The name of the key.
    pub key_id: String,
    /// The key.
    pub secret: Secret,
    /// The signature as it was filed.
    pub signature: String,
    /// Its names of our templates, by their numbers (S01).
    pub templates: BTreeMap<String, String>,
}

/// Tencent's (SendSms, 2021-01-11).
#[derive(Debug, Clone)]
pub struct Tencent {
    /// Where it is.
    pub endpoint: Target,
    /// Of the data centre, such as `ap-guangzhou`.
    pub region: String,
    /// The application's number (SmsSdkAppId).
    pub app_id: String,
    /// The name of the key.
    pub key_id: String,
    /// The key.
    pub secret: Secret,
    /// The signature as it was filed.
    pub signature: String,
    /// Its names of our templates, by their numbers (S01).
    pub templates: BTreeMap<String, String>,
}

/// A Kannel gateway (`sendsms`).
#[derive(Clone)]
pub struct Kannel {
    /// Where its smsbox listens, with the path of `sendsms`.
    pub endpoint: Target,
    /// Of its `sendsms-user`.
    pub username: String,
    /// The same.
    pub password: Secret,
    /// The number that recipients see and answer.
    pub from: String,
    /// Our address for its reports, without a query.
    pub report_url: String,
}

/// How Aliyun's codes begin that blame our account: the text waits until somebody has seen to that.
const ALIYUN_ACCOUNT: [&str; 7] = [
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "Forbidden",
    "isv.ACCOUNT_",
    "isv.AMOUNT_NOT_ENOUGH",
    "isv.OUT_OF_SERVICE",
];
/// The same of Tencent's.
const TENCENT_ACCOUNT: [&str; 3] =
    ["AuthFailure", "UnauthorizedOperation", "FailedOperation.InsufficientBalanceInSmsPackage"];

/// Who sends texts for us.
#[derive(Debug, Clone)]
pub enum Provider {
    /// Aliyun.
    Aliyun(Box<Aliyun>),
    /// Tencent.
    Tencent(Box<Tencent>),
    /// Kannel.
    Kannel(Box<Kannel>),
    /// Another.
    Generic(Box<Generic>),
}

/// A text of ours. `Debug` says which, never what nor to whom.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    /// Our own name of it, for reports that bring it back.
    pub id: &'a str,
    /// The number of its template (S01).
    pub template: &'a str,
    /// Whom it goes to, as it is dialled here.
    pub to: &'a str,
    /// What fills the template, in its order.
    pub params: &'a [(String, String)],
    /// In words.
    pub text: &'a str,
    /// Now.
    pub at: Timestamp,
    /// Never used before.
    pub nonce: [u8; 16],
}

/// A request that is ready to leave. `Debug` leaves out what it says.
#[derive(Clone)]
pub struct Asked {
    /// GET or POST.
    pub method: &'static str,
    /// Where it goes.
    pub target: Target,
    /// Path and query.
    pub path: String,
    /// Without `host`.
    pub headers: Vec<(String, String)>,
    /// As it is sent.
    pub body: Vec<u8>,
}

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// It is taken, and called so.
    Taken(Option<String>),
    /// The account sends too much: not for so many seconds.
    Throttled(u64),
    /// It may be taken later.
    Later(&'static str),
    /// It never will be, with the provider's code.
    Never(String),
    /// Nobody knows.
    Uncertain(&'static str),
}

/// The request for a text.
///
/// # Errors
/// In a word, why this provider can never send it.
pub fn request(provider: &Provider, text: &Text<'_>) -> Result<Asked, &'static str> {
    match provider {
        Provider::Aliyun(account) => of_aliyun(account, text),
        Provider::Tencent(account) => of_tencent(account, text),
        Provider::Kannel(account) => Ok(of_kannel(account, text)),
        Provider::Generic(account) => of_other(account, text),
    }
}

/// What an answer means.
#[must_use]
pub fn outcome(provider: &Provider, text: &Text<'_>, status: u16, body: &[u8]) -> Told {
    let json = || serde_json::from_slice::<Value>(body).unwrap_or_default();
    match provider {
        Provider::Aliyun(_) => aliyun_told(status, &json()),
        Provider::Tencent(_) => tencent_told(status, &json()),
        // The report brings our own name back.
        Provider::Kannel(_) => match status {
            200..300 => Told::Taken(Some(text.id.to_owned())),
            503 => Told::Later("gateway"),
            _ => by_status(status),
        },
        Provider::Generic(account) => match status {
            200..300 => {
                let pointer = account.reference.as_deref();
                let found = pointer.and_then(|pointer| json().pointer(pointer).and_then(written));
                Told::Taken(found)
            }
            _ => by_status(status),
        },
    }
}

fn is_one_of(code: &str, beginnings: &[&str]) -> bool {
    beginnings.iter().any(|beginning| code.starts_with(beginning))
}

/// What the status alone says. A server that failed may have sent it all the same.
fn by_status(status: u16) -> Told {
    match status {
        429 => Told::Throttled(THROTTLED_SECONDS),
        // It does not believe us, or wants money: the fault is ours and not the text's, which waits.
        401..=403 | 407 => Told::Later("account"),
        400..500 => Told::Never(status.to_string()),
        _ => Told::Uncertain("status"),
    }
}

fn of_aliyun(account: &Aliyun, text: &Text<'_>) -> Result<Asked, &'static str> {
    let template = account.templates.get(text.template).ok_or("no template")?;
    let fields: BTreeMap<&str, String> = [
        ("OutId", text.id.to_owned()),
        ("PhoneNumbers", text.to.to_owned()),
        ("SignName", account.signature.clone()),
        ("TemplateCode", template.clone()),
        ("TemplateParam", params(text).to_string()),
    ]
    .into();
    let fields = fields.iter().map(|(name, value)| format!("{name}={}", percent(value)));
    let query = fields.collect::<Vec<_>>().join("&");
    let headers = [
        ("host", account.endpoint.authority()),
        ("x-acs-action", "SendSms".to_owned()),
        ("x-acs-content-sha256", hex(&Sha256::digest(b""))),
        ("x-acs-date", text.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        ("x-acs-signature-nonce", hex(&text.nonce)),
        ("x-acs-version", "2017-05-25".to_owned()),
    ];
    let signed = Signed { method: "POST", path: "/", query: &query, headers: &headers, body: b"" };
    let authorization = acs3(&account.key_id, &account.secret, &signed);
    let mut asked = Asked {
        method: "POST",
        target: account.endpoint.clone(),
        path: format!("/?{query}"),
        headers: own(&headers),
        body: vec![],
    };
    asked.headers.push(("authorization".to_owned(), authorization));
    Ok(asked)
}

/// The headers of a request; who connects says the host.
fn own(headers: &[(&str, String)]) -> Vec<(String, String)> {
    let rest = headers.iter().filter(|(name, _)| *name != "host");
    rest.map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

/// The values by their names.
pub(super) fn params(text: &Text<'_>) -> Value {
    let params = text.params.iter().map(|(name, value)| (name.clone(), json!(value)));
    Value::Object(params.collect::<Map<String, Value>>())
}

fn aliyun_told(status: u16, body: &Value) -> Told {
    match body["Code"].as_str() {
        Some("OK") => Told::Taken(written(&body["BizId"])),
        Some(code) if code.starts_with("Throttling") => Told::Throttled(THROTTLED_SECONDS),
        // So much to one number: the next hour or day may be better.
        Some("isv.BUSINESS_LIMIT_CONTROL") => Told::Later("limit"),
        Some(code) if is_one_of(code, &ALIYUN_ACCOUNT) => Told::Later("account"),
        Some("isp.SYSTEM_ERROR" | "ServiceUnavailable") => Told::Later("provider"),
        Some(code) => Told::Never(code.to_owned()),
        None => by_status(if status < 300 { 500 } else { status }),
    }
}

fn of_tencent(account: &Tencent, text: &Text<'_>) -> Result<Asked, &'static str> {
    let template = account.templates.get(text.template).ok_or("no template")?;
    let values: Vec<&str> = text.params.iter().map(|(_, value)| value.as_str()).collect();
    let body = json!({
        "PhoneNumberSet": [international(text.to)],
        "SmsSdkAppId": account.app_id,
        "SignName": account.signature,
        "TemplateId": template,
        "TemplateParamSet": values,
        "SessionContext": text.id,
    });
    let body = body.to_string().into_bytes();
    let headers = [
        ("content-type", "application/json; charset=utf-8".to_owned()),
        ("host", account.endpoint.authority()),
    ];
    let signed = Signed { method: "POST", path: "/", query: "", headers: &headers, body: &body };
    let authorization = tc3(&account.key_id, &account.secret, ("sms", text.at), &signed);
    let mut headers = own(&headers);
    for (name, value) in [
        ("authorization", authorization),
        ("x-tc-action", "SendSms".to_owned()),
        ("x-tc-region", account.region.clone()),
        ("x-tc-timestamp", text.at.as_second().to_string()),
        ("x-tc-version", "2021-01-11".to_owned()),
    ] {
        headers.push((name.to_owned(), value));
    }
    let target = account.endpoint.clone();
    Ok(Asked { method: "POST", target, path: "/".to_owned(), headers, body })
}

fn tencent_told(status: u16, body: &Value) -> Told {
    let response = &body["Response"];
    if let Some(code) = response["Error"]["Code"].as_str() {
        return match code {
            code if code.starts_with("RequestLimitExceeded") => Told::Throttled(THROTTLED_SECONDS),
            code if is_one_of(code, &TENCENT_ACCOUNT) => Told::Later("account"),
            code if code.starts_with("InternalError") => Told::Later("provider"),
            code => Told::Never(code.to_owned()),
        };
    }
    let sent = &response["SendStatusSet"][0];
    match sent["Code"].as_str() {
        Some("Ok") => Told::Taken(written(&sent["SerialNo"])),
        Some(code) if code.starts_with("LimitExceeded") => Told::Later("limit"),
        Some(code) if is_one_of(code, &TENCENT_ACCOUNT) => Told::Later("account"),
        Some(code) if code.starts_with("InternalError") => Told::Later("provider"),
        Some(code) => Told::Never(code.to_owned()),
        None => by_status(if status < 300 { 500 } else { status }),
    }
}

fn of_kannel(account: &Kannel, text: &Text<'_>) -> Asked {
    // 31: every state is told.
    let report = format!("{}?ref={}&type=%d&answer=%A", account.report_url, percent(text.id));
    let fields = [
        ("username", account.username.as_str()),
        ("password", &account.password.0),
        ("from", &account.from),
        ("to", text.to),
        ("coding", "2"),
        ("charset", "UTF-8"),
        ("text", text.text),
        ("dlr-mask", "31"),
        ("dlr-url", &report),
    ];
    let fields = fields.iter().map(|(name, value)| format!("{name}={}", percent(value)));
    let path = with_query(&account.endpoint, &fields.collect::<Vec<_>>().join("&"));
    let target = account.endpoint.clone();
    Asked { method: "GET", target, path, headers: vec![], body: vec![] }
}

/// The path of a URL with a query, behind the one that stands in it where there is one.
pub(super) fn with_query(endpoint: &Target, query: &str) -> String {
    let path = &endpoint.path;
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}{query}")
}

/// What `get-url` of Kannel's `sms-service` is, for our address for its texts.
impl Kannel {
    /// The URL with its places.
    #[must_use]
    pub fn text_url(address: &str) -> String {
        format!("{address}?{}", kannel::TEXT_QUERY)
    }
}

fn written(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn international(number: &str) -> String {
    match number.strip_prefix("00") {
        Some(abroad) => format!("+{abroad}"),
        None => format!("+86{}", number.strip_prefix('0').unwrap_or(number)),
    }
}

/// Without the address for its reports: the secret of our paths stands in it.
impl fmt::Debug for Kannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kannel")
            .field("endpoint", &self.endpoint)
            .field("username", &self.username)
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({}, {})", self.id, self.template)
    }
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Asked({}, {} octets)", self.method, self.path.len() + self.body.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params_of() -> Vec<(String, String)> {
        [("case", "26112200131"), ("due", "11月27日")].map(|(a, b)| (a.into(), b.into())).to_vec()
    }

    fn text(params: &[(String, String)]) -> Text<'_> {
        Text {
            id: "m17-1",
            template: "S04",
            to: "19900000017",
            params,
            text: "【邹城社情民意】编号\n“\"1\"",
            at: Timestamp::from_second(1_795_349_631).unwrap(),
            nonce: [7; 16],
        }
    }

    fn aliyun() -> Provider {
        Provider::Aliyun(Box::new(Aliyun {
            endpoint: Target::parse("https://sms.example.org/").unwrap(),
            key_id: "ID".to_owned(),
            secret: Secret("KEY".to_owned()),
            signature: "邹城社情民意".to_owned(),
            templates: [("S04".to_owned(), "SMS_1".to_owned())].into(),
        }))
    }

    fn tencent() -> Provider {
        Provider::Tencent(Box::new(Tencent {
            endpoint: Target::parse("https://sms.example.org/").unwrap(),
            region: "ap-guangzhou".to_owned(),
            app_id: "1400000000".to_owned(),
            key_id: "ID".to_owned(),
            secret: Secret("KEY".to_owned()),
            signature: "邹城社情民意".to_owned(),
            templates: [("S04".to_owned(), "99".to_owned())].into(),
        }))
    }

    fn kannel() -> Provider {
        Provider::Kannel(Box::new(Kannel {
            endpoint: Target::parse("http://127.0.0.1:13013/cgi-bin/sendsms?smsc=1").unwrap(),
            username: "mayorline".to_owned(),
            password: Secret("KEY".to_owned()),
            from: "10690001".to_owned(),
            report_url: "http://127.0.0.1:8090/path-secret/kannel-report".to_owned(),
        }))
    }

    fn generic(body: &str, is_json: bool) -> Provider {
        Provider::Generic(Box::new(Generic {
            endpoint: Target::parse("https://sms.example.org/send").unwrap(),
            method: "POST",
            query: "to=${to}&id=${id}".to_owned(),
            body: body.to_owned(),
            is_json,
            headers: vec![("x-key".to_owned(), "Bearer ${secret}".to_owned())],
            secret: Secret("KEY".to_owned()),
            reference: Some("/data/id".to_owned()),
        }))
    }

    #[test]
    fn providers_of_templates_get_their_names_and_our_values() {
        let params = params_of();
        let asked = request(&aliyun(), &text(&params)).unwrap();
        for part in ["PhoneNumbers=19900000017", "TemplateCode=SMS_1", "OutId=m17-1"] {
            assert!(asked.path.contains(part), "{}", asked.path);
        }
        assert!(asked.path.contains("TemplateParam=%7B%22case%22%3A%2226112200131%22%2C"));
        let asked = request(&tencent(), &text(&params)).unwrap();
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        assert_eq!(body["TemplateParamSet"], json!(["26112200131", "11月27日"]), "in order");
        assert_eq!(body["PhoneNumberSet"], json!(["+8619900000017"]));
        for provider in [aliyun(), tencent()] {
            let other = Text { template: "S05", ..text(&params) };
            assert_eq!(request(&provider, &other).unwrap_err(), "no template");
        }
    }

    #[test]
    fn a_query_of_the_configured_url_stays_before_ours() {
        let params = params_of();
        let asked = request(&kannel(), &text(&params)).unwrap();
        assert!(asked.path.starts_with("/cgi-bin/sendsms?smsc=1&username=mayorline&"));
        assert_eq!(asked.path.matches('?').count(), 1);
    }

    #[test]
    fn another_provider_gets_its_own_request_with_our_words_in_it() {
        let params = params_of();
        let json = r#"{"mobile":"${to}","text":"${text}","v":${params}}"#;
        let asked = request(&generic(json, true), &text(&params)).unwrap();
        assert_eq!(asked.path, "/send?to=19900000017&id=m17-1");
        assert!(asked.headers.contains(&("x-key".to_owned(), "Bearer KEY".to_owned())));
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        assert_eq!(body["text"], "【邹城社情民意】编号\n“\"1\"");
        assert_eq!(body["v"]["case"], "26112200131");
        let asked = request(&generic("m=${to}&t=${text}&x=${template}", false), &text(&params));
        let body = String::from_utf8(asked.unwrap().body).unwrap();
        assert!(body.starts_with("m=19900000017&t=%E3%80%90") && body.ends_with("%221%22&x=S04"));
        for wrong in ["${what}", "${to"] {
            assert!(request(&generic(wrong, true), &text(&params)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn answers_are_understood() {
        let params = params_of();
        let told = |provider: &Provider, status, body: &str| {
            outcome(provider, &text(&params), status, body.as_bytes())
        };
        let a = aliyun();
        let ok = r#"{"Code":"OK","BizId":"9006^0","Message":"OK"}"#;
        assert_eq!(told(&a, 200, ok), Told::Taken(Some("9006^0".to_owned())));
        assert_eq!(told(&a, 400, r#"{"Code":"Throttling.User"}"#), Told::Throttled(60));
        assert_eq!(told(&a, 200, r#"{"Code":"isv.BUSINESS_LIMIT_CONTROL"}"#), Told::Later("limit"));
        let never = Told::Never("isv.MOBILE_NUMBER_ILLEGAL".to_owned());
        assert_eq!(told(&a, 200, r#"{"Code":"isv.MOBILE_NUMBER_ILLEGAL"}"#), never);
        assert_eq!(told(&a, 200, "<html>"), Told::Uncertain("status"));
        assert_eq!(told(&a, 502, ""), Told::Uncertain("status"));
        let t = tencent();
        let ok = r#"{"Response":{"SendStatusSet":[{"SerialNo":"8:abc","Code":"Ok"}]}}"#;
        assert_eq!(told(&t, 200, ok), Told::Taken(Some("8:abc".to_owned())));
        let limit = r#"{"Response":{"Error":{"Code":"RequestLimitExceeded","Message":""}}}"#;
        assert_eq!(told(&t, 200, limit), Told::Throttled(60));
        let wrong = r#"{"Response":{"Error":{"Code":"AuthFailure.SignatureFailure"}}}"#;
        // A key that was changed must not cost the city all that it had to say.
        let ours = Told::Later("account");
        assert_eq!(told(&t, 200, wrong), ours);
        for code in
            ["SignatureDoesNotMatch", "InvalidAccessKeyId.NotFound", "isv.AMOUNT_NOT_ENOUGH"]
        {
            assert_eq!(told(&a, 400, &format!(r#"{{"Code":"{code}"}}"#)), ours, "{code}");
        }
        let sent =
            |code| json!({ "Response": { "SendStatusSet": [{ "Code": code }] } }).to_string();
        assert_eq!(told(&t, 200, &sent("FailedOperation.InsufficientBalanceInSmsPackage")), ours);
        let code = "InvalidParameterValue.IncorrectPhoneNumber";
        assert_eq!(told(&t, 200, &sent(code)), Told::Never(code.to_owned()));
        assert_eq!(told(&t, 200, "{}"), Told::Uncertain("status"));
        let g = generic("", true);
        let taken = Told::Taken(Some("7".to_owned()));
        assert_eq!(told(&g, 202, r#"{"data":{"id":7}}"#), taken);
        assert_eq!(told(&g, 200, "ok"), Told::Taken(None));
        assert_eq!(told(&g, 429, ""), Told::Throttled(60));
        assert_eq!(told(&g, 403, ""), ours);
        assert_eq!(told(&g, 422, ""), Told::Never("422".to_owned()));
        assert_eq!(told(&g, 500, ""), Told::Uncertain("status"));
    }

    #[test]
    fn neither_numbers_nor_words_nor_keys_show_in_debug_output() {
        let params = params_of();
        for provider in [aliyun(), tencent(), kannel(), generic("${text}", true)] {
            let asked = request(&provider, &text(&params)).unwrap();
            let shown = format!("{provider:?} {asked:?} {:?}", text(&params));
            for hidden in ["19900000017", "编号", "\"KEY\"", "path-secret"] {
                assert!(!shown.contains(hidden), "{shown}");
            }
        }
    }
}
