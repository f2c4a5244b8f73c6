//! How a token is had and kept: the machine that gets one, the cache, and who goes to get it.

mod action;
mod cache;
mod exchange;
mod flights;
mod flow;
mod holdings;
mod operations;
mod order;
mod tokens;

pub use action::{Action, Event, Outcome, Record};
pub use cache::{Key, Lease};
pub(crate) use exchange::Step;
pub use exchange::{Context, Exchange, Notes};
pub use flights::FlightId;
pub use flow::Flow;
#[cfg(all(feature = "js", target_arch = "wasm32", target_os = "unknown"))]
pub(crate) use holdings::Next;
pub use operations::OperationId;
pub(crate) use order::{Order, Said, happening};
pub(crate) use tokens::Asked;
pub use tokens::{Ask, CredentialId, Mode, Source, Tokens, Turn};
