// What keys are called, and which of them goes with a letter to make a command.
const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

export const KEYS = isMac ? { command: "⌘", alt: "⌥", enter: "↩" } : { command: "Ctrl", alt: "Alt", enter: "Enter" };

/** The letter that is pressed with Ctrl or ⌘ (and Shift), whatever script the keyboard writes; "" for anything else. */
export function readCommand(event: KeyboardEvent): string {
  const isCommand = isMac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
  if (!isCommand || event.altKey || event.isComposing) return "";
  const letter = /^[a-z]$/i.test(event.key) ? event.key : event.code.replace(/^Key/, "");
  return `${event.shiftKey ? "Shift+" : ""}${letter.toUpperCase()}`;
}
