// Keys that put markers around what is selected in a field. They are typed as by hand, so that undo takes them back.
import { readCommand } from "../shell/keyboard.ts";
import { type Marker, toggleMarker } from "./wrap.ts";

const MARKERS: Record<string, Marker> = { B: "**", I: "*", "Shift+X": "~~", E: "`" };

export function markByKeys(field: HTMLTextAreaElement): () => void {
  const press = (event: KeyboardEvent): void => {
    const marker = MARKERS[readCommand(event)];
    if (!marker) return;
    event.preventDefault();
    const { from, to, text, start, end } = toggleMarker(field.value, field.selectionStart, field.selectionEnd, marker);
    type(field, from, to, text);
    field.setSelectionRange(start, end);
  };
  field.addEventListener("keydown", press);
  return () => field.removeEventListener("keydown", press);
}

function type(field: HTMLTextAreaElement, from: number, to: number, text: string): void {
  field.setSelectionRange(from, to);
  // Nothing else is undone by the browser, and all of them have it.
  const isTyped = document.execCommand(text === "" ? "delete" : "insertText", false, text);
  if (isTyped) return;
  field.setRangeText(text);
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}
