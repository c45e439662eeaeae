// What has come that is to be told of, by the rows of the list as they change: so nothing that came while there was no connection is missed,
// and nothing is told that the list does not show. Pure.
import type { Verdict } from "../crypto/protocol/codec.ts";
import type { InboxRow } from "../inbox/read.ts";
import { levelNow } from "./level.ts";

/** Why something closed may open yet: until then it is not told of. */
const WAITS: ReadonlySet<Verdict | "lost" | null> = new Set([null, "unproven", "not_listed"]);

interface Known {
  /** The last message that was looked at. */
  seq: number;
  mentions: number;
}

export interface NewsItem {
  row: InboxRow;
  seq: number;
  /** It is told for its mention, which need not be the last message. */
  isMention: boolean;
}

export class News {
  readonly #me: number;
  readonly #known = new Map<string, Known>();
  /** The newest thing that the first rows told of: what is not newer was there before. */
  #begun: string | undefined;

  constructor(me: number) {
    this.#me = me;
  }

  /**
   * What is new in these rows since the last ones; nothing of the first, nor of what a new device fetches after them, which is older. Nothing is
   * told before `quietUntil` (ms).
   */
  take(rows: readonly InboxRow[], now: number, quietUntil: number): NewsItem[] {
    // One's own that waits has the time of this device.
    this.#begun ??= rows.filter(({ last }) => last?.seq !== 0).map(({ active_at }) => active_at).sort().at(-1);
    const begun = this.#begun;
    const items = rows.flatMap((row) => this.#look(row, quietUntil > now ? "none" : levelNow(row.keeping, now)) ?? []);
    return begun === undefined ? [] : items.filter(({ row }) => row.active_at > begun);
  }

  #look(row: InboxRow, level: ReturnType<typeof levelNow>): NewsItem | null {
    const before = this.#known.get(row.id) ?? { seq: 0, mentions: 0 };
    const { last } = row;
    const isWaiting = last?.content.type === "closed" && WAITS.has(last.content.why);
    const seq = isWaiting ? before.seq : Math.max(before.seq, last?.seq ?? 0);
    this.#known.set(row.id, { seq, mentions: row.mentions });
    if (level === "mentions") return row.mentions > before.mentions ? { row, seq, isMention: true } : null;
    return level === "all" && seq > before.seq && last !== null && this.#isToBeTold(last) ? { row, seq, isMention: false } : null;
  }

  /** What somebody else said, or said under a key that is on its way. */
  #isToBeTold({ from_user, content }: NonNullable<InboxRow["last"]>): boolean {
    if (from_user === this.#me) return false;
    return content.type === "text" || content.type === "poll" || content.type === "unknown" || (content.type === "closed" && content.why === "keyless");
  }
}
