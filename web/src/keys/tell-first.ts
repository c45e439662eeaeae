// Says that an account's first keys were made here. Who had some before is to notice it: a server that hides those has a person begin anew.
import type { Entered } from "../crypto/account/enter.ts";
import { t } from "../i18n/index.svelte.ts";
import { toasts } from "../shell/toasts.svelte.ts";

/** `mayHaveHadSome`: the account is not of this minute. Then it stands there until it was read. */
export function tellFirst({ isFirst }: Entered, mayHaveHadSome: boolean): void {
  if (!isFirst) return;
  toasts.show(t(mayHaveHadSome ? "keys.firstDoubt" : "keys.first"), { stays: mayHaveHadSome });
}
