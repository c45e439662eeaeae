// The web client's account flows at a running server. Reads {"url", "people": {name: person}} from stdin, where a person is what a
// registration answered; prints what each is left with, or what went wrong, as one JSON line. Run by test_account_flows.py.
import { text } from "node:stream/consumers";

import { load } from "./load.mjs";

const { url, people } = JSON.parse(await text(process.stdin));
try {
  const { liveAlice, liveBob, liveCarol } = await load("src/crypto/account/testing/live.ts");
  const flows = { alice: liveAlice, bob: liveBob, carol: liveCarol };
  const left = {};
  for (const [name, { kek, ...person }] of Object.entries(people)) left[name] = await flows[name](url, person, kek);
  console.log(JSON.stringify({ left }));
} catch (error) {
  console.log(JSON.stringify({ failed: String(error.stack ?? error) }));
  process.exitCode = 1;
}
