//! What goes over the wire, read and written apart from the core: a mistake of the one is not to hide in the other.

use serde_json::Value;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// base64url without padding (RFC 4648, section 5).
pub(crate) fn base64url(bytes: &[u8]) -> String {
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..=three.len() {
            out.push(char::from(DIGITS[(bits >> (18 - 6 * at) & 63) as usize]));
        }
    }
    out
}

fn from_base64url(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.bytes() {
        bits = bits << 6 | DIGITS.iter().position(|digit| *digit == byte)? as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 255) as u8);
        }
    }
    Some(out)
}

/// A JWT that nobody signed: its last part is a mark.
pub(crate) fn jwt(claims: &str, mark: &str) -> String {
    format!("eyJhbGciOiJSUzI1NiJ9.{}.{mark}", base64url(claims.as_bytes()))
}

pub(crate) fn claims(jwt: &str) -> Option<Value> {
    serde_json::from_slice(&from_base64url(jwt.split('.').nth(1)?)?).ok()
}

/// The members of a form (application/x-www-form-urlencoded).
pub(crate) fn form(body: &str) -> Vec<(String, String)> {
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (unescaped(name), unescaped(value))
    };
    body.split('&').map(pair).collect()
}

pub(crate) fn member<'a>(form: &'a [(String, String)], name: &str) -> &'a str {
    form.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

/// Without percent signs.
pub(crate) fn unescaped(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || bytes.next().and_then(|digit| char::from(digit).to_digit(16)).unwrap_or(0) as u8;
                digit() << 4 | digit()
            }
            other => other,
        });
    }
    String::from_utf8(out).unwrap_or_default()
}

/// A moment of UTC (RFC 3339), given in seconds since the Unix epoch.
pub(crate) fn moment(seconds: u64) -> String {
    // Howard Hinnant's days to civil dates, for what comes after 1970.
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let second = seconds % 86_400;
    format!("{year}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for (text, encoded) in
            [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("\u{3ff}?", "z78_")]
        {
            assert_eq!(base64url(text.as_bytes()), encoded);
            assert_eq!(from_base64url(encoded).unwrap(), text.as_bytes());
        }
        assert_eq!(claims(&jwt(r#"{"aud":"x"}"#, "tk1")).unwrap()["aud"], "x");
        let form = form("a=b+c&d=%2F%c3%A9&e");
        assert_eq!(
            [member(&form, "a"), member(&form, "d"), member(&form, "e"), member(&form, "f")],
            ["b c", "/é", "", ""]
        );
    }

    #[test]
    fn moments_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_868_799, "2000-02-29T23:59:59Z"),
            (1_800_000_000, "2027-01-15T08:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(moment(seconds), text);
        }
    }
}
