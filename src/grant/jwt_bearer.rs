//! The jwt-bearer grant: a signed assertion for a token (RFC 7523, section 2.1; AIP-4112 and AIP-4116).

use super::Target;
use crate::credential::ServiceAccount;
use crate::http::Request;
use crate::jose::base64::encode_url;
use crate::jose::signing_input;
use crate::json::write_string;
use crate::secret::Vault;
use crate::text::{concat, push_decimal};
use crate::time::Now;
use alloc::string::String;
use alloc::vec;

/// What of the assertion is signed.
pub(crate) fn assertion(account: &ServiceAccount, target: &Target, now: Now, lifetime_s: u64) -> String {
    let mut header = String::from(r#"{"alg":"RS256","typ":"JWT""#);
    if !account.private_key_id.is_empty() {
        member(&mut header, "kid", &account.private_key_id);
    }
    header.push_str("}");

    let issued = now.wall_s();
    let mut claims = String::from("{\"iat\":");
    push_decimal(&mut claims, issued);
    claims.push_str(",\"exp\":");
    push_decimal(&mut claims, issued.saturating_add(lifetime_s.min(3600)));
    member(&mut claims, "iss", &account.client_email);
    member(&mut claims, "aud", &account.token_uri);
    member(&mut claims, if target.is_access() { "scope" } else { "target_audience" }, target.as_str());
    claims.push_str("}");
    signing_input(&header, &claims)
}

/// The request that exchanges the signed assertion.
pub(crate) fn token_request(
    vault: &mut Vault,
    url: String,
    signed: &str,
    signature: &[u8],
    timeout_ms: u64,
) -> Request {
    // Form-encoded (RFC 6749, appendix B): base64url and dots stay as they are.
    let body = concat(&[
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=",
        signed,
        ".",
        &encode_url(signature),
    ]);
    Request {
        method: "POST",
        url,
        headers: vec![
            ("content-type", "application/x-www-form-urlencoded".into()),
            ("accept", "application/json".into()),
        ],
        body: Some(vault.keep(body.into())),
        client_certificate: false,
        timeout_ms,
    }
}

fn member(out: &mut String, name: &str, value: &str) {
    out.push_str(",");
    write_string(out, name);
    out.push_str(":");
    write_string(out, value);
}
