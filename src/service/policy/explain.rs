//! Why somebody may have something or not, in words for whoever keeps the policy.

use super::{Caller, Claim, Policy, Proof, Refusal, Want, Wanted};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::Value;

impl Policy {
    /// Who a token with these claims is, and which claim keeps it from being each other caller of its issuer; and the names of whom
    /// it is.
    ///
    /// ```
    /// use cloud_run_auth::service::Policy;
    /// let policy = Policy::read("[callers.ada]\nissuer = \"https://i.example\"\nclaims.sub = \"ada\"", "https://t.example", "").unwrap();
    /// let claims = serde_json::json!({ "iss": "https://i.example", "sub": "bob" });
    /// let (names, lines) = policy.explain_claims(&claims);
    /// assert!(names.is_empty());
    /// assert_eq!(lines, ["not ada: its claim sub is \"bob\", and has to be \"ada\""]);
    /// ```
    pub fn explain_claims(&self, claims: &Value) -> (Vec<String>, Vec<String>) {
        // Google's tokens name it in either way.
        let issuer = match claims.get("iss").and_then(Value::as_str).unwrap_or_default() {
            "accounts.google.com" => "https://accounts.google.com",
            issuer => issuer,
        };
        let (mut names, mut lines) = (Vec::new(), Vec::new());
        for Caller { name, proof, .. } in &self.callers {
            let Proof::IdToken { issuer: wanted, claims: held_to, .. } = proof else { continue };
            if wanted != issuer {
                lines.push(format!("not {name}: its issuer is {issuer:?}, and has to be {wanted:?}"));
                continue;
            }
            match held_to.iter().find(|claim| !claim.holds(claims)) {
                None => {
                    lines.push(format!("it is {name}: all its claims are as they have to be"));
                    names.push(name.clone());
                }
                Some(claim) => {
                    let found = claims.get(&claim.name).map_or("missing".into(), Value::to_string);
                    lines.push(format!(
                        "not {name}: its claim {} is {found}, and has to be {}",
                        claim.name,
                        shown(claim)
                    ));
                }
            }
        }
        (names, lines)
    }

    /// What each grant says of that, by its line in the file; and whether there is one that gives it.
    ///
    /// ```
    /// use cloud_run_auth::service::{Policy, Want};
    /// let policy = Policy::read("[callers.ada]\nissuer = \"https://i.example\"\nclaims.sub = \"ada\"\n\
    ///     [[grants]]\nto = [\"ada\"]\njwt_for = [\"https://a.example\"]", "https://t.example", "").unwrap();
    /// let want = Want::Jwt { audience: "https://b.example".into(), scopes: vec![] };
    /// let (may, lines) = policy.explain_want(&["ada"], &want);
    /// assert!(!may);
    /// assert_eq!(lines, ["line 4 grants ada JWTs of 600 s for https://a.example: not for https://b.example"]);
    /// ```
    pub fn explain_want(&self, callers: &[&str], want: &Want) -> (bool, Vec<String>) {
        let mut lines = Vec::new();
        for grant in &self.grants {
            let verdict = if !grant.to.iter().any(|to| callers.contains(&to.as_str())) {
                "to somebody else".to_string()
            } else {
                match grant.lacks(want) {
                    None => "this gives it".to_string(),
                    Some(Refusal::NothingOfTheKind) => "of another kind".to_string(),
                    Some(Refusal::Audience) => format!("not for {}", want.audience()),
                    Some(Refusal::Scopes) => format!("not for all of the scopes {:?}", want.scopes().join(" ")),
                }
            };
            lines.push(format!("line {} grants {} {}: {verdict}", grant.line, grant.to.join(", "), grant.shown()));
        }
        if lines.is_empty() {
            lines.push("the policy has no grants: whatever it does not grant is refused".into());
        }
        (self.decide(callers, want).is_ok(), lines)
    }

    /// Whether there is a caller of that name.
    pub fn has(&self, caller: &str) -> bool {
        self.caller(caller).is_some()
    }

    /// The names of all callers.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.callers.iter().map(|caller| caller.name.as_str())
    }
}

fn shown(claim: &Claim) -> String {
    let all: Vec<String> = claim
        .wanted
        .iter()
        .map(|wanted| match wanted {
            Wanted::Is(value) => value.to_string(),
            Wanted::StartsWith(begin) => format!("a text that begins with {begin:?}"),
        })
        .collect();
    all.join(" or ")
}
