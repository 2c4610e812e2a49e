//! SQLite behind one writer thread and read-only readers: stored before anything is said.
//!
//! [`Store::open`] brings the database up to date, puts right what a crash left behind and starts
//! the threads; [`Store::start`] does the same later when the disk cannot be used yet. A
//! [`StoreHandle`] sends requests and never waits. The writer takes the jobs that wait together
//! into one commit and answers only after it: an answer needs a [`Committed`], which nothing but a
//! commit makes. [`Reader`] and [`verify()`] look at a data folder beside a running service or at
//! a stopped one.

mod account;
mod account_admin;
mod account_token;
mod administration;
mod asked;
mod audit;
mod backup;
mod call_facts;
mod call_private;
mod callback;
mod case_calls;
mod case_file;
mod case_key;
mod case_reading;
mod casework;
mod chain;
mod config;
mod desk_handle;
mod dials;
mod digest;
mod directory;
mod encrypt;
mod erased_file;
mod erasure;
mod error;
mod export;
mod facts;
mod filling;
mod folder;
mod follow_up;
mod guard;
mod handle;
mod inbox;
mod intake;
mod job_queue;
mod ledger;
mod listening_day;
mod lookup;
mod message_data;
mod numbering;
mod open311;
mod open_cases;
mod opening;
mod outbox;
mod password;
mod person_handle;
mod playback;
mod privacy;
mod privacy_data;
mod privacy_hold;
mod published;
mod purge;
mod queue_log;
mod read;
mod read_call;
mod reconcile;
mod recording;
mod report;
mod report_corrected;
mod report_inputs;
mod report_narrative;
mod report_sweep;
mod retention;
mod retention_sweep;
mod row_private;
mod schema;
mod seal;
mod sealed_case;
mod search;
mod seat;
mod seats_watch;
mod sound;
mod sound_plain;
mod sound_seal;
mod speech;
mod suggest;
mod supervise;
mod sweep;
mod third_docket;
mod transaction;
mod tree;
mod uncoded;
mod vault;
mod verify;
mod verify_desk;
mod verify_messages;
mod verify_report;
mod voice_notice;
mod warned;
mod webhook;
mod work;
mod wrap_up;
mod writer;

pub use account::{
    ACCOUNT_NAME_BYTES_MAX, ACCOUNTS_MAX, AccountRecord, GrantedRole, NewAccount,
    SIGN_IN_FAILURES_MAX, SIGN_IN_LOCK_MS,
};
pub use account_admin::FoundingAccounts;
pub use account_token::{NewToken, TOKEN_DAYS_MAX, TOKENS_MAX, TokenHash, TokenRecord};
pub use administration::Administration;
pub use audit::{AuditEntry, AuditKind, AuditRow, REASON_CHARS_MAX};
pub use backup::{
    BACKUP_COPIES_SEEN_MAX, BACKUP_LOOK_SECONDS, BACKUP_MANIFEST_BYTES_MAX, BACKUP_RETRY_MINUTES,
    BackupCheck, BackupConfig, BackupCopy, BackupFault, BackupMade, BackupManifest, CheckedBackup,
    CopiedSounds, RestoredBackup, back_up, backups, check_backup, restore_backup,
};
pub use callback::{
    ATTEMPTS_MAX, Attempt, AttemptId, AttemptRow, CallbackList, CallbackRow, NewAttempt,
    OpenCallback,
};
pub use case_reading::{CaseFile, CasePage, CaseRecording, PAGE_ROWS_MAX, PageFilter, SCANNED_MAX};
pub use casework::{CaseName, CaseNow};
pub use config::{
    BACKUP_FOLDER, BUSY_TIMEOUT_MS, CALLBACKS_SHOWN_MAX, COMMIT_REST_MS, DATABASE_FILE, DataFolder,
    FOLDER_WAIT_MS, GROUP_JOBS_MAX, JOURNAL_BYTES_MAX, LEDGER_BACKLOG_MAX, OPEN_RETRY_PROBES,
    PROBE_INTERVAL_MS, RECORDINGS_FOLDER, SEATS_POLL_INTERVAL_MS, StoreConfig,
};
pub use dials::DialledCall;
pub use digest::DIGEST_DAYS_MAX;
pub use directory::{ImportFault, ImportFile, Imported};
pub use erased_file::{ERASED_FILES_MAX, ErasureStep};
pub use error::StoreError;
pub use export::{ExportRequest, NewExport};
pub use facts::Period;
pub use filling::{DemoMark, Filled, Filling, Together, demo_mark};
pub use follow_up::{FOLLOW_UPS_MAX, FollowUpRow, FollowUps};
pub use guard::{
    CALLER_FAILURES_MAX, CASE_FAILURES_MAX, CASE_KEPT_MS, LOCK_MS, SUBJECTS_MAX,
    WITHHELD_FAILURES_MAX,
};
pub use handle::{Reply, RequestContext, Store, StoreCounters, StoreHandle};
pub use inbox::{
    ACCOUNT_BYTES_MAX, CarrierReport, CaseMailFile, HeldDecision, HeldRow,
    INBOUND_AT_ONCE_BYTES_MAX, INBOUND_AT_ONCE_MAX, INBOUND_KEPT_DAYS, InboundMail, InboundText,
    Journalled, MailFile, PART_SETS_MAX, PARTS_WAIT_MINUTES_MAX, Parsed, RAW_BYTES_MAX,
    READ_TRIES_MAX, RawInbound, SettledInbound, Waiting, Words,
};
pub use ledger::{CallStarted, ENTRIES_MAX, LEGS_MAX};
pub use listening_day::DAY_CALLS_MAX;
pub use message_data::{HeldMessage, PRIVACY_MESSAGES_MAX};
pub use open311::{BroughtRequest, NewRequest};
pub use outbox::{
    AccountRow, LeasedMessage, MESSAGE_LEASE_MS, OUTBOX_KEPT_DAYS, OutboxFilter, OutboxRow,
    PartNow, PartOutcome, SendDecision, SweptOutbox,
};
pub use password::{PASSWORD_CHARS_MAX, PasswordHash};
pub use person_handle::{PersonIntake, PersonOrder};
pub use playback::{Hearable, PAST_CALLS_MAX, PastCall, PastRecording};
pub use privacy::{
    NewPrivacyRequest, PRIVACY_CASES_MAX, PRIVACY_CHARS_MAX, PRIVACY_OPEN_MAX, PrivacyDecision,
    PrivacyRow,
};
pub use privacy_data::{Held, HeldCall, HeldCase, PRIVACY_CALLS_MAX};
pub use published::{
    NOTICE_NUMBERS_MAX, NOTICES_COUNTED_MAX, NOTICES_PAGE_MAX, Published, PublishedFilter,
    PublishedPage,
};
pub use queue_log::{QueueEntry, QueueKind};
pub use read::{
    CallDetail, CallRow, CaseDetail, CaseRow, EventRow, ROWS_MAX, Reader, RecordingRow, city_time,
};
pub use read_call::{EntryRow, LegRow, QueueRow, ReportedRow, TrackRow};
pub use reconcile::{RECORDINGS_SCANNED_MAX, Reconciled};
pub use recording::{FILE_CHARS_MAX, WIDENING_SUFFIX, parse_recording_file, recording_file};
pub use report::{NewReport, ReportRow, StoredReport};
pub use report_inputs::{IMPROVEMENTS_OPEN_MAX, INPUT_CHARS_MAX, NewImprovement, Totals};
pub use report_narrative::NARRATIVE_CHARS_MAX;
pub use report_sweep::{Issued, REPORTS_AT_ONCE_MAX};
pub use retention::{MERGE_CHAIN_MAX, RETENTION_AT_ONCE_MAX, RETENTION_SCANNED_MAX};
pub use retention_sweep::{Over, OverRow, Retained};
pub use sealed_case::{SealedCase, SealedEvent};
pub use search::{COUNTED_MAX, Found, SearchFilter};
pub use seat::{
    BindingRecord, GROUPS_MAX, NAME_CHARS_MAX, NewSeat, SEATS_MAX, SeatRecord, SeatSecrets,
    SeatsNow,
};
pub use seats_watch::SeatsWatcher;
pub use sound::{
    SOUND_HEAD_BYTES, SoundFile, SoundKeys, SoundWriter, Widening, digest, with_tracks,
};
pub use sound_seal::{NotWritten, TakenOut};
pub use speech::{
    SPOKEN_BYTES_MAX, SPOKEN_DAYS, SpeechHeld, SpeechJob, SpeechKind, SpeechSentence, SpeechSound,
};
pub use suggest::{FalseAlarm, Hints, PAST_CASES_MAX, PAST_CHARS_MAX, TextOfCase};
pub use supervise::{SUPERVISE_INTERVAL_SECONDS, SUPERVISED_CASES_MAX, Supervised};
pub use sweep::{
    RETENTION_LOOKS_MAX, SWEEP_FILES_MAX, SWEEP_INTERVAL_SECONDS, SWEEP_ROWS_MAX, SWEEP_SETTLE_MS,
    Swept,
};
pub use transaction::Committed;
pub use tree::{
    CallAccount, LABEL_CHARS_MAX, LegEnd, LegRecord, LegRole, LossReport, PartyEntry,
    PartyEntryKind, TRACKS_MAX, TrackRecord,
};
pub use vault::{KeyFileError, LiaisonKey, MASTER_KEY_FILE, PASSPHRASE_CHARS_MIN};
pub use verify::{FAULTS_MAX, Fault, VerifyReport, verify, verify_anchored};
pub use voice_notice::{VOICE_CALLS_MAX, VoiceDue, VoiceRow, VoiceTry};
pub use webhook::{
    DELIVERY_DAYS, DELIVERY_WAITING_MAX, DeliveryFilter, DeliveryRow, DueDelivery, HookSecret,
    LEASE_MS, Lease, NewWebhook, Outcome, Parcel, Settled, SettledState, Tidied, WEBHOOKS_MAX,
    WebhookDone, WebhookOrder, WebhookRow,
};
pub use work::Answer;
pub use wrap_up::{WrapUpDone, WrapUpOrder};
