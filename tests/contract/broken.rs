//! The suite can fail: each broken pair of document and server is found out.

use serde_json::{Value, json};

use super::agree::Document;
use super::tour;

/// A way to spoil a document.
type Breakage = fn(&mut Value);

#[tokio::test(flavor = "multi_thread")]
async fn each_broken_document_is_found_out() {
    let answers = tour::answers().await;
    let good = Document::committed();
    assert_eq!(good.disagreements(&answers), [""; 0]);

    let breakages: [(&str, Breakage); 6] = [
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
        ("a dropped operation", |document| {
            let path = "/apis/core/v2/namespaces/{namespace}/checks/{name}";
            document["paths"][path].as_object_mut().expect("a path").shift_remove("get");
        }),
        ("a renamed operation", |document| {
            document["paths"]["/health"]["get"]["operationId"] = "health_read".into();
        }),
        ("a wrong status", |document| {
            let path = "/apis/core/v2/namespaces/{namespace}/checks";
            let responses = document["paths"][path]["post"]["responses"].as_object_mut();
            let responses = responses.expect("responses");
            let created = responses.shift_remove("200").expect("200");
            responses.insert("201".into(), created);
        }),
        ("an error of another shape", |document| {
            let code = "/components/schemas/Error/properties/code/type";
            *document.pointer_mut(code).expect("code") = json!("string");
        }),
    ];
    for (what, breakage) in breakages {
        let mut document = good.clone();
        breakage(&mut document.0);
        let found = document.disagreements(&answers);
        assert!(!found.is_empty(), "{what} was not found out");
    }
}

#[test]
fn a_renamed_field_makes_another_client() {
    let document = Document::committed();
    let same = xtask_generate::client::from_document(&document.0.to_string()).expect("a client");
    let text = document.0.to_string().replace("\"interval\"", "\"period\"");
    let other = xtask_generate::client::from_document(&text).expect("a client");
    assert!(same != other, "the generated client does not depend on the document");
}
