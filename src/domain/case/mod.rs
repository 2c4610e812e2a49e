//! Cases (事项): states, commands, events and the deadlines derived from them.
//!
//! A case is the fold of its events: [`decide()`] turns a command into events, [`apply`] folds them,
//! [`may_follow`] is the table of transitions. All three are pure. What a person may want stands in
//! [`Task`], where and by whom it may be wanted in [`row_of`], why not in [`Refusal`]; what falls due
//! by itself in [`timetable`].

mod actor;
mod admonition;
mod callback;
mod clock;
pub(super) mod codec;
mod deadline;
mod decide;
mod event;
mod fold;
mod follow_up;
mod holding;
mod reasons;
mod record;
mod refusal;
mod retention;
mod route;
mod standing;
mod status;
mod supervision;
mod table;
mod task;
mod third_docket;
mod unit;
mod warned;
mod work;
mod workflow;
mod wrap_up;

pub use actor::{Actor, Role, is_person};
pub use admonition::Admonition;
pub use callback::{AttemptOutcome, TRIES_MIN, Try};
pub use deadline::{
    CITY_ZONE, DAYS_MAX, Deadline, DeadlineMode, DeadlineRules, REPLY_DAYS, Step, city_zone,
    local_day,
};
pub use decide::{EXTENSION_DAYS_MAX, GROUP_MIN, NOTE_CHARS_MAX, missing_elements};
pub use event::{
    Accepted, CallbackReason, CaseEvent, Channel, DueDate, ExtensionReason, LawfulChannel, Nature,
    Original, Private, Received,
};
pub use fold::{CallbackTask, Case, apply};
pub use follow_up::{DEAD_CALLS, FollowUp, FollowUpTry, NextTry, next_try};
pub use holding::{Held, holding};
pub use reasons::{
    AnonymousReason, AskedFor, DeclineReason, DiscardReason, DispositionReason, DocketReason,
    ErasureGround, FollowUpOutcome, Grade, HoldReason, Identification, KeepReason, LiftReason,
    Means, Notice, Post, PrivacyGround, PrivacyKind, PrivacyOutcome, ReopenReason, ReturnReason,
    ReviewFault, StandIn, Trigger, UnknownName, Urgency, UrgencyReason,
};
pub use record::{Addressee, Correction, DutyMatch, Note, Proposal, Record};
pub use refusal::{ELEMENTS, Guard, Missing, Refusal};
pub use retention::{
    EraseOrder, Erasure, Hold, HoldOrder, RetentionClass, RetentionRules, class_for, class_of,
    ended_on, holds, last_day,
};
pub use route::Route;
pub use standing::Standing;
pub use status::{CaseStatus, Due, ReplyTold, State, Voiced};
pub use supervision::{Due as WarningDue, Warning, next_warning, timetable};
pub use table::{Row, may_accept, row_of};
pub use task::{Classification, Decision, MergeTarget, Order, Pending, Task};
pub use third_docket::{
    DOCKETS_A_MONTH, Docketing, begin_of, docketings, first_whole_month, next_month, thirds,
};
pub use unit::{Unit, UnitsError, is_unit_id, parse_units};
pub use warned::{Given, PostTold, units_warned, whom};
pub use work::{Consultation, Docket, Submission, Waiting, Work};
pub use workflow::{
    CALLBACK_MINUTES, Command, Context, DISPLAY_CHARS_MAX, SUMMARY_CHARS_MAX, TEXT_CHARS_MAX,
    decide, may_follow, received,
};
pub use wrap_up::{DOMAIN_UNCODED, Words, WrapUp, WrappedUp};
