//! The base URL of a session, and the audience that it stands for.

use super::path::{Verdict, WHY, below};
use crate::error::{AuthError, Code};
use crate::record::nth;
use crate::text::{before, concat, contains};
use crate::url::{Url, to_show};
use alloc::string::String;

/// A URL that credentials may be sent to: `https`, or `http` on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BaseUrl {
    url: Url,
    typed: String,
}

impl BaseUrl {
    /// Reads a base URL as it was typed. `insecure` allows plain `http` to other machines.
    ///
    /// ```
    /// use cloud_run_auth::session::BaseUrl;
    /// let base = BaseUrl::parse("https://svc-abc.a.run.app/api/", false).unwrap();
    /// assert_eq!(base.join("/items").unwrap(), "https://svc-abc.a.run.app/api/items");
    /// assert_eq!(base.join("").unwrap(), "https://svc-abc.a.run.app/api/");
    /// assert_eq!(base.audience(), "https://svc-abc.a.run.app");
    /// ```
    ///
    /// # Errors
    /// `invalid_base_url`, and why.
    pub fn parse(typed: &str, insecure: bool) -> Result<BaseUrl, AuthError> {
        read(typed, insecure).map(|url| BaseUrl { url, typed: typed.into() })
    }

    /// Joins what [`check`](super::check) let pass: `"/x"` and `"x"` mean the same, below the base; `""` is the base itself.
    ///
    /// # Errors
    /// `invalid_path`.
    pub fn join(&self, input: &str) -> Result<String, AuthError> {
        super::check(input)?;
        let path = before(input, "?");
        let query = input.get(path.len()..).unwrap_or_default();
        let slash = match path {
            "" if self.url.path().ends_with('/') => "/",
            "" => "",
            _ if path.starts_with('/') => "",
            _ => "/",
        };
        Ok(match (self.url.query(), query.strip_prefix('?')) {
            (Some(own), Some(query)) => concat(&[self.prefix(), slash, path, "?", own, "&", query]),
            (Some(own), None) => concat(&[self.prefix(), slash, path, "?", own]),
            (None, _) => concat(&[self.prefix(), slash, path, query]),
        })
    }

    /// Whether an absolute URL, as the host's own parser writes it, lies on the origin and below the path of the base.
    ///
    /// # Errors
    /// `invalid_path`.
    pub fn covers(&self, href: &str) -> Result<(), AuthError> {
        self.covered(href)
            .map_err(|why| AuthError::about(Code::InvalidPath, "the URL (~) $; nothing was sent.", to_show(href), why))
    }

    fn covered(&self, href: &str) -> Result<(), &'static str> {
        let url = Url::parse(href)?;
        if url.origin() != self.url.origin() {
            return Err("is not on the base URL's origin");
        }
        match url.without_query().strip_prefix(self.prefix()) {
            // Only a `..` can leave the path now: what could be read as a host or a scheme stands behind one.
            Some(rest) if matches!(rest.as_bytes(), [] | [b'/', ..]) => match below(rest) {
                Verdict::Leaves => Err(nth(WHY, Verdict::Leaves as u8)),
                _ => Ok(()),
            },
            _ => Err("is not below the base URL's path"),
        }
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> &str {
        self.url.origin()
    }

    /// The whole base URL, as the host's own parser must write it too.
    pub fn href(&self) -> String {
        self.url.href()
    }

    /// Origin and path without a slash at the end: what paths are appended to.
    pub fn prefix(&self) -> &str {
        unslashed(self.url.without_query())
    }

    /// The audience that goes with the base where the caller names none: the origin on `*.run.app`, else the URL
    /// as typed, without query and slashes at the end.
    pub fn audience(&self) -> &str {
        audience(&self.url, &self.typed)
    }

    /// What an empty path means: the base URL with its query, and no slash that was not typed.
    pub fn itself(&self) -> &str {
        self.url.as_str()
    }
}

/// As [`BaseUrl::parse`], for who keeps what was typed.
pub(crate) fn read(typed: &str, insecure: bool) -> Result<Url, AuthError> {
    let why = match Url::parse(typed) {
        Err(why) => why,
        Ok(url) if contains(url.path(), "//") => "has // in its path",
        Ok(url) if url.is_https() || url.is_loopback() || insecure => return Ok(url),
        Ok(_) => "is http to another machine; use https",
    };
    Err(AuthError::about(Code::InvalidBaseUrl, "the base URL (~) $.", to_show(typed), why))
}

/// As [`BaseUrl::audience`].
pub(crate) fn audience<'a>(url: &'a Url, typed: &'a str) -> &'a str {
    if before(url.host_and_port(), ":").as_bytes().ends_with(b".run.app") {
        url.origin()
    } else {
        unslashed(before(typed, "?"))
    }
}

/// A URL or path without slashes at its end.
fn unslashed(mut text: &str) -> &str {
    while let Some(rest) = text.strip_suffix("/") {
        text = rest;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_hold() {
        let vectors: serde_json::Value = serde_json::from_str(include_str!("../../tests/vectors/bases.json")).unwrap();
        for case in vectors["join"].as_array().unwrap() {
            let text = |name: &str| case[name].as_str().unwrap();
            assert_eq!(
                BaseUrl::parse(text("base"), false).unwrap().join(text("input")).unwrap(),
                text("url"),
                "{case}"
            );
        }
        for case in vectors["audience"].as_array().unwrap() {
            let base = BaseUrl::parse(case["base"].as_str().unwrap(), false).unwrap();
            assert_eq!(base.audience(), case["audience"].as_str().unwrap(), "{case}");
        }
        for base in vectors["refused"].as_array().unwrap() {
            assert_eq!(BaseUrl::parse(base.as_str().unwrap(), false).unwrap_err().code, Code::InvalidBaseUrl, "{base}");
        }
        for case in vectors["covers"].as_array().unwrap() {
            let base = BaseUrl::parse(case["base"].as_str().unwrap(), false).unwrap();
            assert_eq!(base.covers(case["url"].as_str().unwrap()).is_ok(), case["ok"].as_bool().unwrap(), "{case}");
        }
    }

    #[test]
    fn messages_hold_no_userinfo_and_no_query() {
        let error = BaseUrl::parse("https://canary:canary@a.example/?k=canary", false).unwrap_err();
        assert!(error.message.contains("userinfo") && !error.message.contains("canary"), "{}", error.message);
    }

    #[test]
    fn insecure_bases_have_to_be_asked_for() {
        assert!(BaseUrl::parse("http://10.0.0.1", false).is_err());
        assert!(BaseUrl::parse("http://10.0.0.1", true).is_ok());
        assert!(BaseUrl::parse("http://127.0.0.1:80", false).is_ok());
    }
}
