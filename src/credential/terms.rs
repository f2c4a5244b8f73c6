//! What the caller says of a credential, beside the file. A file can come from anywhere; the hosts that it names are believed
//! only where they are Google's own or the caller's.

use crate::error::{AuthError, Code};
use crate::facts::Facts;
use crate::template::fill;
use crate::text::{concat, contains, cut};
use crate::url::{Url, to_show};

/// Google's origins by what they are good for, the letter of their group before each; a dash for a label is any one. T: token endpoints,
/// as they have been over the years that key files live. S: the security token service. I: IAM's credentials. L: the
/// metadata service of AWS. U: where subject tokens come from, GitHub's runners and the metadata services of AWS and Azure.
const GROUPS: &str = " T https://oauth2.googleapis.com T https://accounts.google.com T https://www.googleapis.com \
    T https://oauth2.mtls.googleapis.com S https://sts.$universeDomain S https://sts.mtls.$universeDomain \
    I https://iamcredentials.$universeDomain I https://iamcredentials.mtls.$universeDomain \
    L http://169.254.169.254 L http://[fd00:ec2::254] U http://169.254.169.254 U http://[fd00:ec2::254] \
    U https://-.actions.githubusercontent.com ";

/// Which hosts a credential file may name, where Google's endpoints are, and what else the caller wants of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms(pub(super) Facts);

impl Terms {
    /// Google's own hosts, and nothing else.
    pub fn google() -> Terms {
        let mut facts = Facts::default();
        facts.put("universeDomain", "googleapis.com");
        Terms(facts)
    }

    /// Also those that are named here, with spaces between them, each with its port where that is not 443.
    ///
    /// ```
    /// use cloud_run_auth::credential::Terms;
    /// let terms = Terms::google().allow("token.internal.example:8443");
    /// ```
    #[must_use]
    pub fn allow(mut self, hosts: &str) -> Terms {
        let mut allowed = concat(&[self.0.get("allowedHosts"), " ", hosts, " "]);
        allowed.make_ascii_lowercase();
        self.0.put("allowedHosts", &allowed);
        self
    }

    /// Everything that is Google's goes to this origin instead, each endpoint at its own path. Loopback only.
    ///
    /// ```
    /// use cloud_run_auth::credential::Terms;
    /// assert!(Terms::google().emulator("http://127.0.0.1:8085").is_ok());
    /// assert!(Terms::google().emulator("http://10.0.0.1:8085").is_err());
    /// ```
    ///
    /// # Errors
    /// `invalid_option` where it is not the origin of a loopback host.
    pub fn emulator(mut self, origin: &str) -> Result<Terms, AuthError> {
        self.set_emulator(origin).map(|()| self)
    }

    /// Says what else is wanted. `universeDomain`: the universe of the credential, where that is not googleapis.com. `subject`: the
    /// user whom a service account is to act for, by domain-wide delegation. `credentialType`: the one type that the credential may
    /// be of. `selfSigned`: `true` where a service account's access tokens are JWTs of its own (AIP-4111). `userIdTokens`: `false`
    /// where a user's ID tokens, which are for an OAuth client, are no use. `subjectToken`: `github`, `vercel`, or the number of a
    /// function that gives the subject token of an external account. `gcloud`: `false` where a search is not to run it.
    /// `lacks`: what the host has not, `files`, `programs`, `certificates`, with spaces between them. Nothing is said where it is empty.
    ///
    /// ```
    /// use cloud_run_auth::credential::{Credential, Terms};
    /// let terms = Terms::google().with("credentialType", "service_account").unwrap();
    /// assert!(Credential::from_json_with(r#"{"type": "authorized_user"}"#, &terms).is_err());
    /// ```
    ///
    /// # Errors
    /// `invalid_option` where it is not visible ASCII.
    pub fn with(mut self, name: &str, value: &str) -> Result<Terms, AuthError> {
        if !value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ' && name == "lacks") {
            return Err(AuthError::about(Code::InvalidOption, "the option $ is not visible ASCII.", "", name));
        }
        if !value.is_empty() {
            self.0.put(name, value);
        }
        Ok(self)
    }

    /// What is known by them.
    pub(crate) fn facts(&self) -> &Facts {
        &self.0
    }

    fn set_emulator(&mut self, origin: &str) -> Result<(), AuthError> {
        match Url::parse(origin) {
            Ok(url) if url.is_loopback() && url.href().len() == url.origin().len().saturating_add(1) => {
                self.0.put("emulator", url.origin());
                Ok(())
            }
            _ => Err(AuthError::about(
                Code::InvalidOption,
                "the emulator's address (~) is not an origin on this machine.",
                to_show(origin),
                "",
            )),
        }
    }

    /// What the host has checked and written as facts.
    #[cfg(all(feature = "js", target_arch = "wasm32", target_os = "unknown"))]
    pub(crate) fn told(emulator: &str, facts: &str) -> Result<Facts, AuthError> {
        let mut terms = Terms::default();
        terms.0.add(facts);
        if !emulator.is_empty() {
            terms.set_emulator(emulator)?;
        }
        Ok(terms.0)
    }
}

/// What is wrong with the `url` of a file's field `bad`, as the template of an error; nothing, where its host may be known: it is
/// one of the group's, or one that was named.
pub(super) fn mistrusted(facts: &mut Facts, group: &str, text: &str) -> &'static str {
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(why) => {
            facts.put("url", to_show(text));
            facts.put("why", why);
            return "hthe credential's $bad (!url) $why.";
        }
    };
    let groups = fill(GROUPS, facts);
    let known = |scheme: &str, name: &str| contains(&groups, &concat(&[" ", group, " ", scheme, name, " "]));
    let host = url.host_and_port();
    let named =
        (url.is_https() || url.is_loopback()) && contains(facts.get("allowedHosts"), &concat(&[" ", host, " "]));
    if named
        || url.origin() == facts.get("emulator")
        || known("", url.origin())
        || url.is_https() && known("https://-.", cut(host, ".").unwrap_or_default().1)
    {
        return "";
    }
    facts.put("url", host);
    "jthe credential's $bad names $url, which is not Google's. To trust it, name it in allowedHosts; http is for this machine alone."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_googles_and_named_hosts_are_believed() {
        let terms = Terms::google().allow("Token.Example:8443 127.0.0.1:8085 plain.example");
        for (url, ok) in [
            ("https://oauth2.googleapis.com/token", true),
            ("https://accounts.google.com/o/oauth2/token", true),
            ("https://token.example:8443/t", true),
            ("http://127.0.0.1:8085/token", true),
            ("https://plain.example/t", true),
            ("http://oauth2.googleapis.com/token", false),
            ("https://oauth2.googleapis.com:444/token", false),
            ("https://oauth2.googleapis.com.evil.example/token", false),
            ("https://token.example/t", false),
            ("http://plain.example/t", false),
            ("https://oauth2.googleapis.com@evil.example/token", false),
            ("https://evil.example/oauth2.googleapis.com", false),
            ("http://127.0.0.1:9/token", false),
            ("https://oauth2.googleapis.com./token", false),
            ("https://evilgoogleapis.com/token", false),
            ("https://googleapis.com/token", false),
            ("token", false),
        ] {
            assert_eq!(mistrusted(&mut terms.0.clone(), "T", url).is_empty(), ok, "{url}");
        }
    }

    #[test]
    fn each_group_has_hosts_of_its_own() {
        let terms = Terms::google();
        for (group, url, ok) in [
            ("S", "https://sts.googleapis.com/v1/token", true),
            ("S", "https://oauth2.googleapis.com/token", false),
            ("I", "https://iamcredentials.googleapis.com/v1/x", true),
            ("I", "http://169.254.169.254/x", false),
            ("L", "http://169.254.169.254/latest", true),
            ("L", "http://[fd00:ec2::254]/latest", true),
            ("L", "https://169.254.169.254/latest", false),
            ("L", "https://a.actions.githubusercontent.com/x", false),
            ("U", "https://pipelines7.actions.githubusercontent.com/x?y", true),
            ("U", "https://actions.githubusercontent.com/x", false),
            ("U", "https://a.b.actions.githubusercontent.com/x", false),
            ("U", "https://a.actions.githubusercontent.com.evil.example/x", false),
            ("U", "http://pipelines7.actions.githubusercontent.com/x", false),
            ("U", "http://169.254.169.254/metadata/identity", true),
            ("U", "http://169.254.169.254:81/metadata/identity", false),
            ("U", "http://*.actions.githubusercontent.com/x", false),
        ] {
            assert_eq!(mistrusted(&mut terms.0.clone(), group, url).is_empty(), ok, "{url}");
        }
    }

    #[test]
    fn another_universe_has_the_same_hosts_below_its_own_name() {
        let terms = Terms::google().with("universeDomain", "u.example").unwrap();
        for (url, ok) in [
            ("https://sts.u.example/v1/token", true),
            ("https://sts.mtls.u.example/v1/token", true),
            ("https://u.example/v1/token", false),
            ("https://evilu.example/v1/token", false),
            ("https://x.sts.u.example/v1/token", false),
            ("http://sts.u.example/v1/token", false),
            ("https://oauth2.u.example/token", false),
        ] {
            assert_eq!(mistrusted(&mut terms.0.clone(), "S", url).is_empty(), ok, "{url}");
        }
    }

    #[test]
    fn an_emulator_keeps_paths_and_may_be_named() {
        let terms = Terms::google().emulator("http://127.0.0.1:8085/").unwrap();
        assert!(mistrusted(&mut terms.0.clone(), "T", "http://127.0.0.1:8085/token").is_empty());
        for origin in ["https://emulator.example", "http://127.0.0.1:1/x", "127.0.0.1:1", "http://127.0.0.1:1?x", ""] {
            assert_eq!(Terms::google().emulator(origin).unwrap_err().code, Code::InvalidOption);
        }
    }
}
