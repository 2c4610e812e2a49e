//! Recordings as files: written and read with the recording's own key, whatever their names end in.
//! The format stands in `vault::sound`. Plain WAV files, which older programs wrote, are read too.

mod reader;
mod writer;

pub use reader::SoundFile;
pub use writer::{SoundWriter, Widening, with_tracks};

use super::config::DataFolder;
use super::error::StoreError;
use super::recording::WIDENING_SUFFIX;
use super::vault::{DataKey, Head, SLOT_AT, SLOT_BYTES, Vault, sound_owner};
use sha2::{Digest, Sha256};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Bytes of a recording without any sound.
pub const SOUND_HEAD_BYTES: u64 = super::vault::HEAD_BYTES as u64;

/// The master key, for those who write and play recordings and nothing else. It is read when it is
/// first needed: a line that was started before its disk could be used still answers.
#[derive(Clone)]
pub struct SoundKeys {
    file: PathBuf,
    vault: Arc<OnceLock<Vault>>,
}

impl SoundKeys {
    /// The key of a data folder.
    #[must_use]
    pub fn new(folder: &DataFolder) -> Self {
        Self { file: folder.master_key.clone(), vault: Arc::default() }
    }

    /// Creates a recording of so many tracks that only the service's user may read; its folder is
    /// there.
    ///
    /// # Errors
    /// When there is no master key, or the file is there already or cannot be written.
    pub fn create(
        &self,
        path: &Path,
        channels: crate::wire::wav::Channels,
    ) -> io::Result<SoundWriter> {
        SoundWriter::create(self.vault()?, path, channels, true)
    }

    /// Opens a recording to be played.
    ///
    /// # Errors
    /// `PermissionDenied` when only the liaison has its key, `InvalidData` when it is no recording of
    /// this service or was changed, and what the disk says.
    pub fn open(&self, path: &Path) -> io::Result<SoundFile> {
        SoundFile::open(path, |head, name| key_of(self.vault()?, head, name))
    }

    fn vault(&self) -> io::Result<&Vault> {
        if let Some(vault) = self.vault.get() {
            return Ok(vault);
        }
        let vault = Vault::at(&self.file).map_err(io::Error::other)?;
        Ok(self.vault.get_or_init(|| vault))
    }
}

impl fmt::Debug for SoundKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoundKeys").field("file", &self.file).finish_non_exhaustive()
    }
}

/// The key of a recording that the service can still open.
pub(super) fn key_of(vault: &Vault, head: &Head, name: &str) -> io::Result<DataKey> {
    let slot = head.slot.as_ref().ok_or_else(under_seal)?;
    vault.unwrap(slot, &sound_owner(name)).map_err(|error| invalid(&error.to_string()))
}

fn under_seal() -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, "a recording under seal")
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_owned())
}

/// What a recording's key is bound to; a copy that will replace it has its name already.
pub(super) fn name_of(path: &Path) -> &str {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let copy = [WIDENING_SUFFIX, super::sound_plain::SEALING_SUFFIX];
    copy.iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name)
}

/// The head of a sealed recording; `None`: a plain one.
pub(super) fn head(file: &File) -> io::Result<Option<Head>> {
    let mut bytes = Vec::with_capacity(super::vault::HEAD_BYTES);
    let mut start = [0; super::vault::HEAD_BYTES];
    while bytes.len() < start.len() {
        match file.read_at(&mut start, bytes.len() as u64)? {
            0 => break,
            n => bytes.extend_from_slice(&start[..n.min(start.len() - bytes.len())]),
        }
    }
    if !Head::is_begun(&bytes) {
        return Ok(None);
    }
    Head::parse(&bytes).map(Some).ok_or_else(|| invalid("a recording of another make"))
}

/// Takes the key out of a file: from then on only who has it elsewhere can open the recording.
pub(super) fn empty_slot(path: &Path) -> io::Result<()> {
    let file = OpenOptions::new().write(true).open(path)?;
    file.write_all_at(&[0; SLOT_BYTES], SLOT_AT as u64)?;
    file.sync_all()
}

/// SHA-256 of a recording's file. The place of its key counts as zero, so that a seal, which takes
/// the key away, leaves the hash as it is.
pub fn digest(path: &Path) -> io::Result<[u8; 32]> {
    let mut file = File::open(path)?;
    let mut start = Vec::new();
    Read::by_ref(&mut file).take(super::vault::HEAD_BYTES as u64).read_to_end(&mut start)?;
    if Head::is_begun(&start) && start.len() > SLOT_AT {
        start[SLOT_AT..].fill(0);
    }
    let mut sha256 = Sha256::new_with_prefix(&start);
    let mut block = vec![0; 1 << 16];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(sha256.finalize().into()),
            n => sha256.update(&block[..n]),
        }
    }
}

/// A file for reading and writing that only the service's user may read; one that is there is
/// emptied unless it has to be `new`.
fn open_private(path: &Path, new: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(!new).create_new(new);
    options.mode(0o600).open(path)
}

/// An error of the store where the disk's are told.
fn io_error(error: StoreError) -> io::Error {
    io::Error::other(error)
}

#[cfg(test)]
mod tests;
