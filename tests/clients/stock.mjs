// socket.io-client as npm ships it, with default settings, against the edge. Prints what happened as one JSON line.
// Run by test_stock_clients.py: node stock.mjs URL
import { createRequire } from "node:module";

const web = new URL("../../web/package.json", import.meta.url);
const { io } = createRequire(web)("socket.io-client");

const report = {};
const socket = io(process.argv[2], { reconnection: false, auth: { contract: 1 } });
const giveUp = setTimeout(() => fail("timeout"), 8000);

function fail(reason) {
  console.log(JSON.stringify({ ...report, failed: String(reason) }));
  process.exit(1);
}

function once(event) {
  return new Promise((resolve) => socket.once(event, (...values) => resolve(values)));
}

// The upgrade may be over before the main namespace is entered, so both are watched from the beginning.
const { engine } = socket.io;
report.began = engine.transport.name;
const upgraded = new Promise((resolve) => engine.once("upgrade", (transport) => resolve(transport.name)));
socket.on("connect_error", fail);
socket.on("question", (number, answer) => answer(number * 2, Buffer.from([7])));
socket.on("connect", async () => {
  report.echo = await socket.emitWithAck("echo", 1, "zwei", { three: [true, null, "✓"] });
  report.binary = await socket.emitWithAck("echo", { deep: Buffer.from([1, 2, 3]) });
  const back = once("back");
  socket.emit("give.back", "text", Buffer.from([4, 5]));
  report.back = await back;
  report.answer = await socket.emitWithAck("ask.me", 21);
  report.upgraded = await upgraded;
  report.many = await Promise.all(Array.from({ length: 50 }, (_, n) => socket.emitWithAck("echo", n)));
  const left = once("disconnect");
  socket.emit("go.away");
  report.left = (await left)[0];
  clearTimeout(giveUp);
  console.log(JSON.stringify(report));
  process.exit(0);
});
