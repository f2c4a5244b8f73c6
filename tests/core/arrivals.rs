//! A busy endpoint and calls that keep coming: what is sent follows the waits, not the arrivals.

use crate::world::{Stand, World, ask, busy, fail};
use cloud_run_auth::config::Retry;
use cloud_run_auth::token::{Ask, OperationId};

/// A call: when it began, when something happens to it, and what stands out until then, if it is an exchange.
struct Caller(OperationId, u64, u64, Option<Stand>);

/// Calls keep coming, one each 5 ms, and the endpoint is busy, which takes 5 ms, too: what is sent in 5 s, and how long a call took
/// at most.
fn arrivals(retry: impl Fn(usize) -> Retry) -> (usize, u64) {
    let mut world = World::new(Default::default());
    let account = world.account("a");
    let mut callers: Vec<Caller> = Vec::new();
    let (mut exchanges, mut longest_ms) = (0, 0);
    for count in 0..130_000 {
        let now_ms = world.now.mono_ms;
        let mut stands = Vec::new();
        let (due, later) = callers.into_iter().partition(|caller| caller.2 <= now_ms);
        callers = later;
        for Caller(id, began_ms, _, out) in due {
            let stand = match out {
                Some(stand) => fail(&mut world, stand, busy(None)),
                None => world.wake(id),
            };
            stands.push((began_ms, stand));
        }
        if count < 5000 && count % 5 == 0 {
            stands.push((now_ms, world.begin(Ask { retry: retry(count / 5), ..world.ask(account) })));
        }
        for (began_ms, stand) in stands {
            match stand {
                Stand::Signs(id, _) => {
                    exchanges += 1;
                    callers.push(Caller(id, began_ms, now_ms + 5, Some(stand)));
                }
                Stand::Waits(id, ms) => callers.push(Caller(id, began_ms, now_ms + ms.max(1), None)),
                // It is woken as soon as the flight has ended.
                Stand::Follows(id) => callers.push(Caller(id, began_ms, now_ms + 1, None)),
                Stand::Failed(_) => longest_ms = longest_ms.max(now_ms - began_ms),
                other => panic!("{other:?}"),
            }
        }
        if callers.is_empty() && count >= 5000 {
            break;
        }
        world.pass(1);
    }
    (exchanges, longest_ms)
}

#[test]
fn a_busy_endpoint_is_asked_by_backoff_and_not_by_arrivals() {
    let (exchanges, longest_ms) = arrivals(|_| Retry::USUAL);
    assert!(exchanges < 100 && longest_ms < 10_000, "{exchanges} exchanges, {longest_ms} ms");
}

#[test]
fn calls_that_are_tried_once_do_not_unbar_the_others_nor_starve_them() {
    let (exchanges, longest_ms) = arrivals(|call| if call % 10 == 0 { Retry::OFF } else { Retry::USUAL });
    assert!(exchanges < 200 && longest_ms < 10_000, "{exchanges} exchanges, {longest_ms} ms");
}

/// The last failure of a key does not take back what an earlier one was asked by the server.
#[test]
fn a_failure_without_a_word_does_not_end_a_bar() {
    let mut world = World::new(Default::default());
    let account = world.account("a");
    let first = world.begin(world.ask(account));
    fail(&mut world, first, busy(Some(20_000))).failed();
    let once = world.begin(world.ask(account));
    fail(&mut world, once, busy(None)).failed();
    let next = world.begin(ask(&world, account));
    assert!(matches!(next, Stand::Waits(_, 15_000..)), "{next:?}");
}

/// Another session with the same credential is disposed of while this call waits to try again.
#[test]
fn a_call_that_waits_keeps_its_credential() {
    let mut world = World::new(Default::default());
    let account = world.account("a");
    let first = world.begin(ask(&world, account));
    let (id, ms) = fail(&mut world, first, busy(None)).waits();
    world.tokens.forget(account);
    world.pass(ms);
    let stand = world.wake(id);
    assert!(matches!(stand, Stand::Signs(..)), "{stand:?}");
}
