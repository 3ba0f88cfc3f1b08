// The helper on a server of its own.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { SensuServer } from "./sensutest.js";

const checks = "/apis/core/v2/namespaces/default/checks";
const disk = `
type: CheckConfig
api_version: core/v2
metadata: { name: disk, namespace: default }
spec: { command: check-disk, interval: 60 }
`;

let server: SensuServer;
before(async () => { server = await SensuServer.start(); });
beforeEach(() => server.reset());
after(() => server.stop());

const status = async (path: string, init?: RequestInit) => (await server.fetch(path, init)).status;

test("faults apply to operations, and requests are recorded", async () => {
  const fault = await server.fail({ operation: "check_create", status: 503, times: 1 });
  const body = JSON.stringify({ metadata: { name: "cpu" }, interval: 60 });
  assert.deepEqual([await status(checks, { method: "POST", body }), await status(checks, { method: "POST", body })], [503, 200]);
  const requests = await server.requests({ operation: "check_create" });
  assert.deepEqual(requests.map((request) => request.status), [503, 200]);
  assert.equal((await server.requests({ status: "5xx" })).length, 1);
  const counts = (await server.faults()).find((one) => one.id === fault.id);
  assert.deepEqual([counts?.matched, counts?.injected], [2, 1]);
  await server.fail({ operation: "check_list", drop: true });
  await assert.rejects(server.fetch(checks));
  await assert.rejects(server.fail({ operation: "check_creat", drop: true }), /check_create/);
});

test("a silence expires when the clock is advanced", async () => {
  const body = JSON.stringify({ subscription: "linux", check: "*", expire: 600 });
  assert(await status("/apis/core/v2/namespaces/default/silenced", { method: "POST", body }) < 300);
  const path = "/apis/core/v2/namespaces/default/silenced/linux:*";
  await server.advance("9m");
  assert.equal(await status(path), 200);
  await server.advance("2m");
  assert.equal(await status(path), 404);
});

test("snapshots are restored after a reset", async () => {
  await server.seed(disk);
  await server.snapshot("with-disk");
  await server.reset();
  assert.equal(await status(`${checks}/disk`), 404);
  await server.restore("with-disk");
  assert.equal(await status(`${checks}/disk`), 200);
});

test("a server that cannot start says why", async () => {
  await assert.rejects(SensuServer.start(["missing.yaml"]), /missing\.yaml/);
});
