//! Public keys as issuers publish them: JWK and JWK Set (RFC 7517), with what RFC 7518 says of RSA and of P-256.

use super::Algorithm;
use super::base64::{decode_url, encode_url};
use crate::json::Json;
use crate::text::concat;
use alloc::string::String;
use alloc::vec::Vec;

/// The bits of an RSA modulus: fewer are too weak (RFC 7518, section 3.3), more cost too much time.
const RSA_BITS: core::ops::RangeInclusive<usize> = 2048..=4096;
/// So many keys of a set are looked at.
const MOST: usize = 100;

/// A public key that is good for verifying signatures by the one algorithm that it says it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Jwk {
    /// Its name in the set; empty where it has none.
    pub(crate) kid: String,
    pub(crate) algorithm: Algorithm,
    /// The modulus, or the point's first coordinate: the first byte being the highest.
    pub(crate) first: Vec<u8>,
    /// The exponent, or the point's second coordinate.
    pub(crate) second: Vec<u8>,
}

impl Jwk {
    /// Reads one, or says why it is none, as the end of a sentence. One that does not say what it is for is refused: whoever takes a
    /// key for any algorithm lets the token choose (RFC 8725, section 3.1).
    pub(crate) fn read(jwk: &Json<'_>) -> Result<Jwk, &'static str> {
        let text = |name| jwk.text(name).unwrap_or_default();
        let is = |name, wanted: &str| text(name).as_str() == wanted;
        let number = |name| {
            let number = decode_url(text(name).as_bytes()).filter(|number| !number.is_empty());
            number.ok_or("lacks a part, or has one that is not base64url")
        };
        if jwk.get("use").is_some() && !is("use", "sig") {
            return Err("is not for signatures (use)");
        }
        if jwk.get("key_ops").is_some_and(|deeds| !deeds.names("verify")) {
            return Err("is not for verifying (key_ops)");
        }
        let kid = concat(&[&text("kid")]);
        if is("kty", "RSA") && is("alg", "RS256") {
            let (first, second) = rsa(&number("n")?, &number("e")?)?;
            Ok(Jwk { kid, algorithm: Algorithm::Rs256, first, second })
        } else if is("kty", "EC") && is("crv", "P-256") && is("alg", "ES256") {
            let (first, second) = (number("x")?, number("y")?);
            if first.len() != 32 || second.len() != 32 {
                return Err("has a coordinate that is not 32 bytes long");
            }
            Ok(Jwk { kid, algorithm: Algorithm::Es256, first, second })
        } else {
            Err("is for neither RS256 nor ES256 (kty, crv, alg)")
        }
    }

    /// Those of a JWK Set that signatures can be verified with; none where the text is no set. What is not understood is left out
    /// (RFC 7517, section 5).
    pub(crate) fn read_set(text: &str) -> Option<Vec<Jwk>> {
        let keys = Json::parse(text.as_bytes())?.get("keys").filter(|keys| keys.first() == b'[')?;
        let (mut found, mut parts) = (Vec::new(), keys.parts());
        while let Some((key, _)) = parts.next() {
            if let Some(key) = Jwk::read(&key).ok().filter(|_| key.is_object()) {
                found.push(key);
            }
            if found.len() >= MOST {
                break;
            }
        }
        Some(found)
    }

    /// As a JWK again, of what WebCrypto has to know and of nothing else.
    pub(crate) fn written(&self) -> String {
        let [front, middle, end] = match self.algorithm {
            Algorithm::Rs256 => [r#"{"kty":"RSA","alg":"RS256","n":""#, r#"","e":""#, r#""}"#],
            Algorithm::Es256 => [r#"{"kty":"EC","crv":"P-256","x":""#, r#"","y":""#, r#""}"#],
        };
        concat(&[front, &encode_url(&self.first), middle, &encode_url(&self.second), end])
    }
}

/// Modulus and exponent without leading zeros, of 2048 to 4096 bits, with an exponent that a key can have.
pub(crate) fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<(Vec<u8>, Vec<u8>), &'static str> {
    let (modulus, exponent) = (unpadded(modulus), unpadded(exponent));
    let zeros = modulus.first().map_or(0, |first| first.leading_zeros() as usize);
    let bits = modulus.len().saturating_mul(8).saturating_sub(zeros);
    if !RSA_BITS.contains(&bits) {
        return Err("is an RSA key of under 2048 or over 4096 bits");
    }
    // Odd and above 1, or nothing can be verified with it (RFC 8017, section 3.1); long ones only cost time.
    let odd = exponent.last().is_some_and(|last| last % 2 == 1);
    if !odd || exponent == [1] || exponent.len() > 4 {
        return Err("has an exponent that is even, 1 or over four bytes long");
    }
    Ok((modulus.into(), exponent.into()))
}

/// A number without its leading zeros.
pub(crate) fn unpadded(mut number: &[u8]) -> &[u8] {
    while let [0, rest @ ..] = number {
        number = rest;
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    fn read(text: &str) -> Result<Jwk, &'static str> {
        Jwk::read(&Json::parse(text.as_bytes()).unwrap())
    }

    #[test]
    fn a_key_says_what_it_is_for() {
        let n = encode_url(&[0xff; 256]);
        let good = format!(r#"{{"kty":"RSA","alg":"RS256","kid":"a","n":"{n}","e":"AQAB"}}"#);
        let key = read(&good).unwrap();
        assert_eq!((key.kid.as_str(), key.algorithm, key.second.as_slice()), ("a", Algorithm::Rs256, &[1, 0, 1][..]));
        assert_eq!(key.written(), format!(r#"{{"kty":"RSA","alg":"RS256","n":"{n}","e":"AQAB"}}"#));
        for (part, other) in [
            (r#""alg":"RS256","#, ""),
            (r#""alg":"RS256""#, r#""alg":"ES256""#),
            (r#""alg":"RS256""#, r#""alg":"HS256""#),
            (r#""kid":"a""#, r#""use":"enc""#),
            (r#""kid":"a""#, r#""key_ops":["encrypt"]"#),
            (r#""kty":"RSA""#, r#""kty":"oct""#),
            (r#""e":"AQAB""#, r#""e":"AQ""#),
            (r#""e":"AQAB""#, r#""e":"Ag""#),
            (r#""e":"AQAB""#, r#""d":"AQAB""#),
        ] {
            assert!(good.contains(part) && read(&good.replace(part, other)).is_err(), "{part} -> {other}");
        }
        assert!(read(&good.replace(&n, &encode_url(&[0xff; 255]))).is_err());
    }

    #[test]
    fn of_a_set_what_is_not_understood_is_left_out() {
        let point = encode_url(&[1; 32]);
        let set = format!(
            r#"{{"keys":[1,{{"kty":"oct"}},{{"kty":"EC","crv":"P-256","alg":"ES256","x":"{point}","y":"{point}"}},[]]}}"#
        );
        assert_eq!(Jwk::read_set(&set).unwrap().len(), 1);
        assert_eq!(Jwk::read_set(r#"{"keys":[]}"#), Some(Vec::new()));
        for text in ["", "[]", "{}", r#"{"keys":{}}"#, "<html>"] {
            assert_eq!(Jwk::read_set(text), None, "{text}");
        }
    }
}
