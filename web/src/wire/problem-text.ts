// A problem that no page has better words for, in words.
import { type PlainKey, t } from "../i18n/index.svelte.ts";
import { type Problem, ProblemError } from "./http.ts";

const KNOWN: Record<string, PlainKey> = {
  network: "problems.network",
  timeout: "problems.timeout",
  busy: "problems.busy",
  storage_unavailable: "problems.storage",
  not_signed_in: "problems.notSignedIn",
  too_many_requests: "problems.tooManyRequests",
  conflict: "problems.conflict",
  limit_reached: "problems.limitReached",
};

export function sayProblem(problem: Problem): string {
  if (problem.code === "too_many_requests" && problem.retry_after !== undefined) {
    const seconds = Math.max(1, Math.ceil(problem.retry_after));
    if (seconds > 90) return t("problems.tooManyRequestsMinutes", { count: Math.ceil(seconds / 60) });
    return t("problems.tooManyRequestsSeconds", { count: seconds });
  }
  return t(KNOWN[problem.code] ?? "problems.unknown");
}

export function sayError(error: unknown): string {
  return error instanceof ProblemError ? sayProblem(error.problem) : t("problems.unknown");
}
