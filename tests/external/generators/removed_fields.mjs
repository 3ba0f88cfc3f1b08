// Removes a field of responses from copies of the document, and expects api-smart-diff to report each copy as a breaking change.
// Its argument is the document.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { apiDiff } from "api-smart-diff";

const COPIES = 20;
const document = JSON.parse(readFileSync(process.argv[2], "utf8"));
const { schemas } = document.components;

/** The schemas that responses of success contain. */
const returned = new Set();
function visit(node) {
  if (node === null || typeof node !== "object") return;
  const name = node.$ref?.split("/components/schemas/")[1];
  if (name !== undefined && !returned.has(name)) {
    returned.add(name);
    visit(schemas[name]);
  }
  Object.values(node).forEach(visit);
}
for (const operation of Object.values(document.paths).flatMap((path) => Object.values(path))) {
  for (const [status, response] of Object.entries(operation.responses ?? {})) {
    if (status.startsWith("2")) visit(response);
  }
}

const required = [...returned].flatMap((name) => (schemas[name].required ?? []).map((field) => [name, field]));
assert(required.length > COPIES, "few fields of responses are required");
const missed = [];
for (let copy = 0; copy < COPIES; copy++) {
  const [name, field] = required[Math.floor((copy * required.length) / COPIES)];
  const changed = structuredClone(document);
  const schema = changed.components.schemas[name];
  delete schema.properties[field];
  schema.required = schema.required.filter((other) => other !== field);
  if (!apiDiff(document, changed).some((change) => change.type === "breaking")) missed.push(`${name}.${field}`);
}
assert.deepEqual(missed, []);
console.log(`removed-fields: ${COPIES} of ${COPIES} removed fields are breaking changes, ${required.length} fields are required`);
