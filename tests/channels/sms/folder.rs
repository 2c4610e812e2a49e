//! The spool folder without smsd: half written files, a store that fails, names of others.

use super::ports::Memory;
use jiff::Timestamp;
use mayorline::channels::sms::spool::{IN_FLIGHT_MAX, Spool, SpoolConfig};
use mayorline::channels::sms::{Form, Settled};
use mayorline::wire::sms::CmsError;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

const TEXT: &[u8] = include_bytes!("../../../fuzz/seeds/sms_spool/text");
const REPORT: &[u8] = include_bytes!("../../../fuzz/seeds/sms_spool/report");
const REFUSED: &[u8] = include_bytes!("../../../fuzz/seeds/sms_spool/refused");
const WITHOUT_PDU: &[u8] = include_bytes!("../../../fuzz/seeds/sms_spool/without-pdu");

struct Bench {
    folder: tempfile::TempDir,
    memory: Memory,
    spool: Spool<Memory>,
}

fn config(folder: &Path) -> SpoolConfig {
    SpoolConfig { folder: folder.to_owned(), modem: "GSM1".to_owned() }
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["outgoing", "checked", "incoming", "report", "sent", "failed", "stats"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let memory = Memory::default();
        let spool = Spool::new(config(folder.path()), memory.clone()).unwrap();
        Self { folder, memory, spool }
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let files = super::smsd::files(&self.folder.path().join(folder));
        let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        files.iter().map(name).collect()
    }
}

fn now() -> Timestamp {
    Timestamp::now()
}

fn later(seconds: i64) -> Timestamp {
    now() + jiff::SignedDuration::from_secs(seconds)
}

#[test]
fn a_file_goes_only_when_the_store_has_it() {
    let mut bench = Bench::new();
    let file = bench.put("incoming/GSM1.aaaaaa", TEXT);
    bench.memory.content().calls_left = Some(0);
    assert!(bench.spool.look(now()).is_err());
    assert!(file.exists());
    bench.memory.content().calls_left = None;
    assert_eq!(bench.spool.look(now()).unwrap().taken, 1);
    assert!(!file.exists());
    assert_eq!(bench.memory.kept(Form::Text)[0].raw, TEXT);
}

#[test]
fn the_same_text_in_three_files_is_kept_once() {
    let mut bench = Bench::new();
    for name in ["incoming/GSM1.aaaaaa", "incoming/GSM1.bbbbbb", "incoming/GSM1.cccccc"] {
        bench.put(name, TEXT);
    }
    assert_eq!(bench.spool.look(now()).unwrap().taken, 3);
    let kept = bench.memory.kept(Form::Text);
    assert_eq!((kept.len(), kept[0].times), (1, 3));
    assert!(bench.names("incoming").is_empty());
}

#[test]
fn a_half_written_file_waits_and_is_kept_as_it_is_at_last() {
    let mut bench = Bench::new();
    let file = bench.put("incoming/GSM1.aaaaaa", &TEXT[..TEXT.len() / 2]);
    let bodiless = bench.put("incoming/GSM1.bbbbbb", &WITHOUT_PDU[..WITHOUT_PDU.len() - 2]);
    assert_eq!(bench.spool.look(now()).unwrap().taken, 0);
    assert!(file.exists() && bodiless.exists());
    assert_eq!(bench.spool.look(later(40)).unwrap().taken, 2);
    assert_eq!(bench.memory.kept(Form::Text).len(), 2);
}

#[test]
fn names_of_others_and_links_stay_where_they_are() {
    let mut bench = Bench::new();
    for name in ["smsd_script.aaaaaa", "GSM2.aaaaaa", "GSM1.aaa", "GSM1-concatenated"] {
        bench.put(&format!("incoming/{name}"), TEXT);
    }
    let secret = bench.put("secret", b"a secret");
    let link = bench.folder.path().join("incoming/GSM1.llllll");
    std::os::unix::fs::symlink(&secret, &link).unwrap();
    bench.put("sent/other-program", TEXT);
    assert_eq!(bench.spool.look(later(40)).unwrap().taken, 0);
    assert!(bench.memory.kept(Form::Text).is_empty());
    assert_eq!(bench.names("incoming").len(), 4);
    assert!(link.symlink_metadata().is_ok() && bench.names("sent").len() == 1);
}

#[test]
fn a_report_among_the_texts_is_told_apart_by_its_pdu() {
    let mut bench = Bench::new();
    bench.put("incoming/GSM1.aaaaaa", REPORT);
    bench.put("report/GSM1.bbbbbb", REPORT);
    assert_eq!(bench.spool.look(now()).unwrap().taken, 2);
    assert_eq!(bench.memory.kept(Form::Report).len(), 1);
}

#[test]
fn no_more_is_handed_out_than_smsd_should_hold() {
    let mut bench = Bench::new();
    for first in 0..10 {
        bench.memory.send(first, "+8619900000001", "已受理");
    }
    assert_eq!(bench.spool.look(now()).unwrap().handed_out, IN_FLIGHT_MAX);
    assert_eq!(bench.spool.look(now()).unwrap().handed_out, 0);
    assert_eq!(bench.memory.content().submitting.len(), IN_FLIGHT_MAX);
    let names = bench.names("outgoing");
    assert_eq!(names, ["mayorline-0-1", "mayorline-1-1", "mayorline-2-1", "mayorline-3-1"]);
    let mode = bench.folder.path().join("outgoing/mayorline-0-1").metadata().unwrap().permissions();
    assert_eq!(mode.mode() & 0o007, 0, "nobody else reads it");
}

#[test]
fn what_smsd_could_not_send_is_refused_or_uncertain_and_never_sent_again_here() {
    let mut bench = Bench::new();
    let ids = bench.memory.send(7, "+8619900000038", "停机");
    bench.spool.look(now()).unwrap();
    let outgoing = bench.folder.path().join("outgoing/mayorline-7-1");
    std::fs::remove_file(outgoing).unwrap();
    bench.put("failed/mayorline-7-1", REFUSED);
    bench.put("failed/mayorline-8-1", b"To: 8619900000001\nFail_reason: Unknown\n\n");
    bench.put("failed/mayorline-9-2", b"To: 8619900000001\nFail_reason: Mod");
    bench.memory.content().calls_left = Some(1);
    assert!(bench.spool.look(now()).is_err());
    assert_eq!(bench.names("failed").len(), 2, "the answer that the store has not stays");
    bench.memory.content().calls_left = None;
    assert_eq!(bench.spool.look(now()).unwrap().settled, 1);
    assert_eq!(bench.memory.settled(ids[0]), [Settled::Retry(Some(CmsError(38)))]);
    // Cut off for good: nobody can tell.
    assert_eq!(bench.spool.look(later(40)).unwrap().settled, 1);
    let content = bench.memory.content();
    let uncertain = content.settled.values().filter(|all| **all == [Settled::Uncertain]).count();
    assert_eq!((uncertain, content.settled.len()), (2, 3));
}

#[test]
fn what_an_earlier_run_left_half_written_is_never_sent() {
    let bench = Bench::new();
    bench.put("outgoing/mayorline-3-1.LOCK", b"To: 861990");
    bench.put("outgoing/other.LOCK", b"");
    let mut spool = Spool::new(config(bench.folder.path()), bench.memory.clone()).unwrap();
    spool.look(now()).unwrap();
    assert_eq!(bench.names("outgoing"), ["other.LOCK"]);
}

#[test]
fn a_missing_folder_is_named_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let refused = Spool::new(config(folder.path()), Memory::default()).err().unwrap();
    assert!(refused.to_string().contains("outgoing"), "{refused}");
}
