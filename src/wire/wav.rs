//! WAV files as this service keeps them: RIFF/WAVE, PCM 16 bit little-endian, 8 kHz, one track or
//! several. The writer makes the 44-byte header; the reader also takes extra chunks and a file that
//! was cut off by a crash.

use super::WireError;
use super::g711::SAMPLE_RATE_HZ;

/// Length of the header that [`header`] writes; samples begin there.
pub const HEADER_LEN: usize = 44;

/// Most audio bytes one file may hold: the sizes in the header are 32 bits wide.
pub const DATA_BYTES_MAX: u32 = u32::MAX - 44;

const BYTES_PER_SAMPLE: u16 = 2;
const FORMAT_PCM: u16 = 1;
// WAVE_FORMAT_EXTENSIBLE: the true format is the first field of the sub-format id.
const FORMAT_EXTENSIBLE: u16 = 0xFFFE;
const SUB_FORMAT_AT: usize = 24;

/// Most tracks of one file: the citizen, what we play, and fourteen further legs.
pub const TRACKS_MAX: u16 = 16;

/// How many tracks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channels {
    /// One track.
    Mono,
    /// Two tracks, left sample first.
    Stereo,
    /// Three tracks or more; made by [`Self::of`] and [`Self::wider`] only.
    Several(u16),
}

impl Channels {
    /// So many; `None` for none and for more than [`TRACKS_MAX`].
    #[must_use]
    pub const fn of(count: u16) -> Option<Self> {
        match count {
            1 => Some(Self::Mono),
            2 => Some(Self::Stereo),
            3..=TRACKS_MAX => Some(Self::Several(count)),
            _ => None,
        }
    }

    /// One more; `None` past [`TRACKS_MAX`].
    #[must_use]
    pub const fn wider(self) -> Option<Self> {
        Self::of(self.count() + 1)
    }

    /// How many.
    #[must_use]
    pub const fn count(self) -> u16 {
        match self {
            Self::Mono => 1,
            Self::Stereo => 2,
            Self::Several(count) => count,
        }
    }

    /// Bytes of one sample of each.
    #[must_use]
    pub const fn frame_bytes(self) -> u16 {
        self.count() * BYTES_PER_SAMPLE
    }
}

/// The header of a file with `data_bytes` of audio (8 kHz, 16 bit).
///
/// ```
/// use mayorline::wire::wav::{self, Channels};
/// let mut file = wav::header(Channels::Mono, 4).to_vec();
/// file.extend_from_slice(&[1, 0, 255, 255]);
/// assert_eq!(wav::parse(&file)?.samples().collect::<Vec<_>>(), [1, -1]);
/// # Ok::<(), mayorline::wire::WireError>(())
/// ```
#[must_use]
pub fn header(channels: Channels, data_bytes: u32) -> [u8; HEADER_LEN] {
    let frame_bytes = channels.frame_bytes();
    let data_bytes = data_bytes.min(DATA_BYTES_MAX);
    let mut header = [0; HEADER_LEN];
    header[..4].copy_from_slice(b"RIFF");
    header[4..8].copy_from_slice(&(data_bytes + 36).to_le_bytes());
    header[8..16].copy_from_slice(b"WAVEfmt ");
    header[16..20].copy_from_slice(&16_u32.to_le_bytes());
    header[20..22].copy_from_slice(&FORMAT_PCM.to_le_bytes());
    header[22..24].copy_from_slice(&channels.count().to_le_bytes());
    header[24..28].copy_from_slice(&SAMPLE_RATE_HZ.to_le_bytes());
    header[28..32].copy_from_slice(&(SAMPLE_RATE_HZ * u32::from(frame_bytes)).to_le_bytes());
    header[32..34].copy_from_slice(&frame_bytes.to_le_bytes());
    header[34..36].copy_from_slice(&(BYTES_PER_SAMPLE * 8).to_le_bytes());
    header[36..40].copy_from_slice(b"data");
    header[40..].copy_from_slice(&data_bytes.to_le_bytes());
    header
}

/// A readable file: its tracks and its audio, whole sample frames only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wav<'a> {
    /// Its tracks.
    pub channels: Channels,
    /// 16-bit little-endian samples, tracks interleaved.
    pub data: &'a [u8],
    /// The header promised more than the file holds.
    pub cut_off: bool,
}

impl<'a> Wav<'a> {
    /// All samples in file order (left, right, left, … for stereo).
    pub fn samples(&self) -> impl Iterator<Item = i16> + 'a {
        self.data.as_chunks::<2>().0.iter().map(|&bytes| i16::from_le_bytes(bytes))
    }

    /// One track; track 1 of a mono file is empty.
    pub fn track(&self, index: u16) -> impl Iterator<Item = i16> + 'a {
        let count = self.channels.count();
        let present = if index < count { usize::MAX } else { 0 };
        self.samples().skip(usize::from(index)).step_by(usize::from(count)).take(present)
    }

    /// Sample frames, so eighths of a millisecond.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.data.len() / usize::from(self.channels.frame_bytes())
    }
}

/// Reads a file. Unknown chunks are skipped; a `data` chunk longer than the file ends with the
/// file, so a recording cut by a crash stays playable.
///
/// # Errors
/// `Malformed` when it is no RIFF/WAVE file, `Missing` without `fmt ` or `data`, `Unsupported` for
/// anything but PCM 16 bit, 8 kHz, one to [`TRACKS_MAX`] tracks.
pub fn parse(file: &[u8]) -> Result<Wav<'_>, WireError> {
    match parse_any(file)? {
        (wav, SAMPLE_RATE_HZ) => Ok(wav),
        _ => Err(WireError::Unsupported("WAV format")),
    }
}

/// Reads a file of another program, with its rate in Hz. One that was written into a pipe promises more
/// than it holds, because its length was not known yet.
///
/// # Errors
/// As [`parse`], but at any rate.
pub fn parse_any(file: &[u8]) -> Result<(Wav<'_>, u32), WireError> {
    let mut rest = riff_body(file).ok_or(WireError::Malformed("WAV file"))?;
    let mut format_read = None;
    while let Some((name, size, body)) = next_chunk(rest) {
        let present = body.get(..size).unwrap_or(body);
        match name {
            b"fmt " => format_read = Some(format(present)?),
            b"data" => {
                let (channels, rate) = format_read.ok_or(WireError::Missing("WAV fmt chunk"))?;
                let frame = usize::from(channels.frame_bytes());
                let (data, _) = present.split_at(present.len() - present.len() % frame);
                let cut_off = size > body.len();
                return Ok((Wav { channels, data, cut_off }, rate));
            }
            _ => {}
        }
        // RIFF: a chunk of odd size is followed by a padding byte.
        rest = body.get(size.saturating_add(size & 1)..).unwrap_or(&[]);
    }
    Err(WireError::Missing("WAV data chunk"))
}

fn riff_body(file: &[u8]) -> Option<&[u8]> {
    let body = file.strip_prefix(b"RIFF")?;
    body.get(4..)?.strip_prefix(b"WAVE")
}

fn next_chunk(bytes: &[u8]) -> Option<(&[u8; 4], usize, &[u8])> {
    let (name, rest) = bytes.split_first_chunk::<4>()?;
    let (size, body) = rest.split_first_chunk::<4>()?;
    Some((name, usize::try_from(u32::from_le_bytes(*size)).ok()?, body))
}

/// Tracks and rate.
fn format(fmt: &[u8]) -> Result<(Channels, u32), WireError> {
    let field = |at: usize| {
        let bytes = fmt.get(at..at + 2).and_then(|b| b.first_chunk::<2>());
        bytes.map(|&b| u16::from_le_bytes(b)).ok_or(WireError::Malformed("WAV fmt chunk"))
    };
    let kind = match field(0)? {
        FORMAT_EXTENSIBLE => field(SUB_FORMAT_AT)?,
        kind => kind,
    };
    let rate = u32::from(field(4)?) | u32::from(field(6)?) << 16;
    if kind != FORMAT_PCM || field(14)? != BYTES_PER_SAMPLE * 8 {
        return Err(WireError::Unsupported("WAV format"));
    }
    let channels = Channels::of(field(2)?).ok_or(WireError::Unsupported("WAV track count"))?;
    Ok((channels, rate))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::SmallRng;
    use rand::{RngExt, SeedableRng};

    const MUTATION_SEED: u64 = 0x5741_5601;
    const MUTATIONS: usize = 20_000;

    fn file(channels: Channels, samples: &[i16]) -> Vec<u8> {
        let bytes = u32::try_from(samples.len() * 2).unwrap();
        let mut file = header(channels, bytes).to_vec();
        samples.iter().for_each(|s| file.extend_from_slice(&s.to_le_bytes()));
        file
    }

    #[test]
    fn another_reader_understands_the_header() {
        let bytes = file(Channels::Stereo, &[1, -2, 3, -4]);
        let reader = hound::WavReader::new(&bytes[..]).unwrap();
        let spec = reader.spec();
        assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (2, 8_000, 16));
        let samples: Vec<i16> = reader.into_samples().map(Result::unwrap).collect();
        assert_eq!(samples, [1, -2, 3, -4]);
    }

    #[test]
    fn tracks_come_apart() {
        let bytes = file(Channels::Stereo, &[1, -2, 3, -4]);
        let wav = parse(&bytes).unwrap();
        assert_eq!(wav.track(0).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(wav.track(1).collect::<Vec<_>>(), [-2, -4]);
        assert_eq!((wav.frames(), wav.cut_off), (2, false));
        let mono = file(Channels::Mono, &[7]);
        assert_eq!(parse(&mono).unwrap().track(1).count(), 0);
    }

    #[test]
    fn five_tracks_are_read_by_us_and_by_others() {
        let channels = Channels::of(5).unwrap();
        let bytes = file(channels, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        let wav = parse(&bytes).unwrap();
        assert_eq!((wav.channels, wav.frames()), (channels, 2));
        assert_eq!(wav.track(3).collect::<Vec<_>>(), [4, 9]);
        let reader = hound::WavReader::new(&bytes[..]).unwrap();
        assert_eq!((reader.spec().channels, reader.duration()), (5, 2));
    }

    #[test]
    fn extra_chunks_are_skipped_and_odd_ones_padded() {
        let plain = file(Channels::Mono, &[5, 6]);
        let mut bytes = plain[..36].to_vec();
        bytes.extend_from_slice(b"LIST\x03\0\0\0abc\0");
        bytes.extend_from_slice(&plain[36..]);
        assert_eq!(parse(&bytes).unwrap().samples().collect::<Vec<_>>(), [5, 6]);
    }

    #[test]
    fn a_cut_off_file_keeps_its_whole_samples() {
        let bytes = file(Channels::Stereo, &[1, 2, 3, 4, 5, 6]);
        let wav = parse(&bytes[..bytes.len() - 5]).unwrap();
        assert_eq!(wav.samples().collect::<Vec<_>>(), [1, 2]);
        assert!(wav.cut_off);
    }

    #[test]
    fn other_formats_are_refused() {
        let good = file(Channels::Mono, &[1]);
        for (at, value) in [(20, 6), (22, 0), (22, 17), (24, 1), (34, 8)] {
            let mut bytes = good.clone();
            bytes[at] = value;
            assert!(matches!(parse(&bytes), Err(WireError::Unsupported(_))), "byte {at}");
        }
        assert_eq!(parse(b"RIFF"), Err(WireError::Malformed("WAV file")));
        assert_eq!(parse(&good[..30]), Err(WireError::Malformed("WAV fmt chunk")));
    }

    #[test]
    fn a_file_of_another_program_tells_its_rate_whatever_length_it_promises() {
        let mut bytes = file(Channels::Mono, &[5, 6, 7]);
        bytes[24..28].copy_from_slice(&22_050_u32.to_le_bytes());
        bytes[40..44].copy_from_slice(&0x7fff_f000_u32.to_le_bytes());
        let (wav, rate) = parse_any(&bytes).unwrap();
        assert_eq!((rate, wav.samples().collect::<Vec<_>>()), (22_050, vec![5, 6, 7]));
        assert_eq!(parse(&bytes), Err(WireError::Unsupported("WAV format")));
    }

    #[test]
    fn mutated_files_never_panic() {
        let good = file(Channels::Stereo, &[9; 40]);
        let mut rng = SmallRng::seed_from_u64(MUTATION_SEED);
        for _ in 0..MUTATIONS {
            let mut bytes = good.clone();
            for _ in 0..rng.random_range(1..6) {
                let at = rng.random_range(0..bytes.len());
                bytes[at] = rng.random();
            }
            bytes.truncate(rng.random_range(0..=bytes.len()));
            if let Ok(wav) = parse(&bytes) {
                assert!(wav.samples().count() <= bytes.len() / 2);
            }
        }
    }
}
