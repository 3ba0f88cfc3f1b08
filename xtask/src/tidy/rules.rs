//! Rules about single source files: header, length, module style, and names that only some files may use.

use super::sources::Source;

/// Longest source file, in lines.
const MAX_LINES: usize = 350;

/// Generated sources, to which no rule applies.
const GENERATED: &[&str] = &["client/src/generated.rs", "client/src/generated_dev.rs"];

/// Marks of unfinished work, which belong in the issue tracker.
const UNFINISHED: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("#[ign", "ore")];

/// A name that only some files of the server may use.
struct Restricted {
    name: &'static str,
    /// Files, and folders with a `/` at the end.
    allowed: &'static [&'static str],
}

const RESTRICTED: &[Restricted] = &[
    Restricted {
        name: "dropshot::",
        allowed: &[
            "server/src/auth/caller.rs",
            "server/src/error/",
            "server/src/gateway/",
            "server/src/http/",
            "server/src/openapi/",
            "server/src/runtime/server.rs",
            "server/src/testkit/",
        ],
    },
    Restricted {
        name: "ApiEndpoint::new",
        allowed: &["server/src/gateway/mod.rs", "server/src/http/routes.rs"],
    },
];

/// Names that operations must not use: they reach stored objects through a `Grant`.
const STORE_NAMES: [&str; 2] = ["sensu_store", ".store("];

/// The rules that a source file breaks.
pub(super) fn broken_rules(source: &Source, all: &[Source]) -> Vec<String> {
    let Source { name, text } = source;
    if GENERATED.contains(&name.as_str()) {
        return Vec::new();
    }
    let mut broken = Vec::new();
    if !text.starts_with("//! ") {
        broken.push("does not start with a //! sentence".to_owned());
    }
    let lines = text.lines().count();
    if lines > MAX_LINES {
        broken.push(format!("{lines} lines, more than {MAX_LINES}"));
    }
    if let Some(mark) = UNFINISHED.iter().find(|mark| text.contains(**mark)) {
        broken.push(format!("contains {mark}"));
    }
    if has_folder(name, all) {
        broken.push("has a folder of the same name: move it there as mod.rs".to_owned());
    }
    for Restricted { name: restricted, allowed } in RESTRICTED {
        let is_allowed = allowed.iter().any(|path| is_at(name, path));
        if name.starts_with("server/") && !is_allowed && text.contains(restricted) {
            broken.push(format!("uses {restricted}"));
        }
    }
    if name.starts_with("server/src/http/") {
        let used = STORE_NAMES.iter().find(|used| text.contains(**used));
        broken.extend(used.map(|used| format!("uses {used}: ask a Grant")));
    }
    broken
}

fn is_at(name: &str, path: &str) -> bool {
    name == path || path.ends_with('/') && name.starts_with(path)
}

/// Whether `foo.rs` stands beside a folder `foo` with sources.
fn has_folder(name: &str, all: &[Source]) -> bool {
    let Some(folder) =
        name.strip_suffix("rs").map(|stem| format!("{}/", stem.trim_end_matches('.')))
    else {
        return false;
    };
    let start = all.partition_point(|other| other.name < folder);
    let mut inside = all.iter().skip(start).take_while(|other| other.name.starts_with(&folder));
    inside.any(Source::is_rust)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(name: &str, text: &str) -> Source {
        Source { name: name.to_owned(), text: text.to_owned() }
    }

    fn broken(name: &str, text: &str) -> Vec<String> {
        broken_rules(&source(name, text), &[])
    }

    #[test]
    fn a_clean_file_breaks_no_rule() {
        assert_eq!(broken("server/src/x.rs", "//! Fine.\n"), Vec::<String>::new());
        assert_eq!(broken("client/src/generated.rs", "// Generated."), Vec::<String>::new());
    }

    #[test]
    fn a_file_without_a_header_is_found() {
        assert_eq!(broken("server/src/x.rs", "use a;"), ["does not start with a //! sentence"]);
    }

    #[test]
    fn a_long_file_is_found() {
        let text = format!("//! Long.\n{}", "\n".repeat(MAX_LINES));
        assert_eq!(broken("server/src/x.rs", &text), ["351 lines, more than 350"]);
    }

    #[test]
    fn unfinished_work_is_found() {
        for mark in UNFINISHED {
            let text = format!("//! X.\n// {mark}");
            assert_eq!(broken("server/src/x.rs", &text), [format!("contains {mark}")]);
        }
    }

    #[test]
    fn dropshot_is_used_in_few_files() {
        let text = "//! X.\nuse dropshot::Body;";
        assert_eq!(broken("server/src/resources/x.rs", text), ["uses dropshot::"]);
        assert_eq!(broken("server/src/http/x.rs", text), Vec::<String>::new());
        let text = "//! X.\nfn f() { ApiEndpoint::new() }";
        assert_eq!(broken("server/src/http/x.rs", text), ["uses ApiEndpoint::new"]);
        assert_eq!(broken("server/src/http/routes.rs", text), Vec::<String>::new());
    }

    #[test]
    fn operations_do_not_use_the_store() {
        let text = "//! X.\nuse sensu_store::Store;";
        assert_eq!(broken("server/src/http/x.rs", text), ["uses sensu_store: ask a Grant"]);
        let text = "//! X.\nfn f() { grant.store() }";
        assert_eq!(broken("server/src/http/x.rs", text), ["uses .store(: ask a Grant"]);
    }

    #[test]
    fn a_file_beside_a_folder_of_its_name_is_found() {
        let all = [source("a/b.md", ""), source("a/b.rs", "//! B."), source("a/b/c.rs", "//! C.")];
        assert_eq!(broken_rules(&all[1], &all).len(), 1);
        assert!(broken_rules(&all[2], &all).is_empty());
    }
}
