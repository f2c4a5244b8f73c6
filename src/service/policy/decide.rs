//! Whether somebody may have something: exact audiences, scopes among those granted, by one grant alone.

use super::{Grant, Granted, Policy};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// What somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// An ID token of Google's.
    IdToken {
        /// For whom.
        audience: String,
    },
    /// An access token of Google's.
    AccessToken {
        /// For what, at least one.
        scopes: Vec<String>,
    },
    /// A JWT of the service's own.
    Jwt {
        /// For whom.
        audience: String,
        /// For what; none is allowed.
        scopes: Vec<String>,
    },
}

/// That he may have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// As which of the callers that he is.
    pub caller: String,
    /// Where in the file the grant begins.
    pub line: usize,
    /// For how long at the most, in seconds.
    pub ttl_s: u64,
}

/// Why he may not have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no grant of such a thing to him.
    NothingOfTheKind,
    /// There is, but for other audiences.
    Audience,
    /// There is, but not for all of these scopes by one grant.
    Scopes,
}

impl Refusal {
    /// As metrics and logs have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Refusal::NothingOfTheKind => "not_granted",
            Refusal::Audience => "audience",
            Refusal::Scopes => "scopes",
        }
    }
}

impl Want {
    /// As metrics and logs have it.
    pub fn kind(&self) -> &'static str {
        match self {
            Want::IdToken { .. } => "id_token",
            Want::AccessToken { .. } => "access_token",
            Want::Jwt { .. } => "jwt",
        }
    }

    /// For whom; nothing where it is for scopes alone.
    pub fn audience(&self) -> &str {
        match self {
            Want::IdToken { audience } | Want::Jwt { audience, .. } => audience,
            Want::AccessToken { .. } => "",
        }
    }

    /// For what.
    pub fn scopes(&self) -> &[String] {
        match self {
            Want::IdToken { .. } => &[],
            Want::AccessToken { scopes } | Want::Jwt { scopes, .. } => scopes,
        }
    }
}

impl Grant {
    /// Why this grant alone does not give that; nothing where it does.
    pub(super) fn lacks(&self, want: &Want) -> Option<Refusal> {
        let (audiences, granted): (Option<&[String]>, &[String]) = match (&self.what, want) {
            (Granted::IdToken { audiences }, Want::IdToken { .. }) => (Some(audiences), &[]),
            (Granted::AccessToken { scopes }, Want::AccessToken { .. }) => (None, scopes),
            (Granted::Jwt { audiences, scopes }, Want::Jwt { .. }) => (Some(audiences), scopes),
            _ => return Some(Refusal::NothingOfTheKind),
        };
        if audiences.is_some_and(|audiences| !audiences.iter().any(|one| one == want.audience())) {
            return Some(Refusal::Audience);
        }
        let all = want.scopes().iter().all(|scope| granted.contains(scope));
        let some = !matches!(want, Want::AccessToken { scopes } if scopes.is_empty());
        (!all || !some).then_some(Refusal::Scopes)
    }
}

impl Policy {
    /// Whether whoever is these callers may have that.
    ///
    /// ```
    /// use cloud_run_auth::service::{Policy, Refusal, Want};
    /// let policy = Policy::read(r#"
    ///     [callers.deploy]
    ///     issuer = "https://issuer.example"
    ///     claims.sub = "deploy"
    ///     [[grants]]
    ///     to = ["deploy"]
    ///     jwt_for = ["https://orders.example"]
    ///     scopes = ["orders.read"]
    /// "#, "https://tokens.example", "").unwrap();
    /// let want = |scope: &str| Want::Jwt { audience: "https://orders.example".into(), scopes: vec![scope.into()] };
    /// assert_eq!(policy.decide(&["deploy"], &want("orders.read")).unwrap().ttl_s, 600);
    /// assert_eq!(policy.decide(&["deploy"], &want("orders.write")), Err(Refusal::Scopes));
    /// assert_eq!(policy.decide(&["nobody"], &want("orders.read")), Err(Refusal::NothingOfTheKind));
    /// ```
    ///
    /// # Errors
    /// Why not: of the grants to him, what the one that comes nearest lacks.
    pub fn decide(&self, callers: &[&str], want: &Want) -> Result<Decision, Refusal> {
        let mut refusal = Refusal::NothingOfTheKind;
        let mut best: Option<Decision> = None;
        for grant in &self.grants {
            let Some(caller) = callers.iter().find(|name| grant.to.iter().any(|to| to == *name)) else { continue };
            match grant.lacks(want) {
                None if best.as_ref().is_none_or(|best| best.ttl_s < grant.ttl_s) => {
                    best = Some(Decision { caller: (*caller).into(), line: grant.line, ttl_s: grant.ttl_s });
                }
                Some(Refusal::Scopes) => refusal = Refusal::Scopes,
                Some(Refusal::Audience) if refusal == Refusal::NothingOfTheKind => refusal = Refusal::Audience,
                _ => {}
            }
        }
        best.ok_or(refusal)
    }

    /// What whoever is these callers may have, a line each, for him to read.
    pub(in crate::service) fn granted(&self, callers: &[&str]) -> Vec<String> {
        let his = |grant: &&Grant| grant.to.iter().any(|to| callers.contains(&to.as_str()));
        self.grants.iter().filter(his).map(Grant::shown).collect()
    }

    /// The scopes of access tokens that are granted to that caller.
    pub(in crate::service) fn access_scopes(&self, caller: &str) -> &[String] {
        let grant = self.grants.iter().find_map(|grant| match &grant.what {
            Granted::AccessToken { scopes } if grant.to.iter().any(|to| to == caller) => Some(scopes.as_slice()),
            _ => None,
        });
        grant.unwrap_or_default()
    }
}

impl Grant {
    pub(super) fn shown(&self) -> String {
        match &self.what {
            Granted::IdToken { audiences } => format!("ID tokens of Google's for {}", audiences.join(", ")),
            Granted::AccessToken { scopes } => format!("access tokens of Google's for {}", scopes.join(" ")),
            Granted::Jwt { audiences, scopes } if scopes.is_empty() => {
                format!("JWTs of {} s for {}", self.ttl_s, audiences.join(", "))
            }
            Granted::Jwt { audiences, scopes } => {
                format!("JWTs of {} s for {}, with scopes among {}", self.ttl_s, audiences.join(", "), scopes.join(" "))
            }
        }
    }
}
