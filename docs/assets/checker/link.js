// A form as a link: all of it in the fragment, which browsers send to nobody.

const VERSION = "1";
const LONGEST = 2_000_000; // characters of an unpacked link: more is no form

/** The fragment of a value. */
export async function toFragment(value) {
  const packed = new Blob([JSON.stringify(value)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return `#${VERSION}=${btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}`;
}

/** The value of a fragment that `toFragment` made; null for one of another kind. Throws if broken. */
export async function fromFragment(fragment) {
  const parts = /^#(\d+)=([\w-]*)$/.exec(fragment);
  if (!parts) {
    if (/^#\d+=/.test(fragment)) throw new Error("it is damaged");
    return null;
  }
  if (parts[1] !== VERSION) throw new Error("it is of another version of this page");
  const text = atob(parts[2].replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const reader = stream.pipeThrough(new TextDecoderStream("utf-8", { fatal: true })).getReader();
  let json = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    json += value;
    if (json.length > LONGEST) throw new Error("it is too long");
  }
  const found = JSON.parse(json);
  if (typeof found !== "object" || found === null || Array.isArray(found)) throw new Error("it is damaged");
  return found;
}
