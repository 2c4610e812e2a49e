//! How providers want requests to be signed: Aliyun's ACS3-HMAC-SHA256 and Tencent's TC3-HMAC-SHA256.

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::hmac;
use sha2::{Digest as _, Sha256};
use std::fmt;

/// A key of a provider. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What is signed of a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signed<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    /// As it is sent, its fields in order.
    pub(super) query: &'a str,
    /// Names in lower case, in order.
    pub(super) headers: &'a [(&'a str, String)],
    pub(super) body: &'a [u8],
}

impl Signed<'_> {
    /// The names of the headers, and the request in one form for both sides.
    fn canonical(&self) -> (String, String) {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let headers: String =
            self.headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
        let Self { method, path, query, body, .. } = self;
        let digest = hex(&Sha256::digest(body));
        let canonical = format!("{method}\n{path}\n{query}\n{headers}\n{names}\n{digest}");
        (names, canonical)
    }
}

/// The `Authorization` of a request to Aliyun.
pub(super) fn acs3(key_id: &str, secret: &Secret, signed: &Signed<'_>) -> String {
    const NAME: &str = "ACS3-HMAC-SHA256";
    let (names, canonical) = signed.canonical();
    let text = format!("{NAME}\n{}", hex(&Sha256::digest(canonical)));
    let signature = hex(&mac(secret.0.as_bytes(), text.as_bytes()));
    format!("{NAME} Credential={key_id},SignedHeaders={names},Signature={signature}")
}

/// The `Authorization` of a request to a service of Tencent at that time.
pub(super) fn tc3(
    key_id: &str,
    secret: &Secret,
    (service, at): (&str, Timestamp),
    signed: &Signed<'_>,
) -> String {
    const NAME: &str = "TC3-HMAC-SHA256";
    let (names, canonical) = signed.canonical();
    let date = at.strftime("%Y-%m-%d").to_string();
    let scope = format!("{date}/{service}/tc3_request");
    let digest = hex(&Sha256::digest(canonical));
    let text = format!("{NAME}\n{}\n{scope}\n{digest}", at.as_second());
    let of_date = mac(format!("TC3{}", secret.0).as_bytes(), date.as_bytes());
    let of_service = mac(&of_date, service.as_bytes());
    let signing = mac(&of_service, b"tc3_request");
    let signature = hex(&mac(&signing, text.as_bytes()));
    format!("{NAME} Credential={key_id}/{scope}, SignedHeaders={names}, Signature={signature}")
}

fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref().to_vec()
}

/// Two digits an octet, in lower case.
pub(super) fn hex(octets: &[u8]) -> String {
    use fmt::Write as _;
    octets.iter().fold(String::with_capacity(octets.len() * 2), |mut text, octet| {
        // Writing to a string does not fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}

/// RFC 3986: letters, digits and `-_.~` as they are.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// As a value of a form or a query.
pub(super) fn percent(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliyun_s_example_has_the_signature_it_is_given_there() {
        let headers = [
            ("host", "ecs.cn-shanghai.aliyuncs.com".to_owned()),
            ("x-acs-action", "RunInstances".to_owned()),
            ("x-acs-content-sha256", hex(&Sha256::digest(b""))),
            ("x-acs-date", "2023-10-26T10:22:32Z".to_owned()),
            ("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d".to_owned()),
            ("x-acs-version", "2014-05-26".to_owned()),
        ];
        let query =
            "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai";
        let signed = Signed { method: "POST", path: "/", query, headers: &headers, body: b"" };
        let secret = Secret("YourAccessKeySecret".to_owned());
        let authorization = acs3("YourAccessKeyId", &secret, &signed);
        let signature = "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0";
        assert!(authorization.ends_with(&format!("Signature={signature}")), "{authorization}");
    }

    #[test]
    fn tencent_s_example_has_the_signature_it_is_given_there() {
        let headers = [
            ("content-type", "application/json; charset=utf-8".to_owned()),
            ("host", "cvm.tencentcloudapi.com".to_owned()),
        ];
        let body = br#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;
        let signed = Signed { method: "POST", path: "/", query: "", headers: &headers, body };
        let secret = Secret("Gu5t9xGARNpq86cd98joQYCN3EXAMPLE".to_owned());
        let at = Timestamp::from_second(1_551_113_065).unwrap();
        let authorization =
            tc3("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", &secret, ("cvm", at), &signed);
        let signature = "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168";
        assert!(authorization.ends_with(&format!("Signature={signature}")), "{authorization}");
        assert!(
            authorization.contains("/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host,")
        );
    }

    #[test]
    fn keys_do_not_show_in_debug_output() {
        assert_eq!(format!("{:?}", Secret("x".to_owned())), "Secret(…)");
        assert_eq!(percent("【邹】 a+b~"), "%E3%80%90%E9%82%B9%E3%80%91%20a%2Bb~");
    }
}
