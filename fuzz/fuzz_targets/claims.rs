//! The claims of tokens, held against serde_json and the `base64` crate.
#![no_main]

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cloud_run_auth::jose::Claims;
use fuzz::{cut, kind};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let (first, rest) = kind(data);
    // Either a token as it is, or the lines that become one: header, claims, signature.
    if first != b'{' {
        look_at(rest);
        return;
    }
    let Ok(text) = core::str::from_utf8(data) else { return };
    let (header, more) = cut(text, "\n");
    let (claims, signature) = cut(more, "\n");
    let parts = [header, claims, signature].map(|part| URL_SAFE_NO_PAD.encode(part));
    look_at(parts.join(".").as_bytes());
});

fn look_at(token: &[u8]) {
    let claims = Claims::read(token);
    let Ok(theirs) = theirs(token) else { return };
    let (claims, theirs) = match (claims, theirs) {
        (Some(claims), Some(theirs)) => (claims, theirs),
        (None, None) => return,
        (Some(_), None) => panic!("no token is read as one"),
        (None, Some(theirs)) => {
            // What is too deep is refused here alone.
            let decoded = token.split(|byte| *byte == b'.').filter_map(|part| URL_SAFE_NO_PAD.decode(part).ok());
            let brackets = decoded.flatten().filter(|byte| matches!(byte, b'[' | b'{')).count();
            assert!(brackets > 31, "a token is refused: {theirs}");
            return;
        }
    };
    for name in ["exp", "iat", ""] {
        let value = theirs.get(name);
        match (claims.seconds(name), value.and_then(Value::as_u64)) {
            (ours, Some(seconds)) if seconds < u64::MAX / 11 => assert_eq!(ours, Some(seconds)),
            (Some(_), _) => assert!(value.is_some_and(Value::is_number)),
            (None, _) => assert!(!value.is_some_and(Value::is_number)),
        }
    }
    let names = |audience: &str| match theirs.get("aud") {
        Some(Value::String(text)) => text == audience,
        Some(Value::Array(items)) => items.iter().any(|item| item == audience),
        _ => false,
    };
    let mut audiences = vec!["https://a.example", ""];
    match theirs.get("aud") {
        Some(Value::String(text)) => audiences.push(text),
        Some(Value::Array(items)) => audiences.extend(items.iter().filter_map(Value::as_str)),
        _ => {}
    }
    for audience in audiences {
        assert_eq!(claims.is_for(audience), names(audience), "{audience:?}");
    }
}

/// What other crates make of a token, if it is one; an error where they refuse a number that is too large, as we do not.
fn theirs(token: &[u8]) -> Result<Option<Value>, serde_json::Error> {
    let text = String::from_utf8_lossy(token);
    let parts: Option<Vec<Vec<u8>>> = text.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).ok()).collect();
    let Some(Ok([header, claims, signature])) = parts.map(<[Vec<u8>; 3]>::try_from) else { return Ok(None) };
    let read = |json: &[u8]| match serde_json::from_slice::<Value>(json) {
        Err(error) if error.to_string().starts_with("number out of range") => Err(error),
        read => Ok(read.ok()),
    };
    let (header, claims) = (read(&header)?, read(&claims)?);
    let signed = !signature.is_empty() && header.is_some_and(|header| header.get("alg").is_some());
    Ok(claims.filter(|claims| signed && claims.is_object()))
}
