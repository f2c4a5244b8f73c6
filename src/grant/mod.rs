//! What is asked for, and what the answers of those who give tokens mean.

mod answer;
mod mac;
mod target;

pub(crate) use answer::{Wanted, given, jwt_life_ms, object, read};
pub(crate) use mac::{hex, hmac};
pub use target::{Audience, Scopes, Target};
