//! JSON, held against serde_json: the same texts are accepted, and say the same.
#![no_main]

use cloud_run_auth::json::Json;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// How deep arrays and objects may lie in each other; serde_json goes further.
const DEEPEST: usize = 32;

fuzz_target!(|data: &[u8]| {
    let ours = Json::parse(data);
    match serde_json::from_slice::<Value>(data) {
        Ok(theirs) => match ours {
            Some(ours) => same(ours, &theirs),
            None => assert!(depth(data) > DEEPEST, "refused: {theirs}"),
        },
        // We leave numbers as they are written.
        Err(error) => assert!(ours.is_none() || error.to_string().starts_with("number out of range"), "{error}"),
    }
});

fn same(ours: Json<'_>, theirs: &Value) {
    assert_eq!(ours.is_object(), theirs.is_object());
    assert_eq!(ours.is_null(), theirs.is_null());
    assert_eq!(ours.is_number(), theirs.is_number());
    assert_eq!(ours.as_str().as_deref().map(String::as_str), theirs.as_str());
    match theirs {
        Value::Object(members) => {
            for (name, value) in members {
                same(ours.get(name).expect("every member is found"), value);
            }
            assert!(members.contains_key("absent") || ours.get("absent").is_none());
        }
        Value::Array(items) => {
            for text in items.iter().filter_map(Value::as_str) {
                assert!(ours.names(text), "{text} is in the array");
            }
        }
        Value::Number(number) => {
            let seconds = ours.as_seconds().expect("every number is one of seconds");
            if let Some(whole) = number.as_u64() {
                // Close to the largest number of all, we say that one.
                assert!(seconds == whole || whole >= u64::MAX / 11 && seconds == u64::MAX, "{seconds}, not {whole}");
            } else if number.as_i64().is_some() {
                assert_eq!(seconds, 0);
            }
        }
        _ => {}
    }
}

/// How many values lie in each other at most, the text being JSON.
fn depth(data: &[u8]) -> usize {
    let (mut open, mut deepest, mut quoted) = (0_usize, 0, false);
    let mut bytes = data.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => quoted = !quoted,
            b'\\' => _ = bytes.next(),
            b'[' | b'{' if !quoted => open += 1,
            b']' | b'}' if !quoted => open -= 1,
            _ => {}
        }
        let inside = usize::from(!matches!(byte, b'[' | b'{' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r'));
        deepest = deepest.max(open + inside);
    }
    deepest
}
