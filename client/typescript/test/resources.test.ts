// Objects: create, list, get, patch, delete, and their errors.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import * as errors from "sensu-api";
import { type CheckConfig, Sensu } from "sensu-api";
import { check, namespace, password, recorded, url } from "./support.js";

const sensu = new Sensu({ url, ...password });
const names = ["typescript-a", "typescript-b", "typescript-c"];
const path = { namespace, name: "typescript-a" };

after(() => sensu.logOut());

test("created objects are returned", async () => {
  for (const name of names) {
    const { data, response } = await sensu.checkCreate({ path: { namespace }, body: check(name) });
    assert.equal(data.metadata.name, name);
    assert.equal(data.interval, 60);
    assert(response.headers.get("ETag"));
  }
});

test("items iterates over all pages", async () => {
  const { sensu, requests, count } = recorded({});
  const checks: CheckConfig[] = [];
  for await (const item of sensu.items("checkList", { path: { namespace }, query: { limit: 1 } })) {
    checks.push(item);
  }
  assert.deepEqual(checks.map(({ metadata }) => metadata.name), names);
  assert.equal(count(`GET /apis/core/v2/namespaces/${namespace}/checks`), 3, requests.join());
});

test("items requests no more pages than are used", async () => {
  const { sensu, count } = recorded({});
  const fieldSelector = 'check.name != "typescript-a"';
  for await (const item of sensu.items("checkListAll", { query: { limit: 1, fieldSelector } })) {
    assert.equal(item.metadata.name, "typescript-b");
    break;
  }
  assert.equal(count("GET /apis/core/v2/checks"), 1);
  for await (const item of sensu.items("namespaceList")) assert.equal(typeof item.name, "string");
});

test("only operations that return pages are accepted by items", () => {
  // @ts-expect-error: no list.
  () => sensu.items("checkGet", { path });
  // @ts-expect-error: no path.
  () => sensu.items("checkList");
});

test("names are escaped in paths", async () => {
  const name = "linux:check/100% sure?";
  await assert.rejects(sensu.silencedGet({ path: { namespace, name } }), (error) => {
    assert(error instanceof errors.NotFoundError, String(error));
    assert.match(error.message, /silenced|100%/);
    return true;
  });
});

test("404 is a NotFoundError with code and request ID", async () => {
  await assert.rejects(sensu.checkGet({ path: { namespace, name: "missing" } }), (error) => {
    assert(error instanceof errors.NotFoundError && error instanceof errors.SensuError);
    assert.equal(error.name, "NotFoundError");
    assert.equal(error.status, 404);
    assert.equal(error.code, 2);
    assert(error.message.length > 0);
    assert(error.requestId);
    return true;
  });
});

test("other statuses have their classes", async () => {
  const body = check("typescript-a");
  await assert.rejects(sensu.checkCreate({ path: { namespace }, body }), errors.ConflictError);
  const invalid = { ...check("typescript-d"), interval: 0 };
  await assert.rejects(sensu.checkCreate({ path: { namespace }, body: invalid }), errors.BadRequestError);
  // A new name, because 10 failures of a user are followed by 429.
  const wrong = new Sensu({ url, username: `typescript-${Date.now()}`, password: "wrong ü€" });
  await assert.rejects(wrong.logIn(), errors.UnauthorizedError);
  const agent = new Sensu({ url, ...password, username: "agent" });
  await assert.rejects(agent.userList(), errors.ForbiddenError);
});

test("errors can be returned instead of thrown", async () => {
  const { data, error, response } = await sensu.checkGet({ path: { namespace, name: "missing" }, throwOnError: false });
  assert.equal(data, undefined);
  assert.equal(error?.code, 2);
  assert.equal(response.status, 404);
});

test("a patch changes one field and removes one", async () => {
  const subdue = { days: { all: [{ begin: "5:00PM", end: "8:00AM" }] } };
  const { metadata: _name, ...spec } = check("typescript-a");
  await sensu.checkPut({ path, body: { ...spec, timeout: 30, subdue } });
  const { data } = await sensu.checkPatch({ path, body: { interval: 30, subdue: null, timeout: null } });
  assert.equal(data.interval, 30);
  assert.equal(data.subdue, null);
  assert.equal(data.timeout, 0);
  assert.equal(data.command, "check-cpu.sh -w 75");
  // @ts-expect-error: the type of a field is checked.
  () => sensu.checkPatch({ path, body: { interval: "30" } });
});

test("If-Match changes only the state with the ETag", async () => {
  const { response } = await sensu.checkGet({ path });
  const headers = { "If-Match": response.headers.get("ETag") ?? "" };
  await sensu.checkPatch({ path, headers, body: { interval: 31 } });
  await assert.rejects(sensu.checkPatch({ path, headers, body: { interval: 32 } }), errors.PreconditionFailedError);
  assert.equal((await sensu.checkGet({ path })).data.interval, 31);
  const { response: unchanged } = await sensu.checkGet({ path });
  const conditional = { "If-None-Match": unchanged.headers.get("ETag") ?? "" };
  await assert.rejects(sensu.checkGet({ path, headers: conditional }), { name: "SensuError", status: 304 });
});

test("deleted objects are missing", async () => {
  for (const name of names) {
    const { response } = await sensu.checkDelete({ path: { namespace, name } });
    assert.equal(response.status, 204);
    await assert.rejects(sensu.checkGet({ path: { namespace, name } }), errors.NotFoundError);
  }
});
