//! Messages of citizens and to them (domain.md 4.3): what a short text asks for, the texts that answer, who
//! they are from and to, and the rules of what goes out.

mod command;
mod digest;
mod emergency;
mod incoming;
mod line_text;
pub mod mail;
mod notice;
mod orders;
mod outgoing;
mod recipient;
mod rules;
mod sender;
mod status;
pub mod templates;

pub use command::{Command, Named, Remark, command};
pub use digest::{DayCounts, DayTold};
pub use emergency::is_emergency;
pub use incoming::{SAME_WITHIN, SUPPLEMENTS_MAX, Situation, THREAD_OPEN, Thread, Verdict, judge};
pub use line_text::{FORM_SIP, LineText, SIP_ACCOUNT, SIP_UNVOUCHED_ACCOUNT};
pub use notice::{CitizenMail, CitizenText, UnitTold, citizen_texts};
pub use orders::{
    UnitNews, UnitNotice, accused, asks_secrecy, is_pressing, leaves_unit, others_told, unit_news,
};
pub use outgoing::{
    AUTOMATIC_PER_HOUR_MAX, Class, Medium, RECEIPT_REST, REPLIES_PER_HOUR_MAX, REPORT_WAIT,
    SendState, TEXTS_PER_DAY_MAX, TRIED_FOR, may_leave, pause,
};
pub use recipient::Recipient;
pub use rules::{DigestTime, MailSite, MessageRules, VoiceRules};
pub use sender::Sender;
pub use status::status_words;
