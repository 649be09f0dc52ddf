/** Gathers what `doctor` reports: in an engine host, so that a library or a driver that crashes costs a sentence. */
import * as os from 'node:os';
import * as path from 'node:path';

import { version } from '../../package.json';
import {
  type DoctorFacts,
  doctorText,
  type DoctorProblem,
  makeDoctorReport,
} from '../core/doctor/doctorReport';
import { makeTrial, type Trial, trialText } from '../core/doctor/trial';
import { plainText } from '../core/text/plainText';
import { printableJson, printedJson } from '../core/text/printableJson';
import { asFailure } from '../core/wire/failure';
import { EngineHostClient } from '../host/engineHost/client';
import { listShims, noNativePart } from '../host/runtimes/shims';
import { distFolder } from './distFolder';
import type { DoctorOptions } from './commandArguments';
import { runTrial } from './doctorTrial';
import { chooseLocal, findLocalRuntimes, shimFolder } from './localRuntimes';
import { complain, hasColour, painter, print } from './output';

export async function doctor({ json, full, runtime }: DoctorOptions): Promise<number> {
  const report = makeDoctorReport(await gather(runtime));
  const trials =
    full === true ? await tryEverything(report.checks[1]?.state === 'ok', runtime) : null;
  if (json === true) {
    const { checks, summary } = report;
    const { version: ours, system } = report;
    await print(printedJson(printableJson({ version: ours, system, summary, checks, trials })));
  } else {
    const paint = painter(hasColour(process.stdout));
    const styles = { ok: 'ok', note: 'information', problem: 'error' } as const;
    const trialStyles = { held: 'ok', failed: 'error', 'not tried': 'information' } as const;
    await print(doctorText(report, (state, text) => paint(styles[state], text)));
    if (trials) await print(trialText(trials, (state, text) => paint(trialStyles[state], text)));
  }
  const toDo = report.checks.some(({ state }) => state === 'problem');
  return toDo || trials?.some(({ state }) => state === 'failed') === true ? 1 : 0;
}

async function tryEverything(hasRuntime: boolean, runtime: string | undefined): Promise<Trial[]> {
  if (!hasRuntime) return makeTrial(() => ({ kind: 'no-runtime' }));
  return runTrial(runtime, (doing) => complain(doing));
}

async function gather(runtime: string | undefined): Promise<DoctorFacts> {
  const shims = [...listShims(shimFolder()).keys()];
  const facts: DoctorFacts = {
    version,
    system: `${process.platform} ${process.arch}, Node.js ${process.versions.node}`,
    shims,
    nativeProblem: null,
    runtimes: [],
    loaded: null,
    loadProblem: null,
    driver: null,
    gpus: [],
    gpusProblem: null,
  };
  if (shims.length === 0) return { ...facts, nativeProblem: problemOf(noNativePart(shimFolder())) };
  const found = await findLocalRuntimes(runtime);
  facts.runtimes = found.map(({ version: of, path: file, problem, nextStep }) => ({
    version: of,
    path: nameless(file),
    problem: problem === null ? null : { sentence: nameless(problem), nextStep },
  }));
  const chosen = await chooseLocal(found, runtime, false, null);
  const host = new EngineHostClient({
    hostMain: path.join(distFolder(), 'engineHost.js'),
    shimFolder: shimFolder(),
    onLog: () => undefined,
  });
  try {
    if (chosen.runtime) {
      const { path: libraryPath } = chosen.runtime;
      try {
        const info = await host.request('load', { libraryPath });
        facts.loaded = { ...info, path: nameless(libraryPath) };
      } catch (error) {
        facts.loadProblem = problemOf(asFailure(error, `Loading ${libraryPath}`));
      }
    } else if (found.length > 0) {
      facts.loadProblem = problemOf({ message: chosen.why, nextStep: chosen.nextStep });
    }
    const { cudaDriverVersion, driverVersion, message, gpus } = await host.request('gpus', {});
    facts.driver = { cudaDriverVersion, driverVersion, message: nameless(message) };
    facts.gpus = gpus.map(({ name, computeCapability, totalMemory }) => ({
      name: plainText(name, 200),
      computeCapability,
      totalMemory,
    }));
  } catch (error) {
    facts.gpusProblem = problemOf(asFailure(error, 'Reading the GPUs'));
  } finally {
    await host.dispose();
  }
  return facts;
}

function problemOf({ message, nextStep }: { message: string; nextStep: string }): DoctorProblem {
  return { sentence: nameless(message), nextStep: nameless(nextStep) };
}

/** Printable, and without the user's name: the report is made to be shown to others. */
function nameless(text: string): string {
  const home = os.homedir();
  const own = home.length > 1 ? text.replaceAll(home, '~') : text;
  return plainText(own, 1000);
}
