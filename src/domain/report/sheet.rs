//! The case sheet: ten elements in their order (domain.md C2), masked for its reader.

use super::channel::channel_title;
use super::rights::Rights;
use super::words::Names;
use crate::domain::access::{Shown, View, masked_name};
use crate::domain::anonymise::anonymise;
use crate::domain::case::{Case, ELEMENTS, Erasure, Role, State, city_zone};
use crate::domain::desk::Disposition;
use jiff::Timestamp;
use serde::Serialize;

/// The columns: the number, then the ten elements.
pub const HEADER: [&str; 11] = {
    let [a, b, c, d, e, f, g, h, i, j] = ELEMENTS;
    ["编号", a, b, c, d, e, f, g, h, i, j]
};

/// What stands in all ten elements of a case under seal.
pub const SEALED: &str = "密件";

/// What stands for a citizen whose case was erased at the end of its period.
const ERASED: &str = "已到期销毁";

/// Put in the place of an address that a reader may not see whole.
const BY_MAIL: &str = "（电子邮件）";

/// Put in the place of what a reader may not see.
const HIDDEN: &str = "＊＊＊";

/// A case of the sheet.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The case as it stood.
    pub case: &'a Case,
    /// It is under seal, then or now.
    pub sealed: bool,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SheetRow {
    /// Eleven digits.
    pub number: String,
    /// The ten elements in the order of [`ELEMENTS`].
    pub elements: [String; 10],
    /// It says something of a citizen.
    #[serde(skip)]
    pub has_person: bool,
}

/// The row of a case for a reader; `None` where he gets none.
#[must_use]
pub fn sheet_row(subject: Subject<'_>, names: &Names, rights: &Rights) -> Option<SheetRow> {
    let Subject { case, sealed } = subject;
    let number = case.number?.to_string();
    if !rights.has(case, sealed) {
        return None;
    }
    if sealed {
        let elements = std::array::from_fn(|_| SEALED.to_owned());
        return Some(SheetRow { number, elements, has_person: false });
    }
    let view = rights.view(case)?;
    let elements = [
        reporter(case, view),
        received(case),
        case.channel.map_or("", |channel| channel_title(channel.as_str())).to_owned(),
        kind(case, names),
        opinion(case, names, view),
        limit(case),
        result(case, view),
        handler(case, names),
        supervisor(case),
        callback(case),
    ];
    let has_person = case.private.can_be_answered() || case.private.caller.is_some();
    Some(SheetRow { number, elements, has_person })
}

fn reporter(case: &Case, view: View) -> String {
    if case.work.erased == Some(Erasure::Everything) && case.work.had_contact {
        return ERASED.to_owned();
    }
    let number = case.private.contact.as_ref().or(case.private.caller.as_ref());
    let name = case.private.display.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let (clear, masked) = match (number, case.private.mail.as_deref()) {
        (Some(number), _) => (number.as_str().to_owned(), number.masked()),
        (None, Some(mail)) => (mail.to_owned(), BY_MAIL.to_owned()),
        (None, None) => {
            let why = case.work.anonymous.map(|reason| format!("匿名（{}）", reason.title()));
            return why.unwrap_or_default();
        }
    };
    let shown = match view.contact {
        Shown::Clear => [name.map(str::to_owned), Some(clear)],
        Shown::Masked => [name.map(masked_name), Some(masked)],
        Shown::Topic | Shown::Hidden => return HIDDEN.to_owned(),
    };
    let shown: Vec<String> = shown.into_iter().flatten().collect();
    let note = if case.work.secrecy { "（要求保密）" } else { "" };
    format!("{}{note}", shown.join(" "))
}

fn received(case: &Case) -> String {
    case.received_at.map(city_minute).unwrap_or_default()
}

/// An instant as a report tells it: `2026-11-22 09:00` in the city.
#[must_use]
pub fn city_minute(at: Timestamp) -> String {
    at.to_zoned(city_zone()).strftime("%Y-%m-%d %H:%M").to_string()
}

fn kind(case: &Case, names: &Names) -> String {
    let nature = case.nature.map(|nature| nature.name().to_owned());
    let domain = case.domain.as_deref().map(|code| names.domain(code));
    [nature, domain].into_iter().flatten().collect::<Vec<_>>().join(" / ")
}

/// 受理意见: what becomes of the matter, with whom, and what it is about.
fn opinion(case: &Case, names: &Names, view: View) -> String {
    let Some(disposition) = case.work.disposition() else { return String::new() };
    let lead = case.unit.as_deref().map(|unit| format!("主办：{}", names.unit(unit)));
    let helpers: Vec<&str> = case.work.helpers.iter().map(|unit| names.unit(unit)).collect();
    let helpers = (!helpers.is_empty()).then(|| format!("协办：{}", helpers.join("、")));
    let summary = case.summary.as_deref().map(|summary| words(summary, view));
    let parts = [Some(title(disposition).to_owned()), lead, helpers, summary];
    parts.into_iter().flatten().collect::<Vec<_>>().join("；")
}

fn title(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Answered => "直接答复",
        Disposition::ThreeWay => "三方通话",
        Disposition::Kept => "留存",
        Disposition::Circulated => "转阅",
        Disposition::Assigned => "转处",
        Disposition::LeaderReview => "报领导阅批",
        Disposition::Discipline => "转纪委",
        Disposition::NoMatter => "非诉求",
    }
}

fn words(text: &str, view: View) -> String {
    match view.text {
        Shown::Clear => text.to_owned(),
        Shown::Masked => anonymise(text).0,
        Shown::Topic | Shown::Hidden => HIDDEN.to_owned(),
    }
}

fn limit(case: &Case) -> String {
    let due = case.unit_due.as_ref().or(case.due.as_ref());
    let Some(due) = due else { return String::new() };
    let extended = if case.extended.is_some() { "（已延期）" } else { "" };
    let provisional = if due.provisional { "（暂定）" } else { "" };
    format!("{}{extended}{provisional}", due.on)
}

fn result(case: &Case, view: View) -> String {
    let Some(state) = case.state else { return String::new() };
    let answered = match (&case.work.result, case.answered_directly) {
        (Some(text), _) => Some(words(text, view)),
        (None, true) => Some("当场答复".to_owned()),
        (None, false) => None,
    };
    let merged = case.merged_into.map(|into| format!("并入 {into}"));
    let round = (case.round > 1).then(|| format!("第{}次办理", case.round));
    let parts = [Some(state.title().to_owned()), round, merged, answered];
    parts.into_iter().flatten().collect::<Vec<_>>().join("；")
}

/// Of a matter that no unit had, whoever took it first.
fn handler(case: &Case, names: &Names) -> String {
    if case.answered_directly {
        let first = case.first_responsible.clone().unwrap_or_default();
        return if first == Role::System.as_str() {
            Role::System.title().to_owned()
        } else {
            first
        };
    }
    let unit = case.unit.as_deref().map(|unit| names.unit(unit).to_owned());
    match (&case.work.handler, unit) {
        (Some(handler), Some(unit)) => format!("{unit} {handler}"),
        (Some(handler), None) => handler.clone(),
        (None, _) => String::new(),
    }
}

fn supervisor(case: &Case) -> String {
    match &case.work.supervisor {
        Some(person) => person.clone(),
        None if case.answered_directly => "受理中心（直接答复）".to_owned(),
        None => String::new(),
    }
}

fn callback(case: &Case) -> String {
    let grades: Vec<&str> = case.work.grades.iter().map(|(_, grade)| grade.title()).collect();
    let ended = case.work.follow_up_ended.map(|outcome| outcome.title());
    match (grades.is_empty(), ended) {
        (false, _) => grades.join("→"),
        (true, Some(outcome)) => outcome.to_owned(),
        (true, None) if case.state == Some(State::Callback) => "待回访".to_owned(),
        (true, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::case::{Private, Role};
    use crate::units::{CaseNumber, PhoneNumber};

    #[test]
    fn the_header_has_the_ten_elements_of_the_city_in_their_order() {
        let literal = [
            "编号",
            "反映人",
            "反映时间",
            "反映渠道",
            "类型分类",
            "受理意见",
            "办理时限",
            "处理结果",
            "具体承办人",
            "具体督办人",
            "回访情况",
        ];
        assert_eq!(HEADER, literal);
    }

    fn case() -> Case {
        let mut case = Case {
            number: CaseNumber::new(2026, 11, 22, 1),
            state: Some(State::Closed),
            summary: Some("联系人张小样反映北宿镇路灯不亮，电话19900000017".to_owned()),
            unit: Some("unit.07".to_owned()),
            first_responsible: Some("801".to_owned()),
            private: Private {
                contact: PhoneNumber::parse("19900000017").ok(),
                display: Some("张小样".to_owned()),
                ..Private::default()
            },
            ..Case::default()
        };
        case.work.dispositions.push(Disposition::Assigned);
        case
    }

    fn cells(case: &Case, sealed: bool, role: Role) -> Option<[String; 10]> {
        let unit = role.is_of_unit().then_some("unit.07");
        let rights = Rights::of(role, "801", unit)?;
        let row = sheet_row(Subject { case, sealed }, &Names::default(), &rights)?;
        Some(row.elements)
    }

    #[test]
    fn each_role_sees_of_the_reporter_what_it_may() {
        let shown = |case: &Case, role| cells(case, false, role).map(|cells| cells[0].clone());
        let mut case = case();
        let clear = Some("张小样 19900000017".to_owned());
        let masked = Some("张** 199****0017".to_owned());
        let hidden = Some(HIDDEN.to_owned());
        for (role, expected) in [
            (Role::Director, &clear),
            (Role::Clerk, &clear),
            (Role::UnitContact, &clear),
            (Role::Operator, &clear),
            (Role::CityLeader, &hidden),
            (Role::UnitLeader, &masked),
            (Role::Auditor, &hidden),
            (Role::Liaison, &None),
            (Role::Administrator, &None),
            (Role::Security, &None),
        ] {
            assert_eq!(shown(&case, role), *expected, "{role:?}");
        }
        case.work.secrecy = true;
        let note = |text: &str| Some(format!("{text}（要求保密）"));
        assert_eq!(shown(&case, Role::Director), note("张小样 19900000017"));
        assert_eq!(shown(&case, Role::Clerk), note("张** 199****0017"));
        for role in [Role::UnitContact, Role::UnitLeader, Role::CityLeader, Role::MessageClerk] {
            assert_eq!(shown(&case, role), hidden, "{role:?}");
        }
    }

    #[test]
    fn whoever_wrote_a_mail_is_known_by_its_address() {
        let mut case = case();
        case.private.contact = None;
        case.private.mail = Some("zhang@citizens.example".to_owned());
        let shown = |role| cells(&case, false, role).unwrap()[0].clone();
        assert_eq!(shown(Role::Director), "张小样 zhang@citizens.example");
        assert_eq!(shown(Role::UnitLeader), "张** （电子邮件）");
        assert_eq!(shown(Role::Auditor), HIDDEN);
    }

    #[test]
    fn a_number_that_stands_for_a_name_is_masked_as_one() {
        let mut case = case();
        case.private.display = Some("19900000017".to_owned());
        let told = cells(&case, false, Role::UnitLeader).unwrap();
        assert_eq!(told[0], "*** 199****0017");
    }

    #[test]
    fn whoever_is_recused_and_a_unit_that_is_accused_get_no_row() {
        let mut recused = case();
        recused.work.recused.insert("801".to_owned());
        for (role, ..) in Role::NAMES {
            for sealed in [false, true] {
                assert_eq!(cells(&recused, sealed, role), None, "{role:?}");
            }
        }
        let mut accused = case();
        accused.work.accused.insert("unit.07".to_owned());
        for role in [Role::UnitContact, Role::UnitLeader] {
            assert!(cells(&case(), false, role).is_some(), "{role:?}");
            assert_eq!(cells(&accused, false, role), None, "{role:?}");
        }
        assert!(cells(&accused, false, Role::Clerk).is_some());
    }

    #[test]
    fn the_words_of_a_leader_name_nobody() {
        let opinion = |role| cells(&case(), false, role).unwrap()[4].clone();
        assert!(opinion(Role::Clerk).contains("19900000017"));
        let told = opinion(Role::CityLeader);
        assert!(!told.contains("19900000017") && !told.contains("小样"), "{told}");
        assert!(told.contains("北宿镇路灯不亮"), "{told}");
        assert!(!opinion(Role::Auditor).contains("路灯"));
    }

    #[test]
    fn of_a_sealed_case_all_ten_are_sealed_and_its_unit_sees_no_row() {
        for role in [Role::Director, Role::CityLeader, Role::Auditor, Role::Supervisor] {
            assert!(cells(&case(), true, role).unwrap().iter().all(|cell| cell == SEALED));
        }
        for role in [Role::UnitContact, Role::UnitLeader, Role::Operator, Role::Liaison] {
            assert_eq!(cells(&case(), true, role), None, "{role:?}");
        }
    }
}
