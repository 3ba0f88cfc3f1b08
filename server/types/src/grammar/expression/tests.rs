//! Tests of [`super`]: accepted texts, positions of errors, and limits.

use super::*;

fn check(text: &str) -> Result<(), Invalid> {
    Checker::default().check_all(&[text.to_owned()])
}

#[test]
fn what_sensu_go_accepts_is_valid() {
    for good in [
        "",
        "true",
        "event.check.status == 2",
        "var a = 1; a + 1",
        "// nothing",
        "<!-- nothing",
        "event.check.output.match(/error/i)",
        "/[a-z]{2,}\\/(x|y)$/g.test(event.check.output)",
        "return 1",
        "delete x",
        "delete event.check.status",
        "010 + 1",
        "'\\101'",
        "with (event) { check.status == 0 }",
        "arguments = 1",
        "function f() {} function f() {}",
        "function f() {} var f",
        "var interface, let, static, yield",
        "while (true) {}",
    ] {
        assert_eq!(check(good), Ok(()), "{good}");
    }
}

#[test]
fn errors_have_a_position() {
    for (bad, expected) in [
        ("(", "Line 1:2 Unexpected end of input"),
        ("garbage (", "Line 1:10 Unexpected end of input"),
        ("true &&\n  (", "Line 2:4 Unexpected end of input"),
        ("'x", "Line 1:"),
        ("`x", "Line 1:"),
        ("/* x", "Line 1:"),
        ("if (a) {", "Line 1:9 Unexpected end of input"),
        ("}", "Line 1:1 Unexpected token '}'"),
        ("a; } b;", "Line 1:4 Unexpected token '}'"),
        ("/(/", "Line 1:"),
        ("/a/xx", "Line 1:"),
        ("\0", "Line 1:"),
        ("1;\n2;\na b", "Line 3:3 "),
        ("'use strict'; 010", "Line 1:"),
        ("import 'x'", "Line 1:"),
        ("break", "Line 1:"),
    ] {
        let error = check(bad).expect_err(bad).message;
        let expected = format!("syntax error in expression 0: (anonymous): {expected}");
        assert!(error.starts_with(&expected), "{bad}: {error}");
    }
    let two = ["true".to_owned(), "a b".to_owned()];
    let error = Checker::default().check_all(&two).expect_err("a b").message;
    let expected = "syntax error in expression 1: (anonymous): Line 1:3 ";
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn a_text_cannot_close_its_function_and_nothing_is_executed() {
    for bad in [
        "} while (true) {} function b(){",
        "} while (true) {} {",
        "}, b(){",
        "}, get b(){",
        "}) (function(){",
        "}+function(){",
        "} + {",
        "}/a/{",
        "}//\n{",
        "}}, {",
        "}}); while (true) {} ({a(){",
        "*/ while (true) {} /*",
    ] {
        assert!(check(bad).is_err(), "{bad}");
    }
}

#[test]
fn the_stack_does_not_overflow() {
    let nested = [
        "(",
        "[",
        "{",
        "a?",
        "!",
        "a=>",
        "`${",
        "function(){",
        "(function(){",
        "if(1)",
        "/(",
        "-",
        "new ",
        "{a:",
        "[[",
        "x:",
        "do ",
        "a=",
        "async()=>",
        "class{[",
        "a**",
    ];
    for open in nested {
        let deep = open.repeat(MAX_BYTES / open.len());
        let checked = std::thread::Builder::new().stack_size(1 << 20);
        let checked = checked.spawn(move || check(&deep).map_err(|error| error.message.len()));
        assert!(checked.unwrap().join().unwrap().is_err(), "{open}");
    }
}

#[test]
fn the_text_of_an_object_is_limited() {
    let mut checker = Checker::default();
    assert_eq!(checker.check_all(&vec!["1".to_owned(); 60]), Ok(()));
    let error = checker.check_all(&vec!["1".to_owned(); 41]).expect_err("101").message;
    assert_eq!(error, "an object can have at most 100 expressions");

    let escape = r"/\p{L}/u.test(a)".to_owned();
    assert_eq!(Checker::default().check_all(&vec![escape.clone(); 20]), Ok(()));
    let error = Checker::default().check_all(&vec![escape; 21]).expect_err("21").message;
    assert!(error.contains("at most 20 Unicode property escapes"), "{error}");

    let mut checker = Checker::default();
    let half = format!("{}1", " ".repeat(MAX_BYTES / 2 - 1));
    assert_eq!(checker.check_all(&[half.clone(), half]), Ok(()));
    let error = checker.check_body("eval", "1").expect_err("a byte too many").message;
    assert_eq!(error, format!("an object can have at most {MAX_BYTES} bytes of JavaScript"));
}
