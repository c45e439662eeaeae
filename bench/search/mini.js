import MiniSearch from "minisearch";
import { COUNT, doc, tokens } from "./corpus.js";
const OPTIONS = { fields: ["text"], tokenize: tokens, processTerm: (t) => t };
let index;
export async function build() { index = new MiniSearch(OPTIONS); for (let i = 0; i < COUNT; i++) index.add(doc(i)); const json = JSON.stringify(index); await save(json); return { bytes: json.length }; }
const finish = (r) => new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });
async function db() { const r = indexedDB.open("mini", 1); r.onupgradeneeded = () => r.result.createObjectStore("x"); return finish(r); }
async function save(json) { const d = await db(); const t = d.transaction("x", "readwrite"); t.objectStore("x").put(json, "x"); await new Promise((ok) => (t.oncomplete = ok)); }
export async function load() { const d = await db(); const json = await finish(d.transaction("x").objectStore("x").get("x")); index = MiniSearch.loadJSON(json, OPTIONS); return {}; }
export async function query(q) { const words = q.split(" "); const prefix = q.endsWith("*"); const r = index.search(words.map((w) => w.replace("*", "")).join(" "), { prefix, combineWith: "AND" }); return { count: r.length, top: r.slice(0, 50).map((x) => x.id) }; }
export async function add(i) { index.add(doc(i)); }
export async function remove(i) { index.remove(doc(i)); }
