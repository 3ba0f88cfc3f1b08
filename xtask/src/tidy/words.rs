//! Words that are not used in this repository: private metaphors and translated idioms. `words.txt` lists
//! them with their replacements.

use std::collections::HashMap;

use super::sources::Source;

const LIST: &str = include_str!("words.txt");

/// Messages of Sensu Go, quoted, that contain a banned word.
const QUOTED: &[&str] = &[];

/// Files that are never changed again.
const FROZEN: &[&str] = &["openapi/released/"];

/// A banned phrase after its first word, and what to write instead.
type Phrases<'a> = HashMap<&'a str, Vec<(Vec<&'a str>, &'a str)>>;

/// The banned words in all files: `file:line: word (replacement)`.
pub(super) fn banned_words(sources: &[Source]) -> Vec<String> {
    let phrases = phrases(LIST);
    let is_checked = |source: &&Source| !FROZEN.iter().any(|path| source.name.starts_with(path));
    let found = sources.iter().filter(is_checked).flat_map(|source| in_file(source, &phrases));
    found.collect()
}

fn phrases(list: &str) -> Phrases<'_> {
    let mut phrases = Phrases::new();
    for line in list.lines().filter(|line| !line.starts_with('#')) {
        let Some((phrase, replacement)) = line.split_once(" = ") else { continue };
        let mut words = phrase.split(' ');
        if let Some(first) = words.next() {
            phrases.entry(first).or_default().push((words.collect(), replacement));
        }
    }
    phrases
}

fn in_file(source: &Source, phrases: &Phrases<'_>) -> Vec<String> {
    let longest = phrases.keys().map(|word| word.len()).max().unwrap_or(0);
    let mut text = source.text.clone();
    for quoted in QUOTED {
        text = text.replace(quoted, "");
    }
    text.make_ascii_lowercase();
    let mut words = Words { text: &text, at: 0 };
    let mut found = Vec::new();
    while let Some(word) = words.next() {
        if word.len() > longest {
            continue;
        }
        for (rest, replacement) in phrases.get(word).into_iter().flatten() {
            if rest.iter().copied().eq(words.clone().take(rest.len())) {
                let line = text.get(..words.at).unwrap_or_default().matches('\n').count() + 1;
                let phrase = [&[word], &rest[..]].concat().join(" ");
                found.push(format!("{}:{line}: {phrase} (write: {replacement})", source.name));
            }
        }
    }
    found
}

/// The words of a text: runs of ASCII letters.
#[derive(Clone)]
struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let bytes = self.text.as_bytes().get(self.at..)?;
        let start = bytes.iter().position(u8::is_ascii_alphabetic)?;
        let rest = bytes.get(start..)?;
        let length = rest.iter().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(rest.len());
        let from = self.at + start;
        self.at = from + length;
        self.text.get(from..self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let source = Source { name: "x.md".to_owned(), text: text.to_owned() };
        in_file(&source, &phrases("# comment\nbad = good\nso bad = so good\nso = thus"))
    }

    #[test]
    fn a_banned_word_is_found_with_its_line() {
        assert_eq!(found("Good.\nNot BAD."), ["x.md:2: bad (write: good)"]);
        assert_eq!(found("let is_bad = 1;"), ["x.md:1: bad (write: good)"]);
    }

    #[test]
    fn parts_of_words_are_no_words() {
        assert!(found("badly forbad").is_empty());
    }

    #[test]
    fn a_phrase_is_found_across_lines() {
        let expected = [
            "x.md:1: so bad (write: so good)",
            "x.md:1: so (write: thus)",
            "x.md:2: bad (write: good)",
        ];
        assert_eq!(found("/// so\n/// bad"), expected);
    }

    #[test]
    fn the_list_is_well_formed() {
        for line in LIST.lines().filter(|line| !line.starts_with('#')) {
            let (phrase, replacement) = line.split_once(" = ").expect("word = replacement");
            assert!(phrase.chars().all(|c| c.is_ascii_lowercase() || c == ' '), "{line}");
            assert!(!replacement.is_empty(), "{line}");
        }
    }
}
