//! Calls that take turns until they have their token.

use crate::driver::*;
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn an_exchange_from_begin_to_token() {
    let number = register("exchange");
    assert_eq!(register("exchange"), number);
    let signing = begin(&number);
    let [kind, _, leads, fingerprint, input] = signing.as_slice() else { panic!("{signing:?}") };
    assert_eq!((kind.as_str(), leads != "0"), (SIGN, true));
    assert!(fingerprint.len() == 43 && input.starts_with("eyJ") && input.split('.').count() == 2);

    let sending = step(&signing, SIGNED, "", "c2lnbmF0dXJl");
    assert_eq!(sending[..6], [SEND, &signing[1], leads, "POST", "https://oauth2.googleapis.com/token", "30000"]);
    let body = format!("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion={input}.c2lnbmF0dXJl");
    assert_eq!(
        sending[6..],
        ["", &body, "content-type", "application/x-www-form-urlencoded", "accept", "application/json"]
    );

    let had = step(&sending, ANSWERED, "200", &json!({"id_token": token()}).to_string());
    let [kind, serial, refresh_ms, expires_ms, key, got, rest @ ..] = had.as_slice() else { panic!("{had:?}") };
    // No key had to go, nobody else is to pay, and no refresh token came.
    assert_eq!((kind.as_str(), got, rest), (HAD, &token(), &["", "", ""].map(String::from)[..]));
    let after = |text: &str| text.parse::<u64>().unwrap() - WALL_MS;
    assert!((3_300_000..3_375_000).contains(&after(refresh_ms)) && after(expires_ms) == 3_570_000, "{had:?}");
    // The host has the token now, and is not handed it again.
    assert_eq!(begin(&number), [HAD, serial, refresh_ms, expires_ms, key, "", "", "", ""]);
}

#[test]
fn a_second_call_joins_and_is_served_by_the_first() {
    let number = register("join");
    let (first, second) = (begin(&number), begin(&number));
    assert_eq!(second, [JOIN, &second[1], "0", &first[2], "25"]);
    assert_eq!(step(&second, WOKEN, "", "")[0], JOIN);
    let had = exchange(&first);
    let served = step(&second, WOKEN, "", "");
    assert_eq!((served[0].as_str(), &served[1..5]), (HAD, &had[1..5]));
}

#[test]
fn a_failure_is_shared_and_says_all_that_is_known() {
    let number = register("failure");
    let (first, second) = (begin(&number), begin(&number));
    let sending = step(&first, SIGNED, "", "c2lnbmF0dXJl");
    let body = json!({"error": "unavailable", "error_description": "busy"}).to_string();
    let error = call(&["s", &sending[1], ANSWERED, "503", &WALL_MS.to_string(), "7000", &body]);
    assert_eq!(
        (&error[..2], error[2].contains("busy")),
        (&[ERROR, "exchange_unavailable"].map(String::from)[..], true)
    );
    assert_eq!(error[3..], ["1", "7000", "503", "unavailable", "busy"]);
    assert_eq!(step(&second, WOKEN, "", ""), error);
    assert_eq!(begin(&number)[0], SIGN, "the next tries anew");
}

#[test]
fn what_may_pass_is_tried_again_after_a_wait() {
    let number = register("again");
    let first = begin_with(&number, USUAL, "2");
    let second = begin_with(&number, USUAL, "2");
    let failed = |turn: &[String]| {
        let sending = step(turn, SIGNED, "", "c2lnbmF0dXJl");
        call(&["s", &sending[1], ANSWERED, "503", "", "", ""])
    };
    let wait = failed(&first);
    let ms: u64 = wait[4].parse().unwrap();
    // Nobody leads while they wait, and all wait for the same time.
    assert_eq!((&wait[..4], ms <= 500), (&[JOIN, &first[1], "0", "0"].map(String::from)[..], true));
    if ms > 0 {
        assert_eq!(step(&second, WOKEN, "", "")[2..], wait[2..]);
    }
    let again = step(&wait, WOKEN, "", "");
    assert_eq!(again[0], SIGN);
    assert_eq!(step(&second, WOKEN, "", "")[3], again[2]);
    let error = failed(&again);
    assert_eq!(error[..2], [ERROR, "exchange_unavailable"]);
    assert_eq!(step(&second, WOKEN, "", ""), error);
}

#[test]
fn a_callers_own_failure_may_pass_where_it_says_so() {
    start();
    let number = call(&["c", "", "", "\x01function\x027", "", ""]).remove(0);
    let fails = |passing| step(&begin_with(&number, USUAL, "2"), FAILED, passing, "busy");
    assert_eq!(fails("")[..2], [ERROR, "credential_function_failed"]);
    assert_eq!(fails("1")[0], JOIN);
}

#[test]
fn a_request_is_sent_again_where_that_is_safe_and_in_time() {
    start();
    let ask = |status: &str, sent: &str, after: &str, replayable: &str, method: &str, methods: &str, statuses: &str| {
        let answer =
            call(&["t", status, sent, after, "10000", "3", "500", "30000", replayable, method, methods, statuses]);
        answer[0].parse::<u64>().ok()
    };
    for status in ["0", "408", "429", "500", "502", "503", "504"] {
        assert!(ask(status, "1", "", "1", "GET", "", "").is_some_and(|ms| ms <= 500), "{status}");
        assert!(ask(status, "2", "", "1", "DELETE", "", "").is_some_and(|ms| ms <= 1000), "{status}");
        assert_eq!(ask(status, "3", "", "1", "GET", "", ""), None, "{status}");
        assert_eq!(ask(status, "1", "", "1", "POST", "", ""), None, "{status}");
        assert_eq!(ask(status, "1", "", "", "GET", "", ""), None, "{status}");
    }
    assert_eq!(ask("404", "1", "", "1", "GET", "", ""), None);
    assert_eq!(ask("503", "1", "9999", "1", "GET", "", ""), Some(9999));
    assert_eq!(ask("503", "1", "10000", "1", "GET", "", ""), None);
    assert!(ask("503", "1", "", "1", "POST", " POST ", "").is_some());
    assert!(ask("503", "1", "", "1", "GET", "  ", "").is_none());
    assert!(
        ask("418", "1", "", "1", "GET", "", " 418 ").is_some()
            && ask("503", "1", "", "1", "GET", "", " 418 ").is_none()
    );
    assert!(ask("0", "1", "", "1", "GET", "", "  ").is_some());
}

#[test]
fn a_follower_takes_over_from_one_that_gave_up_or_is_dead() {
    let number = register("abandoned");
    let (first, second) = (begin(&number), begin(&number));
    assert_eq!(call(&["a", &first[1]]), [""]);
    let heir = step(&second, WOKEN, "", "");
    assert_eq!((heir[0].as_str(), step(&first, SIGNED, "", "eA")[1].as_str()), (SIGN, "timeout"));
    assert_eq!(exchange(&heir)[0], HAD);

    let number = register("dead");
    let (_dead, second, third) = (begin(&number), begin(&number), begin(&number));
    assert_eq!(step_at(1999, &second, WOKEN, "", "")[0], JOIN);
    assert_eq!(step_at(2000, &second, WOKEN, "", "")[0], SIGN);
    assert_eq!(step_at(2001, &third, WOKEN, "", "")[0], JOIN);
}

#[test]
fn a_leader_that_goes_on_step_by_step_is_not_taken_for_dead() {
    let number = register("slow");
    let (first, second) = (begin(&number), begin(&number));
    assert_eq!(step_at(1900, &first, SIGNED, "", "c2lnbmF0dXJl")[0], SEND);
    assert_eq!(step_at(3899, &second, WOKEN, "", "")[0], JOIN);
    assert_eq!(step_at(3900, &second, WOKEN, "", "")[0], SIGN);
}

#[test]
fn a_token_is_dropped_by_its_serial_and_forced_by_its_mode() {
    let number = register("dropped");
    let had = exchange(&begin(&number));
    let invalidate = |serial: &str| call(&["i", serial, &had[4]]);
    invalidate("0");
    assert_eq!((begin(&number)[0].as_str(), begin_as(&number, EARLY)[0].as_str()), (HAD, HAD), "it is fresh");
    let forced = begin_as(&number, FORCED);
    assert_eq!(forced[0], SIGN);
    let newer = exchange(&forced);
    assert_eq!((newer[1] != had[1], &newer[5]), (true, &token()));
    invalidate(&had[1]);
    assert_eq!(begin(&number)[0], HAD, "that one was replaced");
    invalidate(&newer[1]);
    assert_eq!(begin(&number)[0], SIGN);
}

#[test]
fn what_the_host_kept_is_taken_back_after_a_restart() {
    let number = register("restart");
    let had = exchange(&begin(&number));
    call(&["i", &had[1], &had[4]]);
    let restored = call_at(1000, &["o", &had[3], &had[4]]);
    assert_eq!((restored.len(), restored[2] <= had[3]), (3, true));
    let again = begin(&number);
    assert_eq!((again[0].as_str(), &again[1..4], again[5].as_str()), (HAD, restored.as_slice(), ""));
}

#[test]
fn a_private_key_is_handed_out_until_it_is_forgotten() {
    let number = register("key");
    let signing = begin(&number);
    let id = signing[1].as_str();
    let key = || answer(&format!("k\0\0\0{id}"));
    let der = key();
    assert!(der.starts_with(&[0x30, 0x82]) && der == key());
    assert_eq!((call(&["w", id]), key()), (vec![String::new()], vec![]));
    assert_eq!((register("key"), key()), (number.clone(), vec![]), "nobody asked for it");
    call(&["c", "1", "", FACTS, "", &key_file("key")]);
    assert_eq!(key(), der);
    assert_eq!((call(&["w", "99"]), call(&["k", "99"])), (vec![String::new()], vec![String::new()]));
}
