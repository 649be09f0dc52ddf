/**
 * "NVIDIA GeForce RTX 4060 Laptop GPU" → "rtx-4060-laptop": the id of a board, from its name as the driver, a shop or a
 * person writes it. A size at the end stays ("rtx-3060-12gb"): boards.ts takes it for the memory.
 */
export function boardId(name: string): string {
  const words = name
    .toLowerCase()
    .replace(/\((?:tm|r)\)|[™®]/g, ' ')
    .replace(/\bwith max-q design\b|\bmobile\b/g, 'laptop')
    .replace(/[^a-z0-9.]+/g, ' ')
    .replace(/\bmax q\b/g, 'max-q')
    .replace(/(\d) gb\b/g, '$1gb')
    .split(' ')
    .filter((word) => word !== '' && !superfluous.has(word) && !/^(sxm|hbm|pcie)\d*e?$/.test(word));
  return words.filter((word, at) => words.indexOf(word) === at).join('-');
}

/** What the driver and shops add to a board's name. */
const superfluous: ReadonlySet<string> = new Set(
  'nvidia tesla geforce gpu graphics generation edition blackwell workstation nvl'.split(' '),
);
