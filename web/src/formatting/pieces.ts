// What of a message one comes to by keys: words that name somebody, links, what is hidden, code that scrolls. There are MOST of them, and
// perhaps one more: what is beyond is text, or keys go by it, so that no message is a hundred steps and more on the way to the next. Pure.
import type { Block, Fence, Inline, Marked, Name } from "./tree.ts";

export const MOST_PIECES = 100;

/** A text in pieces, those that name somebody as such. */
type Split = (text: string) => (string | Name)[];

/** A tree with the names that `split` finds: outside quotes, where nobody is called, and outside code and links, which are read as they stand. */
export const boundPieces = (blocks: Block[], split: Split = (text) => [text]): Block[] => new Pieces(split).take(blocks);

class Pieces {
  readonly #split: Split;
  #left = MOST_PIECES;
  /** The first of the spoilers that are too many opens them all. */
  readonly #rest: Marked[] = [];

  constructor(split: Split) {
    this.#split = split;
  }

  take(blocks: Block[]): Block[] {
    const taken = this.#takeBlocks(blocks, false);
    const key = this.#rest.map((node) => node.key).join(" ");
    for (const node of this.#rest) node.key = key;
    return taken;
  }

  #takeBlocks(blocks: Block[], isQuoted: boolean): Block[] {
    return blocks.map((block): Block => {
      if (block.type === "lines") return { ...block, children: this.#takeInline(block.children, isQuoted) };
      if (block.type === "quote") return { ...block, children: this.#takeBlocks(block.children, true) };
      if (block.type === "fence") return this.#mayTake() ? block : ({ ...block, isPassed: true } satisfies Fence);
      return { ...block, items: block.items.map(({ marker, children }) => ({ marker, children: this.#takeInline(children, isQuoted) })) };
    });
  }

  #takeInline(nodes: Inline[], isQuoted: boolean): Inline[] {
    return nodes.flatMap((node): Inline[] => {
      if (typeof node === "string") return isQuoted ? [node] : this.#split(node).map((piece) => (typeof piece === "string" || this.#mayTake() ? piece : piece.text));
      if (node.type === "link") return [this.#mayTake() ? node : node.text];
      if (!("children" in node)) return [node];
      const isRest = node.type === "spoiler" && !this.#mayTake();
      const taken: Marked = { ...node, children: this.#takeInline(node.children, isQuoted) };
      if (isRest && this.#rest.push(taken) > 1) taken.isPassed = true;
      return [taken];
    });
  }

  #mayTake(): boolean {
    this.#left -= 1;
    return this.#left >= 0;
  }
}
