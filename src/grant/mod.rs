//! How one thing is exchanged for a token: the requests that ask, and what their answers mean.

mod answer;
mod jwt_bearer;
mod target;

pub(crate) use answer::{Granted, given, read};
pub(crate) use jwt_bearer::{assertion, token_request};
pub use target::{Audience, Scopes, Target};
