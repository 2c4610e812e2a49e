//! Reports, accounts and the audit, each for those whose office it is.

use super::world::{PHONE, World, roles};
use mayorline::domain::call::IntakeKind;
use mayorline::domain::case::{Role, Task};
use serde_json::{Value, json};

fn body(answer: &crate::http::Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

#[tokio::test]
async fn figures_of_ones_own_are_of_what_one_took_first() {
    let world = World::open().await;
    for name in ["operator", "clerk"] {
        let given = json!({"summary": "路灯不亮", "text": "路灯不亮", "phone": PHONE});
        assert_eq!(world.post(name, "/cases", given).await.status, 201, "{name}");
    }
    let sealed = json!({"summary": "举报", "text": "举报", "phone": PHONE});
    let sealed = body(&world.post("operator", "/cases", sealed).await);
    let period = "/figures/kpi?from=2026-11-22&to=2026-11-22";
    assert_eq!(body(&world.get("operator", period).await)["accepted"], 2);
    world.act(sealed["name"].as_str().unwrap(), Role::Clerk, "", Task::ProposeSeal);
    assert_eq!(body(&world.get("operator", period).await)["accepted"], 1);
    assert_eq!(body(&world.get("callback_agent", period).await)["accepted"], 0);
    assert_eq!(body(&world.get("clerk", period).await)["accepted"], 3, "all of them");
}

#[tokio::test]
async fn each_reads_the_reports_the_accounts_and_the_audit_of_his_office() {
    let world = World::open().await;
    world.handled("own", "unit.07");
    world.assigned("other", "unit.09", IntakeKind::CallbackRequest);
    world.sealed("sealed");
    let period = "/figures/kpi?from=2026-11-22&to=2026-11-22";
    for role in roles() {
        let name = role.as_str();
        let figures = world.get(name, period).await;
        // All, one's own, how many, or none at all.
        let (status, accepted, shown) = match role {
            Role::Clerk | Role::Supervisor | Role::Director | Role::CityLeader | Role::Auditor => {
                (200, 3, true)
            }
            Role::UnitContact | Role::UnitLeader => (200, 1, true),
            Role::Operator
            | Role::MessageClerk
            | Role::CallbackAgent
            | Role::Host
            | Role::VillageOfficer
            | Role::Evaluator => (200, 0, true),
            Role::Liaison => (200, 3, false),
            _ => (403, 0, false),
        };
        assert_eq!(figures.status, status, "{name}: {}", figures.body);
        if status == 200 {
            let told = body(&figures);
            assert_eq!(told["accepted"], accepted, "{name}");
            assert_eq!(told["kpis"].as_array().unwrap().is_empty(), !shown, "{name}");
        }
        let accounts = world.get(name, "/accounts").await;
        let may = matches!(role, Role::Administrator | Role::Security | Role::Auditor);
        assert_eq!(accounts.status, if may { 200 } else { 403 }, "{name}");
        assert!(!accounts.body.contains("argon2"), "{name}");
        let audit = world.get(name, "/audit").await;
        assert_eq!(audit.status, if role == Role::Auditor { 200 } else { 403 }, "{name}");
    }
    let accounts = body(&world.get("administrator", "/accounts").await);
    let clerk = accounts.as_array().unwrap().iter().find(|one| one["name"] == "clerk").unwrap();
    assert_eq!(clerk["roles"][0]["role"], "clerk");
    assert_eq!(clerk["roles"][0]["granted_by"], "security");
    assert_eq!(clerk["roles"][0]["confirmed_by"], "administrator");
    let audit = world.get("auditor", "/audit?limit=3").await;
    assert_eq!(body(&audit).as_array().unwrap().len(), 3);
}
