//! A clock that is wrong, and is put right by the endpoint's.

use crate::world::{AUDIENCE, World, answer};
use cloud_run_auth::error::{AuthError, Code};
use cloud_run_auth::http::Response;
use cloud_run_auth::jose::Claims;
use cloud_run_auth::token::{Action, Ask, CredentialId, Event, Mode, OperationId, Turn};
use serde_json::json;

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
        // What did not help is not believed any longer.
        let (id, next) = issued(&mut world, account);
        assert_eq!(next, here_s);
        refused(&mut world, id, there_s);
        let again = world.tokens.step(id, Event::Woken, world.now);
        assert_eq!(issued_at(again), there_s);
        world.tokens.step(id, Event::Signed(vec![1]), world.now);
        let answer = world.token_answer(AUDIENCE, 3600);
        world.tokens.step(id, Event::Answered(answer), world.now);
        // What did, is, by this credential, until somebody sets the clock.
        let force = |world: &World, account| Ask { mode: Mode::Forced, ..world.ask(account) };
        let begin = |world: &mut World, account| issued_at(world.tokens.begin(force(world, account), world.now).1);
        assert_eq!(begin(&mut world, account), there_s);
        let other = world.account("b");
        assert_eq!(begin(&mut world, other), here_s);
    }
}

#[test]
fn a_correction_ends_when_the_clock_is_set() {
    let mut world = World::new(Default::default());
    let account = world.account("a");
    let here_s = world.now.wall_s();
    let (id, _) = issued(&mut world, account);
    refused(&mut world, id, here_s + 600);
    assert_eq!(issued_at(world.tokens.step(id, Event::Woken, world.now)), here_s + 600);
    world.tokens.abandon(id);
    world.pass(3_600_000);
    let (id, later) = issued(&mut world, account);
    assert_eq!(later, here_s + 4200);
    world.tokens.abandon(id);
    world.now.wall_ms += 600_000;
    assert_eq!(issued(&mut world, account).1, here_s + 4200);
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
                assert_eq!((error_of(turn).code, tried), (Code::ClockSkew, 2));
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
