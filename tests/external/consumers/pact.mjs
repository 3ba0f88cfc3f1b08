// Compares a Pact file with the document, and then copies of the file with one wrong interaction each. Prints a report as JSON.
//
// node pact.mjs DOCUMENT PACT

import { readFileSync } from "node:fs";
import { Comparator } from "@pactflow/openapi-pact-comparator";

const [document, pact] = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, "utf8")));

/** Changes to the interaction of `check_create`, each with the code of the finding that it has to cause. */
const FAULTS = {
  "request.path-or-method.unknown": ({ request }) => { request.path += "/no-such/path"; },
  "request.body.incompatible": ({ request }) => { request.body.interval = "a minute"; },
  "response.status.unknown": ({ response }) => { response.status = 418; },
  "response.body.incompatible": ({ response }) => { response.body.interval = "a minute"; },
};

const findings = (await compare(pact)).map((result) => `${result.code}: ${result.message} in ${result.mockDetails?.interactionDescription}`);
let found = 0;
for (const [code, change] of Object.entries(FAULTS)) {
  const copy = structuredClone(pact);
  copy.interactions = copy.interactions.filter(({ description }) => description === "check_create");
  change(copy.interactions[0]);
  const results = await compare(copy);
  if (results.some((result) => result.code === code)) found += 1;
  else findings.push(`a wrong interaction is not found: ${code}, but ${results.map((result) => result.code)}`);
}
console.log(JSON.stringify({ findings, interactions: pact.interactions.length, found, faults: Object.keys(FAULTS).length }));

/** The errors. */
async function compare(file) {
  const results = [];
  for await (const result of new Comparator(document).compare(file)) {
    if (result.type === "error") results.push(result);
  }
  return results;
}
