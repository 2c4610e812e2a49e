//! `mayorline seat`: who sits where. Beside a running service, which takes a change within a
//! second, or on a stopped one.

use super::common::{Common, say};
use super::exit::{Exit, Failure};
use super::output::{Output, refused, unwritten};
use super::{clock, password};
use crate::domain::desk::SeatRole;
use crate::proto::digest::{Algorithm, Secret};
use crate::store::{Administration, DataFolder, NewSeat, SeatRecord, SeatSecrets, city_time};
use crate::units::SeatNumber;
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// `mayorline seat …`
#[derive(Debug, Subcommand)]
pub(super) enum SeatVerb {
    /// Add a seat. Its phone registers with the number and the password; a number that was removed
    /// can be added again.
    Add(AddArguments),
    /// The seats in use, by number.
    List(Output),
    /// Take a seat out of use. Its calls stay in the ledger.
    Remove {
        /// Its number.
        number: String,
        #[command(flatten)]
        common: Common,
    },
    /// Give a seat another password; its phones must register again.
    SetPassword {
        /// Its number.
        number: String,
        /// File of one line, the password: 12 to 128 printable ASCII characters, 5 of them
        /// different, of two kinds at least (letters, digits, others), without the number.
        #[arg(long, value_name = "FILE")]
        password_file: PathBuf,
        #[command(flatten)]
        common: Common,
    },
}

/// What a seat is added with.
#[derive(Debug, Args)]
pub(super) struct AddArguments {
    /// Its number (工号): 3 to 6 digits, the first neither 0 nor 1.
    number: String,
    /// Who sits there.
    #[arg(long)]
    name: String,
    /// File of one line, the password: 12 to 128 printable ASCII characters, 5 of them different,
    /// of two kinds at least (letters, digits, others), without the number.
    #[arg(long, value_name = "FILE")]
    password_file: PathBuf,
    /// What it may do.
    #[arg(long, value_enum, default_value_t = Role::Operator)]
    role: Role,
    /// A group (技能组) whose calls it takes; may be repeated.
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,
    #[command(flatten)]
    common: Common,
}

/// [`SeatRole`] as it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Role {
    /// Takes calls (话务员).
    Operator,
    /// Takes calls, listens in, whispers, barges in (班长).
    Supervisor,
    /// Takes calls of a listening day (市领导).
    Leader,
    /// Listens to the calls of the leader (领导助理).
    Assistant,
}

impl From<Role> for SeatRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Operator => Self::Operator,
            Role::Supervisor => Self::Supervisor,
            Role::Leader => Self::Leader,
            Role::Assistant => Self::Assistant,
        }
    }
}

/// A seat in a list; never its secrets.
#[derive(Serialize)]
struct SeatRow {
    number: String,
    name: String,
    role: SeatRole,
    groups: Vec<String>,
    /// False: its secrets were made for another realm, its phones cannot register.
    usable: bool,
    /// False: made by a program that stored no MD5 secret.
    md5: bool,
    created_at: String,
    changed_at: String,
    /// Its phones, as far as they were stored and their time is not over.
    phones: Vec<PhoneRow>,
}

/// A phone of a seat.
#[derive(Serialize)]
struct PhoneRow {
    contact: String,
    transport: String,
    address: String,
    expires_at: String,
    user_agent: Option<String>,
}

/// Seats.
pub(super) fn seat(verb: SeatVerb) -> Result<(), Exit> {
    match verb {
        SeatVerb::Add(arguments) => add(arguments),
        SeatVerb::List(output) => list(&output),
        SeatVerb::Remove { number, common } => {
            let folder = common.folder(&common.load()?);
            let seat = read_number(&number)?;
            let now = (clock::system().wall)();
            administration(folder, false)?.remove_seat(now, &seat).map_err(|e| unwritten(&e))?;
            say(&format!("seat {seat} removed\n"))
        }
        SeatVerb::SetPassword { number, password_file, common } => {
            let realm = realm(&common)?;
            let seat = read_number(&number)?;
            let secrets = secrets(&seat, &realm, &password_file)?;
            let now = (clock::system().wall)();
            administration(common.folder(&common.load()?), false)?
                .set_secrets(now, &seat, &secrets)
                .map_err(|e| unwritten(&e))?;
            say(&format!("seat {seat} has a new password\n"))
        }
    }
}

fn add(arguments: AddArguments) -> Result<(), Exit> {
    let realm = realm(&arguments.common)?;
    let seat = read_number(&arguments.number)?;
    let secrets = secrets(&seat, &realm, &arguments.password_file)?;
    let AddArguments { name, role, groups, common, .. } = arguments;
    let new = NewSeat { seat: seat.clone(), name, role: role.into(), groups, secrets };
    let now = (clock::system().wall)();
    let folder = common.folder(&common.load()?);
    administration(folder, true)?.add_seat(now, &new).map_err(|e| unwritten(&e))?;
    say(&format!("seat {seat} added\n"))
}

/// The realm that the phones will be asked with.
fn realm(common: &Common) -> Result<String, Exit> {
    Ok(common.load()?.seats.realm)
}

fn list(output: &Output) -> Result<(), Exit> {
    let realm = realm(&output.common)?;
    let reader = output.reader()?;
    let now = (clock::system().wall)();
    let seats = reader.seats().map_err(|e| refused(&e))?;
    let bindings = reader.bindings(now).map_err(|e| refused(&e))?;
    let row = |seat: SeatRecord| {
        let phones = bindings.iter().filter(|binding| binding.seat == seat.seat);
        let phones = phones.map(|binding| PhoneRow {
            contact: binding.contact.clone(),
            transport: binding.transport.clone(),
            address: binding.remote.clone(),
            expires_at: city_time(binding.expires_at),
            user_agent: binding.user_agent.clone(),
        });
        SeatRow {
            number: seat.seat.to_string(),
            name: seat.name,
            role: seat.role,
            groups: seat.groups,
            usable: seat.secrets.realm == realm,
            md5: seat.secrets.md5.is_some(),
            created_at: city_time(seat.created_at),
            changed_at: city_time(seat.changed_at),
            phones: phones.collect(),
        }
    };
    output.print(&seats.into_iter().map(row).collect::<Vec<_>>())
}

fn read_number(text: &str) -> Result<SeatNumber, Exit> {
    let rule = "a seat's number has 3 to 6 digits, the first neither 0 nor 1";
    SeatNumber::parse(text).map_err(|_| Exit::new(Failure::Usage, rule))
}

/// What the password file proves, made for both algorithms.
fn secrets(seat: &SeatNumber, realm: &str, file: &Path) -> Result<SeatSecrets, Exit> {
    let password = password::read(file, seat.as_str())?;
    let of =
        |algorithm| Secret::new(algorithm, seat.as_str(), realm, &password).to_stored().to_owned();
    Ok(SeatSecrets {
        realm: realm.to_owned(),
        sha256: of(Algorithm::Sha256),
        md5: Some(of(Algorithm::Md5)),
    })
}

fn administration(folder: DataFolder, make: bool) -> Result<Administration, Exit> {
    let now = (clock::system().wall)();
    let opened = match make {
        true => Administration::open_or_make(folder, now),
        false => Administration::open(folder, now),
    };
    opened.map_err(|error| unwritten(&error))
}
