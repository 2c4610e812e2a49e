//! A closed recording as something to play: the citizen hears what was recorded (重听), a person at a
//! seat hears what was said in a call (调听).

use crate::media::player::{Playlist, Segment};
use crate::wire::g711::Codec;
use crate::wire::wav::{self, Channels, HEADER_LEN};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Largest recording that is played back: half an hour of mono, the longest message that the
/// configuration allows.
const FILE_BYTES_MAX: u64 = 30 * 60 * 16_000 + 4096;

/// Reads the first track of a recording.
pub fn recording_playlist(path: &Path) -> io::Result<Playlist> {
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
    let wav = wav::parse(&bytes).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
    let alaw: Vec<u8> = wav.track(0).map(|sample| Codec::Pcma.encode(sample)).collect();
    Ok(Playlist { segments: vec![Segment::Alaw(alaw.into())] })
}

/// Bytes of one mixed sample.
const SAMPLE_BYTES: u64 = 2;
/// Most sample frames that are mixed at once.
const FRAMES_AT_ONCE: u64 = 8_192;

/// A recording with all its tracks in one, as the people in the call heard each other: a WAV file
/// that is never written and can be read from anywhere.
#[derive(Debug)]
pub struct Mixdown {
    file: File,
    channels: Channels,
    frames: u64,
}

impl Mixdown {
    /// Opens a closed recording of this service.
    ///
    /// # Errors
    /// When it cannot be read or is none.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut head = [0; HEADER_LEN];
        file.read_exact(&mut head)?;
        let invalid = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why.to_owned());
        let channels = wav::parse(&head).map_err(|error| invalid(&error.to_string()))?.channels;
        if head[36..40] != *b"data" {
            return Err(invalid("a recording of another make"));
        }
        let data = file.metadata()?.len().saturating_sub(HEADER_LEN as u64);
        Ok(Self { file, channels, frames: data / u64::from(channels.frame_bytes()) })
    }

    /// Length of the file that is read.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        HEADER_LEN as u64 + self.frames * SAMPLE_BYTES
    }

    /// Reads from byte `from` on; gives how many bytes, none at the end.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub fn read_at(&self, from: u64, into: &mut [u8]) -> io::Result<usize> {
        let head = HEADER_LEN as u64;
        if from < head {
            let data = u32::try_from(self.frames * SAMPLE_BYTES).unwrap_or(u32::MAX);
            let header = wav::header(Channels::Mono, data);
            let rest = header.iter().skip(usize::try_from(from).unwrap_or(HEADER_LEN));
            return Ok(into.iter_mut().zip(rest).map(|(to, &byte)| *to = byte).count());
        }
        let at = from - head;
        let (first, inside) = (at / SAMPLE_BYTES, usize::try_from(at % SAMPLE_BYTES).unwrap_or(0));
        let mixed = self.mix(first, into.len() as u64 / SAMPLE_BYTES + 1)?;
        let bytes = mixed.iter().flat_map(|sample| sample.to_le_bytes()).skip(inside);
        Ok(into.iter_mut().zip(bytes).map(|(to, byte)| *to = byte).count())
    }

    /// The sum of all tracks, from a sample frame on.
    fn mix(&self, first: u64, count: u64) -> io::Result<Vec<i16>> {
        let count = count.min(FRAMES_AT_ONCE).min(self.frames.saturating_sub(first));
        if count == 0 {
            return Ok(Vec::new());
        }
        let frame = u64::from(self.channels.frame_bytes());
        let mut bytes = vec![0; usize::try_from(count * frame).unwrap_or(0)];
        self.file.read_exact_at(&mut bytes, HEADER_LEN as u64 + first * frame)?;
        let frames = bytes.chunks_exact(usize::from(self.channels.frame_bytes()));
        Ok(frames.map(mix_frame).collect())
    }
}

/// One sample of every track, added.
fn mix_frame(frame: &[u8]) -> i16 {
    let samples =
        frame.as_chunks::<2>().0.iter().map(|&bytes| i32::from(i16::from_le_bytes(bytes)));
    let sum = samples.sum::<i32>().clamp(i16::MIN.into(), i16::MAX.into());
    i16::try_from(sum).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_played_back_as_it_was_heard() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        let heard: Vec<u8> = (0..=255).collect();
        let mut file = wav::header(Channels::Mono, 512).to_vec();
        for &code in &heard {
            file.extend_from_slice(&Codec::Pcma.decode(code).to_le_bytes());
        }
        std::fs::write(&path, file).unwrap();
        let list = recording_playlist(&path).unwrap();
        assert_eq!(list.segments, [Segment::Alaw(heard.into())]);
    }

    #[test]
    fn what_is_no_recording_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(recording_playlist(folder.path()).is_err());
        assert!(recording_playlist(&folder.path().join("none.wav")).is_err());
    }

    #[test]
    fn all_tracks_are_heard_in_one_whatever_piece_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        let frames: Vec<[i16; 3]> = (0..20_000)
            .map(|n| [n, -(n / 2), 5])
            .chain([[i16::MAX, 9, 9], [i16::MIN, -9, 0]])
            .collect();
        let mut file = wav::header(Channels::Several(3), 0).to_vec();
        file.extend(frames.iter().flatten().flat_map(|sample| sample.to_le_bytes()));
        std::fs::write(&path, file).unwrap();
        let mixed = Mixdown::open(&path).unwrap();
        let data = u32::try_from(frames.len() * 2).unwrap();
        let mut expected = wav::header(Channels::Mono, data).to_vec();
        let sum = |frame: &[i16; 3]| frame.iter().map(|s| i32::from(*s)).sum::<i32>();
        let clamp = |sum: i32| i16::try_from(sum.clamp(-32_768, 32_767)).unwrap();
        expected.extend(frames.iter().flat_map(|frame| clamp(sum(frame)).to_le_bytes()));
        assert_eq!(mixed.bytes(), expected.len() as u64);
        for piece in [1, 7, 64, 9_999, 65_536] {
            let (mut read, mut buffer) = (Vec::new(), vec![0; piece]);
            loop {
                match mixed.read_at(read.len() as u64, &mut buffer).unwrap() {
                    0 => break,
                    n => read.extend_from_slice(&buffer[..n]),
                }
            }
            assert!(read == expected, "in pieces of {piece}");
        }
        assert_eq!(mixed.read_at(u64::MAX, &mut [0; 8]).unwrap(), 0);
    }

    #[test]
    fn what_is_no_recording_of_ours_is_not_mixed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        for bytes in [&b"RIFF"[..], &[0; 100], b""] {
            std::fs::write(&path, bytes).unwrap();
            assert!(Mixdown::open(&path).is_err());
        }
    }
}
