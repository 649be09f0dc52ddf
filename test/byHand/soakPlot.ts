/** The soak's numbers over time as one picture (SVG): a line for each, each with its own scale. */
import type { Numbers } from './soakNumbers';

const shown: readonly [keyof Numbers, string][] = [
  ['extensionHostMB', 'Extension host: memory, MB'],
  ['extensionHostHandles', 'Extension host: open handles'],
  ['engineHostsMB', 'Engine hosts: memory, MB'],
  ['engineHosts', 'Engine hosts'],
  ['processes', 'Processes of VS Code'],
  ['temporaryFiles', 'Files in the folder for temporary files'],
];
const [width, height, left, gap] = [900, 70, 60, 34];

export function plot(rows: readonly Numbers[], about: string): string {
  const end = rows.at(-1)?.seconds ?? 1;
  const x = (seconds: number) => (left + (seconds / end) * (width - left - 20)).toFixed(1);
  const parts = shown.map(([column, title], index) => {
    const top = 50 + index * (height + gap);
    const most = Math.max(1, ...rows.map((row) => row[column]));
    const y = (value: number) => (top + height - (value / most) * height).toFixed(1);
    const line = rows.map((row) => `${x(row.seconds)},${y(row[column])}`).join(' ');
    return [
      `<text x="${left}" y="${top - 6}">${title}</text>`,
      `<text x="${left - 6}" y="${top + 10}" text-anchor="end">${most}</text>`,
      `<text x="${left - 6}" y="${top + height}" text-anchor="end">0</text>`,
      `<path d="M${left} ${top + height}H${width - 20}" stroke="#999"/>`,
      `<polyline points="${line}" fill="none" stroke="#2f6f9f" stroke-width="1.5"/>`,
    ].join('\n');
  });
  const bottom = 50 + shown.length * (height + gap);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom + 10}" font-family="sans-serif" font-size="12" fill="#333">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="${left}" y="20" font-weight="bold">${about}</text>`,
    ...parts,
    `<text x="${width - 20}" y="${bottom - 12}" text-anchor="end">${Math.round(end / 60)} min</text>`,
    '</svg>',
    '',
  ].join('\n');
}
