//! Base64 in the two alphabets of RFC 4648: ours, because it is forty lines and the crate adds four kilobytes to the module.

use alloc::string::String;
use alloc::vec::Vec;

const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// base64url without padding (RFC 7515, section 2).
pub(crate) fn encode_url(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3).saturating_mul(4));
    for chunk in bytes.chunks(3) {
        let [a, b, c] = [chunk.first(), chunk.get(1), chunk.get(2)].map(|byte| u32::from(byte.copied().unwrap_or(0)));
        let group = a << 16 | b << 8 | c;
        for at in 0..=chunk.len() {
            let shift = 18_u32.saturating_sub(6_u32.saturating_mul(at as u32));
            let index = (group >> shift & 63) as usize;
            out.extend(URL_SAFE.get(index).map(|byte| char::from(*byte)));
        }
    }
    out
}

/// base64url without padding, and in its one canonical form: bits that stand for nothing are 0.
pub(crate) fn decode_url(text: &[u8]) -> Option<Vec<u8>> {
    decode(text.iter().copied(), text.len(), |byte| match byte {
        b'-' => Some(62),
        b'_' => Some(63),
        _ => None,
    })
}

/// Padded base64 with line breaks, as in PEM (RFC 7468, section 3).
pub(crate) fn decode_pem(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end().trim_end_matches('=');
    decode(text.bytes().filter(|byte| !byte.is_ascii_whitespace()), text.len(), |byte| match byte {
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    })
}

fn decode(text: impl Iterator<Item = u8>, length: usize, last_two: impl Fn(u8) -> Option<u8>) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(length);
    let (mut group, mut bits) = (0_u32, 0_u32);
    for byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte.checked_sub(b'A'),
            b'a'..=b'z' => byte.checked_sub(71),
            b'0'..=b'9' => byte.checked_add(4),
            _ => last_two(byte),
        }?;
        group = (group << 6 | u32::from(value)) & 0xffff;
        bits = bits.checked_add(6)?;
        if let Some(left) = bits.checked_sub(8) {
            bits = left;
            out.push((group >> bits & 0xff) as u8);
        }
    }
    let rest = group & ((1_u32 << bits).checked_sub(1)?);
    (bits < 6 && rest == 0).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        for (bytes, text) in [(&b""[..], ""), (b"f", "Zg"), (b"fo", "Zm8"), (b"foo", "Zm9v"), (&[0xfb, 0xff, 0xfe], "-__-")] {
            assert_eq!(encode_url(bytes), text);
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
