//! The tokens of the whole module.
extern crate std;

use crate::config::Limits;
use crate::token::{OperationId, Tokens};
use core::cell::RefCell;

std::thread_local! {
    /// Made at first use, because a Worker may draw no randomness before.
    static TOKENS: RefCell<Option<Tokens>> = const { RefCell::new(None) };
}

/// How long without an answer before a flight counts as dead; so long, too, an early refresh may hold its call up.
pub(super) const PATIENCE_MS: u32 = 2000;

/// Asks the tokens, synchronously: what is borrowed here is borrowed for no longer than that.
pub(super) fn with<T>(work: impl FnOnce(&mut Tokens) -> T) -> T {
    TOKENS.with_borrow_mut(|tokens| work(tokens.get_or_insert_with(fresh)))
}

/// A call that waits. Whoever drops it, ended or not, gives it up.
pub(super) struct Operation(pub(super) OperationId);

impl Drop for Operation {
    fn drop(&mut self) {
        TOKENS.with(|tokens| {
            // Never within another call of the tokens'; but a drop must not panic.
            if let Ok(mut tokens) = tokens.try_borrow_mut() {
                tokens.iter_mut().for_each(|tokens| tokens.abandon(self.0));
            }
        });
    }
}

fn fresh() -> Tokens {
    let mut seed = [0; 8];
    // Without a seed refreshes are not spread; that is no reason to refuse the work.
    let _ = getrandom::fill(&mut seed);
    Tokens::new(
        Limits { flight_dead_after_ms: Some(PATIENCE_MS.into()), ..Limits::default() },
        u64::from_le_bytes(seed),
    )
}
