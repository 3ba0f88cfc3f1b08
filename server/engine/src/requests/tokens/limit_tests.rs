//! Tests of the limits of templates, and with random templates.

use serde_json::json;

use super::substitute;
use super::tests::{data, run};

#[test]
fn size_time_and_depth_are_limited() {
    let double = "{{ $x = printf \"%s%s\" $x $x }}";
    let texts = [
        format!("{{{{ $x := \"ab\" }}}}{}", double.repeat(40)),
        format!(
            "{{{{ $x := \"ab\" }}}}{}{{{{ $x }}}}",
            "{{ $x = printf \"%1000s%1000s%1000s\" $x $x $x }}".repeat(500)
        ),
        format!("{}{}", "{{ range $.subscriptions }}".repeat(20), "{{ end }}".repeat(20)),
        format!("{}{}", "{{ if true }}".repeat(60), "{{ end }}".repeat(60)),
        format!("{{{{ if false }}}}{}{{{{ end }}}}", "{{ else if false }}".repeat(100)),
        format!("{{{{ {}1{} }}}}", "(".repeat(100_000), ")".repeat(100_000)),
        "{{ if true }}".repeat(100_000),
        "{{ .labels }}".repeat(100_000),
    ];
    for text in texts {
        let error = run(&text).unwrap_err();
        assert!(error.len() < 1000, "{error}");
    }
    let large = json!({"a": "x".repeat(3 << 20), "b": "{{ .name }}"});
    assert!(substitute(&large, &data()).is_ok(), "texts without tokens have no limit");
    let deep = (0..500).fold(json!("x"), |value, _| json!([value]));
    assert!(substitute(&deep, &data()).is_err());
    let nothing = substitute(&json!("{{ . }}"), &json!(null)).unwrap_err().to_string();
    assert!(nothing.contains("unmatched token: "), "{nothing}");
    assert_eq!(
        run(&format!("{}x{}", "{{ if true }}".repeat(50), "{{ end }}".repeat(50))),
        Ok("x".into())
    );
}

/// Random sequences of parts of templates.
#[test]
fn no_template_panics() {
    const PARTS: [&str; 52] = [
        "{{",
        "}}",
        "{{-",
        "-}}",
        "- ",
        " ",
        "\n",
        "/*",
        "*/",
        ".",
        ".name",
        ".labels",
        ".x",
        "$",
        "$x",
        ":=",
        "=",
        ",",
        "|",
        "(",
        ")",
        "\"",
        "\"a\"",
        "`",
        "\\",
        "%",
        "printf",
        "\"%-09.3d%s%v\"",
        "index",
        "default",
        "if",
        "else",
        "end",
        "range",
        "with",
        "and",
        "or",
        "not",
        "eq",
        "lt",
        "len",
        "nil",
        "true",
        "0",
        "-9223372036854775808",
        "1e999",
        "1.5",
        "\u{e4}",
        "\u{1f600}",
        "{{ end }}",
        "{{ range .subscriptions }}",
        "{{ if ",
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(below).unwrap()).unwrap()
    };
    let mut valid = 0;
    for _ in 0..20_000 {
        let mut template = String::from(if random(2) == 0 { "{{ " } else { "" });
        for _ in 0..random(24) {
            template.push_str(PARTS[random(PARTS.len())]);
            template.push_str(if random(2) == 0 { " " } else { "" });
        }
        template.push_str(if random(2) == 0 { " }}" } else { "" });
        valid += usize::from(template.contains("{{") && run(&template).is_ok());
    }
    assert!(valid > 20, "{valid}");
}
