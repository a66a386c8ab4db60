// A value of V8's inspector as a line of text: its class and first properties, as the inspector's own preview has them. No getter is called.
import type { Runtime } from "node:inspector";

const MAX_TEXT = 2_000;

/** @param remote asked for with `generatePreview` */
export function remoteText(remote: Runtime.RemoteObject): string {
  const { type, subtype, description, value, unserializableValue, preview } = remote;
  const text =
    type !== "object" || subtype === "null"
      ? (description ?? unserializableValue ?? (value === undefined ? type : JSON.stringify(value)))
      : previewText(preview, description ?? type);
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}

function previewText(preview: Runtime.ObjectPreview | undefined, description: string): string {
  if (!preview) return description;
  const isArray = preview.subtype === "array";
  const parts = preview.properties.map(({ name, value, type, subtype }) => {
    const shown =
      type === "string" ? JSON.stringify(value) : type === "accessor" ? "(getter)" : (value ?? subtype ?? type);
    return isArray && /^\d+$/.test(name) ? shown : `${name}: ${shown}`;
  });
  for (const { key, value } of preview.entries ?? []) {
    parts.push(key ? `${key.description} => ${value.description}` : (value.description ?? ""));
  }
  if (preview.overflow) parts.push("…");
  const [open, close] = isArray ? ["[", "]"] : ["{", "}"];
  return `${description} ${open} ${parts.join(", ")} ${close}`;
}
