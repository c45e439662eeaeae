import { COUNT, doc, tokens } from "./corpus.js";
let sqlite3, db, pool;
async function open() { const { default: init } = await import("/sqlite/index.mjs"); sqlite3 = await init(); pool = await sqlite3.installOpfsSAHPoolVfs({}); db = new pool.OpfsSAHPoolDb("/search.db"); db.exec("pragma journal_mode=memory; pragma synchronous=off; pragma cache_size=-8000"); }
let insert;
export async function build() { await open(); db.exec("create virtual table if not exists m using fts5(text, content='', contentless_delete=1, detail=none, tokenize=\"unicode61 remove_diacritics 0 categories 'L* N* Co S* M* P*'\")");
  insert = db.prepare("insert into m(rowid, text) values (?, ?)");
  for (let i = 0; i < COUNT; ) { db.exec("begin"); for (let k = 0; k < 1000; k++, i++) { insert.bind([i + 1, tokens(doc(i).text).join(" ")]).stepReset(); } db.exec("commit"); }
  db.exec("insert into m(m) values('optimize')");
  return { bytes: db.selectValue("pragma page_count") * db.selectValue("pragma page_size"), version: sqlite3.version.libVersion }; }
export async function load() { await open(); insert = db.prepare("insert into m(rowid, text) values (?, ?)"); return {}; }
export async function query(q) { const parts = q.split(" ").map((w) => { const p = w.endsWith("*"); return `"${tokens(w.replace("*", ""))[0] ?? w.replace("*", "")}"${p ? "*" : ""}`; }); const rows = db.selectValues("select rowid from m where m match ? order by rowid desc limit 50", [parts.join(" AND ")]); return { count: rows.length, top: rows }; }
export async function add(i) { insert.bind([i + 1, tokens(doc(i).text).join(" ")]).stepReset(); }
export async function remove(i) { db.exec({ sql: "delete from m where rowid = ?", bind: [i + 1] }); }
