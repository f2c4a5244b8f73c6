//! What the provider sent the browser back with (RFC 6749, section 4.1.2; RFC 9207).

use super::application::Login;
use super::cookies::cookie;
use super::flow::{Flow, cookie_name, same};
use crate::error::{AuthError, Code, Details, ServerSaid, shown};
use crate::json::Text;
use crate::text::{before, concat, cut, part, push};
use crate::time::Now;
use alloc::string::String;
use alloc::vec::Vec;

/// A login that came back with a code.
pub(super) struct Back {
    pub(super) flow: Flow,
    pub(super) code: Text,
}

/// Of the URL that the browser was sent to, and its cookies or what was kept in place of one.
pub(super) fn read(login: &Login, url: &str, cookies: &str, kept: &str, now: Now) -> Result<Back, AuthError> {
    let query = before(cut(url, "?").unwrap_or_default().1, "#");
    let [state, code, error, description, issuer] =
        ["state", "code", "error", "error_description", "iss"].map(|name| parameter(query, name));
    let (state, issuer) = (state?, issuer?);
    // RFC 6749, section 10.12: the browser that comes back has to be the one that was sent.
    let kept = if kept.is_empty() { cookie(cookies, &cookie_name(login, &state)).unwrap_or_default() } else { kept };
    let Some(flow) = Flow::read(kept, login).filter(|flow| !state.is_empty() && same(&flow.state, &state)) else {
        return Err(no("the login was not begun by this browser, or its cookie is gone. Begin it again."));
    };
    if flow.is_over(now) {
        return Err(no("the login took longer than ten minutes. Begin it again."));
    }
    // RFC 9207, section 2.4: an answer of another provider is not to be taken for this one's.
    if !issuer.is_empty() && issuer.as_str() != login.fact("issuer") {
        return Err(no("the browser comes from another provider than it was sent to. Begin the login again."));
    }
    let error = error?;
    if !error.is_empty() {
        return Err(refused(&error, &description?));
    }
    let code = code?;
    if code.is_empty() || code.len() > 2048 || !code.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(no("the browser came back without a code. Begin the login again."));
    }
    Ok(Back { flow, code })
}

/// What the provider says in place of a code.
fn refused(error: &str, description: &str) -> AuthError {
    let (error, description) = (harmless(error), harmless(description));
    let words = concat(&[&error, if description.is_empty() { "" } else { ": " }, &description]);
    let (code, message) = if error == "access_denied" {
        (Code::LoginCancelled, "the user did not want to log in (~).")
    } else if matches!(
        error.as_str(),
        "interaction_required" | "login_required" | "consent_required" | "account_selection_required"
    ) {
        (Code::LoginRequired, "the provider has to ask the user (~). Begin the login without the prompt none.")
    } else {
        (Code::ExchangeRefused, "the provider refused the login (~). Look at the client and what it asks for.")
    };
    let transient = matches!(error.as_str(), "server_error" | "temporarily_unavailable");
    let message = crate::text::filled(message, &words, "");
    let server = Some(ServerSaid { status: 0, error, description });
    AuthError::whole(Details { code, message, transient, retry_after_ms: None, server })
}

/// Words that came by way of the browser, which anybody can have written: fit to be shown, on a page of HTML as well.
fn harmless(text: &str) -> String {
    let mut out = String::new();
    for c in shown(text).chars() {
        push(&mut out, if matches!(c, '<' | '>' | '&' | '"' | '\'' | '`') { ' ' } else { c });
    }
    out
}

pub(super) fn no(message: &str) -> AuthError {
    AuthError::plain(Code::LoginInvalid, message)
}

/// A parameter as forms encode it (WHATWG URL, section 5.1); empty where there is none. RFC 6749, section 3.1: none may come twice.
fn parameter(query: &str, name: &str) -> Result<Text, AuthError> {
    let mut found = None;
    let mut rest = query;
    while !rest.is_empty() {
        let pair = before(rest, "&");
        rest = part(rest, pair.len().wrapping_add(1), rest.len());
        let key = before(pair, "=");
        if decoded(key).as_str() == name {
            if found.is_some() {
                return Err(no("the browser came back with something twice. Begin the login again."));
            }
            found = Some(decoded(part(pair, key.len().wrapping_add(1), pair.len())));
        }
    }
    Ok(found.unwrap_or_default())
}

/// Percent-decoded; empty, where that is no text.
fn decoded(text: &str) -> Text {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let (byte, after) = match (first, after) {
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, after),
                _ => return Text::default(),
            },
            (b'+', _) => (b' ', after),
            (byte, _) => (*byte, after),
        };
        bytes.push(byte);
        rest = after;
    }
    Text::from(String::from_utf8(bytes).unwrap_or_default())
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_read_as_forms_are_and_comes_but_once() {
        for (query, text) in [
            ("state=a%2Fb+c", "a/b c"),
            ("x=1&state=%C3%A4&y", "ä"),
            ("%73tate=x", "x"),
            ("state", ""),
            ("states=x", ""),
            ("state=%zz", ""),
            ("state=%ff", ""),
            ("state=%2", "%2"),
            ("", ""),
        ] {
            assert_eq!(parameter(query, "state").unwrap().as_str(), text, "{query}");
        }
        assert_eq!(parameter("state=a&state=a", "state").unwrap_err().code, Code::LoginInvalid);
        assert_eq!(parameter("state=a&%73tate=b", "state").unwrap_err().code, Code::LoginInvalid);
    }

    #[test]
    fn a_providers_words_are_harmless_on_a_page() {
        let error = refused("access_denied", "<script>alert('x')</script>&\"\n");
        assert_eq!(error.code, Code::LoginCancelled);
        let server = error.server.as_ref().unwrap();
        assert!(!error.message.contains(['<', '&', '"', '\'']) && !server.description.contains(['<', '&', '"', '\'']));
        for (word, code) in [
            ("login_required", Code::LoginRequired),
            ("interaction_required", Code::LoginRequired),
            ("invalid_scope", Code::ExchangeRefused),
        ] {
            assert_eq!(refused(word, "").code, code, "{word}");
        }
        assert!(refused("temporarily_unavailable", "").transient);
    }
}
