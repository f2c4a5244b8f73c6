//! What a session decides: where its base is, which paths stay below it, and what an answer means for its token.

mod base;
mod path;
mod reply;

pub use base::BaseUrl;
#[cfg(all(feature = "js", target_arch = "wasm32", target_os = "unknown"))]
pub(crate) use base::{audience, read};
pub use path::{Path, check};
#[cfg(all(feature = "js", target_arch = "wasm32", target_os = "unknown"))]
pub(crate) use reply::hop;
pub use reply::{Hop, RETRIED_METHODS, RETRIED_STATUSES, may_resend, may_retry, redirected};
