import type { en } from "../en/index.ts";
import type { Translation } from "../message.ts";

export const notifications: Translation<typeof en>["notifications"] = {
  title: "સૂચનાઓ",
  here: "આ ઉપકરણ પર",
  show: "સૂચનાઓ બતાવો",
  showHint: "જ્યારે કંઈક આવે અને Hearth એવા ટૅબ કે વિન્ડોમાં ખુલ્લું હોય જે તમે જોતા નથી.",
  unsupported: "આ બ્રાઉઝર સૂચનાઓ બતાવી શકતું નથી.",
  refused: "આ બ્રાઉઝર તેની પરવાનગી આપતું નથી. તેના સેટિંગમાં આ સરનામા માટે સૂચનાઓની પરવાનગી આપો, પછી અહીં ચાલુ કરો.",
  words: "જે લખાયું તે સાથે",
  wordsHint: "બંધ હોય ત્યારે તે ફક્ત કહે છે કે કંઈક આવ્યું, અને કોના તરફથી.",
  quiet: "ખલેલ ન કરો",
  quietText: "તમારાં બધાં ઉપકરણો પર ન અવાજ, ન સૂચના. સંદેશા આવતા રહે છે અને ગણાય છે.",
  quietHour: "1 કલાક માટે",
  quietMorning: "સવારે 8 વાગ્યા સુધી",
  quietForGood: "હું બંધ કરું ત્યાં સુધી",
  quietNow: "તમે બંધ કરો ત્યાં સુધી તમને ખલેલ નહીં પડે.",
  quietUntil: "{at} સુધી તમને ખલેલ નહીં પડે.",
  quietEnd: "બંધ કરો",
  levels: "મને જણાવો",
  all: "બધા સંદેશા",
  mentions: "મારો ઉલ્લેખ કરતા સંદેશા",
  none: "કંઈ નહીં",
};
