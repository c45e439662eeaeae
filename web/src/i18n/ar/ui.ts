import type { en } from "../en/index.ts";
import type { Translation } from "../message.ts";

export const ui: Translation<typeof en>["ui"] = {
  close: "إغلاق",
  cancel: "إلغاء",
  save: "حفظ",
  copy: "نسخ",
  copied: "تم النسخ",
  showPassword: "إظهار كلمة المرور",
  hidePassword: "إخفاء كلمة المرور",
  busy: "لحظة…",
  loading: "جارٍ التحميل",
  online: "متصل",
  away: "بعيد",
  offline: "غير متصل",
  more: "المزيد",
  qrCode: "رمز QR لـ {text}",
  cropTitle: "اختر ما يظهر",
  cropArea: "جزء من الصورة. اسحبه أو حرّكه بمفاتيح الأسهم.",
  cropZoom: "تكبير",
  cropUse: "استخدام الصورة",
  cropFailed: "تعذّرت قراءة هذه الصورة. اختر صورة أخرى.",
  hostWord: "كلمة لمن يدير هذا الخادم ليبحث عن معناها:",
};
