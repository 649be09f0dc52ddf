/** Findings that are known and fail nothing: a file in the repository, keyed by rule and path. */
import * as v from 'valibot';
import { plainText } from '../text/plainText';
import { parseJson } from '../text/parseJson';

export const baselineVersion = 1;

const schema = v.object({
  version: v.literal(baselineVersion),
  findings: v.array(v.object({ path: v.string(), rule: v.string() })),
});

export class Baseline {
  private readonly rules = new Map<string, Set<string>>();

  /** Rules known in the file of this path, relative to the baseline's folder with forward slashes. */
  known(path: string): readonly string[] {
    return [...(this.rules.get(path) ?? [])];
  }

  add(path: string, rule: string): void {
    const rules = this.rules.get(path) ?? new Set();
    this.rules.set(path, rules.add(rule));
  }

  remove(path: string, rule: string): void {
    const rules = this.rules.get(path);
    rules?.delete(rule);
    if (rules?.size === 0) this.rules.delete(path);
  }

  get paths(): readonly string[] {
    return [...this.rules.keys()];
  }

  get size(): number {
    return [...this.rules.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** Sorted, one finding a line, so that a change of it reads well. */
  text(): string {
    const findings = [...this.rules]
      .flatMap(([path, rules]) => [...rules].map((rule) => ({ path, rule })))
      .sort((a, b) => order(a.path, b.path) || order(a.rule, b.rule))
      .map((finding) => `    ${JSON.stringify(finding)}`);
    const list = findings.length === 0 ? '[]' : `[\n${findings.join(',\n')}\n  ]`;
    return `{\n  "version": ${baselineVersion},\n  "findings": ${list}\n}\n`;
  }
}

const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** problem: continues "The baseline NAME …". */
export function parseBaseline(text: string): { baseline: Baseline } | { problem: string } {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    return {
      problem: `is not JSON: ${plainText(error instanceof Error ? error.message : '', 200)}`,
    };
  }
  const version = (value as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version !== baselineVersion) {
    return {
      problem: `has version ${version}, this Engine Inspector reads version ${baselineVersion}`,
    };
  }
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    return {
      problem: `is not a baseline: ${v.getDotPath(issue) ?? 'it'}: ${plainText(issue.message, 200)}`,
    };
  }
  const baseline = new Baseline();
  for (const { path, rule } of parsed.output.findings) baseline.add(path, rule);
  return { baseline };
}
