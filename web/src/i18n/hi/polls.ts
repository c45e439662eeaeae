import type { en } from "../en/index.ts";
import type { Translation } from "../message.ts";

export const polls: Translation<typeof en>["polls"] = {
  new: "नया मतदान",
  question: "सवाल",
  options: "जवाब",
  option: "जवाब {at}",
  allowSeveral: "एक से ज़्यादा जवाब चुने जा सकते हैं",
  notSecret: "यहाँ हर कोई देखता है कि किसने क्या चुना।",
  ask: "पूछें",
  one: "एक चुनें",
  several: "एक या ज़्यादा चुनें",
  closed: "यह मतदान बंद है।",
  votes: { one: "{count} वोट", other: "{count} वोट" },
  voters: { one: "{count} ने वोट दिया", other: "{count} ने वोट दिया" },
  who: "किसने क्या चुना",
  close: "मतदान बंद करें",
  line: "मतदान: {question}",
};
