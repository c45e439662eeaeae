// Takes the words out of what the cryptography refuses with: `check(holds, "fork", "another epoch at this place")`. A verdict says what
// is done and shown (docs/protocol-encryption.md, 12); the words beside it are for whoever works on the code, and 2 KiB of a build.
import type { Plugin } from "vite";

interface Node {
  type: string;
  start: number;
  end: number;
}
type Call = Node & { callee: Node & { name?: string }; arguments: (Node & { value?: unknown })[] };

/** Of each function or class that takes a reason, which argument it is. */
const REASON_AT: Record<string, number> = { check: 2, ProtocolError: 1 };
const PLACE = /[\\/]src[\\/]crypto[\\/].*\.ts$/;

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && "type" in value;

function listReasons(node: Node, found: Node[] = []): Node[] {
  if (node.type === "CallExpression" || node.type === "NewExpression") {
    const { callee, arguments: given } = node as Call;
    const reason = given[REASON_AT[callee.name ?? ""] ?? given.length];
    const isText = reason?.type === "TemplateLiteral" || (reason?.type === "Literal" && typeof reason.value === "string");
    if (reason && isText) found.push(reason);
  }
  for (const inner of Object.values(node).flat()) if (isNode(inner)) listReasons(inner, found);
  return found;
}

export function dropReasons(): Plugin {
  return {
    name: "hearth-drop-reasons",
    apply: "build",
    enforce: "post",
    transform(code, id) {
      if (!PLACE.test(id)) return null;
      const reasons = listReasons(this.parse(code)).sort((one, other) => other.start - one.start);
      return { code: reasons.reduce((text, { start, end }) => `${text.slice(0, start)}""${text.slice(end)}`, code), map: null };
    },
  };
}
