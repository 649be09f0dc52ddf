export const windowsNode: string;
export function windowsPath(file: string): string;
export interface WineOptions {
  cwd?: string;
  env?: Record<string, string>;
  limitMs?: number;
  prefix?: string;
  onText?: (text: string) => void;
}
export function runInWine(
  program: string,
  args: readonly string[],
  options?: WineOptions,
): Promise<{ code: number | string; output: string }>;
export function endWine(prefix?: string): Promise<void>;
export const winePrefix: string;
