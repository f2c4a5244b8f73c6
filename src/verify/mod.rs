//! ID tokens that arrive at one's own service (OpenID Connect Core 1.0, section 3.1.3.7; RFC 7519; RFC 8725).
//!
//! A [`Verifier`] is what a service wants of whoever calls it. A [`Check`] is the way of one token: a machine that reads it, has the
//! issuer's keys where they are not at hand, has the signature verified by the host, and ends with the token's claims. [`Keys`] is what
//! all checks share: the keys of each issuer, and who fetches them; and tokens that were good a moment ago.

mod check;
mod claims;
mod header;
mod keys;
mod ring;
mod verified;
mod verifier;

pub use check::{Check, Event, Turn};
pub use header::bearer;
pub use keys::Keys;
pub use verifier::{Issuer, Verifier};
