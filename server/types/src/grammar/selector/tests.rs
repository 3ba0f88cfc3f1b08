//! Tests of the syntax of selectors. The tests of their meaning are those of `Selection`.

use super::*;

#[test]
fn a_syntax_error_has_its_column() {
    for (text, problem) in [
        ("a", "column 2: found the end, expected ==, !=, matches, in or notin"),
        ("a ==", "column 5: "),
        ("a==b", "column 1: write a space before =="),
        ("a = b", "column 3: use == to compare"),
        ("a == b c == d", "column 8: found \"c\", expected && or the end"),
        ("a == b &&", "column 10: "),
        ("a in", "column 5: found the end, expected [ or the name of a field"),
        ("a in [b", "column 8: found the end, expected , or ]"),
        ("a in [b c]", "column 9: "),
        ("a in []", "column 7: "),
        ("== b", "column 1: "),
        ("2 == b", "column 1: found \"2\", expected the name of a label or field"),
        ("a == 2b", "column 6: a word begins with"),
        ("a == 1.2.3", "column 6: a word begins with"),
        ("a == -", "column 6: a word begins with"),
        ("a == b-c", "column 6: a word cannot contain '-'"),
        ("a. == b", "column 1: a letter or _ must follow a ."),
        ("a == \"b", "column 6: the closing quote is missing"),
        ("é == ü && a == 1x", "column 16: a word begins with"),
    ] {
        let Err(Invalid { message, .. }) = Selector::parse(text) else {
            panic!("{text} is accepted")
        };
        assert!(message.starts_with(problem), "{text}: {message}");
    }
}

#[test]
fn more_than_100_operations_are_rejected() {
    let operations = |count| vec!["a == b"; count].join(" && ");
    assert!(Selector::parse(&operations(100)).is_ok());
    assert!(Selector::parse(&operations(101)).is_err());
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(
        text in "\\PC{0,40}",
        word in "[a-z\\[\\]!=&,\"' .]{0,30}",
    ) {
        for text in [text, word] {
            if let Ok(selector) = Selector::parse(&text) {
                selector.matches(|_| None);
            }
        }
    }
}
