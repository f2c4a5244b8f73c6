//! One user's token that many jobs share: kept in a store, and refreshed by one job at a time, wherever they run.

mod came;
mod entry;
mod job;
mod lease;
mod need;
mod record;
mod shared;

pub(crate) use entry::{Entry, entered, lacks, left};
pub use job::{Job, Papers};
pub use shared::Shared;
