//! The just-in-time token service: what callers have is exchanged for short-lived tokens that they need, as far as a policy grants it.
//!
//! A [`Service`] is what all requests share: settings, [`Policy`], keys, counters. A [`Visit`] is the way of one request: a machine that
//! asks its host for records, signatures and tokens of Google's, and ends with an [`Answer`].

mod accounts;
mod answer;
mod caller;
mod clients;
mod denied;
mod door;
mod exchange;
mod families;
mod limits;
mod metrics;
mod openapi;
mod own;
mod pages;
mod policy;
mod random;
mod request;
mod routes;
mod run;
mod settings;
mod shared;
mod signing;
mod standards;
mod visit;

pub use answer::Answer;
pub use clients::hash_secret;
pub use policy::{Decision, Fault, Policy, Refusal, Want};
pub use random::Seed;
pub use request::{LARGEST_BODY, Request};
pub use run::{Action, Event};
pub use settings::{Door, Metrics, Settings};
pub use shared::Service;
pub use visit::{Turn, Visit};
