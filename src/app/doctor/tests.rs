//! What a call that went wrong is said to be.

use super::{Finding, Observed, key, recorded};
use std::path::Path;
use std::time::Duration;

/// A call that went well; 14 s of packets were expected.
fn heard() -> Observed {
    Observed {
        answered_after: Duration::from_millis(3),
        heard_dbov: -26.0,
        packets_expected: 700,
        packets_heard: 699,
        strangers: 0,
    }
}

#[test]
fn what_the_caller_hears_is_told_by_its_cause() {
    assert_eq!(heard().greeting().as_deref(), Ok("speech at -26 dBov, 699 packets"));
    let nat = Observed { packets_heard: 0, heard_dbov: -120.0, strangers: 690, ..heard() };
    assert!(nat.greeting().unwrap_err().contains("behind NAT set sip.advertised"));
    let none = Observed { packets_heard: 0, heard_dbov: -120.0, ..heard() };
    assert!(none.greeting().unwrap_err().contains("a firewall for the ports of media.ports"));
    let quiet = Observed { heard_dbov: -50.0, ..heard() };
    assert!(quiet.greeting().unwrap_err().starts_with("the greeting is silent"));
    let lossy = Observed { packets_heard: 680, ..heard() };
    let fault = lossy.greeting().unwrap_err();
    assert!(fault.starts_with("680 of 700 packets arrived: the machine is overloaded"), "{fault}");
}

#[test]
fn a_call_that_left_nothing_behind_has_three_findings_with_a_fault_each() {
    let nowhere = Path::new("/nonexistent/doctor");
    assert!(recorded(nowhere).is_err() && key(nowhere).is_err());
    let findings = Observed { heard_dbov: -120.0, ..heard() }.findings(nowhere);
    let wrong = |finding: &&Finding| finding.outcome.is_err();
    let wrong: Vec<_> = findings.iter().filter(wrong).map(|finding| finding.what).collect();
    assert_eq!(wrong, ["what the caller hears", "what the line hears", "keys"]);
}
