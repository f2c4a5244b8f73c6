//! URLs and base URLs, held against the `url` crate: what is accepted means the same there.
#![no_main]

use cloud_run_auth::session::BaseUrl;
use cloud_run_auth::url::Url;
use fuzz::{assert_one_line, cut};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = core::str::from_utf8(data) else { return };
    // The second line is a URL that the base may cover.
    let (typed, other) = cut(text, "\n");
    let base = BaseUrl::parse(typed, true);
    if let Err(error) = &base {
        assert_one_line("a message", &error.message);
    }
    let Ok(ours) = Url::parse(typed) else {
        assert!(base.is_err(), "a base that is no URL");
        return;
    };
    let host = ours.host_and_port();
    // What other parsers refuse is sent nowhere: some names in Punycode, some IPv6 addresses.
    let Ok(theirs) = url::Url::parse(typed) else {
        assert!(host.starts_with('[') || host.contains("xn--"), "refused by the standard");
        return;
    };
    let origin = url::Url::parse(ours.origin()).expect("an origin is a URL");
    assert_eq!(origin.origin(), theirs.origin());
    assert_eq!(if ours.path().is_empty() { "/" } else { ours.path() }, theirs.path());
    // In a query the standard encodes an apostrophe, and we leave it; both say the same to the server that decodes it.
    assert_eq!(ours.query().map(|query| query.replace('\'', "%27")).as_deref(), theirs.query());
    assert_eq!(ours.is_https(), theirs.scheme() == "https");
    assert!(theirs.username().is_empty() && theirs.password().is_none() && theirs.fragment().is_none());
    if !host.starts_with('[') {
        assert_eq!(ours.origin(), theirs.origin().ascii_serialization());
        assert_eq!(ours.href().replace('\'', "%27"), theirs.as_str().replace('\'', "%27"));
    }
    if ours.is_loopback() {
        let loops = match theirs.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        assert!(loops, "another machine is taken for this one");
    }
    if let Ok(base) = base {
        look_at_base(&base, &theirs, other);
    }
});

fn look_at_base(base: &BaseUrl, theirs: &url::Url, other: &str) {
    assert!(!base.audience().ends_with('/') && !base.prefix().ends_with('/'));
    if let Ok(other_url) = url::Url::parse(other)
        && base.covers(other).is_ok()
    {
        assert_eq!(other_url.origin(), theirs.origin());
        let path = theirs.path().trim_end_matches('/');
        let rest = other_url.path().strip_prefix(path);
        assert!(rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')), "above the base");
    }
}
