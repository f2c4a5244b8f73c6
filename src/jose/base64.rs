//! Base64 in the two alphabets of RFC 4648: ours, because it is forty lines and the crate adds four kilobytes to the module.

use crate::secret::room;
use crate::text::push;
use alloc::string::String;
use alloc::vec::Vec;

const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Padded base64 (RFC 4648, section 4).
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut out = encoded(bytes, STANDARD);
    while !out.len().is_multiple_of(4) {
        out.push_str("=");
    }
    out
}

/// base64url without padding (RFC 7515, section 2).
pub(crate) fn encode_url(bytes: &[u8]) -> String {
    encoded(bytes, URL_SAFE)
}

fn encoded(bytes: &[u8], alphabet: &[u8; 64]) -> String {
    let mut out = String::new();
    let (mut group, mut bits) = (0_u32, 0_u32);
    let mut emit = |six: u32| push(&mut out, alphabet.get((six & 63) as usize).map_or('-', |byte| char::from(*byte)));
    for byte in bytes {
        group = group << 8 | u32::from(*byte);
        bits = bits.wrapping_add(8);
        while let Some(left) = bits.checked_sub(6) {
            bits = left;
            emit(group >> bits);
        }
    }
    if bits > 0 {
        emit(group << 6_u32.saturating_sub(bits));
    }
    out
}

/// base64url without padding, and in its one canonical form: bits that stand for nothing are 0.
pub(crate) fn decode_url(text: &[u8]) -> Option<Vec<u8>> {
    decode(text, false)
}

/// Padded base64 with line breaks, as in PEM (RFC 7468, section 3). Environment variables often carry
/// the two characters `\\n` where a line break was meant; a backslash can stand for nothing else here.
pub(crate) fn decode_pem(text: &str) -> Option<Vec<u8>> {
    decode(text.as_bytes(), true)
}

fn decode(text: &[u8], pem: bool) -> Option<Vec<u8>> {
    let mut out = room(|| text.len()).into_bytes();
    read(text, pem, &mut out).map(|()| out)
}

/// Apart from [`decode`], because there each way out would drop what was decoded by itself.
fn read(text: &[u8], pem: bool, out: &mut Vec<u8>) -> Option<()> {
    let (mut group, mut bits, mut padded) = (0_u32, 0_u32, false);
    let alphabet = if pem { STANDARD } else { URL_SAFE };
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        // Looked up one by one: less code than telling ranges apart, for a few kilobytes an hour.
        let Some(value) = alphabet.iter().position(|known| known == byte) else {
            match byte {
                b'\\' if pem => _ = bytes.next(),
                b'=' if pem => padded = true,
                _ => (pem && byte.is_ascii_whitespace()).then_some(())?,
            }
            continue;
        };
        group = group << 6 | value as u32;
        bits = bits.wrapping_add(6);
        if let Some(left) = bits.checked_sub(8) {
            bits = left;
            out.extend_from_slice(&[(group >> bits) as u8]);
        }
        (!padded).then_some(())?;
    }
    let rest = group & (1_u32 << bits).wrapping_sub(1);
    (bits < 6 && rest == 0).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        for (bytes, text) in
            [(&b""[..], ""), (b"f", "Zg"), (b"fo", "Zm8"), (b"foo", "Zm9v"), (&[0xfb, 0xff, 0xfe], "-__-")]
        {
            assert_eq!(encode_url(bytes), text);
            assert_eq!(encode(bytes).trim_end_matches('=').replace('+', "-").replace('/', "_"), text);
            assert_eq!(encode(bytes).len() % 4, 0);
            assert_eq!(decode_url(text.as_bytes()).as_deref(), Some(bytes));
        }
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(decode_url(encode_url(&all).as_bytes()), Some(all));
    }

    #[test]
    fn what_is_not_canonical_is_refused() {
        for text in ["Zg==", "Zh", "Z", "Zm9", "Z g", "+/A", "Zm9v\n", "é"] {
            assert_eq!(decode_url(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn pem_has_the_other_alphabet_line_breaks_and_padding() {
        assert_eq!(decode_pem("+/\r\n//\n").as_deref(), Some(&[0xfb, 0xff, 0xff][..]));
        assert_eq!(decode_pem("Zg==\n").as_deref(), Some(&b"f"[..]));
        assert_eq!(decode_pem("Zg=a"), None);
        assert_eq!(decode_pem("-_"), None);
    }
}
