//! The jwt-bearer grant: a signed assertion for a token (RFC 7523, section 2.1; AIP-4112 and AIP-4116).

use super::Target;
use crate::credential::ServiceAccount;
use crate::jose::signing_input;
use crate::json::Text;
use crate::template::fill;
use crate::text::decimal;
use crate::time::Now;
use alloc::string::String;

/// What of the assertion is signed.
pub(crate) fn assertion(account: &ServiceAccount, target: &Target, now: Now, lifetime_s: u64) -> String {
    let header = if account.private_key_id.is_empty() {
        r#"{"alg":"RS256","typ":"JWT"}"#
    } else {
        r#"{"alg":"RS256","typ":"JWT","kid":~}"#
    };
    let issued = now.wall_s();
    let claims: [&str; 6] = [
        &decimal(issued),
        &decimal(issued.saturating_add(lifetime_s.min(3600))),
        account.client_email.as_str(),
        &account.token_uri,
        if target.is_access() { "scope" } else { "target_audience" },
        target.as_str(),
    ];
    signing_input(&fill(header, &[&account.private_key_id]), &fill(r#"{"iat":$,"exp":$,"iss":~,"aud":~,~:~}"#, &claims))
}

/// Body and headers of the request that exchanges the signed assertion. Form-encoded (RFC 6749, appendix B): base64url
/// and dots stay as they are.
pub(crate) fn token_request(signed: &str, signature: &str) -> Text {
    const GRANT: &str = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
    fill("$$.$\0content-type\0application/x-www-form-urlencoded\0accept\0application/json", &[GRANT, signed, signature])
        .into()
}
