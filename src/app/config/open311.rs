//! `[open311]`: the city's requests for the programs of others.

use super::require;
use crate::web::{JURISDICTION_CHARS_MAX, Open311Config, PARTNERS_MAX, Partner};
use serde::Deserialize;

/// Longest name of a partner.
const NAME_BYTES_MAX: usize = 32;
/// Longest text of the discovery.
const WORDS_CHARS_MAX: usize = 200;

/// `[open311]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // Each key is explained in config/mayorline.toml.
pub struct Open311Keys {
    pub enabled: bool,
    pub public_url: String,
    pub jurisdiction: String,
    pub contact: String,
    pub key_service: String,
    pub partners: Vec<PartnerKeys>,
}

/// One of `open311.partners`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct PartnerKeys {
    pub name: String,
    pub key_sha256: String,
}

impl Open311Keys {
    /// As the server is told; `None`: it is not served. The error names the key.
    pub fn config(&self) -> Result<Option<Open311Config>, String> {
        let Self { public_url, jurisdiction, contact, key_service, .. } = self;
        require(
            public_url.is_empty() || is_url(public_url),
            "open311.public_url: http:// or https://, as others reach this server, without a / at its end",
        )?;
        require(
            jurisdiction.chars().count() <= JURISDICTION_CHARS_MAX,
            &format!("open311.jurisdiction must have at most {JURISDICTION_CHARS_MAX} characters"),
        )?;
        for (key, text) in [("contact", contact), ("key_service", key_service)] {
            require(
                text.chars().count() <= WORDS_CHARS_MAX,
                &format!("open311.{key} must have at most {WORDS_CHARS_MAX} characters"),
            )?;
        }
        require(
            self.partners.len() <= PARTNERS_MAX,
            &format!("open311.partners must be at most {PARTNERS_MAX}"),
        )?;
        let mut partners: Vec<Partner> = vec![];
        for keys in &self.partners {
            let partner = keys.partner()?;
            let known = |one: &Partner| one.name == partner.name || one.key == partner.key;
            require(
                !partners.iter().any(known),
                &format!("open311.partners: {}: another has this name or key", partner.name),
            )?;
            partners.push(partner);
        }
        Ok(self.enabled.then(|| Open311Config {
            public_url: public_url.clone(),
            jurisdiction: jurisdiction.clone(),
            contact: contact.clone(),
            key_service: key_service.clone(),
            partners,
        }))
    }
}

impl PartnerKeys {
    fn partner(&self) -> Result<Partner, String> {
        let Self { name, key_sha256 } = self;
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        require(
            (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(fits),
            &format!("open311.partners: {name:?}: a name is 1 to 32 small letters, digits and -"),
        )?;
        let key = read_hash(key_sha256).ok_or_else(|| {
            format!("open311.partners: {name}: key_sha256 is the SHA-256 of its key, 64 digits")
        })?;
        Ok(Partner { name: name.clone(), key })
    }
}

fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty()
            && rest.len() <= WORDS_CHARS_MAX
            && !rest.ends_with('/')
            && rest.bytes().all(|b| b.is_ascii_graphic() && !b"?#\"<>".contains(&b))
    })
}

/// 32 bytes as hexadecimal digits.
fn read_hash(text: &str) -> Option<[u8; 32]> {
    let digits = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let mut hash = [0; 32];
    for (at, byte) in hash.iter_mut().enumerate().filter(|_| digits) {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    digits.then_some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::config::Config;

    const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    fn load(settings: &[&str]) -> Result<Option<Open311Config>, String> {
        let settings: Vec<String> = settings.iter().map(|&s| s.to_owned()).collect();
        let config = Config::from_text("test.toml", "", &settings).map_err(|exit| exit.message)?;
        config.open311.config()
    }

    #[test]
    fn nothing_is_served_unless_it_is_switched_on() {
        assert_eq!(load(&[]).unwrap(), None);
        let partner = format!("open311.partners=[{{ name = 'city-app', key_sha256 = '{HASH}' }}]");
        let config = load(&["open311.enabled=true", &partner]).unwrap().unwrap();
        let [one] = &config.partners[..] else { panic!("{config:?}") };
        assert_eq!((one.name.as_str(), one.key[0], one.key[31]), ("city-app", 0x9f, 0x08));
        assert!(!config.contact.is_empty() && !config.key_service.is_empty());
    }

    #[test]
    fn what_is_no_partner_or_url_is_refused_by_its_name() {
        let twice = format!(
            "open311.partners=[{{ name = 'a', key_sha256 = '{HASH}' }}, {{ name = 'b', key_sha256 = '{HASH}' }}]"
        );
        let short = "open311.partners=[{ name = 'a', key_sha256 = 'secret' }]";
        let named = format!("open311.partners=[{{ name = 'A b', key_sha256 = '{HASH}' }}]");
        for (setting, complaint) in [
            (twice.as_str(), "open311.partners: b: another has"),
            (short, "open311.partners: a: key_sha256"),
            (named.as_str(), "open311.partners: \"A b\""),
            ("open311.public_url=city.example", "open311.public_url"),
            ("open311.public_url=https://city.example/", "open311.public_url"),
            ("open311.nonsense=1", "unknown key open311.nonsense"),
        ] {
            let error = load(&[setting]).unwrap_err();
            assert!(error.contains(complaint), "{setting}: {error}");
        }
        assert!(load(&["open311.public_url=https://city.example/line"]).is_ok());
    }
}
