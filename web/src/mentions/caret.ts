// Where in a field for texts of several lines a character is drawn: no browser tells, so a copy of the field without a picture is measured.
const COPIED = [
  "direction", "unicodeBidi", "fontFamily", "fontSize", "fontStyle", "fontWeight", "fontStretch", "letterSpacing", "wordSpacing", "lineHeight", "textAlign",
  "textIndent", "tabSize", "paddingTop", "paddingRight", "paddingBottom", "paddingLeft", "borderTopWidth", "borderRightWidth", "borderBottomWidth", "borderLeftWidth",
] as const;

/** Pixels from the left and the top of the window to where the character at `at` begins. */
export function findCharacter(field: HTMLTextAreaElement, at: number): { x: number; y: number } {
  const copy = document.createElement("div");
  const looks = getComputedStyle(field);
  for (const name of COPIED) copy.style[name] = looks[name];
  const box = field.getBoundingClientRect();
  Object.assign(copy.style, {
    position: "fixed", top: `${box.top}px`, left: `${box.left}px`, width: `${box.width}px`, visibility: "hidden", boxSizing: "border-box",
    borderStyle: "solid", whiteSpace: "pre-wrap", overflowWrap: "break-word", pointerEvents: "none",
  });
  const mark = document.createElement("span");
  mark.textContent = field.value.slice(at, at + 1) || ".";
  copy.append(field.value.slice(0, at), mark, field.value.slice(at + 1));
  document.body.append(copy);
  const { left, right, top } = mark.getBoundingClientRect();
  copy.remove();
  return { x: looks.direction === "rtl" ? right : left, y: top - field.scrollTop };
}
