//! Where a session's calls go. The core reads URLs more strictly than the host does; where a URL is not plain,
//! both have to agree.

use crate::error::{AuthError, Code};
use crate::session::{BaseUrl, Path, check};
use alloc::string::String;
use web_sys::Url;

/// The base of a session, read alike by the core and by the host.
#[derive(Debug)]
pub(super) struct Place {
    base: BaseUrl,
    /// Its path, without a slash at the end.
    path: String,
}

impl Place {
    /// # Errors
    /// `invalid_base_url`.
    pub(super) fn find(typed: &str, insecure: bool) -> Result<Place, AuthError> {
        let base = BaseUrl::parse(typed, insecure)?;
        let agreed = Url::new(typed).is_ok_and(|url| url.href() == base.href() && url.origin() == base.origin());
        if !agreed {
            return Err(AuthError::new(
                Code::InvalidBaseUrl,
                &[
                    "the base URL is read as ",
                    &base.href(),
                    " here and in another way by this runtime. Write it so that both agree.",
                ],
            ));
        }
        let path = base.prefix().get(base.origin().len()..).unwrap_or_default().into();
        Ok(Place { base, path })
    }

    /// The audience where the caller names none.
    pub(super) fn audience(&self) -> String {
        self.base.audience().into()
    }

    /// The URL that a path means.
    ///
    /// # Errors
    /// `invalid_path`.
    pub(super) fn below(&self, input: &str) -> Result<String, AuthError> {
        let verdict = check(input)?;
        let joined = self.base.join(input)?;
        if verdict == Path::Plain {
            return Ok(joined);
        }
        let agrees = |url: &Url| {
            let path = url.pathname();
            let below =
                path.strip_prefix(self.path.as_str()).is_some_and(|rest| matches!(rest.as_bytes(), [] | [b'/', ..]));
            below && url.origin() == self.base.origin()
        };
        let refuse = || {
            AuthError::new(
                Code::InvalidPath,
                &[
                    "the path is not below the base URL as this runtime reads it. Percent-encode what is unusual in it. Nothing was sent.",
                ],
            )
        };
        Url::new(&joined).ok().filter(agrees).map(|url| url.href()).ok_or_else(refuse)
    }

    /// An absolute URL that lies below the base, as the host writes it.
    ///
    /// # Errors
    /// `invalid_path`.
    pub(super) fn within(&self, url: &str) -> Result<String, AuthError> {
        // Parsers drop some of these and mend others.
        let odd = url.chars().any(|c| c == '\\' || c == '\u{feff}' || c.is_whitespace() || c.is_control());
        let refuse = || {
            AuthError::new(
                Code::InvalidPath,
                &[
                    "what was given is not an absolute URL that every parser reads alike: it has a backslash, white space or a control character, or is none. Nothing was sent.",
                ],
            )
        };
        let href = Url::new(url).ok().filter(|_| !odd).ok_or_else(refuse)?.href();
        self.base.covers(&href)?;
        Ok(href)
    }
}
