import "fake-indexeddb/auto";
import { COUNT, QUERIES } from "./corpus.js";
const name = process.argv[2]; const engine = await import(`./${name}.js`);
const cpu = async (title, f, per = 1) => { const c = process.cpuUsage(), t = performance.now(); const r = await f(); const u = process.cpuUsage(c); console.log(name, title, ((u.user + u.system) / 1000 / per).toFixed(2), "ms cpu, wall", ((performance.now() - t) / per).toFixed(1), JSON.stringify(r) ?? ""); };
const heap = (title) => { gc(); gc(); const m = process.memoryUsage(); console.log(name, title, "heap", (m.heapUsed / 1e6).toFixed(1), "arrays", (m.arrayBuffers / 1e6).toFixed(1)); };
heap("empty");
await cpu("build", () => engine.build());
heap("built");
if (process.argv[3] !== "noload") await cpu("load", () => engine.load());
heap("loaded");
for (const kind of ["one", "two", "prefix"]) for (const q of QUERIES[kind]) { let r; await cpu(`query ${q}`, async () => { for (let k = 0; k < 3; k++) r = await engine.query(q); return r.count; }, 3); }
await cpu("add", async () => { for (let k = 0; k < 500; k++) await engine.add(COUNT + 5000 + k); }, 500);
await cpu("remove", async () => { for (let k = 0; k < 20; k++) await engine.remove(k * 971); }, 20);
