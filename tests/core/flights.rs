//! One goes, the others follow; and what becomes of them when that one does not come back.

use crate::world::{AUDIENCE, Stand, World, answer, jwt};
use cloud_run_auth::credential::Credential;
use cloud_run_auth::error::Code;
use cloud_run_auth::secret::Secret;
use cloud_run_auth::token::{Event, OperationId};
use serde_json::json;

/// One that leads, and so many that follow.
fn crowd(world: &mut World, followers: usize) -> (Stand, Vec<OperationId>) {
    let account = world.account("a");
    let ask = world.ask(account);
    let leader = world.begin(ask.clone());
    let followers = (0..followers).map(|_| world.begin(ask.clone()).follows()).collect();
    (leader, followers)
}

/// Wakes all, and says how each stands.
fn wake(world: &mut World, waiting: &[OperationId]) -> Vec<Stand> {
    waiting.iter().map(|id| world.wake(*id)).collect()
}

#[test]
fn a_thousand_calls_make_one_exchange() {
    let mut world = World::new(Default::default());
    let (leader, followers) = crowd(&mut world, 999);
    let Stand::Signs(id, flight) = &leader else { panic!("{leader:?}") };
    assert!(world.tokens.leader(*id).is_some() && flight.0 > 0);
    let key = world.succeed(leader).had();
    for stand in wake(&mut world, &followers) {
        assert_eq!(stand.had(), key);
    }
    assert_eq!(world.exchanges, 1);
}

#[test]
fn when_the_leader_gives_up_exactly_one_takes_over() {
    for steps in 0..2 {
        let mut world = World::new(Default::default());
        let (leader, followers) = crowd(&mut world, 100);
        let id = if steps == 0 { leader.signs() } else { world.send(leader) };
        world.tokens.abandon(id);
        let (mut leading, mut following) = (Vec::new(), Vec::new());
        for stand in wake(&mut world, &followers) {
            match stand {
                Stand::Follows(id) => following.push(id),
                other => leading.push(other),
            }
        }
        assert_eq!((leading.len(), following.len()), (1, 99));
        world.succeed(leading.pop().unwrap()).had();
        wake(&mut world, &following).into_iter().for_each(|stand| _ = stand.had());
        assert_eq!(world.exchanges, 1 + steps);
        // Whoever gave up has no say any more.
        assert_eq!(world.step(id, Event::Failed("late".into())).failed().code, Code::Timeout);
    }
}

#[test]
fn when_a_follower_gives_up_nobody_notices() {
    let mut world = World::new(Default::default());
    let (leader, followers) = crowd(&mut world, 3);
    world.tokens.abandon(followers[1]);
    world.succeed(leader).had();
    world.wake(followers[0]).had();
    assert_eq!(world.wake(followers[1]).failed().code, Code::Timeout);
    world.wake(followers[2]).had();
    assert_eq!(world.exchanges, 1);
}

#[test]
fn when_the_leader_fails_all_are_told_the_same() {
    for (status, transient) in [(400, false), (503, true)] {
        let mut world = World::new(Default::default());
        let (leader, followers) = crowd(&mut world, 999);
        let error = world.refuse(leader, status).failed();
        assert_eq!(error.transient, transient);
        for stand in wake(&mut world, &followers) {
            assert_eq!(stand.failed(), error);
        }
        assert_eq!(world.exchanges, 1);
        // A call that comes later tries for itself.
        let account = world.account("a");
        let stand = world.begin(world.ask(account));
        world.succeed(stand).had();
    }
}

#[test]
fn a_failure_is_not_told_to_those_who_began_after_it() {
    let mut world = World::isolated();
    let (leader, followers) = crowd(&mut world, 2);
    world.refuse(leader, 400).failed();
    assert_eq!(world.wake(followers[0]).failed().code, Code::ExchangeRefused);
    let account = world.account("a");
    let again = world.begin(world.ask(account));
    let late = world.begin(world.ask(account)).follows();
    world.succeed(again).had();
    world.wake(late).had();
    // Who followed the first flight and looks only now may use what the second brought, or hear of the first: not make a third.
    assert!(matches!(world.wake(followers[1]), Stand::Had(_) | Stand::Failed(_)));
    assert_eq!(world.exchanges, 2);
}

#[test]
fn a_dead_flight_is_taken_over_by_one_while_the_others_go_on_following() {
    let mut world = World::isolated();
    let (leader, followers) = crowd(&mut world, 50);
    world.send(leader);
    world.pass(1999);
    wake(&mut world, &followers).into_iter().for_each(|stand| _ = stand.follows());
    world.pass(1);
    let mut stands = wake(&mut world, &followers);
    let others = stands.split_off(1);
    let heir = stands.pop().unwrap();
    assert!(matches!(heir, Stand::Signs(..)));
    let others: Vec<OperationId> = others.into_iter().map(Stand::follows).collect();
    world.pass(1000);
    wake(&mut world, &others).into_iter().for_each(|stand| _ = stand.follows());
    world.succeed(heir).had();
    wake(&mut world, &others).into_iter().for_each(|stand| _ = stand.had());
    assert_eq!(world.exchanges, 2);
}

#[test]
fn an_answer_that_comes_after_the_takeover_harms_nobody() {
    for good in [true, false] {
        let mut world = World::isolated();
        let (leader, followers) = crowd(&mut world, 3);
        let late = world.send(leader);
        world.pass(2000);
        let heir = world.wake(followers[0]);
        world.wake(followers[1]).follows();
        let answer =
            if good { world.token_answer(AUDIENCE, 3600) } else { answer(400, &json!({"error": "invalid_grant"})) };
        let stand = world.step(late, Event::Answered(answer));
        assert_eq!(matches!(stand, Stand::Had(_)), good);
        // The last one has not looked since before the takeover.
        for id in [followers[1], followers[2]] {
            assert_eq!(matches!(world.wake(id), Stand::Had(_)), good);
        }
        world.succeed(heir).had();
        if !good {
            world.wake(followers[1]).had();
            world.wake(followers[2]).had();
        }
        assert_eq!(world.exchanges, 2);
    }
}

#[test]
fn on_hosts_that_wake_no_flight_dies_of_age() {
    let mut world = World::new(Default::default());
    let (leader, followers) = crowd(&mut world, 1);
    world.pass(60_000);
    world.wake(followers[0]).follows();
    world.succeed(leader).had();
    world.wake(followers[0]).had();
}

#[test]
fn an_opaque_token_of_a_function_is_for_those_who_waited_for_it() {
    let mut world = World::new(Default::default());
    let function = world.tokens.register(Credential::function(1), false);
    let ask = world.ask(function);
    let Stand::Calls(leader) = world.begin(ask.clone()) else { panic!() };
    let follower = world.begin(ask.clone()).follows();
    let granted = |text: &str, expires_at_ms| Event::Granted { token: Secret::new(text), expires_at_ms };
    let key = world.step(leader, granted("opaque", None)).had();
    assert_eq!((world.text(&key), world.wake(follower).had()), ("opaque".into(), key));
    let Stand::Calls(again) = world.begin(ask.clone()) else { panic!("it was kept") };
    // One that says when it ends is kept until then, and so is a JWT.
    world.step(again, granted("opaque", Some(world.now.wall_ms + 600_000))).had();
    world.begin(ask.clone()).had();
    world.pass(600_000);
    let Stand::Calls(again) = world.begin(ask.clone()) else { panic!("it has ended") };
    let claims = json!({"exp": world.now.wall_ms / 1000 + 60});
    world.step(again, granted(&jwt(&claims), None)).had();
    world.begin(ask).had();
}
