//! The codes that TypeScript knows are the codes that there are, and it says the same of them.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::expect_used, reason = "a test that fails has to stop")]

use cloud_run_auth::error::Code;
use std::collections::BTreeMap;

const RUST: &str = include_str!("../src/error.rs");
const TYPESCRIPT: &str = include_str!("../pkg/index.d.ts");

#[test]
fn the_union_holds_every_code_once_and_nothing_else() {
    let (members, end) = union();
    let known: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(members.iter().map(|(code, _)| *code).collect::<Vec<_>>(), known, "in the same order");
    assert!(end.trim_start().starts_with(';'), "the union ends with its last code, and not with {end:.60}");
}

#[test]
fn both_say_the_same_of_each() {
    let (members, _) = union();
    let documented = documented_in_rust();
    for (code, comment) in members {
        assert_eq!(documented.get(code).map(String::as_str), Some(comment), "{code}");
    }
}

/// Each member's code and comment, in their order; and what follows the last one.
fn union() -> (Vec<(&'static str, &'static str)>, &'static str) {
    let (_, mut rest) = TYPESCRIPT.split_once("export type ErrorCode =").expect("pkg/index.d.ts has the union");
    let mut members = Vec::new();
    while let Some(after) = rest.trim_start().strip_prefix("/**") {
        let (comment, after) = after.split_once("*/").expect("a comment ends");
        let member = after.trim_start().strip_prefix("| \"").expect("a comment is followed by its code");
        let (code, after) = member.split_once('"').expect("a code ends");
        members.push((code, comment.trim()));
        rest = after;
    }
    (members, rest)
}

/// The list in src/error.rs: comments, then `Name = "code",`.
fn documented_in_rust() -> BTreeMap<&'static str, String> {
    let (_, list) = RUST.split_once("\ncodes! {").expect("src/error.rs has the list");
    let (list, _) = list.split_once("\n}").expect("the list ends");
    let mut documented = BTreeMap::new();
    let mut comment = Vec::new();
    for line in list.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            comment.push(text.trim());
        } else if let Some((_, code)) = line.split_once('=') {
            documented.insert(code.trim_matches([' ', '"', ',']), comment.join(" "));
            comment.clear();
        }
    }
    documented
}
