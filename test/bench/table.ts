import type { Row } from './measure';

export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(
    ({ what, ours, yardstick, result, target, ok }) =>
      `| ${what} | ${ours} | ${yardstick} | ${result} | ${target} | ${ok ? 'yes' : '**no**'} |`,
  );
  return [
    '| what | ours | yardstick | result | target | met |',
    '| --- | --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}
