/**
 * The report of a file that holds engines, from the reports of those: an EPContext model stands as its engines do, a
 * wrapper that TensorRT-RTX refuses stays refused and tells of what is inside.
 */
import { assertNever } from '../text/assertNever';
import type {
  ContainedReport,
  EngineReport,
  FileFacts,
  Reason,
  Remedy,
  Verdict,
} from './engineReport';
import { reasonTable } from './reasonTable';
import { compareSeverity } from './reportGroups';

/** Worst first. */
const worst: readonly Verdict[] = ['invalid', 'unchecked', 'suboptimal', 'valid'];

export function withEngines(
  own: EngineReport,
  facts: FileFacts,
  engines: readonly ContainedReport[],
): EngineReport {
  if (engines.length === 0) return own;
  const told = { ...own, engines: [...engines] };
  if (facts.kind === 'model-package') return packageReport(told, facts, engines);
  return facts.kind === 'epcontext' ? contextReport(told, facts, engines) : wrapperReport(told);
}

/** It runs where one of its variants does: ONNX Runtime chooses. */
function packageReport(
  own: EngineReport,
  facts: FileFacts,
  engines: readonly ContainedReport[],
): EngineReport {
  const isRefused = ({ reasons }: EngineReport) =>
    reasons.some(({ id }) => reasonTable[id].proves !== undefined) ? 1 : 0;
  const ours = engines.flatMap(({ name, report }) => (report === null ? [] : [{ name, report }]));
  const [best] = [...ours].sort(
    (a, b) =>
      worst.indexOf(b.report.verdict) - worst.indexOf(a.report.verdict) ||
      isRefused(a.report) - isRefused(b.report),
  );
  // None is ours: told as other files are.
  if (best === undefined) return own;
  const { name, report } = best;
  // Each with its variant's name; those of the best one stand in its own words.
  const wrong = own.reasons.filter(
    ({ id, sentence }) =>
      ['unusable', 'other-file'].includes(reasonTable[id].proves ?? '') &&
      !report.reasons.some((one) => sentence === `${name}: ${one.sentence}`),
  );
  const reasons = [...report.reasons, ...wrong].sort((a, b) =>
    compareSeverity(a.severity, b.severity),
  );
  return {
    ...report,
    file: own.file,
    kind: own.kind,
    ofOthers: false,
    severity: reasons[0]?.severity ?? 'ok',
    headline:
      wrong.length > 0
        ? 'The metadata of this model package is damaged.'
        : report.lead === 'targets'
          ? report.headline
          : `${name}: ${report.headline}`,
    summary: facts.kindSentence,
    besides: facts.kindSentence,
    reasons,
    remedies: withoutBuilding(report.remedies),
    fileRows: own.fileRows,
    // Of several, none is the package's own.
    header: ours.length === 1 ? report.header : null,
    size: own.size,
    modified: own.modified,
    engines: [...engines],
  };
}

/** Refused as it is, whatever its engine is good for. */
function wrapperReport(report: EngineReport): EngineReport {
  const inside = report.engines.flatMap(({ report: one }) =>
    one === null ? [] : [`${insideOf(one)} ${verdictWords(one)}`],
  );
  return {
    ...report,
    summary: [report.summary, ...inside].join(' '),
    besides: [report.besides, ...inside].filter(Boolean).join(' '),
  };
}

function insideOf({ header }: EngineReport): string {
  return `The engine inside is of ${header ? `TensorRT-RTX ${header.version}` : 'TensorRT-RTX'}.`;
}

function verdictWords({ verdict }: EngineReport): string {
  switch (verdict) {
    case 'valid':
      return 'Taken out, this machine could run it.';
    case 'suboptimal':
      return 'Taken out, this machine could run it, but slower than it could.';
    case 'invalid':
      return 'Taken out, this machine could not run it either.';
    case 'unchecked':
      return 'Whether this machine could run it, taken out, could not be checked.';
    default:
      return assertNever(verdict);
  }
}

function contextReport(
  own: EngineReport,
  facts: FileFacts,
  engines: readonly ContainedReport[],
): EngineReport {
  const reports = engines.flatMap(({ name, report }) =>
    report === null ? [] : [{ name, report }],
  );
  const missing = engines.flatMap((engine) =>
    engine.report === null ? [missingReason(engine)] : [],
  );
  const [first] = [...reports].sort(
    (a, b) =>
      worst.indexOf(a.report.verdict) - worst.indexOf(b.report.verdict) ||
      compareSeverity(a.report.severity, b.report.severity),
  );
  const many = engines.length > 1;
  const ofInfo = own.reasons.filter(({ id }) => id === 'compatibility-info');
  const reasons = [
    ...missing,
    ...ofInfo,
    ...reports.flatMap(({ name, report }) =>
      report.reasons.map((reason) =>
        // What is true of the machine is said once.
        (many || !isEngine(report)) && reasonTable[reason.id].about !== 'machine'
          ? { ...reason, sentence: `${name}: ${reason.sentence}` }
          : reason,
      ),
    ),
  ]
    .filter((reason, at, all) => all.findIndex((one) => isSame(one, reason)) === at)
    .sort((a, b) => compareSeverity(a.severity, b.severity));
  const base = first?.report ?? own;
  const ids = new Set(reasons.map(({ id }) => id));
  const remedies = [
    ...compileAgain(facts, reasons, reports),
    ...withoutBuilding(
      reports.flatMap(({ name, report }) =>
        report.remedies
          // Python that names the node in the place of a file.
          .filter(({ id }) => id !== 'take-engine-out')
          .map((remedy) =>
            remedy.action.kind === 'gitLfsPull'
              ? { ...remedy, action: { ...remedy.action, beside: name } }
              : remedy,
          ),
      ),
    ),
  ]
    .filter((remedy, at, all) => all.findIndex(({ id }) => id === remedy.id) === at)
    .map((remedy, at) => ({
      ...remedy,
      preferred: at === 0 && remedy.cures.some((id) => ids.has(id)),
    }));
  const ofInfoAlone = headlineOfInfo(ofInfo, base);
  const headline =
    missing.length > 0
      ? 'An engine of this EPContext model is missing.'
      : (ofInfoAlone ??
        (isEngine(base) || base.kind === 'epcontext'
          ? null
          : 'What this EPContext model holds is not an engine of TensorRT-RTX.') ??
        base.headline
          .replace(
            /\bthis engine( file)?\b/i,
            many ? 'every engine in this EPContext model' : 'the engine in this EPContext model',
          )
          .replace(/^./, (letter) => letter.toUpperCase()));
  return {
    ...base,
    file: own.file,
    kind: own.kind,
    ofOthers: false,
    lead: missing.length > 0 || ofInfo.length > 0 ? 'verdict' : base.lead,
    verdict: missing.length > 0 ? 'invalid' : base.verdict,
    severity: reasons[0]?.severity ?? 'ok',
    headline:
      many && missing.length === 0 && ofInfoAlone === null && base.verdict !== 'valid'
        ? `${first?.name ?? ''}: ${base.headline}`
        : headline,
    summary: [
      facts.kindSentence,
      ...(missing[0] ? [missing[0].sentence] : []),
      ...ofInfo.map(({ sentence }) => sentence),
      many || first === undefined ? '' : base.summary,
    ]
      .filter(Boolean)
      .join(' '),
    besides: [facts.kindSentence, many || first === undefined ? '' : base.besides]
      .filter(Boolean)
      .join(' '),
    reasons,
    remedies,
    fileRows: [
      ...own.fileRows,
      ...(many
        ? engines.map(({ name, report, problem }) => ({
            label: `Engine ${name}`,
            value:
              report === null
                ? problem
                : `${report.header ? `TensorRT-RTX ${report.header.version}, ${report.runsOnSentence}. ` : ''}${report.headline}`,
          }))
        : []),
    ],
    size: own.size,
    modified: own.modified,
    engines: [...engines],
    ...(facts.wrongInfo ? { wrongInfo: facts.wrongInfo } : {}),
  };
}

/** Or stands for one. */
function isEngine({ kind }: EngineReport): boolean {
  return kind === 'tensorrt-rtx' || kind === 'git-lfs-pointer';
}

/** null: what is said of the engines says more. */
function headlineOfInfo([first]: readonly Reason[], engine: EngineReport): string | null {
  if (first === undefined || engine.verdict === 'invalid') return null;
  if (first.severity === 'error') {
    return "ONNX Runtime can't read the compatibility info of this EPContext model.";
  }
  return engine.lead === 'targets' ? reasonTable[first.id].rule.title : null;
}

function isSame(a: Reason, b: Reason): boolean {
  return a.id === b.id && a.sentence === b.sentence;
}

function missingReason({ problem }: ContainedReport): Reason {
  return {
    id: 'engine-missing',
    severity: reasonTable['engine-missing'].severity,
    sentence: problem,
    evidence: 'file',
    libraryLines: [],
  };
}

/** A compiled model is not built in its place: the original model is compiled again. */
function compileAgain(
  facts: FileFacts,
  reasons: readonly Reason[],
  inside: readonly { report: EngineReport }[],
): Remedy[] {
  const holdsOther = inside.some(({ report }) => !isEngine(report));
  const cures = [
    ...new Set(
      reasons
        .filter(
          ({ id }) =>
            reasonTable[id].curedBy.includes('rebuild') ||
            (holdsOther && id === 'not-tensorrt-rtx'),
        )
        .map(({ id }) => id),
    ),
  ];
  if (cures.length === 0) return [];
  return [compileRemedy(facts, cures)];
}

export function compileRemedy(facts: FileFacts, cures: Remedy['cures']): Remedy {
  const model = facts.originalModel || 'the original model';
  return {
    id: 'compile-model-again',
    title: `Compile ${model} again`,
    detail: `What is compiled can't be built again from itself. Copies how ONNX Runtime compiles ${model} for this machine, with this file kept as .bak.`,
    preferred: false,
    cures,
    action: { kind: 'copyPython', text: compileCommand(facts) },
  };
}

/** Python, so that no shell takes part of a name for something else. */
export function compileCommand({ originalModel, file, engines }: FileFacts): string {
  const quoted = (text: string) => JSON.stringify(text);
  // Beside the model stays beside it: what is embedded is limited to 2 GB.
  const isBeside = engines.length > 0 && engines.every(({ offset }) => offset === null);
  return [
    'import os',
    'import onnxruntime as ort',
    // ONNX Runtime refuses to write where a file is.
    `os.path.exists(${quoted(file)}) and os.replace(${quoted(file)}, ${quoted(`${file}.bak`)})`,
    'options = ort.SessionOptions()',
    'options.add_session_config_entry("ep.context_enable", "1")',
    `options.add_session_config_entry("ep.context_file_path", ${quoted(file)})`,
    `options.add_session_config_entry("ep.context_embed_mode", "${isBeside ? 0 : 1}")`,
    `ort.InferenceSession(${quoted(besideFile(file, originalModel || 'model.onnx'))}, options, providers=["NvTensorRTRTXExecutionProvider"])`,
    '',
  ].join('\n');
}

/** ONNX Runtime writes the name alone: the compiled model lies where the original one did. */
function besideFile(file: string, name: string): string {
  if (/[/\\]/.test(name)) return name;
  return file.slice(0, Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1) + name;
}

/** What helps without building in the engine's place, and without a runtime of ours for it. */
export function withoutBuilding(remedies: readonly Remedy[]): Remedy[] {
  return remedies.filter(
    ({ action, id }) =>
      id !== 'install-matching-runtime' &&
      !['rebuild', 'build', 'copyRebuildCommand', 'getFileAgain'].includes(action.kind),
  );
}
