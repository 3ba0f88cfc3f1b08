// The scenario of every client, run with the TypeScript client of openapi-generator.

import assert from "node:assert/strict";
import { AuthenticationApi, ChecksApi, Configuration, ResponseError } from "./sensu/index.js";

const basePath = process.env["SENSU_URL"];
assert(basePath);
const namespace = "default";

const login = new Configuration({ basePath, username: "admin", password: "P@ssw0rd!" });
const tokens = await new AuthenticationApi(login).authLogin();
assert(tokens.accessToken);

const checks = new ChecksApi(new Configuration({ basePath, accessToken: tokens.accessToken }));
const atNight = { days: { all: [{ begin: "5:00PM", end: "8:00AM" }] } };
for (const [name, subdue] of Object.entries({ "fetch-a": atNight, "fetch-b": null })) {
  const checkConfigCreate = { command: "check-cpu.sh", interval: 60, metadata: { name }, subdue };
  const made = await checks.checkCreate({ namespace, checkConfigCreate });
  assert.equal(made.metadata.name, name);
  assert.equal(made.subdue?.days.all?.[0]?.begin, subdue?.days.all[0]?.begin);
  assert.equal(made.subdue === null, subdue === null);
}

const first = await checks.checkListRaw({ namespace, limit: 1 });
const token = first.raw.headers.get("Sensu-Continue");
assert(token);
const second = await checks.checkListRaw({ namespace, limit: 1, _continue: token });
const names = [...(await first.value()), ...(await second.value())].map((check) => check.metadata.name);
assert.deepEqual(names, ["fetch-a", "fetch-b"]);
assert.equal(second.raw.headers.get("Sensu-Continue"), null);

const missing = await checks.checkGet({ namespace, name: "fetch-missing" }).catch((error: unknown) => error);
assert(missing instanceof ResponseError);
assert.equal(missing.response.status, 404);
assert.equal(((await missing.response.json()) as { code: number }).code, 2);

for (const name of ["fetch-a", "fetch-b"]) {
  await checks.checkDelete({ namespace, name });
}
assert.deepEqual(await checks.checkList({ namespace }), []);
console.log("passed");
