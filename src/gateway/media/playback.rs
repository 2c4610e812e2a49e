//! A closed recording as something to play: the citizen hears what was recorded (重听), a person at a
//! seat hears what was said in a call (调听).

use crate::media::player::{Playlist, Segment};
use crate::store::{SoundFile, SoundKeys};
use crate::wire::g711::Codec;
use crate::wire::wav::{self, Channels, HEADER_LEN};
use std::io;
use std::path::Path;

/// Longest recording that is played back, in samples: half an hour, the longest message that the
/// configuration allows.
const FRAMES_MAX: u64 = 30 * 60 * 8_000;

/// Reads the first track of a recording.
pub fn recording_playlist(path: &Path, keys: &SoundKeys) -> io::Result<Playlist> {
    let sound = keys.open(path)?;
    let bytes = sound.read(0, FRAMES_MAX)?;
    let frames = bytes.chunks_exact(usize::from(sound.channels().frame_bytes()));
    let first = frames.filter_map(|frame| frame.first_chunk::<2>());
    let alaw: Vec<u8> =
        first.map(|&sample| Codec::Pcma.encode(i16::from_le_bytes(sample))).collect();
    Ok(Playlist { segments: vec![Segment::Alaw(alaw.into())] })
}

/// Bytes of one mixed sample.
const SAMPLE_BYTES: u64 = 2;
/// Most sample frames that are mixed at once.
const FRAMES_AT_ONCE: u64 = 8_192;

/// A recording with all its tracks in one, as the people in the call heard each other: a WAV file
/// that is never written and can be read from anywhere.
#[derive(Debug)]
pub struct Mixdown(SoundFile);

impl Mixdown {
    /// Opens a closed recording of this service.
    ///
    /// # Errors
    /// When it cannot be read, is none or is under seal.
    pub fn open(path: &Path, keys: &SoundKeys) -> io::Result<Self> {
        keys.open(path).map(Self)
    }

    /// Length of the file that is read.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        HEADER_LEN as u64 + self.0.frames() * SAMPLE_BYTES
    }

    /// Reads from byte `from` on; gives how many bytes, none at the end.
    ///
    /// # Errors
    /// When the disk cannot be read, or the recording was changed or sealed meanwhile.
    pub fn read_at(&self, from: u64, into: &mut [u8]) -> io::Result<usize> {
        let head = HEADER_LEN as u64;
        if from < head {
            let data = u32::try_from(self.0.frames() * SAMPLE_BYTES).unwrap_or(u32::MAX);
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
        let bytes = self.0.read(first, count.min(FRAMES_AT_ONCE))?;
        let frames = bytes.chunks_exact(usize::from(self.0.channels().frame_bytes()));
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
    use crate::store::DataFolder;

    fn keys(folder: &Path) -> SoundKeys {
        let keys = folder.join("keys");
        std::fs::create_dir_all(&keys).unwrap();
        std::fs::write(keys.join("master.key"), "07".repeat(32)).unwrap();
        SoundKeys::new(&DataFolder::from(folder))
    }

    #[test]
    fn a_recording_is_played_back_as_it_was_heard() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        let heard: Vec<u8> = (0..=255).collect();
        let samples: Vec<u8> =
            heard.iter().flat_map(|&code| Codec::Pcma.decode(code).to_le_bytes()).collect();
        let keys = keys(folder.path());
        let mut sealed = keys.create(&path, Channels::Mono).unwrap();
        sealed.append(std::slice::from_ref(&samples)).unwrap();
        sealed.finish().unwrap();
        // As older programs wrote it.
        let plain = folder.path().join("b.wav");
        let header = wav::header(Channels::Mono, 512);
        std::fs::write(&plain, [&header[..], &samples].concat()).unwrap();
        for path in [path, plain] {
            let list = recording_playlist(&path, &keys).unwrap();
            assert_eq!(list.segments, [Segment::Alaw(heard.clone().into())]);
        }
    }

    #[test]
    fn what_is_no_recording_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let keys = keys(folder.path());
        assert!(recording_playlist(folder.path(), &keys).is_err());
        assert!(recording_playlist(&folder.path().join("none.wav"), &keys).is_err());
    }

    #[test]
    fn all_tracks_are_heard_in_one_whatever_piece_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        let frames: Vec<[i16; 3]> = (0..16_000)
            .map(|n| [n, -(n / 2), 5])
            .chain([[i16::MAX, 9, 9], [i16::MIN, -9, 0]])
            .collect();
        let samples = frames.iter().flatten().flat_map(|sample| sample.to_le_bytes()).collect();
        let keys = keys(folder.path());
        let mut sealed = keys.create(&path, Channels::Several(3)).unwrap();
        sealed.append(&[samples]).unwrap();
        sealed.finish().unwrap();
        let mixed = Mixdown::open(&path, &keys).unwrap();
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
        let keys = keys(folder.path());
        for bytes in [&b"RIFF"[..], &[0; 100], b"", b"MLSOUND\x01"] {
            std::fs::write(&path, bytes).unwrap();
            assert!(Mixdown::open(&path, &keys).is_err());
        }
    }
}
