// What can go wrong when asking the server: it refused (Problem, RFC 9457), or nobody knows (Disconnected).

export interface ProblemDetails {
  type: string;
  title: string;
  status: number;
  code: string;
  detail?: string;
  /** Seconds to wait before trying again. */
  retry_after?: number;
  fields?: { [field: string]: string };
}

/** The server's refusal. `code` is what programs look at; `message` is a sentence in English. */
export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  readonly details: ProblemDetails;

  constructor(details: ProblemDetails) {
    super(details.detail ?? details.title);
    this.name = "Problem";
    this.code = details.code;
    this.status = details.status;
    this.details = details;
  }

  /** Milliseconds the server asks to wait; undefined when it does not say. */
  get retryAfter(): number | undefined {
    return this.details.retry_after === undefined ? undefined : this.details.retry_after * 1000;
  }
}

/** There was no answer: whether the command was carried out is unknown. */
export class Disconnected extends Error {
  constructor(message = "no connection", options?: ErrorOptions) {
    super(message, options);
    this.name = "Disconnected";
  }
}

const PASSING = new Set(["busy", "storage_unavailable", "too_many_requests"]);

/** Whether the same request may simply be sent again later. */
export function isPassing(error: unknown): boolean {
  return error instanceof Disconnected || (error instanceof Problem && PASSING.has(error.code));
}

/** Reads a problem from what the server sent; anything that is none becomes `internal`. */
export function toProblem(value: unknown, status = 500): Problem {
  if (typeof value === "object" && value !== null && "code" in value && typeof value.code === "string") {
    const { title = "", status: own = status } = value as Partial<ProblemDetails>;
    return new Problem({ ...(value as ProblemDetails), title: String(title), status: Number(own) });
  }
  const title = "The server gave an answer that nobody understands";
  return new Problem({ type: "urn:hearth:problem:internal", title, status, code: "internal" });
}
