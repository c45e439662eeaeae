// Words of mentions.
export const mentions = {
  all: "Everybody here",
  offer: "People to mention",
  offered: { one: "{count} suggestion, chosen with Enter", other: "{count} suggestions, chosen with the arrow keys and Enter" },
  unread: { one: "{count} unread message mentions you", other: "{count} unread messages mention you" },
  next: { one: "Go to the unread message that mentions you", other: "Go to the next of {count} messages that mention you" },
  title: "Mentions",
  none: "Nobody has mentioned you yet",
  noneText: "When somebody in a group writes @{username} or @all, you find it here.",
  ofYou: "Mentions you",
  ofAll: "Mentions everybody",
} as const;
