use super::*;
use crate::wire::wav::{self, Channels};
use proptest::prelude::*;
use std::fs;

const NAME: &str = "g1-01a1ee565e00-0007.whole_call.1.wav";
const CHUNK: usize = 4_000 * 4 + 16;

fn keys(folder: &Path, byte: u8) -> SoundKeys {
    let file = folder.join(format!("{byte}.key"));
    fs::write(&file, format!("{byte:02x}").repeat(32)).unwrap();
    SoundKeys::new(&DataFolder::new(folder, &file))
}

/// Two tracks that say where they are.
fn sound(frames: usize) -> Vec<u8> {
    (0..u32::try_from(frames).unwrap()).flat_map(u32::to_le_bytes).collect()
}

fn record(keys: &SoundKeys, path: &Path, frames: usize, closed: bool) -> Vec<u8> {
    let bytes = sound(frames);
    let mut writer = keys.create(path, Channels::Stereo).unwrap();
    // Pieces that fit no chunk.
    bytes.chunks(1_236).for_each(|piece| writer.append(&[piece.to_vec()]).unwrap());
    if closed {
        writer.finish().unwrap();
    }
    bytes
}

#[test]
fn a_recording_is_read_back_and_nothing_of_it_stands_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (keys, path) = (keys(folder.path(), 7), folder.path().join(NAME));
    for frames in [0, 1, 3_999, 4_000, 4_001, 12_000, 12_345] {
        let bytes = record(&keys, &path, frames, true);
        let opened = keys.open(&path).unwrap();
        assert_eq!((opened.frames(), opened.is_complete()), (frames as u64, true));
        assert_eq!(opened.read(0, u64::MAX).unwrap(), bytes);
        let mut file = Vec::new();
        opened.write_wav(&mut file).unwrap();
        let wav = wav::parse(&file).unwrap();
        assert_eq!((wav.channels, wav.data, wav.cut_off), (Channels::Stereo, &bytes[..], false));
        let stored = fs::read(&path).unwrap();
        let pattern = &bytes[..bytes.len().min(16)];
        assert!(frames < 4 || !stored.windows(16).any(|window| window == pattern));
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn another_key_name_or_bit_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (right, path) = (keys(folder.path(), 7), folder.path().join(NAME));
    record(&right, &path, 9_000, true);
    assert!(keys(folder.path(), 8).open(&path).is_err(), "another master key");
    let other = folder.path().join("g1-01a1ee565e00-0008.whole_call.1.wav");
    fs::copy(&path, &other).unwrap();
    assert!(right.open(&other).is_err(), "another recording's name");
    let whole = fs::read(&path).unwrap();
    let last = whole.len() - 1;
    for at in [0, 7, 8, 9, 12, 16, 30, 75, 76, 5_000, 76 + CHUNK, 76 + 2 * CHUNK, last] {
        let mut changed = whole.clone();
        changed[at] ^= 4;
        fs::write(&path, changed).unwrap();
        let read = right.open(&path).and_then(|sound| match sound.is_complete() {
            true => sound.read(0, u64::MAX),
            false => Err(invalid("cut off")),
        });
        assert!(read.is_err(), "byte {at}");
    }
}

#[test]
fn chunks_that_are_swapped_dropped_or_cut_off_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let (keys, path) = (keys(folder.path(), 7), folder.path().join(NAME));
    record(&keys, &path, 13_000, true);
    let whole = fs::read(&path).unwrap();
    let (head, chunks) = whole.split_at(76);
    let chunks: Vec<&[u8]> = chunks.chunks(CHUNK).collect();
    let opened = |order: &[usize]| {
        let body = order.iter().flat_map(|&n| chunks[n]).copied();
        fs::write(&path, head.iter().copied().chain(body).collect::<Vec<u8>>()).unwrap();
        keys.open(&path).unwrap()
    };
    assert!(opened(&[0, 1, 2, 3]).read(0, u64::MAX).is_ok());
    assert!(opened(&[1, 0, 2, 3]).read(0, u64::MAX).is_err(), "swapped");
    for order in [&[0, 1, 2][..], &[0, 1, 3], &[0, 1, 2, 2, 3]] {
        let cut = opened(order);
        assert!(!cut.is_complete(), "{order:?}");
    }
    // What is left of a recording that was cut off is still heard.
    assert_eq!(opened(&[0, 1]).read(0, u64::MAX).unwrap(), sound(8_000));
}

#[test]
fn a_crash_loses_at_most_the_unfinished_chunk_and_what_is_left_is_put_right() {
    let folder = tempfile::tempdir().unwrap();
    let (keys, path) = (keys(folder.path(), 7), folder.path().join(NAME));
    record(&keys, &path, 11_999, false);
    let whole = fs::read(&path).unwrap();
    assert_eq!(whole.len(), 76 + 2 * CHUNK);
    for length in [76, 77, 92, 76 + CHUNK - 1, 76 + CHUNK, 76 + CHUNK + 15, 76 + CHUNK + 16] {
        fs::write(&path, &whole[..length]).unwrap();
        let kept = (length - 76) / CHUNK * 4_000;
        let torn = keys.open(&path).unwrap();
        assert_eq!((torn.frames(), torn.is_complete()), (kept as u64, false), "{length}");
        assert!(torn.repair(&path).unwrap());
        let right = keys.open(&path).unwrap();
        assert!(right.is_complete() && !right.repair(&path).unwrap());
        assert_eq!(right.read(0, u64::MAX).unwrap(), sound(kept), "{length}");
    }
}

#[test]
fn what_a_power_cut_tore_at_the_end_is_dropped_and_a_file_that_is_all_wrong_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (keys, path) = (keys(folder.path(), 7), folder.path().join(NAME));
    record(&keys, &path, 4_000 * 130, false);
    let whole = fs::read(&path).unwrap();
    let torn = |chunks: usize| {
        let mut torn = whole.clone();
        let from = torn.len() - chunks * CHUNK;
        torn[from..].fill(0);
        fs::write(&path, &torn).unwrap();
        keys.open(&path).unwrap().repair(&path)
    };
    for (chunks, kept) in [(0, 130), (3, 127), (120, 10)] {
        assert!(torn(chunks).unwrap());
        let right = keys.open(&path).unwrap();
        assert!(right.is_complete());
        assert_eq!(right.read(0, u64::MAX).unwrap(), sound(kept * 4_000), "{chunks}");
    }
    assert_eq!(torn(121).unwrap_err().kind(), io::ErrorKind::InvalidData);
    assert_eq!(fs::read(&path).unwrap().len(), whole.len(), "nothing is dropped");
}

#[test]
fn a_key_that_is_taken_away_ends_what_is_being_heard_and_leaves_the_hash() {
    let folder = tempfile::tempdir().unwrap();
    let (keys, path) = (keys(folder.path(), 7), folder.path().join(NAME));
    record(&keys, &path, 5_000, true);
    let (playing, before) = (keys.open(&path).unwrap(), digest(&path).unwrap());
    assert!(playing.read(10, 10).is_ok());
    empty_slot(&path).unwrap();
    assert_eq!(playing.read(10, 10).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    assert_eq!(keys.open(&path).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    assert_eq!(digest(&path).unwrap(), before);
    let mut changed = fs::read(&path).unwrap();
    changed[80] ^= 1;
    fs::write(&path, changed).unwrap();
    assert_ne!(digest(&path).unwrap(), before);
}

#[test]
fn without_a_master_key_nothing_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let keys = SoundKeys::new(&DataFolder::from(folder.path()));
    assert!(keys.create(&folder.path().join(NAME), Channels::Mono).is_err());
    assert!(!folder.path().join(NAME).exists());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_range_is_what_was_recorded_there(
        frames in 0_usize..13_000,
        first in 0_u64..14_000,
        count in 0_u64..9_000,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (keys, path) = (keys(folder.path(), 7), folder.path().join(NAME));
        let bytes = record(&keys, &path, frames, true);
        let from = usize::try_from(first).unwrap().min(frames);
        let to = (from + usize::try_from(count).unwrap()).min(frames);
        let read = keys.open(&path).unwrap().read(first, count).unwrap();
        prop_assert_eq!(read, &bytes[4 * from..4 * to]);
    }
}
