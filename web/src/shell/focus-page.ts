// Where the focus goes when what had it is gone.

/** Puts the focus on the page: the list where the address is a list's, else the main column. No scrolling, no ring. */
export function focusPage(): void {
  const page = document.querySelector<HTMLElement>(".app.root .list, .app:not(.root) #main");
  page?.focus({ preventScroll: true });
}

/** True where the focus stands on nothing, or on something that is not to be seen. */
export function isFocusLost(): boolean {
  const focused = document.activeElement;
  return !focused || focused === document.body || focused.getClientRects().length === 0;
}
