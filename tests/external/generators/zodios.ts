// The scenario of every client, run with the client of openapi-zod-client, which validates requests and responses.

import assert from "node:assert/strict";
import { isErrorFromAlias } from "@zodios/core";
import { api as definition, createApiClient } from "./sensu.js";

const url = process.env["SENSU_URL"];
assert(url);
const params = { namespace: "default" };

const login = createApiClient(url, { axiosConfig: { auth: { username: "admin", password: "P@ssw0rd!" } } });
const { access_token } = await login.auth_login();
const client = createApiClient(url, { axiosConfig: { headers: { Authorization: `Bearer ${access_token}` } } });
// Calls return bodies without headers.
let token: string | undefined;
client.axios.interceptors.response.use((response) => {
  token = response.headers["sensu-continue"];
  return response;
});

const atNight = { days: { all: [{ begin: "5:00PM", end: "8:00AM" }] } };
for (const [name, subdue] of Object.entries({ "zodios-a": atNight, "zodios-b": null })) {
  const body = { command: "check-cpu.sh", interval: 60, metadata: { name }, subdue };
  const created = await client.check_create(body, { params });
  assert.equal(created.metadata.name, name);
  assert.deepEqual(created.subdue, subdue);
}
const duplicate: unknown = await client
  .check_create({ interval: 60, metadata: { name: "zodios-a" } }, { params })
  .catch((error: unknown) => error);
assert(isErrorFromAlias(definition.api, "check_create", duplicate));
assert.equal(duplicate.response.status, 409);
assert.equal(duplicate.response.data.code, 3);

const event = await client.event_put(
  {
    entity: { entity_class: "proxy" },
    check: { interval: 60, status: 1, output: "slow" },
  },
  { params: { ...params, entity: "web-1", check: "zodios-a" } },
);
assert.equal(event.check?.status, 1);

const first = await client.check_list({ params, queries: { limit: 1 } });
assert(token);
const second = await client.check_list({ params, queries: { limit: 1, continue: token } });
const names = [...first, ...second].map((check) => check.metadata.name);
assert.deepEqual(names, ["zodios-a", "zodios-b"]);
assert.equal(token, undefined);

const missing: unknown = await client
  .check_get({ params: { ...params, name: "zodios-missing" } })
  .catch((error: unknown) => error);
assert(isErrorFromAlias(definition.api, "check_get", missing));
// 304 counts as an error, and has no body.
assert(missing.response.status === 404 && missing.response.data);
assert.equal(missing.response.data.code, 2);

const patch = { interval: 30, subdue: null };
const patched = await client.check_patch(patch, { params: { ...params, name: "zodios-a" } });
assert.deepEqual([patched.interval, patched.subdue], [30, null]);

for (const name of ["zodios-a", "zodios-b"]) {
  await client.check_delete(undefined, { params: { ...params, name } });
}
assert.deepEqual(await client.check_list({ params }), []);
console.log("passed");
