//! The codes that TypeScript knows are the codes that there are.
#![cfg(not(target_arch = "wasm32"))]

use cloud_run_auth::error::Code;
use std::collections::BTreeSet;

const DECLARATIONS: &str = include_str!("../pkg/index.d.ts");

/// What stands between the beginning of the union and its end, without comments.
fn union() -> String {
    let (_, rest) = DECLARATIONS.split_once("type ErrorCode =").expect("pkg/index.d.ts declares ErrorCode");
    let (union, _) = rest.split_once(';').expect("the union ends");
    let (mut code, mut rest) = (String::new(), union);
    while let Some((before, comment)) = rest.split_once("/*") {
        code.push_str(before);
        rest = comment.split_once("*/").expect("the comment ends").1;
    }
    code + rest
}

#[test]
fn the_union_holds_every_code_once_and_nothing_else() {
    let union = union();
    let members: Vec<&str> = union.split('|').map(str::trim).filter(|member| !member.is_empty()).collect();
    let named: BTreeSet<&str> = members.iter().map(|member| member.trim_matches('"')).collect();
    let known: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(named, known);
    assert_eq!(members.len(), known.len(), "one stands there twice");
    assert!(members.iter().all(|member| member.starts_with('"') && member.ends_with('"')), "one is not a literal: {union}");
}

#[test]
fn what_is_documented_in_the_union_is_said_of_each() {
    let (_, rest) = DECLARATIONS.split_once("type ErrorCode =").expect("pkg/index.d.ts declares ErrorCode");
    for code in Code::ALL {
        assert_eq!(rest.matches(&format!("\"{}\"", code.as_str())).count() > 0, true, "{}", code.as_str());
    }
}
