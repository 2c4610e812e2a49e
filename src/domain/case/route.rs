//! Where a declined matter goes (T13): what a citizen is told of each lawful way by mail (M7). Names of laws
//! and the nation-wide numbers of services; what a city knows better it says by telephone.

use super::event::LawfulChannel;

/// A lawful way in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The law that says so.
    pub basis: &'static str,
    /// Who takes the matter.
    pub organ: &'static str,
    /// How he is reached; `None`: the city's own line tells.
    pub contact: Option<&'static str>,
}

/// 人民法院诉讼服务热线.
const COURTS: Option<&str> = Some("人民法院诉讼服务热线12368");
/// 公共法律服务热线.
const LEGAL_SERVICE: Option<&str> = Some("公共法律服务热线12348");

impl LawfulChannel {
    /// On what it rests, who takes the matter, and how he is reached.
    #[must_use]
    pub fn route(self) -> Route {
        let (basis, organ, contact) = match self {
            Self::Litigation => (
                "《中华人民共和国民事诉讼法》《中华人民共和国行政诉讼法》",
                "有管辖权的人民法院",
                COURTS,
            ),
            Self::Arbitration => {
                ("《中华人民共和国仲裁法》", "双方约定的仲裁委员会", LEGAL_SERVICE)
            }
            Self::Labour => (
                "《中华人民共和国劳动争议调解仲裁法》",
                "劳动合同履行地或者用人单位所在地的劳动争议仲裁委员会",
                Some("人力资源和社会保障服务热线12333"),
            ),
            Self::Reconsideration => {
                ("《中华人民共和国行政复议法》", "有管辖权的行政复议机关", LEGAL_SERVICE)
            }
            Self::Petition => ("《信访工作条例》", "有权处理该事项的机关、单位", None),
            Self::Enforcement => {
                ("《中华人民共和国民事诉讼法》", "有管辖权的人民法院执行机构", COURTS)
            }
            Self::Mediation => (
                "《中华人民共和国人民调解法》",
                "所在村（社区）或者镇街人民调解委员会",
                LEGAL_SERVICE,
            ),
            Self::Notary => ("《中华人民共和国公证法》", "公证机构", LEGAL_SERVICE),
            Self::Police => ("《中华人民共和国人民警察法》", "公安机关", Some("110")),
            Self::Emergency => {
                ("《中华人民共和国突发事件应对法》", "消防救援机构、医疗急救机构", Some("119、120"))
            }
            Self::Other => ("有关法律法规的规定", "依法有权处理的机关", None),
        };
        Route { basis, organ, contact }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lawful_way_names_its_law_and_who_takes_the_matter() {
        for channel in LawfulChannel::ALL {
            let Route { basis, organ, contact } = channel.route();
            assert!(!basis.is_empty() && !organ.is_empty(), "{channel:?}");
            assert!(channel == LawfulChannel::Other || basis.contains('《'), "{channel:?}");
            assert!(contact.is_none_or(|told| told.bytes().any(|b| b.is_ascii_digit())));
        }
    }
}
