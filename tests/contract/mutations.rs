//! The suite can fail: it finds every mutation of the document.

use sensu_tests::Document;
use serde_json::{Value, json};

use super::{tour, validation};

/// Changes a document so that it no longer describes the server.
type Mutation = fn(&mut Value);

#[tokio::test(flavor = "multi_thread")]
async fn every_mutation_of_the_document_is_found() {
    let responses = tour::responses().await;
    let committed = Document::committed();
    assert_eq!(validation::violations(&committed, &responses), [""; 0]);

    let mutations: [(&str, Mutation); 6] = [
        ("a renamed field", |document| {
            let fields = document["components"]["schemas"]["CheckConfig"]["properties"]
                .as_object_mut()
                .expect("properties");
            let interval = fields.shift_remove("interval").expect("interval");
            fields.insert("period".into(), interval);
        }),
        ("a field of another type", |document| {
            let field = "/components/schemas/CheckConfig/properties/interval/type";
            *document.pointer_mut(field).expect("interval") = json!("string");
        }),
        ("a removed operation", |document| {
            let path = "/apis/core/v2/namespaces/{namespace}/checks/{name}";
            document["paths"][path].as_object_mut().expect("a path").shift_remove("get");
        }),
        ("a renamed operation", |document| {
            document["paths"]["/health"]["get"]["operationId"] = "health_read".into();
        }),
        ("another status", |document| {
            let path = "/apis/core/v2/namespaces/{namespace}/checks";
            let responses = document["paths"][path]["post"]["responses"].as_object_mut();
            let responses = responses.expect("responses");
            let created = responses.shift_remove("200").expect("200");
            responses.insert("201".into(), created);
        }),
        ("another shape of errors", |document| {
            let code = "/components/schemas/ErrorResponse/properties/code/type";
            *document.pointer_mut(code).expect("code") = json!("string");
        }),
    ];
    for (what, mutate) in mutations {
        let mut document = committed.clone();
        mutate(document.json_mut());
        let found = validation::violations(&document, &responses);
        assert!(!found.is_empty(), "not found: {what}");
    }
}

#[test]
fn a_renamed_field_changes_the_generated_client() {
    let text = Document::committed().json().to_string();
    let same = xtask_generate::client::from_document(&text).expect("a client");
    let other = xtask_generate::client::from_document(&text.replace("\"interval\"", "\"period\""))
        .expect("a client");
    assert!(same != other, "the generated client does not depend on the document");
}
