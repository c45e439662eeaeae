import type { en } from "../en/index.ts";
import type { Translation } from "../message.ts";

export const polls: Translation<typeof en>["polls"] = {
  new: "استطلاع جديد",
  question: "السؤال",
  options: "الأجوبة",
  option: "الجواب {at}",
  allowSeveral: "يمكن اختيار أكثر من جواب",
  notSecret: "يرى الجميع هنا من اختار ماذا.",
  ask: "اسأل",
  one: "اختر واحدًا",
  several: "اختر واحدًا أو أكثر",
  closed: "هذا الاستطلاع مغلق.",
  votes: { zero: "لا أصوات", one: "صوت واحد", two: "صوتان", few: "{count} أصوات", many: "{count} صوتًا", other: "{count} صوت" },
  voters: { zero: "لم يصوّت أحد", one: "صوّت واحد", two: "صوّت اثنان", few: "صوّت {count}", many: "صوّت {count}", other: "صوّت {count}" },
  who: "من اختار ماذا",
  close: "إغلاق الاستطلاع",
  line: "استطلاع: {question}",
};
