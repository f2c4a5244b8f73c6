//! Writes them down for other verifiers than Rust's: a JSON array with an object for each, its bytes in hexadecimal digits.
#![allow(clippy::print_stdout, reason = "what it is for")]

use cloud_run_auth_wycheproof::{Key, Verdict, cases};
use serde_json::{Value, json};

fn main() -> Result<(), String> {
    let all: Vec<Value> = cases()?
        .into_iter()
        .map(|case| {
            let (algorithm, first, second) = match &case.key {
                Key::Rsa(modulus, exponent) => ("RS256", modulus, exponent),
                Key::P256(x, y) => ("ES256", x, y),
            };
            let verdict = match case.verdict {
                Verdict::Valid => "valid",
                Verdict::Invalid => "invalid",
                Verdict::Acceptable => "acceptable",
            };
            json!({
                "set": case.set, "number": case.number, "about": case.about, "flags": case.flags, "verdict": verdict,
                "algorithm": algorithm, "key": [hex(first), hex(second)], "input": hex(&case.input), "signature": hex(&case.signature),
            })
        })
        .collect();
    println!("{}", Value::from(all));
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
