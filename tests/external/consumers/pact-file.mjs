// A Pact file (version 2) with the requests and responses of a run of newman.

/**
 * Headers that no operation describes: those of HTTP itself, those that Postman adds to every request, and those that the
 * server adds to every response.
 */
const OMITTED = new Set(["user-agent", "cache-control", "postman-token", "host", "accept-encoding", "connection",
  "content-length", "transfer-encoding", "date", "keep-alive", "sensu-edition", "x-content-type-options"]);

export function pactFile(executions) {
  return {
    consumer: { name: "postman" },
    provider: { name: "sensu-core-v2" },
    interactions: executions.map(interaction),
    metadata: { pactSpecification: { version: "2.0.0" } },
  };
}

function interaction({ item, request, response }) {
  const url = new URL(request.url.toString());
  const query = url.search.slice(1);
  return {
    description: item.name,
    request: {
      method: request.method,
      path: url.pathname,
      ...(query && { query }),
      ...message(request.headers.all(), request.body?.toString()),
    },
    response: { status: response?.code, ...message(response?.headers.all() ?? [], response?.stream?.toString()) },
  };
}

/** Headers and body. */
function message(all, text) {
  const sent = all.filter(({ key, disabled }) => !disabled && !OMITTED.has(key.toLowerCase()));
  const headers = Object.fromEntries(sent.map(({ key, value }) => [key, value]));
  const type = sent.find(({ key }) => key.toLowerCase() === "content-type")?.value ?? "";
  return { headers, ...(text && { body: type.includes("json") ? JSON.parse(text) : text }) };
}
