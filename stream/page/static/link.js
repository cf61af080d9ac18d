// An article within an address, after the #: a browser sends that to nobody, so it is stored only where the link is.

export const LONGEST_LINK = 30_000; // characters; chat programs and browsers cut longer ones

export async function toLink(text) {
  const packed = await through(new Blob([text]), new CompressionStream("deflate-raw"));
  const letters = Array.from(packed, (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export async function fromLink(link) {
  const letters = atob(link.replaceAll("-", "+").replaceAll("_", "/"));
  const packed = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
  return new TextDecoder().decode(await through(new Blob([packed]), new DecompressionStream("deflate-raw")));
}

const MOST_BYTES = 1 << 20; // of an article; a small link could hold a gigabyte

async function through(blob, stream) {
  const reader = blob.stream().pipeThrough(stream).getReader();
  const chunks = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > MOST_BYTES) {
      await reader.cancel();
      throw new Error("too long");
    }
    chunks.push(value);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
