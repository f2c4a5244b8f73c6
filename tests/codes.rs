//! The codes that TypeScript and the README know are the codes that there are; TypeScript says the same of them.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::expect_used, reason = "a test that fails has to stop")]

use cloud_run_auth::error::Code;
use std::collections::BTreeMap;

const RUST: &str = include_str!("../src/error.rs");
const TYPESCRIPT: &str = include_str!("../pkg/index.d.ts");
const README: &str = include_str!("../README.md");

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

#[test]
fn the_table_of_the_readme_holds_every_code_once_and_nothing_else() {
    let (_, table) = README.split_once("\n| code | cause |").expect("README.md has the table");
    let (table, _) = table.split_once("\n\n").expect("the table ends");
    let rows = table.lines().skip(2).map(|row| row.split('|').map(str::trim).collect::<Vec<_>>());
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let mut told = Vec::new();
    for row in rows {
        assert!(row.len() == 5 && row.iter().skip(2).take(2).all(|cell| !cell.is_empty()), "{row:?}");
        told.extend(row.get(1).map(|code| code.trim_matches('`')));
    }
    assert_eq!(told, codes, "in the same order");
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
