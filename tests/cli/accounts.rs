//! `mayorline account`: three administrators who each do their part, and nobody the other's.

use crate::run;
use crate::support::service::json;
use std::path::Path;

fn account(data: &Path, verb: &[&str]) -> crate::Outcome {
    run(&[&["account"], verb, &["--data", data.to_str().unwrap()]].concat())
}

fn done(data: &Path, verb: &[&str]) -> String {
    let outcome = account(data, verb);
    assert_eq!(outcome.code, 0, "{verb:?}: {outcome:?}");
    outcome.out
}

fn refused(data: &Path, verb: &[&str], why: &str) {
    let outcome = account(data, verb);
    assert_eq!((outcome.code, outcome.out.as_str()), (65, ""), "{verb:?}: {outcome:?}");
    assert!(outcome.err.contains(why), "{verb:?}: {}", outcome.err);
}

const BEGIN: [&str; 7] = ["begin", "--system", "sys", "--security", "sec", "--audit", "aud"];

#[test]
fn a_role_is_granted_by_one_confirmed_by_another_and_everything_is_audited() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let begin = ["begin", "--system", "system", "--security", "sec", "--audit", "aud"];
    refused(data, &begin, "the service acts under");
    done(data, &BEGIN);
    refused(data, &BEGIN, "accounts already");
    refused(data, &["add", "li", "--title", "李明", "--as", "sec"], "does not hold the office");
    // Whatever the line took down would be theirs.
    for own in ["system", "founder"] {
        refused(data, &["add", own, "--title", "李明", "--as", "sys"], "the service acts under");
    }
    done(data, &["add", "li", "--title", "李明", "--as", "sys"]);
    let unit = ["add", "zhao", "--title", "赵强", "--unit", "unit.07", "--as", "sys"];
    done(data, &unit);
    refused(data, &unit, "there is an account of this name");
    refused(data, &["grant", "li", "--role", "clerk", "--as", "sys"], "does not hold the office");
    done(data, &["grant", "li", "--role", "clerk", "--as", "sec"]);
    refused(data, &["grant", "li", "--role", "handler", "--as", "sec"], "belongs to no unit");
    refused(data, &["grant", "li", "--role", "auditor", "--as", "sec"], "this role and no other");
    refused(data, &["grant", "sys", "--role", "clerk", "--as", "sec"], "this role and no other");
    refused(data, &["grant", "li", "--role", "citizen", "--as", "sec"], "no account holds");
    let listed = json(data, &["account", "list"]);
    let row = |name: &str| {
        listed.as_array().unwrap().iter().find(|row| row["name"] == name).unwrap().clone()
    };
    assert_eq!(
        (&row("li")["roles"], &row("li")["waiting"][0]),
        (&serde_json::json!([]), &"clerk".into())
    );
    let confirm = ["confirm", "li", "--role", "clerk", "--as"];
    refused(data, &[&confirm[..], &["sec"]].concat(), "neither granted it nor gets it");
    refused(data, &[&confirm[..], &["aud"]].concat(), "does not hold the office");
    done(data, &[&confirm[..], &["sys"]].concat());
    let token = ["token", "li", "--label", "export", "--role", "clerk", "--as", "sec"];
    let printed = done(data, &token);
    assert_eq!(printed.trim().split(' ').next_back().unwrap().len(), 64, "{printed}");
    refused(data, &token, "a token of this label");
    refused(
        data,
        &["token", "li", "--label", "b", "--role", "director", "--as", "sec"],
        "does not hold",
    );
    done(data, &["revoke", "li", "--role", "clerk", "--as", "sec"]);
    let listed = json(data, &["account", "list"]).to_string();
    assert!(!listed.contains("export"), "the token acted in that role: {listed}");
    let audit = json(data, &["audit", "list"]);
    let told: Vec<_> = audit
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            format!("{} {} {}", row["actor"], row["subject"], row["reason"]).replace('"', "")
        })
        .collect();
    assert_eq!(told.len(), 7, "{told:?}");
    for line in
        ["sys li added", "sec li granted clerk", "sys li confirmed clerk", "sec li revoked clerk"]
    {
        assert!(told.contains(&line.to_owned()), "{line}: {told:?}");
    }
    let verified = run(&["verify", "--data", data.to_str().unwrap()]);
    assert_eq!(verified.code, 0, "{verified:?}");
}

#[test]
fn a_password_follows_the_rule_and_is_set_by_its_owner_or_the_system_administrator() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    done(data, &BEGIN);
    let file = data.join("password");
    let path = file.to_str().unwrap();
    let set = |by: &'static str| ["set-password", "aud", "--password-file", path, "--as", by];
    for (password, why) in [("short", "12 to 128"), ("aud river 7 lamps", "the account's name")] {
        std::fs::write(&file, password).unwrap();
        refused(data, &set("aud"), why);
    }
    std::fs::write(&file, "kite river 7 lamp\n").unwrap();
    refused(data, &set("sec"), "does not hold the office");
    done(data, &set("aud"));
    done(data, &set("sys"));
    let listed = json(data, &["account", "list"]);
    let row = listed.as_array().unwrap().iter().find(|row| row["name"] == "aud").unwrap();
    assert_eq!(row["signs_in"], true, "{row}");
    done(data, &["lock", "aud", "--as", "sys"]);
    let locked = |data| json(data, &["account", "list"]).to_string().contains("\"locked\":true");
    assert!(locked(data));
    done(data, &["lock", "aud", "--open", "--as", "sec"]);
    assert!(!locked(data));
}
