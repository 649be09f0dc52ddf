/** Tries every claim of core/doctor/trial.ts by calling this very command line in a folder of its own. */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';

import { type Called, makeTrial, type Trial, type TrialId } from '../core/doctor/trial';
import { makeSampleModel, sampleProfile } from '../core/sample/sampleModel';
import { distFolder } from './distFolder';
import { makeTemporaryFolder } from './temporaryFolder';
import { tryParseJson } from '../core/text/parseJson';

/** A driver that hangs must not hang this: longer than any of these calls takes. Milliseconds. */
const limitMs = 5 * 60_000;

const model = 'sample.onnx';
const engine = 'sample.engine';
const profile = [
  sampleProfile.input,
  ...[sampleProfile.min, sampleProfile.opt, sampleProfile.max].map((shape) => shape.join('x')),
].join(':');

const calls: Readonly<Record<TrialId, readonly string[]>> = {
  build: ['build', model, '-o', engine, '--weight-streaming', '--profile', profile],
  header: ['check', engine],
  verdict: ['check', engine],
  inspect: ['inspect', engine],
  'run-cold': ['run', engine, '--seconds', '1'],
  'run-warm': ['run', engine, '--seconds', '1'],
  sweep: ['sweep', engine, '--iterations', '50'],
  compare: ['run', engine, '--iterations', '10', '--compare', model],
  reference: ['run', engine, '--reference', model],
};
const needsEngine = (id: TrialId): boolean => id !== 'build';

export async function runTrial(
  runtime: string | undefined,
  tell: (doing: string) => void,
): Promise<Trial[]> {
  const folder = makeTemporaryFolder('doctor');
  try {
    await fs.writeFile(path.join(folder, model), makeSampleModel().onnx);
    const answers = new Map<TrialId, Called>();
    for (const id of Object.keys(calls) as TrialId[]) {
      const built = answers.get('build');
      if (needsEngine(id) && !(built?.kind === 'ended' && built.code === 0)) {
        answers.set(id, { kind: 'skipped' });
        continue;
      }
      tell(`engine-inspector ${calls[id].join(' ')}`);
      const chosen = runtime === undefined || id === 'reference' ? [] : ['--runtime', runtime];
      answers.set(id, readable(id, await call(folder, [...calls[id], ...chosen, '--json'])));
    }
    return makeTrial((id) => answers.get(id) ?? { kind: 'skipped' });
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
}

/** A check exits with 2 where nobody could be asked, and its JSON says what the header says all the same. */
function readable(id: TrialId, answer: Called): Called {
  return id === 'header' && answer.kind === 'ended' && Array.isArray(answer.json)
    ? { ...answer, code: 0 }
    : answer;
}

function call(folder: string, args: readonly string[]): Promise<Called> {
  const begun = performance.now();
  const child = spawn(process.execPath, [path.join(distFolder(), 'cli.js'), ...args], {
    cwd: folder,
    env: process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (stdout += piece));
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (stderr += piece));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const json = tryParseJson(stdout);
      resolve({
        kind: 'ended',
        code: code ?? 1,
        ms: performance.now() - begun,
        json,
        words: signal === null ? wordsOf(json, stderr) : `it was ended by ${signal}`,
      });
    });
  });
}

interface Said {
  error?: { message?: string };
  failure?: { sentence?: string } | null;
  headline?: string;
}

/** Why it did not do what it was asked: the first sentence. */
function wordsOf(json: unknown, stderr: string): string {
  const said = (Array.isArray(json) ? json[0] : json) as Said | null;
  const words =
    said?.error?.message ??
    said?.failure?.sentence ??
    said?.headline ??
    stderr.trim().split('\n').at(-1) ??
    '';
  return words.replace(/\. [A-Z].*/s, '.');
}
