//! One user's token that many jobs share: kept in a store, and refreshed by one job at a time, wherever they run.

mod job;
mod lease;
mod record;
mod shared;

pub use job::{Job, Papers};
pub use shared::Shared;
