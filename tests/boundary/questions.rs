//! What is asked and answered at once, and what errors look like.

use crate::driver::*;
use serde_json::Value;
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn paths_are_judged() {
    let vectors: Value = serde_json::from_str(include_str!("../vectors/paths.json")).unwrap();
    start();
    for (name, verdict) in [("plain", "0"), ("careful", "1")] {
        for input in vectors[name].as_array().unwrap() {
            assert_eq!(call(&["p", input.as_str().unwrap()]), [verdict], "{input}");
        }
    }
    for input in vectors["refused"].as_array().unwrap() {
        assert_eq!(call(&["p", input.as_str().unwrap()])[..2], [ERROR, "invalid_path"], "{input}");
    }
    assert_eq!((call(&["nothing"]), call(&[""])), (vec![String::new()], vec![String::new()]));
}

#[test]
fn bases_are_read_in_their_parts() {
    start();
    let parts = ["https://svc.example/api/?k=1", "https://svc.example/api/?k=1", "https://SVC.example:443/api"];
    assert_eq!(call(&["b", "", "https://SVC.example:443/api/?k=1"]), parts);
    assert_eq!(call(&["b", "", "https://SVC.example"])[..2], ["https://svc.example/", "https://svc.example"]);
    assert_eq!(call(&["b", "", "http://svc.example"])[..2], [ERROR, "invalid_base_url"]);
    assert_eq!(call(&["b", "1", "http://svc.example"]).len(), 3);
}

#[test]
fn answers_of_services_are_judged() {
    start();
    for (status, sent_before, replayable, again) in
        [("401", "", "1", "3"), ("401", "1", "1", "0"), ("401", "", "", "0"), ("500", "", "1", "0")]
    {
        assert_eq!(call(&["r", status, sent_before, "", replayable, "", "GET"]), [again], "{status}");
    }
    let hop =
        |status, hops, replayable, same, method| call(&["r", status, "", hops, replayable, same, method]).remove(0);
    assert_eq!(hop("303", "0", "", "1", "POST"), "2");
    assert_eq!(hop("303", "0", "", "", "POST"), "0");
    assert_eq!(hop("307", "0", "1", "1", "POST"), "1");
    assert_eq!(hop("307", "5", "1", "1", "GET"), "0");
}

#[test]
fn errors_without_a_server_leave_its_fields_empty() {
    start();
    let error = call(&["c", "", "", FACTS, "", "not json"]);
    assert_eq!(
        (error.len(), &error[..2], error[3..].concat().as_str()),
        (8, &[ERROR, "invalid_credential"].map(String::from)[..], "")
    );
    assert_eq!(call(&["c", "", "http://10.0.0.1", FACTS, "", &key_file("a")])[1], "invalid_option");
    let code = |credential, access, wanted| call(&["g", "1", credential, access, USUAL, "1", "", "", wanted]).remove(1);
    let search = call(&["c", "", "", &format!("{FACTS}\x01lacks\x02files"), "", ""]).remove(0);
    let nowhere = call(&["g", "1", &search, "", USUAL, "1", "", "", AUDIENCE]);
    assert_eq!(nowhere[..2], [ERROR, "credential_not_found"]);
    assert_eq!(code("99", "", AUDIENCE), "core_failed");
    assert_eq!((code("99", "", ""), code("99", "1", "")), ("invalid_audience".into(), "invalid_scope".into()));
    assert_eq!(step(&[String::new(), "77".into()], WOKEN, "", "")[..2], [ERROR, "timeout"]);
}

#[test]
fn files_and_functions_are_asked_for() {
    start();
    let begin = |credential, access, wanted| call(&["g", "120000", credential, access, USUAL, "1", "", "", wanted]);
    let search = call(&["c", "", "", &format!("{FACTS}\x01file\x02/key.json"), "", ""]).remove(0);
    let reading = begin(&search, "", AUDIENCE);
    assert_eq!((reading[0].as_str(), reading[3].as_str()), (READ, "/key.json"));
    let signing = step(&reading, RETURNED, "", &key_file("file"));
    assert_eq!(signing[0], SIGN);
    let error = step(&signing, FAILED, "", "no WebCrypto");
    assert!(error[1] == "signing_failed" && error[2].contains("no WebCrypto"), "{error:?}");

    let function = call(&["c", "", "", "\x01function\x023", "", ""]).remove(0);
    let asking = begin(&function, "", AUDIENCE);
    assert_eq!((asking[0].as_str(), &asking[3..]), (ASK, &["3", "", AUDIENCE].map(String::from)[..]));
    let had = step(&asking, GRANTED, &(WALL_MS + 60_000).to_string(), "opaque");
    assert_eq!((had[0].as_str(), had[5].as_str()), (HAD, "opaque"));
    let asking = begin(&function, "1", "a b");
    assert_eq!((asking[0].as_str(), &asking[3..]), (ASK, &["3", "1", "a b"].map(String::from)[..]));
    assert_eq!(step(&asking, GRANTED, "", "two words")[1], "credential_function_failed");
    for passes in ["", "1"] {
        let failed = step(&begin(&function, "1", "busy"), FAILED, passes, "busy");
        assert_eq!((failed[1].as_str(), failed[3].as_str()), ("credential_function_failed", passes));
    }
}
