//! What goes wrong only when two rare things meet.

use crate::world::{AUDIENCE, Stand, World, credential, jwt, key_file, pem};
use cloud_run_auth::config::Limits;
use cloud_run_auth::credential::Terms;
use cloud_run_auth::error::shown;
use cloud_run_auth::secret::Secret;
use cloud_run_auth::token::{Event, Mode, Source};
use serde_json::json;

#[test]
fn a_files_credential_that_had_to_go_for_others_is_read_again() {
    let mut world = World::new(Limits { credentials: 1, ..Limits::default() });
    let ask = world.ask_for(Source::Environment { file: "/key.json".into(), hosts: Terms::google() }, AUDIENCE);
    let Stand::Reads(id, _) = world.begin(ask.clone()) else { panic!() };
    let stand = world.step(id, Event::Returned(Secret::from(key_file("a").to_string())));
    world.succeed(stand).had();
    world.account("b");
    assert!(matches!(world.begin(ask), Stand::Had(_) | Stand::Reads(..)));
}

#[test]
fn a_forced_refresh_that_fails_does_not_bring_the_early_one_forward() {
    let mut world = World::new(Limits::default());
    let account = world.account("a");
    let stand = world.begin(world.ask(account));
    let key = world.succeed(stand).had();
    let before = world.tokens.lease(&key);
    let forced = world.begin_as(account, Mode::Forced);
    world.refuse(forced, 503).failed();
    assert_eq!(world.tokens.lease(&key), before);
}

#[test]
fn a_key_can_be_renewed_by_the_call_that_is_to_sign_with_it() {
    let mut world = World::new(Limits::default());
    let account = world.account("a");
    world.tokens.credential(account).unwrap().forget_private_key();
    let _signing = world.begin(world.ask(account)).signs();
    world.tokens.register(credential(&key_file("a")), true);
    assert!(world.tokens.credential(account).unwrap().private_key().is_some());
}

#[test]
fn what_stands_in_a_url_is_redacted_too() {
    let token = jwt(&json!({"aud": AUDIENCE}));
    assert!(!shown(&format!("look at https://svc.example/{token}")).contains("eyJ"));
    let line = pem().lines().nth(1).unwrap().replacen(char::is_alphabetic, "//", 3);
    assert!(!shown(&line).contains(line.rsplit('/').next().unwrap()));
}
