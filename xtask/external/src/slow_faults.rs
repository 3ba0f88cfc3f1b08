//! `cargo xtask self-test --slow`: faults of the document that tasks of the slow part have to find.

use serde_json::{Value, json};

use crate::self_test::{self, Fault};
use crate::{docs_browsers, newman, pact};

const FAULTS: &[Fault] = &[
    Fault {
        name: "another status",
        task: |document| newman::run(Some(document)),
        insert: |document| {
            let responses = document.pointer_mut("/paths/~1version/get/responses")?;
            let success = responses.as_object_mut()?.shift_remove("200")?;
            responses.as_object_mut()?.shift_insert(0, "202".into(), success);
            Some(())
        },
        message: "/version returned 200",
    },
    Fault {
        name: "an example that the server rejects",
        task: |document| newman::run(Some(document)),
        insert: |document| {
            let operation = "/paths/~1apis~1core~1v2~1namespaces~1{namespace}~1checks/post";
            let example = "requestBody/content/application~1json/examples/minimal/value/interval";
            *document.pointer_mut(&format!("{operation}/{example}"))? = json!("a minute");
            Some(())
        },
        message: "/checks returned 400",
    },
    Fault {
        name: "a response with a field of another type",
        task: |document| pact::run(Some(document)),
        insert: |document| {
            let end = "/components/schemas/Tokens/properties/expires_at/type";
            *document.pointer_mut(end)? = "boolean".into();
            Some(())
        },
        message: "response.body.incompatible",
    },
    Fault {
        name: "an unnamed example with null, which RapiDoc does not render",
        task: |document| docs_browsers::run(Some(document)),
        insert: |document| {
            // One operation suffices, and saves time.
            let paths = document["paths"].as_object_mut()?;
            paths.retain(|path, _| path == "/apis/core/v2/namespaces/{namespace}/checks");
            let operation = "/paths/~1apis~1core~1v2~1namespaces~1{namespace}~1checks/post";
            let content = format!("{operation}/responses/200/content/application~1json");
            let content = document.pointer_mut(&content)?.as_object_mut()?;
            let example = content.shift_remove("examples")?.pointer("/recorded/value")?.clone();
            content.insert("example".into(), example);
            Some(())
        },
        message: "rapidoc, check_create",
    },
];

/// Inserts each fault, and expects the error of its task.
///
/// # Errors
/// If a task succeeds, or fails for another reason.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub(crate) fn run() -> anyhow::Result<()> {
    let _: Value = self_test::expect_failures(FAULTS)?;
    let faults = FAULTS.len();
    println!("self-test --slow: {faults} of {faults} faults found");
    Ok(())
}
