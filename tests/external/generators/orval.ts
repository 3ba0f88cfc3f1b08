// The scenario of every client, run with orval's client and its schemas of zod.

import assert from "node:assert/strict";
import { session } from "./fetch.js";
import { checkGetResponse, checkListResponse } from "./schemas.js";
import { authLogin, checkCreate, checkDelete, checkGet, checkList, checkPatch, eventPut } from "./sensu.js";

session.url = process.env["SENSU_URL"] ?? "";
const namespace = "default";

session.authorization = `Basic ${Buffer.from("admin:P@ssw0rd!").toString("base64")}`;
const login = await authLogin();
assert(login.status === 200);
session.authorization = `Bearer ${login.data.access_token}`;

const atNight = { days: { all: [{ begin: "5:00PM", end: "8:00AM" }] } };
for (const [name, subdue] of Object.entries({ "orval-a": atNight, "orval-b": null })) {
  const created = await checkCreate(namespace, { command: "check-cpu.sh", interval: 60, metadata: { name }, subdue });
  assert(created.status === 200);
  assert.deepEqual(checkGetResponse.parse(created.data).subdue, subdue);
}
const duplicate = await checkCreate(namespace, { interval: 60, metadata: { name: "orval-a" } });
assert(duplicate.status === 409);
assert.equal(duplicate.data.code, 3);

const event = await eventPut(namespace, "web-1", "orval-a", {
  entity: { entity_class: "proxy" },
  check: { interval: 60, status: 1, output: "slow" },
});
assert(event.status === 200);
assert.equal(event.data.check?.status, 1);

const first = await checkList(namespace, { limit: 1 });
const token = first.headers.get("Sensu-Continue");
assert(first.status === 200 && token);
const second = await checkList(namespace, { limit: 1, continue: token });
assert(second.status === 200);
const names = checkListResponse.parse([...first.data, ...second.data]).map((check) => check.metadata.name);
assert.deepEqual(names, ["orval-a", "orval-b"]);
assert.equal(second.headers.get("Sensu-Continue"), null);

const missing = await checkGet(namespace, "orval-missing");
assert(missing.status === 404);
assert.equal(missing.data.code, 2);

const patched = await checkPatch(namespace, "orval-a", { interval: 30, subdue: null });
assert(patched.status === 200);
assert.deepEqual([patched.data.interval, patched.data.subdue], [30, null]);

for (const name of ["orval-a", "orval-b"]) {
  assert.equal((await checkDelete(namespace, name)).status, 204);
}
assert.deepEqual((await checkList(namespace)).data, []);
console.log("passed");
