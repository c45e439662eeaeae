// Deterministic messages of several scripts; doc(i) is made anew each time, so that nothing has to be held.
const rng = (seed) => () => { seed |= 0; seed = (seed + 0x6d2b79f5) | 0; let t = Math.imul(seed ^ (seed >>> 15), 1 | seed); t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t; return ((t ^ (t >>> 14)) >>> 0) / 4294967296; };
const EN = "the to and a of i you it in is that for on was my be have with are this but not we me just so at do your what all if can get like out up when about they no will one now know go how there want from he got she good time see think really had work day or an need well going make back some today would then them more did tomorrow right yes still here home thanks her his meeting call later morning night sorry great maybe train dinner lunch weekend please look people tell never night come little things first love better thought friend house car school phone picture movie game music birthday party coffee beer holiday flight ticket hotel bread garden doctor paper project deadline report server browser message encryption garden kitchen window street bridge river mountain winter summer spring autumn rain snow weather".split(" ");
const DE = "ich du und das ist die der nicht es wir ja ein zu in mit auf so mal auch noch dann habe was hast für aber schon wenn heute morgen bin war den dem von kann kannst gut gehen mir dir mich dich wie am im oder nur doch mehr wieder hier alles danke bitte Uhr Zeit Haus Arbeit Schule Kinder Freund Freundin Woche Wochenende Abend Essen Kaffee Bahnhof Zug Straße Wohnung Garten Küche Fenster Geburtstag Urlaub Arzt Termin Besprechung Rechnung Schlüssel Wetter Regen Schnee Sommer Winter Frühling Herbst schön später gleich vielleicht natürlich eigentlich Verschlüsselung Nachricht Brötchen Fahrrad Flughafen Krankenhaus Verspätung Geschwindigkeit".split(" ");
const AR = "في من على إلى هذا أن ما لا مع هل كان أنا أنت هو هي نحن كل يوم غدا اليوم الآن شكرا مرحبا صباح الخير مساء البيت العمل المدرسة السيارة القهوة الطعام السوق الطريق المطر الشمس الصيف الشتاء صديق أخي أختي أمي أبي الأطفال الوقت الساعة الاجتماع السفر الطائرة الفندق الكتاب الرسالة الهاتف الصورة جميل جدا كبير صغير جديد قديم سريع بعيد قريب ممكن لازم أريد أحب أعرف سوف قلت رأيت وصلت".split(" ");
const ZH = "我 你 他 她 我们 他们 的 了 是 在 不 有 这 那 就 也 都 很 吗 吧 呢 今天 明天 昨天 早上 晚上 现在 时间 工作 学校 公司 朋友 孩子 妈妈 爸爸 吃饭 咖啡 天气 下雨 下雪 夏天 冬天 春天 秋天 火车 飞机 机票 酒店 电话 照片 电影 音乐 生日 快乐 谢谢 对不起 没关系 可以 应该 需要 喜欢 知道 觉得 看到 开始 结束 会议 项目 报告 加密 消息 服务器 浏览器 北京 上海 公园 医院 超市 厨房 窗户 问题 办法 高兴 漂亮 有意思 非常 已经 还是 因为 所以 但是 如果".split(" ");
const TH = "ฉัน คุณ เขา เรา ไม่ ใช่ ครับ ค่ะ วันนี้ พรุ่งนี้ เมื่อวาน ตอนเช้า ตอนเย็น ทำงาน โรงเรียน บริษัท เพื่อน ลูก แม่ พ่อ กินข้าว กาแฟ อากาศ ฝนตก หน้าร้อน หน้าหนาว รถไฟ เครื่องบิน ตั๋ว โรงแรม โทรศัพท์ รูปภาพ หนัง เพลง วันเกิด ขอบคุณ ขอโทษ ได้ ต้อง อยาก ชอบ รู้ คิดว่า เห็น เริ่ม ประชุม รายงาน ข้อความ กรุงเทพ สวนสาธารณะ โรงพยาบาล ตลาด ครัว หน้าต่าง ปัญหา ดีใจ สวย สนุก มาก แล้ว แต่ เพราะ ถ้า".split(" ");
const EMOJI = "😂 ❤️ 👍 😊 🙏 😭 🎉 🔥 😍 🤔 👋 ☕ 🍕 🚆 🏖️ 👨‍👩‍👧 🇩🇪 ✅ 😅 🥳".split(" ");
const SYL = "ka lo mi ter sen bra du fel gar hin jo ker lam mor nis pol qua ras sto tuv wen xel yar zin ber ack ing ung lich ment tion er el an or is".split(" ");
const names = (seed, n, script) => { const r = rng(seed); return Array.from({ length: n }, () => { let w = ""; for (let k = 0, m = 2 + Math.floor(r() * 3); k < m; k++) w += SYL[Math.floor(r() * SYL.length)]; return script(w, r); }); };
// The long tail: names, compounds, typing errors.
const TAIL = { en: names(1, 30000, (w) => w), de: names(2, 30000, (w, r) => (r() < 0.4 ? w[0].toUpperCase() + w.slice(1) : w)), ar: names(3, 6000, (w) => [...w].map((c) => "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"[c.charCodeAt(0) % 28]).join("")) };
const pick = (list, r) => list[Math.floor(list.length * Math.pow(r(), 2.6))];
const word = (common, tail, r) => (tail && r() < 0.22 ? pick(tail, r) : pick(common, r));
export const COUNT = Number(globalThis.process?.env?.COUNT ?? 100000);
export function doc(i) {
  const r = rng(i * 7919 + 17);
  const kind = r();
  const length = Math.max(1, Math.round(Math.exp(1.9 + 0.85 * (r() + r() + r() - 1.5) * 1.4)));
  let words = [], glue = " ";
  if (kind < 0.45) for (let k = 0; k < length; k++) words.push(word(EN, TAIL.en, r));
  else if (kind < 0.7) for (let k = 0; k < length; k++) words.push(word(DE, TAIL.de, r));
  else if (kind < 0.82) for (let k = 0; k < length; k++) words.push(word(AR, TAIL.ar, r));
  else if (kind < 0.93) { glue = ""; for (let k = 0; k < length; k++) words.push(pick(ZH, r)); }
  else { glue = ""; for (let k = 0; k < length; k++) words.push(pick(TH, r)); }
  let text = words.join(glue);
  if (r() < 0.15) text += " " + pick(EMOJI, r);
  if (r() < 0.03) text += " https://example.org/" + pick(TAIL.en, r);
  return { id: i, text, from: Math.floor(r() * 40), conversation: Math.floor(60 * Math.pow(r(), 2)), time: 1700000000000 + i * 300000 };
}
const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });
// Unicode property \p{M}: marks are dropped of letters of scripts that are written without them as well.
export const fold = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f\u064b-\u065f\u0640]/g, "").toLowerCase();
const SIMPLE = /^[\p{ASCII}\p{Script=Latin}\p{Script=Arabic}\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Hebrew}\p{Emoji}\p{P}\p{S}\s]*$/u;
const WORDS = /[\p{L}\p{N}\p{M}_]+|\p{Extended_Pictographic}/gu;
/** Words with the segmenter only where a script needs it. */
export function tokens(text) {
  const folded = fold(text);
  if (SIMPLE.test(folded)) return folded.match(WORDS) ?? [];
  const found = [];
  for (const { segment, isWordLike } of segmenter.segment(folded)) if (isWordLike) found.push(segment); else if (/\p{Extended_Pictographic}/u.test(segment)) found.push(segment);
  return found;
}
export function tokensBySegmenter(text) {
  const found = [];
  for (const { segment, isWordLike } of segmenter.segment(fold(text))) if (isWordLike || /\p{Extended_Pictographic}/u.test(segment)) found.push(segment);
  return found;
}
export const QUERIES = { one: ["bahnhof", "encryption", "meeting", "天气", "القهوة", "รถไฟ", "the", "☕"], two: ["train tomorrow", "kaffee morgen", "coffee weekend", "今天 天气", "the you"], prefix: ["enc*", "ver*", "t*", "ك*", "kalo*"] };
