//! One user's token that many jobs share: kept in a store, and refreshed by one job at a time, wherever they run.

mod came;
mod job;
mod lease;
mod need;
mod record;
mod shared;

pub use job::{Job, Papers};
pub(crate) use record::{Entry, entered, lacks, left, member};
pub use shared::Shared;
