// Asking the server by HTTP: JSON both ways, a time limit, and every failure as one kind of error with a code.

const TIME_LIMIT_MS = 20_000;

export interface Problem {
  code: string;
  status: number;
  title: string;
  detail?: string;
  /** Seconds. */
  retry_after?: number;
  fields?: Record<string, string>;
}

/** The server said no (`problem.code`), or nothing came back ("network", "timeout"). */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(`${problem.code}: ${problem.detail ?? problem.title}`);
    this.name = "ProblemError";
    this.problem = problem;
  }
}

function fail(code: string, status: number, title: string): ProblemError {
  return new ProblemError({ code, status, title });
}

/** Total: whatever a proxy in between answers becomes a problem. */
export function readProblem(status: number, body: unknown): Problem {
  const said = typeof body === "object" && body !== null ? (body as Partial<Problem>) : {};
  if (typeof said.code === "string" && typeof said.title === "string") return { ...(said as Problem), status };
  const isAway = status === 502 || status === 503 || status === 504;
  return { code: isAway ? "busy" : "unknown", status, title: `HTTP ${status}` };
}

let ahead = 0;

/** The time by the server's clock, in milliseconds: within a second of what its last answer said, by this device's before any. */
export const serverNow = (): number => Date.now() + ahead;

/** Of answers that are the server's: a proxy's page has the proxy's time. Nothing but ages depends on it. */
function hearTime({ headers }: Response): void {
  const told = Date.parse(headers.get("date") ?? "");
  if (!Number.isNaN(told)) ahead = told - Date.now();
}

async function exchange(path: string, init: RequestInit): Promise<unknown> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIME_LIMIT_MS);
  try {
    const response = await fetch(path, {
      ...init,
      signal: abort.signal,
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
    });
    const body: unknown = await response.json().catch(() => undefined);
    if (body !== undefined) hearTime(response);
    if (!response.ok) throw new ProblemError(readProblem(response.status, body));
    return body;
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    if (abort.signal.aborted) throw fail("timeout", 0, "No answer in time");
    throw fail("network", 0, "No connection");
  } finally {
    clearTimeout(timer);
  }
}

export async function get<Answer>(path: string, query: Record<string, string> = {}): Promise<Answer> {
  const search = new URLSearchParams(query).toString();
  return (await exchange(search ? `${path}?${search}` : path, { headers: { accept: "application/json" } })) as Answer;
}

export async function post<Answer>(path: string, body: object): Promise<Answer> {
  const headers = { accept: "application/json", "content-type": "application/json" };
  return (await exchange(path, { method: "POST", headers, body: JSON.stringify(body) })) as Answer;
}

/** For bytes such as a picture. */
export async function put<Answer>(path: string, body: Blob): Promise<Answer> {
  const headers = { accept: "application/json", "content-type": body.type };
  return (await exchange(path, { method: "PUT", headers, body })) as Answer;
}

export async function remove<Answer>(path: string): Promise<Answer> {
  return (await exchange(path, { method: "DELETE", headers: { accept: "application/json" } })) as Answer;
}
