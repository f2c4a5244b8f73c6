//! HTTP dates and `retry-after`, held against the `httpdate` crate.
#![no_main]

use cloud_run_auth::http::retry_after_ms;
use cloud_run_auth::time::http_date;
use libfuzzer_sys::fuzz_target;
use std::time::UNIX_EPOCH;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = core::str::from_utf8(data) else { return };
    let ours = http_date(text);
    if let Ok(theirs) = httpdate::parse_http_date(text) {
        let ms = theirs.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs() * 1000);
        if ours.is_some() {
            assert_eq!(ours, ms);
        } else {
            assert_ne!(httpdate::fmt_http_date(theirs), text, "the preferred form is refused");
        }
    }
    let waited = retry_after_ms(text, ours);
    if ours.is_some() {
        assert_eq!(waited, Some(0), "no time passes from a moment to itself");
    } else if let Ok(seconds) = text.parse::<u32>() {
        assert!(text.starts_with('+') || waited == Some(u64::from(seconds) * 1000), "{waited:?}");
    }
    _ = retry_after_ms(text, None);
});
