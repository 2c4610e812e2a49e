//! `mayorline seal …`: the key of the discipline liaison, and what he reads with it.

use super::clock;
use super::common::{Common, say};
use super::exit::{Exit, Failure};
use super::output::{Output, refused};
use crate::store::{Administration, KeyFileError, LiaisonKey, NotWritten, StoreError, TakenOut};
use crate::units::CaseNumber;
use clap::Subcommand;
use std::path::{Path, PathBuf};

/// Longest file of a passphrase, in bytes.
const PASSPHRASE_BYTES_MAX: u64 = 4096;

/// `mayorline seal …`
#[derive(Debug, Subcommand)]
pub(super) enum SealVerb {
    /// The liaison's key.
    #[command(subcommand)]
    Key(KeyVerb),
    /// Read a case under seal. Who reads it and why stands in the audit first.
    Read {
        /// Its eleven digits.
        number: String,
        /// The liaison's key file.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// File of one line, its passphrase.
        #[arg(long, value_name = "FILE")]
        passphrase_file: PathBuf,
        /// Who reads.
        #[arg(long = "as", value_name = "PERSON")]
        person: String,
        /// Why.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        output: Output,
    },
    /// Write the recordings of a case under seal into a folder, as WAV files in clear. Who takes
    /// them and why stands in the audit first.
    Play {
        /// Its eleven digits.
        number: String,
        /// The folder; no file in it is overwritten.
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
        /// The liaison's key file.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// File of one line, its passphrase.
        #[arg(long, value_name = "FILE")]
        passphrase_file: PathBuf,
        /// Who takes them.
        #[arg(long = "as", value_name = "PERSON")]
        person: String,
        /// Why.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        common: Common,
    },
}

/// `mayorline seal key …`
#[derive(Debug, Subcommand)]
pub(super) enum KeyVerb {
    /// Make a key pair: the private key goes to a file for the liaison alone, the public one into
    /// the database. Cases are sealed to it from now on, and those that waited for one at once.
    New {
        /// Where the private key goes; take it away from this machine.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// File of one line, a passphrase of at least twelve characters.
        #[arg(long, value_name = "FILE")]
        passphrase_file: PathBuf,
        #[command(flatten)]
        common: Common,
    },
}

/// Carries the verb out.
pub(super) fn seal(verb: SealVerb) -> Result<(), Exit> {
    match verb {
        SealVerb::Key(KeyVerb::New { out, passphrase_file, common }) => {
            new_key(&out, &passphrase_file, &common)
        }
        SealVerb::Read { number, key, passphrase_file, person, reason, output } => {
            let number = asked(&number, &person, &reason)?;
            let liaison = liaison(&key, &passphrase_file)?;
            let case = administration(&output.common)?
                .read_sealed((clock::system().wall)(), number, &liaison, &person, &reason)
                .map_err(|error| refused(&error))?;
            output.print(&case)
        }
        SealVerb::Play { number, out, key, passphrase_file, person, reason, common } => {
            let number = asked(&number, &person, &reason)?;
            let liaison = liaison(&key, &passphrase_file)?;
            let taken = administration(&common)?
                .play_sealed((clock::system().wall)(), number, &liaison, (&person, &reason), &out)
                .map_err(|error| unread(&error))?;
            told(&taken)
        }
    }
}

/// What was written, and one sentence for each recording that was not; the last of them ends the verb.
fn told(taken: &TakenOut) -> Result<(), Exit> {
    let TakenOut { written, withheld, failed } = taken;
    let names: String = written.iter().map(|file| format!("{}\n", file.display())).collect();
    let told = format!("录音 {} 段已写出，未加密，请妥善保管", written.len());
    say(&format!("{told}\n{names}"))?;
    if *withheld > 0 {
        say(&format!("另有 {withheld} 段未写出：属于另一把密钥，或尚待服务移交\n"))?;
    }
    if failed.is_empty() {
        return Ok(());
    }
    let faults = failed.iter().map(|NotWritten { name, why }| format!("{name}：{why}"));
    Err(Exit::new(Failure::Io, faults.collect::<Vec<_>>().join("\nmayorline: ")))
}

/// A disk that fails is not the same as data that are wrong.
fn unread(error: &StoreError) -> Exit {
    match error {
        StoreError::File { .. } => Exit::new(Failure::Io, error),
        other => refused(other),
    }
}

/// The case, once it is said who reads it and why.
fn asked(number: &str, person: &str, reason: &str) -> Result<CaseNumber, Exit> {
    if reason.trim().is_empty() || person.trim().is_empty() {
        return Err(Exit::new(Failure::Usage, "who reads and why must be said"));
    }
    CaseNumber::parse(number).map_err(|error| Exit::new(Failure::Usage, error))
}

fn liaison(key: &Path, passphrase_file: &Path) -> Result<LiaisonKey, Exit> {
    LiaisonKey::read(key, &passphrase(passphrase_file)?).map_err(|error| unusable(key, &error))
}

fn new_key(out: &Path, passphrase_file: &Path, common: &Common) -> Result<(), Exit> {
    let passphrase = passphrase(passphrase_file)?;
    let mut administration = administration(common)?;
    let key = LiaisonKey::random().map_err(|error| refused(&error))?;
    // The file first: a public key without its private one would seal for nobody.
    key.write(out, &passphrase).map_err(|error| unusable(out, &error))?;
    let now = (clock::system().wall)();
    let waited =
        administration.add_liaison_key(now, key.public()).map_err(|error| refused(&error))?;
    say(&format!(
        "密钥已写入 {}，请交纪委联络员单独保管；此前待密封的事项 {waited} 件已移交\n",
        out.display()
    ))
}

fn administration(common: &Common) -> Result<Administration, Exit> {
    let folder = common.folder(&common.load()?);
    Administration::open(folder, (clock::system().wall)()).map_err(|error| match error {
        StoreError::OtherVersion { .. } => Exit::new(Failure::Unavailable, error),
        other => unread(&other),
    })
}

/// The one line of a file: a passphrase never stands on a command line.
fn passphrase(file: &Path) -> Result<String, Exit> {
    let complain = |error: &dyn std::fmt::Display, failure| {
        Exit::new(failure, format!("{}: {error}", file.display()))
    };
    let length = std::fs::metadata(file).map_err(|e| complain(&e, Failure::NoInput))?.len();
    if length > PASSPHRASE_BYTES_MAX {
        return Err(complain(&"too long for a passphrase", Failure::Data));
    }
    let text = std::fs::read_to_string(file).map_err(|e| complain(&e, Failure::Io))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn unusable(file: &Path, error: &KeyFileError) -> Exit {
    let failure = match error {
        KeyFileError::Io(error) if error.kind() == std::io::ErrorKind::NotFound => Failure::NoInput,
        KeyFileError::Io(_) => Failure::Io,
        _ => Failure::Data,
    };
    Exit::new(failure, format!("{}: {error}", file.display()))
}
