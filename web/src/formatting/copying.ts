// What is copied of messages is what was typed: the elements that are drawn of markers give them back.

/** For a `copy` in the list of messages. Where nothing that is selected is marked the browser does it. */
export function copyTyped(event: ClipboardEvent & { currentTarget: HTMLElement }): void {
  const selection = getSelection();
  if (!selection || selection.rangeCount === 0 || !event.clipboardData) return;
  const range = selection.getRangeAt(0);
  const parts = [...event.currentTarget.querySelectorAll(".text")].filter((text) => range.intersectsNode(text)).map((text) => cut(range, text));
  if (!parts.some((part) => part.querySelector("[data-open], [data-block]"))) return;
  event.preventDefault();
  event.clipboardData.setData("text/plain", parts.map(write).filter((text) => text !== "").join("\n\n"));
}

/** What a range has of an element. */
function cut(range: Range, element: Element): DocumentFragment {
  const part = document.createRange();
  part.selectNodeContents(element);
  if (range.compareBoundaryPoints(Range.START_TO_START, part) > 0) part.setStart(range.startContainer, range.startOffset);
  if (range.compareBoundaryPoints(Range.END_TO_END, part) < 0) part.setEnd(range.endContainer, range.endOffset);
  return part.cloneContents();
}

function write(node: Node): string {
  if (!(node instanceof HTMLElement)) return node instanceof DocumentFragment ? writeChildren(node) : (node.textContent ?? "");
  const { open = "", close = "", added, block = "" } = node.dataset;
  if (added !== undefined) return "";
  const text = open + writeChildren(node) + close;
  return block === "" ? text : text.split("\n").map((line) => block + line).join("\n");
}

/** Blocks stand on lines of their own; what is between them is of the page. */
function writeChildren(node: ParentNode & Node): string {
  const blocks = [...node.children].filter((child) => child instanceof HTMLElement && child.dataset["block"] !== undefined);
  return blocks.length > 0 ? blocks.map(write).join("\n") : [...node.childNodes].map(write).join("");
}
