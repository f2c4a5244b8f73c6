//! What is tried again, when, and by whom.

use crate::world::{Stand, World, ask, busy, fail};
use cloud_run_auth::config::Retry;
use cloud_run_auth::error::Code;
use cloud_run_auth::token::{Ask, Event, Mode, OperationId};

/// Waits for as long as it has to.
fn rest(world: &mut World, stand: Stand) -> Stand {
    let (id, ms) = stand.waits();
    world.pass(ms);
    world.wake(id)
}

#[test]
fn an_exchange_is_tried_three_times_and_its_followers_are_told_once() {
    let mut world = World::new(Default::default());
    let account = world.account("a");
    let mut first = world.begin(ask(&world, account));
    let follower = world.begin(ask(&world, account)).follows();
    for most_ms in [500, 1000] {
        let (id, ms) = fail(&mut world, first, busy(None)).waits();
        assert!(ms <= most_ms);
        assert_eq!(world.wake(follower).waits(), (follower, ms));
        world.pass(ms);
        first = world.wake(id);
        world.wake(follower).follows();
    }
    let error = fail(&mut world, first, busy(None)).failed();
    assert_eq!((error.code, world.exchanges), (Code::ExchangeUnavailable, 3));
    assert_eq!(world.wake(follower).failed(), error);
    // Whoever comes next has tries of their own, but not at once.
    let next = world.begin(ask(&world, account));
    let next = rest(&mut world, next);
    world.succeed(next).had();
}

#[test]
fn waits_are_left_to_chance() {
    let mut waits = Vec::new();
    for seed in 0..100 {
        let mut world = World::new(Default::default());
        world.tokens = cloud_run_auth::token::Tokens::new(Default::default(), seed << 40);
        let account = world.account("a");
        let first = world.begin(ask(&world, account));
        waits.push(fail(&mut world, first, busy(None)).waits().1);
    }
    let mean = waits.iter().sum::<u64>() / 100;
    assert!((200..300).contains(&mean) && waits.iter().any(|ms| *ms < 50) && waits.iter().any(|ms| *ms > 450));
}

#[test]
fn what_will_not_pass_is_an_error_at_once() {
    let mut world = World::new(Default::default());
    let account = world.account("a");
    let stand = world.begin(ask(&world, account));
    assert_eq!(world.refuse(stand, 400).failed().code, Code::ExchangeRefused);
    assert_eq!(world.exchanges, 1);
}

#[test]
fn a_servers_word_counts_for_all_who_ask_the_same() {
    let mut world = World::new(Default::default());
    let account = world.account("a");
    let first = world.begin(ask(&world, account));
    let (id, ms) = fail(&mut world, first, busy(Some(7000))).waits();
    assert_eq!(ms, 7000);
    world.pass(1000);
    let (other, ms) = world.begin(ask(&world, account)).waits();
    assert_eq!(ms, 6000);
    // Whoever gives up changes nothing for the others.
    world.tokens.abandon(id);
    let (_, ms) = world.begin(ask(&world, account)).waits();
    assert_eq!(ms, 6000);
    // Without the time for it one is told at once; so is nobody whose retries are turned off.
    let hurried = Ask { deadline_ms: world.now.mono_ms + 5000, ..ask(&world, account) };
    let error = world.begin(hurried).failed();
    assert_eq!((error.code, error.retry_after_ms), (Code::ExchangeUnavailable, Some(7000)));
    let elsewhere = world.account("b");
    assert!(matches!(world.begin(ask(&world, elsewhere)), Stand::Signs(..)), "another key");
    world.pass(6000);
    let heir = world.wake(other);
    assert_eq!(world.exchanges, 1);
    world.succeed(heir).had();
}

#[test]
fn an_absurd_word_keeps_nobody_from_asking_for_longer_than_the_longest_wait() {
    let mut world = World::new(Default::default());
    let account = world.account("a");
    let first = world.begin(ask(&world, account));
    let error = fail(&mut world, first, busy(Some(86_400_000))).failed();
    assert_eq!(error.retry_after_ms, Some(86_400_000));
    let next = world.begin(ask(&world, account));
    let (_, ms) = next.waits();
    assert_eq!(ms, 30_000);
    let plain = world.begin(world.ask(account));
    assert!(matches!(plain, Stand::Signs(..)), "who tries once has no waits");
}

#[test]
fn a_leader_without_time_fails_nobody_else() {
    let mut world = World::new(Default::default());
    let account = world.account("a");
    let hurried = Ask { deadline_ms: world.now.mono_ms + 100, ..ask(&world, account) };
    let first = world.begin(hurried);
    let followers: Vec<OperationId> = (0..10).map(|_| world.begin(ask(&world, account)).follows()).collect();
    assert_eq!(fail(&mut world, first, busy(Some(600))).failed().code, Code::ExchangeUnavailable);
    let waits: Vec<(OperationId, u64)> = followers.iter().map(|id| world.wake(*id).waits()).collect();
    assert!(waits.iter().all(|(_, ms)| *ms == 600));
    world.pass(600);
    let mut stands: Vec<Stand> = followers.iter().map(|id| world.wake(*id)).collect();
    let key = world.succeed(stands.remove(0)).had();
    for stand in stands {
        let id = stand.follows();
        assert_eq!(world.wake(id).had(), key);
    }
    assert_eq!(world.exchanges, 2);
}

#[test]
fn whoever_was_slow_looks_again_after_its_wait() {
    let mut world = World::isolated();
    let account = world.account("a");
    let first = world.begin(ask(&world, account));
    let follower = world.begin(ask(&world, account)).follows();
    // Its answer is long in coming: the other takes over, and has a token before that one fails.
    let id = world.send(first);
    world.pass(2000);
    let heir = world.wake(follower);
    world.succeed(heir).had();
    let (id, ms) = world.step(id, Event::Answered(busy(None))).waits();
    world.pass(ms);
    world.wake(id).had();
    assert_eq!(world.exchanges, 2);
}

#[test]
fn who_follows_one_that_tries_once_has_tries_of_their_own() {
    let mut world = World::new(Default::default());
    let account = world.account("a");
    let once = world.begin(world.ask(account));
    let follower = world.begin(ask(&world, account)).follows();
    assert_eq!(fail(&mut world, once, busy(None)).failed().code, Code::ExchangeUnavailable);
    let heir = world.wake(follower);
    let heir = rest(&mut world, heir);
    world.succeed(heir).had();
}

#[test]
fn a_call_without_a_timeout_that_is_told_to_wait_keeps_nobody_else() {
    let mut world = World::new(Default::default());
    let account = world.account("a");
    let patient = Ask { deadline_ms: world.now.mono_ms + 3_600_000, ..ask(&world, account) };
    let first = world.begin(patient);
    assert_eq!(fail(&mut world, first, busy(Some(3_000_000))).waits().1, 3_000_000);
    let hurried = Ask { deadline_ms: world.now.mono_ms + 5_000, ..ask(&world, account) };
    assert_eq!(world.begin(hurried).failed().retry_after_ms, Some(3_000_000));
    world.pass(30_000);
    assert!(matches!(world.begin(ask(&world, account)), Stand::Signs(..)));
}

#[test]
fn of_many_that_give_up_together_none_goes_without_the_time_for_it() {
    let mut world = World::new(Default::default());
    let account = world.account("a");
    let hurried = |world: &World, ms| Ask { deadline_ms: world.now.mono_ms + ms, ..ask(world, account) };
    let first = world.begin(hurried(&world, 300)).signs();
    let [second, third] = [300, 400].map(|ms| world.begin(hurried(&world, ms)).follows());
    world.pass(299);
    world.tokens.abandon(first);
    assert_eq!(world.wake(second).waits(), (second, 25));
    let heir = world.wake(third);
    world.wake(second).follows();
    world.succeed(heir).had();
    world.wake(second).had();
}

#[test]
fn failures_of_one_key_are_kept_once() {
    let mut world = World::new(Default::default());
    let account = world.account("a");
    for _ in 0..1000 {
        let stand = world.begin(world.ask(account));
        fail(&mut world, stand, busy(Some(20_000))).failed();
    }
    assert!(format!("{:?}", world.tokens).matches("Flight {").count() <= 1);
}

#[test]
fn an_early_refresh_is_tried_once_within_its_pause_and_fails_nobody() {
    let mut world = World::new(Default::default());
    let account = world.account("a");
    let stand = world.begin(ask(&world, account));
    world.succeed(stand).had();
    world.pass(3_460_000);
    let early = world.begin(Ask { mode: Mode::Early, ..ask(&world, account) });
    let Stand::Sends(_, request) = world.step(early.signs(), Event::Signed(vec![1])) else { panic!() };
    assert!((7_500..=10_000).contains(&request.timeout_ms));
    world.pass(115_000);
    // It was late: by now the token has ended, and others wait.
    let follower = world.begin(ask(&world, account)).follows();
    assert_eq!(world.step(early.signs(), Event::Answered(busy(None))).failed().code, Code::ExchangeUnavailable);
    let heir = match world.wake(follower) {
        Stand::Waits(id, ms) => {
            world.pass(ms);
            world.wake(id)
        }
        other => other,
    };
    world.succeed(heir).had();
}

#[test]
fn waits_end_before_the_caller_gives_up() {
    let mut world = World::new(Default::default());
    let account = world.account("a");
    let deadline_ms = world.now.mono_ms + 1000;
    let retry = Retry { attempts: 1000, delay_ms: 1 << 40, longest_ms: u64::MAX };
    let mut stand = world.begin(Ask { deadline_ms, retry, ..world.ask(account) });
    for _ in 0..1000 {
        stand = fail(&mut world, stand, busy(None));
        if matches!(stand, Stand::Failed(_)) {
            break;
        }
        stand = rest(&mut world, stand);
        assert!(world.now.mono_ms < deadline_ms);
    }
    assert_eq!(stand.failed().code, Code::ExchangeUnavailable);
}
