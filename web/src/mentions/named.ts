// Who is mentioned in a text: those whose `@username` stands in it as a whole word, and everybody by `@all` (protocol-encryption.md, 8.10). In
// code, links and quotes nobody is, whether one writes or reads: both go over the same tree. Pure.
import type { NamedCard } from "../accounts/names.ts";
import type { Content, Text } from "../crypto/content.ts";
import { parse } from "../formatting/parse.ts";
import { boundPieces } from "../formatting/pieces.ts";
import type { Block, Inline, Name } from "../formatting/tree.ts";
import { rankIn } from "../groups/closing.ts";
import type { ConversationRow } from "../replica/database.ts";

/** The word that calls everybody, in whatever language one writes: nobody has it for a username, as little as the other one. */
export const ALL = "all";
const CALLS_ALL: ReadonlySet<string> = new Set([ALL, "everyone"]);

/** Whom one can mention in a conversation, oneself left out; who wrote last comes first. */
export interface Callable {
  people: NamedCard[];
  /** One may call everybody. */
  isAllowed: boolean;
}

export const NOBODY_CALLABLE: Callable = { people: [], isAllowed: false };

/** A word that begins with @, and where it stands. */
export interface Named {
  from: number;
  to: number;
  /** Without the @, in the form in which usernames are compared. */
  name: string;
}

export type Mentioned = Pick<Text, "mentions" | "everyone">;

/** People whom one message names at most (8.10). */
const MOST = 50;
/** What usernames are made of; what stands before is no address of a mail or a page. */
const WORD = /(?<![a-z\d/@+-])@([\p{L}\p{N}][\p{L}\p{M}\p{N}]*(?:[._-][\p{L}\p{N}][\p{L}\p{M}\p{N}]*)*)/giu;

/** Usernames are kept so, but for what only the server folds. */
export const toName = (typed: string): string => typed.normalize("NFKC").toLowerCase().normalize("NFKC");

export const isAll = (name: string): boolean => CALLS_ALL.has(name);

/** Whether it tells this person. */
export const tellsUser = (content: Content, user: number): boolean => content.type === "text" && (content.everyone === true || (content.mentions ?? []).includes(user));

/** Whether it says that it tells anybody. */
export const isTelling = ({ mentions, everyone }: Mentioned): boolean => mentions !== undefined || everyone === true;

/** All words of a text that may be a mention, in order. Linear in its length. */
export function listNamed(text: string): Named[] {
  const found = Array.from(text.matchAll(WORD), ({ 0: word, 1: name, index }) => ({ from: index, to: index + word.length, name: toName(name!) }));
  return found.filter(({ to }) => text[to] !== "@");
}

/** In a group, once an epoch says who is in it and what they may. `authors` are those who wrote what is at hand, in order. */
export function listCallable({ kind, group }: Pick<ConversationRow, "kind" | "group">, users: ReadonlyMap<number, NamedCard>, me: number, authors: readonly number[] = []): Callable {
  if (kind !== "group" || !group) return NOBODY_CALLABLE;
  const there = group.members.map(({ user }) => user).filter((user) => user !== me && !group.left.includes(user));
  const people = there.flatMap((user) => users.get(user) ?? []).filter(({ deleted, username }) => !deleted && username !== "");
  const last = new Map(authors.map((user, at) => [user, at]));
  people.sort((one, other) => (last.get(other.id) ?? -1) - (last.get(one.id) ?? -1) || one.display_name.localeCompare(other.display_name));
  return { people, isAllowed: rankIn(group.members, me) <= group.rights.everyoneBy };
}

/** Whom words may name, by what stands after their @. */
type Names = ReadonlyMap<string, Name["user"]>;

function makeNames(people: Iterable<NamedCard>, callsAll: boolean): Names {
  const names = new Map<string, Name["user"]>(Array.from(people, ({ id, username }) => [toName(username), id]));
  if (callsAll) for (const word of CALLS_ALL) names.set(word, ALL);
  return names;
}

/** What stands between the words that name somebody, and these. */
function splitNamed(text: string, names: Names): (string | Name)[] {
  const pieces: (string | Name)[] = [];
  let done = 0;
  for (const { from, to, name } of listNamed(text)) {
    const user = names.get(name);
    if (user === undefined) continue;
    if (from > done) pieces.push(text.slice(done, from));
    pieces.push({ type: "name", text: text.slice(from, to), user });
    done = to;
  }
  if (done < text.length) pieces.push(text.slice(done));
  return pieces;
}

/** A text as it is shown, with those whom it names: what is sent says just them. */
const nameIn = (blocks: Block[], names: Names): Block[] => boundPieces(blocks, (text) => (text.includes("@") ? splitNamed(text, names) : [text]));

/** What a text says to whom, as a record says it: nothing of what there is none of. */
export function findMentioned(text: string, { people, isAllowed }: Callable): Mentioned {
  if (!text.includes("@")) return {};
  const users = new Set(listNames(nameIn(parse(text), makeNames(people, isAllowed))).map(({ user }) => user));
  const ids = [...users].filter((user) => user !== ALL).slice(0, MOST);
  return { ...(ids.length > 0 && { mentions: ids }), ...(users.has(ALL) && { everyone: true }) };
}

/** Blocks with the words that name those whom a message tells. Only ids say who is meant, and only known people are. */
export function showNamed(blocks: Block[], { mentions = [], everyone }: Mentioned, people: ReadonlyMap<number, NamedCard>): Block[] {
  return nameIn(blocks, makeNames(mentions.flatMap((id) => people.get(id) ?? []), everyone === true));
}

/** The words that name somebody, in order. */
export const listNames = (blocks: Block[]): Name[] =>
  blocks.flatMap((block) => {
    if (block.type === "lines") return listIn(block.children);
    return block.type === "list" ? block.items.flatMap(({ children }) => listIn(children)) : [];
  });

const listIn = (nodes: Inline[]): Name[] =>
  nodes.flatMap((node) => {
    if (typeof node === "string") return [];
    return node.type === "name" ? [node] : "children" in node ? listIn(node.children) : [];
  });

/** As whom it tells this person where none of its words does, as ids and no words say who is told; else null. */
export function findUnnamed(content: Content, user: number, shown: Block[]): Name["user"] | null {
  if (!tellsUser(content, user)) return null;
  const isNamed = listNames(shown).some((name) => name.user === user || name.user === ALL);
  if (isNamed) return null;
  return content.type === "text" && (content.mentions ?? []).includes(user) ? user : ALL;
}
