// The scenario of every client, run with the client of kubb, which validates requests and responses.

import assert from "node:assert/strict";
import { isAxiosError } from "axios";
import { setConfig } from "./sensu/.kubb/fetch.js";
import {
  authLogin, checkCreate, checkDelete, checkGet, checkList, checkPatch, eventPut,
} from "./sensu/index.js";
import type { CheckCreate409, CheckGet404 } from "./sensu/index.js";

const baseURL = process.env["SENSU_URL"];
assert(baseURL);
const namespace = "default";

const basic = Buffer.from("admin:P@ssw0rd!").toString("base64");
setConfig({ baseURL, headers: { Authorization: `Basic ${basic}` } });
const login = await authLogin();
setConfig({ baseURL, headers: { Authorization: `Bearer ${login.data.access_token}` } });

const atNight = { days: { all: [{ begin: "5:00PM", end: "8:00AM" }] } };
for (const [name, subdue] of Object.entries({ "kubb-a": atNight, "kubb-b": null })) {
  const created = await checkCreate(namespace, { command: "check-cpu.sh", interval: 60, metadata: { name }, subdue });
  assert.equal(created.data.metadata.name, name);
  assert.deepEqual(created.data.subdue, subdue);
}
const again = { interval: 60, metadata: { name: "kubb-a" } };
const duplicate: unknown = await checkCreate(namespace, again).catch((error: unknown) => error);
assert(isAxiosError<CheckCreate409>(duplicate));
assert.deepEqual([duplicate.response?.status, duplicate.response?.data.code], [409, 3]);

const event = await eventPut(namespace, "web-1", "kubb-a", {
  entity: { entity_class: "proxy" },
  check: { interval: 60, status: 1, output: "slow" },
});
assert.equal(event.data.check?.status, 1);

const first = await checkList(namespace, { limit: 1 });
const token: unknown = first.headers["sensu-continue"];
assert(typeof token === "string");
const second = await checkList(namespace, { limit: 1, continue: token });
const names = [...first.data, ...second.data].map((check) => check.metadata.name);
assert.deepEqual(names, ["kubb-a", "kubb-b"]);
assert.equal(second.headers["sensu-continue"], undefined);

const missing: unknown = await checkGet(namespace, "kubb-missing").catch((error: unknown) => error);
assert(isAxiosError<CheckGet404>(missing));
assert.deepEqual([missing.response?.status, missing.response?.data.code], [404, 2]);

const patched = await checkPatch(namespace, "kubb-a", { interval: 30, subdue: null });
assert.deepEqual([patched.data.interval, patched.data.subdue], [30, null]);

for (const name of ["kubb-a", "kubb-b"]) {
  assert.equal((await checkDelete(namespace, name)).status, 204);
}
assert.deepEqual((await checkList(namespace)).data, []);
console.log("passed");
