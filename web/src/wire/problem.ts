// Which failures mean "later" and which mean "no". Both are ProblemErrors (http.ts), told apart by their code.
import { ProblemError } from "./http.ts";

const PASSING = new Set(["network", "timeout", "busy", "storage_unavailable", "too_many_requests"]);

/** Whether the same request may simply be sent again: nothing was refused, it only was not the moment. */
export function isPassing(error: unknown): boolean {
  return error instanceof ProblemError && PASSING.has(error.problem.code);
}

/** Whether a failure is no refusal: the server may answer otherwise later, by itself. */
export function mayPass(error: unknown): boolean {
  return isPassing(error) || (error instanceof ProblemError && error.problem.status >= 500);
}

/** There was no answer: whether the command was carried out is unknown. */
export function makeDisconnected(code: "network" | "timeout", title: string): ProblemError {
  return new ProblemError({ code, status: 0, title });
}
