/** What a check prints, as text or JSON: of many files one line that they have in common, of others each report. */
import type { ContainedReport, EngineReport } from '../core/report/engineReport';
import { fileLine, type FileLine, type OwnPart } from '../core/report/fileLine';
import { fileHole } from '../core/report/fixCommands';
import type { Prediction } from '../core/report/prediction';
import { reportJson } from '../core/report/reportJson';
import { jsonText, sharedJsonLine } from '../core/report/reportJsonText';
import type { SharedReport } from '../core/report/sharedReport';
import { reportText as fullReportText } from '../core/report/reportText';
import type { MachineProfile } from '../core/report/verdictRule';
import type { DescribedFile } from '../host/check/checkedFiles';
import type { CheckOptions } from './checkOptions';
import { fileWord, fixesFor, fixLines, lineOf, SharedFixes } from './fixes';
import { type Paint, painter, print, stdoutHasColour } from './output';

/** A report to print. */
export type Printed = Pick<DescribedFile, 'file' | 'report' | 'shared'> &
  Partial<Pick<DescribedFile, 'facts' | 'code' | 'recipe' | 'mayHaveModel'>>;

export interface Printer {
  start(): Promise<void> | void;
  /** Of all files with this report, or null: each is printed by itself. begin: called before it is printed for one of them. */
  line(report: SharedReport, mayHaveModel: boolean): { line: FileLine; begin: () => void } | null;
  /** inner: predictions for the engines that the file holds; there: the report of the machine that is predicted. */
  file(
    file: Printed,
    prediction: Prediction | null,
    inner: readonly (Prediction | null)[],
    there: EngineReport | null,
  ): Promise<void> | void;
  end(): Promise<void> | void;
}

/** An array that is whole at every moment but for its end. */
export class JsonPrinter implements Printer {
  private files = 0;
  private readonly begin = () => void print(this.files++ === 0 ? '[\n' : ',\n');

  start(): void {}

  line(report: SharedReport): ReturnType<Printer['line']> {
    return { line: sharedJsonLine(report, 'lines'), begin: this.begin };
  }

  file(
    file: Printed,
    prediction: Prediction | null,
    inner: readonly (Prediction | null)[],
    there: EngineReport | null,
  ): Promise<void> | void {
    this.begin();
    return print(jsonText(reportJson(file.report, prediction, inner, there), 'lines'));
  }

  end(): Promise<void> | void {
    return print(this.files === 0 ? '[]\n' : '\n]\n');
  }
}

export class TextPrinter implements Printer {
  private readonly text: ReportText;

  constructor(options: CheckOptions) {
    this.text = reportText(options);
  }

  start(): void {}

  line(report: SharedReport, mayHaveModel: boolean): ReturnType<Printer['line']> {
    return this.text.line(report, mayHaveModel);
  }

  file(
    file: Printed,
    prediction: Prediction | null,
    _inner: readonly (Prediction | null)[],
    there: EngineReport | null,
  ): Promise<void> | void {
    return print(this.text.file(file, prediction, there));
  }

  end(): Promise<void> | void {
    return print(this.text.end());
  }
}

/** What is printed of all files with one report. */
interface Same {
  count: ReturnType<typeof outcomeOf>;
  rest: string;
}

const pathPart: OwnPart = { is: 'path', text: ({ file }) => file };
const wordPart: OwnPart = { is: 'path', text: ({ file }) => fileWord(file) };

/** Reports for people. */
class ReportText {
  private readonly paint: Paint = painter(stdoutHasColour());
  private readonly counts = { usable: 0, not: 0, unchecked: 0 };
  private readonly sharedFixes = new SharedFixes(this.paint);
  private readonly same = new WeakMap<SharedReport, Same>();

  constructor(private readonly options: CheckOptions) {}

  file(file: Printed, prediction: Prediction | null, there: EngineReport | null = null): string {
    const { paint } = this;
    const { shared } = file;
    if (shared && !prediction && this.options.verbose !== true) {
      const { example } = shared.of;
      const fixes = this.sharedFixes.lines(file.file, example, file.mayHaveModel !== false);
      if (fixes !== null) {
        const same = this.sameOf(shared.of);
        this.counts[same.count]++;
        return `${this.paint('bold', file.file)}${same.rest}${fixes}\n`;
      }
    }
    const { report } = file;
    this.counts[outcomeOf(report)]++;
    const predicted = prediction
      ? [
          `  ${paint(prediction.reasons.length > 0 ? 'error' : 'ok', 'predicted:')} ${prediction.headline}`,
          ...prediction.reasons.map(({ sentence }) => `    ${sentence}`),
        ]
      : [];
    if (this.options.verbose === true) {
      return [fullReportText(report), ...predicted, '', ''].join('\n');
    }
    const fixes = this.fixes(file, there ?? report, there && (prediction?.machine ?? null));
    const lines = [`${paint('bold', report.file)}${this.rest(report)}`, ...predicted, ...fixes];
    return `${lines.join('\n')}\n`;
  }

  /** The same of all files with this report, of which none has a model beside it. */
  line(report: SharedReport, mayHaveModel: boolean): ReturnType<Printer['line']> {
    if (this.options.verbose === true) return null;
    const fixes = this.sharedFixes.withHoles(report.example, mayHaveModel);
    if (fixes === null) return null;
    const { count, rest } = this.sameOf(report);
    const text = `${this.paint('bold', fileHole)}${rest}${fixes}\n`;
    const words = fixes
      .split(fileHole)
      .slice(1)
      .map(() => wordPart);
    const begin = () => void this.counts[count]++;
    return { line: fileLine(text, fileHole, [pathPart, ...words]), begin };
  }

  /** As commands, which name the file; of what is no file, as sentences. */
  private fixes(
    { facts, code, recipe }: Printed,
    report: EngineReport,
    machine: MachineProfile | null,
  ): string[] {
    const fixes = facts
      ? fixesFor({ facts, code: code ?? null, recipe: recipe ?? null }, report, machine)
      : report.remedies.slice(0, 3).map((remedy) => ({ remedy, command: null }));
    return fixLines(fixes.map(lineOf), this.paint);
  }

  private sameOf(shared: SharedReport): Same {
    const known = this.same.get(shared);
    if (known) return known;
    const made = { count: outcomeOf(shared.example), rest: this.rest(shared.example) };
    this.same.set(shared, made);
    return made;
  }

  /** All but the file's name and what helps. */
  private rest(report: EngineReport): string {
    const { paint } = this;
    const isPackage = report.kind === 'model-package' && report.engines.length > 0;
    const label = ({ offset }: ContainedReport) =>
      isPackage
        ? 'variant:'
        : report.kind === 'epcontext' && offset === null
          ? 'beside:'
          : 'inside:';
    const lines = [
      `: ${paint(report.severity, report.headline)}`,
      ...(report.kind === 'epcontext' || isPackage ? [`  ${report.besides}`] : []),
      ...(report.kind === 'epcontext' && isAllSaid(report.engines)
        ? []
        : report.engines.map(
            (engine) => `  ${paint('bold', label(engine))} ${insideText(engine)}`,
          )),
      ...report.reasons.map(
        ({ severity, sentence }) => `  ${paint(severity, `${severity}:`)} ${sentence}`,
      ),
      // What people paid for with a trial; why it says nothing of this engine goes with it.
      ...(report.trial === null
        ? []
        : [
            `  ${paint('dim', 'trial:')} ${[report.trial.sentence, report.trial.stale].filter(Boolean).join(' ')}`,
          ]),
    ];
    return lines.join('\n');
  }

  end(): string {
    const { usable, not, unchecked } = this.counts;
    const total = usable + not + unchecked;
    if (total < 2) return '';
    return `${total} files: ${usable} usable, ${not} not usable, ${unchecked} could not be checked\n`;
  }
}

export const reportText = (options: CheckOptions): ReportText => new ReportText(options);

/** As the exit code counts: what is wrong with a file goes before what the runtime answered. */
export function outcomeOf(report: EngineReport): 'usable' | 'not' | 'unchecked' {
  return report.severity === 'error' ? 'not' : verdictCounts[report.verdict];
}

/** Of one engine that is in the file itself, or of none that is there, all stands in the report. */
function isAllSaid(engines: readonly ContainedReport[]): boolean {
  return engines.length < 2 && engines.every(({ offset, report }) => offset !== null || !report);
}

function insideText({ name, report, problem }: ContainedReport): string {
  if (report === null) return `${name}: ${problem}`;
  const { header, runsOnSentence, headline } = report;
  const what = header ? `TensorRT-RTX ${header.version} for ${runsOnSentence}` : 'an engine';
  return `${name}: ${what}. ${headline}`;
}

const verdictCounts = {
  valid: 'usable',
  suboptimal: 'usable',
  invalid: 'not',
  unchecked: 'unchecked',
} as const;
