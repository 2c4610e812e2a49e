//! What the switch must know of the service it is part of, and what it wants done.

use super::conversation::ConversationId;
use super::listening_day::ListeningDays;
use super::text::TextOrder;
use crate::domain::calendar::Calendar;
use crate::domain::call::{CallRules, Caller, StoreRequest, Ticket};
use crate::domain::desk::SeatRole;
use crate::domain::desk_link::ToDesk;
use crate::domain::dial_rules::DialRules;
use crate::domain::queue::QueueRules;
use crate::domain::room::RoomRules;
use crate::domain::voice_call::VoiceOutcome;
use crate::gateway::media::MediaCommand;
use crate::gateway::prompts::Library;
use crate::proto::{Account, Binding, Credentials, Transmit, TrunkConfig};
use crate::store::{AttemptId, AuditEntry, CallAccount, NewAttempt, QueueEntry, WrapUpOrder};
use crate::units::{CallId, LegId, OfferId, PhoneNumber, SeatNumber};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// What the switch needs to know of the service it is part of.
pub struct SwitchConfig {
    /// Name of this gateway, part of every call id.
    pub gateway: String,
    /// The rules of a call.
    pub rules: Arc<CallRules>,
    /// The recorded prompts.
    pub prompts: Arc<Library>,
    /// The city's time zone, for the folders of recordings.
    pub time_zone: TimeZone,
    /// Address written into SDP when it differs from the one a call came in on.
    pub advertised: Option<IpAddr>,
    /// The queue: its groups and waits.
    pub queue: Arc<QueueRules>,
    /// Holidays and make-up working days, for the hours of the groups.
    pub calendar: Arc<Calendar>,
    /// When leaders take calls, and which.
    pub listening: ListeningDays,
    /// Who is asked to be brief (X10).
    pub warned: Vec<Warned>,
    /// The group that key 0 reaches after hours (紧急值班).
    pub duty_group: Option<String>,
    /// The numbers of a conversation.
    pub room: Arc<RoomRules>,
    /// Which numbers may be dialled, and how often.
    pub dialling: DialRules,
    /// The units with their duty telephones.
    pub units: Vec<DutyUnit>,
    /// How calls leave.
    pub outgoing: Outgoing,
    /// Where the sound of the pages is taken.
    pub page_address: IpAddr,
    /// What a seat's telephone dials to sign in and out; `None`: it is ready when it registers.
    pub sign_in_code: Option<String>,
}

/// A number whose holder ties the line up: he is asked to be brief, and answered like anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warned {
    /// The number.
    pub number: PhoneNumber,
    /// The last day on which he is.
    pub until: jiff::civil::Date,
}

/// A unit as it can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DutyUnit {
    /// `unit.01` and so on.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its published telephone; also known as its own when it is dialled by hand.
    pub phone: Option<PhoneNumber>,
    /// First contact, second contact.
    pub contacts: Vec<PhoneNumber>,
}

/// How calls leave the house.
#[derive(Debug, Clone, Default)]
pub struct Outgoing {
    /// The hotline's number, shown to whoever is called.
    pub number: String,
    /// Its name beside it.
    pub display: Option<String>,
    /// The trunks, the first that is up before the others.
    pub trunks: Vec<Trunk>,
}

/// One way to the telephone network.
#[derive(Debug, Clone)]
pub struct Trunk {
    /// Where it is, and how it is kept alive.
    pub config: TrunkConfig,
    /// What a challenge of it may be answered with.
    pub credentials: Option<Credentials>,
    /// Its exchange believes our P-Asserted-Identity.
    pub asserts: bool,
}

/// A seat as it stands in the store.
#[derive(Debug, Clone)]
pub struct Seat {
    /// What its phone proves itself with.
    pub account: Account,
    /// The person's name.
    pub name: String,
    /// What it may do.
    pub role: SeatRole,
    /// Groups whose calls it takes besides those that everybody takes.
    pub groups: Vec<String>,
    /// A phone that registers makes it ready; otherwise its person signs in.
    pub ready_when_reachable: bool,
}

/// The call that asked the store, and what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asker(pub ConversationId, pub Ticket);

/// One attempt to store a wrap-up: of which conversation, and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WrapUpAttempt(pub ConversationId, pub u32);

/// A call as it is answered.
#[derive(Debug, Clone)]
pub struct Started {
    /// Its id.
    pub call: CallId,
    /// Who calls.
    pub caller: Caller,
    /// What was dialled.
    pub called: String,
    /// When it arrived.
    pub at: Timestamp,
    /// The peer it came from.
    pub peer: SocketAddr,
}

/// Something asked of the store.
#[derive(Debug)]
pub struct StoreOrder {
    /// Who asks.
    pub asker: Asker,
    /// What.
    pub request: StoreRequest,
    /// The call that asks.
    pub call: Option<CallId>,
    /// The caller, for the limits on guessing.
    pub caller: Caller,
    /// The seat that is first-responsible, once there is one.
    pub seat: Option<SeatNumber>,
    /// Wall time.
    pub at: Timestamp,
}

/// What the switch wants done.
#[derive(Debug)]
pub enum Output {
    /// Send this.
    Transmit(Transmit),
    /// Bind a socket pair for a leg of this group on this address; `media_opened` follows.
    OpenMedia(LegId, IpAddr, u64),
    /// Command a leg's media; `media_failed` follows when that is impossible.
    Media(LegId, MediaCommand),
    /// End a leg's media.
    CloseMedia(LegId),
    /// Read a closed recording for the citizen to hear; `recording_loaded` follows.
    LoadRecording(LegId, u32, String),
    /// Ask the store; `stored` follows.
    Store(Box<StoreOrder>),
    /// Journal a text; `text_kept` follows.
    Text(Box<TextOrder>),
    /// A call was answered.
    Started(Box<Started>),
    /// A call is over and the media of all its legs closed.
    Finished(Box<CallAccount>, Timestamp),
    /// An event of the queue.
    QueueLog(Timestamp, Box<QueueEntry>),
    /// The phones of a seat are others now.
    Bindings(SeatNumber, Vec<Binding>),
    /// Store the end of a talk; `wrap_up_stored` follows, and only then the seat is told.
    WrapUp(WrapUpAttempt, Timestamp, Box<WrapUpOrder>),
    /// Somebody did what must be asked about later.
    Audit(Timestamp, AuditEntry),
    /// Look up the open cases of a caller who is offered; `open_cases` follows.
    OpenCases(OfferId, PhoneNumber),
    /// Begin an attempt to call back; `attempt_begun` follows.
    BeginAttempt(ConversationId, Timestamp, NewAttempt),
    /// An attempt to call back is over.
    EndAttempt(Timestamp, AttemptId, crate::domain::case::AttemptOutcome),
    /// How telling a unit by telephone ended, in which call.
    VoiceEnded(Timestamp, i64, VoiceOutcome, CallId),
    /// Tell the pages of the seats.
    Desk(ToDesk),
}
