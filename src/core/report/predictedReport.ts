/**
 * The report that another machine would give, by the rule: what helps there is found in it, and nothing of the machine at
 * hand is.
 */
import type { CodeFacts } from './codeFacts';
import { withEngines } from './containedReports';
import type { EngineReport, FileFacts, GpuFacts, MachineFacts } from './engineReport';
import { makeEngineReport } from './makeEngineReport';
import type { RecipeFacts, ReportInput } from './reasons';
import { engineValidity } from './validity';
import { driverStartsLibrary, predictVerdict, type MachineProfile } from './verdictRule';
import { plainText } from '../text/plainText';

export function predictedReport(
  facts: FileFacts,
  machine: MachineProfile,
  profileName: string,
  known: { code: CodeFacts | null; recipe: RecipeFacts | null },
): EngineReport {
  const report = makeEngineReport(inputOf(facts, machine, profileName, known));
  if (facts.engines.length === 0) return report;
  const inside = facts.engines.map((engine) => ({
    name: engine.name,
    offset: engine.offset,
    problem: engine.problem,
    report: engine.facts && predictedReport(engine.facts, machine, profileName, known),
  }));
  return withEngines(report, facts, inside);
}

function inputOf(
  facts: FileFacts,
  machine: MachineProfile,
  profileName: string,
  { code, recipe }: { code: CodeFacts | null; recipe: RecipeFacts | null },
): ReportInput {
  const starts = driverStartsLibrary(machine);
  const gpu: GpuFacts = {
    name: `the GPU of ${plainText(profileName, 120)}`,
    index: 0,
    computeCapability: machine.computeCapability,
    totalMemory: machine.totalGpuMemory,
    freeMemory: null,
  };
  const there: MachineFacts = {
    gpu: starts ? gpu : null,
    gpus: starts ? [gpu] : [],
    driverVersion: machine.driverVersion,
    displayDriver: null,
    whyNoGpu: '',
    nvidiaDevice: true,
  };
  return {
    facts,
    // A library that does not start can't tell.
    answer: {
      ...(starts
        ? predictVerdict(facts.headerBytes, machine)
        : { validity: engineValidity.kINVALID, diagnostics: 0 }),
      lines: [],
    },
    runtime: {
      version: machine.tensorrtRtx,
      path: '',
      cudaRuntimeVersion: machine.cudaRuntimeVersion,
    },
    machine: there,
    knownRuntimes: [],
    recipe,
    ...(code ? { code: [{ ...code, holds: [] }] } : {}),
    elsewhere: `the machine of ${plainText(profileName, 120)}`,
    now: 0,
  };
}
