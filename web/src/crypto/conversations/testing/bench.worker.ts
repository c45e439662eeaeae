// Measures what the bars of docs/performance.md ask of the cryptography, in the browser's own worker (scripts/bench --crypto). The
// device has its keys as in the application: in IndexedDB, not to be read.
import { IndexedKeyStore } from "../../keys/indexed-store.ts";
import { random } from "../../protocol/primitives.ts";
import { act, begin } from "../acting/act.ts";
import type { Device } from "../device.ts";
import { makeNextEpoch, PLAIN_SETTINGS } from "../acting/make-epoch.ts";
import { MESSAGE } from "../judging/roles.ts";
import { highestCounter, seal } from "../acting/seal.ts";
import { catchUp, readAll, sessionOf } from "./talk.ts";
import { Town } from "./town.ts";

interface Wish {
  members: number;
  messages: number;
  epochs: number;
}

/** Milliseconds each. */
interface Figures {
  seal: number[];
  open: number[];
  epoch: number[];
}

const TEXT = { type: "text", text: "x".repeat(200) };
const now = (): number => performance.now();

/** Alice at her own keys, and bob; beside them as many others as `members` needs. */
async function moveIn(town: Town, members: number): Promise<{ alice: Device; bob: Device }> {
  const alice = await town.start(await town.move(1, "alice", new IndexedKeyStore(1, "hearth-bench-keys")));
  const bob = await town.start(await town.move(2, "bob"));
  for (let user = 3; user <= members; user += 1) await town.move(user, `user${user}`);
  return { alice, bob };
}

/** Alice seals so many messages to bob one after the other, whose device takes each as it comes. */
async function talk(town: Town, alice: Device, bob: Device, messages: number): Promise<Pick<Figures, "seal" | "open">> {
  const conversation = await begin(alice, { kind: "direct", other: 2 });
  await catchUp(bob, conversation);
  await catchUp(alice, conversation);
  const figures: Pick<Figures, "seal" | "open"> = { seal: [], open: [] };
  const [from, to] = [await alice.open(conversation), await bob.open(conversation)];
  for (let sent = 0; sent < messages; sent += 1) {
    const one = { clientId: random(16), counter: highestCounter(alice, from) + 1, kind: MESSAGE, content: TEXT, target: null };
    const begun = now();
    const { record, epoch } = await seal(alice, from, one);
    figures.seal.push(now() - begun);
    sessionOf(town, alice).send(conversation, { record, epoch, clientId: one.clientId, counter: one.counter, kind: one.kind, targetSeq: 0 });
    const { before, rows } = await bob.around.api.readLog(conversation, to.known.log.head.seq);
    const came = now();
    await to.known.takeRows(before, rows);
    const told = to.known.judged.findings.at(-1)!;
    figures.open.push(now() - came);
    if (told.verdict !== null) throw new Error(`a message does not open: ${told.verdict}`);
    await readAll(alice, conversation);
    for (const known of [from.known, to.known]) known.keepNewest(200);
  }
  return figures;
}

/** A group of all, and its next epochs. */
async function rotate(alice: Device, members: number, times: number): Promise<number[]> {
  const others = Array.from({ length: members - 1 }, (_, at) => at + 2);
  const conversation = await begin(alice, { kind: "group", members: others, settings: PLAIN_SETTINGS });
  const live = await alice.open(conversation);
  const took: number[] = [];
  for (let made = 0; made < times; made += 1) {
    const begun = now();
    await makeNextEpoch(live.known, alice.people, alice.author, { action: "rotate" }, alice.around.now());
    took.push(now() - begun);
    await act(alice, live, { action: "rotate" });
  }
  return took;
}

async function measure({ members, messages, epochs }: Wish): Promise<Figures> {
  const town = new Town();
  const { alice, bob } = await moveIn(town, members);
  const talked = await talk(town, alice, bob, messages);
  postMessage("epochs begin");
  return { ...talked, epoch: await rotate(alice, members, epochs) };
}

self.onmessage = ({ data }: MessageEvent<Wish>): void => {
  // What fails in a promise reaches nobody's `onerror` by itself.
  measure(data).then(postMessage, (error: unknown) => reportError(error));
};
