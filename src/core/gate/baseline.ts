/** Findings that are known and fail nothing: a file in the repository, keyed by rule and path. */
import * as v from 'valibot';
import { plainText } from '../text/plainText';
import { parseJson } from '../text/parseJson';

export const baselineVersion = 1;

const schema = v.object({ version: v.literal(baselineVersion), findings: v.array(v.unknown()) });
const findingSchema = v.object({ path: v.string(), rule: v.string() });

export class Baseline {
  /** Of a hundred thousand files few differ in their rules, so lists of rules are shared. */
  private readonly rules = new Map<string, readonly string[]>();
  private readonly lists = new Map<string, readonly string[]>();

  /** Rules known in the file of this path, relative to the baseline's folder with forward slashes. */
  known(path: string): readonly string[] {
    return this.rules.get(path) ?? none;
  }

  /** Whether it was new. */
  add(path: string, rule: string): boolean {
    const known = this.known(path);
    if (known.includes(rule)) return false;
    this.rules.set(path, this.shared([...known, rule].sort(order)));
    return true;
  }

  /** Whether it was there. */
  remove(path: string, rule: string): boolean {
    const known = this.known(path);
    const left = known.filter((one) => one !== rule);
    if (left.length === 0) this.rules.delete(path);
    else this.rules.set(path, this.shared(left));
    return left.length < known.length;
  }

  get paths(): readonly string[] {
    return [...this.rules.keys()];
  }

  get size(): number {
    let size = 0;
    for (const { length } of this.rules.values()) size += length;
    return size;
  }

  /** Sorted, one finding a line, so that a change of it reads well. */
  text(): string {
    const findings = [...this.paths]
      .sort(order)
      .flatMap((path) => this.known(path).map((rule) => `    ${JSON.stringify({ path, rule })}`));
    const list = findings.length === 0 ? '[]' : `[\n${findings.join(',\n')}\n  ]`;
    return `{\n  "version": ${baselineVersion},\n  "findings": ${list}\n}\n`;
  }

  private shared(rules: readonly string[]): readonly string[] {
    const key = rules.join('\n');
    const known = this.lists.get(key) ?? rules;
    this.lists.set(key, known);
    return known;
  }
}

const none: readonly string[] = [];
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
  if (!parsed.success) return { problem: noBaseline(parsed.issues[0]) };
  const baseline = new Baseline();
  // One by one: all at once would be copied once more.
  for (const [at, one] of parsed.output.findings.entries()) {
    const finding = v.safeParse(findingSchema, one);
    if (!finding.success) return { problem: noBaseline(finding.issues[0], `findings.${at}`) };
    baseline.add(finding.output.path, finding.output.rule);
  }
  return { baseline };
}

function noBaseline(issue: v.BaseIssue<unknown>, below = ''): string {
  const place = [below, v.getDotPath(issue) ?? ''].filter(Boolean).join('.');
  return `is not a baseline: ${place || 'it'}: ${plainText(issue.message, 200)}`;
}
