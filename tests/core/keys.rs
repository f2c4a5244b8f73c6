//! Two calls share a token only if everything that shapes it is the same.

use crate::world::{World, credential, key_file, pem};
use cloud_run_auth::credential::{Credential, Terms};
use cloud_run_auth::grant::{Audience, Scopes, Target};
use cloud_run_auth::secret::Secret;
use cloud_run_auth::token::{Ask, CredentialId, Event, Key, Source, Turn};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that shapes a token, in values that are easily mistaken for each other.
fn shapes() -> Vec<(String, Value, Target, Terms)> {
    let keys: Value = serde_json::from_str(include_str!("../vectors/keys.json")).unwrap();
    // The same key in another wrapping is another file; nothing says that it is the same key.
    let pems = [pem(), keys["keys"]["pkcs1_2048"].as_str().unwrap().to_owned()];
    let audiences =
        ["a", "a b", "b a", "https://a.example", "https://a.example/", "HTTPS://a.example", "id", "access", "-"];
    let scopes = ["a", "a b", "b", "https://a.example", "id"];
    let ids = audiences.map(|text| Target::id_token(Audience::parse(text).unwrap()));
    let access = scopes.map(|text| Target::access_token(Scopes::parse(text).unwrap()));
    let targets: Vec<Target> = ids.into_iter().chain(access).collect();
    let hosts = [
        Terms::google(),
        Terms::google().emulator("http://127.0.0.1:1").unwrap(),
        Terms::google().emulator("http://127.0.0.1:11").unwrap(),
    ];
    let mut shapes = Vec::new();
    for (email, id) in [("a@x", "k"), ("a@xk", ""), ("a@x", "kk"), ("aa@x", "k"), ("k@x", "a")] {
        for (which, pem) in pems.iter().enumerate() {
            for uri in [
                "https://oauth2.googleapis.com/token",
                "https://www.googleapis.com/oauth2/v4/token",
                "https://oauth2.googleapis.com/token?a",
            ] {
                let file = json!({"type": "service_account", "client_email": email, "private_key_id": id, "private_key": pem, "token_uri": uri});
                for target in &targets {
                    for (number, hosts) in hosts.iter().enumerate() {
                        shapes.push((
                            format!("{email} {id} {which} {uri} {target:?} hosts {number}"),
                            file.clone(),
                            target.clone(),
                            hosts.clone(),
                        ));
                    }
                }
            }
        }
    }
    shapes
}

/// The key under which that token is kept.
fn key(world: &mut World, account: CredentialId, target: &Target) -> Key {
    let ask = Ask { target: target.clone(), ..world.ask_for(Source::Credential(account), "-") };
    let stand = world.begin(ask);
    let id = world.send(stand);
    let answer = match target {
        Target::IdToken(audience) => world.token_answer(audience.as_str(), 3600),
        Target::AccessToken(_) => crate::world::answer(200, &json!({"access_token": "t", "expires_in": 3600})),
    };
    let Turn::Done { result, .. } = world.tokens.step(id, Event::Answered(answer), world.now) else { panic!() };
    result.unwrap()
}

#[test]
fn no_two_shapes_share_a_key() {
    let mut world = World::new(Default::default());
    let mut accounts: BTreeMap<String, CredentialId> = BTreeMap::new();
    let mut keys: BTreeSet<Key> = BTreeSet::new();
    let shapes = shapes();
    for (name, file, target, hosts) in &shapes {
        // Parsing is what takes the time.
        let number = name.chars().next_back().unwrap();
        let account = *accounts.entry(format!("{file} {number}")).or_insert_with(|| {
            let credential = Credential::from_json_with(&file.to_string(), hosts).unwrap();
            world.tokens.register(credential, false)
        });
        assert!(keys.insert(key(&mut world, account, target)), "shares its key: {name}");
    }
    assert_eq!(keys.len(), 5 * 2 * 3 * 14 * 3);
    assert_eq!(accounts.len(), accounts.values().map(|id| id.0).collect::<BTreeSet<_>>().len());
}

/// Who is acted as, through whom, by whom, for whom and where: no two of these may be taken for each other.
#[test]
fn no_two_identities_share_a_fingerprint() {
    let url = |email: &str, universe: &str| {
        format!("https://iamcredentials.{universe}/v1/projects/-/serviceAccounts/{email}:generateAccessToken")
    };
    let mut prints = BTreeSet::new();
    let mut count = 0;
    for universe in ["googleapis.com", "u.example"] {
        for subject in ["", "a@x", "a@xb"] {
            for wants in ["", "1"] {
                let terms = Terms::google().with("universeDomain", universe).unwrap().with("subject", subject).unwrap();
                let terms = terms.with("selfSigned", wants).unwrap();
                for target in ["t@x", "t@xx", "a@x"] {
                    for delegates in [
                        json!([]),
                        json!(["a"]),
                        json!(["a", "b"]),
                        json!(["b", "a"]),
                        json!(["ab"]),
                        json!(["a\",\"b"]),
                    ] {
                        for token in ["r", "rr"] {
                            let source = json!({"type": "authorized_user", "universe_domain": universe, "client_id": "c", "client_secret": "s", "refresh_token": token});
                            let file = json!({"type": "impersonated_service_account", "universe_domain": universe, "service_account_impersonation_url": url(target, universe), "delegates": delegates, "source_credentials": source});
                            // The same, one deeper.
                            let deeper = json!({"type": "impersonated_service_account", "universe_domain": universe, "service_account_impersonation_url": url("a@x", universe), "source_credentials": file});
                            for file in [&file, &deeper] {
                                let credential = Credential::from_json_with(&file.to_string(), &terms).unwrap();
                                count += 1;
                                assert!(prints.insert(credential.fingerprint().clone()), "{file} {subject} {universe}");
                            }
                        }
                    }
                }
                for (audience, kind) in [("a", "b"), ("ab", ""), ("b", "a")] {
                    let kind = format!("urn:{kind}");
                    for source in [
                        json!({"file": "a"}),
                        json!({"file": "b"}),
                        json!({"url": "http://169.254.169.254/a"}),
                        json!({"executable": {"command": "a"}}),
                    ] {
                        let file = json!({"type": "external_account", "universe_domain": universe, "audience": audience, "subject_token_type": kind, "token_url": format!("https://sts.{universe}/v1/token"), "credential_source": source});
                        let credential = Credential::from_json_with(&file.to_string(), &terms).unwrap();
                        count += 1;
                        assert!(prints.insert(credential.fingerprint().clone()), "{file} {subject} {universe}");
                    }
                }
                for path in ["/a", "/b"] {
                    count += 1;
                    assert!(prints.insert(Credential::search(path, &terms).fingerprint().clone()));
                }
            }
        }
    }
    assert_eq!(prints.len(), count);
}

#[test]
fn what_does_not_shape_a_token_does_not_part_them() {
    let mut world = World::new(Default::default());
    let mut file = key_file("a");
    let a = world.tokens.register(credential(&file), false);
    for (name, value) in
        [("project_id", "other"), ("client_x509_cert_url", "7"), ("auth_uri", "https://evil.example"), ("note", "x")]
    {
        file[name] = json!(value);
    }
    assert_eq!(world.tokens.register(credential(&file), false), a);
    let scopes = |text: &str| Target::access_token(Scopes::parse(text).unwrap());
    let stand = world.begin(Ask { target: scopes("b a b"), ..world.ask(a) });
    let id = world.send(stand);
    world.step(id, Event::Answered(crate::world::answer(200, &json!({"access_token": "t"})))).had();
    world.begin(Ask { target: scopes("a  b"), ..world.ask(a) }).had();
}

#[test]
fn keys_tell_nothing_of_the_credential() {
    let mut world = World::new(Default::default());
    let a = world.account("canary");
    let stand = world.begin(world.ask(a));
    let key = world.succeed(stand).had();
    let shown = format!("{} {key:?}", key.as_str());
    assert!(!shown.contains("canary") && !shown.contains("MII") && !shown.contains("eyJ"), "{shown}");
    assert_eq!(Key::from_text(key.as_str().into()), key);
    assert_eq!(Secret::from(key.as_str().to_owned()).expose_text(), key.as_str());
}
