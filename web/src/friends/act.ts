// A person's act and its outcome in words: said once it is true, or why it did not work.
import { toasts } from "../shell/toasts.svelte.ts";
import { sayRefusal } from "./refusals.ts";

/** `verb` resolves with what has happened. Returns whether it did; never throws. */
export async function act(verb: () => Promise<string>): Promise<boolean> {
  try {
    toasts.show(await verb());
    return true;
  } catch (error) {
    toasts.show(sayRefusal(error), { kind: "danger" });
    return false;
  }
}
