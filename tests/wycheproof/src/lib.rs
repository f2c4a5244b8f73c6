//! Project Wycheproof's signatures of the two algorithms that tokens are verified by, each with its key: RSASSA-PKCS1-v1_5 with SHA-256, and
//! ECDSA on P-256 with SHA-256 in the form that JWS has (RFC 7518, section 3.4), r and s one after the other.

use wycheproof::{TestResult, ecdsa, rsa_pkcs1_verify as rsa};

/// What Wycheproof says of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has to be taken.
    Valid,
    /// It must not be taken.
    Invalid,
    /// It may be taken.
    Acceptable,
}

/// A public key: modulus and exponent, or both coordinates.
#[derive(Clone, Debug)]
pub enum Key {
    /// For RS256.
    Rsa(Vec<u8>, Vec<u8>),
    /// For ES256; 32 bytes each.
    P256(Vec<u8>, Vec<u8>),
}

/// One signature.
#[derive(Clone, Debug)]
pub struct Case {
    /// The set that it is of.
    pub set: &'static str,
    /// Its number there.
    pub number: usize,
    /// What it tries.
    pub about: String,
    /// Names of what it tries.
    pub flags: String,
    /// What is to be made of it.
    pub verdict: Verdict,
    /// Whose it says it is.
    pub key: Key,
    /// What it says it is over.
    pub input: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
}

const RSA_SETS: [(&str, rsa::TestName); 4] = [
    ("RS256, 2048 bits", rsa::TestName::Rsa2048Sha256),
    ("RS256, 3072 bits", rsa::TestName::Rsa3072Sha256),
    ("RS256, 4096 bits", rsa::TestName::Rsa4096Sha256),
    ("RS256, 8192 bits", rsa::TestName::Rsa8192Sha256),
];
const P256_SET: &str = "ES256";

/// The sets' names, in their order.
pub fn sets() -> impl Iterator<Item = &'static str> {
    RSA_SETS.map(|(name, _)| name).into_iter().chain([P256_SET])
}

/// All of them; or why the crate does not give them.
///
/// # Errors
/// A sentence, where a set is not as it is expected to be.
pub fn cases() -> Result<Vec<Case>, String> {
    let mut all = Vec::new();
    for (set, name) in RSA_SETS {
        let of_set = rsa::TestSet::load(name).map_err(|error| format!("{set}: {error}"))?;
        for group in of_set.test_groups {
            let key = Key::Rsa(unpadded(&group.key.n), unpadded(&group.key.e));
            all.extend(group.tests.into_iter().map(|test| Case {
                set,
                number: test.tc_id,
                about: test.comment,
                flags: words(&test.flags),
                verdict: verdict(test.result),
                key: key.clone(),
                input: test.msg.to_vec(),
                signature: test.sig.to_vec(),
            }));
        }
    }
    let of_set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256P1363)
        .map_err(|error| format!("{P256_SET}: {error}"))?;
    for group in of_set.test_groups {
        // SEC 1, section 2.3.3: 4, and both coordinates.
        let (x, y) = match group.key.key.as_slice() {
            [4, point @ ..] if point.len() == 64 => point.split_at(32),
            _ => return Err(format!("{P256_SET}: a key is no point that is written out")),
        };
        let key = Key::P256(x.into(), y.into());
        all.extend(group.tests.into_iter().map(|test| Case {
            set: P256_SET,
            number: test.tc_id,
            about: test.comment,
            flags: words(&test.flags),
            verdict: verdict(test.result),
            key: key.clone(),
            input: test.msg.to_vec(),
            signature: test.sig.to_vec(),
        }));
    }
    Ok(all)
}

fn verdict(result: TestResult) -> Verdict {
    match result {
        TestResult::Valid => Verdict::Valid,
        TestResult::Invalid => Verdict::Invalid,
        TestResult::Acceptable => Verdict::Acceptable,
    }
}

fn words(flags: &[impl std::fmt::Debug]) -> String {
    flags.iter().map(|flag| format!("{flag:?}")).collect::<Vec<_>>().join(" ")
}

/// A number as a JWK has it (RFC 7518, section 2): without leading zeros.
fn unpadded(number: &[u8]) -> Vec<u8> {
    number.iter().copied().skip_while(|byte| *byte == 0).collect()
}
