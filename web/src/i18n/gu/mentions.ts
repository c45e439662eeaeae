import type { en } from "../en/index.ts";
import type { Translation } from "../message.ts";

export const mentions: Translation<typeof en>["mentions"] = {
  all: "અહીંના બધા",
  offer: "જેમનો ઉલ્લેખ કરી શકાય",
  offered: { one: "{count} સૂચન, Enter થી પસંદ કરો", other: "{count} સૂચનો, તીર કી અને Enter થી પસંદ કરો" },
  unread: { one: "{count} ન વાંચેલા સંદેશમાં તમારો ઉલ્લેખ છે", other: "{count} ન વાંચેલા સંદેશાઓમાં તમારો ઉલ્લેખ છે" },
  next: { one: "તમારા ઉલ્લેખવાળા ન વાંચેલા સંદેશ પર જાઓ", other: "તમારા ઉલ્લેખવાળા {count} સંદેશાઓમાંથી આગલા પર જાઓ" },
  title: "ઉલ્લેખો",
  none: "હજી સુધી કોઈએ તમારો ઉલ્લેખ કર્યો નથી",
  noneText: "જ્યારે કોઈ જૂથમાં @{username} અથવા @all લખશે, ત્યારે તે તમને અહીં મળશે.",
  ofYou: "તમારો ઉલ્લેખ છે",
  ofAll: "બધાનો ઉલ્લેખ છે",
};
