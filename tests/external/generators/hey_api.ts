// The scenario of every client, run with the client of hey-api, with and without its validator.

import assert from "node:assert/strict";
import { client } from "./sensu/client.gen.js";
import { authLogin, checkCreate, checkDelete, checkGet, checkList, checkPatch, eventPut } from "./sensu/index.js";
import type { CheckConfigCreate } from "./sensu/index.js";

const baseUrl = process.env["SENSU_URL"];
assert(baseUrl);
const path = { namespace: "default" };

client.setConfig({ baseUrl, auth: "admin:P@ssw0rd!" });
const login = await authLogin();
assert(login.data);
client.setConfig({ baseUrl, auth: login.data.access_token });

const atNight = { days: { all: [{ begin: "5:00PM", end: "8:00AM" }] } };
for (const [name, subdue] of Object.entries({ "hey-a": atNight, "hey-b": null })) {
  const body: CheckConfigCreate = { command: "check-cpu.sh", interval: 60, metadata: { name }, subdue };
  const created = await checkCreate({ path, body });
  assert.equal(created.data?.metadata.name, name);
  assert.equal(created.data.subdue?.days.all?.[0]?.begin, subdue?.days.all[0]?.begin);
}
const duplicate = await checkCreate({ path, body: { interval: 60, metadata: { name: "hey-a" } } });
assert.equal(duplicate.response?.status, 409);
assert.equal(duplicate.error?.code, 3);

const event = await eventPut({
  path: { ...path, entity: "web-1", check: "hey-a" },
  body: {
    entity: { entity_class: "proxy" },
    check: { interval: 60, status: 1, output: "slow" },
  },
});
assert.equal(event.data?.check?.status, 1);

const first = await checkList({ path, query: { limit: 1 } });
const token = first.response?.headers.get("Sensu-Continue");
assert(token);
const second = await checkList({ path, query: { limit: 1, continue: token } });
const names = [...(first.data ?? []), ...(second.data ?? [])].map((check) => check.metadata.name);
assert.deepEqual(names, ["hey-a", "hey-b"]);
assert.equal(second.response?.headers.get("Sensu-Continue"), null);

const missing = await checkGet({ path: { ...path, name: "hey-missing" } });
assert.equal(missing.response?.status, 404);
assert.equal(missing.error?.code, 2);

const patched = await checkPatch({ path: { ...path, name: "hey-a" }, body: { interval: 30, subdue: null } });
assert.deepEqual([patched.data?.interval, patched.data?.subdue], [30, null]);

for (const name of ["hey-a", "hey-b"]) {
  const deleted = await checkDelete({ path: { ...path, name } });
  assert.equal(deleted.response?.status, 204);
}
assert.deepEqual((await checkList({ path })).data, []);
console.log("passed");
