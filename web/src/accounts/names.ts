// What people are called: by their own devices, as far as their chains are known (docs/protocol-encryption.md, 5.2), and by the
// server's card before. A card that names another username is a lie: usernames are for ever.
import type { UserName } from "../crypto/conversations/people/people.ts";
import { cutGraphemes, inOneLine, isSeen } from "../lib/text.ts";
import type { Replica } from "../replica/database.ts";
import type { UserCard } from "../wire/contract.ts";
import { drawName, MOST_NAME } from "./display-name.ts";

/** A card as it is shown. */
export interface NamedCard extends UserCard {
  /** The server's username for somebody whose own devices name another. */
  called?: string;
}

/** Any text may stand in a chain, which no server has cleaned. */
function readName(name: string): string {
  const line = cutGraphemes(inOneLine(drawName(name).replace(/\p{Cc}/gu, " ")), MOST_NAME);
  return isSeen(line) ? line : "";
}

/** A card with the proven names in place of the server's; as it is while none are known, and of deleted accounts. */
export function nameCard<C extends NamedCard>(card: C, proven: UserName | undefined): C {
  if (proven === undefined || card.deleted) return card;
  const { called, ...shown } = card;
  const said = called ?? card.username;
  const username = readName(proven.username);
  const display_name = readName(proven.displayName ?? "") || username;
  return { ...shown, username, display_name, ...(said === proven.username ? {} : { called: said }) } as C;
}

/** Under which name the server knows somebody. */
export const addressOf = ({ called, username }: NamedCard): string => called ?? username;

/** Writes down what is proven: cards that are here are shown so, and those that come. */
export async function writeNames(replica: Replica, found: readonly UserName[]): Promise<void> {
  const { names, users } = replica;
  await replica.transaction("rw", names, users, async () => {
    const known = await names.bulkGet(found.map((one) => one.user));
    const news = found.filter(({ username, displayName }, at) => known[at]?.username !== username || known[at].displayName !== displayName);
    await names.bulkPut(news.map(({ user, username, displayName }) => ({ user, username, displayName })));
    const cards = await users.bulkGet(news.map((one) => one.user));
    await users.bulkPut(cards.flatMap((card, at) => (card === undefined ? [] : [nameCard(card, news[at])])));
  });
}

/** Those of these people whom the server calls otherwise than their own devices do. */
export async function listMisnamed(replica: Replica, users: readonly number[]): Promise<Set<number>> {
  const cards = await replica.users.bulkGet([...new Set(users)]);
  return new Set(cards.flatMap((card) => (card?.called === undefined ? [] : [card.id])));
}
