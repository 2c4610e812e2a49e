//! Names of domains and units as they stand in reports (domain.md 3.6).

use std::collections::BTreeMap;

/// The domains, by the first two digits of the code (own table in the layout of GB/T 39666-2020).
pub const DOMAINS: [(&str, &str); 17] = [
    ("00", "未分领域"),
    ("01", "社会保障与就业"),
    ("02", "教育文化体育"),
    ("03", "医疗卫生"),
    ("04", "生态环境与资源"),
    ("05", "城乡建设与管理"),
    ("06", "交通运输"),
    ("07", "三农"),
    ("08", "公用事业"),
    ("09", "市场与消费"),
    ("10", "公共安全"),
    ("11", "政务服务与作风"),
    ("12", "党风廉政"),
    ("13", "住房房产"),
    ("14", "民政与退役"),
    ("15", "采煤塌陷与矿区"),
    ("99", "其他"),
];

/// Their parts, by the first four digits.
pub(in crate::domain) const PARTS: [(&str, &str); 24] = [
    ("0101", "欠薪"),
    ("0102", "医保"),
    ("0103", "养老"),
    ("0104", "工伤"),
    ("0501", "路灯"),
    ("0502", "道路"),
    ("0503", "占道"),
    ("0504", "垃圾"),
    ("0701", "土地确权"),
    ("0702", "补贴"),
    ("0703", "村级财务"),
    ("0704", "水利"),
    ("0801", "停水"),
    ("0802", "停电"),
    ("0803", "燃气"),
    ("0804", "供热"),
    ("1301", "办证"),
    ("1302", "物业"),
    ("1303", "质量"),
    ("1304", "拆迁"),
    ("1501", "塌陷补偿"),
    ("1502", "搬迁"),
    ("1503", "粉尘"),
    ("1504", "爆破震动"),
];

/// The names that a report needs from outside: the units by their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    units: BTreeMap<String, String>,
}

impl Names {
    /// The units' names by their ids.
    #[must_use]
    pub fn new(units: BTreeMap<String, String>) -> Self {
        Self { units }
    }

    /// The name of a unit; its id where it has none.
    #[must_use]
    pub fn unit<'a>(&'a self, id: &'a str) -> &'a str {
        self.units.get(id).map_or(id, String::as_str)
    }

    /// A domain with its code: `城乡建设与管理·路灯（050100）`.
    #[must_use]
    pub fn domain(&self, code: &str) -> String {
        domain_name(code).map_or_else(|| code.to_owned(), |name| format!("{name}（{code}）"))
    }
}

/// The name of a domain without its code, as far as it is known: `城乡建设与管理·路灯`.
#[must_use]
pub fn domain_name(code: &str) -> Option<String> {
    let of = |table: &[(&str, &'static str)], digits: usize| {
        let key = code.get(..digits)?;
        table.iter().find(|(known, _)| *known == key).map(|(_, name)| *name)
    };
    let domain = of(&DOMAINS, 2)?;
    Some(of(&PARTS, 4).map_or_else(|| domain.to_owned(), |part| format!("{domain}·{part}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_named_as_far_as_it_is_known() {
        let names = Names::default();
        assert_eq!(names.domain("080100"), "公用事业·停水（080100）");
        assert_eq!(names.domain("080900"), "公用事业（080900）");
        assert_eq!(names.domain("7"), "7");
        assert_eq!(names.unit("unit.07"), "unit.07");
    }
}
