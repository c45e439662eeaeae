// Requests that are no commands (register, sign in, pictures), and commands when there is no socket. The cookie goes along.
import type { CommandName, Commands } from "./contract.ts";
import { Disconnected, toProblem } from "./problem.ts";

const TIMEOUT = 30_000;

/** Returns the JSON answer, or undefined for an empty one. Throws Problem when refused, Disconnected without an answer. */
export async function request<T>(method: string, path: string, body?: unknown): Promise<T> {
  const init: RequestInit = { method, credentials: "same-origin", signal: AbortSignal.timeout(TIMEOUT) };
  if (body instanceof Blob) {
    init.body = body;
    init.headers = { "content-type": body.type };
  } else if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "content-type": "application/json" };
  }
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, init);
    text = await response.text();
  } catch (error) {
    throw new Disconnected("no answer from the server", { cause: error });
  }
  const value = parse(text);
  // Proxies answer in HTML while the server restarts: that is no refusal by the server.
  if (!response.ok && value === undefined && response.status >= 502) throw new Disconnected(`answer ${response.status}`);
  if (!response.ok) throw toProblem(value, response.status);
  return value as T;
}

function parse(text: string): unknown {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const get = <T>(path: string): Promise<T> => request<T>("GET", path);
export const post = <T>(path: string, body?: unknown): Promise<T> => request<T>("POST", path, body);

/** Gives a command over HTTP, for the moments before there is a socket. */
export function command<N extends CommandName>(name: N, input: Commands[N]["input"]): Promise<Commands[N]["result"]> {
  return post(`/api/${name}`, input);
}
