// Marks on rows that come and go with what one does: set on the elements, so that a row costs nothing for them.
const LASTS = 1600;

/** Shows for a moment which message was looked for, and takes it into the middle. */
export function highlight(row: HTMLElement | null): void {
  if (!row) return;
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  row.scrollIntoView({ block: "center", behavior: "instant" });
  row.focus({ preventScroll: true });
  const colour = "var(--selected)";
  row.animate([{ backgroundColor: colour }, { backgroundColor: colour, offset: 0.5 }, { backgroundColor: isStill ? colour : "transparent" }], LASTS);
}

let isMarked = false;

/** Which of the rows that are drawn are chosen. */
export function markChosen(box: HTMLElement, chosen: ReadonlyMap<string, unknown> | null): void {
  if (!chosen && !isMarked) return;
  isMarked = chosen !== null;
  for (const row of box.querySelectorAll<HTMLElement>("li[data-key]")) row.toggleAttribute("data-chosen", chosen?.has(row.dataset["key"]!) === true);
}
