/** The report as the command line prints it: stable, documented in docs/cli-json.md. Only grows. */
import type { EngineHeader } from '../file/engineHeader';
import type {
  EngineReport,
  Evidence,
  ReasonId,
  Remedy,
  RemedyId,
  Severity,
  Verdict,
} from './engineReport';
import type { FileKind } from '../file/fileKind';
import { familyAnswerJson, type FamilyAnswer } from '../trial/recipeTrial';
import type { CodeEvidenceId } from './codeFacts';
import type { FitState } from '../gpu/fit';
import type { Prediction } from './prediction';
import type { PredictedVerdict } from './verdictRule';

export interface ReportJson {
  file: string;
  kind: FileKind;
  verdict: Verdict;
  validity: number | null;
  diagnostics: number | null;
  reasons: {
    id: ReasonId;
    sentence: string;
    severity: Exclude<Severity, 'ok'>;
    evidence: Evidence;
    enumName: string | null;
    libraryLines: string[];
  }[];
  remedies: RemedyJson[];
  header: Pick<
    EngineHeader,
    | 'version'
    | 'computeCapabilities'
    | 'ptxForNewer'
    | 'fileSize'
    | 'weightBytes'
    | 'cudaDriver'
    | 'cudaRuntime'
  > | null;
  runtime: { version: string; path: string } | null;
  evidence: 'runtime' | 'header';
  severity: Severity;
  headline: string;
  summary: string;
  size: number | null;
  details: { label: string; value: string }[];
  gpu: { name: string; computeCapability: string; totalMemory: number } | null;
  /** Whether its weights fit into that GPU's memory; bytes. null: no engine, or no GPU. */
  fit: {
    state: FitState;
    sentence: string;
    needed: number | null;
    budget: number | null;
    free: number | null;
    total: number | null;
  } | null;
  libraryLines: { severity: number; text: string }[];
  /** GPUs that the header lists and that it holds no code for; null: none is known. */
  noCodeFor: { computeCapabilities: string[]; evidence: CodeEvidenceId } | null;
  /** What NVIDIA's compiler answered for single GPU families, as the recipe keeps it; null: it was not asked. */
  trial: {
    sentence: string;
    stale: string | null;
    tensorrtRtx: string;
    finishedAt: string;
    answers: FamilyAnswer[];
  } | null;
  /** Only of a file that holds engines: the same keys for each, and where it is. */
  engines?: EngineInsideJson[];
  /** Only with a machine profile. */
  predicted?: PredictedVerdict;
  predictedReasons?: { id: ReasonId; sentence: string }[];
  /** What helps there. */
  predictedRemedies?: RemedyJson[];
}

export interface RemedyJson {
  id: RemedyId;
  title: string;
  detail: string;
  preferred: boolean;
  cures: ReasonId[];
  runtimeVersion: string | null;
  runtimePath: string | null;
}

export interface EngineInsideJson {
  name: string;
  /** Where it begins in the file; null: a file of its own, or not there. */
  offset: number | null;
  /** Why there is no such engine; null: there is one, and `report` tells of it. */
  problem: string | null;
  report: ReportJson | null;
}

/**
 * inner: predictions for the engines that it holds, in their order. there: the report of the machine that is predicted.
 */
export function reportJson(
  report: EngineReport,
  prediction?: Prediction | null,
  inner?: readonly (Prediction | null)[],
  there?: Pick<EngineReport, 'remedies'> | null,
): ReportJson {
  const { header, runtime, gpu, fit } = report;
  return {
    file: report.file,
    kind: report.kind,
    verdict: report.verdict,
    validity: report.validity,
    diagnostics: report.diagnostics,
    reasons: report.reasons.map((reason) => ({
      id: reason.id,
      sentence: reason.sentence,
      severity: reason.severity,
      evidence: reason.evidence,
      enumName: reason.enumName ?? null,
      libraryLines: reason.libraryLines,
    })),
    remedies: report.remedies.map(remedyJson),
    header: header && {
      version: header.version,
      computeCapabilities: header.computeCapabilities,
      ptxForNewer: header.ptxForNewer,
      fileSize: header.fileSize,
      weightBytes: header.weightBytes,
      cudaDriver: header.cudaDriver,
      cudaRuntime: header.cudaRuntime,
    },
    runtime: runtime && { version: runtime.version, path: runtime.path },
    evidence: report.evidence,
    severity: report.severity,
    headline: report.headline,
    summary: report.summary,
    size: report.size,
    details: report.fileRows.map(({ label, value }) => ({ label, value })),
    gpu: gpu && {
      name: gpu.name,
      computeCapability: gpu.computeCapability,
      totalMemory: gpu.totalMemory,
    },
    fit: reportFitJson(fit),
    libraryLines: report.libraryLines.map(({ severity, text }) => ({ severity, text })),
    noCodeFor: report.code && {
      computeCapabilities: report.code.without,
      evidence: report.code.evidence,
    },
    trial: report.trial && {
      sentence: report.trial.sentence,
      stale: report.trial.stale === '' ? null : report.trial.stale,
      tensorrtRtx: report.trial.tensorrtRtx,
      finishedAt: report.trial.finishedAt,
      answers: report.trial.answers.map(familyAnswerJson),
    },
    ...(report.engines.length > 0
      ? {
          engines: report.engines.map((engine, index) => ({
            name: engine.name,
            offset: engine.offset,
            problem: engine.problem === '' ? null : engine.problem,
            report: engine.report && reportJson(engine.report, inner?.[index] ?? null),
          })),
        }
      : {}),
    ...(prediction
      ? {
          predicted: {
            validity: prediction.predicted.validity,
            diagnostics: prediction.predicted.diagnostics,
          },
          predictedReasons: prediction.reasons.map(({ id, sentence }) => ({ id, sentence })),
          ...(there ? { predictedRemedies: there.remedies.map(remedyJson) } : {}),
        }
      : {}),
  };
}

function remedyJson({ id, title, detail, preferred, cures, action }: Remedy): RemedyJson {
  return {
    id,
    title,
    detail,
    preferred,
    cures,
    runtimeVersion: 'version' in action ? action.version : null,
    runtimePath: 'path' in action ? action.path : null,
  };
}

export function reportFitJson(fit: EngineReport['fit']): ReportJson['fit'] {
  return (
    fit && {
      state: fit.state,
      sentence: fit.sentence,
      needed: fit.needed,
      budget: fit.budget,
      free: fit.free,
      total: fit.total,
    }
  );
}
