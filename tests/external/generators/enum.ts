// A program that uses the enumerations of openapi-typescript.

import assert from "node:assert/strict";
import { HandlerType, MetricFormat, Verb } from "./sensu.js";
import type { components } from "./sensu.js";

const rule: components["schemas"]["RuleInput"] = { verbs: Object.values(Verb), resources: ["checks"] };
assert.deepEqual(rule.verbs, ["get", "list", "create", "update", "delete", "*"]);
const handler: components["schemas"]["HandlerCreate"] = { type: HandlerType.pipe, metadata: { name: "log" } };
assert.equal(handler.type, "pipe");
assert(Object.values<string>(MetricFormat).includes(""));
console.log("passed");
