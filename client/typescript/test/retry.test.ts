// Retries: which requests, how often, after which delays.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Sensu, ServiceUnavailableError, TooManyRequestsError } from "sensu-api";
import { failing, password, recorded } from "./support.js";

const path = "/apis/core/v2/namespaces";
const body = { name: "typescript-retry" };

function status(code: number, headers: Record<string, string> = {}) {
  return () => Response.json({ message: "later", code: 0 }, { status: code, headers });
}

function connectionError(): never {
  throw new TypeError("fetch failed");
}

test("Retry-After delays the next attempt", async () => {
  const { sensu, count } = recorded({}, failing(path, status(503, { "Retry-After": "1" })));
  const start = performance.now();
  await sensu.namespaceList();
  assert(performance.now() - start >= 990);
  assert.equal(count(`GET ${path}`), 2);
});

test("a long Retry-After fails at once", async () => {
  const { sensu, count } = recorded({}, failing(path, status(429, { "Retry-After": "60" })));
  await assert.rejects(sensu.namespaceList(), (error) => {
    assert(error instanceof TooManyRequestsError);
    assert.equal(error.retryAfter, 60);
    return true;
  });
  assert.equal(count(`GET ${path}`), 1);
});

test("the number of retries is limited", async () => {
  const { sensu, count } = recorded({ retry: { maxRetries: 2, initialDelay: 1 } }, failing(path, status(503), 9));
  await assert.rejects(sensu.namespaceList(), ServiceUnavailableError);
  assert.equal(count(`GET ${path}`), 3);
});

test("connection errors of idempotent requests are retried", async () => {
  const { sensu, count } = recorded({}, failing(path, connectionError, 2));
  await sensu.namespaceList();
  assert.equal(count(`GET ${path}`), 3);
});

test("requests that are not idempotent are retried only after 429", async () => {
  for (const fault of [connectionError, status(503)]) {
    const { sensu, count } = recorded({}, failing(path, fault));
    await assert.rejects(sensu.namespaceCreate({ body }));
    assert.equal(count(`POST ${path}`), 1);
  }
  const event = { namespace: "default", entity: "a", check: "b" };
  const eventPath = `${path}/default/events/a/b`;
  const { sensu, count } = recorded({}, failing(eventPath, connectionError));
  const entity = { entity_class: "proxy" };
  const check = { interval: 60 };
  await assert.rejects(sensu.eventPut({ path: event, body: { entity, check } }), TypeError);
  assert.equal(count(`PUT ${eventPath}`), 1);

  const limited = recorded({}, failing(path, status(429)));
  await limited.sensu.namespaceCreate({ body });
  assert.equal(limited.count(`POST ${path}`), 2);
  await limited.sensu.namespaceDelete({ path: body });
});

test("cancellation ends the delay", async () => {
  const { sensu, count } = recorded({}, failing(path, status(503, { "Retry-After": "5" })));
  await sensu.logIn();
  const start = performance.now();
  await assert.rejects(sensu.namespaceList({ signal: AbortSignal.timeout(200) }), { name: "TimeoutError" });
  assert(performance.now() - start < 3_000);
  assert.equal(count(`GET ${path}`), 1);
});

test("a connection error is thrown as fetch throws it", async () => {
  const sensu = new Sensu({ url: "http://127.0.0.1:1", ...password, retry: { maxRetries: 1, initialDelay: 1 } });
  await assert.rejects(sensu.namespaceList(), TypeError);
});
