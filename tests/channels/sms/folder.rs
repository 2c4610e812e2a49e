//! The spool folder without smsd: half written files, a store that fails, names of others.

use super::city::{City, Door};
use jiff::Timestamp;
use mayorline::channels::sms::Settled;
use mayorline::channels::sms::spool::{FILES_A_LOOK_MAX, IN_FLIGHT_MAX, Spool, SpoolConfig};
use mayorline::store::SettledInbound;
use mayorline::wire::sms::CmsError;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

const TEXT: &[u8] = include_bytes!("../../../fuzz/seeds/sms_spool/text");
const REPORT: &[u8] = include_bytes!("../../../fuzz/seeds/sms_spool/report");
const REFUSED: &[u8] = include_bytes!("../../../fuzz/seeds/sms_spool/refused");
/// What smsd tells of a modem that works.
const WELL: &[u8] =
    b"Status:\t26-11-27 23:14:01,\ti\nGSM1:\t26-11-27 23:13:59,\tIdle,\t5,\t1,\t6\n";
const WITHOUT_PDU: &[u8] = include_bytes!("../../../fuzz/seeds/sms_spool/without-pdu");

struct Bench {
    folder: tempfile::TempDir,
    city: City,
    spool: Spool<Door>,
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
        let city = City::open();
        let spool = Spool::new(config(folder.path()), city.door()).unwrap();
        let bench = Self { folder, city, spool };
        bench.put("stats/status", WELL);
        bench
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
    bench.city.told().calls_left = Some(0);
    assert!(bench.spool.look(now()).is_err());
    assert!(file.exists());
    bench.city.told().calls_left = None;
    assert_eq!(bench.spool.look(now()).unwrap().taken, 1);
    assert!(!file.exists());
    assert_eq!(bench.city.waiting()[0].raw.as_deref(), Some(TEXT));
}

#[test]
fn the_same_text_in_three_files_is_kept_once() {
    let mut bench = Bench::new();
    for name in ["incoming/GSM1.aaaaaa", "incoming/GSM1.bbbbbb", "incoming/GSM1.cccccc"] {
        bench.put(name, TEXT);
    }
    assert_eq!(bench.spool.look(now()).unwrap().taken, 3);
    assert_eq!((bench.city.waiting().len(), bench.city.told().copies), (1, 2));
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
    assert_eq!(bench.city.waiting().len(), 2);
    // Without its PDU the body is read; half of a PDU is a person's business.
    let read = bench.city.waiting();
    let words = |row: &mayorline::store::Waiting| {
        mayorline::channels::sms::parsed(row, row.raw.as_deref().unwrap()).unwrap()
    };
    assert_eq!(read.iter().filter(|row| words(row).is_err()).count(), 1);
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
    assert!(bench.city.waiting().is_empty());
    assert_eq!(bench.names("incoming").len(), 4);
    assert!(link.symlink_metadata().is_ok() && bench.names("sent").len() == 1);
}

#[test]
fn files_that_cannot_be_read_keep_no_other() {
    let mut bench = Bench::new();
    let secret = bench.put("secret", b"a secret");
    for number in 0..FILES_A_LOOK_MAX {
        let link = bench.folder.path().join(format!("incoming/GSM1.l{number:05}"));
        std::os::unix::fs::symlink(&secret, link).unwrap();
    }
    let file = bench.put("incoming/GSM1.zzzzzz", TEXT);
    assert_eq!(bench.spool.look(now()).unwrap().taken, 0, "they are the oldest");
    assert_eq!(bench.spool.look(now()).unwrap().taken, 1);
    assert!(!file.exists());
}

#[test]
fn a_report_among_the_texts_is_told_apart_by_its_pdu() {
    let mut bench = Bench::new();
    bench.put("incoming/GSM1.aaaaaa", REPORT);
    bench.put("report/GSM1.bbbbbb", REPORT);
    assert_eq!(bench.spool.look(now()).unwrap().taken, 2);
    assert_eq!(bench.city.told().copies, 1);
    assert_eq!(bench.city.read(), [SettledInbound::Done], "a report of nobody's text is kept");
    assert!(bench.city.cases().is_empty(), "and opens no case");
}

#[test]
fn no_more_is_handed_out_than_smsd_should_hold() {
    let mut bench = Bench::new();
    for tail in 1..=9 {
        bench.city.receipt_for(&format!("+861990000000{tail}"), "路灯不亮");
    }
    let handed_out = bench.spool.look(now()).unwrap().handed_out;
    // A message goes as a whole.
    assert!((IN_FLIGHT_MAX..IN_FLIGHT_MAX + 2).contains(&handed_out), "{handed_out}");
    assert_eq!(bench.spool.look(now()).unwrap().handed_out, 0);
    assert_eq!(bench.city.told().submitting.len(), handed_out);
    let names = bench.names("outgoing");
    assert_eq!(names.len(), handed_out);
    assert!(names[0].starts_with("mayorline-1-1-"), "{names:?}");
    let mode =
        bench.folder.path().join("outgoing").join(&names[0]).metadata().unwrap().permissions();
    assert_eq!(mode.mode() & 0o007, 0, "nobody else reads it");
}

/// Takes over what smsd was given, as smsd would, and says this of it.
fn answer(bench: &Bench, folder: &str, text: &[u8]) -> usize {
    let names = bench.names("outgoing");
    for name in &names {
        std::fs::remove_file(bench.folder.path().join("outgoing").join(name)).unwrap();
        bench.put(&format!("{folder}/{name}"), text);
    }
    names.len()
}

#[test]
fn what_the_network_refused_is_tried_again_and_what_nobody_knows_is_not() {
    let mut bench = Bench::new();
    let refused = bench.city.receipt_for("+8619900000038", "停水三天");
    bench.spool.look(now()).unwrap();
    let files = answer(&bench, "failed", REFUSED);
    bench.city.told().calls_left = Some(0);
    assert!(bench.spool.look(now()).is_err());
    assert_eq!(bench.names("failed").len(), files, "the answer that the store has not stays");
    bench.city.told().calls_left = None;
    assert_eq!(bench.spool.look(now()).unwrap().settled, files);
    assert_eq!(bench.city.settled(refused)[0], Settled::Retry(Some(CmsError(38))));
    assert_eq!(bench.city.state(refused), "queued");

    let unclear = bench.city.receipt_for("+8619900000039", "停电三天");
    bench.spool.look(now()).unwrap();
    answer(&bench, "failed", b"To: 8619900000039\nFail_reason: Unknown\n\n");
    bench.spool.look(now()).unwrap();
    assert_eq!(bench.city.settled(unclear)[0], Settled::Uncertain);
    assert_eq!(bench.city.state(unclear), "uncertain");

    // Cut off for good: nobody can tell.
    let cut = bench.city.receipt_for("+8619900000040", "路灯不亮");
    bench.spool.look(now()).unwrap();
    let files = answer(&bench, "failed", b"To: 8619900000040\nFail_reason: Mod");
    assert_eq!(bench.spool.look(now()).unwrap().settled, 0);
    assert_eq!(bench.spool.look(later(40)).unwrap().settled, files);
    assert_eq!(bench.city.state(cut), "uncertain");
}

#[test]
fn nothing_is_handed_to_smsd_while_its_modem_is_not_well() {
    let mut bench = Bench::new();
    bench.city.receipt_for("+8619900000001", "路灯不亮");
    bench.put("stats/status", b"");
    assert_eq!(bench.spool.look(now()).unwrap().handed_out, 0);
    bench.put("stats/status", WELL);
    assert!(bench.spool.look(now()).unwrap().handed_out > 0);
    bench.city.receipt_for("+8619900000002", "路灯不亮");
    // smsd has written nothing for a minute.
    assert_eq!(bench.spool.look(later(60)).unwrap().handed_out, 0);
}

/// A text of which only a database knows that was replaced.
#[test]
fn an_answer_that_is_nobodys_stops_no_other() {
    let mut bench = Bench::new();
    bench.put("sent/mayorline-999-1-1-1", b"To: 8619900000001\nSent: now\nMessage_id: 1\n\n");
    assert_eq!(bench.spool.look(now()).unwrap().settled, 1);
    assert!(bench.names("sent").is_empty());
}

/// A text whose case is damaged.
#[test]
fn an_answer_that_cannot_be_kept_stops_no_other() {
    let mut bench = Bench::new();
    let damaged = bench.city.receipt_for("+8619900000001", "路灯不亮");
    bench.spool.look(now()).unwrap();
    bench.city.damage();
    let sent = b"To: 8619900000001\nSent: now\nMessage_id: 1\n\n";
    let files = answer(&bench, "sent", sent);
    assert!(files > 0 && bench.spool.look(now()).unwrap().settled == files);
    assert!(bench.names("sent").is_empty());
    assert_eq!(bench.city.state(damaged), "submitting", "its lease will make it uncertain");
    bench.city.receipt_for("+8619900000002", "路灯不亮");
    assert!(bench.spool.look(now()).unwrap().handed_out > 0);
}

#[test]
fn five_hundred_texts_three_times_each_are_five_hundred() {
    let mut bench = Bench::new();
    let pdu = b"PDU: 0891689109000005F0040D91689109000000F1";
    let at = TEXT.windows(pdu.len()).position(|part| part == pdu).unwrap() + pdu.len() - 6;
    for number in 0..1_500 {
        let mut file = TEXT.to_vec();
        file[at..at + 4].copy_from_slice(format!("{:04}", number % 500).as_bytes());
        bench.put(&format!("incoming/GSM1.a{number:05}"), &file);
    }
    for _ in 0..1_500_usize.div_ceil(FILES_A_LOOK_MAX) {
        assert!(bench.spool.look(now()).unwrap().taken <= FILES_A_LOOK_MAX);
    }
    assert!(bench.names("incoming").is_empty());
    assert_eq!((bench.city.waiting().len(), bench.city.told().copies), (500, 1_000));
}

#[test]
fn what_an_earlier_run_left_half_written_is_never_sent() {
    let bench = Bench::new();
    bench.put("outgoing/mayorline-3-1-2-1.LOCK", b"To: 861990");
    bench.put("outgoing/other.LOCK", b"");
    let mut spool = Spool::new(config(bench.folder.path()), bench.city.door()).unwrap();
    spool.look(now()).unwrap();
    assert_eq!(bench.names("outgoing"), ["other.LOCK"]);
}

#[test]
fn a_missing_folder_is_named_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let refused = Spool::new(config(folder.path()), City::open().door()).err().unwrap();
    assert!(refused.to_string().contains("outgoing"), "{refused}");
}
