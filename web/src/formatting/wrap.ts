// What a key does to markers in a field: what is selected gets them, or loses those that it has. Pure.

export type Marker = "**" | "*" | "~~" | "`";

/** What stands in place of what stood from one character to another, and what is selected then. */
export interface Change {
  from: number;
  to: number;
  text: string;
  start: number;
  end: number;
}

/** What stands at the beginning of a line of a quote or list; a marker comes after it. */
const PREFIX = /^(?:> ?|- |\d+\. |\s)*/;

export function toggleMarker(value: string, start: number, end: number, marker: Marker): Change {
  const selected = value.slice(start, end);
  const inner = selected.trim();
  if (inner === "") return start === end ? toggleEmpty(value, start, marker) : { from: start, to: end, text: selected, start, end };
  const begin = start + selected.indexOf(inner);
  const close = begin + inner.length;
  const { length } = marker;
  if (isMarker(runBefore(value, begin, marker), marker) && isMarker(runAfter(value, close, marker), marker))
    return { from: begin - length, to: close + length, text: inner, start: begin - length, end: close - length };
  if (inner.length > 2 * length && isMarker(runAfter(inner, 0, marker), marker) && isMarker(runBefore(inner, inner.length, marker), marker))
    return { from: begin, to: close, text: inner.slice(length, -length), start: begin, end: close - 2 * length };
  if (!inner.includes("\n")) return { from: begin, to: close, text: marker + inner + marker, start: begin + length, end: close + length };
  const text = marker === "`" ? fence(value, begin, close) : inner.split("\n").map((line) => markLine(line, marker)).join("\n");
  return { from: begin, to: close, text, start: begin, end: begin + text.length };
}

/** Between markers there is room to write; again, and they are gone. */
function toggleEmpty(value: string, at: number, marker: Marker): Change {
  const { length } = marker;
  const isThere = isMarker(runBefore(value, at, marker), marker) && isMarker(runAfter(value, at, marker), marker);
  if (isThere) return { from: at - length, to: at + length, text: "", start: at - length, end: at - length };
  return { from: at, to: at, text: marker + marker, start: at + length, end: at + length };
}

function markLine(line: string, marker: Marker): string {
  const prefix = PREFIX.exec(line)![0];
  const words = line.slice(prefix.length).trimEnd();
  return words === "" ? line : prefix + marker + words + marker + line.slice(prefix.length + words.length);
}

/** Lines of code stand between lines of ticks. */
function fence(value: string, from: number, to: number): string {
  const before = from === 0 || value[from - 1] === "\n" ? "" : "\n";
  const after = to === value.length || value[to] === "\n" ? "" : "\n";
  return `${before}\`\`\`\n${value.slice(from, to)}\n\`\`\`${after}`;
}

/** How many of a marker's character stand right before a place, and right after it. */
function runBefore(text: string, at: number, marker: Marker): number {
  let from = at;
  while (from > 0 && text[from - 1] === marker[0]) from -= 1;
  return at - from;
}

function runAfter(text: string, at: number, marker: Marker): number {
  let to = at;
  while (to < text.length && text[to] === marker[0]) to += 1;
  return to - at;
}

/** Three stars are both markers. */
const isMarker = (run: number, marker: Marker): boolean => run === marker.length || (run === 3 && marker[0] === "*");
