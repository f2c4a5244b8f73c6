//! What is known of something, as texts by their names: one value for whatever a credential file may say and whatever comes up on
//! the way to a token, so that a type of credential is a few lines of a [plan](crate::plan) and not code of its own. Some of it
//! is secret, so none of it is ever shown.

use crate::json::Text;
use crate::text::{before, concat, cut, part};
use core::fmt;

/// Texts by their names. A name that a file gave begins with a point and is its path in the file; ours begin with none.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The newest first.
    text: Text,
    /// How deep the source lies that the file's names are looked for in, where one acts for another.
    pub(crate) depth: usize,
}

/// Begins each name.
const NAME: &str = "\x01";
/// Begins each text.
const TEXT: &str = "\x02";

impl Facts {
    /// The text of that name; empty where there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        before(cut(&self.text, &self.label(name)).unwrap_or_default().1, NAME)
    }

    /// Puts a text in, in place of the one that had the name. One that holds a character that parts them counts as empty.
    pub(crate) fn put(&mut self, name: &str, text: &str) {
        let text = if text.bytes().any(|byte| matches!(byte, 1 | 2)) { "" } else { text };
        let label = self.label(name);
        let (front, rest) = cut(&self.text, &label).unwrap_or((&self.text, ""));
        let rest = part(rest, before(rest, NAME).len(), rest.len());
        self.text = concat(&[&label, text, front, rest]).into();
    }

    /// Adds facts that are written as they lie in here.
    pub(crate) fn add(&mut self, facts: &str) {
        self.text = concat(&[facts, &self.text]).into();
    }

    /// Everything, for whoever has to tell it from something else.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    fn label(&self, name: &str) -> Text {
        let mut label = Text::from(concat(&[NAME]));
        if name.as_bytes().first() == Some(&b'.') {
            for _ in 0..self.depth {
                label.push_str(".source_credentials");
            }
        }
        label.push_str(name);
        label.push_str(TEXT);
        label
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Facts(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::Facts;

    #[test]
    fn what_was_put_in_last_counts_and_no_text_is_taken_for_a_name() {
        let mut facts = Facts::default();
        for (name, text) in [("a", "b"), ("b", "a"), ("ab", ""), ("a", "longer"), ("c", "1"), ("b", "2")] {
            facts.put(name, text);
        }
        assert_eq!(["a", "b", "ab", "c", "longer", ""].map(|name| facts.get(name)), ["longer", "2", "", "1", "", ""]);
        let length = facts.as_str().len();
        facts.put("a", "LONGER");
        assert_eq!((facts.get("a"), facts.as_str().len()), ("LONGER", length), "nothing is left of the one before");
        facts.put("a", "x\x01b\x02y");
        assert_eq!(["a", "b"].map(|name| facts.get(name)), ["", "2"]);
        assert_eq!(alloc::format!("{facts:?}"), "Facts(…)");
    }

    #[test]
    fn a_files_names_are_those_of_the_source_that_is_looked_at() {
        let mut facts = Facts::default();
        facts.put(".x", "outer");
        facts.put("x", "ours");
        facts.depth = 1;
        facts.put(".x", "inner");
        assert_eq!((facts.get(".x"), facts.get("x")), ("inner", "ours"));
        facts.depth = 0;
        assert_eq!((facts.get(".x"), facts.get(".source_credentials.x")), ("outer", "inner"));
    }
}
