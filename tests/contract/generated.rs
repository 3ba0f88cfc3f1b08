//! The committed files are what would be generated now, byte for byte.

use std::fs;

#[test]
fn generated_files_are_up_to_date() {
    for file in xtask_generate::generated().expect("generates") {
        let committed = fs::read_to_string(xtask::root().join(file.path)).unwrap_or_default();
        // Not assert_eq: nobody wants to read two clients.
        assert!(committed == file.text, "{} is stale; run `cargo xtask generate`", file.path);
    }
}

#[test]
fn every_operation_says_what_it_is() {
    let document = super::agree::Document::committed();
    for operation in document.operations() {
        let id = &operation.id;
        let text = |field: &str| operation.value[field].as_str().unwrap_or_default().to_owned();
        assert!(text("summary").len() > 5 && text("summary").len() <= 60, "{id}: summary");
        assert!(!text("summary").ends_with('.'), "{id}: the summary is no sentence");
        assert!(text("description").len() > 20, "{id}: description");
        let tags = operation.value["tags"].as_array().expect("tags");
        assert_eq!(tags.len(), 1, "{id}: exactly one tag");
        assert!(document.has_tag(tags[0].as_str().expect("a tag")), "{id}: an undescribed tag");
        for parameter in operation.value["parameters"].as_array().into_iter().flatten() {
            let described = parameter["description"].as_str().is_some_and(|text| !text.is_empty());
            assert!(described, "{id}: parameter {} is not described", parameter["name"]);
        }
    }
}
