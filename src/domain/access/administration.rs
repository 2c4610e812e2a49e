//! The three administrators (三员分立): one makes accounts, one grants roles, one reads the audit.
//! Nobody holds two of these roles, nor one of them beside any other.

use crate::domain::case::Role;

/// The three.
const ADMINISTRATORS: [Role; 3] = [Role::Administrator, Role::Security, Role::Auditor];
/// The roles of a handling unit and of a village need the unit they are held in.
const OF_PLACE: [Role; 4] =
    [Role::UnitContact, Role::Handler, Role::UnitLeader, Role::VillageOfficer];

/// Why a role is not granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GrantFault {
    /// The service has no account; a citizen's key is number and query code (D7).
    #[error("no account holds this role")]
    NoAccount,
    /// Three administrators, three persons, and none of them works on cases.
    #[error("an administrator holds this role and no other")]
    Separate,
    /// Whose own cases are the unit's needs one.
    #[error("the account belongs to no unit")]
    UnitMissing,
    /// It is held or waits already.
    #[error("the role is held or waits for its confirmation already")]
    Twice,
}

/// Whether an account that holds `held`, waiting roles included, may be given a further role.
///
/// # Errors
/// The rule that forbids it.
pub fn may_hold(held: &[Role], role: Role, has_unit: bool) -> Result<(), GrantFault> {
    if matches!(role, Role::System | Role::Citizen) {
        return Err(GrantFault::NoAccount);
    }
    if held.contains(&role) {
        return Err(GrantFault::Twice);
    }
    let administers = |role: &Role| ADMINISTRATORS.contains(role);
    if !held.is_empty() && (administers(&role) || held.iter().any(administers)) {
        return Err(GrantFault::Separate);
    }
    if OF_PLACE.contains(&role) && !has_unit {
        return Err(GrantFault::UnitMissing);
    }
    Ok(())
}

/// Whether a person may confirm a grant: an administrator of accounts or roles, and neither the one
/// who granted it nor the one who gets it.
#[must_use]
pub fn may_confirm(person: &str, roles: &[Role], granted_by: &str, account: &str) -> bool {
    let holds = roles.iter().any(|role| matches!(role, Role::Administrator | Role::Security));
    holds && person != granted_by && person != account
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_administrator_is_nothing_else_and_nobody_else_is_one() {
        for one in ADMINISTRATORS {
            assert_eq!(may_hold(&[], one, false), Ok(()));
            for (other, ..) in Role::NAMES {
                let refused = may_hold(&[one], other, true);
                assert!(refused.is_err(), "{one:?} and {other:?}");
            }
            assert_eq!(may_hold(&[Role::Clerk], one, true), Err(GrantFault::Separate));
        }
        assert_eq!(may_hold(&[Role::Clerk], Role::Operator, false), Ok(()));
        assert_eq!(may_hold(&[], Role::Handler, false), Err(GrantFault::UnitMissing));
        assert_eq!(may_hold(&[], Role::Citizen, true), Err(GrantFault::NoAccount));
    }

    #[test]
    fn a_grant_is_confirmed_by_a_third_person() {
        let security = [Role::Security];
        assert!(may_confirm("b", &security, "a", "c"));
        assert!(may_confirm("b", &[Role::Administrator], "a", "c"));
        assert!(!may_confirm("a", &security, "a", "c"));
        assert!(!may_confirm("c", &security, "a", "c"));
        assert!(!may_confirm("b", &[Role::Director, Role::Auditor], "a", "c"));
    }
}
