// The requests of orval's client: it has neither a base URL nor credentials that can change.

export const session = { url: "", authorization: "" };

export async function send<Response>(path: string, init: RequestInit): Promise<Response> {
  const headers = { ...init.headers, Authorization: session.authorization };
  const response = await fetch(session.url + path, { ...init, headers });
  const text = await response.text();
  const data: unknown = text === "" ? undefined : JSON.parse(text);
  return { status: response.status, data, headers: response.headers } as Response;
}
