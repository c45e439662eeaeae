import type { en } from "../en/index.ts";
import type { Translation } from "../message.ts";

export const mentions: Translation<typeof en>["mentions"] = {
  all: "كل من هنا",
  offer: "من يمكن ذكرهم",
  offered: {
    zero: "لا اقتراحات",
    one: "اقتراح واحد، يُختار بمفتاح Enter",
    two: "اقتراحان، يُختاران بالأسهم وEnter",
    few: "{count} اقتراحات، تُختار بالأسهم وEnter",
    many: "{count} اقتراحًا، تُختار بالأسهم وEnter",
    other: "{count} اقتراح، تُختار بالأسهم وEnter",
  },
  unread: {
    zero: "لا رسائل غير مقروءة تذكرك",
    one: "رسالة غير مقروءة تذكرك",
    two: "رسالتان غير مقروءتين تذكرانك",
    few: "{count} رسائل غير مقروءة تذكرك",
    many: "{count} رسالة غير مقروءة تذكرك",
    other: "{count} رسالة غير مقروءة تذكرك",
  },
  next: {
    zero: "لا رسائل غير مقروءة تذكرك",
    one: "الانتقال إلى الرسالة غير المقروءة التي تذكرك",
    two: "الانتقال إلى التالية من رسالتين تذكرانك",
    few: "الانتقال إلى التالية من {count} رسائل تذكرك",
    many: "الانتقال إلى التالية من {count} رسالة تذكرك",
    other: "الانتقال إلى التالية من {count} رسالة تذكرك",
  },
  title: "الإشارات إليك",
  none: "لم يذكرك أحد بعد",
  noneText: "عندما يكتب أحد في مجموعة @{username} أو @all، تجد ذلك هنا.",
  ofYou: "تذكرك",
  ofAll: "تذكر الجميع",
};
