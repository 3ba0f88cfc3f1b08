// Lists as iterators over the items of all pages.

import type { Operations } from "./generated/sdk.gen.js";

/** Type of `data` in the result of an operation. */
type Data<F> = F extends (...options: never) => Promise<infer R>
  ? R extends { data: infer D } ? NonNullable<D> : never
  : never;

/** Type of the query of an operation; `never` if it has none. */
type Query<F extends (options: never) => unknown> = NonNullable<NonNullable<Parameters<F>[0]>["query"]>;

/** Operations that return pages: those with a parameter `continue`. */
export type ListOperation = {
  [K in keyof Operations]: [Query<Operations[K]>] extends [never] ? never
    : "continue" extends keyof Query<Operations[K]> ? K : never;
}[keyof Operations];

/** Type of the items of a list. */
export type Item<K extends ListOperation> = Data<Operations[K]> extends readonly (infer T)[] ? T : never;

interface Page {
  data: readonly unknown[];
  response: Response;
}

type List = (options: { query?: object; throwOnError: true }) => Promise<Page>;

/** Iterates over the items of all pages. A page is requested when the items of the previous one are used up. */
export async function* items<K extends ListOperation>(
  operations: Operations,
  operation: K,
  ...[options]: Parameters<Operations[K]>
): AsyncGenerator<Item<K>, void, undefined> {
  const list = operations[operation].bind(operations) as unknown as List;
  let query: { continue?: string } | undefined = options?.query;
  for (;;) {
    const { data, response } = await list({ ...options, query: query ?? {}, throwOnError: true });
    yield* data as Item<K>[];
    const token = response.headers.get("Sensu-Continue");
    if (token === null) return;
    query = { ...query, continue: token };
  }
}
