// Operations that cannot succeed, and requests that are repeated, when the document is run from top to bottom.

/** Operations for which a documented error is expected. */
export const FAILING = {
  cluster_member_add: { status: 400, reason: "the embedded store has exactly one member" },
  cluster_member_remove: { status: 400, reason: "the only member cannot be removed" },
};

/** Operations that need what earlier ones have deleted, or what no earlier one creates. */
export const REPEATED = {
  auth_refresh: { first: ["auth_login"], reason: "auth_logout has ended the session" },
  check_execute: { first: ["check_create"], reason: "check_delete has deleted the check" },
  event_explain: { first: ["event_put"], reason: "event_delete has deleted the event" },
  extension_get: { first: ["extension_put"], reason: "extensions have no operation that only creates" },
};

/** Scripts that run in Postman after the response of an operation, for values that no link of the document passes on. */
export const SCRIPTS = {
  cluster_member_list: {
    script: `for (const operation of ["cluster_member_update", "cluster_member_remove"]) {
      pm.environment.set(operation + ".id", pm.response.json().members[0].ID.toString(16));
    }`,
    reason: "the server has chosen the ID of its member, and paths contain it in hexadecimal",
  },
};
