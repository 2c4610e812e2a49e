//! What the journal has, read: an object of a provider's body, or a query.

use super::super::as_stored;
use super::kannel;
use super::push::Push;
use crate::domain::case::city_zone;
use crate::domain::message::SendState;
use crate::store::{CarrierReport, InboundText, Parsed, Words};
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::Value;

/// Reads what came. `None` for a form of others.
///
/// # Errors
/// In a word, why it cannot be read.
#[must_use]
pub fn parsed(form: &str, raw: &[u8]) -> Option<Result<Parsed, &'static str>> {
    let push = Push::of(form)?;
    Some(match push {
        Push::KannelText => kannel::text(raw),
        Push::KannelReport => kannel::report(raw),
        _ => match serde_json::from_slice::<Value>(raw) {
            Ok(object) if object.is_object() => of_object(push, &object),
            _ => Err("no object of a provider"),
        },
    })
}

fn of_object(push: Push, object: &Value) -> Result<Parsed, &'static str> {
    match push {
        Push::AliyunText => Ok(whole(
            text(object, "phone_number").ok_or("no sender")?,
            text(object, "dest_code"),
            time(text(object, "send_time")),
            text(object, "content").ok_or("no text")?,
        )),
        Push::TencentText => Ok(whole(
            international(object).ok_or("no sender")?,
            text(object, "extend"),
            time(text(object, "time")),
            text(object, "text").ok_or("no text")?,
        )),
        Push::AliyunReport => aliyun_report(object),
        Push::TencentReport => tencent_report(object),
        Push::KannelText | Push::KannelReport => Err("no object of a provider"),
    }
}

fn aliyun_report(object: &Value) -> Result<Parsed, &'static str> {
    let reference = text(object, "biz_id").ok_or("no name of a text")?;
    let is_success = object.get("success").and_then(Value::as_bool).ok_or("no state of a text")?;
    Ok(Parsed::Report(CarrierReport {
        reference,
        to: text(object, "phone_number").map(|number| as_stored(&number)),
        state: if is_success { SendState::Delivered } else { SendState::Undelivered },
        code: text(object, "err_code").unwrap_or_default(),
        at: time(text(object, "report_time")),
    }))
}

fn tencent_report(object: &Value) -> Result<Parsed, &'static str> {
    let reference = text(object, "sid").ok_or("no name of a text")?;
    let state = match text(object, "report_status").as_deref() {
        Some("SUCCESS") => SendState::Delivered,
        Some("FAIL") => SendState::Undelivered,
        _ => return Err("no state of a text"),
    };
    Ok(Parsed::Report(CarrierReport {
        reference,
        to: international(object).map(|number| as_stored(&number)),
        state,
        code: text(object, "errmsg").unwrap_or_default(),
        at: time(text(object, "user_receive_time")),
    }))
}

/// A string, or a number as one: providers change their minds.
fn text(object: &Value, field: &str) -> Option<String> {
    match object.get(field)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn international(object: &Value) -> Option<String> {
    let mobile = text(object, "mobile")?;
    let nation = text(object, "nationcode").unwrap_or_default();
    if nation.is_empty() || mobile.starts_with('+') {
        return Some(mobile);
    }
    Some(format!("+{}{mobile}", nation.trim_start_matches('+')))
}

fn whole(from: String, to: Option<String>, sent_at: Option<Timestamp>, text: String) -> Parsed {
    let suspect = text.contains('\u{FFFD}');
    let to = to.filter(|to| !to.is_empty());
    let words = Words::Whole { text, suspect };
    Parsed::Text(Box::new(InboundText { from, to, sent_at, words }))
}

/// `2026-11-22 20:13:51` of the city, or seconds since 1970.
fn time(written: Option<String>) -> Option<Timestamp> {
    let written = written?;
    if let Ok(seconds) = written.parse::<i64>() {
        return Timestamp::from_second(seconds).ok();
    }
    let civil: DateTime = written.parse().ok()?;
    city_zone().to_timestamp(civil).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(form: &str, raw: &str) -> Result<Parsed, &'static str> {
        parsed(form, raw.as_bytes()).expect("a form of providers")
    }

    fn heard(form: &str, raw: &str) -> InboundText {
        match read(form, raw) {
            Ok(Parsed::Text(text)) => *text,
            other => panic!("{other:?}"),
        }
    }

    fn report(form: &str, raw: &str) -> CarrierReport {
        match read(form, raw) {
            Ok(Parsed::Report(report)) => report,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn texts_of_providers_are_read() {
        let aliyun = r#"{"phone_number":"19900000017","send_time":"2026-11-22 20:13:51",
            "content":"停水两天了😀","sign_name":"邹城社情民意","dest_code":"10690001","sequence_id":"9"}"#;
        let text = heard("aliyun-mo", aliyun);
        assert_eq!((text.from.as_str(), text.to.as_deref()), ("19900000017", Some("10690001")));
        assert_eq!(text.sent_at.unwrap().to_string(), "2026-11-22T12:13:51Z");
        assert_eq!(text.words, Words::Whole { text: "停水两天了😀".into(), suspect: false });
        let tencent = r#"{"extend":"01","mobile":"19900000017","nationcode":"86",
            "sign":"邹城社情民意","text":"停水","time":1795349631}"#;
        let text = heard("tencent-mo", tencent);
        assert_eq!(text.from, "+8619900000017");
        assert_eq!(text.sent_at.unwrap().as_second(), 1_795_349_631);
    }

    #[test]
    fn reports_of_providers_are_read() {
        let aliyun = r#"{"phone_number":"19900000017","success":true,"biz_id":"932702304080415357^0",
            "report_time":"2026-11-22 20:14:02","err_code":"DELIVERED","err_msg":"用户接收成功"}"#;
        let heard = report("aliyun-report", aliyun);
        assert_eq!(heard.reference, "932702304080415357^0");
        assert_eq!((heard.state, heard.code.as_str()), (SendState::Delivered, "DELIVERED"));
        let tencent = r#"{"user_receive_time":"2026-11-22 20:14:02","nationcode":"86",
            "mobile":"19900000017","report_status":"FAIL","errmsg":"MK:0001","sid":"8:abc"}"#;
        let heard = report("tencent-report", tencent);
        assert_eq!((heard.reference.as_str(), heard.state), ("8:abc", SendState::Undelivered));
        assert_eq!(heard.code, "MK:0001");
        // The number as the store has it, or the report finds no text.
        for (nation, mobile, stored) in [
            ("86", "19900000017", "19900000017"),
            ("852", "99990000", "0085299990000"),
            ("", "8619900000017", "19900000017"),
        ] {
            let raw = format!(
                r#"{{"nationcode":"{nation}","mobile":"{mobile}","report_status":"SUCCESS","sid":"1"}}"#
            );
            assert_eq!(report("tencent-report", &raw).to.as_deref(), Some(stored), "{raw}");
        }
        let aliyun = r#"{"phone_number":"+8619900000017","success":true,"biz_id":"1"}"#;
        assert_eq!(report("aliyun-report", aliyun).to.as_deref(), Some("19900000017"));
    }

    #[test]
    fn what_is_not_all_there_is_for_a_person() {
        for (form, raw) in [
            ("aliyun-mo", "{}"),
            ("aliyun-mo", r#"{"phone_number":"19900000017"}"#),
            ("aliyun-mo", "[]"),
            ("aliyun-mo", "hello"),
            ("aliyun-report", r#"{"biz_id":"1"}"#),
            ("aliyun-report", r#"{"success":true}"#),
            ("tencent-mo", r#"{"text":"停水"}"#),
            ("tencent-report", r#"{"sid":"1","report_status":"?"}"#),
            ("kannel-mo", "text=a"),
            ("kannel-report", "type=1"),
        ] {
            assert!(read(form, raw).is_err(), "{form} {raw}");
        }
        assert_eq!(parsed("smsd", b""), None);
    }
}
