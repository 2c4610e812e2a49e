//! Who acts on a case: a person, the roles he acts in, and the unit he belongs to (domain.md 3.7).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest id of a person.
const PERSON_CHARS_MAX: usize = 100;

/// The roles of the city's table of rights; the system acts where no person does.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 系统.
    System,
    /// 市民.
    Citizen,
    /// 话务员.
    Operator,
    /// 受理员.
    Clerk,
    /// 短信专管员.
    MessageClerk,
    /// 督办员.
    Supervisor,
    /// 回访员.
    CallbackAgent,
    /// 中心主任.
    Director,
    /// 部门联络员.
    UnitContact,
    /// 承办人.
    Handler,
    /// 部门领导.
    UnitLeader,
    /// 市领导.
    CityLeader,
    /// 导播、主持人.
    Host,
    /// 村级三大员.
    VillageOfficer,
    /// 纪委联络员.
    Liaison,
    /// 评议员.
    Evaluator,
    /// 审计员.
    Auditor,
    /// 系统管理员: makes accounts; sees no case.
    Administrator,
    /// 安全管理员: grants roles; sees no case.
    Security,
}

impl Role {
    /// Every role with its name in JSON and on the command line, and as officials read it.
    pub const NAMES: [(Self, &'static str, &'static str); 19] = [
        (Self::System, "system", "系统"),
        (Self::Citizen, "citizen", "市民"),
        (Self::Operator, "operator", "话务员"),
        (Self::Clerk, "clerk", "受理员"),
        (Self::MessageClerk, "message_clerk", "短信专管员"),
        (Self::Supervisor, "supervisor", "督办员"),
        (Self::CallbackAgent, "callback_agent", "回访员"),
        (Self::Director, "director", "中心主任"),
        (Self::UnitContact, "unit_contact", "部门联络员"),
        (Self::Handler, "handler", "承办人"),
        (Self::UnitLeader, "unit_leader", "部门领导"),
        (Self::CityLeader, "city_leader", "市领导"),
        (Self::Host, "host", "导播或主持人"),
        (Self::VillageOfficer, "village_officer", "村级三大员"),
        (Self::Liaison, "liaison", "纪委联络员"),
        (Self::Evaluator, "evaluator", "评议员"),
        (Self::Auditor, "auditor", "审计员"),
        (Self::Administrator, "administrator", "系统管理员"),
        (Self::Security, "security", "安全管理员"),
    ];

    /// Its name in JSON and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(role, ..)| *role == self).map_or("", |(_, name, _)| name)
    }

    /// As officials read it.
    #[must_use]
    pub fn title(self) -> &'static str {
        Self::NAMES.iter().find(|(role, ..)| *role == self).map_or("", |(.., title)| title)
    }

    /// Reads what [`Role::as_str`] gave.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known, _)| *known == name).map(|(role, ..)| *role)
    }

    /// It is held inside a handling unit, whose people see only what is theirs.
    #[must_use]
    pub fn is_of_unit(self) -> bool {
        matches!(self, Self::UnitContact | Self::Handler | Self::UnitLeader)
    }
}

/// Who gives a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The person's id; the same id is the same person in every role.
    pub person: String,
    /// The roles he acts in.
    pub roles: Vec<Role>,
    /// The unit he belongs to, by its id of `units.toml`.
    pub unit: Option<String>,
}

impl Actor {
    /// A person in one role.
    #[must_use]
    pub fn new(person: &str, role: Role, unit: Option<&str>) -> Self {
        Self { person: person.to_owned(), roles: vec![role], unit: unit.map(str::to_owned) }
    }

    /// The service itself.
    #[must_use]
    pub fn system() -> Self {
        Self::new("system", Role::System, None)
    }

    /// As he stands in the chain of events and in the audit: his roles and his id.
    #[must_use]
    pub fn signature(&self) -> String {
        let roles: Vec<_> = self.roles.iter().map(|role| role.as_str()).collect();
        format!("{}/{}", roles.join("+"), self.person)
    }

    /// He acts in one of these roles.
    #[must_use]
    pub fn has(&self, roles: &[Role]) -> bool {
        self.roles.iter().any(|role| roles.contains(role))
    }

    /// He acts for a unit and for nobody else.
    #[must_use]
    pub fn is_of_unit(&self) -> bool {
        self.roles.iter().all(|role| role.is_of_unit())
    }

    /// The id of the person is one.
    pub(super) fn is_named(&self) -> bool {
        is_person(&self.person)
    }
}

/// Whether a text can be the id of a person.
#[must_use]
pub fn is_person(id: &str) -> bool {
    !id.trim().is_empty() && id.chars().count() <= PERSON_CHARS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_one_name_in_json_and_on_the_command_line() {
        for (role, name, _) in Role::NAMES {
            assert_eq!(serde_json::to_value(role).unwrap(), name);
            assert_eq!((Role::parse(name), role.as_str()), (Some(role), name));
            assert!(!role.title().is_ascii());
        }
        assert_eq!(Role::parse("mayor"), None);
    }
}
