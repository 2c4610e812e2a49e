//! What a provider brings to us: bodies cut into rows of the journal, each with the key that tells it from
//! every other, and the answers providers wait for.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Longest body or query that is taken, in bytes.
pub const PUSH_BYTES_MAX: usize = 1 << 20;
/// Most texts or reports of one body; they are kept in one transaction.
pub const PUSHED_AT_ONCE_MAX: usize = 1_000;

/// What is brought, by which provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Push {
    /// Texts to us by Aliyun (SmsUp).
    AliyunText,
    /// Reports by Aliyun (SmsReport).
    AliyunReport,
    /// A text to us by Tencent.
    TencentText,
    /// Reports by Tencent.
    TencentReport,
    /// A text to us by Kannel.
    KannelText,
    /// A report by Kannel.
    KannelReport,
}

impl Push {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::AliyunText,
        Self::AliyunReport,
        Self::TencentText,
        Self::TencentReport,
        Self::KannelText,
        Self::KannelReport,
    ];

    /// Its name: of the path it is brought to, behind the secret, and of the reader of its rows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AliyunText => "aliyun-mo",
            Self::AliyunReport => "aliyun-report",
            Self::TencentText => "tencent-mo",
            Self::TencentReport => "tencent-report",
            Self::KannelText => "kannel-mo",
            Self::KannelReport => "kannel-report",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|push| push.name() == name)
    }

    /// Whether it comes as the query of a GET.
    #[must_use]
    pub fn is_query(self) -> bool {
        matches!(self, Self::KannelText | Self::KannelReport)
    }
}

/// One text or report, as it is journalled.
#[derive(Clone, PartialEq, Eq)]
pub struct Pushed {
    /// The same for the same text, whenever it is brought.
    pub dedup_key: [u8; 32],
    /// As it came: an object of a body, or a query.
    pub raw: Vec<u8>,
}

/// Says how much there is, never what: it is a citizen's.
impl std::fmt::Debug for Pushed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pushed({} octets)", self.raw.len())
    }
}

/// The rows of a body or query. What cannot be cut is one row as a whole, for a person to see: it was
/// brought to a secret address, so it is somebody's.
#[must_use]
pub fn pushed(push: Push, body: &[u8]) -> Vec<Pushed> {
    let whole = || vec![Pushed { dedup_key: key(push, &[body]), raw: body.to_vec() }];
    if push.is_query() {
        let named = match push {
            // Kannel names a text by `%I`, and keeps the name when it brings the text again.
            Push::KannelText => value_of(body, "id").filter(|id| !id.is_empty()),
            _ => None,
        };
        return named.map_or_else(whole, |id| {
            vec![Pushed { dedup_key: key(push, &[id.as_bytes()]), raw: body.to_vec() }]
        });
    }
    let objects = match serde_json::from_slice(body) {
        Ok(Value::Array(objects)) if (1..=PUSHED_AT_ONCE_MAX).contains(&objects.len()) => objects,
        Ok(object @ Value::Object(_)) => vec![object],
        _ => return whole(),
    };
    if !objects.iter().all(Value::is_object) {
        return whole();
    }
    let row = |object: &Value| {
        // Written anew the fields stand in one order, however the provider put them.
        let raw = object.to_string().into_bytes();
        Pushed { dedup_key: key(push, &[&raw]), raw }
    };
    objects.iter().map(row).collect()
}

fn key(push: Push, parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(push.name());
    for part in parts {
        hash.update(b"|");
        hash.update(part);
    }
    hash.finalize().into()
}

/// The value of a field of a query, decoded.
pub(super) fn value_of(query: &[u8], name: &str) -> Option<String> {
    octets_of(query, name).map(|octets| String::from_utf8_lossy(&octets).into_owned())
}

/// The same as octets: a text may be in any character set.
pub(super) fn octets_of(query: &[u8], name: &str) -> Option<Vec<u8>> {
    query.split(|octet| *octet == b'&').find_map(|field| {
        let at = field.iter().position(|octet| *octet == b'=')?;
        let (field, value) = (field.get(..at)?, field.get(at + 1..)?);
        (field == name.as_bytes()).then(|| decoded(value))
    })
}

/// `%41` and `+`; what is no such thing stays as it is.
fn decoded(value: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((first, more)) = rest.split_first() {
        let hex = more.first_chunk::<2>().filter(|_| *first == b'%');
        let octet = hex
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match octet {
            Some(octet) => {
                octets.push(octet);
                rest = more.get(2..).unwrap_or_default();
            }
            None => {
                octets.push(if *first == b'+' { b' ' } else { *first });
                rest = more;
            }
        }
    }
    octets
}

/// What a provider is answered when all of it is kept.
#[must_use]
pub fn answer_to(push: Push) -> String {
    match push {
        Push::AliyunText | Push::AliyunReport => {
            json!({ "code": 0, "msg": "接收成功" }).to_string()
        }
        Push::TencentText | Push::TencentReport => {
            json!({ "result": 0, "errmsg": "OK" }).to_string()
        }
        // What Kannel is answered it would send to the citizen.
        Push::KannelText | Push::KannelReport => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_is_cut_into_rows_and_each_has_its_key() {
        let body = r#"[{"phone_number":"19900000017","content":"停水","sequence_id":1},
                       {"phone_number":"19900000017","content":"停电","sequence_id":2}]"#;
        let rows = pushed(Push::AliyunText, body.as_bytes());
        assert_eq!(rows.len(), 2);
        assert_ne!(rows[0].dedup_key, rows[1].dedup_key);
        // Brought again in another order of fields and rows.
        let again = r#"[{"sequence_id":2,"content":"停电","phone_number":"19900000017"}]"#;
        let again = pushed(Push::AliyunText, again.as_bytes());
        assert_eq!(again[0].dedup_key, rows[1].dedup_key);
        // The same object from elsewhere is another.
        let other = pushed(Push::TencentText, &rows[1].raw);
        assert_ne!(other[0].dedup_key, rows[1].dedup_key);
    }

    #[test]
    fn what_cannot_be_cut_is_kept_whole() {
        for body in ["", "{", "[]", "[1]", "hello", "null", r#"[{"a":1},2]"#] {
            let rows = pushed(Push::AliyunText, body.as_bytes());
            assert_eq!(rows.len(), 1, "{body}");
            assert_eq!(rows[0].raw, body.as_bytes());
        }
        let many = format!("[{}]", vec!["{}"; PUSHED_AT_ONCE_MAX + 1].join(","));
        assert_eq!(pushed(Push::AliyunText, many.as_bytes()).len(), 1);
    }

    #[test]
    fn kannel_names_its_texts() {
        let first = pushed(Push::KannelText, b"id=e1f0-1&from=%2B8619900000017&text=%E5%81%9C");
        let again = pushed(Push::KannelText, b"id=e1f0-1&text=%E5%81%9C&from=%2B8619900000017");
        let other = pushed(Push::KannelText, b"id=e1f0-2&from=%2B8619900000017&text=%E5%81%9C");
        assert_eq!(first[0].dedup_key, again[0].dedup_key);
        assert_ne!(first[0].dedup_key, other[0].dedup_key);
        let nameless = pushed(Push::KannelText, b"id=&text=a");
        assert_ne!(nameless[0].dedup_key, pushed(Push::KannelText, b"id=&text=b")[0].dedup_key);
    }

    #[test]
    fn a_query_is_decoded() {
        let query = b"a=1+2%2B3&b=%E5%81%9C%zz%4&c&d=";
        assert_eq!(value_of(query, "a").as_deref(), Some("1 2+3"));
        assert_eq!(value_of(query, "b").as_deref(), Some("停%zz%4"));
        assert_eq!((value_of(query, "c"), value_of(query, "d").as_deref()), (None, Some("")));
    }

    #[test]
    fn names_of_paths_are_found_again() {
        for push in Push::ALL {
            assert_eq!(Push::of(push.name()), Some(push));
        }
        assert_eq!(Push::of("aliyun"), None);
        assert_eq!(answer_to(Push::AliyunText), r#"{"code":0,"msg":"接收成功"}"#);
        assert_eq!(answer_to(Push::TencentText), r#"{"errmsg":"OK","result":0}"#);
    }
}
