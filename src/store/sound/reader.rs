//! A recording that is read, from any place.

use super::writer::{chunk_bytes, place};
use super::{head, invalid, io_error, name_of, under_seal};
use crate::store::vault::{CHUNK_SAMPLES, DataKey, HEAD_BYTES, Head, Mark, SoundKey, TAG_BYTES};
use crate::wire::wav::{self, Channels, HEADER_LEN};
use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Sample frames that are copied at once.
const FRAMES_AT_ONCE: u64 = 16 * CHUNK;

/// Chunks at the end that a power cut may have torn: a minute, twice as long as the system keeps what
/// was written to itself (vm.dirty_expire_centisecs).
const TORN_CHUNKS_MAX: u64 = 120;

/// Sample frames of a full chunk.
const CHUNK: u64 = CHUNK_SAMPLES as u64;

/// A recording with all that it held when it was opened.
pub struct SoundFile {
    file: File,
    channels: Channels,
    frames: u64,
    made: Make,
}

/// How it was written.
enum Make {
    /// In clear, by an older program.
    Plain,
    /// In chunks.
    Sealed {
        key: SoundKey,
        /// Full ones.
        chunks: u64,
        /// How it ends; `None`: it is still written, or a crash cut it off.
        end: Option<(Mark, usize)>,
        /// The service has the key only as long as it stands in the file.
        bound: bool,
    },
}

impl SoundFile {
    /// Opens a file; `key` finds the key to a head, for a name.
    pub(in crate::store) fn open(
        path: &Path,
        key: impl FnOnce(&Head, &str) -> io::Result<DataKey>,
    ) -> io::Result<Self> {
        let file = File::open(path)?;
        match head(&file)? {
            Some(head) => {
                let data = key(&head, name_of(path))?;
                Self::sealed(file, &head, &data, true)
            }
            None => Self::plain(file),
        }
    }

    /// Opens a file whose key is known.
    pub(in crate::store) fn open_with(path: &Path, data: &DataKey) -> io::Result<Self> {
        let file = File::open(path)?;
        let head = head(&file)?.ok_or_else(|| invalid("a recording in clear"))?;
        Self::sealed(file, &head, data, false)
    }

    fn sealed(file: File, head: &Head, data: &DataKey, bound: bool) -> io::Result<Self> {
        let channels = head.channels;
        let key = SoundKey::new(data, channels).map_err(io_error)?;
        let sealed = (chunk_bytes(channels) + TAG_BYTES) as u64;
        let length = file.metadata()?.len().saturating_sub(HEAD_BYTES as u64);
        let (chunks, tail) = (length / sealed, length % sealed);
        let mut last = vec![0; usize::try_from(tail).unwrap_or(0)];
        file.read_exact_at(&mut last, place(channels, chunks))?;
        let opens = |mark| {
            let sound = key.open(chunks, mark, &mut last.clone()).map(|sound| sound.len());
            sound.ok().map(|len| (mark, len))
        };
        let end = opens(Mark::Last).or_else(|| opens(Mark::CutOff));
        let behind = end.map_or(0, |(_, len)| len as u64 / u64::from(channels.frame_bytes()));
        let frames = chunks * CHUNK + behind;
        Ok(Self { file, channels, frames, made: Make::Sealed { key, chunks, end, bound } })
    }

    fn plain(file: File) -> io::Result<Self> {
        let mut head = [0; HEADER_LEN];
        file.read_exact_at(&mut head, 0)?;
        let channels = wav::parse(&head).map_err(|error| invalid(&error.to_string()))?.channels;
        if head[36..40] != *b"data" {
            return Err(invalid("a recording of another make"));
        }
        let data = file.metadata()?.len().saturating_sub(HEADER_LEN as u64);
        let frames = data / u64::from(channels.frame_bytes());
        Ok(Self { file, channels, frames, made: Make::Plain })
    }

    /// The tracks.
    #[must_use]
    pub fn channels(&self) -> Channels {
        self.channels
    }

    /// Samples of each track.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// It was closed, or what a crash left of it was put right. A plain file does not tell.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !matches!(self.made, Make::Sealed { end: None, .. })
    }

    /// Interleaved samples from a sample frame on, as bytes; fewer at the end. Nothing before them is
    /// read but the rest of their chunk.
    ///
    /// # Errors
    /// `PermissionDenied` when the recording was sealed meanwhile, `InvalidData` when a chunk was
    /// changed, and what the disk says.
    pub fn read(&self, first: u64, count: u64) -> io::Result<Vec<u8>> {
        let count = count.min(self.frames.saturating_sub(first));
        let frame = u64::from(self.channels.frame_bytes());
        let len = usize::try_from(count * frame).unwrap_or(0);
        let Make::Sealed { bound, .. } = self.made else {
            let mut bytes = vec![0; len];
            self.file.read_exact_at(&mut bytes, HEADER_LEN as u64 + first * frame)?;
            return Ok(bytes);
        };
        if bound && head(&self.file)?.is_none_or(|head| head.slot.is_none()) {
            return Err(under_seal());
        }
        let mut bytes = Vec::with_capacity(len);
        let (mut chunk, mut at) = (first / CHUNK, first % CHUNK * frame);
        while bytes.len() < len {
            let sound = self.chunk(chunk)?;
            let from = sound.get(usize::try_from(at).unwrap_or(usize::MAX)..).unwrap_or_default();
            if from.is_empty() {
                return Err(invalid("a recording shorter than it was"));
            }
            bytes.extend_from_slice(&from[..from.len().min(len - bytes.len())]);
            (chunk, at) = (chunk + 1, 0);
        }
        Ok(bytes)
    }

    /// The sound of one chunk.
    fn chunk(&self, number: u64) -> io::Result<Vec<u8>> {
        let Make::Sealed { key, chunks, end, .. } = &self.made else { return Ok(Vec::new()) };
        let (mark, len) = match end {
            Some(end) if number == *chunks => *end,
            _ => (Mark::Full, chunk_bytes(self.channels)),
        };
        let mut sealed = vec![0; len + TAG_BYTES];
        self.file.read_exact_at(&mut sealed, place(self.channels, number))?;
        key.open(number, mark, &mut sealed).map_err(|error| invalid(&error.to_string()))?;
        sealed.truncate(len);
        Ok(sealed)
    }

    /// Writes the recording as a WAV file.
    ///
    /// # Errors
    /// As [`Self::read`], and when `out` cannot be written.
    pub fn write_wav(&self, mut out: impl Write) -> io::Result<()> {
        let data = self.frames * u64::from(self.channels.frame_bytes());
        out.write_all(&wav::header(self.channels, u32::try_from(data).unwrap_or(u32::MAX)))?;
        let mut at = 0;
        while at < self.frames {
            out.write_all(&self.read(at, FRAMES_AT_ONCE)?)?;
            at += FRAMES_AT_ONCE;
        }
        out.flush()
    }

    /// The chunks without those at the end whose bytes did not reach the disk before a power cut.
    fn whole_chunks(&self, chunks: u64) -> io::Result<u64> {
        for torn in 0..=TORN_CHUNKS_MAX.min(chunks) {
            let whole = chunks - torn;
            match whole.checked_sub(1).map(|last| self.chunk(last)) {
                None | Some(Ok(_)) => return Ok(whole),
                Some(Err(error)) if error.kind() != io::ErrorKind::InvalidData => {
                    return Err(error);
                }
                Some(Err(_)) => {}
            }
        }
        Err(invalid("a recording of which nothing opens"))
    }

    /// Ends a recording that a crash cut off, behind the last chunk that is whole. `false`: it had an
    /// end.
    ///
    /// # Errors
    /// `InvalidData` when more than a crash can tear does not open; nothing is changed then. What the
    /// disk says.
    pub(in crate::store) fn repair(&self, path: &Path) -> io::Result<bool> {
        let Make::Sealed { key, chunks, end: None, .. } = &self.made else { return Ok(false) };
        let whole = self.whole_chunks(*chunks)?;
        let file = std::fs::OpenOptions::new().write(true).open(path)?;
        let at = place(self.channels, whole);
        let mut empty = Vec::new();
        // A mark of its own: what stood here may have been a chunk of the same number.
        key.seal(whole, Mark::CutOff, &mut empty).map_err(io_error)?;
        file.set_len(at)?;
        file.write_all_at(&empty, at)?;
        file.sync_all()?;
        Ok(true)
    }
}

impl fmt::Debug for SoundFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { channels, frames, .. } = self;
        f.debug_struct("SoundFile")
            .field("channels", channels)
            .field("frames", frames)
            .finish_non_exhaustive()
    }
}
