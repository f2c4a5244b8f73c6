//! Texts from templates. One text with places in it is less code than a list of pieces, for every request and claim there is.

use crate::json::write_string;
use crate::secret::room;
use crate::text::push;
use alloc::string::String;

/// Fills a template: each `$` stands for the next argument as it is, each `~` for the next as a JSON string, quotes included.
/// In one allocation, where the arguments need no escaping, so that no part of a secret is left behind by a second.
pub(crate) fn fill(template: &str, arguments: &[&str]) -> String {
    let mut out = room(|| arguments.iter().fold(template.len(), |size, argument| size.wrapping_add(argument.len())));
    let mut arguments = arguments.iter();
    for c in template.chars() {
        let mut next = || arguments.next().copied().unwrap_or_default();
        match c {
            '$' => out.push_str(next()),
            '~' => write_string(&mut out, next()),
            _ => push(&mut out, c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_takes_the_next_argument_in_its_own_way() {
        assert_eq!(fill("a=${\"c\":~}", &["1~$", "q\"\\"]), r#"a=1~${"c":"q\"\\"}"#);
        assert_eq!(fill("$|~|", &[]), "|\"\"|");
    }
}
