//! Tests of token substitution.

use serde_json::{Value, json};

use super::substitute;

pub(super) fn data() -> Value {
    json!({
        "name": "web",
        "last_seen": 1_700_000_000,
        "deregister": false,
        "labels": {"region": "eu", "empty": "", "a-b": "dashed", "quote": "say \"hi\"\nbye", "z": "last"},
        "annotations": {},
        "nothing": null,
        "subscriptions": ["linux", "web"],
        "system": {"os": "linux", "network": {"interfaces": [
            {"name": "lo", "addresses": ["127.0.0.1/8"]},
            {"name": "eth0", "addresses": ["10.0.0.1/8", "10.0.0.2/8"]},
        ]}},
    })
}

/// The substituted text, or the error without what all have in common.
pub(super) fn run(template: &str) -> Result<String, String> {
    let substituted = substitute(&json!({"command": template}), &data());
    let error =
        |error: String| error.replace("error while substituting check tokens: command: ", "");
    let mut substituted = substituted.map_err(|failure| error(failure.to_string()))?;
    Ok(substituted["command"].take().as_str().unwrap().to_owned())
}

/// C2.
#[test]
fn templates_have_the_result_of_go() {
    for (template, expected) in [
        ("no tokens }} here", "no tokens }} here"),
        ("{{ .name }}", "web"),
        ("a {{.labels.region}} b{{.system.os}}", "a eu blinux"),
        ("{{ .labels.quote }}", "say \"hi\"\nbye"),
        ("{{ .last_seen }} {{ .deregister }}", "1700000000 false"),
        ("{{ index .labels \"a-b\" }}", "dashed"),
        ("{{ index .subscriptions 1 }}", "web"),
        ("{{ index .system.network.interfaces 1 \"addresses\" 0 }}", "10.0.0.1/8"),
        ("{{ (index .system.network.interfaces 0).name }}", "lo"),
        (
            "{{ .subscriptions }} {{ .system.network.interfaces }}",
            "[linux web] [map[addresses:[127.0.0.1/8] name:lo] map[addresses:[10.0.0.1/8 10.0.0.2/8] name:eth0]]",
        ),
        ("{{ \"a\\\"b\" }}{{ `c\\d` }}{{ 1 }}{{ -2.5 }}{{ true }}", "a\"bc\\d1-2.5true"),
        // Default values.
        ("{{ .labels.x | default \"v\" }}", "v"),
        ("{{ default \"v\" .labels.x }}", "v"),
        ("{{ .labels.region | default \"v\" }}", "eu"),
        ("[{{ .labels.empty | default \"v\" }}]", "[]"),
        ("{{ .nothing | default 3 }}", "3"),
        ("{{ .none.x.y | default .name }}", "web"),
        ("{{ .labels.x | default nil | default \"v\" }}", "v"),
        ("{{ default \"v\" (index .labels \"x\") }}", "v"),
        // Blocks.
        ("{{ if .labels.region }}yes{{ else }}no{{ end }}", "yes"),
        ("{{ if .labels.x }}yes{{ else }}no{{ end }}", "no"),
        (
            "{{ if .labels.empty }}a{{ else if eq .name \"db\" }}b{{ else if true }}c{{ else }}d{{ end }}",
            "c",
        ),
        ("{{ with .labels }}{{ .region }}{{ end }}{{ with .labels.x }}x{{ end }}", "eu"),
        ("{{ with .system }}{{ $.name }}{{ .os }}{{ else }}none{{ end }}", "weblinux"),
        ("{{ range .subscriptions }}<{{ . }}>{{ end }}", "<linux><web>"),
        ("{{ range $i, $s := .subscriptions }}{{ $i }}={{ $s }} {{ end }}", "0=linux 1=web "),
        ("{{ range $key, $value := .labels }}{{ $key }} {{ end }}", "a-b empty quote region z "),
        ("{{ range $s := .subscriptions }}{{ $s }}{{ end }}", "linuxweb"),
        ("{{ range .annotations }}x{{ else }}none{{ end }}{{ range .none }}x{{ end }}", "none"),
        (
            "{{ range .system.network.interfaces }}{{ range .addresses }}{{ . }},{{ end }}{{ end }}",
            "127.0.0.1/8,10.0.0.1/8,10.0.0.2/8,",
        ),
        // Variables.
        ("{{ $x := .name }}{{ $x }}{{ $x = \"b\" }}{{ $x }}", "webb"),
        ("{{ $last := \"\" }}{{ range .subscriptions }}{{ $last = . }}{{ end }}{{ $last }}", "web"),
        ("{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}", "21"),
        (
            "{{ if $x := .name }}{{ $x }}{{ end }}{{ with $y := .labels }}{{ $y.region }}{{ end }}",
            "webeu",
        ),
        // Functions.
        (
            "{{ eq .name \"web\" }} {{ eq .name \"a\" \"web\" }} {{ ne 1 2 }} {{ eq .labels.x \"a\" }}",
            "true true true false",
        ),
        (
            "{{ lt 1 2 }} {{ le 2 2.0 }} {{ gt \"b\" \"a\" }} {{ ge 1.5 2 }} {{ eq true true }}",
            "true true true false true",
        ),
        ("{{ and .name \"b\" }} {{ or .labels.x .name }} {{ not .labels.x }}", "b web true"),
        (
            "{{ or true (index .subscriptions 9) }} {{ and false (index .subscriptions 9) }}",
            "true false",
        ),
        ("{{ len .name }} {{ .subscriptions | len }} {{ len .labels }}", "3 2 5"),
        (
            "{{ printf \"%s-%d-%v-%q-%t%%\" .name 5 .subscriptions \"a\\\"b\" true }}",
            "web-5-[linux web]-\"a\\\"b\"-true%",
        ),
        (
            "{{ .name | printf \"%5s|%-5s|%05d|%+d|%.2f|%x\" \"a\" \"b\" -42 7 1.5 }}",
            "    a|b    |-0042|+7|1.50|776562",
        ),
        ("{{ printf \"%.2s\" \"äbc\" }}", "äb"),
        ("${{ assetPath \"sensu/check-cpu.v1\" }}/bin", "$SENSU_CHECK_CPU_V1_PATH/bin"),
        // Trim markers and comments.
        ("a \n {{- .name -}} \n b", "awebb"),
        ("a {{/* b */}} c {{- /* d */ -}} e", "a  ce"),
        ("a {{ -1 }} {{ 3 -}} b", "a -1 3b"),
    ] {
        assert_eq!(run(template).as_deref(), Ok(expected), "{template}");
    }
}

#[test]
fn missing_values_are_named_as_by_go() {
    for (template, expected) in [
        (
            "{{ .labels.x }}",
            "unmatched token: template: command:1:10: executing \"command\" at <.labels.x>: map has no entry for key \"x\"",
        ),
        (
            "ab {{ .x }}",
            "unmatched token: template: command:1:6: executing \"command\" at <.x>: map has no entry for key \"x\"",
        ),
        (
            "a\nb {{ $.labels.x }}",
            "unmatched token: template: command:2:6: executing \"command\" at <$.labels.x>: map has no entry for key \"x\"",
        ),
        (
            "{{ .none.x }}",
            "unmatched token: template: command:1:8: executing \"command\" at <.none.x>: map has no entry for key \"none\"",
        ),
        (
            "{{ .nothing }}",
            "unmatched token: template: command:1:3: executing \"command\" at <.nothing>: map has no entry for key \"nothing\"",
        ),
        (
            "{{ index .labels \"x\" }}",
            "unmatched token: template: command:1:3: executing \"command\" at <index .labels \"x\">: map has no entry for key \"x\"",
        ),
        (
            "{{ .labels.x | printf \"%s\" }}",
            "unmatched token: template: command:1:10: executing \"command\" at <.labels.x>: map has no entry for key \"x\"",
        ),
        ("a <no value>", "unmatched token: the text contains \"<no value>\""),
        (
            "{{ nil }}",
            "unmatched token: template: command:1:3: executing \"command\" at <nil>: nil data",
        ),
    ] {
        assert_eq!(run(template), Err(expected.to_owned()), "{template}");
    }
}

#[test]
fn unsupported_templates_are_errors() {
    for template in [
        "{{",
        "{{ }}",
        "{{ .name",
        "{{ .name }",
        "{{ end }}",
        "{{ else }}",
        "{{ if }}{{ end }}",
        "{{ if .name }}",
        "{{ if .name }}{{ else }}{{ else }}{{ end }}",
        "{{ unknown .name }}",
        "{{ html .name }}",
        "{{ define \"a\" }}{{ end }}",
        "{{ template \"a\" }}",
        "{{ block \"a\" . }}{{ end }}",
        "{{ range .subscriptions }}{{ break }}{{ end }}",
        "{{ .name .name }}",
        "{{ .name | .name }}",
        "{{ | .name }}",
        "{{ .name | }}",
        "{{ (.name }}",
        "{{ .name) }}",
        "{{ \"a }}",
        "{{ `a }}",
        "{{ \"\\x41\" }}",
        "{{ 'a' }}",
        "{{ 0x10 }}",
        "{{ 010 }}",
        "{{ 1.2.3 }}",
        "{{ $x }}",
        "{{ $x = 1 }}",
        "{{ $ := 1 }}",
        "{{ $x, $y := .labels }}",
        "{{/* a }}",
        "{{/* a */ b }}",
        "{{ .name.x }}",
        "{{ .name.\u{e9}-x }}",
        "{{ range .name }}{{ end }}",
        "{{ range 5 }}{{ end }}",
        "{{ index .subscriptions 9 }}",
        "{{ index .subscriptions -1 }}",
        "{{ index .subscriptions \"a\" }}",
        "{{ lt 1 \"a\" }}",
        "{{ eq .labels .labels }}",
        "{{ lt nil 1 }}",
        "{{ len 5 }}",
        "{{ printf \"%d\" \"a\" }}",
        "{{ printf \"%s\" }}",
        "{{ printf \"a\" 1 }}",
        "{{ printf \"%z\" 1 }}",
        "{{ printf \"%\" }}",
        "{{ printf \"%9999d\" 1 }}",
        "{{ printf 5 }}",
        "{{ printf }}",
        "{{ default 1 }}",
        "{{ not 1 2 }}",
        "{{ eq 1 }}",
        "{{ len }}",
        "{{ print len }}",
        "{{ \"a\".x }}",
        "{{ .name\"a\" }}",
        "{{ else if .name }}{{ end }}",
        "{{ with .name }}{{ else with .name }}{{ end }}",
        "{{ & }}",
        "{{ end .name }}",
        "{{ if .name }}{{ end .name }}",
    ] {
        assert!(run(template).is_err(), "{template}");
    }
    let error = run("a\n{{ unknown .name }}").unwrap_err();
    assert_eq!(
        error,
        "could not parse the template: template: command:2: function \"unknown\" not defined"
    );
}

#[test]
fn every_text_of_a_document_is_a_template_of_its_own() {
    let document = json!({
        "{{ .name }}": ["{{ .name }}", 5, null, true, {"a": "{{ .labels.quote }}"}],
        "{{": "plain",
    });
    let expected = json!({
        "{{ .name }}": ["web", 5, null, true, {"a": "say \"hi\"\nbye"}],
        "{{": "plain",
    });
    assert_eq!(substitute(&document, &data()), Ok(expected));
    let error = substitute(&json!({"a": {"b": ["x", "{{ .x }}"]}}), &data()).unwrap_err();
    assert!(
        error.to_string().contains(": a.b.1: unmatched token: template: a.b.1:1:3: "),
        "{error}"
    );
}
