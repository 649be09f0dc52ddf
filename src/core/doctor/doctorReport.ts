/** What is installed on this machine and what to do about what is not, as one page: `doctor`, for people and for issue reports. */
import { formatCudaVersion, joinWords } from '../text/formats';
import { driverStartsLibrary } from '../report/verdictRule';
import { parseComputeCapability, supportOf } from '../gpu/computeCapability';

export interface DoctorProblem {
  sentence: string;
  nextStep: string;
}

export interface DoctorFacts {
  version: string;
  /** "Linux x64, Node 20.19.0" */
  system: string;
  /** Minor versions that there are shims for; empty with nativeProblem. */
  shims: readonly string[];
  nativeProblem: DoctorProblem | null;
  /** Every TensorRT-RTX library that was found. */
  runtimes: readonly { version: string; path: string; problem: DoctorProblem | null }[];
  /** The one that engines are checked with, loaded; null: none, or it could not be loaded. */
  loaded: { version: string; path: string; cudaRuntimeVersion: number | null } | null;
  loadProblem: DoctorProblem | null;
  /** null: nobody could be asked. */
  driver: {
    /** 13000 = 13.0; null: no CUDA driver. */
    cudaDriverVersion: number | null;
    driverVersion: string | null;
    message: string;
  } | null;
  gpus: readonly { name: string; computeCapability: string; totalMemory: number }[];
  gpusProblem: DoctorProblem | null;
}

export const doctorStates = ['ok', 'note', 'problem'] as const;
export type DoctorState = (typeof doctorStates)[number];

export interface DoctorCheck {
  id: 'native-part' | 'runtime' | 'driver' | 'gpu';
  title: string;
  state: DoctorState;
  sentence: string;
  /** Empty: nothing to do. */
  nextStep: string;
}

export interface DoctorReport {
  version: string;
  system: string;
  checks: DoctorCheck[];
  /** What works here, as a sentence. */
  summary: string;
}

export function makeDoctorReport(facts: DoctorFacts): DoctorReport {
  const checks = [nativePart(facts), runtime(facts), driver(facts), gpu(facts)];
  return { version: facts.version, system: facts.system, checks, summary: summaryOf(checks) };
}

function nativePart({ shims, nativeProblem }: DoctorFacts): DoctorCheck {
  return {
    id: 'native-part',
    title: 'Native part',
    state: nativeProblem ? 'problem' : 'ok',
    sentence: nativeProblem?.sentence ?? `There are shims for TensorRT-RTX ${joinWords(shims)}.`,
    nextStep: nativeProblem?.nextStep ?? '',
  };
}

function runtime({ nativeProblem, runtimes, loaded, loadProblem }: DoctorFacts): DoctorCheck {
  const of = (state: DoctorState, sentence: string, nextStep = ''): DoctorCheck => ({
    id: 'runtime',
    title: 'TensorRT-RTX',
    state,
    sentence,
    nextStep,
  });
  if (nativeProblem) return of('note', 'Not looked for: nothing here could load it.');
  const usable = runtimes.filter(({ problem }) => problem === null);
  if (loaded) {
    const more = usable.length > 1 ? `, the newest of ${usable.length}` : '';
    return of('ok', `TensorRT-RTX ${loaded.version} loads${more}: ${loaded.path}`);
  }
  if (loadProblem) return of('problem', loadProblem.sentence, loadProblem.nextStep);
  const broken = runtimes.find(({ problem }) => problem !== null)?.problem;
  if (broken) return of('problem', broken.sentence, broken.nextStep);
  return of(
    'problem',
    'No TensorRT-RTX was found on this machine.',
    'Install it, for example with: python -m pip install tensorrt-rtx-cu13. Or set TENSORRT_RTX_HOME to its folder.',
  );
}

function driver({ nativeProblem, driver: found, loaded, gpusProblem }: DoctorFacts): DoctorCheck {
  const of = (state: DoctorState, sentence: string, nextStep = ''): DoctorCheck => ({
    id: 'driver',
    title: 'NVIDIA driver',
    state,
    sentence,
    nextStep,
  });
  if (nativeProblem) return of('note', 'Not looked for: nothing here could use it.');
  if (gpusProblem) return of('problem', gpusProblem.sentence, gpusProblem.nextStep);
  if (found === null || found.cudaDriverVersion === null) {
    const step =
      'To run engines here install the NVIDIA driver. Checking for other machines and building work without it.';
    return of('note', found?.message || 'No NVIDIA driver was found.', step);
  }
  const name = found.driverVersion === null ? '' : ` ${found.driverVersion}`;
  const sentence = `NVIDIA driver${name} supports CUDA ${formatCudaVersion(found.cudaDriverVersion)}.`;
  const needed = loaded?.cudaRuntimeVersion ?? null;
  const versions = { driverVersion: found.cudaDriverVersion, cudaRuntimeVersion: needed ?? 0 };
  if (needed !== null && !driverStartsLibrary(versions)) {
    return of(
      'problem',
      `${sentence} TensorRT-RTX ${loaded?.version ?? ''} needs CUDA ${Math.floor(needed / 1000)}.`,
      'Update the NVIDIA driver.',
    );
  }
  return of('ok', sentence);
}

function gpu({ driver: found, gpus, loaded, shims, nativeProblem }: DoctorFacts): DoctorCheck {
  const of = (state: DoctorState, sentence: string, nextStep = ''): DoctorCheck => ({
    id: 'gpu',
    title: 'GPU',
    state,
    sentence,
    nextStep,
  });
  if (nativeProblem) return of('note', 'Not looked for: nothing here could use it.');
  if (gpus.length === 0) {
    const step = 'engine-inspector check --machine predicts the answer for a machine that has one.';
    const why =
      (found?.cudaDriverVersion ?? null) === null ? 'No GPU can be seen without a driver.' : '';
    return of('note', why || found?.message || 'The driver shows no GPU.', step);
  }
  const version = loaded?.version ?? `${shims[0] ?? '1.7'}.0`;
  const named = gpus.map(({ name, computeCapability, totalMemory }) => {
    const parsed = parseComputeCapability(computeCapability);
    const support = parsed === null ? 'never' : supportOf(parsed, version);
    const gib = (totalMemory / 2 ** 30).toFixed(1);
    return { support, text: `${name} (compute capability ${computeCapability}, ${gib} GiB)` };
  });
  const texts = joinWords(named.map(({ text }) => text));
  if (named.every(({ support }) => support === 'never')) {
    return of(
      'problem',
      `TensorRT-RTX does not run on ${texts}.`,
      'Engines run on GeForce RTX and RTX workstation boards; here they can be built, and checked for other machines.',
    );
  }
  const slower = named.some(({ support }) => support === 'ptx');
  return of('ok', slower ? `${texts}: newer than this TensorRT-RTX, runs by PTX.` : `${texts}.`);
}

function summaryOf(checks: readonly DoctorCheck[]): string {
  const isOk = (id: DoctorCheck['id']) => checks.find((one) => one.id === id)?.state === 'ok';
  if (!isOk('native-part')) return 'Here files are read and other machines are predicted.';
  if (!isOk('runtime')) {
    return 'Here files are read and other machines are predicted; with a TensorRT-RTX engines can be built and checked.';
  }
  if (isOk('driver') && isOk('gpu')) {
    return 'Engines can be checked, built, inspected and run here.';
  }
  return 'Engines can be built here, and checked for other machines; running them takes a supported GPU and its driver.';
}

/** `doctor` as text; paint colours a state's mark. */
export function doctorText(
  { version, system, checks, summary }: DoctorReport,
  paint: (state: DoctorState, text: string) => string,
): string {
  const marks: Record<DoctorState, string> = { ok: 'ok', note: 'note', problem: 'problem' };
  const lines = checks.flatMap(({ title, state, sentence, nextStep }) => [
    `${paint(state, marks[state].padEnd(8))}${title}: ${sentence}`,
    ...(nextStep === '' ? [] : [`        ${nextStep}`]),
  ]);
  return [`engine-inspector ${version}, ${system}`, ...lines, summary, ''].join('\n');
}
