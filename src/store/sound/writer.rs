//! A recording that is being written, and the copy of it with one track more.

use super::{io_error, name_of, open_private};
use crate::store::vault::{CHUNK_SAMPLES, DataKey, HEAD_BYTES, Mark, SoundKey, TAG_BYTES, Vault};
use crate::wire::wav::Channels;
use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Appends sound to a file. What does not fill a chunk is kept until it does: after a crash at most
/// half a second is missing, beside what was never handed over.
pub struct SoundWriter {
    file: File,
    data: DataKey,
    key: SoundKey,
    channels: Channels,
    /// Chunks in the file.
    chunks: u64,
    rest: Vec<u8>,
}

impl SoundWriter {
    /// The file with its head.
    pub(in crate::store) fn create(
        vault: &Vault,
        path: &Path,
        channels: Channels,
        new: bool,
    ) -> io::Result<Self> {
        let data = DataKey::random().map_err(io_error)?;
        let head = vault.sound_head(&data, name_of(path), channels).map_err(io_error)?;
        let key = SoundKey::new(&data, channels).map_err(io_error)?;
        let file = open_private(path, new)?;
        file.write_all_at(&head.bytes(), 0)?;
        Ok(Self { file, data, key, channels, chunks: 0, rest: Vec::new() })
    }

    /// The tracks.
    #[must_use]
    pub fn channels(&self) -> Channels {
        self.channels
    }

    /// Appends interleaved samples, piece by piece. After an error nothing more may be appended.
    ///
    /// # Errors
    /// When the disk cannot be written.
    pub fn append(&mut self, pieces: &[Vec<u8>]) -> io::Result<()> {
        let full = chunk_bytes(self.channels);
        for piece in pieces {
            let mut left = &piece[..];
            while !left.is_empty() {
                if self.rest.capacity() == 0 {
                    self.rest.reserve_exact(full + TAG_BYTES);
                }
                let (taken, behind) = left.split_at(left.len().min(full - self.rest.len()));
                self.rest.extend_from_slice(taken);
                left = behind;
                if self.rest.len() == full {
                    self.put(Mark::Full)?;
                }
            }
        }
        Ok(())
    }

    /// Writes the last chunk, and everything is on stable storage. Nothing may be appended any more.
    ///
    /// # Errors
    /// When the disk cannot be written.
    pub fn finish(&mut self) -> io::Result<()> {
        self.put(Mark::Last)?;
        self.file.sync_all()
    }

    fn put(&mut self, mark: Mark) -> io::Result<()> {
        // Its memory is given back: between two blocks a recording holds none.
        let mut chunk = std::mem::take(&mut self.rest);
        let number = self.chunks;
        // Whatever comes of it, no other chunk is sealed under this number.
        self.chunks += 1;
        self.key.seal(number, mark, &mut chunk).map_err(io_error)?;
        self.file.write_all_at(&chunk, place(self.channels, number))
    }

    /// What a copy with other tracks needs of the recording as it is now.
    ///
    /// # Errors
    /// When the system has no handle more.
    pub fn widening(&self, new: Channels) -> io::Result<Widening> {
        Ok(Widening {
            file: self.file.try_clone()?,
            key: SoundKey::new(&self.data, self.channels).map_err(io_error)?,
            old: self.channels,
            new,
            chunks: self.chunks,
            rest: self.rest.clone(),
        })
    }
}

impl fmt::Debug for SoundWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoundWriter").field("chunks", &self.chunks).finish_non_exhaustive()
    }
}

/// Bytes of sound in a full chunk.
pub(super) fn chunk_bytes(channels: Channels) -> usize {
    usize::from(channels.frame_bytes()) * CHUNK_SAMPLES
}

/// Where a chunk begins in the file.
pub(super) fn place(channels: Channels, number: u64) -> u64 {
    HEAD_BYTES as u64 + number * (chunk_bytes(channels) + TAG_BYTES) as u64
}

/// A recording at one instant, to be copied with other tracks by another thread while it goes on.
pub struct Widening {
    file: File,
    key: SoundKey,
    old: Channels,
    new: Channels,
    chunks: u64,
    rest: Vec<u8>,
}

impl Widening {
    /// Everything that was in the recording then, silent on the new tracks, under a key of its own;
    /// its full chunks are on stable storage.
    ///
    /// # Errors
    /// When the disk cannot be read or written, or the recording was changed.
    pub fn copy(&self, keys: &super::SoundKeys, path: &Path) -> io::Result<SoundWriter> {
        let mut copy = SoundWriter::create(keys.vault()?, path, self.new, false)?;
        let mut chunk = Vec::new();
        for number in 0..self.chunks {
            chunk.resize(chunk_bytes(self.old) + TAG_BYTES, 0);
            self.file.read_exact_at(&mut chunk, place(self.old, number))?;
            let sound = self.key.open(number, Mark::Full, &mut chunk).map_err(io_error)?;
            copy.append(&[with_tracks(sound, self.old, self.new)])?;
        }
        copy.append(&[with_tracks(&self.rest, self.old, self.new)])?;
        copy.file.sync_all()?;
        Ok(copy)
    }
}

/// Interleaved samples with other tracks: new ones silent, surplus ones left out.
#[must_use]
pub fn with_tracks(bytes: &[u8], from: Channels, to: Channels) -> Vec<u8> {
    let (old, new) = (usize::from(from.frame_bytes()), usize::from(to.frame_bytes()));
    let mut out = vec![0; bytes.len() / old * new];
    for (frame, out) in bytes.chunks_exact(old).zip(out.chunks_exact_mut(new)) {
        let kept = old.min(new);
        out[..kept].copy_from_slice(&frame[..kept]);
    }
    out
}
