//! What the targets share: a driver that does what a flow asks, by what an input says came of it; and keys.

pub mod flow;
pub mod keys;

/// The text before a mark and behind it; all and nothing, where it stands nowhere.
pub fn cut<'a>(text: &'a str, mark: &str) -> (&'a str, &'a str) {
    text.split_once(mark).unwrap_or((text, ""))
}

/// The first byte of an input, which says what the rest is; and the rest.
pub fn kind(data: &[u8]) -> (u8, &[u8]) {
    data.split_first().map_or((0, data), |(first, rest)| (*first, rest))
}

/// Nothing that is sent, shown or opened holds a control character.
pub fn assert_one_line(what: &str, text: &str) {
    assert!(!text.bytes().any(|byte| byte < b' ' || byte == 0x7f), "{what} holds a control character: {text:?}");
}
