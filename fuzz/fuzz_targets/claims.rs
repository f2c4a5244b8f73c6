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
    let read = Claims::read(token);
    let theirs = (token.len() <= 16 * 1024).then(|| theirs(token)).flatten();
    let (Some(claims), Some(theirs)) = (&read, &theirs) else {
        // serde_json refuses numbers that are too large, and we refuse what is too deep: neither is a token of anybody's.
        return;
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

fn theirs(token: &[u8]) -> Option<Value> {
    let text = core::str::from_utf8(token).ok()?;
    let [header, claims, signature] = text.split('.').collect::<Vec<_>>().try_into().ok()?;
    let read = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
    URL_SAFE_NO_PAD.decode(signature).ok().filter(|bytes: &Vec<u8>| !bytes.is_empty())?;
    read(header)?.get("alg")?;
    read(claims).filter(Value::is_object)
}
