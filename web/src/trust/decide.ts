// What a person decides about somebody's keys, and what they are told of it.
import { t } from "../i18n/index.svelte.ts";
import { toasts } from "../shell/toasts.svelte.ts";
import { ProblemError } from "../wire/http.ts";
import { sayError } from "../wire/problem-text.ts";

/** Carries a decision out and says what came of it. Resolves true when it was done. */
export async function decide(verb: () => Promise<void>, done: string, name: string): Promise<boolean> {
  try {
    await verb();
    toasts.show(done);
    return true;
  } catch (error) {
    const hasChanged = error instanceof ProblemError && error.problem.detail === "changed_identity";
    toasts.show(hasChanged ? t("trust.changedAgain", { name }) : sayError(error), { kind: "danger" });
    return false;
  }
}
