//! The city as Open311 GeoReport v2 knows it: its services, and what can be told with a request
//! (domain.md 2.4 and 3.6). Pure: the forms of the answers are `web::open311`.

use super::case::Nature;
use super::report::{DOMAINS, PARTS};

/// The code of what is none of the others.
const OTHER: &str = "990000";

/// Domains that are no service: what nobody has classified, and what goes to the discipline commission
/// (党风廉政), which must not pass through the program of another.
const NOT_OFFERED: [&str; 2] = ["00", "12"];

/// Something that the city can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Six digits of the domain.
    pub code: String,
    /// As citizens read it.
    pub name: String,
    /// The domain that it is of.
    pub group: &'static str,
}

impl Service {
    /// What it is about, for a person.
    #[must_use]
    pub fn description(&self) -> String {
        if self.name == self.group {
            format!("反映{}方面的问题", self.group)
        } else {
            format!("反映{}领域的{}问题", self.group, self.name)
        }
    }
}

/// All services by their codes: each domain's parts, then what is none of them.
#[must_use]
pub fn services() -> Vec<Service> {
    let offered = DOMAINS.iter().filter(|(code, _)| !NOT_OFFERED.contains(code));
    let mut all = vec![];
    for (domain, group) in offered {
        let parts = PARTS.iter().filter(|(code, _)| code.starts_with(domain));
        let own = |(code, name): &(&str, &str)| Service {
            code: format!("{code}00"),
            name: (*name).to_owned(),
            group,
        };
        let before = all.len();
        all.extend(parts.map(own));
        let name = match all.len() == before {
            true => (*group).to_owned(),
            false => format!("{group}（其他）"),
        };
        all.push(Service { code: format!("{domain}0000"), name, group });
    }
    all
}

/// The service of a code.
#[must_use]
pub fn service(code: &str) -> Option<Service> {
    services().into_iter().find(|service| service.code == code)
}

/// The service that a case is told under: that of its domain as far as it is one, else 其他.
#[must_use]
pub fn service_of(domain: Option<&str>) -> Service {
    let domain = domain.unwrap_or_default();
    let code = |digits: usize| domain.get(..digits).map(|code| format!("{code:0<6}"));
    let found = [code(4), code(2)].into_iter().flatten().find_map(|code| service(&code));
    found.or_else(|| service(OTHER)).unwrap_or_else(|| Service {
        code: OTHER.to_owned(),
        name: "其他".to_owned(),
        group: "其他",
    })
}

/// What can be told of a request beside its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribute {
    /// What kind of matter it is.
    Nature,
    /// When it happened.
    OccurredAt,
    /// How many people it is about.
    GroupSize,
}

/// Most people that a request can be about.
pub const GROUP_MAX: u16 = 9_999;

impl Attribute {
    /// All of them, in their order.
    pub const ALL: [Self; 3] = [Self::Nature, Self::OccurredAt, Self::GroupSize];

    /// Its code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Nature => "nature",
            Self::OccurredAt => "occurred_at",
            Self::GroupSize => "group_size",
        }
    }

    /// Its kind, as the standard names it.
    #[must_use]
    pub fn datatype(self) -> &'static str {
        match self {
            Self::Nature => "singlevaluelist",
            Self::OccurredAt => "datetime",
            Self::GroupSize => "number",
        }
    }

    /// As citizens read it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Nature => "诉求性质",
            Self::OccurredAt => "事发时间",
            Self::GroupSize => "涉及人数",
        }
    }

    /// How its value is written, for a person; empty where that needs no word.
    #[must_use]
    pub fn datatype_description(self) -> &'static str {
        match self {
            Self::Nature => "",
            Self::OccurredAt => "W3C 日期时间，含时区，如 2026-11-22T10:00:00+08:00",
            Self::GroupSize => "1 至 9999 的整数",
        }
    }

    /// The values that it can have, each with its key; empty where they are not a list.
    #[must_use]
    pub fn values(self) -> Vec<(&'static str, &'static str)> {
        match self {
            Self::Nature => {
                Nature::ALL.iter().map(|nature| (nature_key(*nature), nature.name())).collect()
            }
            Self::OccurredAt | Self::GroupSize => vec![],
        }
    }
}

/// The key of a nature.
fn nature_key(nature: Nature) -> &'static str {
    match nature {
        Nature::Consult => "consult",
        Nature::Help => "help",
        Nature::Complaint => "complaint",
        Nature::Report => "report",
        Nature::Suggest => "suggest",
        Nature::Praise => "praise",
        Nature::Other => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_has_one_code_of_six_digits_and_none_is_of_the_discipline_commission() {
        let all = services();
        let codes: std::collections::BTreeSet<_> = all.iter().map(|one| &one.code).collect();
        assert_eq!(codes.len(), all.len());
        for one in &all {
            assert!(one.code.len() == 6 && one.code.bytes().all(|b| b.is_ascii_digit()), "{one:?}");
            assert!(!one.code.starts_with("12") && !one.code.starts_with("00"), "{one:?}");
            assert!(!one.name.is_empty() && one.description().contains(one.group), "{one:?}");
            assert_eq!(service(&one.code).as_ref(), Some(one));
        }
        assert_eq!(all.len(), 24 + 15);
        assert_eq!(service("050100").unwrap().name, "路灯");
        assert_eq!(service("050000").unwrap().name, "城乡建设与管理（其他）");
        assert_eq!(service("030000").unwrap().name, "医疗卫生");
        assert_eq!((service("120000"), service(""), service("0501")), (None, None, None));
    }

    #[test]
    fn a_case_is_told_under_its_part_its_domain_or_as_another() {
        let code = |domain| service_of(domain).code;
        assert_eq!(code(Some("050100")), "050100");
        assert_eq!(code(Some("050117")), "050100");
        assert_eq!(code(Some("059900")), "050000");
        for other in [None, Some(""), Some("120100"), Some("007"), Some("路灯")] {
            assert_eq!(code(other), "990000", "{other:?}");
        }
    }

    #[test]
    fn a_list_has_the_keys_that_the_store_knows_its_values_by() {
        for (nature, (key, _)) in Nature::ALL.iter().zip(Attribute::Nature.values()) {
            assert_eq!(serde_json::to_value(nature).unwrap(), key);
        }
        assert!(Attribute::OccurredAt.values().is_empty());
    }
}
