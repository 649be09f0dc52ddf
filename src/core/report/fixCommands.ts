/** Remedies as something to paste into a terminal: for the command line, which has no buttons. */
import { compareComputeCapabilities, type ComputeCapability } from '../gpu/computeCapability';
import type { EngineHeader } from '../file/engineHeader';
import type { FileKind } from '../file/fileKind';
import { shellQuote, type Shell } from '../rebuild/rebuildCommands';
import {
  computeCapabilitiesFor,
  computeCapabilitiesOf,
  type RebuildChoice,
} from '../rebuild/rebuildOptions';
import { assertNever } from '../text/assertNever';
import { threeParts } from '../text/formats';
import type { CodeFacts } from './codeFacts';
import type { Remedy } from './engineReport';
import { servedFamilies, type RecipeFacts } from './reasons';
import { runtimeReleases } from './runtimeReleases';

/** The package of NVIDIA's that holds the library. */
const libraryPackage = 'tensorrt-rtx-cu13-libs';

export interface FixSurroundings {
  /** Path of the file, as the command line was given it. */
  file: string;
  kind: FileKind;
  header: EngineHeader | null;
  code: CodeFacts | null;
  /** Beside it. */
  recipe: RecipeFacts | null;
  /** A model of the same name beside it; null: there is none. */
  model: string | null;
  /** The GPU that the fix is for; null: not known. */
  gpu: ComputeCapability | null;
  /** More GPUs that a build has to be for. */
  alsoFor?: readonly ComputeCapability[];
  /** The TensorRT-RTX that the engine is to be built with; null: the one that is found. */
  version: string | null;
  shell: Shell;
}

export interface Fix {
  remedy: Remedy;
  /** null: nothing can be pasted, and the remedy's own sentence is shown; empty: a terminal has no use for it. */
  command: string | null;
}

export function fixCommands(remedies: readonly Remedy[], around: FixSurroundings): Fix[] {
  return remedies.map((remedy) => ({ remedy, command: fixCommand(remedy, around) }));
}

/** Where the names of files go. No path has these. */
const holes = { file: '\0', model: '\x01' } as const;
export const fileHole = holes.file;
const isHole = (piece: string): boolean => piece === holes.file || piece === holes.model;

/**
 * The same for many files that differ in their names, with holes for these: of their models has to be known only whether
 * there is one. null: some command has a name in a larger word, and has to be made for each file.
 */
export function fixesWithHoles(
  remedies: readonly Remedy[],
  around: Omit<FixSurroundings, 'file' | 'model'>,
  hasModel: boolean,
): Fix[] | null {
  const names = { file: holes.file, model: hasModel ? holes.model : null };
  const fixes = fixCommands(remedies, { ...around, ...names });
  const isWhole = (command: string) =>
    cutAtHoles(command).every(
      (piece, at, all) =>
        !isHole(piece) || (/ $/.test(all[at - 1] ?? '') && /^( |$)/.test(all[at + 1] ?? '')),
    );
  return fixes.every(({ command }) => command === null || isWhole(command)) ? fixes : null;
}

/** A text with such commands, ready for fillHoles. */
export const cutAtHoles = (text: string): string[] => text.split(/([\0\x01])/);

export function fillHoles(
  pieces: readonly string[],
  { file, model, shell }: Pick<FixSurroundings, 'file' | 'model' | 'shell'>,
): string {
  const fileWord = shellQuote(operand(file), shell);
  const modelWord = model === null ? '' : shellQuote(operand(model), shell);
  let text = '';
  for (const piece of pieces) {
    text += piece === holes.file ? fileWord : piece === holes.model ? modelWord : piece;
  }
  return text;
}

function fixCommand({ action, id }: Remedy, around: FixSurroundings): string | null {
  const command = (...words: readonly string[]) => commandLine(words, around.shell);
  const file = operand(around.file);
  switch (action.kind) {
    case 'rebuild': {
      const words = rebuildWords(action.choice, around);
      return words.length === 0 ? '' : command(...words);
    }
    case 'buildFromOtherModel':
      return command(
        ...buildWords('MODEL_FP16.onnx', around),
        ...gpuWords(around.alsoFor ? withMore(around) : here(around)),
      );
    case 'build':
      return around.kind === 'onnx'
        ? command('engine-inspector', 'build', file, ...versionWords(around))
        : command(...buildWords(around.model ?? 'MODEL.onnx', around, besideOf(around.file)));
    case 'copyPython':
      return command('python', '-c', oneLine(action.text, around.shell));
    case 'useRuntime':
      return command('engine-inspector', 'check', file, '--runtime', action.version);
    case 'installRuntime': {
      const version = action.version ?? runtimeReleases.at(-1)?.version;
      const which = version === undefined ? libraryPackage : `${libraryPackage}==${version}`;
      return command('python', '-m', 'pip', 'install', which);
    }
    case 'chooseRuntime':
      return command('engine-inspector', 'runtimes');
    case 'openUrl':
      return id === 'leave-tcc' ? 'nvidia-smi -dm WDDM' : action.url;
    case 'gitLfsPull': {
      const [folder, own] = parted(around.file);
      // A name without folders is one in any folder to Git LFS, a path is one from the repository's root.
      const name = action.beside === undefined ? own : parted(action.beside)[1];
      const where = folder === '' ? [] : ['-C', folder];
      return command('git', ...where, 'lfs', 'pull', `--include=${name}`);
    }
    case 'getFileAgain':
      return null;
    // The other remedies are commands already, and --verbose is the log.
    case 'copyRebuildCommand':
    case 'showLog':
      return '';
    default:
      return assertNever(action);
  }
}

function rebuildWords(choice: RebuildChoice, around: FixSurroundings): string[] {
  const { recipe, header, code, gpu, version } = around;
  const words = buildWords(around.model ?? 'MODEL.onnx', around);
  const before =
    recipe?.options.computeCapabilities ?? (header ? computeCapabilitiesOf(header) : []);
  switch (choice) {
    case 'from-recipe':
      return words;
    case 'weight-streaming':
      return [...words, '--weight-streaming', ...wider(before)];
    case 'this-machine':
      return [...words, ...wider(before)];
    case 'chosen-gpus': {
      // Without a header nothing tells which.
      if (!header) return [];
      const listed = servedFamilies(header, code);
      const all =
        gpu === null || listed.includes(gpu)
          ? listed
          : [...listed, gpu].sort(compareComputeCapabilities);
      return [...words, ...gpuWords(all)];
    }
    default:
      return assertNever(choice);
  }

  /** Only where a build without it would be for other GPUs. */
  function wider(families: readonly string[]): string[] {
    if (around.alsoFor && around.alsoFor.length > 0) return gpuWords(withMore(around));
    if (families.includes('current')) return recipe ? [] : gpuWords(families);
    if (families.length === 0 && gpu !== '7.5') return [];
    const wanted = computeCapabilitiesFor(gpu, families, version ?? newest());
    const same = recipe !== null && wanted.join() === families.join();
    return same ? [] : gpuWords(wanted);
  }
}

/** Those it serves, and those it is to serve. */
function withMore({ header, code, alsoFor = [] }: FixSurroundings): ComputeCapability[] {
  const served = header ? servedFamilies(header, code) : [];
  return [...new Set([...served, ...alsoFor])].sort(compareComputeCapabilities);
}

/** Asks NVIDIA's compiler about these GPUs. */
export function trialCommand(
  families: readonly ComputeCapability[],
  { file, recipe, model, shell }: Pick<FixSurroundings, 'file' | 'recipe' | 'model' | 'shell'>,
): string {
  const what = operand(recipe ? file : (model ?? 'MODEL.onnx'));
  const wanted = [...new Set(families)].sort(compareComputeCapabilities);
  return commandLine(['engine-inspector', 'trial', what, ...gpuWords(wanted)], shell);
}

const newest = (): string => runtimeReleases.at(-1)?.version ?? '';

/** From its recipe where there is one: that has the profiles and flags as well. */
function buildWords(model: string, around: FixSurroundings, engine = around.file): string[] {
  const { recipe } = around;
  const isOwn = engine === around.file && model !== 'MODEL_FP16.onnx';
  const what =
    recipe && isOwn
      ? ['--recipe', operand(`${around.file}.json`)]
      : [operand(model), '-o', operand(engine)];
  return ['engine-inspector', 'build', ...what, ...versionWords(around)];
}

function versionWords({ version }: FixSurroundings): string[] {
  return version === null ? [] : ['--runtime', threeParts(version)];
}

function gpuWords(families: readonly string[]): string[] {
  return families.length === 0 ? [] : ['--compute-capability', ...families];
}

const here = ({ gpu }: FixSurroundings): string[] => (gpu === null ? [] : [gpu]);

/** What is no engine of ours is never built over. */
function besideOf(file: string): string {
  return file.replace(/(\.\w+)?$/, '.rtx.engine');
}

function parted(file: string): [folder: string, name: string] {
  const at = Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1;
  return [at <= 1 ? file.slice(0, at) : file.slice(0, at - 1), file.slice(at)];
}

/** A file name that begins with a dash must not be read as a switch. */
function operand(path: string): string {
  return path.startsWith('-') ? `./${path}` : path;
}

function commandLine(words: readonly string[], shell: Shell): string {
  return words.map((word) => (isHole(word) ? word : shellQuote(word, shell))).join(' ');
}

/** Simple statements, one a line. Windows' PowerShell loses double quotes in what it passes on. */
function oneLine(python: string, shell: Shell): string {
  const line = python.trimEnd().split('\n').join('; ');
  if (shell === 'sh') return line;
  return line.replace(
    /"((?:[^"\\]|\\.)*)"/g,
    (_, body: string) => `'${body.replaceAll('\\"', '\\x22').replaceAll("'", '\\x27')}'`,
  );
}
