// Random histories with what the web client makes of them. Reads {"first", "count", "length"} from stdin, prints a list as one JSON
// line. Run by test_histories.py.
import { text } from "node:stream/consumers";

import { load } from "./load.mjs";

const { first, count, length } = JSON.parse(await text(process.stdin));
const { makeHistories } = await load("src/crypto/conversations/testing/histories.ts");
console.log(JSON.stringify({ histories: await makeHistories(first, count, length) }));
