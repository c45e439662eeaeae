// What has happened on one's own chain and was not done by this device: it is told until it was seen (docs/protocol-encryption.md, 5.2).
import { toHex } from "../../lib/bytes.ts";
import { equal } from "../protocol/codec.ts";
import { readUserStatement } from "../protocol/user-chain.ts";
import type { UserState } from "../protocol/user-state.ts";
import { type Account, recall, type Self } from "./self.ts";

/** Devices as hex; one that came and went stands in both lists, one from before that took itself off in none. `n` is how far this goes. */
export interface News {
  n: number;
  newDevices: string[];
  removedDevices: string[];
  isIdentityChanged: boolean;
}

const listed = (state: UserState): string[] => state.devices.map((one) => toHex(one.device));

export function findNews(self: Self): News {
  const { states, statements } = self.chain;
  const news: News = { n: states.length, newDevices: [], removedDevices: [], isIdentityChanged: false };
  self.newsFrom ??= states.length;
  for (let n = self.newsFrom + 1; n <= states.length; n += 1) {
    const [before, after] = [states[n - 2], states[n - 1]!];
    if (before === undefined || self.made.has(n)) continue;
    const [was, is] = [listed(before), listed(after)];
    news.newDevices.push(...is.filter((device) => !was.includes(device)));
    const isRetired = readUserStatement(statements[n - 1]!).body.kind === "retire";
    const isTold = (device: string): boolean => !isRetired || news.newDevices.includes(device);
    news.removedDevices.push(...was.filter((device) => !is.includes(device) && isTold(device)));
    news.isIdentityChanged ||= !equal(before.identityKey, after.identityKey);
  }
  return news;
}

/** The person has seen the news up to n. */
export async function noteNews(account: Account, n: number): Promise<void> {
  const self = await recall(account);
  self.newsFrom = Math.max(self.newsFrom ?? 0, Math.min(n, self.chain.states.length));
  self.made = new Set([...self.made].filter((made) => made > self.newsFrom!));
  await self.remember();
}
