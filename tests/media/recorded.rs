//! A recording of the service, as a WAV file.

use mayorline::store::{DataFolder, SoundKeys};
use std::path::Path;

/// A recording below a data folder that has its master key.
pub(crate) fn recorded(data: &Path, file: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let sound = SoundKeys::new(&DataFolder::from(data)).open(&data.join(file)).unwrap();
    sound.write_wav(&mut bytes).unwrap();
    bytes
}
