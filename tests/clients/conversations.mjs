// The web client's conversations at a running server. Reads one JSON value a line from stdin: first {"url", "people"}, then
// {"step", …}, each a method of Live; prints one JSON line for each. Run by test_conversations.py.
import { createInterface } from "node:readline";

import { load } from "./load.mjs";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const next = async () => {
  const { value, done } = await lines.next();
  return done ? null : JSON.parse(value);
};
const { Live } = await load("src/crypto/conversations/testing/live.ts");
const { url, people } = await next();
const live = new Live(url, people);
for (let asked = await next(); asked !== null; asked = await next()) {
  const { step, ...given } = asked;
  try {
    console.log(JSON.stringify({ gives: await live[step](given) }));
  } catch (error) {
    console.log(JSON.stringify({ failed: String(error.stack ?? error) }));
  }
}
