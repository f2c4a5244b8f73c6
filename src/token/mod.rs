//! How a token is had and kept: the machine that gets one, the cache, and who goes to get it.

mod action;
mod cache;
mod exchange;
mod flights;
mod flow;
mod operations;
mod tokens;

pub use action::{Action, Event, Outcome, Record};
pub use cache::{Key, Lease};
pub use exchange::{Context, Exchange};
pub use flights::FlightId;
pub use flow::Flow;
pub use operations::OperationId;
pub use tokens::{Ask, CredentialId, Mode, Source, Tokens, Turn};
