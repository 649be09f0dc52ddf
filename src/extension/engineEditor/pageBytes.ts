/**
 * Bytes as a page takes them: VS Code's postMessage knows Uint8Array by its name, so a Buffer would arrive as a plain
 * object with a key for each byte; and it sends all of the memory that an array is a view of.
 */
export function pageBytes(bytes: Uint8Array): Uint8Array {
  const isWhole = bytes.byteLength === bytes.buffer.byteLength;
  return bytes.constructor === Uint8Array && isWhole ? bytes : new Uint8Array(bytes);
}
