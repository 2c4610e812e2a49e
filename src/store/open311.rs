//! Requests that the programs of partners bring (Open311 GeoReport v2): each becomes a draft with a
//! callback task, and is known by a token until a person has accepted it.

use super::error::StoreError;
use super::handle::StoreHandle;
use super::intake::{self, Desk, read_number};
use super::read::Reader;
use super::recording::hex;
use super::work::{Answer, Kind};
use crate::domain::call::{Caller, IntakeKind, NewIntake};
use crate::domain::case::local_day;
use crate::units::{CaseNumber, PhoneNumber};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

/// Hexadecimal digits of a token: 128 bits that nobody guesses.
const TOKEN_DIGITS: usize = 32;
/// How the key of such a contact begins.
const KEY: &str = "open311/";

/// What a partner's program brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRequest {
    /// The partner, by the name of the configuration.
    pub partner: String,
    /// What makes sending it twice harmless; `None`: its words, number and name within one day.
    pub key: Option<String>,
    /// Whom to call back.
    pub contact: PhoneNumber,
    /// The citizen's name.
    pub citizen: Option<String>,
    /// His words, with everything that was told of the matter.
    pub text: String,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BroughtRequest {
    /// What its number is asked for by.
    pub token: String,
    /// Its number, once a person has accepted it.
    pub number: Option<CaseNumber>,
}

impl StoreHandle {
    /// Stores a request, and has its citizen called back. The same key, or without one the same words of
    /// the same citizen within one day of the city, give the same request again and nothing else.
    #[must_use]
    pub fn bring(&self, at: Timestamp, new: NewRequest, answer: Answer<BroughtRequest>) -> bool {
        self.ask(Kind::Asked, answer, move |db, desk| bring(db, desk, at, &new))
    }
}

impl Reader {
    /// The number of a request by its token. [`StoreError::NotFound`]: there is none, or none yet. A seal
    /// changes nothing here: the number was told before it, and a silence would tell of it.
    pub fn request_number(&self, token: &str) -> Result<CaseNumber, StoreError> {
        let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if token.len() != TOKEN_DIGITS || !token.bytes().all(digit) {
            return Err(StoreError::NotFound);
        }
        find(&self.db, token)?.flatten().ok_or(StoreError::NotFound)
    }
}

fn bring(
    db: &Connection,
    desk: &mut Desk,
    at: Timestamp,
    new: &NewRequest,
) -> Result<BroughtRequest, StoreError> {
    let token = token(desk, at, new);
    // A repeat must not have the citizen called a second time.
    if let Some(number) = find(db, &token)? {
        return Ok(BroughtRequest { token, number });
    }
    let intake = NewIntake {
        key: format!("{KEY}{token}"),
        kind: IntakeKind::Upload,
        call: None,
        contact: Some(new.contact.clone()),
        mail: None,
        caller: Caller { number: None, display: new.citizen.clone() },
        received_at: at,
        recording: None,
        text: Some(new.text.clone()),
        // Its number is not told yet: who calls back accepts it and tells it.
        callback: true,
    };
    let opened = intake::open(db, desk, at, &intake, &format!("open311:{}", new.partner))?;
    Ok(BroughtRequest { token, number: opened.number })
}

/// What the request is known by: keyed, so that neither it nor a copy of the database tells whose it is.
fn token(desk: &Desk, at: Timestamp, new: &NewRequest) -> String {
    let partner = new.partner.as_bytes();
    let day = local_day(at).to_string();
    let citizen = new.citizen.as_deref().unwrap_or_default();
    let hash = match &new.key {
        Some(key) => desk.vault.message_hash("open311 key", &[partner, key.as_bytes()]),
        None => {
            let of = [day.as_str(), new.contact.as_str(), citizen, new.text.as_str()];
            let [day, contact, citizen, text] = of.map(str::as_bytes);
            desk.vault.message_hash("open311", &[partner, day, contact, citizen, text])
        }
    };
    let mut token = hex(&hash);
    token.truncate(TOKEN_DIGITS);
    token
}

/// The number of the request of a token, if it has one; `None`: there is no such request.
fn find(db: &Connection, token: &str) -> Result<Option<Option<CaseNumber>>, StoreError> {
    let sql = "SELECT number FROM case_file WHERE intake_key = ?1";
    let key = format!("{KEY}{token}");
    let found = db.prepare_cached(sql)?.query_row([key], |row| row.get(0)).optional()?;
    let found: Option<Option<i64>> = found;
    found.map(|number| number.map(read_number).transpose()).transpose()
}
