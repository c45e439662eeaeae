// The emoji of the picker, common ones only, and which were used lately on this device.

import { isEmoji } from "../lib/text.ts";

const STORED = "hearth.recent-emoji";
const MOST_RECENT = 16;

function split(line: string): readonly string[] {
  return line.split(" ");
}

export const EMOJI = [
  {
    label: "messages.smileys",
    emoji: split(
      "😀 😃 😄 😁 😆 😅 😂 🤣 😊 🙂 🙃 😉 😍 🥰 😘 😋 😛 😜 🤪 🤗 🤭 🤫 🤔 🤨 😐 😶 😏 🙄 😬 😌 😔 😴 😷 🤒 🥵 🥶 🥳 😎 🤓 😕 🙁 😮 😳 🥺 😢 😭 😱 😤 😡 🤯 🤩 😇 🤠 👻 💀 🤖",
    ),
  },
  {
    label: "messages.gestures",
    emoji: split("👍 👎 👌 ✌️ 🤞 🤘 👋 🙌 👏 🙏 💪 🤝 ✋ 👊 ✊ ☝️ 👇 👉 👈 🤷 🤦 🙋 🙆 🙅 💃 🕺 👶 🧒 👩 👨 👵 👴 👨‍👩‍👧 🫂 👀 🧠"),
  },
  {
    label: "messages.nature",
    emoji: split("🐶 🐱 🐭 🐰 🦊 🐻 🐼 🐨 🐯 🦁 🐮 🐷 🐸 🐵 🐔 🐧 🦉 🦋 🐝 🐞 🐢 🐙 🐬 🐳 🌸 🌹 🌻 🌷 🌱 🌳 🍀 🍁 🌍 🌙 ⭐ ☀️ ⛅ 🌧️ ❄️ 🔥 🌈 🌊"),
  },
  {
    label: "messages.food",
    emoji: split("🍎 🍌 🍓 🍇 🍉 🍑 🥭 🍍 🥑 🍅 🌽 🥕 🍞 🧀 🥚 🥓 🍔 🍟 🍕 🌮 🥗 🍝 🍜 🍣 🍛 🍚 🍦 🍰 🎂 🍫 🍪 🍩 ☕ 🍵 🥛 🍺 🍷 🥂"),
  },
  {
    label: "messages.activities",
    emoji: split("⚽ 🏀 🏏 🎾 🏐 🏓 🏸 🥊 🏆 🥇 🎯 🎮 🎲 ♟️ 🎨 🎬 🎤 🎧 🎸 🎹 🥁 📚 🧘 🏃 🚴 🏊 🎉 🎊 🎁 🎈 🎄 🪔"),
  },
  {
    label: "messages.places",
    emoji: split("🚗 🚕 🚌 🚲 🛵 🚆 ✈️ 🚀 ⛵ 🚢 🏠 🏡 🏢 🏥 🏫 🏨 ⛺ 🏖️ 🏔️ 🗻 🌋 🗽 🕌 🛕 ⛪ 🗺️ 🧭 🚦"),
  },
  {
    label: "messages.objects",
    emoji: split("📱 💻 ⌚ 📷 🔋 💡 🔦 📖 ✏️ 📌 📎 ✂️ 🔑 🔒 🔨 🧰 💰 💳 ✉️ 📦 📅 ⏰ ⏳ 🛒 🛏️ 🚿 🧹 👓 👕 👗 👟 🎒 ☂️ 💊 🩺"),
  },
  {
    label: "messages.symbols",
    emoji: split("❤️ 🧡 💛 💚 💙 💜 🖤 🤍 💔 💕 💖 💯 ✅ ❌ ❓ ❗ ⚠️ 🚫 ♻️ ➕ ➖ ✨ 💫 💥 💤 🎵 🔔 🔴 🟢 🔵 🏁 🏳️‍🌈"),
  },
] as const;

/** At hand for reacting, without looking for them. */
export const QUICK = split("👍 ❤️ 😂 😮 😢 🙏");

export function readRecent(): readonly string[] {
  return split(localStorage.getItem(STORED) ?? "").filter((emoji) => isEmoji(emoji));
}

export function remember(emoji: string): void {
  const recent = [emoji, ...readRecent().filter((other) => other !== emoji)].slice(0, MOST_RECENT);
  localStorage.setItem(STORED, recent.join(" "));
}
