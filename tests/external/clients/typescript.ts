// The scenario of every client, run with openapi-fetch with the types of openapi-typescript.

import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { paths } from "./sensu.js";

const url = process.env["SENSU_URL"];
assert(url);
const namespace = "default";
const collection = "/apis/core/v2/namespaces/{namespace}/checks";
const item = "/apis/core/v2/namespaces/{namespace}/checks/{name}";

const login = createClient<paths>({
  baseUrl: url,
  headers: { Authorization: `Basic ${Buffer.from("admin:P@ssw0rd!").toString("base64")}` },
});
const { data: tokens } = await login.GET("/auth");
assert(tokens?.access_token);

const client = createClient<paths>({
  baseUrl: url,
  headers: { Authorization: `Bearer ${tokens.access_token}` },
});
const command = "check-cpu.sh -w 75 -c 90";
const atNight = { days: { all: [{ begin: "5:00PM", end: "8:00AM" }] } };
const checks = { "typescript-a": atNight, "typescript-b": null };
for (const [name, subdue] of Object.entries(checks)) {
  const body = { command, interval: 60, metadata: { name }, subdue };
  const { data } = await client.POST(collection, { params: { path: { namespace } }, body });
  assert.equal(data?.metadata.name, name);
  assert.deepEqual(data.subdue, subdue);
}

const first = await client.GET(collection, { params: { path: { namespace }, query: { limit: 1 } } });
const token = first.response.headers.get("Sensu-Continue");
assert(token);
const second = await client.GET(collection, {
  params: { path: { namespace }, query: { limit: 1, continue: token } },
});
const names = [...(first.data ?? []), ...(second.data ?? [])].map((check) => check.metadata.name);
assert.deepEqual(names, ["typescript-a", "typescript-b"]);
assert.equal(second.response.headers.get("Sensu-Continue"), null);

const missing = await client.GET(item, { params: { path: { namespace, name: "typescript-missing" } } });
assert.equal(missing.response.status, 404);
assert.equal(missing.error?.code, 2);

for (const name of ["typescript-a", "typescript-b"]) {
  const deleted = await client.DELETE(item, { params: { path: { namespace, name } } });
  assert.equal(deleted.response.status, 204);
}
const remaining = await client.GET(collection, { params: { path: { namespace } } });
assert.deepEqual(remaining.data, []);
console.log("passed");
