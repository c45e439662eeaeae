import type { en } from "../en/index.ts";
import type { Translation } from "../message.ts";

export const notifications: Translation<typeof en>["notifications"] = {
  title: "الإشعارات",
  here: "على هذا الجهاز",
  show: "إظهار الإشعارات",
  showHint: "عندما يصل شيء وHearth مفتوح في تبويب أو نافذة لا تراها.",
  unsupported: "هذا المتصفح لا يستطيع إظهار الإشعارات.",
  refused: "هذا المتصفح لا يسمح بها. اسمح بالإشعارات لهذا العنوان في إعداداته، ثم فعّلها هنا.",
  words: "مع نص الرسالة",
  wordsHint: "عند الإيقاف تذكر فقط أن شيئًا وصل وممّن.",
  quiet: "عدم الإزعاج",
  quietText: "لا صوت ولا إشعار على كل أجهزتك. تظل الرسائل تصل وتُعَدّ.",
  quietHour: "لمدة ساعة",
  quietMorning: "حتى الثامنة صباحًا",
  quietForGood: "حتى أنهيه",
  quietNow: "لن يزعجك شيء حتى تنهي ذلك.",
  quietUntil: "لن يزعجك شيء حتى {at}.",
  quietEnd: "إنهاء",
  levels: "أخبرني عن",
  all: "كل الرسائل",
  mentions: "الرسائل التي تذكرني",
  none: "لا شيء",
};
