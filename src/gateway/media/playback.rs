//! A closed recording as something to play: the citizen hears what was recorded (重听).

use crate::media::player::{Playlist, Segment};
use crate::wire::g711::Codec;
use crate::wire::wav;
use std::io::{self, Read};
use std::path::Path;

/// Largest recording that is played back: half an hour of mono, the longest message that the
/// configuration allows.
const FILE_BYTES_MAX: u64 = 30 * 60 * 16_000 + 4096;

/// Reads the first track of a recording.
pub fn recording_playlist(path: &Path) -> io::Result<Playlist> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
    let wav = wav::parse(&bytes).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
    let alaw: Vec<u8> = wav.track(0).map(|sample| Codec::Pcma.encode(sample)).collect();
    Ok(Playlist { segments: vec![Segment::Alaw(alaw.into())] })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::wav::Channels;

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
}
