// Bytes that are an image by their first bytes: PNG, JPEG, GIF, WebP, and SVG text in bytes.
import { Buffer } from "node:buffer";
import type { MimeBundle } from "../../../lib/core/host.ts";

const SIGNATURES: readonly (readonly [mime: string, bytes: readonly number[]])[] = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["image/gif", [0x47, 0x49, 0x46, 0x38]],
];

export function imageBundleOf(value: object): MimeBundle | undefined {
  if (!(ArrayBuffer.isView(value) && "BYTES_PER_ELEMENT" in value && value.BYTES_PER_ELEMENT === 1)) return undefined;
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const mime = mimeOf(bytes);
  if (!mime) return undefined;
  return {
    [mime]: bytes.toString("base64"),
    "text/plain": `${mime.slice(6).toUpperCase()} image, ${bytes.length} bytes`,
  };
}

function mimeOf(bytes: Buffer): string | undefined {
  for (const [mime, signature] of SIGNATURES) if (signature.every((byte, i) => bytes[i] === byte)) return mime;
  return bytes.toString("latin1", 0, 4) === "RIFF" && bytes.toString("latin1", 8, 12) === "WEBP"
    ? "image/webp"
    : undefined;
}
