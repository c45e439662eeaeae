// Words of polls.
export const polls = {
  new: "New poll",
  question: "Question",
  options: "Answers",
  option: "Answer {at}",
  allowSeveral: "Several answers may be chosen",
  notSecret: "Everybody here sees who chose what.",
  ask: "Ask",
  one: "Choose one",
  several: "Choose one or more",
  closed: "This poll is closed.",
  votes: { one: "{count} vote", other: "{count} votes" },
  voters: { one: "{count} has voted", other: "{count} have voted" },
  who: "Who chose what",
  close: "Close the poll",
  line: "Poll: {question}",
} as const;
