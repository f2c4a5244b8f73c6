//! Credential files, and flows for the tokens of those that are accepted.
//!
//! An input is text: a line of what the caller says, as `name=value` with spaces between, the file, and behind each line break
//! and `>` what came of the next action (`fuzz::flow`). In the file `@KEY@` is the vectors' key. No file: a search.
#![no_main]

use cloud_run_auth::credential::{Credential, Terms};
use cloud_run_auth::error::AuthError;
use cloud_run_auth::grant::{Audience, Scopes, Target};
use fuzz::{assert_one_line, cut, flow::drive, keys};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

/// The options that are the terms' own.
const OPTIONS: &str = " universeDomain subject credentialType selfSigned userIdTokens subjectToken gcloud lacks ";

/// As the text of a JSON string.
static KEY: LazyLock<String> = LazyLock::new(|| keys::pem("pkcs8_2048").replace('\n', "\\n"));

#[derive(Default)]
struct Said<'a> {
    terms: Terms,
    audience: &'a str,
    scopes: &'a str,
    file: &'a str,
    function: Option<u32>,
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = core::str::from_utf8(data) else { return };
    let (head, rest) = cut(text, "\n");
    let mut chunks = rest.split("\n>");
    let file = chunks.next().unwrap_or_default().replace("@KEY@", &KEY);
    let told: Vec<&str> = chunks.collect();
    let said = match said(head) {
        Ok(said) => said,
        Err(error) => return assert_one_line("a message", &error.message),
    };
    let audience = Audience::parse(said.audience).map(Target::id_token);
    let scopes = Scopes::parse(said.scopes).map(Target::access_token);
    let mut prints = Vec::new();
    for target in [audience, scopes].into_iter().flatten() {
        let credential = match (said.function, file.is_empty()) {
            (Some(number), _) => Credential::function(number),
            (None, true) => Credential::search(said.file, &said.terms),
            (None, false) => match Credential::from_json_with(&file, &said.terms) {
                Ok(credential) => credential,
                Err(error) => return assert_one_line("a message", &error.message),
            },
        };
        prints.push(String::from(credential.fingerprint().as_str()));
        _ = drive(credential, &target, &told);
    }
    assert!(prints.windows(2).all(|pair| pair[0] == pair[1]), "the same file has the same fingerprint");
});

fn said(head: &str) -> Result<Said<'_>, AuthError> {
    let mut said = Said { terms: Terms::google(), audience: "https://a.example", scopes: "a b", ..Said::default() };
    for (name, value) in head.split(' ').filter_map(|word| word.split_once('=')) {
        match name {
            "emulator" => said.terms = said.terms.emulator(value)?,
            "allow" => said.terms = said.terms.allow(value),
            "audience" => said.audience = value,
            "scopes" => said.scopes = value,
            // A variable of the environment, which the host tells without control characters.
            "file" if !value.chars().any(char::is_control) => said.file = value,
            "function" => said.function = value.parse().ok(),
            _ if OPTIONS.contains(&format!(" {name} ")) => said.terms = said.terms.with(name, value)?,
            _ => {}
        }
    }
    Ok(said)
}
