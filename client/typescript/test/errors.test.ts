// Error responses as errors: fields of the server, and responses of other servers.

import assert from "node:assert/strict";
import { test } from "node:test";
import { BadRequestError, SensuError } from "sensu-api";
import { recorded } from "./support.js";

function responding(body: string, init: ResponseInit) {
  return recorded({}, async () => new Response(body, init)).sensu;
}

test("an error contains the fields of the response", async () => {
  const body = { message: "interval: too small", code: 1, resource: "check", name: "cpu", field: "interval" };
  const sensu = responding(JSON.stringify(body), { status: 400, headers: { "X-Request-Id": "1234" } });
  await assert.rejects(sensu.versionGet(), (error) => {
    assert(error instanceof BadRequestError);
    const { status, code, message, resource, resourceName, field, requestId, retryAfter } = error;
    assert.deepEqual([status, code, message], [400, 1, body.message]);
    assert.deepEqual([resource, resourceName, field], ["check", "cpu", "interval"]);
    assert.deepEqual([requestId, retryAfter], ["1234", undefined]);
    return true;
  });
});

test("an error response that is not from a Sensu server is a SensuError, too", async () => {
  for (const body of ["<html>bad gateway</html>", "", "null", "[1]"]) {
    const sensu = responding(body, { status: 502, statusText: "Bad Gateway" });
    await assert.rejects(sensu.versionGet(), (error) => {
      assert(error instanceof SensuError && error.constructor === SensuError);
      assert.deepEqual([error.status, error.code, error.message], [502, undefined, "502 Bad Gateway"]);
      return true;
    });
  }
});
