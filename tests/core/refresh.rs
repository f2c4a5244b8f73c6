//! Fresh, stale, expired: who is served what, and who goes for a new one.

use crate::world::{AUDIENCE, Stand, World};
use cloud_run_auth::error::Code;
use cloud_run_auth::token::{CredentialId, Event, Key, Mode};

/// A token of an hour that was had that long ago.
fn aged(ms: u64) -> (World, CredentialId, Key) {
    let mut world = World::new(Default::default());
    let account = world.account("a");
    let stand = world.begin(world.ask(account));
    let key = world.succeed(stand).had();
    world.pass(ms);
    (world, account, key)
}

/// By now it is stale, whatever its jitter, and not expired.
const STALE_MS: u64 = 3_450_000;

#[test]
fn a_fresh_token_is_served_and_nobody_goes() {
    let (mut world, account, key) = aged(3_000_000);
    for mode in [Mode::Usual, Mode::Early] {
        assert_eq!(world.begin_as(account, mode).had(), key);
    }
    assert_eq!(world.exchanges, 1);
}

#[test]
fn a_stale_token_is_served_while_one_call_gets_another() {
    let (mut world, account, key) = aged(STALE_MS);
    let old = world.text(&key);
    for _ in 0..100 {
        assert_eq!(world.begin_as(account, Mode::Usual).had(), key);
    }
    let early = world.begin_as(account, Mode::Early);
    for mode in [Mode::Usual, Mode::Early, Mode::Usual] {
        assert_eq!(world.begin_as(account, mode).had(), key, "one is out already");
    }
    assert_eq!(world.text(&key), old);
    world.succeed(early).had();
    assert_ne!(world.text(&key), old);
    assert_eq!((world.begin_as(account, Mode::Early).had(), world.exchanges), (key, 2));
}

#[test]
fn an_early_refresh_that_fails_displaces_nothing_and_pauses() {
    for fails in 0..4 {
        let (mut world, account, key) = aged(STALE_MS);
        let old = (world.text(&key), world.tokens.lease(&key).unwrap().serial);
        let early = world.begin_as(account, Mode::Early);
        match fails {
            0 => _ = world.refuse(early, 503).failed(),
            1 => _ = world.refuse(early, 400).failed(),
            2 => _ = world.step(early.signs(), Event::Failed("no".into())).failed(),
            _ => {
                let id = world.send(early);
                assert_eq!(world.step(id, Event::Failed("reset".into())).failed().code, Code::ExchangeUnavailable);
            }
        }
        let exchanges = world.exchanges;
        for _ in 0..9 {
            assert_eq!(world.begin_as(account, Mode::Usual).had(), key);
            assert_eq!(world.begin_as(account, Mode::Early).had(), key, "it pauses");
            world.pass(1000);
        }
        assert_eq!((world.text(&key), world.tokens.lease(&key).unwrap().serial), old);
        world.pass(1000);
        let early = world.begin_as(account, Mode::Early);
        world.succeed(early).had();
        assert_eq!(world.exchanges, exchanges + 1);
    }
}

#[test]
fn a_pause_does_not_outlast_the_token() {
    let (mut world, account, _) = aged(3_569_000);
    let early = world.begin_as(account, Mode::Early);
    world.refuse(early, 503).failed();
    world.begin_as(account, Mode::Usual).had();
    world.pass(1000);
    assert!(matches!(world.begin_as(account, Mode::Usual), Stand::Signs(..)), "it has ended");
}

#[test]
fn an_expired_token_is_not_served() {
    let (mut world, account, _) = aged(3_570_000);
    let first = world.begin_as(account, Mode::Usual);
    let second = world.begin_as(account, Mode::Usual).follows();
    world.succeed(first).had();
    world.wake(second).had();
    assert_eq!(world.exchanges, 2);
}

#[test]
fn a_late_early_refresh_that_fails_leaves_no_expired_token_in_use() {
    let (mut world, account, _) = aged(3_569_999);
    let early = world.begin_as(account, Mode::Early);
    world.pass(10);
    let follower = world.begin_as(account, Mode::Usual).follows();
    world.refuse(early, 503).failed();
    assert_eq!(world.wake(follower).failed().code, Code::ExchangeUnavailable);
    assert!(matches!(world.begin_as(account, Mode::Usual), Stand::Signs(..)));
}

#[test]
fn to_force_is_to_get_one_that_was_not_had_before() {
    let (mut world, account, key) = aged(1000);
    let old = world.text(&key);
    let forced = world.begin_as(account, Mode::Forced);
    let follower = world.begin_as(account, Mode::Forced).follows();
    assert_eq!(world.begin_as(account, Mode::Usual).had(), key, "the others have no reason to wait");
    world.succeed(forced).had();
    assert_eq!(world.wake(follower).had(), key);
    assert_ne!(world.text(&key), old);
    assert_eq!(world.exchanges, 2);
    let again = world.begin_as(account, Mode::Forced);
    world.refuse(again, 400).failed();
    assert_eq!(world.begin_as(account, Mode::Usual).had(), key, "what was had is still good");
}

#[test]
fn a_token_that_a_server_would_not_have_is_dropped_once() {
    let (mut world, account, key) = aged(1000);
    let serial = world.tokens.lease(&key).unwrap().serial;
    world.tokens.invalidate(&key, serial);
    assert!(world.tokens.token(&key).is_none());
    let stand = world.begin_as(account, Mode::Usual);
    world.succeed(stand).had();
    // A second call had been refused with the same old token.
    world.tokens.invalidate(&key, serial);
    assert_eq!((world.begin_as(account, Mode::Usual).had(), world.exchanges), (key, 2));
}

#[test]
fn a_short_life_is_used_and_a_wrong_clock_does_not_lengthen_it() {
    let mut world = World::new(Default::default());
    let account = world.account("a");
    let stand = world.begin(world.ask(account));
    let id = world.send(stand);
    let answer = world.token_answer(AUDIENCE, 20);
    world.step(id, Event::Answered(answer)).had();
    world.pass(17_000);
    world.begin_as(account, Mode::Usual).had();
    // The wall clock is set back an hour; the other goes on.
    world.now.wall_ms -= 3_600_000;
    world.begin_as(account, Mode::Usual).had();
    world.now.mono_ms += 1000;
    assert!(matches!(world.begin_as(account, Mode::Usual), Stand::Signs(..)));
}
