/**
 * engine-inspector.json at a workspace's root: the machines that engines are made for, which files are engines of this
 * workspace, and how loud each finding is. VS Code and the command line read the same file.
 *
 *   {
 *     "targets": [
 *       "rtx-5090",
 *       { "name": "Minimum spec", "board": "rtx-3050-6gb", "driver": "13.0" },
 *       { "name": "Kiosk", "computeCapability": "8.9", "memory": 8, "required": false }
 *     ],
 *     "tensorrtRtx": "1.7.1",
 *     "exclude": ["old/**"]
 *   }
 *
 * People write it: comments, trailing commas and a byte order mark are fine, and everything that is wrong is told at once,
 * with its line and column. The JSON schema for editors, schemas/engineInspectorConfig.schema.json, is made of this parser
 * (scripts/makeConfigSchema.ts) and held equal to it by a test.
 */
import { distance } from 'fastest-levenshtein';
import {
  applyEdits,
  findNodeAtLocation,
  getNodeValue,
  modify,
  parseTree,
  printParseErrorCode,
  type Node,
  type ParseError,
} from 'jsonc-parser';
import * as v from 'valibot';
import { parseComputeCapability, type ComputeCapability } from '../gpu/computeCapability';
import { isTooDeep, mostJsonLevels } from '../text/jsonDepth';
import { reasonIds } from '../report/reasonTable';
import { joinWords } from '../text/formats';
import { plainText } from '../text/plainText';
import { targetReasonIds } from './cell';
import type { SeverityByReason } from './matrix';
import { boardTarget, bytesOfGB, type Target, type TargetProblem } from './targets';

export const configFileName = 'engine-inspector.json';
export const configVersion = 1;

/** Past this it is no configuration. UTF-16 code units. */
export const maxConfigLength = 1024 * 1024;
const mostTargets = 500;

/** Reasons whose severity can be chosen. */
export const configurableReasons: readonly string[] = [
  ...new Set<string>([...reasonIds, ...targetReasonIds]),
];
export const severityChoices = ['error', 'warning', 'information', 'off'] as const;

// ---- the shape ----

const isVersion = /^\d{1,3}\.\d{1,3}\.\d{1,3}(\.\d{1,6})?$/;
const isCudaVersion = /^\d{1,2}\.\d$/;

const textMessage = 'must be text in quotes';
const line = (message = textMessage) =>
  v.pipe(v.string(message), v.trim(), v.minLength(1, 'must not be empty'), v.maxLength(200));

const versionMessage = 'must be a version in quotes, such as "1.7.1"';
const tensorrtRtx = v.pipe(v.string(versionMessage), v.regex(isVersion, versionMessage));
const cudaMessage = (what: string) =>
  `must be a CUDA version in quotes, such as "13.0" (${what}; not the number of the display driver)`;
const cuda = (what: string) =>
  v.pipe(v.string(cudaMessage(what)), v.regex(isCudaVersion, cudaMessage(what)));
const capabilityMessage = 'must be a compute capability in quotes, such as "8.9"';
const gigabytesMessage = 'must be a number of GB from 0.5 to 4096, such as 8';
const bytesMessage = 'must be a whole number of bytes, such as 8585740288';
const idMessage =
  'must be small letters, digits, ".", "_" or "-", at most 64, starting with a letter or digit';

const targetEntries = {
  id: v.optional(
    v.pipe(
      v.string(idMessage),
      v.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, idMessage),
      v.description(
        'Short name for the command line (--target) and for reports. Default: made of the name.',
      ),
    ),
  ),
  name: v.optional(v.pipe(line(), v.description('Name that tables show: "Minimum spec".'))),
  board: v.optional(
    v.pipe(
      line(),
      v.description(
        'Id of a board: "rtx-4060-laptop", or with its memory "rtx-3060-12gb". engine-inspector targets --boards lists all.',
      ),
    ),
  ),
  computeCapability: v.optional(
    v.pipe(
      v.string(capabilityMessage),
      v.check((text) => isCapability(text), capabilityMessage),
      v.description('Of a GPU that is not in the list of boards: "8.9".'),
    ),
  ),
  memory: v.optional(
    v.pipe(
      v.number(gigabytesMessage),
      v.minValue(0.5, gigabytesMessage),
      v.maxValue(4096, gigabytesMessage),
      v.description(
        'GPU memory in GB as on the box. For a board that was sold with several sizes: which one.',
      ),
    ),
  ),
  memoryBytes: v.optional(
    v.pipe(
      v.number(bytesMessage),
      v.safeInteger(bytesMessage),
      v.minValue(2 ** 28, 'must be at least 268435456 bytes (256 MiB)'),
      v.maxValue(2 ** 42, 'must be at most 4398046511104 bytes (4 TiB)'),
      v.description('GPU memory in bytes as CUDA reports it, in the place of memory.'),
    ),
  ),
  unified: v.optional(
    v.pipe(v.boolean('must be true or false'), v.description('CPU and GPU share the memory.')),
  ),
  driver: v.optional(
    v.pipe(
      cuda('nvidia-smi shows it as CUDA Version'),
      v.description(
        'CUDA version of the driver there, which nvidia-smi shows: "13.0". Default: as new as it takes.',
      ),
    ),
  ),
  tensorrtRtx: v.optional(
    v.pipe(
      tensorrtRtx,
      v.description(
        'TensorRT-RTX that is installed there: "1.7.1". Default: that of the file, or the version that built each engine.',
      ),
    ),
  ),
  cudaRuntime: v.optional(
    v.pipe(
      cuda('the one inside the TensorRT-RTX library'),
      v.description(
        'CUDA runtime inside that TensorRT-RTX: "13.4". Default: that of the published release.',
      ),
    ),
  ),
  required: v.optional(
    v.pipe(
      v.boolean('must be true or false'),
      v.description('false: what is wrong there is shown, and fails nothing. Default: true.'),
    ),
  ),
};

/** One target that is more than the id of a board. Exported for the JSON schema. */
export const targetSchema = v.strictObject(targetEntries);
export type TargetEntry = v.InferInput<typeof targetSchema>;

const globs = (what: string) =>
  v.pipe(
    v.array(line(), 'must be a list of patterns, such as ["models/**"]'),
    v.maxLength(1000, 'must have at most 1000 patterns'),
    v.description(what),
  );
const severityShape = 'must be an object, such as { "suboptimal": "off" }';
const severityMessage = `must be one of ${severityChoices.map((choice) => `"${choice}"`).join(', ')}`;

/** Exported for the JSON schema; others use parseConfig. */
export const configEntries = {
  $schema: v.optional(v.string(textMessage)),
  version: v.optional(
    v.pipe(
      v.literal(configVersion, `must be ${configVersion}`),
      v.description('Version of this format.'),
    ),
  ),
  targets: v.optional(
    v.pipe(
      v.array(v.any(), 'must be a list, such as ["rtx-4060-laptop", "rtx-5090"]'),
      v.maxLength(mostTargets, `must have at most ${mostTargets} targets`),
      v.description('The machines that the engines are made for: ids of boards, or objects.'),
    ),
  ),
  tensorrtRtx: v.optional(
    v.pipe(tensorrtRtx, v.description('TensorRT-RTX of the targets that name none: "1.7.1".')),
  ),
  files: v.optional(
    globs('Patterns of the files that belong, relative to this file. Default: all engines.'),
  ),
  exclude: v.optional(globs('Patterns of files and folders that do not belong.')),
  severity: v.optional(
    v.pipe(
      v.record(v.string(), v.picklist(severityChoices, severityMessage), severityShape),
      v.description('How loud each reason is on a target, where it is not the default.'),
    ),
  ),
  baseline: v.optional(
    v.pipe(
      line(),
      v.description(
        'File with findings that are known and fail nothing, relative to this file. check --update-baseline writes it.',
      ),
    ),
  ),
};

const configSchema = v.strictObject(configEntries);

// ---- what comes out ----

export interface InspectorConfig {
  targets: Target[];
  /** null: the version that built each engine. */
  tensorrtRtx: string | null;
  /** null: all engines. */
  files: string[] | null;
  exclude: string[];
  severity: SeverityByReason;
  /** As written; null: none. */
  baseline: string | null;
}

export const noConfig = (): InspectorConfig => ({
  targets: [],
  tensorrtRtx: null,
  files: null,
  exclude: [],
  severity: {},
  baseline: null,
});

export interface ConfigProblem {
  id: 'syntax' | 'shape' | 'newer-version' | 'target';
  /** A whole sentence, with the next step where there is one. */
  sentence: string;
  /** In the text without its byte order mark, UTF-16 code units. */
  range: { offset: number; length: number };
  /** From 1. */
  line: number;
  column: number;
}

export type ParsedConfig =
  { ok: true; config: InspectorConfig } | { ok: false; problems: ConfigProblem[] };

type Path = readonly (string | number)[];

/** Never throws. Problems in the order of the text. */
export function parseConfig(text: string): ParsedConfig {
  const source = text.replace(/^\ufeff/, '');
  const problems = new Problems(source);
  if (source.length > maxConfigLength) {
    problems.add('shape', { offset: 0, length: 1 }, `${configFileName} is larger than 1 MB.`);
    return problems.result();
  }
  // The parser and what follows it call themselves for each level.
  if (isTooDeep(source)) {
    problems.add(
      'shape',
      { offset: 0, length: 1 },
      `${configFileName} has more than ${mostJsonLevels} lists and objects in each other.`,
    );
    return problems.result();
  }
  const errors: ParseError[] = [];
  const root = parseTree(source, errors, { allowTrailingComma: true });
  for (const { error, offset, length } of errors) {
    const what = printParseErrorCode(error)
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase();
    problems.add('syntax', { offset, length: Math.max(1, length) }, `This is not JSON: ${what}.`);
  }
  if (errors.length > 0) return problems.result();
  if (root === undefined) {
    problems.add('syntax', { offset: 0, length: 1 }, 'The file is empty: {} is the least.');
    return problems.result();
  }
  const value = getNodeValue(root) as unknown;
  if (!isObject(value)) {
    problems.add('shape', rangeAt(root, []), `${configFileName} must hold an object, such as {}.`);
    return problems.result();
  }
  const newer = newerVersion(value);
  if (newer !== null) {
    problems.add(
      'newer-version',
      rangeAt(root, ['version']),
      `It has version ${newer}, this Engine Inspector reads up to ${configVersion}. Update Engine Inspector.`,
    );
    return problems.result();
  }
  addDuplicateKeys(root, problems);
  const parsed = v.safeParse(configSchema, value);
  if (!parsed.success) {
    for (const issue of parsed.issues)
      addIssue(issue, [], Object.keys(configEntries), root, problems);
  }
  const config = complete(value, root, problems);
  return problems.any ? problems.result() : { ok: true, config };
}

class Problems {
  private readonly all: ConfigProblem[] = [];
  private readonly lineStarts: number[];

  constructor(source: string) {
    this.lineStarts = [0, ...[...source.matchAll(/\r\n|\r|\n/g)].map((m) => m.index + m[0].length)];
  }

  get any(): boolean {
    return this.all.length > 0;
  }

  add(id: ConfigProblem['id'], range: ConfigProblem['range'], sentence: string): void {
    let low = 0;
    for (let high = this.lineStarts.length; high - low > 1;) {
      const middle = (low + high) >> 1;
      if ((this.lineStarts[middle] ?? 0) <= range.offset) low = middle;
      else high = middle;
    }
    const column = range.offset - (this.lineStarts[low] ?? 0) + 1;
    this.all.push({ id, sentence, range, line: low + 1, column });
  }

  result(): { ok: false; problems: ConfigProblem[] } {
    return { ok: false, problems: this.all.sort((a, b) => a.range.offset - b.range.offset) };
  }
}

/** jsonc-parser takes the last of two equal keys, and a person would look for the first in vain. */
function addDuplicateKeys(node: Node, problems: Problems): void {
  if (node.type === 'object') {
    const seen = new Set<unknown>();
    for (const { children: [key] = [] } of node.children ?? []) {
      if (key && seen.has(key.value)) {
        problems.add('shape', key, `${quoted(String(key.value))} stands here twice.`);
      }
      seen.add(key?.value);
    }
  }
  for (const child of node.children ?? []) addDuplicateKeys(child, problems);
}

function addIssue(
  issue: v.BaseIssue<unknown>,
  base: Path,
  known: readonly string[],
  root: Node,
  problems: Problems,
): void {
  const path = [...base, ...(issue.path ?? []).map((item) => item.key as string | number)];
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const name = String(path.at(-1));
    problems.add(
      'shape',
      keyRange(root, path),
      `${quoted(name)} is not known here. ${suggestion(name, known)}`,
    );
    return;
  }
  problems.add('shape', rangeAt(root, path), `${quoted(pathText(path))} ${issue.message}.`);
}

/** What is right of it is taken, so that the rest is looked at as well. */
function complete(given: Record<string, unknown>, root: Node, problems: Problems): InspectorConfig {
  const config = noConfig();
  const version = v.safeParse(tensorrtRtx, given['tensorrtRtx']);
  if (version.success) config.tensorrtRtx = version.output;
  const files = v.safeParse(configEntries.files, given['files']);
  if (files.success) config.files = files.output ?? null;
  const exclude = v.safeParse(configEntries.exclude, given['exclude']);
  if (exclude.success) config.exclude = exclude.output ?? [];
  const baseline = v.safeParse(configEntries.baseline, given['baseline']);
  if (baseline.success) config.baseline = baseline.output ?? null;
  if (isObject(given['severity'])) {
    config.severity = severities(given['severity'], root, problems);
  } else if (Array.isArray(given['severity'])) {
    // valibot takes a list for a record.
    problems.add('shape', rangeAt(root, ['severity']), `"severity" ${severityShape}.`);
  }
  if (Array.isArray(given['targets'])) {
    const targets = (given['targets'] as unknown[]).slice(0, mostTargets);
    addTargets(targets, config, root, problems);
  }
  return config;
}

function severities(
  given: Record<string, unknown>,
  root: Node,
  problems: Problems,
): SeverityByReason {
  for (const id of Object.keys(given)) {
    if (configurableReasons.includes(id)) continue;
    const sentence = `There is no reason ${quoted(id)}. ${suggestion(id, configurableReasons)}`;
    problems.add('shape', keyRange(root, ['severity', id]), sentence);
  }
  return { ...given } as SeverityByReason;
}

function addTargets(
  given: readonly unknown[],
  config: InspectorConfig,
  root: Node,
  problems: Problems,
): void {
  const ids = new Set<string>();
  given.forEach((item, at) => {
    const path: Path = ['targets', at];
    const made = makeTarget(item, config.tensorrtRtx, (problem) => {
      if ('issue' in problem) {
        addIssue(problem.issue, path, Object.keys(targetEntries), root, problems);
      } else {
        problems.add('target', rangeAt(root, [...path, ...problem.at]), problem.sentence);
      }
    });
    if (!made) return;
    if (ids.has(made.id)) {
      problems.add(
        'target',
        rangeAt(root, path),
        `There are two targets with the id ${quoted(made.id)}. Give one of them another "id".`,
      );
    }
    ids.add(made.id);
    config.targets.push(made);
  });
}

type TargetTrouble = { issue: v.BaseIssue<unknown> } | { sentence: string; at: Path };

function makeTarget(
  item: unknown,
  tensorrtRtxOfAll: string | null,
  complain: (trouble: TargetTrouble) => void,
): Target | null {
  if (typeof item !== 'string' && !isObject(item)) {
    complain({ sentence: 'A target is the id of a board in quotes, or an object.', at: [] });
    return null;
  }
  const entry = typeof item === 'string' ? { board: item } : item;
  const parsed = v.safeParse(targetSchema, entry);
  if (!parsed.success) {
    for (const issue of parsed.issues) complain({ issue });
    return null;
  }
  const made = targetOfEntry(parsed.output, tensorrtRtxOfAll);
  if ('target' in made) return made.target;
  const { sentence, nextStep } = made.problem;
  const at = typeof item !== 'string' && made.at !== null ? [made.at] : [];
  complain({ sentence: `${sentence} ${nextStep}`.trim(), at });
  return null;
}

/** An object of "targets" as a target. at: the key that is wrong; null: the whole. */
export function targetOfEntry(
  entry: TargetEntry,
  tensorrtRtxOfAll: string | null = null,
): { target: Target } | { problem: TargetProblem; at: keyof TargetEntry | null } {
  const wrong = (at: keyof TargetEntry | null, sentence: string, nextStep: string) => ({
    problem: { sentence, nextStep },
    at,
  });
  const driverVersion = cudaNumber(entry.driver);
  const version = entry.tensorrtRtx ?? tensorrtRtxOfAll;
  const exact = entry.memoryBytes ?? null;
  if (exact !== null && entry.memory !== undefined) {
    return wrong('memoryBytes', 'A target has memory or memoryBytes, not both.', 'Remove one.');
  }
  const common = {
    required: entry.required ?? true,
    driverVersion,
    tensorrtRtx: version,
    cudaRuntimeVersion: cudaNumber(entry.cudaRuntime),
  };
  if (entry.board !== undefined) {
    const twice = (['computeCapability', 'unified'] as const).find(
      (key) => entry[key] !== undefined,
    );
    if (twice) {
      return wrong(twice, `A board has its own ${twice}.`, `Remove board or ${twice}.`);
    }
    // The size of a board that has several may be given in bytes: the next size on the box.
    const found = boardTarget(entry.board, {
      ...(entry.id === undefined ? {} : { id: entry.id }),
      ...(entry.name === undefined ? {} : { name: entry.name, ...idOfName(entry) }),
      memory: entry.memory ?? (exact === null ? null : Math.ceil(exact / 2 ** 30)),
      ...common,
    });
    if ('problem' in found) return { ...found, at: 'board' };
    const { target } = found;
    return {
      target: {
        ...target,
        cudaRuntimeVersion: common.cudaRuntimeVersion,
        ...(exact === null ? {} : { memory: exact, memoryIs: 'exact' }),
      },
    };
  }
  const { name, computeCapability } = entry;
  const parsedCapability = parseComputeCapability(computeCapability ?? '');
  if (parsedCapability === null) {
    return wrong(
      null,
      'A target needs a board, or a computeCapability and its memory.',
      'Add one, such as "board": "rtx-4060-laptop".',
    );
  }
  if (entry.memory === undefined && exact === null) {
    return wrong(null, 'A target without a board needs its memory.', 'Add it in GB: "memory": 8.');
  }
  if (name === undefined && entry.id === undefined) {
    return wrong(null, 'A target without a board needs a name.', 'Add "name".');
  }
  return {
    target: {
      id: entry.id ?? idOfName(entry).id ?? 'target',
      name: plainText(name ?? entry.id ?? '', 120),
      computeCapability: parsedCapability,
      memory: exact ?? bytesOfGB(entry.memory ?? 0),
      memoryIs: exact === null ? 'nominal' : 'exact',
      unified: entry.unified ?? false,
      board: null,
      ...common,
    },
  };
}

/** "Minimum spec" → "minimum-spec". */
function idOfName({ id, name }: TargetEntry): { id?: string } {
  if (id !== undefined || name === undefined) return id === undefined ? {} : { id };
  const made = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9._]+/g, '-')
    .replace(/^[-._]+|-+$/g, '')
    .slice(0, 64);
  return made === '' ? {} : { id: made };
}

/** "13.0" → 13000 */
function cudaNumber(text: string | undefined): number | null {
  if (text === undefined) return null;
  const [major = 0, minor = 0] = text.split('.').map(Number);
  return major * 1000 + minor * 10;
}

function isCapability(text: string): boolean {
  const parsed: ComputeCapability | null = parseComputeCapability(text);
  const [major = 0] = (parsed ?? '0.0').split('.').map(Number);
  return major >= 1 && major <= 20;
}

/**
 * The text with one more target, for "Save as a target": comments and what else stands there stay. One of the same id
 * gets the new values and keeps its others. null: the text is not
 * one that can be changed; its problems say why.
 */
export function addTargetToConfig(text: string, entry: TargetEntry | string): string | null {
  const bom = text.startsWith('\ufeff') ? '\ufeff' : '';
  const source = text.slice(bom.length);
  const base = source.trim() === '' ? '{}\n' : source;
  const parsed = parseConfig(base);
  if (!parsed.ok) return null;
  const root = parseTree(base, [], { allowTrailingComma: true });
  const targets = root && findNodeAtLocation(root, ['targets']);
  const at = targets?.children?.length ?? 0;
  const formattingOptions = {
    insertSpaces: !/^\t/m.test(base),
    tabSize: 2,
    eol: base.includes('\r\n') ? '\r\n' : '\n',
  };
  const made = targetOfEntry(typeof entry === 'string' ? { board: entry } : entry);
  const id = 'target' in made ? made.target.id : null;
  const known = parsed.config.targets.findIndex((target) => target.id === id);
  if (known >= 0) {
    if (typeof entry === 'string') return text;
    const path = ['targets', known];
    const isObject = targets?.children?.[known]?.type === 'object';
    let next = isObject ? base : applyEdits(base, modify(base, path, {}, { formattingOptions }));
    for (const [key, value] of Object.entries(entry)) {
      next = applyEdits(next, modify(next, [...path, key], value, { formattingOptions }));
    }
    return bom + next;
  }
  const edits = targets
    ? modify(base, ['targets', at], entry, { isArrayInsertion: true, formattingOptions })
    : modify(base, ['targets'], [entry], { formattingOptions });
  return bom + applyEdits(base, edits);
}

// ---- helpers ----

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function newerVersion(value: unknown): number | null {
  const version = isObject(value) ? value['version'] : null;
  return typeof version === 'number' && version > configVersion ? version : null;
}

/** The value at the path; the nearest enclosing one that exists. Of a large one its name. */
function rangeAt(root: Node, path: Path): ConfigProblem['range'] {
  for (let depth = path.length; depth > 0; depth--) {
    const node = findNodeAtLocation(root, path.slice(0, depth));
    if (!node) continue;
    const large = node.type === 'object' || node.type === 'array';
    const name = large && node.parent?.type === 'property' ? node.parent.children?.[0] : undefined;
    const { offset, length } = name ?? node;
    return { offset, length: large && !name ? 1 : length };
  }
  return { offset: root.offset, length: Math.min(1, root.length) };
}

function keyRange(root: Node, path: Path): ConfigProblem['range'] {
  const key = findNodeAtLocation(root, [...path])?.parent?.children?.[0];
  return key ? { offset: key.offset, length: key.length } : rangeAt(root, path);
}

const quoted = (text: string) => `"${plainText(text, 80)}"`;

/** targets[2].memory */
const pathText = (path: Path) =>
  path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`,
    '',
  );

function suggestion(name: string, known: readonly string[]): string {
  const near = known
    .map((candidate) => ({
      candidate,
      away: distance(name.toLowerCase(), candidate.toLowerCase()),
    }))
    .filter(({ away }) => away <= Math.max(2, name.length / 3))
    .sort((a, b) => a.away - b.away)[0];
  if (near) return `Did you mean "${near.candidate}"?`;
  return `Known: ${joinWords(known)}.`;
}
