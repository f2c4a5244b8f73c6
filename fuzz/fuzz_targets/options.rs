//! What callers say: audiences, scopes, terms; where redirects lead; and what is shown of strangers' words.
#![no_main]

use cloud_run_auth::credential::Terms;
use cloud_run_auth::error::shown;
use cloud_run_auth::grant::{Audience, Scopes};
use cloud_run_auth::session::{Hop, redirected};
use fuzz::{assert_one_line, cut};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = core::str::from_utf8(data) else { return };
    match Audience::parse(text) {
        Ok(audience) => assert_eq!(audience.as_str(), text),
        Err(error) => assert_one_line("a message", &error.message),
    }
    match Scopes::parse(text) {
        Ok(scopes) => assert_eq!(Scopes::parse(scopes.as_str()).as_ref(), Ok(&scopes), "sorted once for all"),
        Err(error) => assert_one_line("a message", &error.message),
    }
    for error in [Terms::google().emulator(text).err(), Terms::google().allow(text).with("subject", text).err()] {
        error.iter().for_each(|error| assert_one_line("a message", &error.message));
    }
    let words = shown(text);
    assert_one_line("what is shown", &words);
    assert!(words.len() < 700, "too much is shown");

    let (from, to) = cut(text, "\n");
    if let (Ok(first), true) = (url::Url::parse(from), redirected(302, "GET", from, to, 0, true) != Hop::HandedBack) {
        assert_eq!(url::Url::parse(to).map(|to| to.origin()), Ok(first.origin()), "another origin");
    }
});
