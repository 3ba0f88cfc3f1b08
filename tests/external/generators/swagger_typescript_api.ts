// The scenario of every client, run with the client of swagger-typescript-api.

import assert from "node:assert/strict";
import { Api } from "./sensu.js";
import type { ErrorResponse, HttpResponse } from "./sensu.js";

const baseUrl = process.env["SENSU_URL"];
assert(baseUrl);
const namespace = "default";

const securityWorker = (header: string | null) => ({ headers: { Authorization: header ?? "" } });
const client = new Api<string>({ baseUrl, securityWorker });
client.setSecurityData(`Basic ${Buffer.from("admin:P@ssw0rd!").toString("base64")}`);
const login = await client.auth.authLogin();
client.setSecurityData(`Bearer ${login.data.access_token}`);
const { apis } = client;
// Calls throw the response of an error, and its type is not known.
const failure = (thrown: HttpResponse<unknown, ErrorResponse>) => [thrown.status, thrown.error.code];

const atNight = { days: { all: [{ begin: "5:00PM", end: "8:00AM" }] } };
for (const [name, subdue] of Object.entries({ "swagger-a": atNight, "swagger-b": null })) {
  const body = { command: "check-cpu.sh", interval: 60, metadata: { name }, subdue };
  const created = await apis.checkCreate(namespace, body);
  assert.equal(created.data.metadata.name, name);
  assert.deepEqual(created.data.subdue, subdue);
}
const duplicate = await apis.checkCreate(namespace, { metadata: { name: "swagger-a" }, interval: 60 }).catch(failure);
assert.deepEqual(duplicate, [409, 3]);

const event = await apis.eventPut(namespace, "web-1", "swagger-a", {
  entity: { entity_class: "proxy" },
  check: { interval: 60, status: 1, output: "slow" },
});
assert.equal(event.data.check?.status, 1);

const first = await apis.checkList(namespace, { limit: 1 });
const token = first.headers.get("Sensu-Continue");
assert(token);
const second = await apis.checkList(namespace, { limit: 1, continue: token });
const names = [...first.data, ...second.data].map((check) => check.metadata.name);
assert.deepEqual(names, ["swagger-a", "swagger-b"]);
assert.equal(second.headers.get("Sensu-Continue"), null);

const missing = await apis.checkGet(namespace, "swagger-missing").catch(failure);
assert.deepEqual(missing, [404, 2]);

const patched = await apis.checkPatch(namespace, "swagger-a", { interval: 30, subdue: null });
assert.deepEqual([patched.data.interval, patched.data.subdue], [30, null]);

for (const name of ["swagger-a", "swagger-b"]) {
  assert.equal((await apis.checkDelete(namespace, name)).status, 204);
}
assert.deepEqual((await apis.checkList(namespace)).data, []);
console.log("passed");
