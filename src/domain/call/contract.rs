//! What a call hears from the world and what it asks of it: the words between the rules and the
//! switch. The switch owns sockets and media; this room only names what should happen.

use super::people::{
    AfterPerson, KeptPlace, NextListeningDay, NoPerson, Place, Seats, SeekFrom, StopReason, Tell,
};
use crate::domain::case::CaseStatus;
use crate::domain::speech::Plan;
use crate::units::{CallId, CaseNumber, Digit, PhoneNumber, QueryCode, SeatNumber};
use jiff::Timestamp;
use std::time::Duration;

/// Numbers the plays of one call; an end is only believed for the play that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlayId(pub u32);

/// Numbers the recordings of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(pub u32);

/// Joins a request to the store with its reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u32);

/// Who calls, as far as the network told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// The number; `None` when it is withheld or unreadable.
    pub number: Option<PhoneNumber>,
    /// The display name, shown to people and never spoken.
    pub display: Option<String>,
}

/// A call that the line has decided to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Its id for ever.
    pub call: CallId,
    /// Who calls.
    pub caller: Caller,
    /// The number that was dialled, as the network wrote it.
    pub called: String,
    /// Wall-clock time of arrival.
    pub at: Timestamp,
    /// Who could take it.
    pub seats: Seats,
    /// False while the store cannot commit: nothing may be promised (X04).
    pub store_up: bool,
}

/// What happens to a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// The answer is confirmed and audio can flow.
    Confirmed,
    /// The citizen pressed a key; each press arrives once however it came.
    Digit(Digit),
    /// A play ran to its end (not when it was replaced or stopped).
    PlayDone(PlayId),
    /// A recording is closed on disk.
    Recorded(RecordId, RecordingSummary),
    /// A recording could not be written.
    RecordFailed(RecordId),
    /// The store answered.
    Stored(Ticket, StoreReply),
    /// Where the citizen stands in the queue, whenever it is known anew. Spoken when it has
    /// improved, at most every [`CallRules::place_every`](super::CallRules::place_every).
    Place(Place),
    /// Nobody will take the call. Ends the search.
    NobodyComes(NoPerson),
    /// The window of the listening day has ended, and this citizen still waits. He keeps his place
    /// among those who wait for an operator.
    ListeningOver(Option<NextListeningDay>),
    /// A person hears the citizen and is heard by him from now on: comes while one is sought, then
    /// it ends the search, or while one is there, for the next one. Otherwise it is not heeded.
    Person {
        /// Where; `None`: at no seat of ours.
        seat: Option<SeatNumber>,
        /// How he is told of it.
        tell: Tell,
    },
    /// The last person has left the citizen.
    PersonGone(AfterPerson),
    /// No RTP for the time named in the limits.
    MediaLost,
    /// The call is over on the network; nothing can be said any more.
    HungUp(EndedBy),
    /// The service is about to stop: finish politely.
    Drain,
    /// The instant given by `poll_timeout` has come.
    Timeout,
}

/// What a call wants done.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant)] // few are made, and each is moved a few times
pub enum Action {
    /// Answer with 200; `Confirmed` follows.
    Answer,
    /// Play this, replacing what plays. `slow` asks for slow speech (语速放慢).
    Play {
        /// Its number.
        play: PlayId,
        /// What is said.
        plan: Plan,
        /// Slow speech.
        slow: bool,
    },
    /// Play this to the citizen over what he hears of others, which goes on.
    PlayOver {
        /// Its number; `PlayDone` follows as for any other.
        play: PlayId,
        /// What is said.
        plan: Plan,
        /// Slow speech.
        slow: bool,
    },
    /// End what plays, also over a talk. Music that is on comes back.
    StopPlay,
    /// Hold music for as long as nothing else is played, until it is turned off.
    Music(bool),
    /// Look for a person: seats ring from now on, under whatever is said. Comes once for each wait;
    /// it ends with exactly one of `Input::Person`, `Input::NobodyComes`, [`Action::StopSeeking`]
    /// and [`Action::KeepPlace`].
    Seek {
        /// In which group.
        group: String,
        /// From which place.
        from: SeekFrom,
    },
    /// No further offers, and an open one is withdrawn: the citizen has chosen something else
    /// (look-up, message, callback). His place is kept and moves on.
    PauseSeeking,
    /// Offers again, at the place that was kept.
    ResumeSeeking,
    /// Nobody is wanted any more.
    StopSeeking(StopReason),
    /// The place is kept for a callback; comes after the commit of its task.
    KeepPlace(KeptPlace),
    /// Start a recording.
    Record {
        /// Its number.
        record: RecordId,
        /// What it is for.
        kind: RecordingKind,
        /// It closes by itself after this much audio.
        limit: Duration,
    },
    /// Close a recording; `Recorded` follows.
    StopRecord(RecordId),
    /// Throw a recording away (取消, 重录).
    DiscardRecord(RecordId),
    /// Play back a closed recording to the citizen (重听).
    Replay {
        /// The number of this play.
        play: PlayId,
        /// What to play.
        record: RecordId,
    },
    /// Ask the store; `Stored` follows with the same ticket, also when it is down.
    Store(Ticket, StoreRequest),
    /// End the call with BYE.
    HangUp,
    /// The call is over and this is its account; comes once, last.
    Finish(Box<CallRecord>),
}

/// What a recording is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordingKind {
    /// The whole call: citizen on the left, what we play on the right.
    WholeCall,
    /// The citizen's message (语音留言), mono.
    Message,
}

/// A closed recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingSummary {
    /// Path below the data folder, `/` between parts.
    pub file: String,
    /// Length of the audio.
    pub duration: Duration,
    /// How much of it is speech by level.
    pub speech: Duration,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
}

/// Who ended a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndedBy {
    /// The citizen hung up.
    Citizen,
    /// A seat hung up, and we said goodbye after it.
    Seat,
    /// We said goodbye.
    Service,
    /// The network or the peer failed (timeout, transport error, no media).
    Network,
    /// The service was stopped.
    Shutdown,
    /// The process died; found at the next start.
    Crash,
}

/// What the call asks of the store.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant)] // few are made, and each is moved a few times
pub enum StoreRequest {
    /// Turn what was left into a case.
    Open(NewIntake),
    /// Look a case up by number and code.
    LookUp {
        /// The number, check digit already verified.
        number: CaseNumber,
        /// The code as keyed.
        code: QueryCode,
    },
}

/// How a contact came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IntakeKind {
    /// A spoken message (语音留言).
    Voicemail,
    /// The citizen asked to be called back (回拨).
    CallbackRequest,
    /// The citizen left before anything came of it: a draft without number, and a callback task.
    Abandoned,
    /// A text sent by SIP MESSAGE.
    Text,
    /// A person at a seat talks with the citizen: stored when they are connected, so that the
    /// person can tell the number.
    Attended,
    /// No call at all: told to a person, who took it down.
    WalkIn,
    /// A mail of the public box (电子信箱) that a person took down.
    Email,
    /// A letter (群众来信) that a person took down.
    Letter,
    /// A text to a leader's own telephone (市级领导手机短信) that its clerk took down.
    LeaderSms,
    /// A text to the city's short number that a person took down.
    PublicSms,
    /// Said or written to the radio programme (行风热线), taken down by its host.
    Radio,
    /// Brought by the agent of a village (民生代办).
    VillageAgent,
    /// Brought by the program of a partner, over Open311 (网络提交).
    Upload,
}

impl IntakeKind {
    /// A person accepts it with words of his own: whoever took it down, or who reads what a partner's
    /// program brought; the line numbers everything else.
    #[must_use]
    pub fn is_taken_down(self) -> bool {
        match self {
            Self::WalkIn | Self::Email | Self::Letter | Self::LeaderSms => true,
            Self::PublicSms | Self::Radio | Self::VillageAgent | Self::Upload => true,
            Self::Voicemail | Self::CallbackRequest | Self::Abandoned => false,
            Self::Text | Self::Attended => false,
        }
    }
}

/// A contact to be stored as a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIntake {
    /// Storing the same key twice gives the same case. A repeat with `callback` that finds none
    /// open adds the callback: the number of a case could not be told after all.
    pub key: String,
    /// How it came.
    pub kind: IntakeKind,
    /// The call it came by.
    pub call: Option<CallId>,
    /// Whom to call back; not always the number that called.
    pub contact: Option<PhoneNumber>,
    /// The address that a mail came from.
    pub mail: Option<String>,
    /// The caller as the network showed it.
    pub caller: Caller,
    /// When it was received.
    pub received_at: Timestamp,
    /// The original recording.
    pub recording: Option<RecordingSummary>,
    /// The original words, for a text.
    pub text: Option<String>,
    /// Whether somebody must call back (number untold, callback asked, abandoned).
    pub callback: bool,
}

/// What the store answers.
#[derive(Debug, Clone, PartialEq)]
pub enum StoreReply {
    /// Committed: from now on the number may be told.
    Opened {
        /// `None` for a draft: a stub, or what was left on a day that has no number more.
        number: Option<CaseNumber>,
        /// Goes with the number.
        code: Option<QueryCode>,
    },
    /// The outcome of a look-up.
    LookedUp(Lookup),
    /// Not committed and not known: say X04, promise nothing.
    Unavailable,
}

/// The outcome of a look-up (A6). Unknown number and wrong code are the same answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Lookup {
    /// Number and code fit.
    Found(Box<CaseStatus>),
    /// Number or code is not right.
    Wrong,
    /// Five wrong tries in total: locked for 24 hours. Spoken like `Wrong`.
    Locked,
}

/// The account of a finished call.
#[derive(Debug, Clone, PartialEq)]
pub struct CallRecord {
    /// Which call.
    pub call: CallId,
    /// How long it lasted from arrival.
    pub lasted: Duration,
    /// Who ended it.
    pub ended_by: EndedBy,
    /// Prompts heard, digits pressed, recordings, in order.
    pub entries: Vec<Entry>,
}

/// One thing that happened, `at` after arrival.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Time since arrival.
    pub at: Duration,
    /// What it was.
    pub kind: EntryKind,
}

/// What an [`Entry`] tells.
#[derive(Debug, Clone, PartialEq)]
pub enum EntryKind {
    /// A prompt began, by its id of the script.
    Prompt(String),
    /// A key: in clear when it is a choice of the menu that was open, else a digit is kept as `*`.
    Digit(char),
    /// A recording was closed.
    Recording(RecordingKind, RecordingSummary),
    /// A case came of it.
    Case(CaseNumber),
    /// A look-up, and whether it was answered.
    Lookup(bool),
    /// A draft with a callback task came of it.
    Stub,
    /// A person was connected, at which seat.
    Attended(Option<SeatNumber>),
    /// The citizen's rating of the talk: 1 (满意) to 4 (不满意).
    Grade(u8),
}
