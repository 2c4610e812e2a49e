//! The default alphabet of seven bits with its extension (TS 23.038 §6.2.1), packed and not.

use super::text::Text;

/// Leads to the extension.
const ESCAPE: u8 = 0x1B;

/// The characters of 0x00 to 0x7F; ESC has none of its own and is shown as a blank.
const DEFAULT: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å', //
    'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', ' ', 'Æ', 'æ', 'ß', 'É', //
    ' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/', //
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?', //
    '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', //
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§', //
    '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', //
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à', //
];

/// The characters behind ESC.
const EXTENSION: [(u8, char); 10] = [
    (0x0A, '\u{C}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2F, '\\'),
    (0x3C, '['),
    (0x3D, '~'),
    (0x3E, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

/// The septets of a character: one, or two with ESC. `None` where the alphabet lacks it.
pub(super) fn septets(character: char) -> Option<(u8, Option<u8>)> {
    if let Some((code, _)) = EXTENSION.iter().find(|(_, c)| *c == character) {
        return Some((ESCAPE, Some(*code)));
    }
    let code = DEFAULT
        .iter()
        .enumerate()
        .position(|(code, c)| *c == character && code != usize::from(ESCAPE))?;
    u8::try_from(code).ok().map(|code| (code, None))
}

/// The text of septets. An unknown character of the extension shows as the one of the default
/// alphabet at its place; an escape that leads nowhere, as a blank (§6.2.1).
pub(super) fn text(septets: &[u8]) -> Text {
    let mut text = String::with_capacity(septets.len());
    let (mut escaped, mut suspect) = (false, false);
    for code in septets.iter().map(|septet| septet & 0x7F) {
        let plain = DEFAULT.get(usize::from(code)).copied().unwrap_or(' ');
        if !escaped {
            escaped = code == ESCAPE;
            text.extend((!escaped).then_some(plain));
            continue;
        }
        escaped = false;
        let known = EXTENSION.iter().find(|(extended, _)| *extended == code);
        suspect |= known.is_none();
        text.push(known.map_or(plain, |(_, character)| *character));
    }
    Text { text, suspect: suspect || escaped }
}

/// So many septets, the first in the low bits (§6.1.2.1.1); as many as there are, if fewer.
pub(super) fn unpack(octets: &[u8], count: usize) -> Vec<u8> {
    let mut septets = Vec::with_capacity(count);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for octet in octets {
        bits |= u32::from(*octet) << held;
        held += 8;
        while held >= 7 && septets.len() < count {
            septets.push((bits & 0x7F) as u8);
            bits >>= 7;
            held -= 7;
        }
        if septets.len() == count {
            break;
        }
    }
    septets
}

/// Packs septets behind so many bits that are left empty, as they are behind a header.
pub(super) fn pack(septets: &[u8], empty_bits: u32, out: &mut Vec<u8>) {
    let (mut bits, mut held) = (0_u32, empty_bits);
    for septet in septets {
        bits |= u32::from(septet & 0x7F) << held;
        held += 7;
        if held >= 8 {
            out.push((bits & 0xFF) as u8);
            bits >>= 8;
            held -= 8;
        }
    }
    if held > 0 {
        out.push((bits & 0xFF) as u8);
    }
}
