//! What is signed and what signed things say: RFC 7515 (JWS), RFC 7519 (JWT), and the keys they are signed with.

pub(crate) mod base64;
pub(crate) mod jwk;
mod jwt;
pub(crate) mod key;

pub(crate) use jwt::LONGEST;
#[cfg(test)]
pub(crate) use jwt::signing_input;
pub use jwt::{Algorithm, Claims};
pub(crate) use key::rsa_private_key;
