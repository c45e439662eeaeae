// After a form was refused: the cursor goes to the first field that is wrong.
import { tick } from "svelte";

export async function focusFirstFault(form: HTMLFormElement | undefined): Promise<void> {
  await tick();
  form?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
}
