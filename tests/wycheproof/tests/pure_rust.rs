//! `crypto::verify`, held to Wycheproof's signatures. `cargo test -p cloud-run-auth-wycheproof -- --nocapture` prints how many there were.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test that fails has to stop, and says what it counted"
)]

use cloud_run_auth::crypto::{PublicKey, verify};
use cloud_run_auth::jose::Algorithm;
use cloud_run_auth_wycheproof::{Case, Key, Verdict, cases, sets};

/// What is made of one: `None` where its key is not taken at all.
fn verified(case: &Case) -> Option<bool> {
    let (algorithm, key) = match &case.key {
        Key::Rsa(modulus, exponent) => (Algorithm::Rs256, PublicKey::rsa(modulus, exponent)),
        Key::P256(x, y) => (Algorithm::Es256, PublicKey::p256(x, y)),
    };
    verify(&key.ok()?, algorithm, &case.input, &case.signature).ok()
}

#[test]
fn no_invalid_signature_is_taken_and_every_valid_one_is() {
    let all = cases().unwrap();
    let mut checked = 0;
    for set in sets() {
        let (mut taken, mut refused, mut acceptable, mut without) = (0, 0, 0, 0);
        for case in all.iter().filter(|case| case.set == set) {
            let told = format!("{set}, {}: {} ({})", case.number, case.about, case.flags);
            let Some(good) = verified(case) else {
                // Longer keys than 4096 bits are nobody's, and cost whoever verifies with them.
                assert_eq!(set, "RS256, 8192 bits", "its key is not taken: {told}");
                without += 1;
                continue;
            };
            match case.verdict {
                Verdict::Valid => {
                    assert!(good, "a valid one is not taken: {told}");
                    taken += 1;
                }
                Verdict::Invalid => {
                    assert!(!good, "an invalid one is taken: {told}");
                    refused += 1;
                }
                Verdict::Acceptable => {
                    // RFC 8017, section 9.2, note 2: the hash's parameters are NULL, and not left out, as they are here.
                    assert_eq!(case.flags, "MissingNull", "{told}");
                    assert!(!good, "what leaves out NULL is taken: {told}");
                    acceptable += 1;
                }
            }
        }
        println!(
            "{set}: {taken} valid taken, {refused} invalid refused, {acceptable} acceptable refused, {without} of keys that are not taken"
        );
        assert!(without > 0 || (taken >= 7 && refused >= 89), "{set} is there");
        checked += taken + refused + acceptable + without;
    }
    assert_eq!(checked, all.len());
    assert!(checked == 1296, "{checked} were there");
}
