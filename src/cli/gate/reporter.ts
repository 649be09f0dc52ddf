/** Counts the files of a gate, and writes them in all formats that were asked for. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { version } from '../../../package.json';
import {
  formatWriter,
  gateSentence,
  type FormatSurroundings,
  type FormatWriter,
  type GateJsonText,
  type GateSummary,
} from '../../core/gate/formats';
import type { GateFormat } from '../../core/gate/gateFormats';
import {
  FindingsOfMany,
  GateCode,
  type CellJson,
  type GateRecord,
} from '../../core/gate/gateRecord';
import type { FileKind } from '../../core/file/fileKind';
import { MatrixCounter, severityOfCell } from '../../core/targets/matrix';
import type { TargetFix } from '../../core/targets/targetFixes';
import type { Baseline } from '../../core/gate/baseline';
import { complain, hasColour, outputProblem, painter, shown } from '../output';
import { pathFrom } from './fileList';
import { FileOutput, FileSpool, StdoutOutput, type GateOutput } from './outputs';
import type { GateSettings } from './settings';
import { textPrinter } from './textPrinter';

export interface ReporterOptions extends Pick<
  GateSettings,
  'root' | 'targets' | 'format' | 'outputs' | 'failLevel' | 'exitZero'
> {
  verbose: boolean;
  /** Of this machine, where there are no targets. */
  text: FormatWriter | null;
  baseline: Baseline | null;
}

interface Stream {
  writer: FormatWriter;
  output: GateOutput;
}

export class Reporter {
  readonly code: GateCode;
  /** What helps the file that is told next; asked where somebody reads it. */
  fixes: () => readonly TargetFix[] = () => [];
  private readonly streams: Stream[] = [];
  private readonly findings = new FindingsOfMany();
  private readonly counter: MatrixCounter | null;
  private readonly counts = { files: 0, errors: 0, warnings: 0, known: 0, unreadable: 0 };
  private readonly stepSummary: FormatWriter | null = null;

  constructor(private readonly options: ReporterOptions) {
    const { targets, failLevel, exitZero, format, outputs } = options;
    this.code = new GateCode(failLevel, exitZero);
    this.counter =
      targets && new MatrixCounter(targets, {}, (cell) => loudnessOf(cell as CellJson));
    try {
      this.streams.push({
        writer: this.writer(format),
        output: new StdoutOutput(outputs.length === 0),
      });
      for (const output of outputs) {
        this.streams.push({
          writer: this.writer(output.format),
          output: new FileOutput(output.file),
        });
      }
    } catch (error) {
      this.abort();
      throw error;
    }
    const wantsSummary = [format, ...outputs.map((output) => output.format)].includes('github');
    if (wantsSummary && process.env['GITHUB_STEP_SUMMARY'] !== undefined) {
      this.stepSummary = this.writer('markdown');
    }
  }

  async start(): Promise<void> {
    for (const { writer, output } of this.streams) await output.write(writer.start());
  }

  /** machine: the exit code of this machine's report. Waits only for readers that are behind: there can be 100,000 files. */
  file(
    record: GateRecord,
    json: GateJsonText,
    machine: 0 | 1 | 2 | null = null,
  ): Promise<void> | void {
    const findings = this.findings.of(record);
    this.code.add(record, findings, machine);
    this.counter?.add(record.kind as FileKind, record.targets ?? []);
    this.counts.files++;
    if (record.kind === 'unreadable') this.counts.unreadable++;
    for (const { known, severity } of findings) {
      if (known) this.counts.known++;
      else if (severity === 'error') this.counts.errors++;
      else if (severity === 'warning') this.counts.warnings++;
    }
    const behind: Promise<void>[] = [];
    for (const { writer, output } of this.streams) {
      const text = writer.file(record, findings, json);
      if (text === '') continue;
      const written = output.write(text);
      if (written) behind.push(written);
    }
    this.stepSummary?.file(record, findings, json);
    if (behind.length > 0) return Promise.all(behind).then(() => undefined);
  }

  /** Ends every output, also where one of them fails; the first failure is thrown. */
  async end(): Promise<void> {
    const summary = this.summary();
    const failures: unknown[] = [];
    for (const { writer, output } of this.streams) {
      try {
        for (const text of writer.end(summary)) await output.write(text);
        output.end();
      } catch (error) {
        output.abort();
        failures.push(error);
      }
    }
    this.streams.length = 0;
    this.appendStepSummary(summary);
    if (failures.length > 0) throw failures[0];
  }

  abort(): void {
    for (const { output } of this.streams) output.abort();
  }

  private appendStepSummary(summary: GateSummary): void {
    const file = process.env['GITHUB_STEP_SUMMARY'];
    if (!this.stepSummary || file === undefined) return;
    try {
      fs.appendFileSync(file, [...this.stepSummary.end(summary)].join(''));
    } catch (error) {
      const { message, nextStep } = outputProblem(`The job summary ${shown(file)}`, error);
      complain(`${message} ${nextStep}`);
    }
  }

  private summary(): GateSummary {
    const counts = { matrix: this.counter?.summary() ?? null, ...this.counts };
    return { ...counts, sentence: gateSentence(counts) };
  }

  private writer(format: GateFormat): FormatWriter {
    const { targets, text, verbose, root } = this.options;
    if (format === 'text') {
      if (text) return text;
      const width = process.stdout.isTTY ? process.stdout.columns : 120;
      const fixes = () => this.fixes();
      return textPrinter(targets ?? [], painter(hasColour(process.stdout)), {
        ...{ width, verbose, fixes },
      });
    }
    const around: FormatSurroundings = {
      version,
      targets,
      pathOf: (file) => pathFrom(root, file),
      urlOf: (file) => pathToFileURL(path.resolve(file)).href,
      spool: () => new FileSpool(),
      compressedSize: (part) => gzipSync(part, { level: 1 }).length,
    };
    return formatWriter(format, around);
  }
}

/** As on a required target: what is wrong on an optional one is information in its cell. */
function loudnessOf(cell: CellJson) {
  return cell.severity === 'information' && !cell.required
    ? severityOfCell(cell, { required: true })
    : cell.severity;
}
