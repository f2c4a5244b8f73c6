//! What is tried again, when, and by whom; and a clock that is put right.

use crate::world::{Stand, World, answer};
use cloud_run_auth::config::Retry;
use cloud_run_auth::error::{AuthError, Code};
use cloud_run_auth::http::Response;
use cloud_run_auth::jose::Claims;
use cloud_run_auth::token::{Action, Ask, CredentialId, Event, Mode, OperationId, Turn};
use serde_json::json;

fn ask(world: &World, account: CredentialId) -> Ask {
    Ask { retry: Retry::USUAL, ..world.ask(account) }
}

/// That the endpoint is busy, and for how long it wants to be left alone.
fn busy(retry_after_ms: Option<u64>) -> Response {
    Response { retry_after_ms, ..answer(503, &json!({})) }
}

fn fail(world: &mut World, stand: Stand, with: Response) -> Stand {
    let id = world.send(stand);
    world.step(id, Event::Answered(with))
}

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
    let first = world.begin(ask(&world, account));
    let follower = world.begin(ask(&world, account)).follows();
    let again = fail(&mut world, first, busy(None));
    let Stand::Waits(_, ms) = again else { panic!("{again:?}") };
    assert!(ms <= 500);
    world.wake(follower).follows();
    let again = rest(&mut world, again);
    let again = fail(&mut world, again, busy(None));
    let Stand::Waits(_, ms) = again else { panic!("{again:?}") };
    assert!(ms <= 1000);
    let again = rest(&mut world, again);
    let error = fail(&mut world, again, busy(None)).failed();
    assert_eq!((error.code, world.exchanges), (Code::ExchangeUnavailable, 3));
    assert_eq!(world.wake(follower).failed(), error);
    let next = world.begin(ask(&world, account));
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
    // Whoever gives up leaves the others to wait as long.
    let follower = world.begin(ask(&world, account)).follows();
    world.pass(1000);
    world.tokens.abandon(id);
    let (follower, ms) = world.wake(follower).waits();
    assert_eq!(ms, 6000);
    // Without the time for it one is told at once; so is nobody whose retries are turned off.
    let hurried = Ask { deadline_ms: world.now.mono_ms + 5000, ..ask(&world, account) };
    let error = world.begin(hurried).failed();
    assert_eq!((error.code, error.retry_after_ms), (Code::ExchangeUnavailable, Some(7000)));
    let other = world.account("b");
    assert!(matches!(world.begin(ask(&world, other)), Stand::Signs(..)), "another key");
    world.pass(6000);
    let heir = world.wake(follower);
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
    assert_eq!(fail(&mut world, first, busy(Some(200))).failed().code, Code::ExchangeUnavailable);
    let waits: Vec<(OperationId, u64)> = followers.iter().map(|id| world.wake(*id).waits()).collect();
    assert!(waits.iter().all(|(_, ms)| *ms == 200));
    world.pass(200);
    let mut stands: Vec<Stand> = followers.iter().map(|id| world.wake(*id)).collect();
    let key = world.succeed(stands.remove(0)).had();
    for stand in stands {
        let id = stand.follows();
        assert_eq!(world.wake(id).had(), key);
    }
    assert_eq!(world.exchanges, 2);
}

#[test]
fn a_leader_that_waits_is_not_taken_for_dead_and_one_that_was_slow_looks_again() {
    let mut world = World::isolated();
    let account = world.account("a");
    let first = world.begin(ask(&world, account));
    let follower = world.begin(ask(&world, account)).follows();
    let waiting = fail(&mut world, first, busy(Some(5000)));
    world.pass(4999);
    world.wake(follower).follows();
    world.pass(1);
    let (id, _) = waiting.waits();
    let again = world.wake(id);
    // Its answer is long in coming: the other takes over, and has a token before that one fails.
    let id = world.send(again);
    world.pass(2000);
    let heir = world.wake(follower);
    world.succeed(heir).had();
    let (id, ms) = world.step(id, Event::Answered(busy(None))).waits();
    world.pass(ms);
    world.wake(id).had();
    assert_eq!(world.exchanges, 3);
}

#[test]
fn an_early_refresh_is_tried_once_within_its_pause_and_fails_nobody() {
    let mut world = World::new(Default::default());
    let account = world.account("a");
    let stand = world.begin(ask(&world, account));
    world.succeed(stand).had();
    world.pass(3_450_000);
    let early = world.begin(Ask { mode: Mode::Early, ..ask(&world, account) });
    let Stand::Sends(_, request) = world.step(early.signs(), Event::Signed(vec![1])) else { panic!() };
    assert_eq!(request.timeout_ms, 10_000);
    world.pass(130_000);
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

/// What the assertion that is to be signed says of the time.
fn issued(world: &mut World, account: CredentialId) -> (OperationId, u64) {
    let (id, turn) = world.tokens.begin(world.ask(account), world.now);
    (id.unwrap(), issued_at(turn))
}

fn issued_at(turn: Turn) -> u64 {
    let Turn::Act { action: Action::Sign { input, .. }, .. } = turn else { panic!("{turn:?}") };
    Claims::read(format!("{input}.c2ln").as_bytes()).unwrap().seconds("iat").unwrap()
}

/// The time was refused, at that time by the endpoint's clock.
fn refused(world: &mut World, id: OperationId, server_s: u64) -> Turn {
    let text = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.";
    let body = json!({"error": "invalid_grant", "error_description": text});
    world.tokens.step(id, Event::Signed(vec![1]), world.now);
    let answer = Response { date_ms: Some(server_s * 1000), ..answer(400, &body) };
    world.tokens.step(id, Event::Answered(answer), world.now)
}

fn error_of(turn: Turn) -> AuthError {
    let Turn::Done { result: Err(error), .. } = turn else { panic!("{turn:?}") };
    error
}

#[test]
fn a_clock_that_is_wrong_is_corrected_once_for_that_credential() {
    for (ahead_s, says) in [(600, "600 s behind"), (-600, "600 s ahead"), (-1_800_000_000, "s ahead")] {
        let mut world = World::new(Default::default());
        let account = world.account("a");
        let here_s = world.now.wall_s();
        let there_s = here_s.saturating_add_signed(ahead_s).max(1);
        let (id, first) = issued(&mut world, account);
        assert_eq!(first, here_s);
        let turn = refused(&mut world, id, there_s);
        assert!(matches!(turn, Turn::Act { action: Action::Wait { ms: 0 }, .. }), "{turn:?}");
        let second = issued_at(world.tokens.step(id, Event::Woken, world.now));
        assert_eq!(second, there_s);
        let error = error_of(refused(&mut world, id, there_s));
        assert_eq!(error.code, Code::ClockSkew);
        assert!(error.message.contains(says), "{}", error.message);
        // It stays so, until the endpoint says otherwise; the other credentials have their own.
        let (id, next) = issued(&mut world, account);
        assert_eq!(next, there_s);
        let turn = refused(&mut world, id, here_s);
        assert!(matches!(turn, Turn::Act { action: Action::Wait { ms: 0 }, .. }), "{turn:?}");
        assert_eq!(issued_at(world.tokens.step(id, Event::Woken, world.now)), here_s);
        let other = world.account("b");
        assert_eq!(issued(&mut world, other).1, here_s);
    }
}

#[test]
fn a_clock_of_the_endpoints_that_is_another_each_time_is_not_followed_for_ever() {
    let mut world = World::new(Default::default());
    let account = world.account("a");
    let (id, _) = issued(&mut world, account);
    for tried in 1_u64.. {
        let there_s = world.now.wall_s() + tried * 1000;
        match refused(&mut world, id, there_s) {
            Turn::Act { action: Action::Wait { .. }, .. } => _ = world.tokens.step(id, Event::Woken, world.now),
            turn => {
                assert_eq!((error_of(turn).code, tried), (Code::ClockSkew, 3));
                break;
            }
        }
    }
}

#[test]
fn a_time_that_is_right_is_not_tried_again() {
    let mut world = World::new(Default::default());
    let account = world.account("a");
    let (id, _) = issued(&mut world, account);
    let here_s = world.now.wall_s();
    assert_eq!(error_of(refused(&mut world, id, here_s + 3)).code, Code::ClockSkew);
}
