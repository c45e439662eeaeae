// The web client's views of random histories: one JSON request a line on stdin, one answer a line on stdout. Run by node_views.py.
import { createInterface } from "node:readline";

import { load } from "../clients/load.mjs";

const { View } = await load("src/crypto/conversations/testing/views.ts");
const views = new Map();

async function answer({ view, open, close, steps = [] }) {
  if (open !== undefined) views.set(view, new View(open));
  const answers = [];
  for (const step of steps) answers.push(await views.get(view).take(step));
  if (close) views.delete(view);
  return { answers };
}

for await (const line of createInterface({ input: process.stdin })) {
  let said;
  try {
    said = await answer(JSON.parse(line));
  } catch (error) {
    said = { failed: String(error.stack ?? error) };
  }
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
