//! What is kept is bounded, and whoever vanishes costs nothing lasting.

use crate::world::{AUDIENCE, Stand, World, credential, key_file};
use cloud_run_auth::config::Limits;
use cloud_run_auth::error::Code;
use cloud_run_auth::token::{Ask, CredentialId, Event, Key, Source, Turn};

/// A token for that audience; also which key had to go for it.
fn get(world: &mut World, account: CredentialId, audience: &str) -> (Key, Option<Key>) {
    let stand = world.begin(world.ask_for(Source::Credential(account), audience));
    if let Stand::Had(key) = stand {
        return (key, None);
    }
    let id = world.send(stand);
    let answer = world.token_answer(audience, 3600);
    let Turn::Done { result, evicted } = world.tokens.step(id, Event::Answered(answer), world.now) else { panic!() };
    (result.unwrap(), evicted)
}

#[test]
fn the_least_recently_used_token_goes_and_its_key_is_told() {
    let mut world = World::new(Limits { cached_tokens: 3, ..Limits::default() });
    let account = world.account("a");
    let (a, none) = get(&mut world, account, "a");
    let (b, _) = get(&mut world, account, "b");
    let (c, _) = get(&mut world, account, "c");
    assert_eq!((none, get(&mut world, account, "a").0 == a), (None, true));
    assert_eq!(get(&mut world, account, "d").1, Some(b.clone()));
    assert_eq!(get(&mut world, account, "e").1, Some(c));
    assert!(world.tokens.token(&b).is_none() && world.tokens.token(&a).is_some());
    let exchanges = world.exchanges;
    get(&mut world, account, "a");
    assert_eq!(world.exchanges, exchanges);
    get(&mut world, account, "b");
    assert_eq!(world.exchanges, exchanges + 1);
}

#[test]
fn calls_beyond_the_bound_are_told_so_and_places_are_given_again() {
    let mut world = World::new(Limits { operations: 3, ..Limits::default() });
    let account = world.account("a");
    let leader = world.begin(world.ask(account));
    let followers = [world.begin(world.ask(account)).follows(), world.begin(world.ask(account)).follows()];
    let error = world.begin(world.ask(account)).failed();
    assert_eq!((error.code, error.transient), (Code::TooManyOperations, true));
    world.tokens.abandon(followers[0]);
    let another = world.begin(world.ask(account)).follows();
    assert_ne!(another, followers[0], "nobody who still holds the old number may speak for the new call");
    assert_eq!(world.wake(followers[0]).failed().code, Code::Timeout);
    world.succeed(leader).had();
    world.wake(another).had();
    world.wake(followers[1]).had();
    for _ in 0..1000 {
        world.begin(world.ask(account)).had();
    }
}

#[test]
fn whoever_vanished_makes_room_after_its_deadline() {
    let mut world = World::new(Limits { operations: 2, ..Limits::default() });
    let account = world.account("a");
    let short = Ask { deadline_ms: world.now.mono_ms + 1000, ..world.ask(account) };
    let vanished = world.begin(short).signs();
    let follower = world.begin(world.ask(account)).follows();
    assert_eq!(world.begin(world.ask(account)).failed().code, Code::TooManyOperations);
    world.pass(1000);
    // The one that led is gone with its flight, so the next goes itself.
    let heir = world.begin(world.ask(account));
    assert!(matches!(heir, Stand::Signs(..)));
    world.wake(follower).follows();
    assert_eq!(world.step(vanished, Event::Signed(vec![1])).failed().code, Code::Timeout);
    world.succeed(heir).had();
    world.wake(follower).had();
    assert_eq!(world.exchanges, 1);
}

#[test]
fn a_hundred_thousand_calls_that_vanish_leave_room_for_the_next() {
    let mut world = World::isolated();
    let account = world.account("a");
    for _ in 0..100_000 {
        let ask = Ask { deadline_ms: world.now.mono_ms + 500, ..world.ask(account) };
        assert!(!matches!(world.begin(ask), Stand::Failed(_)));
        world.pass(1);
    }
    world.pass(2000);
    let stand = world.begin(world.ask(account));
    world.succeed(stand).had();
}

#[test]
fn the_least_recently_used_credential_goes_unless_it_is_at_work() {
    let mut world = World::new(Limits { credentials: 2, ..Limits::default() });
    let (a, b) = (world.account("a"), world.account("b"));
    let working = world.begin(world.ask(a));
    let c = world.account("c");
    assert!(
        world.tokens.credential(a).is_some()
            && world.tokens.credential(b).is_none()
            && world.tokens.credential(c).is_some()
    );
    world.succeed(working).had();
    let error = world.begin(world.ask(b)).failed();
    assert_eq!((error.code, error.transient), (Code::CoreFailed, true));
    let b = world.account("b");
    let stand = world.begin(world.ask_for(Source::Credential(b), AUDIENCE));
    world.succeed(stand).had();
}

#[test]
fn a_credential_is_known_by_what_it_is_and_renewed_on_demand() {
    let mut world = World::new(Limits::default());
    let a = world.account("a");
    assert_eq!(world.account("a"), a);
    assert_ne!(world.account("b"), a);
    world.tokens.credential(a).unwrap().forget_private_key();
    assert!(world.tokens.credential(a).unwrap().private_key().is_none());
    assert_eq!(world.account("a"), a);
    assert!(world.tokens.credential(a).unwrap().private_key().is_none(), "nobody asked for the key");
    assert_eq!(world.tokens.register(credential(&key_file("a")), true), a);
    assert!(world.tokens.credential(a).unwrap().private_key().is_some());
}

#[test]
fn a_host_that_keeps_the_tokens_itself_gets_each_once_and_gives_them_back_after_a_restart() {
    let mut world = World::new(Limits::default());
    let account = world.account("a");
    let stand = world.begin(world.ask(account));
    let key = world.succeed(stand).had();
    assert!(world.tokens.take_token(&key).is_some() && world.tokens.take_token(&key).is_none());
    let lease = world.tokens.lease(&key).unwrap();
    let (_, expires_ms) = lease.deadlines_ms();

    let mut restarted = World::new(Limits::default());
    restarted.now = world.now;
    restarted.pass(1_000_000);
    for rest_ms in [expires_ms - restarted.now.wall_ms, 270_001, 270_000, 100_003, 9, 1, 0] {
        // However many restarts there are: none lengthens a life, and none shortens it.
        for _ in 0..3 {
            let until_ms = restarted.now.wall_ms + rest_ms;
            let restored = restarted.tokens.restore(Key::from_text(key.as_str().into()), until_ms, restarted.now);
            assert_eq!(restored.unwrap().deadlines_ms().1, until_ms);
        }
    }
    restarted.tokens.restore(Key::from_text(key.as_str().into()), expires_ms, restarted.now);
    let account = restarted.account("a");
    assert_eq!(restarted.begin(restarted.ask(account)).had(), key);
    restarted.pass(3_600_000);
    assert!(matches!(restarted.begin(restarted.ask(account)), Stand::Signs(..)));
}
