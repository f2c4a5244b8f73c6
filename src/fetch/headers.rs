//! The headers of calls: what the caller and the session set, where the token goes, and who pays.

use super::driver::Held;
use super::options::{Carrier, wrong};
use crate::error::{AuthError, Code};
use crate::grant::Target;
use alloc::string::String;
use web_sys::Headers;

/// Which header says who pays.
pub(super) const QUOTA_PROJECT: &str = "x-goog-user-project";

/// The headers without the token; a later one replaces an earlier one of the same name.
///
/// # Errors
/// `invalid_option` where one cannot be, or stands where the token is to go.
pub(super) fn merged(all: &[(String, String)], carrier: Option<Carrier>) -> Result<Headers, AuthError> {
    // The host's own error would show the value, which may be a secret.
    let refuse = |_| wrong("headers", "names and values that headers can have");
    let headers = Headers::new().map_err(refuse)?;
    for (name, value) in all {
        headers.set(name, value).map_err(refuse)?;
    }
    let clash = carrier.map(Carrier::name).filter(|name| headers.has(name).unwrap_or_default());
    match clash {
        Some(name) => Err(AuthError::new(
            Code::InvalidOption,
            &[
                "the caller sets ",
                name,
                ", and the option authorizationHeader says that the token goes there. Leave one of them out.",
            ],
        )),
        None => Ok(headers),
    }
}

/// Which header takes the token: the one that the caller names, else one that the caller left free.
pub(super) fn carrier(headers: &Headers, named: Option<Carrier>) -> Carrier {
    let taken = headers.has("authorization").unwrap_or_default();
    named.unwrap_or(if taken { Carrier::XServerlessAuthorization } else { Carrier::Authorization })
}

/// The project that pays for a call with those headers: the caller's, else for Google's APIs that of the credential's file.
pub(super) fn payer(headers: &Headers, target: &Target, held: &Held) -> Option<String> {
    let files = Some(&held.quota_project).filter(|project| target.is_access() && !project.is_empty());
    headers.get(QUOTA_PROJECT).ok().flatten().or_else(|| files.cloned())
}
