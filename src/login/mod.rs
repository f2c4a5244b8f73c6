//! The login of users in a browser: OAuth's authorization code with PKCE (RFC 6749, section 4.1; RFC 7636; RFC 9700; OpenID Connect
//! Core 1.0, section 3.1).
//!
//! [`Login::begin`] gives the URL that the browser is sent to. What comes back is a [`Visit`]: a machine that checks it, has the
//! tokens, keeps them in the store where jobs find them ([`crate::user`]), and lets the browser in. What belongs to a login under
//! way lies in the browser, signed; the store is written to once somebody has logged in.

mod application;
mod back;
mod begin;
mod came;
mod cookies;
mod flow;
mod identity;
mod local;
mod sessions;
mod used;
mod visit;

pub use application::{Login, Provider};
pub use begin::{Asked, Begun};
#[cfg(all(feature = "login", target_arch = "wasm32", target_os = "unknown"))]
pub(crate) use visit::Turn;
pub use visit::{Arrived, Next, Purpose, Remembered, Visit};
