//! Paths of calls: what is let pass stays below its base, as the `url` crate reads it and however often a server decodes it.
#![no_main]

use cloud_run_auth::session::{BaseUrl, Path, check};
use fuzz::{assert_one_line, kind};
use libfuzzer_sys::fuzz_target;

const BASES: [&str; 6] = [
    "https://a.example",
    "https://a.example/",
    "https://a.example/b/c",
    "https://a.example/b/c/",
    "https://a.example/b?q=1",
    "http://127.0.0.1:8080/b/?q",
];

fuzz_target!(|data: &[u8]| {
    let (first, rest) = kind(data);
    let Ok(input) = core::str::from_utf8(rest) else { return };
    let base = BaseUrl::parse(BASES[usize::from(first) % BASES.len()], false).expect("the bases are good ones");
    let verdict = match check(input) {
        Ok(verdict) => verdict,
        Err(error) => {
            assert_one_line("a message", &error.message);
            assert!(base.join(input).is_err());
            return;
        }
    };
    let joined = base.join(input).expect("what was checked can be joined");
    let theirs = url::Url::parse(&joined).expect("what was checked is a URL below a base");
    let home = url::Url::parse(base.prefix()).expect("a base is a URL");
    assert_eq!(theirs.origin(), home.origin());
    assert!(theirs.username().is_empty() && theirs.password().is_none() && theirs.fragment().is_none());
    let inside = |url: &url::Url| {
        let rest = url.path().strip_prefix(home.path().trim_end_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    assert!(inside(&theirs), "above the base: {theirs}");
    if verdict == Path::Plain {
        // But for the slash of an origin, which no caller can leave out.
        let root = theirs.path() == "/" && !joined.starts_with(theirs.as_str());
        assert!(root || theirs.as_str() == joined, "not plain: {joined} is {theirs}");
        assert!(base.covers(theirs.as_str()).is_ok(), "plain, and not below the base");
    }
    let path = input.split('?').next().unwrap_or_default();
    assert!(!climbs_at_any_time(path), "a server that decodes goes above the base");
});

/// Whether a path leaves where it begins after being decoded some times.
fn climbs_at_any_time(path: &str) -> bool {
    let mut path = path.as_bytes().to_vec();
    for _ in 0..8 {
        let mut depth = 0_usize;
        for segment in path.split(|byte| matches!(byte, b'/' | b'\\')) {
            match segment {
                b"" | b"." => {}
                b".." => match depth.checked_sub(1) {
                    Some(less) => depth = less,
                    None => return true,
                },
                _ => depth += 1,
            }
        }
        let decoded = decoded(&path);
        if decoded == path {
            return false;
        }
        path = decoded;
    }
    false
}

fn decoded(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| *first == b'%').filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let code = code.and_then(|digits| u8::from_str_radix(core::str::from_utf8(digits).ok()?, 16).ok());
        out.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    out
}
