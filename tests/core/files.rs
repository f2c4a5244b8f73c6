//! The credential file that the environment names.

use crate::world::{AUDIENCE, Stand, World, key_file};
use cloud_run_auth::credential::Terms;
use cloud_run_auth::error::Code;
use cloud_run_auth::secret::Secret;
use cloud_run_auth::token::{Ask, Event, Mode, OperationId, Source};

fn ask(world: &World, file: &str) -> Ask {
    world.ask_for(environment(file, Terms::google()), AUDIENCE)
}

fn environment(file: &str, hosts: Terms) -> Source {
    Source::Environment { file: file.into(), hosts }
}

fn reads(stand: Stand) -> OperationId {
    let Stand::Reads(id, path) = stand else { panic!("reads nothing: {stand:?}") };
    assert_eq!(path, "/key.json");
    id
}

fn content(name: &str) -> Event {
    Event::Returned(Secret::from(key_file(name).to_string()))
}

#[test]
fn the_file_is_read_once_for_all_and_one_exchange_made() {
    let mut world = World::new(Default::default());
    let reader = reads(world.begin(ask(&world, "/key.json")));
    let followers: Vec<_> = (0..99).map(|_| world.begin(ask(&world, "/key.json")).follows()).collect();
    let leader = world.step(reader, content("a"));
    // They followed the reading; now they follow the exchange.
    let followers: Vec<_> = followers.into_iter().map(|id| world.wake(id).follows()).collect();
    world.succeed(leader).had();
    followers.into_iter().for_each(|id| _ = world.wake(id).had());
    world.begin(ask(&world, "/key.json")).had();
    let other = Ask {
        target: ask(&world, "").target,
        ..world.ask_for(environment("/key.json", Terms::google()), "https://other.example")
    };
    world.begin(other).had();
    assert_eq!(world.exchanges, 1);
}

#[test]
fn a_refusal_has_the_file_read_again() {
    let mut world = World::new(Default::default());
    let reader = reads(world.begin(ask(&world, "/key.json")));
    let stand = world.step(reader, content("old"));
    assert_eq!(world.refuse(stand, 400).failed().code, Code::ExchangeRefused);
    let reader = reads(world.begin(ask(&world, "/key.json")));
    let stand = world.step(reader, content("new"));
    world.succeed(stand).had();
    world.begin(ask(&world, "/key.json")).had();
    assert_eq!(world.exchanges, 2);
}

#[test]
fn what_may_pass_does_not_have_the_file_read_again() {
    let mut world = World::new(Default::default());
    let reader = reads(world.begin(ask(&world, "/key.json")));
    let stand = world.step(reader, content("a"));
    assert_eq!(world.refuse(stand, 503).failed().code, Code::ExchangeUnavailable);
    let stand = world.begin(ask(&world, "/key.json"));
    world.succeed(stand).had();
}

#[test]
fn what_is_wrong_with_the_file_is_told_to_all_and_forgotten() {
    for (event, code) in [
        (Event::Failed("ENOENT: no such file".into()), Code::CredentialUnreadable),
        (Event::Returned(Secret::new("not json")), Code::InvalidCredential),
        (Event::Returned(Secret::new(r#"{"type":"gdch_service_account"}"#)), Code::UnsupportedCredential),
    ] {
        let mut world = World::new(Default::default());
        let reader = reads(world.begin(ask(&world, "/key.json")));
        let follower = world.begin(ask(&world, "/key.json")).follows();
        let error = world.step(reader, event).failed();
        assert!(
            error.code == code
                && error.message.contains("/key.json")
                && error.message.contains("GOOGLE_APPLICATION_CREDENTIALS"),
            "{error}"
        );
        assert_eq!(world.wake(follower).failed(), error);
        let reader = reads(world.begin(ask(&world, "/key.json")));
        let stand = world.step(reader, content("a"));
        world.succeed(stand).had();
    }
}

#[test]
fn a_reader_that_gives_up_leaves_the_file_to_another() {
    let mut world = World::new(Default::default());
    let reader = reads(world.begin(ask(&world, "/key.json")));
    let followers = [world.begin(ask(&world, "/key.json")).follows(), world.begin(ask(&world, "/key.json")).follows()];
    world.tokens.abandon(reader);
    let heir = reads(world.wake(followers[0]));
    world.wake(followers[1]).follows();
    let stand = world.step(heir, content("a"));
    world.wake(followers[1]).follows();
    world.succeed(stand).had();
    world.wake(followers[1]).had();
    assert_eq!(world.exchanges, 1);
}

#[test]
fn no_file_is_no_credential() {
    let mut world = World::new(Default::default());
    for mode in [Mode::Usual, Mode::Early, Mode::Forced] {
        let terms = Terms::google().with("lacks", "files").unwrap();
        let ask = Ask { mode, ..world.ask_for(environment("", terms), AUDIENCE) };
        let error = world.begin(ask).failed();
        assert_eq!((error.code, error.transient), (Code::CredentialNotFound, false));
    }
}

#[test]
fn hosts_that_differ_do_not_share_what_was_read() {
    let mut world = World::new(Default::default());
    let reader = reads(world.begin(ask(&world, "/key.json")));
    let stand = world.step(reader, content("a"));
    world.succeed(stand).had();
    for hosts in [Terms::google().allow("sts.example"), Terms::google().emulator("http://127.0.0.1:1").unwrap()] {
        reads(world.begin(world.ask_for(environment("/key.json", hosts), AUDIENCE)));
    }
}
