// Converts the document to a Postman collection, and runs it with newman in the order of the document: every operation
// has to return its documented status of success. Prints a report as JSON.
//
// node newman.mjs DOCUMENT URL PACT: PACT receives the requests and responses.

import { readFileSync, writeFileSync } from "node:fs";
import newman from "newman";
import Converter from "openapi-to-postmanv2";

import { FAILING, REPEATED, SCRIPTS } from "./newman-exceptions.mjs";
import { pactFile } from "./pact-file.mjs";

const [file, baseUrl, pact] = process.argv.slice(2);
const document = JSON.parse(readFileSync(file, "utf8"));
const user = { basicAuthUsername: "admin", basicAuthPassword: "P@ssw0rd!" };

/** The operations, by method and path as Postman writes them. */
const operations = new Map(Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(
  ([method, operation]) => [`${method.toUpperCase()} ${path.replace(/\{([^}]*)\}/g, ":$1")}`, operation])));

/** What links of the document pass on: a parameter or the body of another operation. */
const environment = { baseUrl, ...user };
const findings = [];

const collection = await convert();
const items = collection.item.flatMap((folder) => folder.item ?? [folder]);
const byOperation = new Map(items.map((item) => [prepare(item), item]));
const published = [...operations.values()].map(({ operationId }) => operationId);
if (items.map(({ name }) => name).join() !== published.join()) findings.push("the collection has other operations or another order");
for (const operationId of [FAILING, REPEATED, SCRIPTS].flatMap(Object.keys)) {
  if (!byOperation.has(operationId)) findings.push(`an exception for ${operationId}, which does not exist`);
}
const order = items.flatMap((item) => {
  const again = (REPEATED[item.name]?.first ?? []).map((name) => ({ ...byOperation.get(name), name: `${name}, again` }));
  return [...again, item];
});
const repeated = order.length - items.length;
// A log-in, because operations before `auth_login` need a token.
const login = { ...byOperation.get("auth_login"), name: "auth_login, first" };
const summary = await run({ ...collection, item: [login, ...order] });

let asDocumented = 0;
for (const { item, request, response, requestError } of summary.run.executions) {
  const operation = operations.get(operationKey(item.request));
  const success = Number(Object.keys(operation.responses).find((status) => status.startsWith("2")));
  const expected = FAILING[operation.operationId]?.status ?? success;
  const body = response?.stream?.toString() ?? "";
  if (response?.code !== expected || !(expected in operation.responses)) {
    const received = requestError?.message ?? `${response?.code} ${body}`;
    findings.push(`${item.name}: ${request.method} ${request.url} returned ${received}, not ${expected}`);
  } else if (item.name === operation.operationId) {
    asDocumented += 1;
  }
}
writeFileSync(pact, JSON.stringify(pactFile(summary.run.executions), null, 2));
const expectedErrors = Object.keys(FAILING).length;
const reasons = ["path parameters are encoded, and follow the links of the document from one response to the next request",
  ...Object.entries(FAILING).map(([name, { status, reason }]) => `${name} returns ${status}: ${reason}`),
  ...Object.entries(REPEATED).map(([name, { first, reason }]) => `${first} again before ${name}: ${reason}`),
  ...Object.entries(SCRIPTS).map(([name, { reason }]) => `a script after ${name}: ${reason}`)];
console.log(JSON.stringify({ findings, operations: operations.size, asDocumented, expectedErrors, repeated, reasons }));

function convert() {
  const options = { folderStrategy: "Tags", parametersResolution: "Example", enableOptionalParameters: false };
  return new Promise((resolve, reject) => Converter.convertV2({ type: "json", data: document }, options,
    (error, { result, reason, output } = {}) => (result ? resolve(output[0].data) : reject(error ?? new Error(reason)))));
}

/** Method and path of a request, as in `operations`. */
function operationKey({ method, url }) {
  return `${method} /${[...url.path].join("/")}`;
}

/** Prepares a request of the collection, names it like its operation, and returns this name. */
function prepare(item) {
  const { url, body } = item.request;
  const { operationId, responses } = operations.get(operationKey(item.request));
  item.name = operationId;
  for (const variable of url.variable ?? []) {
    const name = `${operationId}.${variable.key}`;
    // Postman does not encode path parameters.
    environment[name] = encodeURIComponent(variable.value);
    variable.value = `{{${name}}}`;
  }
  if (body?.raw !== undefined) {
    environment[`${operationId}.body`] = body.raw;
    body.raw = `{{${operationId}.body}}`;
  }
  const links = Object.entries(responses).filter(([status]) => status.startsWith("2"))
    .flatMap(([, response]) => Object.values(response.links ?? {}));
  item.event = [{ listen: "test", script: { exec: followLinks.toString().split("\n").concat(
    `followLinks(${JSON.stringify(links)});`, SCRIPTS[operationId]?.script ?? "") } }];
  return operationId;
}

/** Runs in Postman after a response: passes values of the response on, along the links of the document. */
function followLinks(links) {
  if (pm.response.code >= 300) return;
  const text = pm.response.text();
  const response = /^[[{]/.test(text) ? JSON.parse(text) : {};
  const value = (pointer) => pointer.split("/").slice(1).reduce((part, key) => part?.[key], response);
  const expression = /\{?\$response\.body#([^}]*)\}?/g;
  for (const { operationId, parameters = {}, requestBody } of links) {
    for (const [name, source] of Object.entries(parameters)) {
      const [pointer] = [...source.matchAll(expression)].map((match) => match[1]);
      const found = pointer && value(pointer);
      if (found) pm.environment.set(`${operationId}.${name}`, encodeURIComponent(found));
    }
    if (requestBody) {
      pm.environment.set(`${operationId}.body`, requestBody.replace(expression, (_, pointer) => value(pointer)));
    }
  }
  if (response.access_token) pm.environment.set("bearerToken", response.access_token);
}

function run(prepared) {
  const values = Object.entries(environment).map(([key, value]) => ({ key, value }));
  return new Promise((resolve, reject) => newman.run({ collection: prepared, environment: { values }, reporters: [] },
    (error, result) => (error ? reject(error) : resolve(result))));
}
