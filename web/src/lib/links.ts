// Links that people hand on: whether another device can follow them, and how they are marked for copying.

/** Whether an address leads to the machine it is read on. A phone that reads it looks for Hearth on itself. */
export function isOwnMachine(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** Marks the whole text of a field, its beginning in sight: where a link leads to stands there. */
export function selectFromStart(field: HTMLInputElement): void {
  field.setSelectionRange(0, field.value.length, "backward");
  field.scrollLeft = 0;
}
