// socket.io-client as npm ships it, signed in at a shipped server. Reads {"url", "headers", "commands"} from stdin, gives
// each command in turn and waits for its ack. Prints the answers, or why it was refused, as one JSON line.
// Run by test_shipped_server.py: node shipped.mjs
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

const web = new URL("../../web/package.json", import.meta.url);
const { io } = createRequire(web)("socket.io-client");

const { url, headers, commands } = JSON.parse(await text(process.stdin));
const socket = io(url, { reconnection: false, auth: { contract: 1 }, extraHeaders: headers });

function report(what) {
  console.log(JSON.stringify(what));
  socket.disconnect();
}

socket.on("connect_error", (error) => report({ refused: error.message }));
socket.on("connect", async () => {
  const answers = [];
  for (const [name, fields] of commands) answers.push(await socket.timeout(20_000).emitWithAck(name, fields));
  report({ answers, transport: socket.io.engine.transport.name });
});
