//! The committed files are what the generator writes, and the document describes every operation.

use std::fs;

use sensu_tests::Document;

#[test]
fn generated_files_are_up_to_date() {
    for file in xtask_generate::generated().expect("generates") {
        let committed = fs::read_to_string(xtask::root().join(file.path)).unwrap_or_default();
        // Not assert_eq: it would print two clients.
        assert!(committed == file.text, "{} is stale; run `cargo xtask generate`", file.path);
    }
}

#[test]
fn every_operation_has_summary_description_and_one_described_tag() {
    let document = Document::committed();
    let tags = document.json()["tags"].as_array().expect("tags");
    for operation in document.operations() {
        let id = &operation.id;
        let text = |field: &str| operation.value[field].as_str().unwrap_or_default().to_owned();
        assert!(text("summary").len() > 5 && text("summary").len() <= 60, "{id}: summary");
        assert!(!text("summary").ends_with('.'), "{id}: the summary is no sentence");
        assert!(text("description").len() > 20, "{id}: description");
        assert_eq!(operation.value["tags"].as_array().map(Vec::len), Some(1), "{id}: one tag");
        let mut tags = tags.iter().filter(|tag| tag["description"].is_string());
        assert!(tags.any(|tag| tag["name"] == operation.tag()), "{id}: its tag has no description");
        for parameter in operation.parameters() {
            let is_described =
                parameter["description"].as_str().is_some_and(|text| !text.is_empty());
            assert!(is_described, "{id}: parameter {} has no description", parameter["name"]);
        }
    }
}
