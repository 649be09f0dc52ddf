/** Blocks of plain text: a title with its lines, cells in columns. */

/** Nothing where there are no lines. */
export function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}

/** The last cell of a row is as long as it is. */
export function columns(rows: readonly string[][]): string[] {
  const last = Math.max(0, ...rows.map((cells) => cells.length)) - 1;
  const widths = Array.from({ length: Math.max(last, 0) }, (_, column) =>
    Math.max(...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  return rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
