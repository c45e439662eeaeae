import type { en } from "../en/index.ts";
import type { Translation } from "../message.ts";

export const polls: Translation<typeof en>["polls"] = {
  new: "નવું મતદાન",
  question: "પ્રશ્ન",
  options: "જવાબો",
  option: "જવાબ {at}",
  allowSeveral: "એકથી વધુ જવાબ પસંદ કરી શકાય",
  notSecret: "અહીં દરેક જણ જુએ છે કે કોણે શું પસંદ કર્યું.",
  ask: "પૂછો",
  one: "એક પસંદ કરો",
  several: "એક કે વધુ પસંદ કરો",
  closed: "આ મતદાન બંધ છે.",
  votes: { one: "{count} મત", other: "{count} મત" },
  voters: { one: "{count} જણે મત આપ્યો", other: "{count} જણે મત આપ્યો" },
  who: "કોણે શું પસંદ કર્યું",
  close: "મતદાન બંધ કરો",
  line: "મતદાન: {question}",
};
