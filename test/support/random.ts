import { randomBits } from '../../src/core/run/randomBits';

export type Random = (below: number) => number;

export function randomNumbers(start: number): Random {
  const bits = randomBits(start);
  return (below) => Math.floor((bits() / 2 ** 32) * below);
}
