//! G.711: A-law and µ-law, one byte per 8 kHz sample. Tables are built at compile time from the
//! segment formula of ITU-T G.711, so a frame costs one look-up per sample.

/// Samples per second of everything here and in `media`.
pub const SAMPLE_RATE_HZ: u32 = 8_000;

/// The byte that an idle A-law line carries; it decodes to +8 of 32,768, the quietest level.
pub const ALAW_IDLE: u8 = 0xD5;

/// The byte that an idle µ-law line carries; it decodes to 0.
pub const ULAW_IDLE: u8 = 0xFF;

/// The second µ-law code that decodes to 0.
const ULAW_MINUS_ZERO: u8 = 0x7F;

/// The audio codecs of this service, both G.711 at 8 kHz.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// A-law, RTP payload type 8 (RFC 3551 §6); first choice in China.
    Pcma,
    /// µ-law, RTP payload type 0 (RFC 3551 §6).
    Pcmu,
}

impl Codec {
    /// Both, the preferred one first.
    pub const PREFERENCE: [Self; 2] = [Self::Pcma, Self::Pcmu];

    /// The encoding name of `a=rtpmap`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcma => "PCMA",
            Self::Pcmu => "PCMU",
        }
    }

    /// The static RTP payload type.
    #[must_use]
    pub const fn payload_type(self) -> u8 {
        match self {
            Self::Pcma => 8,
            Self::Pcmu => 0,
        }
    }

    /// The byte that says silence.
    #[must_use]
    pub const fn idle(self) -> u8 {
        match self {
            Self::Pcma => ALAW_IDLE,
            Self::Pcmu => ULAW_IDLE,
        }
    }

    /// The linear 16-bit value of a code.
    #[must_use]
    pub fn decode(self, code: u8) -> i16 {
        look_up(self.decode_table(), code)
    }

    /// Like [`Self::decode`], but µ-law's minus zero gives -1, so that [`Self::encode`] finds the
    /// very code again. What passes through between two legs keeps every bit so.
    #[must_use]
    pub fn decode_reversibly(self, code: u8) -> i16 {
        let minus_zero = self == Self::Pcmu && code == ULAW_MINUS_ZERO;
        if minus_zero { -1 } else { self.decode(code) }
    }

    /// Decodes as many bytes as fit and tells how many samples were written.
    pub fn decode_into(self, codes: &[u8], samples: &mut [i16]) -> usize {
        let table = self.decode_table();
        for (sample, &code) in samples.iter_mut().zip(codes) {
            *sample = look_up(table, code);
        }
        samples.len().min(codes.len())
    }

    /// The code of a linear 16-bit value.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "12 bits are below 4,096 and 14 below 16,384")]
    pub fn encode(self, sample: i16) -> u8 {
        match self {
            Self::Pcma => ALAW_ENCODE[usize::from(sample.cast_unsigned() >> 4)],
            Self::Pcmu => ULAW_ENCODE[usize::from(sample.cast_unsigned() >> 2)],
        }
    }

    /// Writes stored A-law bytes in this codec: unchanged for A-law, one look-up for µ-law.
    /// Both slices should be equally long; the shorter one decides.
    pub fn from_alaw_into(self, alaw: &[u8], codes: &mut [u8]) {
        match self {
            Self::Pcma => {
                for (code, &byte) in codes.iter_mut().zip(alaw) {
                    *code = byte;
                }
            }
            Self::Pcmu => {
                for (code, &byte) in codes.iter_mut().zip(alaw) {
                    *code = look_up(&ALAW_TO_ULAW, byte);
                }
            }
        }
    }

    const fn decode_table(self) -> &'static [i16; 256] {
        match self {
            Self::Pcma => &ALAW_DECODE,
            Self::Pcmu => &ULAW_DECODE,
        }
    }
}

/// What a table holds for a byte.
#[inline]
#[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
fn look_up<T: Copy>(table: &[T; 256], byte: u8) -> T {
    table[usize::from(byte)]
}

static ALAW_DECODE: [i16; 256] = alaw_decode_table();
static ULAW_DECODE: [i16; 256] = ulaw_decode_table();
// A-law keeps 12 bits and a sign, µ-law 13 and a sign: the upper bits of a sample are the index.
static ALAW_ENCODE: [u8; 1 << 12] = alaw_encode_table();
static ULAW_ENCODE: [u8; 1 << 14] = ulaw_encode_table();
static ALAW_TO_ULAW: [u8; 256] = alaw_to_ulaw_table();

/// G.711 table 1a: even bits are inverted on the line.
const ALAW_INVERSION: u8 = 0x55;
/// G.711 table 2a: the µ-law curve is shifted by 33 of 8,192 before it is cut into segments.
const ULAW_BIAS: u16 = 33;

const fn alaw_decode(code: u8) -> i16 {
    let code = code ^ ALAW_INVERSION;
    let (segment, step) = ((code >> 4) & 7, (code & 15) as i16);
    // The middle of the interval: half a step above its lower edge.
    let magnitude = match segment {
        0 => (step << 4) + 8,
        _ => ((step << 4) + 0x108) << (segment - 1),
    };
    if code & 0x80 == 0 { -magnitude } else { magnitude }
}

const fn ulaw_decode(code: u8) -> i16 {
    let code = !code;
    let (segment, step) = ((code >> 4) & 7, (code & 15) as i16);
    let magnitude = ((((step << 1) + 33) << segment) - 33) << 2;
    if code & 0x80 == 0 { magnitude } else { -magnitude }
}

/// `index` is the sample shifted right by 4, as 12 bits of two's complement.
#[expect(clippy::cast_possible_truncation, reason = "segment < 8 and step < 16")]
const fn alaw_encode(index: u16) -> u8 {
    let negative = index & 0x800 != 0;
    let magnitude = (if negative { !index } else { index }) & 0x7FF;
    let segment = 12_u32.saturating_sub(magnitude.leading_zeros());
    let step = magnitude >> (if segment == 0 { 0 } else { segment - 1 });
    let code = ((segment as u8) << 4) | (step & 15) as u8;
    (if negative { code } else { code | 0x80 }) ^ ALAW_INVERSION
}

/// `index` is the sample shifted right by 2, as 14 bits of two's complement.
#[expect(clippy::cast_possible_truncation, reason = "segment < 8 and step < 16")]
const fn ulaw_encode(index: u16) -> u8 {
    let negative = index & 0x2000 != 0;
    let magnitude = (if negative { !index } else { index }) & 0x1FFF;
    let biased = magnitude + ULAW_BIAS;
    let biased = if biased > 0x1FFF { 0x1FFF } else { biased };
    let segment = 10 - biased.leading_zeros();
    let code = ((segment as u8) << 4) | ((biased >> (segment + 1)) & 15) as u8;
    !(if negative { code | 0x80 } else { code })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "the index is below 256"
)]
const fn alaw_decode_table() -> [i16; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < table.len() {
        table[code] = alaw_decode(code as u8);
        code += 1;
    }
    table
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "the index is below 256"
)]
const fn ulaw_decode_table() -> [i16; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < table.len() {
        table[code] = ulaw_decode(code as u8);
        code += 1;
    }
    table
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "the index is below 4,096"
)]
const fn alaw_encode_table() -> [u8; 1 << 12] {
    let mut table = [0; 1 << 12];
    let mut index = 0;
    while index < table.len() {
        table[index] = alaw_encode(index as u16);
        index += 1;
    }
    table
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "the index is below 16,384"
)]
const fn ulaw_encode_table() -> [u8; 1 << 14] {
    let mut table = [0; 1 << 14];
    let mut index = 0;
    while index < table.len() {
        table[index] = ulaw_encode(index as u16);
        index += 1;
    }
    table
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "the index is below 256"
)]
const fn alaw_to_ulaw_table() -> [u8; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < table.len() {
        table[code] = ulaw_encode((alaw_decode(code as u8) >> 2).cast_unsigned() & 0x3FFF);
        code += 1;
    }
    // The idle line stays idle: the quietest A-law level lies beside the µ-law zero.
    table[ALAW_IDLE as usize] = ULAW_IDLE;
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The upper edges of the 128 positive intervals on the 16-bit scale, counted out segment by
    /// segment from tables 1a and 2a of G.711, with the value in the middle of each.
    fn intervals(first_edge: i32, steps: &[(usize, i32)]) -> Vec<(i32, i32, i32)> {
        let mut edges = vec![0, first_edge];
        for &(count, width) in steps {
            for _ in 0..count {
                edges.push(edges[edges.len() - 1] + width);
            }
        }
        edges.windows(2).map(|e| (e[0], e[1], (e[0] + e[1]) / 2)).collect()
    }

    fn alaw_intervals() -> Vec<(i32, i32, i32)> {
        // 32 steps of 2/4096, then 16 steps each of 4, 8, … 128.
        let mut steps = vec![(31, 16)];
        steps.extend((1..=6).map(|n| (16, 16 << n)));
        intervals(16, &steps)
    }

    fn ulaw_intervals() -> Vec<(i32, i32, i32)> {
        // Half a step around zero (1/8192), 15 steps of 2, then 16 steps each of 4, 8, … 256.
        let mut steps = vec![(15, 8)];
        steps.extend((1..=7).map(|n| (16, 8 << n)));
        let mut all = intervals(4, &steps);
        all[0].2 = 0;
        all
    }

    fn check(codec: Codec, intervals: &[(i32, i32, i32)], line: impl Fn(u8, bool) -> u8) {
        assert_eq!(intervals.len(), 128);
        for sample in i16::MIN..=i16::MAX {
            let negative = sample < 0;
            let magnitude = i32::from(if negative { !sample } else { sample });
            let step = intervals.iter().position(|i| magnitude < i.1).unwrap_or(127);
            let code = line(u8::try_from(step).unwrap(), negative);
            assert_eq!(codec.encode(sample), code, "{codec:?} {sample}");
        }
        for (step, &(_, _, middle)) in intervals.iter().enumerate() {
            let step = u8::try_from(step).unwrap();
            assert_eq!(i32::from(codec.decode(line(step, false))), middle);
            assert_eq!(i32::from(codec.decode(line(step, true))), -middle);
        }
    }

    #[test]
    fn alaw_follows_the_decision_values_for_every_sample_and_code() {
        check(Codec::Pcma, &alaw_intervals(), |step, negative| {
            (if negative { step } else { step | 0x80 }) ^ 0x55
        });
    }

    #[test]
    fn ulaw_follows_the_decision_values_for_every_sample_and_code() {
        check(Codec::Pcmu, &ulaw_intervals(), |step, negative| {
            !(if negative { step | 0x80 } else { step })
        });
    }

    #[test]
    fn decoding_and_encoding_again_is_lossless() {
        for code in 0..=255 {
            assert_eq!(Codec::Pcma.encode(Codec::Pcma.decode(code)), code);
            let linear = Codec::Pcmu.decode(code);
            assert_eq!(Codec::Pcmu.decode(Codec::Pcmu.encode(linear)), linear);
        }
    }

    #[test]
    fn known_codes() {
        assert_eq!(Codec::Pcma.decode(ALAW_IDLE), 8);
        assert_eq!(Codec::Pcma.decode(0x2A), -32_256);
        assert_eq!(Codec::Pcmu.decode(ULAW_IDLE), 0);
        assert_eq!(Codec::Pcmu.decode(0x00), -32_124);
        assert_eq!(Codec::Pcmu.encode(i16::MAX), 0x80);
    }

    #[test]
    fn stored_alaw_becomes_ulaw_within_one_step() {
        let all: Vec<u8> = (0..=255).collect();
        let mut ulaw = [0; 256];
        Codec::Pcmu.from_alaw_into(&all, &mut ulaw);
        for (code, &other) in all.iter().zip(&ulaw) {
            let want = f64::from(Codec::Pcma.decode(*code));
            let got = f64::from(Codec::Pcmu.decode(other));
            assert!((want - got).abs() <= 8.0 + want.abs() / 32.0, "{code:02x} {want} {got}");
        }
        assert_eq!(ulaw[usize::from(ALAW_IDLE)], ULAW_IDLE);
        let mut same = [0; 256];
        Codec::Pcma.from_alaw_into(&all, &mut same);
        assert_eq!(all, same);
    }
}
